"""Normalised mean squared error, and the scorer that scikit-learn's model selection needs for complex estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def nmse(true: npt.ArrayLike, estimate: npt.ArrayLike, *, axis: int | None = None) -> float:
    """Normalised mean squared error ``||estimate - true||^2 / ||true||^2``.

    Parameters
    ----------
    true, estimate : array-like of one shape
        Real or complex.
    axis : int, default=None
        None: one ratio over all entries. Otherwise the mean over this axis of the ratios of its slices, as channel
        papers average over patterns or trials.

    Returns
    -------
    float
        0 is perfect, 1 is what the zero estimate gets.

    Raises
    ------
    ValueError
        If the shapes differ or ``true`` (or a slice of it) is zero.

    Examples
    --------
    >>> from pauca.bayes import nmse
    >>> nmse([1.0, 1.0j], [1.0, 0.0])
    0.5
    """
    a, b = np.asarray(true), np.asarray(estimate)
    if a.shape != b.shape:
        raise ValueError(f"estimate: got shape {b.shape}, expected that of true, {a.shape}")
    if axis is None:
        error, power = np.sum(np.abs(a - b) ** 2), np.sum(np.abs(a) ** 2)
    else:
        error, power = _energy_by(a - b, axis), _energy_by(a, axis)
    if not np.all(power > 0):
        raise ValueError("true: is zero, so that no error relative to it exists")
    return float(np.mean(error / power))


def _energy_by(t: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """Squared norm of every slice along an axis."""
    front = np.moveaxis(t, axis, 0)
    return np.asarray(np.sum(np.abs(front.reshape(len(front), -1)) ** 2, axis=1))


def nmse_db(true: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Minus the NMSE in decibels, larger is better; the floor of 1e-30 keeps a perfect fit finite."""
    return -10.0 * float(np.log10(max(nmse(true, estimate), 1e-30)))


def nmse_scorer(estimator: Any, X: Any, y: Any = None) -> float:
    """Scorer for ``GridSearchCV(scoring=nmse_scorer)``: minus the NMSE of ``estimator.predict(X)`` in dB.

    scikit-learn's own metrics refuse complex numbers.

    Parameters
    ----------
    estimator : fitted estimator
        With ``predict``, and ``score`` if there is no y.
    X : array-like
        Data that the estimator predicts from.
    y : array-like, default=None
        What ``predict`` should give: the target of a dense model, the true coefficients of a Kronecker-structured one.
        None: the estimator's own ``score`` is taken.

    Returns
    -------
    float
        Decibels; larger is better.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import SBL, nmse_scorer
    >>> X = np.eye(4)
    >>> y = np.array([1.0, 0.0, 2.0, 0.0])
    >>> nmse_scorer(SBL(noise_variance=1e-6).fit(X, y), X, y) > 20
    True
    """
    if y is None:
        return float(estimator.score(X))
    return nmse_db(y, estimator.predict(X))
