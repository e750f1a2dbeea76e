"""Least squares of many rows and few columns: the rows of a triangular factor stand for those of the data."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import _core
from .._validation import FloatArray

# A look at X takes as long as this many of its columns take to be factored.
_COLUMNS_A_LOOK = 2
_LOOKS_OF_A_FIT = 32  # of one for several targets


class Rows(NamedTuple):
    """As many rows as columns, of which every quadratic loss is that of the data."""

    X: FloatArray
    y: FloatArray
    weights: FloatArray
    means: FloatArray  # of the columns of X, then of y; zero without an intercept
    variance: FloatArray  # of the columns of X


def pays(X: Any, looks: int) -> bool:
    """Whether one factorisation costs less than so many looks at X."""
    if not isinstance(X, np.ndarray):
        return False
    n, p = X.shape
    return bool(n >= 4 * p and p <= _COLUMNS_A_LOOK * looks)


def pays_for_tasks(X: Any, n_tasks: int) -> bool:
    """Whether it costs less than a fit for several targets takes."""
    return n_tasks > 1 and X.shape[0] >= 50 * (X.shape[1] + n_tasks) and pays(X, _LOOKS_OF_A_FIT)


def rows_of(X: Any, y: FloatArray, weights: FloatArray, fit_intercept: bool) -> Rows | None:
    """Rows of the factor of (1, X, y), weighted; None where its squares leave the range of doubles."""
    p, targets = X.shape[1], np.ascontiguousarray(y.reshape(len(y), -1))
    size = 1 + p + targets.shape[1]
    factor = _core.moments_append(np.zeros((size, size), order="F"), X, targets, weights, None)
    length = np.sqrt(np.sum(np.square(factor), axis=0))
    if not np.isfinite(length).all():
        return None
    empty = length < 1e-140
    if X[:, empty[1 : p + 1]].any() or targets[:, empty[p + 1 :]].any():
        return None
    # The first row is the mean's, the others are centred.
    rows = factor[1 if fit_intercept else 0 :]
    means = factor[0, 1:] / factor[0, 0] if fit_intercept else np.zeros(size - 1)
    left, right = np.asfortranarray(rows[:, 1 : p + 1]), np.ascontiguousarray(rows[:, p + 1 :])
    variance = np.sum(np.square(factor[1:, 1 : p + 1]), axis=0)
    return Rows(left, right[:, 0] if y.ndim == 1 else right, np.ones(len(rows)), means, variance)


def restore_intercepts(points: list[dict[str, Any]], means: FloatArray, scale: FloatArray | None) -> None:
    """The intercepts of solutions on centred rows."""
    for point in points:
        columns, values = point["support"], point["values"]
        center = means[:-1][columns] if scale is None else means[:-1][columns] * scale[columns]
        point["intercept"] = float(means[-1] - center @ values)
