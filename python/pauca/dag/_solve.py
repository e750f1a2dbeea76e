"""From moments and constraints to a directed acyclic graph: the one road from the estimators to the compiled core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import _core
from .._monitor import SolverCallback
from .._report import SolverReport
from .._validation import FloatArray, seconds_or_inf
from ._constraints import Constraints
from ._graph import IntArray, topological_order
from ._problem import CoreProblem, MomentSet, build
from ._schedule import PathFollowing

NOISE_BOUND = 0.01


@dataclass(frozen=True)
class Settings:
    """What to minimise and how; every field is validated by the estimator."""

    equal_variance: bool
    criterion: str
    solver: str
    schedule: PathFollowing
    n_samples: float
    kappa: float  # price of an edge in BIC
    alpha: float
    multipliers: FloatArray  # of alpha: (features and extra variables, features)
    threshold: float | str
    standardized: bool
    repair: str
    refit: bool
    n_starts: int
    patience: int
    max_parents: int
    max_iter: int
    max_time: float | None
    seed: int
    outside: tuple[int, ...]  # exogenous features

    @property
    def penalties(self) -> FloatArray:
        """l1 strengths of all edges."""
        return np.asarray(self.alpha * self.multipliers)

    def with_threshold(self, threshold: float | str) -> Settings:
        """The same with another threshold."""
        return replace(self, threshold=threshold)

    def with_starts(self, n_starts: int) -> Settings:
        """The same with another number of starts."""
        return replace(self, n_starts=n_starts)

    def with_solver(self, solver: str) -> Settings:
        """The same with another solver."""
        return replace(self, solver=solver)

    def adapted(self, first: FloatArray, gamma: float) -> Settings:
        """Penalties ``alpha |W0|^-gamma``, scaled to mean alpha over the edges of W0; what W0 lacks stays out."""
        size = np.abs(first)
        live = size > 1e-3 * size.max(initial=0.0)
        weight = np.where(live, np.where(live, size, 1.0) ** -gamma, 0.0)
        scale = live.sum() / max(weight.sum(), 1e-300)
        return replace(self, multipliers=np.asfortranarray(self.multipliers * np.where(live, weight * scale, 1e6)))


@dataclass(frozen=True)
class GraphFit:
    """A fitted graph; weights are (features and extra variables, features)."""

    weights: FloatArray
    raw: FloatArray
    order: IntArray
    residual_variance: FloatArray
    objective: float
    bic: float
    objective_path: FloatArray
    report: SolverReport


def _use_bic(problem: CoreProblem, s: Settings) -> None:
    problem.core.use_bic(s.equal_variance, s.kappa, s.max_parents)


def _use_criterion(problem: CoreProblem, s: Settings) -> None:
    if s.criterion == "bic":
        _use_bic(problem, s)
    else:
        problem.core.use_colide(s.equal_variance, problem.gather(s.penalties), NOISE_BOUND)


def core_order(problem: CoreProblem, features: Sequence[int]) -> list[int]:
    """An order of features as an order of core nodes."""
    position = {int(f): k for k, f in enumerate(problem.nodes)}
    return [position[int(f)] for f in features if int(f) in position]


def default_starts(problem: CoreProblem, s: Settings) -> list[list[int]]:
    """Top-down order; by variance; top-down with selected parents. The first needs conditional variances given all."""
    spread = np.sqrt((problem.factor**2).sum(axis=0))
    left = np.abs(np.diag(np.linalg.qr(problem.factor, mode="r")))
    scarce = s.n_samples < 2 * spread.size or bool(np.any(left <= 1e-10 * spread[: left.size]))
    makers = [
        lambda: problem.core.top_down(problem.factor),
        problem.core.by_variance,
        problem.core.sparse_top_down,
    ]
    if scarce:
        makers = [makers[2], makers[1]]
    return [make() for make in makers[: max(1, s.n_starts)]]


def solve(
    moments: MomentSet,
    constraints: Constraints,
    settings: Settings,
    *,
    starts: Sequence[Sequence[int]] = (),
    start_weights: FloatArray | None = None,
    default_start: bool = True,
    callback: SolverCallback | None = None,
) -> GraphFit:
    """Estimate the graph. ``starts`` are orders of features; ``start_weights`` a matrix for the published optimiser."""
    problem = build(moments, constraints)
    if settings.solver == "adam":
        found, raw = _adam(problem, moments, constraints, settings, start_weights, callback)
    else:
        found, raw = _search(problem, settings, starts, default_start, callback)
    return _finish(problem, moments, constraints, settings, found, raw)


def _search(
    problem: CoreProblem,
    s: Settings,
    starts: Sequence[Sequence[int]],
    default_start: bool,
    callback: SolverCallback | None,
) -> tuple[dict[str, Any], FloatArray]:
    # For the start with selected parents: each with its own noise level, since no common one is known yet.
    problem.core.use_bic(False, s.kappa, s.max_parents)
    orders = [core_order(problem, o) for o in starts]
    if default_start or not orders:
        orders += default_starts(problem, s)
    _use_criterion(problem, s)
    move = s.solver != "topdown"
    if not move:
        orders = orders[:1]
    found = problem.core.search(
        orders,
        max(0, s.n_starts - 3) if move else 0,
        s.patience,
        s.max_iter,
        move,
        s.seed,
        seconds_or_inf(s.max_time),
        callback,
    )
    found["engine"] = "order search" if move else "top-down"
    return found, problem.scatter(found["weights"])


def _adam(
    problem: CoreProblem,
    moments: MomentSet,
    constraints: Constraints,
    s: Settings,
    start: FloatArray | None,
    callback: SolverCallback | None,
) -> tuple[dict[str, Any], FloatArray]:
    p, d = problem.variables.size, problem.nodes.size
    covariances = []
    for f, count in zip(moments.factors, moments.counts, strict=True):
        g = f[:, problem.variables]
        if p > d:  # exogenous variables and lags are projected out
            q = np.linalg.qr(g[:, d:])[0]
            g = g[:, :d] - q @ (q.T @ g[:, :d])
        covariances.append(np.asfortranarray(g[:, :d].T @ g[:, :d] / count))
    edge, tier = constraints.for_core(moments.n_extra)
    schedule = s.schedule
    initial = np.zeros((d, d), order="F")
    if start is not None:
        initial = np.asfortranarray(start[np.ix_(problem.nodes, problem.nodes)])
    found = _core.path_following(
        covariances=covariances,
        group_of=[moments.group(int(j)) for j in problem.nodes] if moments.group_of else [],
        penalties=np.asfortranarray(s.penalties[np.ix_(problem.nodes, problem.nodes)]),
        edge=np.asfortranarray(edge[:d]),
        tier=tier,
        nonnegative=constraints.nonnegative,
        equal_variance=s.equal_variance,
        mask_diagonal=bool(schedule.mask_diagonal),
        s=[float(v) for v in schedule.s],
        mu=float(schedule.mu),
        mu_factor=float(schedule.mu_factor),
        warm_iter=int(schedule.warm_iter),
        max_iter=int(schedule.max_iter),
        checkpoint=int(schedule.checkpoint),
        learning_rate=float(schedule.learning_rate),
        beta1=float(schedule.beta1),
        beta2=float(schedule.beta2),
        tol=float(schedule.tol),
        noise_bound=float(schedule.noise_bound),
        start=initial,
        max_time=seconds_or_inf(s.max_time),
        callback=callback,
    )
    found["threshold"] = schedule.tol
    weights = np.zeros((p, d))
    weights[:d] = found["w"]
    return found, problem.scatter(weights)


def _strength(raw: FloatArray, moments: MomentSet, standardized: bool) -> FloatArray:
    """|W_ij|, or |W_ij| sd(x_i) / sd(residual j)."""
    strength = np.abs(raw)
    if not standardized:
        return strength
    d = raw.shape[1]
    S = moments.covariance()
    spread = np.sqrt(np.diag(S))
    full = np.eye(S.shape[0])[:, :d] - raw
    residual = np.sqrt(np.maximum(np.einsum("ij,ik,kj->j", full, S, full, optimize=True), 1e-300))
    return np.asarray(strength * spread[:, None] / residual[None, :])


def nested_threshold(raw: FloatArray, floor: float) -> FloatArray:
    """Zero the entries up to the least t >= floor for which {|W| > t} is acyclic (binary search: the graphs nest)."""
    d = raw.shape[1]
    magnitude = np.abs(raw[:d])
    levels = np.unique(np.concatenate([[floor], magnitude[magnitude > floor]]))
    low, high = 0, levels.size - 1
    while low < high:
        middle = (low + high) // 2
        kept = np.asfortranarray(np.where(magnitude > levels[middle], raw[:d], 0.0))
        if len(_core.topological_order(kept)) == d:
            high = middle
        else:
            low = middle + 1
    return np.where(np.abs(raw) > levels[low], raw, 0.0)


def _finish(
    problem: CoreProblem,
    moments: MomentSet,
    constraints: Constraints,
    s: Settings,
    found: dict[str, Any],
    raw: FloatArray,
) -> GraphFit:
    d = moments.n_features
    kept = raw.copy()
    np.fill_diagonal(kept[:d], 0.0)
    floor = 0.0 if isinstance(s.threshold, str) else float(s.threshold)
    strength = _strength(kept, moments, s.standardized or isinstance(s.threshold, str))
    exempt = np.zeros_like(kept, dtype=bool)
    exempt[:d] = constraints.included
    if floor > 0.0:
        kept = np.where((strength > floor) | exempt, kept, 0.0)
    if s.solver == "adam":
        if s.repair == "greedy":
            kept = problem.scatter(problem.core.repair(problem.gather(kept), problem.gather(strength)))
        else:
            kept = nested_threshold(kept, 0.0 if s.standardized else floor)
    kept[exempt & (kept == 0.0)] = np.finfo(np.float64).tiny  # included edges are in the graph whatever their weight
    _use_bic(problem, s)
    outer = s.solver == "adam" and moments.n_extra + constraints.exogenous.sum() > 0
    if s.threshold == "bic" and s.criterion == "colide":
        kept = _select(moments, constraints, s, kept, force=False)
    elif outer:
        kept = _select(moments, constraints, s, kept, force=True)
    fitted = problem.core.refit(problem.gather(kept))
    refit = problem.scatter(fitted["weights"])
    residual_variance = np.zeros(d)
    residual_variance[problem.nodes] = fitted["residual_variance"]
    outside = np.flatnonzero(constraints.exogenous)
    residual_variance[outside] = np.diag(moments.covariance())[outside]
    if not s.refit:
        refit = np.where(kept != 0.0, raw, 0.0)
        for j in problem.nodes:
            S = moments.covariance(moments.group(int(j)))
            v = -refit[:, j].copy()
            v[j] += 1.0
            residual_variance[j] = max(float(v @ S @ v), 0.0)
    order = _order_of(refit, constraints, found, problem)
    report = SolverReport.from_core(found, **({"h": found["h"], "s": found["s"]} if "h" in found else {}))
    return GraphFit(
        weights=refit,
        raw=raw,
        order=order,
        residual_variance=residual_variance,
        objective=float(found["objective"]),
        bic=bic_of(refit, residual_variance, moments, problem, s),
        objective_path=np.asarray(found["objective_path"]),
        report=report,
    )


def _order_of(weights: FloatArray, constraints: Constraints, found: dict[str, Any], problem: CoreProblem) -> IntArray:
    """The search's order, exogenous features first; otherwise one by Kahn's algorithm. Checked either way."""
    d = weights.shape[1]
    if "order" not in found:
        return topological_order(weights[:d])
    order = np.concatenate([np.flatnonzero(constraints.exogenous), problem.nodes[found["order"]]]).astype(np.intp)
    if np.any(np.tril(weights[:d][np.ix_(order, order)]) != 0.0):  # pragma: no cover
        raise AssertionError("the order is no certificate")
    return order


def _select(moments: MomentSet, constraints: Constraints, s: Settings, kept: FloatArray, force: bool) -> FloatArray:
    """Parents by stepwise BIC within a DAG's support; with ``force`` the support is settled and the rest open."""
    d = moments.n_features
    support = kept[:d] != 0.0
    inner = ~constraints.exogenous if s.solver == "adam" else np.ones(d, dtype=bool)
    fixed = replace(
        constraints,
        included=constraints.included | (support & inner[:, None] & force),
        excluded=constraints.excluded | (~support & inner[:, None]),
        tier=np.zeros(d, dtype=np.intp),
    )
    problem = build(moments, fixed)
    _use_bic(problem, s)
    order = core_order(problem, topological_order(np.where(support, 1.0, 0.0)).tolist())
    found = problem.core.search([order], 0, 1, 1, False, 0, np.inf, None)
    return problem.scatter(found["weights"])


def bic_of(
    weights: FloatArray, residual_variance: FloatArray, moments: MomentSet, problem: CoreProblem, s: Settings
) -> float:
    """BIC of a graph with the price of an edge in use."""
    counts = np.array([moments.counts[moments.group(int(j))] for j in problem.nodes])
    q = np.maximum(residual_variance[problem.nodes], np.finfo(np.float64).tiny)
    edges = s.kappa * np.count_nonzero(weights)
    if s.equal_variance:
        return float(counts.sum() * np.log((counts * q).sum() / counts.sum()) + edges)
    return float((counts * np.log(q)).sum() + edges)
