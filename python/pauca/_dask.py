"""Dask arrays: reduced to moments where their blocks are, never collected. dask is imported only when one comes in."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ._rows import distinct_labels
from .moments import Moments


def is_dask_array(X: Any) -> bool:
    """Whether X is a dask array."""
    return hasattr(X, "__dask_graph__") and hasattr(X, "chunks")


def moments_of(X: Any, y: Any = None, sample_weight: Any = None) -> Moments:
    """Moments of a dask array by blocks of rows, merged in pairs: each worker sends triangles, never rows.

    ``y`` and ``sample_weight`` are dask arrays or arrays, cut like X.
    """
    result: Moments = _reduced(X, {"y": y, "sample_weight": sample_weight}, _of_block, _merged)
    return result


def moments_of_groups(X: Any, y: Any, sample_weight: Any, groups: Any, argument: str) -> dict[Any, Moments]:
    """The same for each group of rows, by its label; rows of weight zero do not count as seen.

    ``groups`` are the labels of the rows, a dask array or an array; ``argument`` is named in errors.
    """
    if groups.ndim != 1:
        raise ValueError(f"{argument}: got shape {groups.shape}, expected ({X.shape[0]},)")
    with_groups = {"y": y, "sample_weight": sample_weight, argument: groups}
    result: dict[Any, Moments] = _reduced(X, with_groups, partial(_of_groups, argument), _merged_groups)
    return result


def _of_block(X: Any, y: Any, weight: Any) -> Moments:
    return Moments().update(X, y, weight)


def _merged(first: Moments, second: Moments) -> Moments:
    return Moments().merge(first).merge(second)


def _of_groups(argument: str, X: Any, y: Any, weight: Any, labels: Any) -> dict[Any, Moments]:
    names, code = distinct_labels(argument, np.asarray(labels))
    out = {}
    for k, name in enumerate(names.tolist()):
        rows = code == k
        if weight is not None:
            rows &= np.asarray(weight) != 0.0
        out[name] = Moments()
        if rows.any():
            out[name].update(X[rows], y[rows], None if weight is None else weight[rows])
    return out


def _merged_groups(first: dict[Any, Moments], second: dict[Any, Moments]) -> dict[Any, Moments]:
    out = first | second
    for name in first.keys() & second.keys():
        seen = [group[name] for group in (first, second) if hasattr(group[name], "factor_")]
        out[name] = _merged(*seen) if len(seen) == 2 else seen[0] if seen else Moments()
    return out


def _reduced(X: Any, beside: dict[str, Any], of_block: Callable[..., Any], merged: Callable[[Any, Any], Any]) -> Any:
    """``of_block(X, *beside)`` of every block of rows where it is, merged in pairs."""
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

    first, pair = dask.delayed(of_block, pure=True), dask.delayed(merged, pure=True)
    rest = [blocks(name, values) for name, values in beside.items()]
    level = [first(*parts) for parts in zip(X.to_delayed().ravel(), *rest, strict=True)]
    while len(level) > 1:
        pairs = [pair(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].compute()
