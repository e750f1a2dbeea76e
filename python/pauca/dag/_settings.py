"""From the estimator's parameters to the solver's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._validation import FloatArray
from ._constraints import Constraints, edge_multipliers
from ._problem import MomentSet
from ._schedule import PathFollowing
from ._solve import GraphFit, Settings, solve

DEFAULT_ALPHA = 0.05
MANY = 2**30
PATH_LENGTH = 12
PATH_RATIO = 1e-3


def make_settings(estimator: Any, n: float, d: int, names: Sequence[str], constraints: Constraints) -> Settings:
    """Settings of one solve."""
    solver = estimator.solver
    schedule = solver if isinstance(solver, PathFollowing) else PathFollowing()
    schedule._check()
    name = "adam" if isinstance(solver, PathFollowing) else ("order" if solver == "auto" else solver)
    # A strength chosen by the data comes later: see theory_alpha and select_alpha.
    alpha = DEFAULT_ALPHA if estimator.alpha is None or isinstance(estimator.alpha, str) else estimator.alpha
    multipliers = edge_multipliers(estimator.edge_penalties, names)
    multipliers = np.where(constraints.included, 0.0, multipliers)
    multipliers = np.asfortranarray(np.vstack([multipliers, np.ones((int(estimator.lags) * d, d))]))
    starts = estimator.n_starts
    patience = MANY
    if starts is None:
        patience = max(4, 600 // d)
        starts = 1 if estimator.variance == "equal" else (103 if estimator.criterion == "bic" else 3)
    limit = int(n // 5) if estimator.max_parents is None else int(estimator.max_parents)
    return Settings(
        equal_variance=estimator.variance == "equal",
        criterion=estimator.criterion,
        solver=name,
        schedule=schedule,
        n_samples=n,
        kappa=float(estimator.penalty_discount * np.log(max(n, 2.0)) + 4.0 * estimator.ebic_gamma * np.log(max(d, 1))),
        alpha=float(alpha),
        multipliers=multipliers,
        threshold=estimator.threshold,
        standardized=bool(estimator.standardized_threshold),
        repair=estimator.repair,
        refit=bool(estimator.refit),
        n_starts=int(starts),
        patience=patience,
        max_parents=max(1, min(limit, multipliers.shape[0])),
        max_iter=int(estimator.max_iter),
        max_time=estimator.max_time,
        seed=int(check_random_state(estimator.random_state).randint(2**31 - 1)),
        outside=tuple(int(j) for j in np.flatnonzero(constraints.exogenous)),
    )


def starts_from(init: Any, d: int) -> tuple[list[list[int]], FloatArray | None]:
    """Orders to start from, and weights for the published optimiser, from ``init``."""
    if init is None:
        return [], None
    array = np.asarray(init)
    if array.shape == (d,):
        order = [int(j) for j in array]
        if sorted(order) != list(range(d)):
            raise ValueError(f"init: got {order}, expected a permutation of 0..{d - 1}")
        return [order], None
    weights = np.array(array, dtype=np.float64)
    if weights.shape != (d, d) or not np.isfinite(weights).all():
        raise ValueError(f"init: got shape {array.shape}, expected an order ({d},) or finite weights ({d}, {d})")
    from ._graph import topological_order
    from ._solve import nested_threshold

    np.fill_diagonal(weights, 0.0)
    return [topological_order(nested_threshold(weights, 0.0)).tolist()], weights


def alpha_max(moments: MomentSet) -> float:
    """The least alpha at which W = 0 is stationary: ``max_{i != j} |S_ij| / sd_j``."""
    d, largest = moments.n_features, 0.0
    for g in range(len(moments.factors)):
        S = moments.covariance(g)[:, :d].copy()
        spread = np.sqrt(np.diag(S))
        S[np.arange(d), np.arange(d)] = 0.0
        largest = max(largest, float((np.abs(S) / np.where(spread > 0.0, spread, np.inf)).max(initial=0.0)))
    return largest


def alpha_path(
    moments: MomentSet, constraints: Constraints, settings: Settings, alphas: FloatArray
) -> list[tuple[float, GraphFit]]:
    """Fits along falling alphas, each started from the order before it too."""
    fits: list[tuple[float, GraphFit]] = []
    for alpha in alphas:
        starts = [fits[-1][1].order.tolist()] if fits else []
        fits.append((float(alpha), solve(moments, constraints, replace(settings, alpha=float(alpha)), starts=starts)))
    return fits


def default_alphas(moments: MomentSet, count: int = PATH_LENGTH, ratio: float = PATH_RATIO) -> FloatArray:
    """Geometric grid downward from ``alpha_max``."""
    top = max(alpha_max(moments), 1e-12)
    return np.asarray(top * np.geomspace(1.0, ratio, count))


def theory_alpha(estimator: Any, moments: MomentSet, constraints: Constraints, settings: Settings) -> Settings:
    """``sqrt(log(d) / n)`` in units of the least standard deviation, so that scaled data give the same graph."""
    d = moments.n_features
    variances = np.diag(moments.covariance())[:d]
    unit = float(np.sqrt(variances[variances > 0.0].min(initial=np.inf)))
    level = np.sqrt(np.log(max(d, 2)) / settings.n_samples)
    return replace(settings, alpha=float(level * (unit if np.isfinite(unit) else 1.0)))


def select_alpha(estimator: Any, moments: MomentSet, constraints: Constraints, settings: Settings) -> Settings:
    """The alpha of the path whose refitted graph has the least (extended) BIC."""
    d = moments.n_features
    extra = 2.0 * np.log(max(d, 1)) if estimator.alpha == "ebic" else 0.0  # 4 gamma log d with gamma = 1/2
    fits = alpha_path(moments, constraints, settings, default_alphas(moments))
    scores = [fit.bic + extra * np.count_nonzero(fit.weights) for _, fit in fits]
    return replace(settings, alpha=fits[int(np.argmin(scores))][0])
