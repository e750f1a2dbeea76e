"""What is read off a fitted mixed model: tables of the fixed effects, intervals for new rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from .._rows import group_rows, positions_of
from .._validation import FloatArray
from ._clusters import effect_design


def check_level(level: float) -> float:
    """A coverage between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: got {level!r}, expected a number between 0 and 1")
    return float(level)


def conditional_covariances(Z: FloatArray, start: npt.NDArray[np.intp], factor: FloatArray) -> FloatArray:
    """L (I + L'Z_i'Z_i L)^-1 L' of every cluster, of shape (n_clusters, n_effects, n_effects)."""
    q, n = factor.shape[0], len(start) - 1
    if q == 0:
        return np.zeros((n, 0, 0))
    W = Z @ factor
    grams = np.empty((n, q, q))
    for a in range(q):
        for b in range(a + 1):
            grams[:, a, b] = grams[:, b, a] = np.add.reduceat(W[:, a] * W[:, b], start[:-1])
    return np.asarray(factor @ np.linalg.solve(np.eye(q) + grams, np.broadcast_to(factor.T, (n, q, q))))


def coefficient_table(model: Any, level: float) -> Any:
    """Rows of the intercept and of every feature, as a pandas DataFrame."""
    import pandas as pd

    names = getattr(model, "feature_names_in_", None)
    labels = [f"x{j}" for j in range(model.coef_.size)] if names is None else [str(f) for f in names]
    estimate, error = model.coef_, model.standard_errors_
    if model.fit_intercept:
        labels = ["intercept", *labels]
        estimate = np.append(model.intercept_, estimate)
        error = np.append(model.intercept_standard_error_, error)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = estimate / error
    half = norm.ppf(0.5 + check_level(level) / 2) * error
    columns = {
        "estimate": estimate,
        "standard_error": error,
        "z": z,
        "p_value": 2.0 * norm.sf(np.abs(z)),
        "lower": estimate - half,
        "upper": estimate + half,
    }
    return pd.DataFrame(columns, index=pd.Index(labels, name="term"))


def half_widths(model: Any, X: FloatArray, row: npt.NDArray[np.intp], level: float) -> FloatArray:
    """Half the length of the intervals of new rows; ``row`` is the cluster's position, -1 for one not seen."""
    m, s2 = model.degrees_of_freedom_, model.scale_
    Z = effect_design(X, *model._effects)
    known = row >= 0
    spread = s2 + ((Z @ model.covariance_) * Z).sum(axis=1)
    degrees = np.full(len(X), m)
    # The rows of a cluster seen tell of its random effects and of its scale: again a Student distribution.
    i = row[known]
    spread[known] = s2 + np.einsum("ia,iab,ib->i", Z[known], model.random_effects_covariance_[i], Z[known])
    if math.isfinite(m):
        degrees[known] += model.cluster_sizes_[i]
        spread[known] *= (m + model.cluster_distances_[i]) / degrees[known]
    columns, covariance = model._fixed
    design = np.column_stack([X, np.ones(len(X))])[:, columns]
    spread += ((design @ covariance) * design).sum(axis=1)
    upper = 0.5 + check_level(level) / 2
    finite = np.isfinite(degrees)
    quantile = np.where(finite, t.ppf(upper, np.where(finite, degrees, 1.0)), norm.ppf(upper))
    return np.asarray(quantile * np.sqrt(spread))


def add_clusters(model: Any, X: FloatArray, y: FloatArray, cluster: npt.ArrayLike) -> None:
    """Random effects, distances and weights of further clusters at the parameters of the model."""
    groups = group_rows(cluster, len(y), "cluster")
    seen = positions_of(groups.labels, model.clusters_, groups.labels.size, "cluster") >= 0
    if seen.any():
        raise ValueError(f"cluster: {groups.labels[seen][0]!r} is known already")
    Z, residual = effect_design(X, *model._effects), y - (X @ model.coef_ + model.intercept_)
    D, effects, covariances, distances = model.covariance_, [], [], []
    for i in range(groups.labels.size):
        rows = groups.rows(i)
        z, r = Z[rows], residual[rows]
        solved = np.linalg.solve(model.scale_ * np.eye(rows.size) + z @ D @ z.T, np.column_stack([r, z @ D]))
        effects.append(D @ z.T @ solved[:, 0])
        covariances.append(D - D @ z.T @ solved[:, 1:])
        distances.append(float(r @ solved[:, 0]))
    sizes, m = np.diff(groups.start), model.degrees_of_freedom_
    weights = (m + sizes) / (m + np.array(distances)) if math.isfinite(m) else np.ones(sizes.size)
    labels = np.concatenate([model.clusters_, groups.labels])
    order = np.argsort(labels, kind="stable")
    model.clusters_ = labels[order]
    for name, new in (
        ("cluster_sizes_", sizes),
        ("cluster_distances_", np.array(distances)),
        ("cluster_weights_", weights),
        ("random_effects_", np.array(effects)),
        ("random_effects_covariance_", np.array(covariances)),
    ):
        setattr(model, name, np.concatenate([getattr(model, name), new])[order])
