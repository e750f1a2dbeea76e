"""The yardstick: one duality gap for every solver, in numpy alone.

A solver hands over its coefficients; the intercept is recomputed exactly, so that nobody is judged by a rounded one.
The residual of the null-space-feasible model is scaled into the dual box |X'theta| <= n alpha.
"""

import numpy as np
from scipy.special import expit, xlogy

from linear.problems import Problem


def null_objective(problem: Problem) -> float:
    """Objective of the model without features: what gaps are relative to."""
    y = problem.y
    if problem.loss == "quadratic":
        return float(0.5 * np.mean((y - (y.mean() if problem.intercept else 0.0)) ** 2))
    q = y.mean() if problem.intercept else 0.5
    return float(-xlogy(q, q) - xlogy(1 - q, 1 - q)) if problem.intercept else float(np.log(2.0))


def relative_gap(problem: Problem, coef: np.ndarray) -> float:
    coef = np.asarray(coef, dtype=float).ravel()
    support = np.flatnonzero(coef)
    predictor = np.asarray(problem.X[:, support] @ coef[support]).ravel()
    size = problem.alpha * np.abs(coef).sum()
    gap = (_quadratic if problem.loss == "quadratic" else _logistic)(problem, predictor, size)
    return gap / null_objective(problem)


def _quadratic(problem: Problem, predictor: np.ndarray, penalty: float) -> float:
    y, n = problem.y, len(problem.y)
    if problem.intercept:
        y, predictor = y - y.mean(), predictor - predictor.mean()
    residual = y - predictor
    square = residual @ residual
    primal = square / (2 * n) + penalty
    limit = n * problem.alpha / np.abs(problem.X.T @ residual).max()
    scale = np.clip(y @ residual / square, -limit, limit)
    theta = scale * residual
    dual = (y @ y - (y - theta) @ (y - theta)) / (2 * n)
    return float(primal - dual)


def _logistic(problem: Problem, predictor: np.ndarray, penalty: float) -> float:
    y, n = problem.y, len(problem.y)
    if problem.intercept:
        predictor = predictor + _logistic_intercept(predictor, y)
    residual = y - expit(predictor)
    primal = np.mean(np.logaddexp(0.0, predictor) - y * predictor) + penalty
    scale = min(1.0, n * problem.alpha / np.abs(problem.X.T @ residual).max())
    q = np.clip(y - scale * residual, 0.0, 1.0)
    dual = -np.mean(xlogy(q, q) + xlogy(1 - q, 1 - q))
    return float(primal - dual)


def _logistic_intercept(predictor: np.ndarray, y: np.ndarray) -> float:
    """Root of sum_i sigma(b + eta_i) = sum_i y_i: bisection, then Newton to the last digit."""
    low, high = -50.0 - predictor.max(), 50.0 - predictor.min()
    for _ in range(60):
        b = 0.5 * (low + high)
        if np.sum(expit(b + predictor) - y) > 0:
            high = b
        else:
            low = b
    for _ in range(3):
        p = expit(b + predictor)
        b -= np.sum(p - y) / np.sum(p * (1 - p))
    return float(b)
