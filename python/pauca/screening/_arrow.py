"""Parquet, Feather and Arrow files as matrices of which only the columns asked for are read."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import numpy as np

from .._validation import FloatArray

SUFFIXES = (".parquet", ".pq", ".feather", ".arrow", ".ipc")


class ArrowColumns:
    """Columns of a file by ``columns[:, index]``: float64, with missing values as NaN."""

    ndim = 2

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        try:
            self._arrow: Any = import_module("pyarrow")
        except ImportError as error:
            raise ImportError(f"{self.path}: reading Parquet and Arrow files needs pyarrow") from error
        self._parquet: Any = None
        self.columns: list[str] = []
        try:
            n_rows = self._look()
        except self._arrow.ArrowInvalid as error:
            raise ValueError(
                f"blocks: {self.path} is neither a Parquet file nor one of Arrow's file format, which Feather is (a "
                f"stream has no table of contents to find columns by: write it as a file): {error}"
            ) from error
        self.shape = (n_rows, len(self.columns))

    def __reduce__(self) -> tuple[Any, ...]:
        return ArrowColumns, (self.path,)

    def _look(self) -> int:
        """Find the columns, and count the rows."""
        if self.path.lower().endswith((".parquet", ".pq")):
            self._parquet = import_module("pyarrow.parquet").ParquetFile(self.path, memory_map=True)
            self.columns = list(self._parquet.schema_arrow.names)
            return int(self._parquet.metadata.num_rows)
        self.columns = list(self._open(None).schema.names)
        file = self._open([0])
        return sum(file.get_batch(i).num_rows for i in range(file.num_record_batches))

    def _open(self, fields: list[int] | None) -> Any:
        ipc = import_module("pyarrow.ipc")
        source = self._arrow.memory_map(self.path)
        return ipc.open_file(source, options=ipc.IpcReadOptions(included_fields=fields))

    def __getitem__(self, key: tuple[slice, Any]) -> FloatArray:
        fields = np.arange(self.shape[1])[key[1]].tolist()
        names = [self.columns[j] for j in fields]
        if not fields:
            return np.empty((self.shape[0], 0))
        table = self._open(fields).read_all() if self._parquet is None else self._parquet.read(columns=names)
        out = np.empty((self.shape[0], len(names)), order="F")
        for j, name in enumerate(names):
            try:
                out[:, j] = table.column(name).to_numpy()
            except (TypeError, ValueError, KeyError) as error:
                raise ValueError(f"{self.path}: column {name!r} cannot be read as numbers: {error}") from error
        return out
