"""Paths of problems without a path engine: groups, structured penalties, several outputs; each fit starts from the
last."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from .. import penalties, solvers
from .._monitor import SolverCallback
from .._validation import FloatArray
from ..losses import Loss
from ._block_fit import fit_blocks
from ._fit import LinearFit, Solver, fit_linear
from ._matrix_losses import MatrixLoss


def stepwise_points(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: Loss | MatrixLoss,
    penalty: penalties.Penalty,
    grid: Sequence[float],
    relative: bool,
    n_outputs: int,
    offset: FloatArray | None,
    solver: Solver,
    max_time: float | None,
    callback: SolverCallback | None,
    **options: Any,
) -> tuple[list[dict[str, Any]], float, float]:
    """Points of the path as the path engine would give them, alpha_max, and the objective of the null model.

    Strengths are products of the estimator's and the penalty's own ``alpha``, if the grid is relative fractions of the
    largest one.
    """
    own = float(penalty.alpha)
    if isinstance(penalty, penalties.SeparablePenalty | penalties.StructuredPenalty):
        penalty = clone(penalty).set_params(alpha=1.0)
    else:
        own = 1.0
    end = None if max_time is None else time.monotonic() + max_time

    def fit(alpha: float | str, start: Any) -> LinearFit:
        common = dict(
            penalty=penalty,
            alpha=alpha,
            solver=solver,
            offset=offset,
            start=start,
            callback=callback,
            max_time=None if end is None else max(end - time.monotonic(), 1e-3),
            **options,
        )
        if isinstance(loss, MatrixLoss):
            return fit_blocks(X, y, weights, loss=(loss.core_name, []), n_tasks=n_outputs, **common)
        return fit_linear(X, y, weights, loss=loss, **common)

    points: list[dict[str, Any]] = []
    start: Any = None
    strengths: list[float | str] = [f"{share!r}max" for share in grid[:1]] if relative else [a * own for a in grid]
    top, null_objective = float("nan"), float("nan")
    while len(points) < len(grid):
        found = fit(strengths[len(points)], start)
        if not points:
            top, null_objective = found.alpha_max, found.null_objective
            if relative and not 0.0 < top < np.inf:
                raise ValueError(f"alphas: alpha_max is {top} for {penalty!r}: give the strengths themselves")
            if relative:
                strengths += [share * top for share in grid[1:]]
        cut_short = found.report.status in ("max_time", "stopped")
        if cut_short and points:
            points[-1]["out_of_time"] = found.report.status == "max_time"
            break
        start = (found.coef, found.intercept)
        points.append(_point(X, y, weights, loss, offset, found))
        if cut_short or (end is not None and time.monotonic() >= end):
            points[-1]["out_of_time"] = found.report.status != "stopped" and len(points) < len(grid)
            break
    return points, top, null_objective


def _point(
    X: Any, y: FloatArray, weights: FloatArray, loss: Loss | MatrixLoss, offset: FloatArray | None, found: LinearFit
) -> dict[str, Any]:
    flat = np.ravel(found.coef.T)  # one output after the other
    support = np.flatnonzero(flat)
    eta = np.asarray(X @ found.coef) + found.intercept
    eta = eta if offset is None else eta + offset
    return {
        "alpha": found.alpha,
        "support": support,
        "values": flat[support],
        "intercept": found.intercept,
        "loss": loss.value(y, eta, weights) if isinstance(loss, MatrixLoss) else loss._at(y, eta, weights)[0],
        "dual_gap": found.dual_gap,
        "kkt_violation": found.kkt_violation,
        "n_iter": found.report.n_iter,
        "status": found.report.status,
        "objective": found.report.objective,
    }


def needs_steps(penalty: penalties.Penalty, solver: Any, loss: Loss | MatrixLoss) -> bool:
    """Whether there is no path engine for the problem."""
    separable = isinstance(penalty, penalties.SeparablePenalty) and not isinstance(penalty, penalties.Box)
    rescaled = getattr(penalty, "rescale", None) is not None
    return isinstance(loss, MatrixLoss) or not separable or rescaled or not isinstance(solver, solvers.GreedyBCD)
