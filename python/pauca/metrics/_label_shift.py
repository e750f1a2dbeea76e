"""Latent classes against true ones: both are matched first, since latent classes have no order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment


def match_classes(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[object, object]:
    """Pair predicted with true classes so that most points agree (the Hungarian method on the confusion counts).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.

    Returns
    -------
    dict
        True class of each predicted class; without one where there are more predicted than true classes.

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> from pauca.metrics import match_classes
    >>> match_classes(["a", "a", "b"], [1, 1, 0])
    {0: 'b', 1: 'a'}
    """
    truth, t = np.unique(np.asarray(y_true), return_inverse=True)
    found, f = np.unique(np.asarray(y_pred), return_inverse=True)
    if t.shape != f.shape:
        raise ValueError(f"y_pred: got {len(f)} predictions for {len(t)} labels")
    confusion = np.zeros((len(found), len(truth)))
    np.add.at(confusion, (f, t), 1.0)
    rows, columns = linear_sum_assignment(-confusion)
    return {found[i].item(): truth[j].item() for i, j in zip(rows, columns, strict=True)}


def matched_accuracy(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Share of points whose predicted class, once matched, is the true one.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.

    Returns
    -------
    float
        Accuracy after ``match_classes``.

    Examples
    --------
    >>> from pauca.metrics import matched_accuracy
    >>> matched_accuracy([0, 0, 1, 1], [5, 5, 3, 5])
    0.75
    """
    pairs = match_classes(y_true, y_pred)
    missing = object()
    agree = [
        pairs.get(p, missing) == t
        for t, p in zip(np.asarray(y_true).tolist(), np.asarray(y_pred).tolist(), strict=True)
    ]
    return float(np.mean(agree))


def prior_l1_error(
    prior_true: npt.ArrayLike,
    prior_estimated: npt.ArrayLike,
    *,
    order: npt.ArrayLike | None = None,
    total: bool = False,
) -> float:
    """L1 error of class priors, classes matched.

    Parameters
    ----------
    prior_true, prior_estimated : array-like of shape (n_classes, n_domains)
        p(class | domain); columns sum to one.
    order : array-like of int of shape (n_classes,), default=None
        Row of the estimate that belongs to each true class; None takes the order with the least error.
    total : bool, default=False
        Sum over domains as Roberts et al. (2022) report, in place of the mean a domain, which is between 0 and 2.

    Returns
    -------
    float
        ``sum |T - T_hat| / n_domains``, or the sum itself.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from pauca.metrics import prior_l1_error
    >>> T = [[1.0, 0.0], [0.0, 1.0]]
    >>> prior_l1_error(T, [[0.0, 1.0], [1.0, 0.0]]), prior_l1_error(T, T[::-1], order=[0, 1], total=True)
    (0.0, 4.0)
    """
    truth, found = np.asarray(prior_true, dtype=np.float64), np.asarray(prior_estimated, dtype=np.float64)
    if truth.shape != found.shape or truth.ndim != 2:
        raise ValueError(f"prior_estimated: got shape {found.shape}, expected {truth.shape}")
    if order is None:
        order = linear_sum_assignment(np.abs(truth[:, None, :] - found[None, :, :]).sum(axis=-1))[1]
    error = float(np.abs(truth - found[np.asarray(order)]).sum())
    return error if total else error / truth.shape[1]
