"""Moments of all node regressions: from rows, from interventions, from lags, or accumulated elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._validation import FloatArray
from .._warnings import warn_user
from ..moments import Moments
from ._constraints import Constraints
from ._graph import IntArray

# Above this condition number of the correlations, a covariance has lost digits that small residuals need.
MAX_CONDITION = 1e8


@dataclass(frozen=True)
class MomentSet:
    """Centred factors over (features, extra variables): one for all rows, then one for each intervention pattern."""

    factors: list[FloatArray]
    counts: list[float]
    means: list[FloatArray]
    group_of: list[int]  # one a feature; empty: all in the first
    n_features: int

    @property
    def n_extra(self) -> int:
        """Variables that are not features (lags)."""
        return int(self.factors[0].shape[1]) - self.n_features

    def group(self, feature: int) -> int:
        """Which factor the regression of this feature uses."""
        return self.group_of[feature] if self.group_of else 0

    def covariance(self, group: int = 0) -> FloatArray:
        """Covariance of features and extra variables."""
        f = self.factors[group]
        return np.asfortranarray(f.T @ f / self.counts[group])


def _drop_rounding(factor: FloatArray, mean: FloatArray, count: float) -> FloatArray:
    """Columns whose spread is rounding of their mean become exact constants."""
    norm = np.sqrt((factor**2).sum(axis=0))
    constant = norm <= 32.0 * np.finfo(np.float64).eps * np.abs(mean) * np.sqrt(count)
    factor = np.asfortranarray(factor)
    factor[:, constant] = 0.0
    return factor


def from_moments(moments: Moments, n_features: int, centered: bool = True) -> MomentSet:
    """The moment set of accumulated moments, whose targets (lags) are extra variables."""
    count = float(moments.weight_sum_)
    if centered:
        mean = moments.mean_
        factor = _drop_rounding(moments.centered_factor(), mean, count)
    else:
        mean = np.zeros(moments.factor_.shape[1] - 1)
        factor = np.asfortranarray(moments.factor_[:, 1:])
    return MomentSet([factor], [count], [mean], [], n_features)


def from_covariance(covariance: Any, n_samples: float, mean: FloatArray) -> MomentSet:
    """The moment set of a covariance; warns if its condition number has cost the digits that matter."""
    S = np.asarray(covariance, dtype=np.float64)
    if S.ndim != 2 or S.shape[0] != S.shape[1] or not np.isfinite(S).all():
        raise ValueError(f"covariance: got shape {S.shape}, expected a finite square matrix")
    if not np.allclose(S, S.T, rtol=1e-8, atol=1e-12 * np.abs(S).max(initial=0.0)):
        raise ValueError("covariance: expected a symmetric matrix")
    scale = np.sqrt(np.clip(np.diag(S), 0.0, None))
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0.0)
    values, vectors = np.linalg.eigh((S + S.T) / 2.0 * np.outer(inverse, inverse))
    if values[0] < -1e-6 * max(values[-1], 1e-300):
        raise ValueError(f"covariance: its smallest eigenvalue is {values[0]:.3g} times the scale, expected >= 0")
    live = values[-1] / max(values[(scale == 0.0).sum()], 1e-300)
    if live > MAX_CONDITION:
        warn_user(
            f"The correlations' condition number is {live:.1e}: a covariance has lost the digits that small residual "
            "variances need. Accumulate pauca.moments.Moments instead, which keep a triangular factor.",
        )
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))).T * scale * np.sqrt(n_samples)
    return MomentSet([np.asfortranarray(root)], [float(n_samples)], [mean], [], S.shape[0])


def with_interventions(
    base: MomentSet, X: FloatArray, weights: FloatArray | None, intervened: npt.NDArray[np.bool_]
) -> MomentSet:
    """Each feature's regression uses the rows in which it was not a target itself."""
    factors, counts, means = list(base.factors), list(base.counts), list(base.means)
    patterns: dict[bytes, int] = {np.zeros(X.shape[0], dtype=bool).tobytes(): 0}
    group_of = []
    for j in range(X.shape[1]):
        rows = np.ascontiguousarray(intervened[:, j])
        key = rows.tobytes()
        if key not in patterns:
            if rows.all():
                raise ValueError(f"intervened: feature {j} is a target in every row, expected rows in which it is not")
            keep = ~rows
            part = from_moments(
                Moments().update(X[keep], sample_weight=None if weights is None else weights[keep]), X.shape[1]
            )
            patterns[key] = len(factors)
            factors += part.factors
            counts += part.counts
            means += part.means
        group_of.append(patterns[key])
    return MomentSet(factors, counts, means, group_of, base.n_features)


def lagged(series: list[FloatArray], lags: int) -> tuple[FloatArray, FloatArray]:
    """Rows x_t and (x_{t-1}, ..., x_{t-lags}) of all series."""
    now, past = [], []
    for X in series:
        if X.shape[0] <= lags:
            raise ValueError(f"X: a series has {X.shape[0]} time points, expected more than lags={lags}")
        now.append(X[lags:])
        past.append(np.hstack([X[lags - k : X.shape[0] - k] for k in range(1, lags + 1)]))
    return np.vstack(now), np.vstack(past)


@dataclass(frozen=True)
class CoreProblem:
    """A problem in the core's order of variables: nodes, exogenous features, extra variables."""

    core: Any
    variables: IntArray  # core position -> position among features and extra variables
    nodes: IntArray
    factor: FloatArray
    n_features: int
    n_total: int

    def scatter(self, weights: FloatArray) -> FloatArray:
        """Core weights (variables, nodes) as (features and extra variables, features)."""
        out = np.zeros((self.n_total, self.n_features))
        out[np.ix_(self.variables, self.nodes)] = weights
        return out

    def gather(self, weights: FloatArray) -> FloatArray:
        """The reverse of ``scatter``."""
        return np.asfortranarray(weights[np.ix_(self.variables, self.nodes)])


def build(moments: MomentSet, constraints: Constraints) -> CoreProblem:
    """Hand moments and constraints to the core."""
    p, d = moments.factors[0].shape[1], moments.n_features
    nodes = constraints.nodes
    variables = np.concatenate([nodes, np.flatnonzero(constraints.exogenous), np.arange(d, p)]).astype(np.intp)
    edge, tier = constraints.for_core(p - d)
    factors = [np.asfortranarray(f[:, variables]) for f in moments.factors]
    group_of = [moments.group(int(j)) for j in nodes] if moments.group_of else []
    core = _core.GraphProblem(factors, moments.counts, group_of, edge, tier, constraints.nonnegative)
    return CoreProblem(core, variables, nodes, factors[0], d, p)
