"""Warnings and refusals that save users from themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray
from .._warnings import warn_user
from ._constraints import listed, positions
from ._problem import MomentSet

NOT_NUMBERS = ("category", "categorical", "enum", "object", "str", "string")


def category_levels(X: Any, exogenous: Any) -> dict[str, list[Any]]:
    """Columns of a data frame that are no numbers: the two levels of each if it is exogenous; ValueError if not."""
    dtypes = getattr(X, "dtypes", None)
    if dtypes is None or not hasattr(X, "columns"):
        return {}
    kinds = [str(t).split("(")[0].lower() for t in dtypes]
    names = [str(c) for c in X.columns]
    bad = [c for c, kind in zip(names, kinds, strict=True) if kind in NOT_NUMBERS]
    if not bad:
        return {}
    outside = {names[j] for key in listed(exogenous) for j in positions("exogenous", key, names)}
    levels = {c: _levels(X[c]) for c in bad if c in outside}
    refused = [c for c in bad if len(levels.get(c, [])) != 2]
    if refused:
        raise ValueError(
            f"X: the columns {refused} are categorical; a linear model of them as nodes makes no sense. List a column "
            "of two categories in exogenous=; encode others as 0/1 indicators (one a category but one) and list those, "
            "or leave them out."
        )
    return levels


def _levels(column: Any) -> list[Any]:
    """Categories in their order where the column has one, else sorted."""
    accessor = getattr(column, "cat", None)
    categories = getattr(accessor, "categories", None)
    return list(categories) if categories is not None else sorted(set(column.dropna()), key=str)


def coded(X: Any, levels: dict[str, list[Any]]) -> Any:
    """A frame with these columns as 0 and 1; missing entries stay missing."""
    if not levels or not hasattr(X, "assign"):
        return X
    for name, (zero, one) in levels.items():
        strange = set(X[name].dropna()) - {zero, one}
        if strange:
            raise ValueError(f"X: the column {name!r} has {sorted(map(str, strange))}, expected {zero!r} or {one!r}")
    return X.assign(**{c: X[c].astype(object).map(dict(zip(pair, (0.0, 1.0), strict=True))).astype(float)
                       for c, pair in levels.items()})  # fmt: skip


@contextmanager
def naming_remedy() -> Iterator[None]:
    """Missing values: say what to do about them in a graph."""
    try:
        yield
    except ValueError as error:
        if "contains NaN" not in str(error):
            raise
        raise ValueError(
            "X: contains NaN. Drop those rows if values are missing at random (X[~np.isnan(X).any(axis=1)]), or impute "
            "them first, as with sklearn.impute.IterativeImputer; filling in means weakens edges and bends directions."
        ) from error


def warn_standardized(estimator: Any, moments: MomentSet) -> None:
    """Equal noise variances cannot be told from columns that were scaled to variance one."""
    if estimator.variance != "equal":
        return
    variance = np.diag(moments.covariance())[: moments.n_features]
    if variance.size > 2 and np.allclose(variance / variance.mean(), 1.0, rtol=1e-2):
        warn_user(
            "All columns have the same variance: X looks standardized. Equal noise variances identify the graph only "
            "on the original scale; use the original columns or variance='unequal'.",
        )


def warn_ignored_strength(estimator: Any) -> None:
    """A BIC search knows no penalty strength; the published optimiser minimises the CoLiDE score only."""
    adam = not isinstance(estimator.solver, str) or estimator.solver == "adam"
    if estimator.criterion == "bic" and adam:
        raise ValueError("solver: the published optimiser minimises the CoLiDE score: set criterion='colide'")
    if estimator.criterion == "bic":
        given = [name for name in ("alpha", "adaptive", "edge_penalties") if getattr(estimator, name) is not None]
        if given:
            warn_user(
                f"{', '.join(given)} has no effect with criterion='bic', whose price of an edge is penalty_discount: "
                "set criterion='colide' for a penalty on the weights.",
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
