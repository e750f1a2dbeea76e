"""Columns that are far from zero for their spread, timestamps for example, are centred before they are fitted.

The core centres by rank-one corrections of products with X, whose rounding errors grow with the square of mean over
standard deviation. Nearly always X has no such column, is given on as it is, and what it costs to know is a look at a
few rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np
from scipy import sparse

from .._validation import FloatArray
from ..moments import is_constant

Fit = TypeVar("Fit", bound=Callable[..., Any])

_FAR = 1e5  # mean over standard deviation; the corrections then keep six digits
_ROWS = 16


def without_far_columns(X: Any, weights: FloatArray) -> tuple[Any, FloatArray | None]:
    """X with columns far from zero centred, in a copy, and what was taken off the columns; X and None if none is.

    If all rows are one nothing is left: gradients, and so alpha_max, would be rounding errors.
    """
    if _alike(X):
        row = X[[0]].toarray()[0] if sparse.issparse(X) else X[0]
        return sparse.csc_array(X.shape, dtype=np.float64), row.astype(np.float64)
    if sparse.issparse(X):  # a column with zeros cannot be far from zero
        suspects = np.flatnonzero(np.diff(X.indptr) == X.shape[0])
    elif isinstance(X, np.ndarray):
        few = X[:: max(1, X.shape[0] // _ROWS)].astype(np.float64)
        suspects = np.flatnonzero(np.abs(few.mean(axis=0)) > 1e-2 * _FAR * np.ptp(few, axis=0))
    else:
        return X, None
    shift = np.zeros(X.shape[1])
    for j in suspects:
        values = _column(X, int(j))
        mean = float(weights @ values)
        mean += float(weights @ (values - mean))
        variance = float(weights @ np.square(values - mean))
        if np.sqrt(variance) < abs(mean) / _FAR and not is_constant(mean, variance):
            shift[j] = mean
    far = np.flatnonzero(shift)
    if far.size == 0:
        return X, None
    if sparse.issparse(X):
        near = X.astype(np.float64, copy=True)
        for j in far:
            near.data[near.indptr[j] : near.indptr[j + 1]] -= shift[j]
    else:
        near = np.array(X, dtype=np.float64, order="F")
        near[:, far] -= shift[far]
    return near, shift


def _alike(X: Any) -> bool:
    """Whether all rows are one."""
    if sparse.issparse(X):  # its columns are empty or full
        full = np.isin(np.diff(X.indptr), (0, X.shape[0])).all()
        return bool(full and (X.max(axis=0).toarray() == X.min(axis=0).toarray()).all())
    # The last row tells nearly always.
    return isinstance(X, np.ndarray) and bool((X[0] == X[-1]).all() and (X[0] == X).all())


def _column(X: Any, j: int) -> FloatArray:
    if not sparse.issparse(X):
        return np.asarray(X[:, j], dtype=np.float64)
    values = np.zeros(X.shape[0])
    np.add.at(values, X.indices[X.indptr[j] : X.indptr[j + 1]], X.data[X.indptr[j] : X.indptr[j + 1]])
    return values


def near_zero(restore: Callable[[Any, FloatArray], Any]) -> Callable[[Fit], Fit]:
    """A fit that sees no columns far from zero, if it has an intercept to make up for them: `restore` corrects it."""

    def decorator(fit: Fit) -> Fit:
        @functools.wraps(fit)
        def fit_near_zero(X: Any, y: FloatArray, weights: FloatArray, **options: Any) -> Any:
            looks = options["fit_intercept"] and options.get("rows") is None
            near, shift = without_far_columns(X, weights) if looks else (X, None)
            if shift is None:
                return fit(X, y, weights, **options)
            if options.get("start") is not None:
                coef, intercept = options["start"]
                options["start"] = (coef, intercept + shift @ coef)
            return restore(fit(near, y, weights, **options), shift)

        return cast("Fit", fit_near_zero)

    return decorator


def of_fit(fit: Any, shift: FloatArray) -> Any:
    """A LinearFit as of the columns where they were."""
    return replace(fit, intercept=fit.intercept - shift @ fit.coef)


def of_path(path: Any, shift: FloatArray) -> Any:
    """A RegularizationPath as of the columns where they were."""
    if path.n_events_ is None:  # the Cox loss has no intercept
        coefs = path.coefs_.toarray().reshape(path.n_outputs_, len(shift), -1)
        path.intercepts_ = path.intercepts_ - np.tensordot(coefs, shift, (1, 0)).reshape(path.intercepts_.shape)
    return path
