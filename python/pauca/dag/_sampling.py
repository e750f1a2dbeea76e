"""Draws from a fitted linear structural equation model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from .._validation import FloatArray


def fixed_values(
    do: Any, n_samples: int, position: Callable[[Any], int], levels: Mapping[int, list[Any]]
) -> dict[int, FloatArray]:
    """Values of the variables that an intervention sets; a category of a two-category column is its code."""
    if do is None:
        return {}
    if not hasattr(do, "keys"):
        raise ValueError(f"do: got {type(do).__name__}, expected a dict {{feature: value}}")
    fixed = {}
    for feature in do.keys():  # noqa: SIM118 -- a Series iterates over values
        j, value = position(feature), do[feature]
        if j in levels:
            codes = {level: float(code) for code, level in enumerate(levels[j])}
            value = [codes.get(v, v) for v in np.atleast_1d(np.asarray(value, dtype=object))]
            value = value[0] if len(value) == 1 else value
        try:
            numbers = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            expected = f"one of {levels[j]}" if j in levels else "numbers"
            raise ValueError(f"do: got {value!r} for {feature!r}, expected {expected}") from None
        if numbers.shape not in ((), (n_samples,)):
            raise ValueError(
                f"do: got shape {numbers.shape} for {feature!r}, expected a number or n_samples={n_samples} of them"
            )
        if not np.isfinite(numbers).all():
            raise ValueError(f"do: got NaN or infinity for {feature!r}, expected finite numbers")
        fixed[j] = np.broadcast_to(numbers, (n_samples,))
    return fixed


def gaussian_noise(
    rng: np.random.RandomState, n_samples: int, variances: FloatArray, intercept: FloatArray, binary: list[int]
) -> FloatArray:
    """Intercepts and independent Gaussian noise; columns of two categories are 1 with their share."""
    z = rng.standard_normal((n_samples, variances.size))
    X = np.asarray(z * np.sqrt(variances) + intercept)
    for j in binary:
        X[:, j] = z[:, j] < ndtri(np.clip(intercept[j], 0.0, 1.0))
    return X


def resampled_noise(
    rng: np.random.RandomState, n_samples: int, residual: FloatArray, intercept: FloatArray, exogenous: list[int]
) -> FloatArray:
    """Residuals drawn with replacement, each feature's by itself; exogenous features row by row, as they come."""
    n, d = residual.shape
    X = np.empty((n_samples, d))
    for j in np.setdiff1d(np.arange(d), exogenous):
        X[:, j] = residual[rng.randint(n, size=n_samples), j] + intercept[j]
    if exogenous:
        rows = rng.randint(n, size=n_samples)
        X[:, exogenous] = residual[rows][:, exogenous] + intercept[exogenous]
    return X


def stationary_means(adjacency: FloatArray, lagged: FloatArray, intercept: FloatArray) -> FloatArray:
    """Means of the series in the long run; zeros if it has none."""
    L, d = lagged.shape[0], adjacency.shape[0]
    inverse = np.linalg.inv(np.eye(d) - adjacency)
    companion = np.eye(L * d, k=d)
    companion[:, :d] = (lagged @ inverse).reshape(L * d, d)
    if np.abs(np.linalg.eigvals(companion)).max(initial=0.0) >= 1.0 - 1e-9:
        return np.zeros(d)
    return np.asarray(np.linalg.solve((np.eye(d) - adjacency - lagged.sum(axis=0)).T, intercept))


def propagate(
    X: FloatArray, fixed: Mapping[int, FloatArray], order: Any, adjacency: FloatArray, lagged: FloatArray,
    history: FloatArray,
) -> FloatArray:  # fmt: skip
    """Add the parents' share in place, causes before effects; what is fixed has no causes."""
    n, L = X.shape[0], lagged.shape[0]
    for rows in [slice(None)] if L == 0 else [slice(t, t + 1) for t in range(n)]:
        for k in range(1, L + 1):
            X[rows] += (X[rows.start - k] if rows.start >= k else history) @ lagged[k - 1]
        for j in (int(node) for node in order):
            if j in fixed:
                X[rows, j] = fixed[j][rows]
                continue
            parents = np.flatnonzero(adjacency[:, j])
            if parents.size:
                X[rows, j] += X[rows][:, parents] @ adjacency[parents, j]
    return X
