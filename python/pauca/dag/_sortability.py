"""How much of a benchmark's causal order its variances alone give away, and the baselines that exploit it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from .._sklearn_compat import check_array
from .._validation import FloatArray
from ..moments import Moments
from ._graph import as_square, topological_order


def _sortability(value: FloatArray, adjacency: Any) -> float:
    """Share of directed paths along which ``value`` grows, ties half, each (pair, length) once."""
    edges = as_square("adjacency", adjacency) != 0.0
    topological_order(edges)
    scale = max(float(np.abs(value).max(initial=0.0)), 1e-300)
    difference = (value[None, :] - value[:, None]) / scale
    credit = np.where(np.abs(difference) <= 1e-12, 0.5, (difference > 0.0).astype(float))
    step = edges.astype(float)
    walk, paths, correct = edges.copy(), 0, 0.0
    while walk.any():
        paths += int(walk.sum())
        correct += float(credit[walk].sum())
        walk = (walk.astype(float) @ step) > 0.0
    return correct / paths if paths else float("nan")


def varsortability(X: Any, adjacency: Any) -> float:
    """Share of directed paths along which the marginal variance increases.

    Near 1, sorting by variance recovers the order, and a benchmark says little about causal discovery.

    Parameters
    ----------
    X : array-like of shape (n_samples, d)
        Data.
    adjacency : array-like of shape (d, d)
        True graph.

    Returns
    -------
    float
        Between 0 and 1; NaN without edges.

    References
    ----------
    Reisach, A., Seiler, C. and Weichwald, S. (2021). Beware of the simulated DAG! NeurIPS.

    Examples
    --------
    >>> from pauca.dag import varsortability
    >>> from pauca.datasets import make_linear_dag
    >>> data = make_linear_dag(500, 20, random_state=0)
    >>> varsortability(data.X, data.adjacency) > 0.9
    True
    """
    return _sortability(np.var(check_array(X, dtype=np.float64), axis=0), adjacency)


def r2_coefficients(X: Any) -> FloatArray:
    """R^2 of each column regressed on all others (1 for a column that they determine)."""
    X = check_array(X, dtype=np.float64)
    centered = X - X.mean(axis=0)
    norm = np.sqrt((centered**2).sum(axis=0))
    unit = np.divide(centered, norm, out=np.zeros_like(centered), where=norm > 0.0)
    values, vectors = np.linalg.eigh(unit.T @ unit)
    live = values > 1e-12 * max(float(values[-1]), 1e-300)
    precision = (vectors[:, live] ** 2 / values[live]).sum(axis=1)
    determined = (vectors[:, ~live] ** 2).sum(axis=1) > 1e-8
    r2 = 1.0 - 1.0 / np.maximum(precision, 1.0)
    return np.where(norm == 0.0, 0.0, np.where(determined, 1.0, r2))


def r2_sortability(X: Any, adjacency: Any) -> float:
    """Share of directed paths along which R^2 (each column on all others) increases; unlike variance, free of scale.

    Parameters
    ----------
    X : array-like of shape (n_samples, d)
        Data.
    adjacency : array-like of shape (d, d)
        True graph.

    Returns
    -------
    float
        Between 0 and 1; NaN without edges.

    References
    ----------
    Reisach, A., Tami, M., Seiler, C., Chambaz, A. and Weichwald, S. (2023). A scale-invariant sorting criterion to find
    a causal order in additive noise models. NeurIPS.
    """
    return _sortability(r2_coefficients(X), adjacency)


def sort_and_regress(X: Any, by: str = "variance", penalty_discount: float = 2.0) -> FloatArray:
    """Baseline: sort the columns, regress each on those before it, keep what BIC keeps.

    Parameters
    ----------
    X : array-like of shape (n_samples, d)
        Data.
    by : {"variance", "r2"}, default="variance"
        What to sort by, ascending.
    penalty_discount : float, default=2.0
        Price of an edge in units of log(n_samples).

    Returns
    -------
    ndarray of shape (d, d)
        Weights; nonzero ``[i, j]`` is the edge i -> j.

    References
    ----------
    Reisach, A., Seiler, C. and Weichwald, S. (2021). Beware of the simulated DAG! NeurIPS.
    """
    X = check_array(X, dtype=np.float64, ensure_min_samples=2)
    if by not in ("variance", "r2"):
        raise ValueError(f"by: got {by!r}, expected 'variance' or 'r2'")
    n, d = X.shape
    order = np.argsort(X.var(axis=0) if by == "variance" else r2_coefficients(X), kind="stable")
    factor = Moments().update(X).centered_factor()
    core = _core.GraphProblem([factor], [float(n)], [], np.zeros((d, d), np.uint8, order="F"), [0] * d, False)
    core.use_bic(False, penalty_discount * np.log(n), max(1, min(d, n // 3)))
    return np.asarray(core.search([order.tolist()], 0, 1, 1, False, 0, np.inf, None)["weights"])
