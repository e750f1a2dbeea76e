"""The five problems of the paper's experiments, generated: their data files are not public, their recipes are."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.datasets import make_moons
from sklearn.neighbors import kneighbors_graph

from pauca.solvers import BlockProblem


def design(n: int, p: int, rng: np.random.Generator) -> np.ndarray:
    """N(0, 1) + 1, columns scaled by 10 N(0, 1), entries kept with probability 10 log(n) / n."""
    A = (rng.normal(size=(n, p)) + 1) * (10 * rng.normal(size=p))
    return A * (rng.random((n, p)) < 10 * np.log(n) / n)


def least_squares(n: int = 1000, p: int = 10000, seed: int = 0) -> BlockProblem:
    rng = np.random.default_rng(seed)
    A = design(n, p, rng)
    w = rng.normal(size=p) * (rng.random(p) < 0.1)
    return BlockProblem("least_squares", A, A @ w + rng.normal(size=n))


def nonnegative(n: int = 1000, p: int = 10000, share: float = 0.1, seed: int = 0) -> BlockProblem:
    """Least squares with L1 and x >= 0; the strength is a share of the smallest that gives zero."""
    base = least_squares(n, p, seed)
    strength = share * float(np.max(base.X.T @ base.y))
    return BlockProblem("least_squares", base.X, base.y, l1=strength, lower=0.0)


def logistic(n: int = 1000, p: int = 10000, seed: int = 0) -> BlockProblem:
    rng = np.random.default_rng(seed)
    A = design(n, p, rng)
    w = rng.normal(size=p) * (rng.random(p) < 0.1)
    y = (A @ w > 0) ^ (rng.random(n) < 0.1)
    return BlockProblem("logistic", A, y.astype(float))


def softmax(n: int = 1000, p: int = 1000, classes: int = 50, seed: int = 0) -> BlockProblem:
    rng = np.random.default_rng(seed)
    A = design(n, p, rng)
    y = np.argmax(A @ rng.normal(size=(p, classes)) + rng.normal(size=(n, classes)), axis=1)
    _, y = np.unique(y, return_inverse=True)
    return BlockProblem("softmax", A, y.astype(float))


def harmonic(W: sparse.csr_array, known: np.ndarray, values: np.ndarray) -> BlockProblem:
    """1/2 sum over edges w_ij (x_i - x_j)^2 with the known nodes fixed."""
    free = np.setdiff1d(np.arange(W.shape[0]), known)
    laplacian = sparse.csr_array(sparse.diags_array(np.asarray(W.sum(axis=1)).ravel()) - W)
    return BlockProblem("graph", sparse.csr_array(laplacian[free][:, free]), W[free][:, known] @ values)


def lattice_affinity(side: int) -> sparse.csr_array:
    chain = sparse.diags_array([np.ones(side - 1), np.ones(side - 1)], offsets=[-1, 1])
    eye = sparse.eye_array(side)
    return sparse.csr_array(sparse.kron(chain, eye) + sparse.kron(eye, chain))


def lattice(side: int = 50, labelled: int = 100, seed: int = 0) -> BlockProblem:
    rng = np.random.default_rng(seed)
    W = lattice_affinity(side)
    W.data *= 1e5
    known = rng.choice(side * side, labelled, replace=False)
    return harmonic(W, known, rng.normal(size=labelled))


def moons(n: int = 2000, labelled: int = 100, seed: int = 0) -> BlockProblem:
    rng = np.random.default_rng(seed)
    X, y = make_moons(n, noise=0.1, random_state=seed)
    W = kneighbors_graph(X, 5)
    W = sparse.csr_array(W.maximum(W.T))
    known = rng.choice(n, labelled, replace=False)
    # Parts that no label reaches have no unique solution: they are left out.
    _, part = sparse.csgraph.connected_components(W, directed=False)
    keep = np.flatnonzero(np.isin(part, part[known]))
    place = np.full(n, -1)
    place[keep] = np.arange(len(keep))
    return harmonic(W[keep][:, keep], place[known], 2.0 * y[known] - 1.0)
