"""Screening a dask array: columns are scored where their blocks are, and only scores travel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._validation import FloatArray
from ._blocks import as_float
from ._scan import Scan, pooled_p_values, tickets
from ._target import FeatureKinds


class DaskColumns:
    """A dask array as blocks of whole columns."""

    repeatable = True

    def __init__(self, X: Any) -> None:
        if X.ndim != 2:
            raise ValueError(f"X: got a dask array with {X.ndim} dimensions, expected 2")
        if any(math.isnan(n) for chunks in X.chunks for n in chunks):
            raise ValueError("X: the chunk sizes are unknown; call X.compute_chunk_sizes() first")
        self.X = X.rechunk({0: -1})
        self.total: int | None = int(X.shape[1])
        self.starts = np.concatenate([[0], np.cumsum(self.X.chunks[1])]).astype(np.intp)

    def take(self, chosen: npt.NDArray[np.intp]) -> FloatArray:
        """Some columns, which are collected."""
        return np.asarray(self.X[:, chosen].compute(), dtype=np.float64)

    def scan(
        self,
        target: FloatArray,
        settings: dict[str, Any],
        kinds: FeatureKinds,
        *,
        n_permutations: int,
        pooled: int | None,
        seed: int,
    ) -> Scan:
        """Score every feature; the result does not depend on blocks or workers."""
        import dask

        blocks = list(self.X.to_delayed().ravel())
        shared = dask.delayed(target, pure=True)
        score = dask.delayed(_score, pure=True)
        of_block = [kinds.block(int(a), int(b - a), None) for a, b in zip(self.starts, self.starts[1:], strict=False)]
        alone = n_permutations if pooled is None else 0
        found = dask.compute(
            *(
                score(block, shared, settings, int(first), given, alone)
                for block, first, given in zip(blocks, self.starts, of_block, strict=False)
            )
        )
        kinds.check(int(self.starts[-1]))
        scores, levels, observed = (np.concatenate([f[k] for f in found]) for k in range(3))
        p_values = None
        if n_permutations and pooled is None:
            p_values = np.concatenate([f[3] for f in found])
        elif n_permutations:
            assert pooled is not None
            null = self._pooled_null(blocks, shared, settings, of_block, levels, n_permutations, pooled, seed)
            p_values = pooled_p_values(scores, levels, null)
        return Scan(scores, levels, observed, p_values, None, True)

    def _pooled_null(
        self,
        blocks: list[Any],
        shared: Any,
        settings: dict[str, Any],
        of_block: list[npt.NDArray[np.int8] | None],
        levels: npt.NDArray[np.intp],
        n_permutations: int,
        size: int,
        seed: int,
    ) -> dict[int, FloatArray]:
        """Null scores of a random sample of the features of each kind, from the workers that have them."""
        import dask

        drawn = tickets(np.arange(levels.size), seed)
        chosen: list[tuple[int, int]] = []
        for level in np.unique(levels):
            members = np.flatnonzero(levels == level)
            chosen += [(int(level), int(j)) for j in members[np.argsort(drawn[members], kind="stable")[:size]]]
        null_of = dask.delayed(_null, pure=True)
        tasks = []
        for _, position in chosen:
            k = int(np.searchsorted(self.starts, position, side="right")) - 1
            inside = position - int(self.starts[k])
            given = of_block[k]
            kind = None if given is None else given[inside : inside + 1]
            tasks.append(null_of(blocks[k], shared, settings, position, inside, kind, n_permutations))
        null: dict[int, list[FloatArray]] = {}
        for (level, _), scores in zip(chosen, dask.compute(*tasks), strict=True):
            null.setdefault(level, []).append(scores)
        return {level: np.sort(np.concatenate(parts)) for level, parts in null.items()}


def _score(
    values: Any,
    target: FloatArray,
    settings: dict[str, Any],
    first: int,
    kinds: npt.NDArray[np.int8] | None,
    permutations: int,
) -> tuple[Any, ...]:
    """Scores, levels, observations and p-values of one block."""
    found = _core.Screener(target, **settings).score(
        as_float(values), first=first, kinds=kinds, permutations=permutations, n_threads=1, callback=None
    )
    p_values = None
    if permutations:
        p_values = (1.0 + (found["null"] >= found["score"]).sum(axis=0)) / (1.0 + permutations)
    return found["score"], found["levels"], found["observed"], p_values


def _null(
    values: Any,
    target: FloatArray,
    settings: dict[str, Any],
    position: int,
    inside: int,
    kind: npt.NDArray[np.int8] | None,
    permutations: int,
) -> FloatArray:
    """Scores of one column under permutations."""
    column = np.array(as_float(values[:, inside : inside + 1]), dtype=np.float64)
    found = _core.Screener(target, **settings).score(
        column, first=position, kinds=kind, permutations=permutations, n_threads=1, callback=None
    )
    return np.asarray(found["null"].ravel())
