"""Designs of the path comparison: autoregressive dense and random sparse columns, three losses, no intercept."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit

GAMMA = {
    ("quadratic", "MCP"): 3.0,
    ("quadratic", "SCAD"): 3.7,
    # A logistic loss has curvature 1/4 along a column: with a smaller gamma coefficients would jump.
    ("logistic", "MCP"): 12.0,
    ("logistic", "SCAD"): 13.0,
    ("poisson", "MCP"): 12.0,
    ("poisson", "SCAD"): 13.0,
}


@dataclass(frozen=True)
class PathProblem:
    name: str
    loss: str
    X: Any
    y: np.ndarray
    coef: np.ndarray
    X_valid: Any
    y_valid: np.ndarray
    alphas: np.ndarray
    patience: float  # CPU seconds: a solver whose path takes longer is not asked for more, and timed once

    @property
    def sparse(self) -> bool:
        return sparse.issparse(self.X)


def make(kind: str, loss: str, seed: int, quick: bool) -> PathProblem:
    """1000 rows to fit and 1000 to validate; 50 effects, signal to noise 3; alphas to .05 (sparse .1) of the max."""
    rng = np.random.default_rng(seed)
    n, p, k = (200, 500, 20) if quick else (1000, 5000 if kind == "dense" else 50_000, 50)
    if kind == "dense":
        X = rng.standard_normal((2 * n, p))
        for j in range(1, p):
            X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
        X -= X[:n].mean(axis=0)
        X /= np.sqrt((X[:n] ** 2).mean(axis=0))
    else:
        X = sparse.random_array((2 * n, p), density=0.01, format="csc", rng=rng, data_sampler=rng.standard_normal)
        X = X @ sparse.diags_array(1.0 / np.sqrt(np.maximum(X[:n].power(2).mean(axis=0), 1e-3)))
    coef = np.zeros(p)
    coef[rng.choice(p, k, replace=False)] = rng.standard_normal(k)
    signal = X @ coef
    if loss == "quadratic":
        y = signal + rng.standard_normal(2 * n) * signal.std() / np.sqrt(3.0)
    else:
        scale = (3.0 if loss == "logistic" else 1.0) / signal.std()
        coef, signal = coef * scale, signal * scale
        y = rng.poisson(np.exp(np.minimum(signal, 4.0))) if loss == "poisson" else rng.random(2 * n) < expit(signal)
    y = y.astype(float)
    if loss == "quadratic":
        y -= y[:n].mean()
    fit_X = sparse.csc_array(X[:n]) if kind == "sparse" else np.asfortranarray(X[:n])
    top = np.abs(fit_X.T @ slope(loss, y[:n], np.zeros(n))).max() / n
    length, share = (20, 0.1) if quick else (100, 0.05) if kind == "dense" else (50, 0.1)
    if loss == "logistic":
        # Below a tenth MCP and SCAD, flat far out, separate the classes: no minimiser, and violations that only creep.
        share = 0.3 if quick else 0.15
    return PathProblem(
        f"{kind} {loss}",
        loss,
        fit_X,
        y[:n],
        coef,
        X[n:],
        y[n:],
        np.geomspace(1.0, share, length) * top * (1 - 1e-9),
        1.0 if quick else 30.0,
    )


def slope(loss: str, y: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """Derivative of each sample's loss."""
    if loss == "quadratic":
        return eta - y
    return np.exp(np.minimum(eta, 700.0)) - y if loss == "poisson" else expit(eta) - y


def value(loss: str, y: np.ndarray, eta: np.ndarray) -> float:
    if loss == "quadratic":
        return float(((eta - y) ** 2).mean() / 2)
    return float(
        (np.exp(np.minimum(eta, 700.0)) - y * eta).mean()
        if loss == "poisson"
        else (np.logaddexp(0, eta) - y * eta).mean()
    )


def worst_violation(problem: PathProblem, penalty: str, coefs: np.ndarray) -> float:
    """Largest distance of the negative gradient to the subdifferential over alpha, over the path."""
    gamma, worst = GAMMA.get((problem.loss, penalty), 0.0), 0.0
    if not np.isfinite(coefs).all():
        return float("inf")
    for alpha, w in zip(problem.alphas, coefs.T, strict=True):
        gradient = problem.X.T @ slope(problem.loss, problem.y, problem.X @ w) / len(problem.y)
        a = np.abs(w)
        pull = np.full_like(a, alpha)
        if penalty == "MCP":
            pull = np.maximum(alpha - a / gamma, 0.0)
        elif penalty == "SCAD":
            pull = np.where(a <= alpha, alpha, np.maximum(gamma * alpha - a, 0.0) / (gamma - 1))
        distance = np.where(a > 0, np.abs(gradient + np.sign(w) * pull), np.maximum(np.abs(gradient) - alpha, 0.0))
        worst = max(worst, float(distance.max() / alpha))
    return worst
