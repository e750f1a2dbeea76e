"""What iterative screening needs between its steps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray
from ._blocks import ColumnBlock
from ._spread import DaskColumns


def collect(blocks: Iterable[ColumnBlock] | DaskColumns, chosen: npt.NDArray[np.intp]) -> FloatArray:
    """The chosen columns, missing values replaced by the mean."""
    if isinstance(blocks, DaskColumns):
        columns = blocks.take(chosen)
    else:
        parts = []
        for block in blocks:
            inside = chosen[(chosen >= block.first) & (chosen < block.first + block.values.shape[1])] - block.first
            parts.append(np.array(block.values[:, inside], dtype=np.float64))
        columns = np.hstack(parts)
    missing = np.isnan(columns)
    if missing.any():
        columns[missing] = np.broadcast_to(np.nanmean(columns, axis=0), columns.shape)[missing]
    return columns


def residual(columns: FloatArray, target: FloatArray) -> FloatArray:
    """What least squares on the columns and an intercept leaves of the target."""
    centred = columns - columns.mean(axis=0)
    y = target - target.mean()
    scale = np.sqrt((centred**2).mean(axis=0))
    centred = centred[:, scale > 0.0] / scale[scale > 0.0]
    return np.asarray(y - centred @ np.linalg.lstsq(centred, y, rcond=None)[0])
