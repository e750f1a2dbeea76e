"""Data for the mixed model's benchmarks."""

import numpy as np


def clusters(
    seed: int, n_clusters: int, size: int, p: int, *, degrees: float = np.inf
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random intercepts of variance 1, residuals of variance 1, jointly Student within a cluster; unit slopes."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    X = rng.standard_normal((cluster.size, p))
    tail = np.sqrt(degrees / rng.chisquare(degrees, n_clusters)) if np.isfinite(degrees) else np.ones(n_clusters)
    noise = tail[cluster] * (rng.standard_normal(n_clusters)[cluster] + rng.standard_normal(cluster.size))
    return X, 1 + X.sum(axis=1) + noise, cluster, np.ones(p + 1)


def contaminate(kind: str, size: float, X: np.ndarray, y: np.ndarray, cluster: np.ndarray, seed: int) -> np.ndarray:
    """A tenth of the clusters is off by `size` standard deviations of the residual."""
    rng = np.random.default_rng([seed, 1])
    bad = cluster < (cluster.max() + 1) // 10
    y = y.copy()
    if kind == "slope":
        y[bad] += size * X[bad, 0]
    elif kind == "noise":
        y[bad] += size * rng.standard_normal(bad.sum())
    else:
        y[bad] += size
    return y
