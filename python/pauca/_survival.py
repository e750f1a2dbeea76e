"""Survival targets: what users give, and what the compiled core takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import column_or_1d

from ._sklearn_compat import check_array
from ._validation import FloatArray

SHAPES = (
    "expected a structured array (event, time), columns (time, event) or (entry, time, event), or times alone, "
    "which all are events"
)


@dataclass(frozen=True)
class SurvivalTarget:
    """Entry, time, event and number of the stratum for each row; entries are -inf without left truncation."""

    entry: FloatArray
    time: FloatArray
    event: npt.NDArray[np.bool_]
    stratum: npt.NDArray[np.intp]
    strata: npt.NDArray[Any]

    def pack(self) -> FloatArray:
        """All four, one after the other, as the core takes them."""
        return np.concatenate([self.entry, self.time, self.event, self.stratum]).astype(np.float64)


def take_rows(packed: FloatArray, rows: Any) -> FloatArray:
    """Some rows of a packed target."""
    return np.ascontiguousarray(packed.reshape(4, -1)[:, rows]).ravel()


def _structured(y: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """(time, event) or (entry, time, event) from named fields: the boolean one is the event, the others in order."""
    names = list(y.dtype.names or ())
    events = [n for n in names if y.dtype[n].kind == "b"]
    numbers = [n for n in names if y.dtype[n].kind in "fiu"]
    if len(events) != 1 or len(numbers) not in (1, 2) or len(names) != len(numbers) + 1:
        raise ValueError(f"y: got fields {y.dtype}, expected one boolean field (event) and one or two of numbers")
    return [*(y[n] for n in numbers), y[events[0]]]


def survival_target(y: Any, strata: Any = None) -> SurvivalTarget:
    """Validate a survival target.

    Parameters
    ----------
    y : array-like
        A structured array with a boolean field (event) and a field of times, or of entries and times; columns (time,
        event) or (entry, time, event); or times alone.
    strata : array-like of shape (n_samples,), default=None
        Labels.
    """
    array = y if isinstance(y, np.ndarray) else np.asarray(y)
    if array.dtype.names:
        columns = _structured(array)
    else:
        array = check_array(
            array,
            ensure_2d=False,
            dtype="numeric",
            input_name="y",
            ensure_all_finite=array.ndim == 1,
            ensure_min_samples=0,
        )
        if array.ndim == 2 and array.shape[1] in (2, 3):
            columns = list(array.T)
        elif array.ndim == 1 or array.shape[1] == 1:
            times = column_or_1d(array, warn=True)
            columns = [times, np.ones(times.shape)]
        else:
            raise ValueError(f"y: got shape {array.shape}, {SHAPES}")
    *numbers, event = columns
    time = np.ascontiguousarray(numbers[-1], dtype=np.float64)
    entry = np.full(time.shape, -np.inf) if len(numbers) == 1 else np.asarray(numbers[0], dtype=np.float64)
    if not np.isfinite(time).all():
        raise ValueError("y: Input y contains NaN or infinity in its times")
    if np.isnan(entry).any() or not (entry < time).all():
        raise ValueError("y: every entry must be earlier than its time")
    if not np.isin(event, (0, 1)).all():
        raise ValueError(f"y: events are 0 or 1, got {np.setdiff1d(event, (0, 1))[:3]}; columns are (time, event)")
    if strata is None:
        labels, codes = np.zeros(1, dtype=int), np.zeros(time.size, dtype=np.intp)
    else:
        labels, codes = np.unique(strata_labels(strata, time.size), return_inverse=True)
    return SurvivalTarget(entry, time, np.asarray(event).astype(bool), codes.astype(np.intp), labels)


def strata_labels(strata: Any, n_samples: int) -> npt.NDArray[Any]:
    """One label a row, or a ValueError."""
    labels = np.asarray(strata)
    if labels.shape != (n_samples,):
        raise ValueError(f"strata: got shape {labels.shape}, expected ({n_samples},)")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("strata: contains NaN, expected a label for every row")
    return labels
