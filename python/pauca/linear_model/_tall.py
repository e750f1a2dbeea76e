"""Least squares of many rows and few columns: a triangular factor stands for the rows along a whole path."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import _core
from .._validation import FloatArray

# Reading X takes as long as this many of its columns take to be factored.
_COLUMNS_A_STRENGTH = 2


class Rows(NamedTuple):
    """As many rows as columns, of which every quadratic loss is that of the data."""

    X: FloatArray
    y: FloatArray
    weights: FloatArray
    means: FloatArray  # of the columns of X, then of y; zero without an intercept


def pays(X: Any, n_strengths: int) -> bool:
    """Whether one factorisation costs less than reading X at every strength."""
    if not isinstance(X, np.ndarray):
        return False
    n, p = X.shape
    return bool(n >= 4 * p and p <= _COLUMNS_A_STRENGTH * n_strengths)


def rows_of(X: Any, y: FloatArray, weights: FloatArray, fit_intercept: bool) -> Rows | None:
    """Rows of the factor of (1, X, y), weighted; None where its squares leave the range of doubles."""
    p = X.shape[1]
    factor = _core.moments_append(np.zeros((p + 2, p + 2), order="F"), X, y.reshape(-1, 1), weights, None)
    length = np.sqrt(np.sum(np.square(factor), axis=0))
    if not np.isfinite(length).all():
        return None
    empty = length < 1e-140
    if X[:, empty[1:-1]].any() or (empty[-1] and y.any()):
        return None
    # The first row is the mean's, the others are centred.
    rows = factor[1 if fit_intercept else 0 :]
    means = factor[0, 1:] / factor[0, 0] if fit_intercept else np.zeros(p + 1)
    return Rows(np.asfortranarray(rows[:, 1:-1]), np.ascontiguousarray(rows[:, -1]), np.ones(len(rows)), means)


def restore_intercepts(points: list[dict[str, Any]], means: FloatArray, scale: FloatArray | None) -> None:
    """The intercepts of solutions on centred rows."""
    for point in points:
        columns, values = point["support"], point["values"]
        center = means[:-1][columns] if scale is None else means[:-1][columns] * scale[columns]
        point["intercept"] = float(means[-1] - center @ values)
