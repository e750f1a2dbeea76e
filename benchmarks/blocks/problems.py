"""The problems: groups of features, several tasks and several classes on one dense design; one sparse logistic."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from linear.problems import dense_design, sparse_design
from linear.problems import responses as sparse_responses

SIZE = 10  # features in a group


@dataclass(frozen=True)
class Problem:
    """minimise mean_i l(Y_i, X_i B) + alpha * penalty(B), B (n_features, n_targets); no intercept.

    Penalties: "groups" (sum of the norms of blocks of SIZE rows), "rows" (of rows), "entries" (sum of absolute
    values), "ridge" (half the sum of squares).
    """

    name: str
    loss: str  # "quadratic", "softmax" (Y of one column: codes) or "logistic" (y in {0, 1})
    penalty: str
    X: Any
    Y: np.ndarray
    alpha: float
    fraction: float  # alpha / alpha_max, or alpha itself for the ridge
    seed: int

    @property
    def classes(self) -> int:
        return int(self.Y.max()) + 1


def null_residual(problem: Problem) -> np.ndarray:
    """Y minus the mean predicted by B = 0."""
    if problem.loss == "quadratic":
        return problem.Y
    if problem.loss == "logistic":
        return problem.Y - 0.5
    return np.eye(problem.classes)[problem.Y] - 1.0 / problem.classes


def dual_norm(problem: Problem, G: np.ndarray) -> float:
    """Largest value of |G|, of the norm of a row or of the norm of a block of rows."""
    if problem.penalty == "groups":
        return float(np.sqrt(np.square(G).reshape(-1, SIZE).sum(1)).max())
    if problem.penalty == "rows":
        return float(np.linalg.norm(G, axis=1).max())
    return float(np.abs(G).max())


def at_fraction(problem: Problem) -> Problem:
    if problem.penalty == "ridge":
        return replace(problem, alpha=problem.fraction)
    G = problem.X.T @ null_residual(problem) / len(problem.Y)
    return replace(problem, alpha=dual_norm(problem, G) * problem.fraction)


def noisy(predictor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    y = predictor + predictor.std(axis=0) / 3 * rng.standard_normal(predictor.shape)
    return np.asfortranarray(y - y.mean(axis=0))


def centred(n: int, p: int, seed: int) -> np.ndarray:
    X = dense_design(n, p, seed)
    return np.asfortranarray(X - X.mean(axis=0))


def groups(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two groups of a hundred are relevant."""
    X, rng = centred(n, p, seed), np.random.default_rng(seed + 10**6)
    w = np.zeros((p // SIZE, SIZE))
    relevant = rng.choice(p // SIZE, max(1, p // SIZE // 50), replace=False)
    w[relevant] = rng.standard_normal((len(relevant), SIZE))
    return X, noisy(X @ w.ravel(), rng)


def tasks(n: int, p: int, n_tasks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One feature of a hundred is relevant, to all tasks."""
    X, rng = centred(n, p, seed), np.random.default_rng(seed + 10**6)
    B = np.zeros((p, n_tasks))
    B[rng.choice(p, p // 100, replace=False)] = rng.standard_normal((p // 100, n_tasks))
    return X, noisy(X @ B, rng)


def classes(n: int, p: int, n_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One feature of five is relevant; labels are drawn from the softmax of predictors with deviation 3."""
    X, rng = centred(n, p, seed), np.random.default_rng(seed + 10**6)
    B = np.zeros((p, n_classes))
    B[rng.choice(p, p // 5, replace=False)] = rng.standard_normal((p // 5, n_classes))
    predictor = X @ B
    predictor *= 3.0 / predictor.std()
    return X, np.argmax(predictor + rng.gumbel(size=predictor.shape), axis=1)


def cases(quick: bool, seed: int, only: str = "") -> Iterator[Problem]:
    def wanted(*names: str) -> bool:
        return any(only in name for name in names)

    def make(name: str, loss: str, penalty: str, X: Any, Y: np.ndarray, fraction: float) -> Iterator[Problem]:
        if only in name:
            yield at_fraction(Problem(name, loss, penalty, X, Y, 0.0, fraction, seed))

    if wanted("groups of 10 /10", "groups of 10 /100"):
        X, Y = groups(*((200, 1000) if quick else (1000, 10_000)), seed)
        for k in (10, 100):
            yield from make(f"groups of 10 /{k}", "quadratic", "groups", X, Y, 1 / k)
    if wanted("multi-task /10", "multi-task /100"):
        X, Y = tasks(*((100, 500, 5) if quick else (500, 5000, 20)), seed)
        for k in (10, 100):
            yield from make(f"multi-task /{k}", "quadratic", "rows", X, Y, 1 / k)
    if wanted("multinomial L1 /10", "multinomial L1 /100", "ridge softmax 1e-2", "ridge softmax 1e-4"):
        X, Y = classes(*((400, 100, 4) if quick else (2000, 500, 10)), seed)
        for k in (10, 100):
            yield from make(f"multinomial L1 /{k}", "softmax", "entries", X, Y, 1 / k)
        for text in ("1e-2", "1e-4"):
            yield from make(f"ridge softmax {text}", "softmax", "ridge", X, Y, float(text))
    if wanted("sparse logistic /100"):
        X = sparse_design(5000, 20_000, seed, 2e-3) if quick else sparse_design(20_000, 100_000, seed)
        _, y = sparse_responses(X, 100 if quick else 500, seed)
        yield from make("sparse logistic /100", "logistic", "entries", X, y, 0.01)
