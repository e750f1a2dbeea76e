"""All rows as one vector with a known correlation: penalised generalised least squares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular

from .._report import SolverReport
from .._validation import FloatArray
from ._penalized_step import FixedEffects, least_squares, pseudo_inverse


def fit_known_correlation(
    estimator: Any, design: FloatArray, y: FloatArray, correlation: Any, fixed: FixedEffects, back: Any
) -> None:
    """Set the attributes of the fit of y ~ (X beta, s2 R): s2 = r'R^-1 r / n, whatever the tails.

    With a penalty, ``s`` of the penalised criterion is that of the model without the penalised columns.
    """
    n = y.size
    R = np.asarray(correlation, dtype=np.float64)
    if R.shape != (n, n):
        raise ValueError(f"correlation: got shape {R.shape}, expected ({n}, {n})")
    if not np.isfinite(R).all() or not np.allclose(R, R.T, atol=1e-10):
        raise ValueError("correlation: expected a finite symmetric matrix")
    try:
        factor = cholesky(R, lower=True)
    except LinAlgError as error:
        raise ValueError("correlation: expected a positive definite matrix") from error
    rows = solve_triangular(factor, np.column_stack([design, y]), lower=True)
    X, target = np.asfortranarray(rows[:, :-1]), np.ascontiguousarray(rows[:, -1])
    beta, alpha, alpha_max = least_squares(X, target), 0.0, math.nan
    if fixed.penalty is not None:
        free = fixed.free()
        start = np.zeros(X.shape[1])
        start[free] = least_squares(X[:, free], target)
        rest = target - X @ start
        scale = math.sqrt(max(float(rest @ rest) / n, 1e-300))
        alpha, alpha_max = fixed.resolve_strength(X, target / scale)
        fixed.set_strength(alpha)
        beta = fixed.solve(X, target / scale, start / scale) * scale
    white = target - X @ beta
    scale2 = max(float(white @ white) / n, 1e-14)
    log_det = 2.0 * float(np.log(np.diag(factor)).sum())
    unit2 = back.unit_y**2
    log_likelihood = -0.5 * (n * math.log(2.0 * math.pi * scale2 * unit2) + log_det + n)

    estimator.coef_, estimator.intercept_ = back.coefficients(beta)
    columns = np.flatnonzero(fixed.free() | (beta != 0.0))
    covariance = scale2 * pseudo_inverse(X[:, columns].T @ X[:, columns])
    errors = back.errors(columns, covariance, fixed.free())
    estimator.standard_errors_, estimator.intercept_standard_error_, covariance = errors
    estimator._fixed = (columns, covariance)
    estimator.scale_ = scale2 * unit2
    estimator.degrees_of_freedom_ = math.inf
    estimator.dual_coef_ = back.unit_y * cho_solve((factor, True), y - design @ beta)
    estimator.alpha_, estimator.alpha_max_ = alpha, alpha_max
    estimator.log_likelihood_ = log_likelihood
    estimator.clusters_ = np.zeros(0, dtype=np.intp)
    estimator.random_effects_ = np.zeros((0, 0))
    estimator.covariance_ = np.zeros((0, 0))
    estimator.random_effects_covariance_ = np.zeros((0, 0, 0))
    estimator.cluster_sizes_ = np.zeros(0, dtype=np.intp)
    estimator.cluster_distances_, estimator.cluster_weights_ = np.zeros(0), np.ones(0)
    estimator.aic_ = 2.0 * (columns.size + 1) - 2.0 * log_likelihood
    estimator.bic_ = math.log(n) * (columns.size + 1) - 2.0 * log_likelihood
    estimator.objective_path_ = np.array([-log_likelihood / n])
    estimator.n_iter_ = 1
    estimator.solver_report_ = SolverReport(
        engine="gls",
        status="converged",
        n_iter=1,
        objective=-log_likelihood / n,
        criterion=0.0,
        threshold=float(estimator.tol),
        seconds=0.0,
        details={},
    )
