"""Scoring blocks of columns elsewhere, on dask's workers: where they are, or where they can be read; scores travel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from joblib import delayed

from .. import _core
from .._monitor import SolverCallback
from .._parallel import run_all
from .._validation import FloatArray
from ._blocks import ArrayBlocks, Piece, SuppliedBlocks, as_float
from ._scan import Scan, pooled_p_values, tickets
from ._target import FeatureKinds

Arguments = tuple[Any, ...]


class Spread(Protocol):
    """Blocks of columns, by handles that become arrays elsewhere."""

    handles: Sequence[Any]
    starts: npt.NDArray[np.intp]  # first column of each block, and the number of columns
    names: list[str] | None

    def run(self, function: Callable[..., Any], calls: list[Arguments], target: FloatArray) -> Sequence[Any]:
        """``function(handle, target, ...)`` for each call ``(handle, ...)``."""


class DaskColumns:
    """A dask array as blocks of whole columns."""

    repeatable = True
    names: list[str] | None = None

    def __init__(self, X: Any) -> None:
        if X.ndim != 2:
            raise ValueError(f"X: got a dask array with {X.ndim} dimensions, expected 2")
        if any(math.isnan(n) for chunks in X.chunks for n in chunks):
            raise ValueError("X: the chunk sizes are unknown; call X.compute_chunk_sizes() first")
        self.X = X.rechunk({0: -1})
        self.total: int | None = int(X.shape[1])
        self.starts = np.concatenate([[0], np.cumsum(self.X.chunks[1])]).astype(np.intp)
        self.handles: Sequence[Any] = list(self.X.to_delayed().ravel())

    def take(self, chosen: npt.NDArray[np.intp]) -> FloatArray:
        """Some columns, which are collected."""
        return np.asarray(self.X[:, chosen].compute(), dtype=np.float64)

    def run(self, function: Callable[..., Any], calls: list[Arguments], target: FloatArray) -> Sequence[Any]:
        """As tasks of dask's scheduler."""
        import dask

        shared, task = dask.delayed(target, pure=True), dask.delayed(function, pure=True)
        found: Sequence[Any] = dask.compute(*(task(handle, shared, *rest) for handle, *rest in calls))
        return found


class ReadElsewhere:
    """Blocks under joblib's Dask back end: the workers read files themselves, arrays go to each of them once."""

    def __init__(self, blocks: ArrayBlocks | SuppliedBlocks, n_jobs: int | None) -> None:
        pieces = list(blocks.pieces())
        if not pieces:
            raise ValueError("blocks: got no block, expected at least one")
        self.handles: Sequence[Any] = pieces
        self.starts = np.array([*(p.first for p in pieces), pieces[-1].first + pieces[-1].width], dtype=np.intp)
        named = all(piece.names is not None for piece in pieces)
        self.names = [name for piece in pieces for name in piece.names or ()] if named else None
        self.n_jobs = n_jobs

    def run(self, function: Callable[..., Any], calls: list[Arguments], target: FloatArray) -> Sequence[Any]:
        """As calls of joblib."""
        return run_all((delayed(function)(handle, target, *rest) for handle, *rest in calls), self.n_jobs)


def spread_scan(
    columns: Spread,
    target: FloatArray,
    settings: dict[str, Any],
    kinds: FeatureKinds,
    *,
    n_permutations: int,
    pooled: int | None,
    seed: int,
    callback: SolverCallback | None,
) -> Scan:
    """Score every feature; the result does not depend on blocks or workers, and is that of `scan`.

    The callback hears of the blocks when all are scored; one that stops leaves the features after that block out.
    """
    starts, names = columns.starts, columns.names
    widths = np.diff(starts)
    of_block = [
        kinds.block(int(a), int(width), None if names is None else names[a : a + width])
        for a, width in zip(starts, widths, strict=False)
    ]
    alone = n_permutations if pooled is None else 0
    calls = [
        (handle, settings, int(first), given, alone)
        for handle, first, given in zip(columns.handles, starts, of_block, strict=False)
    ]
    found = columns.run(_score, calls, target)
    complete, count = True, len(found)
    for k, (block, end) in enumerate(zip(found, starts[1:], strict=True)):
        if callback is not None and callback(int(end) - 1, float(block[0].max()), np.nan, np.nan):
            complete, count = False, k + 1
            break
    if complete:
        kinds.check(int(starts[-1]))
    scores, levels, observed = (np.concatenate([f[k] for f in found[:count]]) for k in range(3))
    p_values = None
    if n_permutations and pooled is None:
        p_values = np.concatenate([f[3] for f in found[:count]])
    elif n_permutations:
        assert pooled is not None
        null = _pooled_null(columns, target, settings, of_block, levels, n_permutations, pooled, seed)
        p_values = pooled_p_values(scores, levels, null)
    return Scan(scores, levels, observed, p_values, None if names is None else names[: scores.size], complete)


def _pooled_null(
    columns: Spread,
    target: FloatArray,
    settings: dict[str, Any],
    of_block: list[npt.NDArray[np.int8] | None],
    levels: npt.NDArray[np.intp],
    n_permutations: int,
    size: int,
    seed: int,
) -> dict[int, FloatArray]:
    """Null scores of a random sample of the features of each kind, from where they are."""
    drawn = tickets(np.arange(levels.size), seed)
    chosen: list[tuple[int, int]] = []
    for level in np.unique(levels):
        members = np.flatnonzero(levels == level)
        chosen += [(int(level), int(j)) for j in members[np.argsort(drawn[members], kind="stable")[:size]]]
    calls = []
    for _, position in chosen:
        k = int(np.searchsorted(columns.starts, position, side="right")) - 1
        inside, given = position - int(columns.starts[k]), of_block[k]
        kind = None if given is None else given[inside : inside + 1]
        calls.append((columns.handles[k], settings, position, inside, kind, n_permutations))
    null: dict[int, list[FloatArray]] = {}
    for (level, _), scores in zip(chosen, columns.run(_null, calls, target), strict=True):
        null.setdefault(level, []).append(scores)
    return {level: np.sort(np.concatenate(parts)) for level, parts in null.items()}


def _score(
    handle: Any,
    target: FloatArray,
    settings: dict[str, Any],
    first: int,
    kinds: npt.NDArray[np.int8] | None,
    permutations: int,
) -> tuple[Any, ...]:
    """Scores, levels, observations and p-values of one block."""
    values = handle.read() if isinstance(handle, Piece) else as_float(handle)
    found = _core.Screener(target, **settings).score(
        values, first=first, kinds=kinds, permutations=permutations, n_threads=1, callback=None
    )
    p_values = None
    if permutations:
        p_values = (1.0 + (found["null"] >= found["score"]).sum(axis=0)) / (1.0 + permutations)
    return found["score"], found["levels"], found["observed"], p_values


def _null(
    handle: Any,
    target: FloatArray,
    settings: dict[str, Any],
    position: int,
    inside: int,
    kind: npt.NDArray[np.int8] | None,
    permutations: int,
) -> FloatArray:
    """Scores of one column under permutations."""
    if isinstance(handle, Piece):
        values = handle._replace(start=handle.start + inside, width=1).read()
    else:
        values = as_float(handle[:, inside : inside + 1])
    found = _core.Screener(target, **settings).score(
        np.array(values, dtype=np.float64), first=position, kinds=kind, permutations=permutations, n_threads=1,
        callback=None,
    )  # fmt: skip
    return np.asarray(found["null"].ravel())
