"""Which samples have a label."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import column_or_1d

from .._rows import missing_labels

BoolArray = npt.NDArray[np.bool_]


def unlabelled(y: Any) -> tuple[Any, BoolArray, BoolArray]:
    """y without missing entries, where they were, and where -1 (or "-1" among strings) is.

    A missing entry becomes some label of the others, so that y can be checked as if there were none.
    """
    if y is None:
        return y, np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    labels = column_or_1d(y, warn=True)
    missing = missing_labels(labels)
    if missing.all():
        return np.zeros(labels.shape), missing, np.zeros(labels.shape, dtype=bool)
    if missing.any():
        labels = np.where(missing, labels[~missing][0], labels)
        if labels.dtype.kind == "O":  # numbers that stood beside None are numbers again
            plain = np.array(labels.tolist())
            labels = plain if plain.dtype.kind in "bif" else labels
    values = labels.tolist()
    marked = np.array([_is_mark(label) for label in values], dtype=bool) & ~missing
    if labels.dtype.kind == "O" and any(isinstance(label, str) for label in values):  # -1 among strings
        labels = np.where(marked, "-1", labels).astype(object)
    return labels, missing, marked


def _is_mark(label: Any) -> bool:
    return label == "-1" if isinstance(label, str) else bool(label == -1)
