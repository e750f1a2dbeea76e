"""One pass over all features: scores, kinds and permutation p-values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._monitor import SolverCallback
from .._validation import FloatArray
from .._warnings import warn_user
from ._blocks import ColumnBlock
from ._target import FeatureKinds


@dataclass(frozen=True)
class Scan:
    """What one pass found, one entry a feature."""

    scores: FloatArray
    levels: npt.NDArray[np.intp]
    observed: npt.NDArray[np.intp]
    p_values: FloatArray | None
    names: list[str] | None
    complete: bool


class NullSample:
    """The features whose permutations make up the pooled null: a fixed random sample of each kind.

    A feature's rank in the lottery depends on the seed and its position only, so the sample does not depend on how
    the features are cut into blocks.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.seed = seed
        self.kept: dict[int, list[tuple[int, int, FloatArray]]] = {}

    def offer(self, block: ColumnBlock, levels: npt.NDArray[np.intp]) -> None:
        positions = block.first + np.arange(block.values.shape[1])
        drawn = tickets(positions, self.seed)
        for level in np.unique(levels):
            members = np.flatnonzero(levels == level)
            best = members[np.argsort(drawn[members], kind="stable")[: self.size]]
            kept = self.kept.setdefault(int(level), [])
            kept += [(int(drawn[j]), int(positions[j]), np.array(block.values[:, j], dtype=np.float64)) for j in best]
            kept.sort(key=lambda item: item[:2])
            del kept[self.size :]

    def scores(self, screener: Any, kinds: FeatureKinds, names: list[str] | None, n: int, jobs: int) -> dict[int, Any]:
        """Sorted null scores for each number of levels."""
        null = {}
        for level, kept in self.kept.items():
            drawn = []
            for _, position, column in kept:
                name = None if names is None else [names[position]]
                found = screener.score(
                    column.reshape(-1, 1),
                    first=position,
                    kinds=kinds.block(position, 1, name),
                    permutations=n,
                    n_threads=jobs,
                    callback=None,
                )
                drawn.append(found["null"].ravel())
            null[level] = np.sort(np.concatenate(drawn))
        return null


def tickets(positions: npt.NDArray[np.intp], seed: int) -> npt.NDArray[np.uint64]:
    """A feature's rank in the lottery for the null sample."""
    return _mix(positions.astype(np.uint64) + np.uint64(seed))


def pooled_p_values(scores: FloatArray, levels: npt.NDArray[np.intp], null: dict[int, FloatArray]) -> FloatArray:
    """P-values against the sorted null scores of features with as many levels."""
    values = np.ones(scores.size)
    for level, drawn in null.items():
        of_level = levels == level
        reached = drawn.size - np.searchsorted(drawn, scores[of_level], side="left")
        values[of_level] = (1.0 + reached) / (1.0 + drawn.size)
    return values


def _mix(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        z = (z + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


def scan(
    screener: Any,
    blocks: Iterable[ColumnBlock],
    kinds: FeatureKinds,
    *,
    n_permutations: int,
    pooled: int | None,
    seed: int,
    n_jobs: int,
    callback: SolverCallback | None,
) -> Scan:
    """Score every feature; ``pooled`` is the number of features in the null sample, None for a null each."""
    scores, levels, observed, p_values, names = [], [], [], [], []
    sample = NullSample(pooled, seed) if n_permutations and pooled is not None else None
    named = complete = True
    done = 0
    for block in blocks:
        width = block.values.shape[1]
        found = screener.score(
            block.values,
            first=block.first,
            kinds=kinds.block(block.first, width, block.names),
            permutations=n_permutations if sample is None else 0,
            n_threads=n_jobs,
            callback=None,
        )
        scores.append(found["score"])
        levels.append(found["levels"])
        observed.append(found["observed"])
        named = named and block.names is not None
        names += block.names or []
        if sample is not None:
            sample.offer(block, found["levels"])
        elif n_permutations:
            p_values.append((1.0 + (found["null"] >= found["score"]).sum(axis=0)) / (1.0 + n_permutations))
        done += width
        if callback is not None and callback(done - 1, float(found["score"].max()), np.nan, np.nan):
            complete = False
            break
    if not scores:
        raise ValueError("blocks: got no block, expected at least one")
    if complete:
        kinds.check(done)
    all_scores, all_levels = np.concatenate(scores), np.concatenate(levels)
    every: FloatArray | None = np.concatenate(p_values) if p_values else None
    known = names if named else None
    if sample is not None:
        every = pooled_p_values(all_scores, all_levels, sample.scores(screener, kinds, known, n_permutations, n_jobs))
    return Scan(all_scores, all_levels, np.concatenate(observed), every, known, complete)


def adjusted(p_values: FloatArray) -> FloatArray:
    """P-values adjusted for the false discovery rate (Benjamini and Hochberg)."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * (p_values.size / np.arange(1, p_values.size + 1))
    out = np.empty(p_values.size)
    out[order] = np.minimum.accumulate(np.minimum(steps, 1.0)[::-1])[::-1]
    return out


def discoveries(p_values: FloatArray, max_fdr: float, draws: int) -> npt.NDArray[np.bool_]:
    """Features with an adjusted p-value of at most max_fdr; ``draws`` from the null tell how small one can be."""
    q_values, least = adjusted(p_values), 1.0 / (1.0 + draws)
    if p_values.min() <= 1.001 * least and q_values.min() > max_fdr:
        warn_user(
            f"max_fdr: no p-value can be below {least:.1e}, too coarse for the strongest of {p_values.size} features "
            f"to reach {max_fdr}; raise n_permutations or n_null_features",
        )
    return np.asarray(q_values <= max_fdr)
