"""Least squares of many rows and few columns: the rows of a triangular factor stand for those of the data."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._validation import FloatArray
from ..moments import Rows, rows_of_factor

# A look at X takes as long as this many of its columns take to be factored.
_COLUMNS_A_LOOK = 2
_LOOKS_OF_A_FIT = 32  # of one for several targets


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
    """The rows of the factor of (1, X, y), weighted; None where its squares leave the range of doubles."""
    factor = _factor(X, y, weights)
    return None if factor is None else rows_of_factor(factor, X.shape[1], 1.0, fit_intercept)


def rows_of_folds(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    splits: Sequence[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]],
    fit_intercept: bool,
) -> tuple[Rows, list[Rows]] | None:
    """Rows for all the data and for the training part of every fold, from one look at X.

    None unless the test parts are a partition of the samples, and all training parts have weight.
    """
    tests = [test for _, test in splits]
    everything = np.concatenate(tests)
    if everything.size != len(y) or not np.array_equal(np.sort(everything), np.arange(len(y))):
        return None
    total = np.array([weights[train].sum() for train, _ in splits])
    if any(train.size + test.size != len(y) for train, test in splits) or not (total > 0.0).all():
        return None
    parts = []
    for test in tests:
        factor = _factor(X[test], y[test], weights[test])
        if factor is None:
            return None
        parts.append(factor)
    # Merged from both ends, so that every fold is left out at the cost of three merges.
    empty = np.zeros_like(parts[0])
    before = list(itertools.accumulate(parts, _core.moments_merge, initial=empty))
    after = list(itertools.accumulate(reversed(parts), _core.moments_merge, initial=empty))[::-1]
    p = X.shape[1]
    return rows_of_factor(before[-1], p, 1.0, fit_intercept), [
        rows_of_factor(_core.moments_merge(before[k], after[k + 1]), p, total[k], fit_intercept)
        for k in range(len(splits))
    ]


def _factor(X: Any, y: FloatArray, weights: FloatArray) -> FloatArray | None:
    p, targets = X.shape[1], np.ascontiguousarray(y.reshape(len(y), -1))
    size = 1 + p + targets.shape[1]
    factor = np.asarray(_core.moments_append(np.zeros((size, size), order="F"), X, targets, weights, None))
    length = np.sqrt(np.sum(np.square(factor), axis=0))
    empty = length < 1e-140
    lost = X[:, empty[1 : p + 1]].any() or targets[:, empty[p + 1 :]].any()
    return None if lost or not np.isfinite(length).all() else factor


def restore_intercepts(points: list[dict[str, Any]], means: FloatArray, scale: FloatArray | None) -> None:
    """The intercepts of solutions on centred rows."""
    for point in points:
        columns, values = point["support"], point["values"]
        center = means[:-1][columns] if scale is None else means[:-1][columns] * scale[columns]
        point["intercept"] = float(means[-1] - center @ values)
