"""Data for the screening benchmarks."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np


def strong_case(seed: int, n: int = 500, p: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Three linear and three even effects, each a tenth of the variance of y; independent normal features."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    signal = X[:, :3].sum(axis=1) + ((X[:, 3:6] ** 2 - 1) / np.sqrt(2)).sum(axis=1)
    return X, np.sqrt(0.1) * signal + np.sqrt(0.4) * rng.standard_normal(n)


def blocks(seed: int, n: int, p: int, width: int = 10_000) -> Iterator[np.ndarray]:
    for start in range(0, p, width):
        rng = np.random.default_rng([seed, start])
        yield rng.standard_normal((n, min(width, p - start)), dtype=np.float32)


def write_columns(path: Path, seed: int, n: int, p: int) -> None:
    """A column-major float32 .npy file that never was in memory."""
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, p), fortran_order=True)
    start = 0
    for block in blocks(seed, n, p):
        out[:, start : start + block.shape[1]] = block
        out.flush()
        start += block.shape[1]
