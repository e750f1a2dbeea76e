"""Fitting a basis shared by tasks, and the head of one more task on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg
from sklearn.model_selection import KFold

from .. import _core
from .._monitor import SolverCallback
from .._report import SolverReport
from .._rows import RowGroups
from .._validation import FloatArray, seconds_or_inf
from ._rank import rank_above_noise, rank_of_nuclear_fit
from ._task_moments import CoreMoments, TaskMoments


@dataclass(frozen=True)
class TaskRows:
    """Rows of binary tasks, sorted by task, which reweighting needs in place of moments."""

    X: FloatArray
    y: FloatArray
    weights: FloatArray
    start: Any

    @classmethod
    def of(cls, X: FloatArray, y: FloatArray, weights: FloatArray, groups: RowGroups) -> TaskRows:
        """Sort rows by task."""
        order = groups.order
        return cls(
            np.ascontiguousarray(X[order]), np.ascontiguousarray(y[order]), np.ascontiguousarray(weights[order]),
            groups.start.astype(np.int64),
        )  # fmt: skip


@dataclass(frozen=True)
class SharedFit:
    """y ~ X B w_m + c_m."""

    basis: FloatArray  # (d, k), orthonormal
    heads: FloatArray  # (k, tasks)
    intercept: FloatArray
    objective_path: FloatArray
    report: SolverReport


@dataclass(frozen=True)
class FitOptions:
    """What every fit of a basis is told."""

    solver: str = "als"
    alpha: float = 1e-5
    fit_intercept: bool = True
    tol: float = 1e-7
    max_iter: int = 200
    max_time: float | None = None


def _canonical(basis: FloatArray, heads: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rotate to the principal directions of the tasks, the heaviest first, their largest entry positive."""
    rotation = linalg.svd(heads * np.sqrt(weight), full_matrices=True)[0]
    basis = basis @ rotation
    sign = np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    sign[sign == 0.0] = 1.0
    return np.asarray(basis * sign), np.asarray((rotation.T @ heads) * sign[:, None])


def fit_shared(
    data: TaskMoments,
    k: int,
    options: FitOptions,
    *,
    rows: TaskRows | None = None,
    start: FloatArray | None = None,
    callback: SolverCallback | None = None,
) -> SharedFit:
    """Fit a basis of k directions, from a given one or a spectral start; with ``rows``, of binary tasks."""
    args = data.core(options.alpha)
    limits: dict[str, Any] = {
        "tol": options.tol,
        "max_iter": options.max_iter,
        "max_time": seconds_or_inf(options.max_time),
    }
    if start is None and (rows is not None or options.solver == "als"):
        start = _core.multitask_start(*args, k)
    if rows is not None:
        ridge = np.asarray(options.alpha * data.level() * data.weight)
        found = _core.multitask_logistic(
            rows.X,
            rows.y,
            rows.weights,
            rows.start,
            ridge,
            options.fit_intercept,
            np.asfortranarray(start),
            callback=callback,
            **limits,
        )
        intercept = np.asarray(found["intercepts"])
        details: dict[str, Any] = {}
    elif options.solver == "svd":
        found = _svd(data, args, k)
        intercept, details = np.zeros(data.n_tasks), {}
    else:
        found = _core.multitask_als(*args, np.asfortranarray(start), callback=callback, **limits)
        intercept, details = np.zeros(data.n_tasks), {"passes": int(found["passes"])}
    basis, heads = _canonical(found["basis"], found["heads"], data.weight)
    if rows is None and options.fit_intercept:
        intercept = data.mean_y - np.einsum("md,dm->m", data.mean_x, basis @ heads)
    return SharedFit(basis, heads, intercept, found["objective_path"], SolverReport.from_core(found, **details))


def _svd(data: TaskMoments, args: CoreMoments, k: int) -> dict[str, Any]:
    """Leading directions of the tasks' own ridge estimates, weighted by sqrt(n) and whitened by pooled moments."""
    d = data.n_features
    # Ridge of one sample's worth: estimates of tasks with fewer rows than features stay bounded.
    grams = data.grams + (args[4] + max(data.level(), 1e-300))[:, None, None] * np.eye(d)
    estimates = np.stack([linalg.solve(g, b, assume_a="pos") for g, b in zip(grams, data.cross.T, strict=True)], axis=1)
    L = linalg.cholesky(data.pooled(), lower=True)
    U = linalg.svd((L.T @ estimates) * np.sqrt(data.weight), full_matrices=True)[0][:, :k]
    basis = linalg.qr(linalg.solve_triangular(L.T, U), mode="economic")[0]
    heads = _core.multitask_heads(*args, np.asfortranarray(basis))
    objective = float(0.5 * (data.squares.sum() - np.einsum("km,km->", heads, basis.T @ data.cross)))
    return {
        "basis": basis,
        "heads": heads,
        "objective_path": np.array([objective]),
        "engine": "rank-k SVD of ridge estimates",
        "status": "converged",
        "n_iter": 1,
        "objective": objective,
        "criterion": 0.0,
        "threshold": 0.0,
        "seconds": 0.0,
    }


def choose_rank(
    data: TaskMoments,
    n_components: int | str,
    options: FitOptions,
    *,
    table: tuple[FloatArray, FloatArray, FloatArray, RowGroups] | None = None,
) -> int:
    """The number of directions: given, or chosen as ``n_components`` says; ``table`` are the rows "cv" needs."""
    limit = min(data.n_features, data.n_tasks)
    if not isinstance(n_components, str):
        return min(int(n_components), limit)
    if n_components == "nuclear":
        return rank_of_nuclear_fit(data, limit)
    if n_components == "cv":
        if table is None:
            raise ValueError("n_components: 'cv' needs rows, moments alone cannot be split; use 'auto' or 'nuclear'")
        return _rank_by_cv(table, min(limit, 20), options)
    return rank_above_noise(data, limit)


def _rank_by_cv(table: tuple[FloatArray, FloatArray, FloatArray, RowGroups], limit: int, options: FitOptions) -> int:
    """Five folds within every task; the smallest rank within one standard error of the best."""
    X, y, weights, groups = table
    options = replace(options, tol=max(options.tol, 1e-4), max_iter=min(options.max_iter, 30))
    if limit == 1:
        return 1
    fold = np.empty(len(y), dtype=int)
    for m in range(groups.labels.size):
        rows = groups.rows(m)
        parts = min(5, len(rows))
        if parts < 2:
            fold[rows] = -1
            continue
        for f, (_, test) in enumerate(KFold(parts, shuffle=True, random_state=m).split(rows)):
            fold[rows[test]] = f
    errors = np.zeros((5, limit))
    for f in range(5):
        train = TaskMoments.from_rows(X, y, np.where(fold == f, 0.0, weights), groups, options.fit_intercept)
        test = fold == f
        for k in range(1, limit + 1):
            fit = fit_shared(train, k, options)
            code = groups.code[test]
            predicted = np.einsum("nd,nd->n", X[test], (fit.basis @ fit.heads).T[code]) + fit.intercept[code]
            errors[f, k - 1] = weights[test] @ (y[test] - predicted) ** 2
    mean = errors.mean(axis=0)
    spread = errors.std(axis=0, ddof=1) / np.sqrt(5)
    best = int(mean.argmin())
    return int(np.flatnonzero(mean <= mean[best] + spread[best])[0]) + 1


def fit_head(
    basis: FloatArray,
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    options: FitOptions,
    logistic: bool,
    alpha: float | str | None = None,
) -> tuple[FloatArray, float]:
    """Coefficients and intercept of one task on a given basis; ridge as in ``options``, or given, or by "cv"."""
    Z = X @ basis
    if logistic:
        ridge = (options.alpha if alpha is None or isinstance(alpha, str) else alpha) * float(
            (weights @ X**2).sum()
        ) / X.shape[1]  # fmt: skip
        w, c = _core.logistic_head(np.asfortranarray(Z), y, weights, ridge, options.fit_intercept)
        return np.asarray(w), float(c)
    share = weights / weights.sum()
    z_mean, y_mean = (share @ Z, float(share @ y)) if options.fit_intercept else (np.zeros(Z.shape[1]), 0.0)
    root = np.sqrt(weights)
    Zs, ys = (Z - z_mean) * root[:, None], (y - y_mean) * root
    values, vectors = linalg.eigh(Zs.T @ Zs)
    level = max(float(values.sum()) / len(values), 1e-300)
    inner = vectors.T @ (Zs.T @ ys)

    def solve(strength: float) -> FloatArray:
        shifted = np.maximum(values, 0.0) + strength * level
        usable = shifted > 1e-13 * max(values[-1], 1e-300)
        return np.asarray(vectors @ np.divide(inner, shifted, out=np.zeros_like(inner), where=usable))

    if alpha == "cv":
        best = _ridge_by_loo(Zs @ vectors, ys, values, share if options.fit_intercept else 0.0 * share, inner, level)
    else:
        best = options.alpha if alpha is None else float(alpha)
    w = solve(best)
    return w, float(y_mean - z_mean @ w)


def _ridge_by_loo(
    rotated: FloatArray, y: FloatArray, values: FloatArray, share: FloatArray, inner: FloatArray, level: float
) -> float:
    """Ridge, in units of the mean eigenvalue, with the least leave-one-out error."""
    strengths = np.geomspace(1e-6, 1e2, 25)
    errors = []
    for strength in strengths:
        shifted = np.maximum(values, 0.0) + strength * level
        residual = y - rotated @ (inner / shifted)
        leverage = share + (rotated**2 / shifted).sum(axis=1)
        errors.append(float(np.sum((residual / np.maximum(1.0 - leverage, 1e-6)) ** 2)))
    return float(strengths[int(np.argmin(errors))])
