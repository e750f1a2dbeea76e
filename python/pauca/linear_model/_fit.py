"""From validated arrays to fitted coefficients: the one road from linear estimators to the compiled core."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _core, penalties, solvers
from .._monitor import SolverCallback
from .._report import SolverReport
from .._validation import FloatArray, as_design, parse_strength, seconds_or_inf
from ..losses import Loss

_PENALTIES: dict[str, type[penalties.SeparablePenalty]] = {"l1": penalties.L1, "elasticnet": penalties.ElasticNet}

_RULES = ("partition", "block_size", "selection", "update")


@dataclass(frozen=True)
class LinearFit:
    """The result of one linear fit, on the user's scale."""

    coef: FloatArray
    intercept: float
    alpha: float
    alpha_max: float
    dual_gap: float
    kkt_violation: float
    null_objective: float
    objective_path: FloatArray
    report: SolverReport


def resolve_penalty(penalty: str | penalties.Penalty) -> penalties.SeparablePenalty:
    """A penalty object from a name or an object."""
    if isinstance(penalty, str):
        if penalty not in _PENALTIES:
            raise ValueError(f"penalty: got {penalty!r}, expected one of {sorted(_PENALTIES)} or a penalty object")
        named: penalties.SeparablePenalty = _PENALTIES[penalty]()
        return named
    if not isinstance(penalty, penalties.Penalty):
        raise ValueError(f"penalty: got {penalty!r}, expected a name or an object from pauca.penalties")
    if not isinstance(penalty, penalties.SeparablePenalty):
        raise ValueError(f"GreedyBCD needs a separable or group penalty; {type(penalty).__name__} is neither")
    return penalty


def resolve_solver(solver: Any) -> solvers.GreedyBCD:
    """A solver object; "auto" is greedy block coordinate descent."""
    if isinstance(solver, str) and solver == "auto":
        return solvers.GreedyBCD()
    if not isinstance(solver, solvers.GreedyBCD):
        raise ValueError(f"solver: got {solver!r}, expected 'auto' or an object from pauca.solvers")
    return solver


def column_scale(design: Any, weights: FloatArray, variance: FloatArray | None) -> FloatArray:
    """1 / standard deviation of each column (mean square 1 after scaling); 0 for constant columns."""
    if variance is None:
        mean, variance = _core.column_moments(design, weights)
        constant = variance <= 64.0 * np.finfo(np.float64).eps * mean**2
    else:
        constant = variance <= 0.0
    return np.where(constant, 0.0, 1.0 / np.sqrt(np.where(constant, 1.0, variance)))


def fit_linear(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: Loss,
    penalty: Any,
    alpha: float | str,
    solver: Any,
    fit_intercept: bool,
    standardize: bool | None,
    tol: float,
    max_iter: int,
    max_time: float | None,
    offset: FloatArray | None = None,
    start: tuple[FloatArray, float] | None = None,
    feature_names: Sequence[str] | None = None,
    variance: FloatArray | None = None,
    callback: SolverCallback | None = None,
) -> LinearFit:
    """Fit f(offset + b + X w) + g(w) for validated X (F-ordered or CSC), float64 y and weights that sum to one."""
    penalty = resolve_penalty(penalty)
    solver = resolve_solver(solver)
    solver._check()
    core = penalty._core_penalty()
    strength, relative = parse_strength(alpha)
    if relative and core.lambda_share == 0.0:
        raise ValueError(f"alpha: {alpha!r} is a fraction of alpha_max, which is infinite for {penalty!r}")
    own = float(penalty.alpha)
    if own != 1.0 and (relative or strength != 1.0):
        warnings.warn(
            f"Both alpha={alpha!r} of the estimator and alpha={own!r} of the penalty are set: their product is used.",
            UserWarning,
            stacklevel=4,
        )
    design = as_design(X)
    if standardize is None:
        standardize = not penalty.convex
    scale = column_scale(design, weights, variance) if standardize else None

    # The quadratic loss absorbs offset and mean, which keeps its conjugate free of cancellation.
    shift = 0.0
    if loss.core_name == "quadratic":
        if offset is not None:
            y = y - offset
            offset = None
        if fit_intercept:
            shift = float(weights @ y)
            y = y - shift
            if np.abs(y).max() <= 4.0 * np.finfo(np.float64).eps * abs(shift):
                y = np.zeros_like(y)
    coef = intercept = None
    if start is not None:
        coef, intercept = start
        coef = np.ascontiguousarray(coef, dtype=np.float64)
        if scale is not None:
            coef = np.divide(coef, scale, out=np.zeros_like(coef), where=scale > 0.0)
        intercept = float(intercept) - shift
    common = {
        "loss": loss.core_name,
        "y": y,
        "sample_weight": weights,
        "offset": offset,
        "penalty": core.name,
        "shape": core.shape,
        "alpha": strength * own,
        "relative": relative,
        "lambda_share": core.lambda_share,
        "ridge_share": core.ridge_share,
        "weights": penalty._weights(X.shape[1], feature_names),
        "nonnegative": bool(penalty.nonnegative),
        "fit_intercept": bool(fit_intercept),
        "scale": scale,
        "gram_bytes": float(solver.gram_memory) * 2.0**20,
        "tol": float(tol),
        "max_iter": int(max_iter),
        "max_time": seconds_or_inf(max_time),
        "coef": coef,
        "intercept": 0.0 if intercept is None else intercept,
        "callback": callback,
    }
    details: dict[str, Any] = {}
    if solver._explicit:
        if core.name != "l1":
            raise ValueError(
                f"GreedyBCD: explicit rules need an L1 or elastic-net penalty, {type(penalty).__name__} is neither; "
                "leave partition, block_size, selection and update alone"
            )
        rules = solver._rules(X.shape[1], loss.core_name == "quadratic")
        found = _core.linear_solve_rules(design, rules=rules, **common)
        found["engine"] = "{} x {}, {}, {}".format(*(rules[k] for k in _RULES))
        details = {"rules": rules, "n_updates": found["n_updates"], "fallbacks": found["fallbacks"]}
    else:
        found = _core.linear_solve(design, engine=solver.engine, continuation=float(solver.continuation), **common)
    coefficients = found["coef"] if scale is None else found["coef"] * scale
    return LinearFit(
        coef=coefficients,
        intercept=float(found["intercept"]) + shift,
        alpha=float(found["alpha"]) / own if own > 0.0 else strength,
        alpha_max=float(found["alpha_max"]) / own if own > 0.0 else float("inf"),
        dual_gap=float(found["dual_gap"]),
        kkt_violation=float(found["kkt_violation"]),
        null_objective=float(found["null_objective"]),
        objective_path=found["objective_path"],
        report=SolverReport.from_core(found, **details),
    )
