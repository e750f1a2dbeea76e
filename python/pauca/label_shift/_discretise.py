"""Cells of the input in which domains are counted: clusters of p(domain | x), or the values of finite inputs."""

from __future__ import annotations

import functools
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from threadpoolctl import ThreadpoolController

from .._validation import FloatArray

Codes = npt.NDArray[np.intp]


class Cells(Protocol):
    """A map from points to cells; -1 for a point in no known cell."""

    n_cells: int

    def assign(self, X: Any, f: FloatArray | None) -> Codes:
        """Cell of each point."""
        ...


@functools.cache
def _libraries() -> Any:
    """The libraries that have threads; looking for them takes longer than a small fit."""
    return ThreadpoolController()


def k_means(X: Any, n_clusters: int, seed: int, **options: Any) -> KMeans:
    """On one thread: on a busy machine OpenMP's threads would wait for each other most of the time."""
    with _libraries().limit(limits=1, user_api="openmp"):
        return KMeans(n_clusters, n_init=5, random_state=seed, **options).fit(X)


class ClusterCells:
    """k-means on p(domain | x), fitted on at most 25,000 points."""

    def __init__(self, f: FloatArray, n_clusters: int, rng: np.random.RandomState) -> None:
        sample = f if len(f) <= 25_000 else f[rng.choice(len(f), 25_000, replace=False)]
        n_distinct = len(np.unique(sample.round(12), axis=0))
        seed = int(rng.randint(np.iinfo(np.int32).max))
        model = k_means(sample, min(n_clusters, n_distinct), seed, max_iter=100)
        self.centers: FloatArray = np.asarray(model.cluster_centers_, dtype=np.float64)
        self.n_cells = len(self.centers)

    def assign(self, X: Any, f: FloatArray | None) -> Codes:
        """Nearest centre."""
        assert f is not None
        half = 0.5 * (self.centers**2).sum(axis=1)
        return np.asarray(np.argmax(f @ self.centers.T - half, axis=1))

    def keep(self, cells: Codes) -> None:
        """Drop all other cells."""
        self.centers = self.centers[cells]
        self.n_cells = len(self.centers)


class CategoricalCells:
    """Every distinct row of X is a cell."""

    def __init__(self, X: FloatArray) -> None:
        self.values = np.unique(X, axis=0)
        self.n_cells = len(self.values)
        self._position = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(self.values))}

    def assign(self, X: Any, f: FloatArray | None) -> Codes:
        """Position among the values seen in fit."""
        rows = np.ascontiguousarray(X, dtype=self.values.dtype) + 0.0
        return np.array([self._position.get(row.tobytes(), -1) for row in rows], dtype=np.intp)
