"""Data for the tests of the mixed model."""

import numpy as np


def make(n_clusters=60, size=6, p=3, *, degrees=np.inf, covariance=((1.0, 0.3), (0.3, 0.5)), seed=0, sizes=None):
    """y = 1 + X beta + Z b + e with a random intercept and a random slope of x0."""
    rng = np.random.default_rng(seed)
    sizes = np.full(n_clusters, size) if sizes is None else np.asarray(sizes)
    cluster = np.repeat(np.arange(sizes.size), sizes)
    X = rng.normal(size=(cluster.size, p))
    beta = np.linspace(1, 2, p) if p else np.zeros(0)
    b = rng.multivariate_normal(np.zeros(2), covariance, size=sizes.size)
    e = rng.normal(size=cluster.size)
    if np.isfinite(degrees):
        g = np.sqrt(degrees / rng.chisquare(degrees, size=sizes.size))
        b, e = b * g[:, None], e * g[cluster]
    y = 1 + X @ beta + b[cluster, 0] + (X[:, 0] * b[cluster, 1] if p else 0) + e
    return X, y, cluster, beta
