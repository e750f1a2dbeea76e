"""How many directions tasks share: singular values above the noise, or the rank of a nuclear-norm fit."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import linalg, sparse

from .._validation import FloatArray
from .._warnings import warn_user
from ..linear_model import SparseRegressor
from ..penalties import Nuclear
from ._task_moments import TaskMoments


def _noise(data: TaskMoments, m: int) -> float:
    """Residual standard deviation of least squares in task m, or that of y where there are too few rows for it."""
    d, rows = data.n_features, data.n_rows[m]
    square = data.squares[m]
    if rows > d + 2:
        fit = linalg.lstsq(data.grams[m], data.cross[:, m], check_finite=False)[0]
        return float(np.sqrt(max(square - data.cross[:, m] @ fit, 0.0) / (rows - d - 1) * rows / data.weight[m]))
    return float(np.sqrt(square / data.weight[m]))


def warn_if_too_many(n_components: int | str, n_features: int, n_tasks: int) -> None:
    """Tasks span no more directions than there are tasks or features."""
    limit = min(n_features, n_tasks)
    if not isinstance(n_components, str) and n_components > limit:
        warn_user(
            f"n_components={n_components} is more than {n_tasks} tasks of {n_features} features can tell apart: at "
            f"most {limit} are used."
        )


def standardized_coefficients(data: TaskMoments) -> FloatArray:
    """Coefficients of each task in units of their noise: columns that would be standard normal without any signal.

    With L the Cholesky factor of the pooled covariance, a task of many rows has the column sqrt(n) L't / s, t its least
    squares; one of few rows has L^-1 b / (sqrt(n) s), with s the standard deviation of y, whose noise includes the
    signal of the other directions.
    """
    d = data.n_features
    L = linalg.cholesky(data.pooled(), lower=True)
    columns = np.zeros((d, data.n_tasks))
    for m in range(data.n_tasks):
        rows = float(data.n_rows[m])
        if rows < 2 or data.squares[m] <= 0.0:
            continue
        if rows > 2 * d + 2:
            t = linalg.lstsq(data.grams[m], data.cross[:, m], check_finite=False)[0]
            scale = np.sqrt(rows - d - 1.0) / max(_noise(data, m), 1e-12 * np.sqrt(data.squares[m] / data.weight[m]))
            columns[:, m] = scale * (L.T @ t)
        else:
            plug_in = linalg.solve_triangular(L, data.cross[:, m], lower=True) * (rows / data.weight[m])
            columns[:, m] = plug_in / np.sqrt(rows * data.squares[m] / data.weight[m])
    return columns


def noise_edge(data: TaskMoments) -> float:
    """The largest singular value that standard normal columns have: sqrt(d) + sqrt(tasks)."""
    return float(np.sqrt(data.n_features) + np.sqrt(np.count_nonzero(data.n_rows >= 2)))


def rank_above_noise(data: TaskMoments, limit: int) -> int:
    """Number of singular values of the standardised coefficients above the noise, at least one."""
    singular = linalg.svdvals(standardized_coefficients(data))
    return int(np.clip(np.count_nonzero(singular > 1.05 * noise_edge(data)), 1, limit))


def rank_of_nuclear_fit(data: TaskMoments, limit: int) -> int:
    """Rank of the minimiser of 1/2 sum_m ||q_m - R_m v_m||^2 + 1.05 (sqrt(d) + sqrt(tasks)) ||V||_*.

    Rows of R_m are as good as samples, in units of their noise, and v_m is whitened as in
    `standardized_coefficients`; the strength is the largest singular value that noise alone reaches.
    """
    d, tasks = data.n_features, data.n_tasks
    L = linalg.cholesky(data.pooled(), lower=True)
    blocks, targets = [], []
    for m in range(tasks):
        values, vectors = linalg.eigh(data.grams[m])
        values = np.maximum(values, 0.0)
        root = np.sqrt(values)[:, None] * vectors.T
        size = np.sqrt(max(float(data.weight[m]), 1e-300))
        blocks.append(linalg.solve_triangular(L, root.T, lower=True).T / size)
        inverse = np.divide(1.0, np.sqrt(values), out=np.zeros(d), where=values > 1e-12 * max(values.max(), 1e-300))
        noise = _noise(data, m) if data.n_rows[m] >= 2 else 0.0
        rows = np.sqrt(data.n_rows[m] / max(float(data.weight[m]), 1e-300))
        targets.append(inverse * (vectors.T @ data.cross[:, m]) * (rows / noise if noise > 0.0 else 0.0))
    X = sparse.block_diag([sparse.coo_array(block) for block in blocks], format="csc")
    y = np.concatenate(targets)
    model = SparseRegressor(
        penalty=Nuclear(shape=(tasks, d)), alpha=1.05 * noise_edge(data) / y.size, fit_intercept=False, tol=1e-4
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All coefficients are zero", UserWarning)  # rank one is the least
        model.fit(X, y)
    singular = linalg.svdvals(model.coef_.reshape(tasks, d))
    return int(np.clip(np.count_nonzero(singular > 1e-8 * max(float(singular.max()), 1e-300)), 1, limit))
