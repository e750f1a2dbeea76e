"""Edge confidence by resampling rows, clusters or blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from joblib import delayed

from .._parallel import run_all
from .._validation import FloatArray


@dataclass(frozen=True)
class Resamples:
    """What the refits say: shares of resamples with each edge, and percentile intervals of its weight."""

    frequency: FloatArray
    interval: FloatArray


def draw_counts(
    rng: np.random.RandomState,
    n: int,
    scheme: str,
    cluster: npt.NDArray[np.intp] | None,
    block_length: int | None,
) -> FloatArray:
    """How often each row is in one resample.

    Whole clusters are drawn if there are any; else blocks of neighbouring rows (circular); else rows. ``scheme`` is
    "bootstrap" (as many as there are, with replacement) or "half" (half of them, without).
    """
    if cluster is not None:
        unit = cluster
    elif block_length is not None and scheme == "half":
        unit = np.arange(n) // block_length
    else:
        unit = np.arange(n)
    if scheme == "half":
        units = int(unit.max()) + 1
        chosen = np.zeros(units)
        chosen[rng.permutation(units)[: max(1, units // 2)]] = 1.0
        return np.asarray(chosen[unit])
    if cluster is None and block_length is not None:
        starts = rng.randint(n, size=-(-n // block_length))
        rows = (starts[:, None] + np.arange(block_length)[None, :]).ravel()[:n] % n
        return np.bincount(rows, minlength=n).astype(np.float64)
    units = int(unit.max()) + 1
    drawn = np.bincount(rng.randint(units, size=units), minlength=units)
    return np.asarray(drawn[unit], dtype=np.float64)


def resample(
    refit: Callable[[FloatArray, int], FloatArray],
    counts: list[FloatArray],
    n_jobs: int | None,
    confidence_level: float,
) -> Resamples:
    """Refit on every resample; the result does not depend on ``n_jobs``."""
    weights = np.stack(run_all((delayed(refit)(c, b) for b, c in enumerate(counts)), n_jobs))
    tail = 50.0 * (1.0 - confidence_level)
    return Resamples((weights != 0.0).mean(axis=0), np.percentile(weights, [tail, 100.0 - tail], axis=0))
