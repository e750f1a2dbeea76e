"""Dask arrays: reduced to moments where their blocks are, never collected. dask is imported only when one comes in."""

from __future__ import annotations

import math
from typing import Any

from .moments import Moments


def is_dask_array(X: Any) -> bool:
    """Whether X is a dask array."""
    return hasattr(X, "__dask_graph__") and hasattr(X, "chunks")


def _of_block(X: Any, y: Any, weight: Any) -> Moments:
    return Moments().update(X, y, weight)


def _merged(first: Moments, second: Moments) -> Moments:
    return Moments().merge(first).merge(second)


def moments_of(X: Any, y: Any = None, sample_weight: Any = None) -> Moments:
    """Moments of a dask array by blocks of rows, merged in pairs: each worker sends triangles, never rows.

    ``y`` and ``sample_weight`` are dask arrays or arrays, cut like X.
    """
    import dask
    import dask.array as da

    if X.ndim != 2:
        raise ValueError(f"X: got a dask array with {X.ndim} dimensions, expected 2")
    if any(math.isnan(n) for n in X.chunks[0]):
        raise ValueError("X: the chunk sizes are unknown; call X.compute_chunk_sizes() first")
    X = X.rechunk({1: -1})

    def blocks(name: str, values: Any) -> list[Any]:
        if values is None:
            return [None] * X.numblocks[0]
        if values.shape[0] != X.shape[0]:
            raise ValueError(f"{name}: got {values.shape[0]} rows, expected {X.shape[0]}")
        rows = {0: X.chunks[0], **dict.fromkeys(range(1, values.ndim), -1)}
        cut = values if is_dask_array(values) else da.from_array(values, chunks=tuple(rows.values()))
        return list(cut.rechunk(rows).to_delayed().ravel())

    of_block, merged = dask.delayed(_of_block, pure=True), dask.delayed(_merged, pure=True)
    rows = X.to_delayed().ravel()
    level = [
        of_block(*parts) for parts in zip(rows, blocks("y", y), blocks("sample_weight", sample_weight), strict=True)
    ]
    while len(level) > 1:
        pairs = [merged(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    result: Moments = level[0].compute()
    return result
