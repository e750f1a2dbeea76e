"""Clusters of rows and the random effects' design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray, match_features

INTERCEPT = "intercept"


def split_column(X: Any, column: str | int | None) -> tuple[Any, Any]:
    """X without the cluster column, and that column; (X, None) if there is none."""
    if column is None:
        return X, None
    if isinstance(column, str):
        if not hasattr(X, "columns") or column not in list(X.columns):
            raise ValueError(f"cluster_column: X has no column {column!r}")
        return X.drop(columns=[column]), np.asarray(X[column])
    width = np.shape(X)[1]
    if not -width <= column < width:
        raise ValueError(f"cluster_column: got {column}, X has {width} columns")
    if hasattr(X, "columns"):
        return split_column(X, X.columns[column])
    array = np.asarray(X)
    return np.delete(array, column, axis=1), array[:, column]


@dataclass(frozen=True)
class Clusters:
    """Rows by cluster: ``order`` sorts rows so that clusters are contiguous, ``start`` delimits them."""

    labels: npt.NDArray[Any]
    code: npt.NDArray[np.intp]
    order: npt.NDArray[np.intp]
    start: npt.NDArray[np.intp]


def group_rows(cluster: Any, n_rows: int) -> Clusters:
    """Sort rows by cluster; None makes every row a cluster of its own."""
    if cluster is None:
        rows = np.arange(n_rows)
        return Clusters(rows, rows, rows, np.arange(n_rows + 1))
    labels = np.asarray(cluster)
    if labels.shape != (n_rows,):
        raise ValueError(f"cluster: got shape {labels.shape}, expected ({n_rows},)")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("cluster: contains NaN, expected a label for every row")
    names, code = np.unique(labels, return_inverse=True)
    order = np.argsort(code, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=names.size))])
    return Clusters(names, code, order.astype(np.intp), start.astype(np.intp))


def effect_columns(given: Any, n_features: int, names: Sequence[str] | None) -> tuple[bool, list[int]]:
    """Whether there is a random intercept, and the features with random slopes."""
    if given is None:
        return False, []
    items: list[Any] = [given] if isinstance(given, (str, int, np.integer)) else list(given)
    known = [f"x{j}" for j in range(n_features)] if names is None else [str(f) for f in names]
    intercept, columns = False, []
    for item in items:
        if isinstance(item, str) and item == INTERCEPT:
            intercept = True
        elif isinstance(item, str):
            columns += match_features("random_effects", item, known)
        elif isinstance(item, (int, np.integer)) and 0 <= item < n_features:
            columns.append(int(item))
        else:
            raise ValueError(
                f"random_effects: got {item!r}, expected 'intercept', a feature name or a position below {n_features}"
            )
    return intercept, list(dict.fromkeys(columns))


def effect_design(X: FloatArray, intercept: bool, columns: list[int]) -> FloatArray:
    """Z: a column of ones if there is a random intercept, then the features with random slopes."""
    parts = [np.ones((X.shape[0], 1))] if intercept else []
    return np.asfortranarray(np.hstack([*parts, X[:, columns]]))
