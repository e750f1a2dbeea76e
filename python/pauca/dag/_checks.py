"""Warnings and refusals that save users from themselves."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray
from ._problem import MomentSet


def refuse_categories(X: Any) -> None:
    """ValueError if a data frame has columns that are no numbers."""
    dtypes = getattr(X, "dtypes", None)
    if dtypes is None or not hasattr(X, "columns"):
        return
    bad = [str(c) for c, t in zip(X.columns, dtypes, strict=True) if str(t) in ("category", "object", "str", "string")]
    if bad:
        raise ValueError(
            f"X: the columns {bad} are categorical; a linear model of them as nodes makes no sense. Encode them as 0/1 "
            "indicators (one a category but one) and list those in exogenous=, or leave them out."
        )


def warn_standardized(estimator: Any, moments: MomentSet) -> None:
    """Equal noise variances cannot be told from columns that were scaled to variance one."""
    if estimator.variance != "equal":
        return
    variance = np.diag(moments.covariance())[: moments.n_features]
    if variance.size > 2 and np.allclose(variance / variance.mean(), 1.0, rtol=1e-2):
        warnings.warn(
            "All columns have the same variance: X looks standardized. Equal noise variances identify the graph only "
            "on the original scale; use the original columns or variance='unequal'.",
            UserWarning,
            stacklevel=3,
        )


def warn_ignored_strength(estimator: Any) -> None:
    """A BIC search knows no penalty strength; the published optimiser minimises the CoLiDE score only."""
    adam = not isinstance(estimator.solver, str) or estimator.solver == "adam"
    if estimator.criterion == "bic" and adam:
        raise ValueError("solver: the published optimiser minimises the CoLiDE score: set criterion='colide'")
    if estimator.criterion == "bic":
        given = [name for name in ("alpha", "adaptive", "edge_penalties") if getattr(estimator, name) is not None]
        if given:
            warnings.warn(
                f"{', '.join(given)} has no effect with criterion='bic', whose price of an edge is penalty_discount: "
                "set criterion='colide' for a penalty on the weights.",
                UserWarning,
                stacklevel=4,
            )


def check_intervened(intervened: npt.ArrayLike, X: FloatArray) -> npt.NDArray[np.bool_]:
    """A boolean array of the shape of X."""
    mask = np.asarray(intervened)
    if mask.shape != X.shape or mask.dtype.kind != "b":
        raise ValueError(
            f"intervened: got shape {mask.shape} of {mask.dtype}, expected a boolean array of shape {X.shape}"
        )
    return mask


def check_cluster(cluster: npt.ArrayLike, n: int) -> npt.NDArray[np.intp]:
    """Cluster numbers from labels."""
    labels = np.asarray(cluster)
    if labels.shape != (n,):
        raise ValueError(f"cluster: got shape {labels.shape}, expected ({n},)")
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.intp)
