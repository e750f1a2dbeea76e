"""Where features come from: an array, a memory map, or column blocks; never more than a few blocks in memory."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._mapped_file import reference, reopen
from .._sklearn_compat import aligned
from .._warnings import warn_user
from ..design import GenotypeMatrix
from ._arrow import SUFFIXES, ArrowColumns

BLOCK_BYTES = 32 * 2**20
RELEASE_BYTES = 128 * 2**20


class ColumnBlock(NamedTuple):
    """Columns ``first, first + 1, ...`` of the data."""

    first: int
    values: npt.NDArray[np.floating[Any]]
    names: list[str] | None


def as_float(block: Any) -> npt.NDArray[np.floating[Any]]:
    """The block itself if it is of float32 or float64, else a float64 copy; missing genotypes are NaN."""
    values = block.toarray(impute=False) if isinstance(block, GenotypeMatrix) else np.asarray(block)
    if values.dtype in (np.float64, np.float32) and values.dtype.isnative and values.flags.aligned:
        return values
    if values.dtype.kind == "c":
        raise ValueError("X: got complex numbers, expected real ones")
    return values.astype(np.float64)


def warn_of_codes(X: Any) -> None:
    """Say so if int8 columns look like genotypes with a code for missing; the first columns are looked at."""
    if not isinstance(X, np.ndarray) or X.dtype != np.int8 or 0 in X.shape:
        return
    some = X[:, : max(1, 2**16 // X.shape[0])]
    odd = np.unique(some[(some < 0) | (some > 2)])
    if odd.size == 1 and (odd[0] < 0 or odd[0] == 9):
        warn_user(
            f"X: the genotypes have the code {odd[0]}, which counts as a level of its own; if it stands for missing "
            f"entries, pass pauca.design.GenotypeMatrix(X, missing={odd[0]}), and they are deleted pairwise",
        )


def block_width(n_rows: int, requested: int | None) -> int:
    """Columns in a block: as asked for, or about 32 MB of float64."""
    if requested is not None:
        return int(requested)
    return max(64, BLOCK_BYTES // (8 * max(n_rows, 1)) // 64 * 64)


class Piece(NamedTuple):
    """Columns that another process may read for itself."""

    first: int
    width: int
    names: list[str] | None
    data: ArrayBlocks
    start: int  # within the data

    def read(self) -> npt.NDArray[np.floating[Any]]:
        """The columns."""
        return as_float(self.data.X[:, self.start : self.start + self.width])


class ArrayBlocks:
    """Blocks of an array in memory, or of a memory map whose pages are given back as the scan goes on."""

    def __init__(self, X: Any, source: Any, width: int | None, names: Sequence[str] | None) -> None:
        warn_of_codes(X)
        self.X = X
        self.source = source
        self.map = _mapping(source.codes if isinstance(source, GenotypeMatrix) else source)
        self.width = block_width(X.shape[0], width)
        self.names = None if names is None else [str(name) for name in names]
        self.total: int | None = X.shape[1]
        self.repeatable = True

    def __iter__(self) -> Iterator[ColumnBlock]:
        read = 0
        for first in range(0, self.X.shape[1], self.width):
            part = self.X[:, first : first + self.width]
            names = None if self.names is None else self.names[first : first + self.width]
            yield ColumnBlock(first, as_float(part), names)
            read += part.nbytes
            if self.map is not None and read >= RELEASE_BYTES:
                self.map.madvise(mmap.MADV_DONTNEED)
                read = 0

    def pieces(self) -> Iterator[Piece]:
        """What there is to read, unread."""
        for first in range(0, self.X.shape[1], self.width):
            width = min(self.width, self.X.shape[1] - first)
            names = None if self.names is None else self.names[first : first + width]
            yield Piece(first, width, names, self, first)

    def __getstate__(self) -> dict[str, Any]:
        """The name of the file, if there is one, goes in place of a memory map."""
        file = reference(self.source)
        if file is None or (file["shape"], file["dtype"]) != (self.X.shape, self.X.dtype):
            return {"X": self.X, "file": None}
        return {"X": None, "file": file}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.X = aligned(state["X"]) if state["file"] is None else reopen(**state["file"])
        self.source = self.X  # one worker may send it on to another


def _mapping(source: Any) -> mmap.mmap | None:
    """The map under a read-only numpy memory map; pages of a writable one may hold changes and are left alone."""
    found = getattr(source, "_mmap", None)
    if isinstance(source, np.memmap) and source.mode == "r" and hasattr(mmap, "MADV_DONTNEED"):
        return found if isinstance(found, mmap.mmap) else None
    return None


class SuppliedBlocks:
    """Blocks that the caller supplies: arrays, data frames or paths of files with n_rows rows each."""

    def __init__(self, blocks: Iterable[Any], n_rows: int, width: int | None) -> None:
        if isinstance(blocks, (str, os.PathLike)) or hasattr(blocks, "shape"):  # one block
            blocks = [blocks]
        self.blocks = blocks
        self.n_rows = n_rows
        self.width = width
        self.total: int | None = None
        self.repeatable = iter(blocks) is not blocks

    def __iter__(self) -> Iterator[ColumnBlock]:
        first = 0
        for item in self.blocks:
            block, columns = open_block(item, self.n_rows)
            for part in ArrayBlocks(block, block, self.width, columns):
                yield part._replace(first=first + part.first)
            first += block.shape[1]

    def pieces(self) -> Iterator[Piece]:
        """What there is to read, unread but for the shapes and names of files."""
        first = 0
        for item in self.blocks:
            block, columns = open_block(item, self.n_rows)
            for piece in ArrayBlocks(block, block, self.width, columns).pieces():
                yield piece._replace(first=first + piece.first)
            first += block.shape[1]


def open_block(item: Any, n_rows: int | None) -> tuple[Any, list[str] | None]:
    """One supplied block and its column names if it has any; a .npy file as a memory map, others column by column."""
    if isinstance(item, (str, os.PathLike)):
        ending = os.path.splitext(os.fspath(item))[1].lower()
        if ending not in (".npy", *SUFFIXES):
            raise ValueError(f"blocks: got the file {os.fspath(item)}, expected .npy, {', '.join(SUFFIXES)}")
        item = ArrowColumns(item) if ending in SUFFIXES else np.load(item, mmap_mode="r")
    columns = getattr(item, "columns", getattr(item, "feature_names", None))
    names = [str(c) for c in columns] if columns is not None else None
    block = item if isinstance(item, (np.ndarray, ArrowColumns, GenotypeMatrix)) else np.asarray(item)
    if block.ndim != 2 or (n_rows is not None and block.shape[0] != n_rows):
        raise ValueError(f"blocks: got a block of shape {block.shape}, expected ({n_rows or 'n_rows'}, n_columns)")
    return block, names
