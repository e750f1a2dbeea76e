"""The steps of a fit: rows, settings, solve, resample, keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from .._monitor import SolverCallback
from .._report import warn_unless_converged
from .._sklearn_compat import _check_sample_weight, validate_data
from .._validation import FloatArray
from ..moments import Moments
from ._checks import category_levels, coded, naming_remedy, warn_ignored_strength
from ._constraints import Constraints, resolve
from ._problem import MomentSet, from_moments, lagged, with_interventions
from ._resampling import Resamples, draw_counts, resample
from ._settings import make_settings, select_alpha, starts_from, theory_alpha
from ._solve import GraphFit, Settings, solve

RESAMPLED = ("edge_frequency_", "edge_interval_", "lagged_frequency_", "lagged_interval_")


def _told_apart(targets: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Pairs of features of which some row intervened on exactly one."""
    held = targets.astype(np.float64)
    alone = held.T @ (1.0 - held)
    return np.asarray((alone > 0.0) | (alone.T > 0.0))


class GraphFitting:
    """What ``CoLiDE.fit``, ``fit_moments`` and ``partial_fit`` are made of. Nothing is stored before ``_keep``."""

    n_features_in_: int
    _categories: dict[str, list[Any]]
    lags: int
    alpha: Any
    criterion: str
    init: Any
    exclude: Any
    include: Any
    tiers: Any
    exogenous: Any
    nonnegative: bool
    adaptive: float | None
    n_resamples: int
    resampling: str
    block_length: int | None
    min_frequency: float
    confidence_level: float
    assume_centered: bool
    n_jobs: int | None
    random_state: Any

    def _validate_rows(
        self, X: Any, sample_weight: npt.ArrayLike | None, reset: bool = True
    ) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
        """Rows, lagged rows if any, weights if any."""
        if reset:
            self._categories = category_levels(X, self.exogenous)
        X = coded(X, self._categories)
        past = None
        if self.lags:
            parts = X if isinstance(X, (list, tuple)) else [X]
            with naming_remedy():
                series = [
                    np.asarray(validate_data(self, x, dtype=np.float64, reset=reset and k == 0))
                    for k, x in enumerate(parts)
                ]
            rows, past = lagged(series, int(self.lags))
            if sample_weight is not None:
                raise ValueError("sample_weight: cannot be combined with lags")
        else:
            with naming_remedy():
                rows = np.asarray(validate_data(self, X, dtype=np.float64, ensure_min_samples=2, reset=reset))
        if sample_weight is None:
            return rows, past, None
        weights = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weights.sum() > 0.0:
            raise ValueError("sample_weight: all weights are zero, expected at least one positive weight")
        return rows, past, np.asarray(weights)

    def _set_names(self, d: int, feature_names: Any) -> None:
        self.n_features_in_ = d
        if feature_names is not None:
            names = np.asarray(feature_names, dtype=object)
            if names.shape != (d,):
                raise ValueError(f"feature_names: got shape {names.shape}, expected ({d},)")
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _prepare(self, moments: Moments | MomentSet) -> tuple[Constraints, Settings]:
        """Constraints and settings, checked."""
        d = self.n_features_in_
        names = getattr(self, "feature_names_in_", None)
        names = [f"x{j}" for j in range(d)] if names is None else [str(n) for n in names]
        warn_ignored_strength(self)
        constraints = resolve(
            names,
            exclude=self.exclude,
            include=self.include,
            tiers=self.tiers,
            exogenous=self.exogenous,
            nonnegative=self.nonnegative,
        )
        n = moments.weight_sum_ if isinstance(moments, Moments) else moments.counts[0]
        return constraints, make_settings(self, float(n), d, names, constraints)

    def _solve(
        self,
        moments: MomentSet,
        constraints: Constraints,
        settings: Settings,
        callback: SolverCallback | None,
        starts: list[list[int]] | None = None,
    ) -> tuple[GraphFit, Settings]:
        """Choose alpha if asked, solve, and once more with adaptive penalties if asked."""
        orders, weights = starts_from(self.init, moments.n_features)
        orders = (starts or []) + orders
        if isinstance(self.alpha, str) and self.criterion == "colide":
            choose = theory_alpha if self.alpha == "theory" else select_alpha
            settings = choose(self, moments, constraints, settings)
        fit = solve(moments, constraints, settings, starts=orders, start_weights=weights, callback=callback)
        if self.adaptive is not None and self.criterion == "colide":
            settings = settings.adapted(fit.raw, float(self.adaptive))
            orders = [*orders, fit.order.tolist()]
            fit = solve(moments, constraints, settings, starts=orders, start_weights=weights, callback=callback)
        return fit, settings

    def _resample(
        self,
        rows: FloatArray,
        past: FloatArray | None,
        weights: FloatArray | None,
        targets: npt.NDArray[np.bool_] | None,
        cluster: npt.NDArray[np.intp] | None,
        constraints: Constraints,
        settings: Settings,
        full: GraphFit,
    ) -> Resamples:
        rng = check_random_state(self.random_state)
        n, d = rows.shape
        counts = [draw_counts(rng, n, self.resampling, cluster, self.block_length) for _ in range(self.n_resamples)]
        plain = settings.with_threshold("bic") if settings.threshold == "stability" else settings
        start = full.raw[:d] if settings.solver == "adam" else None

        def refit(count: FloatArray, b: int) -> FloatArray:
            keep = count > 0.0
            w = count[keep] if weights is None else count[keep] * weights[keep]
            sub = Moments().update(rows[keep], None if past is None else past[keep], w)
            moments = from_moments(sub, d, not self.assume_centered)
            if targets is not None:
                moments = with_interventions(moments, rows[keep], w, targets[keep])
            fit = solve(moments, constraints, plain.with_starts(1), starts=[full.order.tolist()], start_weights=start)
            return fit.weights

        return resample(refit, counts, self.n_jobs, float(self.confidence_level))

    def _stable(
        self,
        moments: MomentSet,
        constraints: Constraints,
        settings: Settings,
        frequency: FloatArray,
        fit: GraphFit,
    ) -> GraphFit:
        """Only edges that enough resamples have, refitted in the order of the full data."""
        d = moments.n_features
        rare = (frequency < self.min_frequency) & ~constraints.included
        absent = (fit.weights[:d] == 0.0) & ~constraints.included
        stable = replace(constraints, excluded=constraints.excluded | rare | absent)
        settled = settings.with_solver("topdown").with_threshold("bic")
        again = solve(moments, stable, settled, starts=[fit.order.tolist()], default_start=False)
        return replace(
            again, raw=fit.raw, report=fit.report, objective_path=fit.objective_path, objective=fit.objective
        )

    def _keep(
        self,
        fit: GraphFit,
        moments: MomentSet,
        accumulated: Moments | None,
        constraints: Constraints,
        settings: Settings,
        resampled: Resamples | None = None,
        targets: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        d = moments.n_features
        warn_unless_converged(fit.report, self, "the last pass still improved the score; the figure")
        self.adjacency_ = np.ascontiguousarray(fit.weights[:d])
        self.weights_raw_ = np.ascontiguousarray(fit.raw[:d])
        self.lagged_adjacency_ = fit.weights[d:].reshape(int(self.lags), d, d)
        self.order_ = fit.order
        variances = fit.residual_variance.copy()
        if settings.equal_variance:
            inner = np.setdiff1d(np.arange(d), settings.outside)
            variances[inner] = variances[inner].mean()
        self.noise_variances_ = variances
        known = constraints.orientations()
        if targets is not None:
            known |= _told_apart(targets) & (self.adjacency_ != 0.0)
        self._known = known if known.any() else None
        self._marginal_variances = np.diag(moments.covariance())[:d].copy()
        self.intercept_ = np.array(
            [m[j] - m @ fit.weights[:, j] for j, m in ((j, moments.means[moments.group(j)]) for j in range(d))]
        )
        self.objective_ = fit.objective
        self.bic_ = fit.bic
        self.objective_path_ = fit.objective_path
        self.alpha_ = settings.alpha if self.criterion == "colide" else float("nan")
        self.n_iter_ = fit.report.n_iter
        self.solver_report_ = fit.report
        self.moments_ = accumulated
        if resampled is not None:
            self._keep_resamples(resampled)
            return
        for name in RESAMPLED:
            if hasattr(self, name):
                delattr(self, name)

    def _keep_resamples(self, resampled: Resamples) -> None:
        """Shares and intervals of instantaneous and of lagged edges."""
        d, L = resampled.frequency.shape[1], int(self.lags)
        self.edge_frequency_ = resampled.frequency[:d]
        self.edge_interval_ = resampled.interval[:, :d]
        self.lagged_frequency_ = resampled.frequency[d:].reshape(L, d, d)
        self.lagged_interval_ = resampled.interval[:, d:].reshape(2, L, d, d)
