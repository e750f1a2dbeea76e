"""Sparse affinities: built from data, or checked; and the affinity of new points to those of the fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from .._validation import FloatArray


def neighbour_graph(X: Any, affinity: str, n_neighbors: int, gamma: float | None) -> tuple[Any, Any, float]:
    """Symmetric sparse affinity of the nearest neighbours, the fitted neighbour search and the gamma used.

    Two points are joined if one is among the nearest of the other; the weight is 1 ("knn") or ``exp(-gamma d^2)``
    ("rbf"), where gamma None is one over the median squared distance of neighbours.
    """
    n = X.shape[0]
    search = NearestNeighbors(n_neighbors=max(1, min(n_neighbors, n - 1))).fit(X)
    if n == 1:
        return sparse.csr_array((1, 1)), search, 1.0
    distances, indices = search.kneighbors()
    scale = _scale(distances, gamma)
    weights = _weigh(distances, affinity, scale)
    rows = np.repeat(np.arange(n), indices.shape[1])
    directed = sparse.csr_array((weights.ravel(), (rows, indices.ravel())), shape=(n, n))
    return sparse.csr_array(directed.maximum(directed.T)), search, scale


def _scale(distances: FloatArray, gamma: float | None) -> float:
    if gamma is not None:
        return float(gamma)
    middle = float(np.median(distances.astype(np.float64) ** 2))
    return 1.0 / middle if middle > 0.0 else 1.0


def _weigh(distances: FloatArray, affinity: str, gamma: float) -> FloatArray:
    if affinity == "knn":
        return np.ones(distances.shape)
    # A neighbour far away keeps a trace of weight, so that no edge vanishes by underflow.
    return np.maximum(np.exp(-gamma * distances.astype(np.float64) ** 2), 1e-12)


def affinity_to(search: NearestNeighbors, X: Any, affinity: str, gamma: float) -> sparse.csr_array:
    """Affinity of new points to their nearest points of the fit."""
    distances, indices = search.kneighbors(X)
    weights = _weigh(distances, affinity, gamma)
    m, k = indices.shape
    return sparse.csr_array(
        (weights.ravel(), indices.ravel(), np.arange(0, m * k + 1, k)), shape=(m, search.n_samples_fit_)
    )


def check_affinity(W: Any) -> sparse.csr_array:
    """A given affinity as a symmetric sparse array without self-loops; negative entries are a ValueError."""
    if W.shape[0] != W.shape[1]:
        raise ValueError(f"X: got shape {W.shape}, expected a square affinity with affinity='precomputed'")
    W = sparse.csr_array(W, dtype=np.float64)
    if W.nnz and W.data.min() < 0.0:
        raise ValueError(f"X: got the negative affinity {W.data.min():.3g}, expected numbers >= 0")
    W = sparse.csr_array((W + W.T) * 0.5)
    W.setdiag(0.0)
    W.eliminate_zeros()
    return W
