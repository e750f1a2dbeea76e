"""From validated arrays to the block solver: groups of features, several tasks, several classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core, penalties
from .._monitor import SolverCallback
from .._report import SolverReport
from .._validation import FloatArray, as_design, iteration_limit, seconds_or_inf
from ..solvers import GreedyBCD
from ._far_columns import near_zero, of_fit
from ._fit import LinearFit, absorb_offset, column_scale, refuse_infinite, resolve_strength

# Penalties of groups that the block solver knows, by its names for them.
BLOCK_NAMES: dict[type[penalties.Penalty], str] = {
    penalties.GroupL2: "group:l1",
    penalties.GroupMCP: "group:mcp",
    penalties.GroupSCAD: "group:scad",
    penalties.SparseGroup: "sparse_group",
}


def is_block_penalty(penalty: penalties.Penalty) -> bool:
    """Whether GreedyBCD takes this penalty group by group."""
    return type(penalty) in BLOCK_NAMES


def block_penalty(
    penalty: penalties.Penalty, n_features: int, n_tasks: int, feature_names: Sequence[str] | None
) -> tuple[str, list[float], npt.NDArray[np.int64], FloatArray]:
    """How the block solver calls a penalty: name, shape, group number of each feature, weight of each group."""
    if is_block_penalty(penalty):
        spec = penalty._unit_spec(n_features, feature_names)  # type: ignore[attr-defined]
        labels = np.asarray(spec["labels"], dtype=np.int64)
        return BLOCK_NAMES[type(penalty)], list(spec["shape"]), labels, np.asarray(spec["sequence"], dtype=np.float64)
    name = type(penalty).__name__
    if not isinstance(penalty, penalties.SeparablePenalty):
        raise ValueError(
            f"GreedyBCD needs a separable or group penalty; {name} is neither, and {n_tasks} targets need GreedyBCD"
        )
    if isinstance(penalty, penalties.Box) or penalty.nonnegative:
        raise ValueError(
            f"penalty: got {penalty!r}; bounds and nonnegativity have no form for several targets or classes, expected "
            "L1, ElasticNet, MCP or a group"
        )
    if getattr(penalty, "weighting", "strength") != "strength" and penalty.weights is not None:
        raise ValueError(
            f"penalty: got {penalty!r}; weighting='multiply' has no form for several targets or classes, expected "
            "weighting='strength'"
        )
    core = penalty._core_penalty()
    if core.ridge_share != 0.0 and core.name != "l1":
        raise ValueError(
            f"penalty: got {penalty!r}, which has no form for several targets or classes; expected L1, ElasticNet, MCP "
            "or a group"
        )
    weights = penalty._weights(n_features, feature_names)
    if weights is not None and not np.isfinite(weights).all():
        raise ValueError(
            "penalty.weights: infinite weights have no form for several targets or classes; drop these columns"
        )
    ones = np.ones(n_features) if weights is None else weights
    return f"entry:{core.name}", core.shape, np.arange(n_features, dtype=np.int64), ones


@near_zero(of_fit)
def fit_blocks(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: tuple[str, list[float]],
    penalty: penalties.Penalty,
    alpha: float | str,
    solver: GreedyBCD,
    fit_intercept: bool,
    standardize: bool | None,
    tol: float,
    max_iter: int,
    max_time: float | None,
    n_tasks: int = 1,
    offset: FloatArray | None = None,
    start: tuple[FloatArray, Any] | None = None,
    feature_names: Sequence[str] | None = None,
    variance: FloatArray | None = None,
    callback: SolverCallback | None = None,
) -> LinearFit:
    """Fit f(offset + 1 b' + X B) + sum of g over blocks; B is (n_features, n_tasks), a vector for one task."""
    solver._check()
    if solver._explicit:
        raise ValueError(
            "GreedyBCD: explicit rules are for single coefficients; for groups, several targets or several classes "
            "leave partition, block_size, selection and update alone"
        )
    name, shape, labels, group_weights = block_penalty(penalty, X.shape[1], n_tasks, feature_names)
    own = float(penalty.alpha)
    strength, relative = resolve_strength(alpha, own)
    lambda_share, ridge_share = 1.0, 0.0
    if isinstance(penalty, penalties.ElasticNet):
        lambda_share, ridge_share = float(penalty.l1_ratio), 1.0 - float(penalty.l1_ratio)
    if relative:
        refuse_infinite("alpha", alpha, penalty, lambda_share)
    design = as_design(X)
    if standardize is None:
        standardize = not penalty.convex
    scale = column_scale(design, weights, variance, fit_intercept) if standardize else None
    target, offset, shift = absorb_offset(loss[0], y.reshape(len(y), -1), weights, offset, fit_intercept)
    coef = intercept = None
    if start is not None:
        coef = np.asfortranarray(np.reshape(start[0], (X.shape[1], n_tasks)), dtype=np.float64)
        if scale is not None:
            column = scale[:, None]
            coef = np.asfortranarray(np.divide(coef, column, out=np.zeros_like(coef), where=column > 0.0))
        intercept = np.ascontiguousarray(np.ravel(start[1]) - np.ravel(shift), dtype=np.float64)
    found = _core.block_solve(
        design,
        loss=loss[0],
        loss_shape=loss[1],
        y=np.asfortranarray(target, dtype=np.float64),
        sample_weight=weights,
        offset=None if offset is None else np.asfortranarray(offset.reshape(-1, n_tasks)),
        penalty=name,
        shape=shape,
        labels=labels,
        group_weights=group_weights,
        alpha=strength * own,
        relative=relative,
        lambda_share=lambda_share,
        ridge_share=ridge_share,
        fit_intercept=bool(fit_intercept),
        scale=scale,
        engine=solver.engine,
        continuation=float(solver.continuation),
        gram_bytes=float(solver.gram_memory) * 2.0**20,
        tol=float(tol),
        max_iter=iteration_limit(max_iter),
        max_time=seconds_or_inf(max_time),
        coef=coef,
        intercept=intercept,
        callback=callback,
    )
    coefficients = found["coef"] if scale is None else found["coef"] * scale[:, None]
    constants = found["intercept"] + shift
    single = n_tasks == 1
    return LinearFit(
        coef=coefficients[:, 0] if single else coefficients,
        intercept=float(constants[0]) if single else constants,
        alpha=float(found["alpha"]) / own if own > 0.0 else strength,
        alpha_max=float(found["alpha_max"]) / (own * lambda_share) if own * lambda_share > 0.0 else float("inf"),
        dual_gap=float(found["dual_gap"]),
        kkt_violation=float(found["kkt_violation"]),
        null_objective=float(found["null_objective"]),
        objective_path=found["objective_path"],
        report=SolverReport.from_core(found),
        jumps="",
        support_identified_at=int(found["support_identified_at"]),
    )
