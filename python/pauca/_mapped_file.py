"""Read-only memory maps by the name of their file: what is sent to another process in place of the data."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import numpy.typing as npt


def reference(array: Any) -> dict[str, Any] | None:
    """Where in a file a read-only memory map, or a piece of one, lies; None for any other array."""
    if not isinstance(array, np.memmap) or array.mode != "r" or array.filename is None:
        return None
    steps = [step for step, size in zip(array.strides, array.shape, strict=True) if size > 1]
    if array.dtype.hasobject or array.size == 0 or any(s <= 0 or s % array.itemsize for s in steps):
        return None
    mapped = array._mmap  # type: ignore[attr-defined]
    if not isinstance(mapped, mmap.mmap):
        return None
    whole = np.frombuffer(mapped, dtype=np.uint8)
    start = array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    if not 0 <= start < whole.size:
        return None  # a copy
    begin = array.offset - array.offset % mmap.ALLOCATIONGRANULARITY
    return {
        "filename": str(array.filename),
        "offset": begin + start,
        "dtype": array.dtype,
        "shape": array.shape,
        "strides": array.strides,
    }


def reopen(
    filename: str, offset: int, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...]
) -> npt.NDArray[Any]:
    """The array that was referred to."""
    last = sum((size - 1) * step for size, step in zip(shape, strides, strict=True)) // dtype.itemsize
    flat = np.memmap(filename, dtype=dtype, mode="r", offset=offset, shape=(last + 1,))
    return np.lib.stride_tricks.as_strided(flat, shape, strides, subok=True, writeable=False)
