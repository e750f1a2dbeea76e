"""The iteration: variances and tails for given fixed effects, fixed effects for given weights."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from .. import _core
from .._monitor import SolverCallback
from .._report import SolverReport
from .._validation import FloatArray
from ._penalized_step import FixedEffects

START_DEGREES = 4.0
MAX_DEGREES = 200.0


@dataclass
class State:
    """Current parameters: phi are the fixed effects in units of the scale s."""

    beta: FloatArray
    log_s2: float
    factor: FloatArray
    degrees: float
    objective: float = math.inf
    path: list[float] = field(default_factory=list)

    @property
    def scale(self) -> float:
        return math.exp(0.5 * self.log_s2)


class StudentEM:
    """Minimises J(beta, s2, L, m) + alpha g(beta / s), J being minus the mean log-likelihood of a row.

    Each iteration (i) decreases J over s2, L and m for fixed beta, (ii) replaces J by its quadratic majorant with the
    cluster weights w_i = (m + n_i) / (m + d_i) and minimises it over beta. Both decrease the criterion.
    """

    def __init__(self, X: FloatArray, y: FloatArray, Z: FloatArray, start: Any, fixed: FixedEffects) -> None:
        self.X, self.y, self.fixed = X, y, fixed
        self.sizes = np.diff(start)
        self.start = np.ascontiguousarray(start, dtype=np.int64)
        self.core = _core.ClusterLikelihood(np.asfortranarray(Z), self.start)
        self.q = Z.shape[1]

    def residual(self, beta: FloatArray) -> FloatArray:
        return np.ascontiguousarray(self.y - self.X @ beta)

    def whiten(self, state: State, weights: FloatArray, columns: FloatArray) -> FloatArray:
        """Rows sqrt(w_i) V_i^{-1/2} x_i."""
        return np.asarray(self.core.whiten(np.asfortranarray(columns), state.factor, np.sqrt(weights)))

    def value(self, state: State) -> float:
        """The penalised criterion."""
        found = self.core.value(self.residual(state.beta), state.log_s2, state.factor, state.degrees)
        return float(found[0]) + self.fixed.value(state.beta / state.scale)

    def weights(self, state: State) -> FloatArray:
        """Cluster weights w_i."""
        return self.distances(state)[1]

    def distances(self, state: State) -> tuple[FloatArray, FloatArray]:
        """Squared distances d_i and cluster weights w_i."""
        found = self.core.value(self.residual(state.beta), state.log_s2, state.factor, state.degrees)
        return np.asarray(found[1]) / math.exp(state.log_s2), np.asarray(found[2])

    def variance_step(self, state: State, fit_degrees: bool) -> None:
        """Decrease over s2, L and m."""
        residual = self.residual(state.beta)
        penalized = self.fixed.penalty is not None and self.fixed.value(state.beta) > 0.0
        state.log_s2, state.factor, state.degrees = self.core.step(
            residual,
            state.log_s2,
            state.factor,
            state.degrees,
            fit_scale=not penalized,
            fit_degrees=fit_degrees,
            max_degrees=MAX_DEGREES,
        )
        if not penalized:
            return
        # With a penalty on beta / s the scale is a search of its own.
        quadratic = self.core.value(residual, state.log_s2, state.factor, state.degrees)[1]

        def criterion(log_s2: float) -> float:
            radial = self.core.radial_value(log_s2, state.degrees, quadratic)
            return float(radial) + self.fixed.value(state.beta * math.exp(-0.5 * log_s2))

        found = minimize_scalar(
            criterion, bounds=(state.log_s2 - 2.0, state.log_s2 + 2.0), method="bounded", options={"xatol": 1e-10}
        )
        if found.fun < criterion(state.log_s2):
            state.log_s2 = float(found.x)

    def fixed_step(self, state: State) -> None:
        """Minimise the majorant over beta."""
        weights = self.weights(state)
        rows = self.whiten(state, weights, np.column_stack([self.X, self.y]))
        design, target = np.asfortranarray(rows[:, :-1]), np.ascontiguousarray(rows[:, -1]) / state.scale
        state.beta = self.fixed.solve(design, target, state.beta / state.scale) * state.scale

    def initial(self, beta: FloatArray, degrees: float) -> State:
        """Least squares, independent random effects of a quarter of the residual variance."""
        residual = self.residual(beta)
        scale = max(float(residual @ residual) / max(residual.size, 1), 1e-14)
        return State(beta, math.log(scale), np.asfortranarray(0.5 * np.eye(self.q)), degrees)

    def run(
        self,
        state: State,
        *,
        fit_degrees: bool,
        tol: float,
        max_iter: int,
        max_time: float,
        callback: SolverCallback | None,
    ) -> SolverReport:
        """Iterate until a round decreases the criterion by at most ``tol`` nats a row."""
        began = time.monotonic()
        status, change, iteration = "max_iter", math.inf, 0
        for iteration in range(1, max_iter + 1):
            self.variance_step(state, fit_degrees and iteration > 2)
            self.fixed_step(state)
            objective = self.value(state)
            change = state.objective - objective
            state.objective = objective
            state.path.append(objective)
            if callback is not None and callback(iteration - 1, objective, change, tol):
                status = "stopped"
                break
            if change <= tol and iteration > 4:
                status = "converged"
                break
            if time.monotonic() - began > max_time:
                status = "max_time"
                break
        self.variance_step(state, fit_degrees)
        state.objective = self.value(state)
        return SolverReport(
            engine="em",
            status=status,
            n_iter=iteration,
            objective=state.objective,
            criterion=change,
            threshold=tol,
            seconds=time.monotonic() - began,
            details={},
        )

    def information(self, state: State, columns: Any) -> FloatArray:
        """Expected information of the fixed effects in these columns (Lange, Little and Taylor 1989)."""
        share = np.ones(self.sizes.size)
        if math.isfinite(state.degrees):
            share = (state.degrees + self.sizes) / (state.degrees + self.sizes + 2.0)
        rows = self.whiten(state, share, self.X[:, columns])
        return np.asarray(rows.T @ rows) / math.exp(state.log_s2)
