"""Figures of merit for survival predictions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import _core
from .._survival import SurvivalTarget, survival_target
from .._validation import FloatArray, check_vector


def _weights(sample_weight: npt.ArrayLike | None, n_samples: int) -> FloatArray:
    if sample_weight is None:
        return np.ones(n_samples)
    weights = check_vector("sample_weight", sample_weight, n_samples)
    if (weights < 0.0).any() or not weights.any():
        raise ValueError("sample_weight: expected weights >= 0, not all zero")
    return weights


def concordance_index(
    y: npt.ArrayLike,
    risk: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
) -> float:
    """Harrell's concordance index: the share of comparable pairs in which the earlier event has the larger risk.

    A pair is comparable if one row has its event while the other is at risk: in the same stratum, entered before, with
    a later time, or censored at the same one. Pairs with the same risk count half. The cost is O(n log n).

    Parameters
    ----------
    y : array-like
        Times and events, as in :meth:`pauca.linear_model.SparseCoxRegressor.fit`.
    risk : array-like of shape (n_samples,)
        Risk scores: larger ones should fail earlier.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; a pair counts with the product.
    strata : array-like of shape (n_samples,), default=None
        Labels; pairs of different strata are not compared.

    Returns
    -------
    float
        In [0, 1]; 0.5 is no better than chance.

    Raises
    ------
    ValueError
        If no pair is comparable, or an argument is not as described.

    References
    ----------
    Harrell, F., Lee, K. and Mark, D. (1996). Multivariable prognostic models. Statistics in Medicine 15, 361-387.

    Examples
    --------
    >>> from pauca.metrics import concordance_index
    >>> concordance_index([[1, 1], [2, 0], [3, 1], [4, 1]], [4, 1, 2, 3])
    0.75
    """
    target = survival_target(y, strata)
    scores = check_vector("risk", risk, target.time.size)
    counts = _core.concordance(target.pack(), _weights(sample_weight, scores.size), scores)
    concordant, discordant, tied = counts
    total = concordant + discordant + tied
    if not total > 0.0:
        raise ValueError("y: no pair of rows is comparable, expected an event while another row is at risk")
    return float(min(max((concordant + 0.5 * tied) / total, 0.0), 1.0))


def _censoring_survival(y: SurvivalTarget) -> tuple[FloatArray, FloatArray]:
    """Times and Kaplan-Meier estimate of P(C > t); events at a time leave before those censored there."""
    times = np.unique(y.time)
    censored = np.searchsorted(np.sort(y.time[~y.event]), times, side="right")
    censored = np.diff(censored, prepend=0)
    entered = np.searchsorted(np.sort(y.entry), times, side="left")
    left = np.searchsorted(np.sort(y.time), times, side="left")
    events = np.diff(np.searchsorted(np.sort(y.time[y.event]), times, side="right"), prepend=0)
    at_risk = entered - left - events
    return times, np.cumprod(1.0 - censored / np.maximum(at_risk, 1))


def brier_score_survival(
    y_train: npt.ArrayLike,
    y: npt.ArrayLike,
    survival: npt.ArrayLike,
    times: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
) -> FloatArray:
    """Brier score of predicted survival probabilities, censoring corrected by inverse probability weights.

    At time t, the weighted mean of ``S(t)^2 / G(T-)`` over rows with an event by t and ``(1 - S(t))^2 / G(t)`` over
    rows still at risk, where G is the Kaplan-Meier estimate of the censoring distribution in the training data. It
    assumes that censoring depends on nothing. Smaller is better; a constant prediction of 1/2 has 0.25.

    Parameters
    ----------
    y_train : array-like
        Times and events of the training data, for G.
    y : array-like
        Times and events of the rows that are scored; left-truncated rows have no Brier score.
    survival : array-like of shape (n_samples, n_times)
        Predicted probabilities of no event up to each time.
    times : array-like of shape (n_times,)
        Times.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.

    Returns
    -------
    ndarray of shape (n_times,)
        Brier score at each time.

    Raises
    ------
    ValueError
        If at a time that is needed all training rows are censored, or an argument is not as described.

    References
    ----------
    Graf, E., Schmoor, C., Sauerbrei, W. and Schumacher, M. (1999). Assessment and comparison of prognostic
    classification schemes for survival data. Statistics in Medicine 18, 2529-2545.

    Examples
    --------
    >>> from pauca.metrics import brier_score_survival
    >>> y = [[1.0, 1], [2.0, 1], [3.0, 1]]
    >>> brier_score_survival(y, y, [[0.0], [1.0], [1.0]], [1.5]).tolist()
    [0.0]
    """
    target = survival_target(y)
    if np.isfinite(target.entry).any():
        raise ValueError("y: left-truncated rows have no Brier score")
    at = np.asarray(times, dtype=np.float64)
    predicted = np.asarray(survival, dtype=np.float64)
    if at.ndim != 1 or predicted.shape != (target.time.size, at.size):
        raise ValueError(f"survival: got shape {predicted.shape}, expected {(target.time.size, at.size)}")
    if not (np.isfinite(predicted).all() and np.isfinite(at).all()):
        raise ValueError("survival: contains NaN or infinity, expected probabilities at finite times")
    weights = _weights(sample_weight, target.time.size)
    steps, remaining = _censoring_survival(survival_target(y_train))
    curve = np.concatenate([[1.0], remaining])
    before = curve[np.searchsorted(steps, target.time, side="left")]
    now = curve[np.searchsorted(steps, at, side="right")]
    failed = target.event[:, None] & (target.time[:, None] <= at)
    alive = target.time[:, None] > at
    if (before[failed.any(axis=1)] <= 0.0).any() or (now[alive.any(axis=0)] <= 0.0).any():
        raise ValueError("times: all training rows are censored by one of them, expected earlier times")
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(failed, predicted**2 / before[:, None], np.where(alive, (1.0 - predicted) ** 2 / now, 0.0))
    return np.asarray(weights @ error / weights.sum())


def integrated_brier_score_survival(
    y_train: npt.ArrayLike,
    y: npt.ArrayLike,
    survival: npt.ArrayLike,
    times: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    """Mean of :func:`brier_score_survival` over the range of the times, by the trapezoidal rule.

    Parameters
    ----------
    y_train, y, survival, times, sample_weight
        As in :func:`brier_score_survival`; at least two times, increasing.

    Returns
    -------
    float
        Smaller is better.

    Examples
    --------
    >>> from pauca.metrics import integrated_brier_score_survival
    >>> y = [[1.0, 1], [2.0, 1], [3.0, 1]]
    >>> integrated_brier_score_survival(y, y, [[0.5, 0.5]] * 3, [1.5, 2.5])
    0.25
    """
    at = np.asarray(times, dtype=np.float64)
    if at.ndim != 1 or at.size < 2 or not (np.diff(at) > 0.0).all():
        raise ValueError(f"times: got {times!r}, expected at least two increasing times")
    scores = brier_score_survival(y_train, y, survival, at, sample_weight=sample_weight)
    return float(np.sum(0.5 * (scores[1:] + scores[:-1]) * np.diff(at)) / (at[-1] - at[0]))
