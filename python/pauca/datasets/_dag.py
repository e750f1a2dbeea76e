"""Linear structural equation models on random directed acyclic graphs, with their truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from .._validation import FloatArray


def _structure(rng: np.random.RandomState, d: int, graph: str, degree: float) -> FloatArray:
    """0/1 adjacency in a random order, about ``degree * d`` edges."""
    upper = np.zeros((d, d))
    if graph == "er":
        share = min(1.0, 2.0 * degree / max(d - 1, 1))
        upper = np.triu((rng.uniform(size=(d, d)) < share).astype(float), k=1)
    else:
        m = max(1, round(degree))
        strength = np.zeros(d)
        for j in range(1, d):
            # Preferential attachment: new nodes point at well-connected old ones, chosen without replacement.
            weight = strength[:j] + 1.0
            old = rng.choice(j, size=min(m, j), replace=False, p=weight / weight.sum())
            upper[old, j] = 1.0
            strength[old] += 1.0
            strength[j] += min(m, j)
    order = rng.permutation(d)
    adjacency = np.zeros((d, d))
    adjacency[np.ix_(order, order)] = upper
    return adjacency


def _noise(rng: np.random.RandomState, noise: str, size: tuple[int, int]) -> FloatArray:
    """Independent variables of mean zero and variance one."""
    if noise == "gaussian":
        return np.asarray(rng.standard_normal(size))
    if noise == "exponential":
        return np.asarray(rng.exponential(size=size) - 1.0)
    if noise == "laplace":
        return np.asarray(rng.laplace(scale=np.sqrt(0.5), size=size))
    return np.asarray(rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), size=size))


def sample_linear_dag(adjacency: FloatArray, order: Any, noise: FloatArray) -> FloatArray:
    """Values of ``x = W'x + z`` for rows z of ``noise``, following a topological order."""
    X = noise.copy()
    for j in order:
        parents = np.flatnonzero(adjacency[:, j])
        if parents.size:
            X[:, j] += X[:, parents] @ adjacency[parents, j]
    return X


def make_linear_dag(
    n_samples: int = 1000,
    n_features: int = 20,
    *,
    graph: str = "er",
    degree: float = 4.0,
    weight_range: tuple[float, float] = (0.5, 2.0),
    variance: str = "equal",
    noise: str = "gaussian",
    noise_variance: float | tuple[float, float] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Data from a linear structural equation model ``X = X W + Z`` on a random directed acyclic graph.

    Parameters
    ----------
    n_samples, n_features : int
        Rows and nodes.
    graph : {"er", "sf"}, default="er"
        Erdős-Rényi, or scale-free by preferential attachment.
    degree : float, default=4.0
        Edges per node: about ``degree * n_features`` in all ("ER4" in the literature).
    weight_range : tuple of float, default=(0.5, 2.0)
        Range of the absolute edge weights; signs are fair coins.
    variance : {"equal", "unequal"}, default="equal"
        Whether all noise variances are the same.
    noise : {"gaussian", "exponential", "laplace", "uniform"}, default="gaussian"
        Distribution of the noise, centred.
    noise_variance : float or tuple of float, default=None
        The variance for "equal" (default 1), or the range from which variances are drawn for "unequal" (default
        0.5 to 10).
    random_state : int, RandomState or None, default=None
        Seed.

    Returns
    -------
    Bunch
        ``X`` of shape (n_samples, n_features), ``adjacency`` (``W[i, j]``: weight of the edge i -> j), ``order`` (a
        topological order) and ``noise_variances``.

    References
    ----------
    Saboksayr, S., Mateos, G. and Tepper, M. (2024). CoLiDE: Concomitant linear DAG estimation. ICLR. (Section 5.)

    Examples
    --------
    >>> from pauca.datasets import make_linear_dag
    >>> data = make_linear_dag(100, 5, degree=1, random_state=0)
    >>> data.X.shape, data.adjacency.shape
    ((100, 5), (5, 5))
    """
    if graph not in ("er", "sf"):
        raise ValueError(f"graph: got {graph!r}, expected 'er' or 'sf'")
    if variance not in ("equal", "unequal"):
        raise ValueError(f"variance: got {variance!r}, expected 'equal' or 'unequal'")
    if noise not in ("gaussian", "exponential", "laplace", "uniform"):
        raise ValueError(f"noise: got {noise!r}, expected 'gaussian', 'exponential', 'laplace' or 'uniform'")
    rng = check_random_state(random_state)
    d = int(n_features)
    structure = _structure(rng, d, graph, degree)
    low, high = weight_range
    weights = rng.uniform(low, high, size=(d, d)) * rng.choice([-1.0, 1.0], size=(d, d))
    adjacency = structure * weights + 0.0  # no negative zeros
    if variance == "equal":
        value = 1.0 if noise_variance is None else noise_variance
        if isinstance(value, tuple):
            raise ValueError(f"noise_variance: got {value!r}, expected one number with variance='equal'")
        variances = np.full(d, float(value))
    else:
        limits = (0.5, 10.0) if noise_variance is None else noise_variance
        if not isinstance(limits, tuple):
            raise ValueError(f"noise_variance: got {limits!r}, expected (low, high) with variance='unequal'")
        variances = rng.uniform(*limits, size=d)
    from ..dag._graph import topological_order

    order = topological_order(adjacency)
    X = sample_linear_dag(adjacency, order, _noise(rng, noise, (int(n_samples), d)) * np.sqrt(variances))
    return Bunch(X=X, adjacency=adjacency, order=order, noise_variances=variances)
