"""From validated arrays to fitted coefficients: the one road from linear estimators to the compiled core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _core, penalties, solvers
from .._monitor import SolverCallback
from .._report import SolverReport
from .._validation import FloatArray, as_design, iteration_limit, parse_strength, seconds_or_inf
from .._warnings import warn_user
from ..losses import Loss
from ..moments import is_constant
from ..penalties._base import CorePenalty
from ._far_columns import near_zero, of_fit

PENALTY_NAMES: dict[str, type[penalties.SeparablePenalty]] = {
    "l1": penalties.L1,
    "elasticnet": penalties.ElasticNet,
    "mcp": penalties.MCP,
    "scad": penalties.SCAD,
}

_RULES = ("partition", "block_size", "selection", "update")


@dataclass(frozen=True)
class LinearFit:
    """The result of one linear fit, on the user's scale."""

    coef: FloatArray
    intercept: Any
    alpha: float
    alpha_max: float
    dual_gap: float
    kkt_violation: float
    null_objective: float
    objective_path: FloatArray
    report: SolverReport
    jumps: str  # what to say about columns on which the penalty outbends the loss
    support_identified_at: int = -1


def resolve_penalty(penalty: str | penalties.Penalty) -> penalties.Penalty:
    """A penalty object from a name or an object."""
    if isinstance(penalty, str):
        if penalty not in PENALTY_NAMES:
            raise ValueError(f"penalty: got {penalty!r}, expected one of {sorted(PENALTY_NAMES)} or a penalty object")
        return PENALTY_NAMES[penalty]()
    if not isinstance(penalty, penalties.Penalty):
        raise ValueError(f"penalty: got {penalty!r}, expected a name or an object from pauca.penalties")
    return penalty


Solver = solvers.GreedyBCD | solvers.ProximalSolver


def resolve_solver(solver: Solver | str, penalty: penalties.Penalty) -> Solver:
    """A solver object that can handle the penalty; "auto" takes greedy block coordinate descent where it can."""
    name = type(penalty).__name__
    separable = isinstance(penalty, penalties.SeparablePenalty)
    groups = isinstance(penalty, penalties.GroupL2 | penalties.GroupMCP | penalties.GroupSCAD | penalties.SparseGroup)
    if isinstance(solver, str) and solver == "auto":
        return solvers.GreedyBCD() if separable or groups else solvers.AcceleratedProximalGradient()
    if isinstance(solver, solvers.AcceleratedProximalGradient):
        return solver
    if isinstance(solver, solvers.GreedyBCD):
        if not (separable or groups):
            raise ValueError(
                f"GreedyBCD needs a separable or group penalty; {name} is neither: use AcceleratedProximalGradient"
            )
    elif isinstance(solver, solvers.IHT):
        if not isinstance(penalty, penalties.L0):
            raise ValueError(
                f"IHT needs the L0 penalty; {name} is another: use GreedyBCD or AcceleratedProximalGradient"
            )
    elif isinstance(solver, solvers.ProximalCG | solvers.LLA):
        if not separable:
            raise ValueError(
                f"{type(solver).__name__} needs a separable penalty; {name} is none: use AcceleratedProximalGradient"
            )
    else:
        raise ValueError(f"solver: got {solver!r}, expected 'auto' or an object from pauca.solvers")
    return solver


def core_penalty(
    penalty: penalties.Penalty, n_features: int, feature_names: Sequence[str] | None
) -> tuple[CorePenalty, dict[str, Any]]:
    """How the core calls the penalty; its weights, its sign, and what stands for one that is not separable."""
    if isinstance(penalty, penalties.Box):
        plain = {"weights": None, "nonnegative": False, "multiply": False, "penalty": None}
        return penalty._core_penalty(n_features, feature_names), plain
    if isinstance(penalty, penalties.SeparablePenalty):
        return penalty._core_penalty(), {
            "weights": penalty._weights(n_features, feature_names),
            "nonnegative": bool(penalty.nonnegative),
            "multiply": penalty._multiply(),
            "penalty": None,
        }
    whole: Any = penalty
    if isinstance(penalty, penalties.StructuredPenalty):
        whole = penalty._unit_spec(n_features, feature_names)
    return CorePenalty("none"), {"weights": None, "nonnegative": False, "multiply": False, "penalty": whole}


def describe_jumps(
    penalty: penalties.Penalty,
    alpha: float,
    curvature: FloatArray,
    feature_names: Sequence[str] | None,
) -> str:
    """Name the columns along which the loss bends less than the penalty, where coefficients jump from zero."""
    if not isinstance(penalty, penalties.SeparablePenalty):
        return ""
    weights = penalty._weights(curvature.size, feature_names)
    concavity = penalty._concavities(alpha, np.ones(curvature.size) if weights is None else weights)
    if np.isinf(concavity).any():  # jumps are in its nature
        return ""
    below = np.flatnonzero((curvature > 0.0) & (curvature <= concavity * (1.0 - 1e-9)))
    if below.size == 0:
        return ""
    names = [f"x{j}" if feature_names is None else str(feature_names[j]) for j in below[:5]]
    more = ", ..." if below.size > 5 else ""
    return (
        f"The loss has curvature {curvature[below].min():.3g} or more along {below.size} of {curvature.size} columns "
        f"({', '.join(names)}{more}), less than the concavity {concavity[below].max():.3g} of {penalty!r}: these "
        "coefficients jump from zero, and the fit depends on small changes of the data. Choose a less concave penalty "
        f"(a larger {penalty._flattened_by}), or standardize the columns."
    )


def column_scale(design: Any, weights: FloatArray, variance: FloatArray | None, fit_intercept: bool) -> FloatArray:
    """1 / standard deviation of each column; 0 for constant columns.

    Without an intercept a constant column stands for it: its size takes the place of its deviation.
    """
    if variance is None:
        mean, variance = _core.column_moments(design, weights)
        constant = is_constant(mean, variance)
        if not fit_intercept:
            variance = np.where(constant, np.square(mean), variance)
            constant &= mean == 0.0
    else:
        constant = variance <= 0.0
    return np.where(constant, 0.0, 1.0 / np.sqrt(np.where(constant, 1.0, variance)))


def resolve_strength(alpha: float | str, own: float) -> tuple[float, bool]:
    """The estimator's strength, and whether it is a fraction; warns if the penalty's own strength is set as well."""
    strength, relative = parse_strength(alpha)
    if own != 1.0 and (relative or strength != 1.0):
        warn_user(
            f"Both alpha={alpha!r} of the estimator and alpha={own!r} of the penalty are set: their product is used.",
        )
    return strength, relative


def refuse_infinite(argument: str, given: Any, penalty: penalties.Penalty, lambda_share: float) -> None:
    """A ridge shrinks all coefficients and makes none zero: there is no alpha_max to take a fraction of."""
    if lambda_share == 0.0:
        instead = "give the strength as a number" if argument == "alpha" else "give the strengths as numbers"
        raise ValueError(
            f"{argument}: got {given!r}, relative to alpha_max, but no strength of {penalty!r} makes coefficients "
            f"zero, and alpha_max is infinite: {instead}, or choose an l1_ratio above 0"
        )


_OF_RESIDUALS = ("huber", "quantile", "expectile")  # losses of y - eta, beside the quadratic one


def absorb_offset(
    core_name: str, y: FloatArray, weights: FloatArray, offset: FloatArray | None, fit_intercept: bool
) -> tuple[FloatArray, FloatArray | None, Any]:
    """Target and offset that the core gets, and the shift that the intercept gets back; y may have several columns.

    The quadratic loss absorbs offset and mean, which keeps its conjugate free of cancellation. A target that is
    constant but for rounding errors, 100 units in the last place of its mean, is constant: otherwise alpha_max and all
    that is relative to it would be noise.
    """
    quadratic = core_name in ("quadratic", "multitask")
    if not (quadratic or (fit_intercept and core_name in _OF_RESIDUALS)):
        return y, offset, 0.0
    rest = y if offset is None else y - offset.reshape(y.shape)
    if not fit_intercept:
        return rest, None, 0.0
    shift = weights @ rest
    centred = rest - shift
    noise = np.abs(centred[weights > 0.0]).max(axis=0) <= 100.0 * np.finfo(np.float64).eps * np.abs(shift)
    if not (quadratic or noise.all()):
        return y, offset, 0.0
    return np.where(noise, 0.0, centred), None, shift


@near_zero(of_fit)
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
    column_factor: FloatArray | None = None,
) -> LinearFit:
    """Fit f(offset + b + X w) + g(w) for validated X (F-ordered or CSC), float64 y and weights that sum to one.

    ``column_factor`` scales the columns further.
    """
    penalty = resolve_penalty(penalty)
    solver = resolve_solver(solver, penalty)
    solver._check()
    loss_shape = loss._shape()
    loss._check_target(y, weights)
    given: dict[str, Any] = {
        "penalty": penalty,
        "alpha": alpha,
        "solver": solver,
        "fit_intercept": fit_intercept,
        "standardize": standardize,
        "tol": tol,
        "max_iter": max_iter,
        "max_time": max_time,
        "offset": offset,
        "start": start,
        "feature_names": feature_names,
        "variance": variance,
        "callback": callback,
    }
    # These two build on this module.
    if isinstance(solver, solvers.GreedyBCD) and not isinstance(penalty, penalties.SeparablePenalty):
        from ._block_fit import fit_blocks

        return fit_blocks(X, y, weights, loss=(loss.core_name, loss_shape), **given)
    if getattr(penalty, "rescale", None) is not None:
        from ._rescaled import fit_rescaled

        penalty._core_penalty()  # checks the parameters
        return fit_rescaled(X, y, weights, loss=loss, **given)
    core, wrappers = core_penalty(penalty, X.shape[1], feature_names)
    # A penalty written in Python has its own strength inside.
    own = float(penalty.alpha) if isinstance(penalty, penalties.SeparablePenalty | penalties.StructuredPenalty) else 1.0
    strength, relative = resolve_strength(alpha, own)
    if core.name == "box":
        strength, relative = 1.0, False
    if isinstance(solver, solvers.IHT) and solver.n_nonzero is not None:
        strength, relative = 0.0, False
    if relative:
        refuse_infinite("alpha", alpha, penalty, core.lambda_share)
    design = as_design(X)
    if standardize is None:
        standardize = not penalty.convex
    scale = column_scale(design, weights, variance, fit_intercept) if standardize else None
    if column_factor is not None:
        scale = column_factor if scale is None else scale * column_factor
    target = y
    y, offset, shift = absorb_offset(loss.core_name, y, weights, offset, fit_intercept)
    coef = intercept = None
    if start is not None:
        coef, intercept = start
        coef = np.ascontiguousarray(coef, dtype=np.float64)
        if scale is not None:
            coef = np.divide(coef, scale, out=np.zeros_like(coef), where=scale > 0.0)
        intercept = float(intercept) - shift
    whole = wrappers.pop("penalty")
    common = dict(
        loss=loss.core_name,
        loss_shape=loss_shape,
        y=y,
        sample_weight=weights,
        offset=offset,
        shape=core.shape,
        alpha=strength * own,
        relative=relative,
        lambda_share=core.lambda_share,
        ridge_share=core.ridge_share,
        fit_intercept=bool(fit_intercept),
        scale=scale,
        tol=float(tol),
        max_iter=iteration_limit(max_iter),
        max_time=seconds_or_inf(max_time),
        coef=coef,
        intercept=0.0 if intercept is None else intercept,
        callback=callback,
        **wrappers,
    )
    rules_details: dict[str, Any] = {}
    if isinstance(solver, solvers.GreedyBCD) and solver._explicit:
        if core.name != "l1":
            raise ValueError(
                f"GreedyBCD: explicit rules need an L1 or elastic-net penalty, {type(penalty).__name__} is neither; "
                "leave partition, block_size, selection and update alone"
            )
        if loss.core_name not in ("quadratic", "logistic", "squared_hinge"):
            raise ValueError(
                f"GreedyBCD: explicit rules need the quadratic, logistic or squared hinge loss, {loss!r} is neither; "
                "leave partition, block_size, selection and update alone"
            )
        rules = solver._rules(X.shape[1], loss.core_name == "quadratic")
        found = _core.linear_solve_rules(
            design, rules=rules, penalty=core.name, gram_bytes=float(solver.gram_memory) * 2.0**20, **common
        )
        found["engine"] = "{} x {}, {}, {}".format(*(rules[k] for k in _RULES))
        rules_details = {"rules": rules, "n_updates": found["n_updates"], "fallbacks": found["fallbacks"]}
    elif isinstance(solver, solvers.GreedyBCD):
        found = _core.linear_solve(
            design,
            penalty=core.name,
            engine=solver.engine,
            continuation=float(solver.continuation),
            gram_bytes=float(solver.gram_memory) * 2.0**20,
            **common,
        )
    else:
        found = _core.proximal_solve(
            design,
            method=solver._method,
            method_options=solver._options(),
            penalty=whole,
            name=core.name,
            **common,
        )
    details = {k: int(found[k]) for k in ("gradients", "restarts") if k in found} | rules_details
    jumps = ""
    if not penalty.convex and column_factor is None:
        bend = loss._curvature(target, weights)
        if scale is not None:
            columns = np.where(scale > 0.0, bend, 0.0)
        else:
            mean, spread = _core.column_moments(design, weights)
            columns = bend * (spread if fit_intercept else spread + mean**2)
        jumps = describe_jumps(penalty, float(found["alpha"]), columns, feature_names)
    coefficients = (found["coef"] if scale is None else found["coef"] * scale) + 0.0  # no negative zeros
    return LinearFit(
        coef=coefficients,
        intercept=float(found["intercept"]) + float(shift),
        alpha=float(found["alpha"]) / own if own > 0.0 else strength,
        alpha_max=float(found["alpha_max"]) / own if own > 0.0 else float("inf"),
        dual_gap=float(found["dual_gap"]),
        kkt_violation=float(found["kkt_violation"]),
        null_objective=float(found["null_objective"]),
        objective_path=found["objective_path"],
        report=SolverReport.from_core(found, **details),
        jumps=jumps,
        support_identified_at=int(found.get("support_identified_at", -1)),
    )
