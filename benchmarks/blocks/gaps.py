"""The yardstick: one duality gap for every solver, in numpy alone."""

import numpy as np
from scipy.special import expit, log_softmax, xlogy

from blocks.problems import SIZE, Problem, dual_norm


def null_objective(problem: Problem) -> float:
    """Objective at B = 0: what gaps are relative to."""
    if problem.loss == "quadratic":
        return float(0.5 * np.square(problem.Y).sum() / len(problem.Y))
    return float(np.log(2.0 if problem.loss == "logistic" else problem.classes))


def penalty_value(problem: Problem, B: np.ndarray) -> float:
    if problem.penalty == "ridge":
        return float(0.5 * problem.alpha * np.square(B).sum())
    if problem.penalty == "groups":
        return float(problem.alpha * np.linalg.norm(B.reshape(-1, SIZE), axis=1).sum())
    if problem.penalty == "rows":
        return float(problem.alpha * np.linalg.norm(B, axis=1).sum())
    return float(problem.alpha * np.abs(B).sum())


def relative_gap(problem: Problem, B: np.ndarray) -> float:
    """(primal - dual) / objective at zero; the dual point is the residual, scaled into the dual ball."""
    X, Y, n = problem.X, problem.Y, len(problem.Y)
    B = np.asarray(B, dtype=float)
    active = np.flatnonzero(B if B.ndim == 1 else B.any(axis=1))
    predictor = np.asarray(X[:, active] @ B[active])
    penalty = penalty_value(problem, B)
    if problem.loss == "quadratic":
        R = Y - predictor
        square = np.square(R).sum()
        limit = n * problem.alpha / dual_norm(problem, X.T @ R)
        scale = np.clip((Y * R).sum() / square, -limit, limit)
        gap = square / (2 * n) + penalty - (np.square(Y).sum() - np.square(Y - scale * R).sum()) / (2 * n)
        return float(gap) / null_objective(problem)
    if problem.loss == "logistic":
        R = Y - expit(predictor)
        primal = np.mean(np.logaddexp(0.0, predictor) - Y * predictor) + penalty
        scale = min(1.0, n * problem.alpha / dual_norm(problem, X.T @ R))
        q = np.clip(Y - scale * R, 0.0, 1.0)
        return float(primal + np.mean(xlogy(q, q) + xlogy(1 - q, 1 - q))) / null_objective(problem)
    logs = log_softmax(predictor, axis=1)
    onehot = np.eye(problem.classes)[Y]
    primal = -logs[np.arange(n), Y].mean() + penalty
    R = onehot - np.exp(logs)
    G = X.T @ R / n
    if problem.penalty == "ridge":
        q, rest = onehot - R, np.square(G).sum() / (2 * problem.alpha)
    else:
        q, rest = np.clip(onehot - min(1.0, problem.alpha / dual_norm(problem, G)) * R, 0.0, 1.0), 0.0
    return float(primal + xlogy(q, q).sum() / n + rest) / null_objective(problem)
