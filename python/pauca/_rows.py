"""Rows that belong together, by the labels of a ``fit`` argument or of a column: clusters, tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


def split_column(X: Any, column: str | int | None, argument: str) -> tuple[Any, Any]:
    """X without the column of labels, and that column; (X, None) if there is none. ``argument`` is named in errors."""
    if column is None:
        return X, None
    if isinstance(column, str):
        if not hasattr(X, "columns") or column not in list(X.columns):
            raise ValueError(f"{argument}: X has no column {column!r}")
        return X.drop(columns=[column]), np.asarray(X[column])
    width = np.shape(X)[1]
    if not -width <= column < width:
        raise ValueError(f"{argument}: got {column}, X has {width} columns")
    if hasattr(X, "columns"):
        return split_column(X, X.columns[column], argument)
    if hasattr(X, "__dask_graph__"):
        return X[:, np.delete(np.arange(width), column)], X[:, column]
    array = np.asarray(X)
    return np.delete(array, column, axis=1), array[:, column]


def missing_labels(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where labels are NaN, NaT, None or pandas.NA."""
    if labels.dtype.kind in "fc":
        return np.asarray(np.isnan(labels))
    if labels.dtype.kind in "mM":
        return np.asarray(np.isnat(labels))
    if labels.dtype.kind != "O":
        return np.zeros(labels.shape, dtype=bool)
    return np.array([_is_missing(label) for label in labels.ravel()], dtype=bool).reshape(labels.shape)


def _is_missing(label: Any) -> bool:
    try:
        return label is None or bool(label != label)  # noqa: PLR0124 -- NaN and NaT
    except TypeError:  # pandas.NA is neither equal to itself nor different
        return True


def distinct_labels(argument: str, labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """Sorted distinct labels, and the position of each; a ValueError if one is missing or they cannot be sorted."""
    if missing_labels(labels).any():
        raise ValueError(f"{argument}: contains NaN or None, expected a label for every row")
    try:
        names, code = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{argument}: labels of different types have no order: {error}") from error
    return names, code.astype(np.intp)


@dataclass(frozen=True)
class RowGroups:
    """Rows by group: ``order`` sorts rows so that groups are contiguous, ``start`` delimits them."""

    labels: npt.NDArray[Any]
    code: npt.NDArray[np.intp]
    order: npt.NDArray[np.intp]
    start: npt.NDArray[np.intp]

    def rows(self, group: int) -> npt.NDArray[np.intp]:
        """Positions of the rows of a group."""
        return self.order[self.start[group] : self.start[group + 1]]


def _are_text(labels: npt.NDArray[Any]) -> bool:
    return labels.dtype.kind in "US" or (labels.dtype.kind == "O" and isinstance(labels.ravel()[0], str))


def positions_of(labels: npt.ArrayLike, known: npt.NDArray[Any], n_rows: int, argument: str) -> npt.NDArray[np.intp]:
    """The position of every row's label among the known ones, -1 for others. Numbers are no text."""
    given = np.asarray(labels)
    if given.shape != (n_rows,):
        raise ValueError(f"{argument}: got shape {given.shape}, expected ({n_rows},)")
    if given.size and known.size and _are_text(given) != _are_text(known):
        kinds = ("text", "numbers") if _are_text(given) else ("numbers", "text")
        raise ValueError(f"{argument}: the labels are {kinds[0]}, those of fit were {kinds[1]}")
    position = {label: i for i, label in enumerate(known.tolist())}
    return np.array([position.get(label, -1) for label in given.tolist()], dtype=np.intp)


def group_rows(group: Any, n_rows: int, argument: str) -> RowGroups:
    """Sort rows by the labels of their groups; None makes every row a group of its own."""
    if group is None:
        rows = np.arange(n_rows)
        return RowGroups(rows, rows, rows, np.arange(n_rows + 1))
    labels = np.asarray(group)
    if labels.shape != (n_rows,):
        raise ValueError(f"{argument}: got shape {labels.shape}, expected ({n_rows},)")
    names, code = distinct_labels(argument, labels)
    order = np.argsort(code, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=names.size))])
    return RowGroups(names, code, order.astype(np.intp), start.astype(np.intp))
