"""The problems: L1-penalised least squares and logistic regression on a wide, a sparse and a tall design."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import signal, sparse


@dataclass(frozen=True)
class Problem:
    """minimise mean_i l(y_i, b + x_i'w) + alpha ||w||_1, with b = 0 unless `intercept`."""

    name: str
    loss: str  # "quadratic" or "logistic" (y in {0, 1})
    X: Any
    y: np.ndarray
    alpha: float
    fraction: float  # alpha / alpha_max
    intercept: bool
    seed: int

    @property
    def sparse(self) -> bool:
        return bool(sparse.issparse(self.X))

    def without_intercept(self) -> "Problem":
        return at_fraction(replace(self, intercept=False))


def null_gradient(problem: Problem) -> np.ndarray:
    """Gradient in the linear predictor, times n, of the model without features."""
    if problem.loss == "quadratic":
        return (problem.y.mean() if problem.intercept else 0.0) - problem.y
    return (problem.y.mean() if problem.intercept else 0.5) - problem.y


def at_fraction(problem: Problem) -> Problem:
    largest = np.abs(problem.X.T @ null_gradient(problem)).max() / len(problem.y)
    return replace(problem, alpha=float(largest * problem.fraction))


def dense_design(n: int, p: int, seed: int, correlation: float = 0.6) -> np.ndarray:
    """Rows are stationary AR(1) sequences along the features, unit variance."""
    noise = np.random.default_rng(seed).standard_normal((n, p))
    noise[:, 1:] *= np.sqrt(1 - correlation**2)
    return np.asfortranarray(signal.lfilter([1.0], [1.0, -correlation], noise, axis=1))


def sparse_design(n: int, p: int, seed: int, density: float = 1e-3) -> sparse.csc_array:
    """About n * density standard normal entries a column, in random rows."""
    rng = np.random.default_rng(seed)
    counts = rng.binomial(n, density, p)
    rows = [np.sort(rng.choice(n, c, replace=False, shuffle=False)) for c in counts]
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return sparse.csc_matrix(
        (rng.standard_normal(indptr[-1]), np.concatenate(rows).astype(np.int32), indptr), shape=(n, p)
    )


def responses(X: Any, n_relevant: int, seed: int, noise: float = 1 / 3) -> tuple[np.ndarray, np.ndarray]:
    """A sparse linear response with noise of a third of its spread, and its upper half as labels."""
    rng = np.random.default_rng(seed + 10**6)
    w = np.zeros(X.shape[1])
    w[rng.choice(X.shape[1], n_relevant, replace=False)] = rng.standard_normal(n_relevant)
    y = X @ w
    y = y + noise * y.std() * rng.standard_normal(len(y))
    return y, (y > np.median(y)).astype(float)


def design(kind: str, quick: bool, seed: int) -> tuple[Any, int]:
    """A design and its number of relevant features."""
    if kind == "dense":
        return (dense_design(300, 3000, seed), 30) if quick else (dense_design(1000, 10_000, seed), 100)
    if kind == "tall":
        return (dense_design(2000, 100, seed), 20) if quick else (dense_design(20_000, 500, seed), 50)
    return (sparse_design(5000, 20_000, seed, 2e-3), 100) if quick else (sparse_design(20_000, 100_000, seed), 500)


def cases(quick: bool, seed: int, only: str = "") -> Iterator[Problem]:
    for kind in ("dense", "sparse", "tall"):
        names = [(loss, f) for loss in ("quadratic", "logistic") for f in (0.1, 0.01)]
        names = [(loss, f) for loss, f in names if only in case_name(kind, loss, f)]
        if not names:
            continue
        X, n_relevant = design(kind, quick, seed)
        y, labels = responses(X, n_relevant, seed)
        for loss, fraction in names:
            target = y if loss == "quadratic" else labels
            name = case_name(kind, loss, fraction)
            yield at_fraction(Problem(name, loss, X, target, 0.0, fraction, True, seed))


def case_name(kind: str, loss: str, fraction: float) -> str:
    model = "lasso" if loss == "quadratic" else "logistic"
    return f"{kind} {model} /{round(1 / fraction)}"
