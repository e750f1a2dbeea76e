"""The features that an estimator selects, strength by strength: in one path where pauca has one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from .._validation import FloatArray
from ..linear_model import RegularizationPath, SparseClassifier, SparseCoxRegressor, SparseRegressor, path
from ..linear_model._classifier import class_weights
from ..linear_model._fit import resolve_penalty
from ..losses._names import resolve_loss
from ..penalties import Box, SeparablePenalty, StructuredPenalty

Mask = npt.NDArray[np.bool_]


def has_path(estimator: Any) -> bool:
    """Whether the estimator's fits at several strengths are one call of ``path``."""
    if type(estimator) not in (SparseRegressor, SparseClassifier, SparseCoxRegressor):
        return False
    solver, penalty = estimator.solver, resolve_penalty(estimator.penalty)
    fixed = getattr(solver, "_explicit", False) or getattr(solver, "n_nonzero", None) is not None
    return not fixed and isinstance(penalty, SeparablePenalty | StructuredPenalty) and not isinstance(penalty, Box)


def estimator_path(
    estimator: Any, X: Any, y: Any, alphas: int | npt.ArrayLike, eps: float | None = None, **rows: Any
) -> RegularizationPath:
    """The path of an estimator with ``has_path``; a classifier has two classes."""
    loss = estimator.loss
    if isinstance(estimator, SparseClassifier):
        classes = np.unique(y)
        if classes.size != 2:
            raise ValueError(f"y: got {classes.size} classes, expected two")
        codes = (np.asarray(y) == classes[1]).astype(np.intp)
        if estimator.class_weight is not None:
            weights = class_weights(estimator.class_weight, y, codes, rows.get("sample_weight"), X)
            if np.count_nonzero(np.bincount(codes, weights)) < 2:
                raise ValueError(f"class_weight: {estimator.class_weight!r} leaves one class, expected two")
            rows["sample_weight"] = weights
        y = codes.astype(float)
        loss = resolve_loss(loss)
    return path(
        X,
        y,
        loss=loss,
        penalty=estimator.penalty,
        alphas=alphas,
        eps=eps,
        solver=estimator.solver,
        fit_intercept=estimator.fit_intercept,
        standardize=estimator.standardize,
        tol=estimator.tol,
        max_iter=estimator.max_iter,
        max_time=estimator.max_time,
        **rows,
    )


def _is_multiclass(estimator: Any, y: Any) -> bool:
    return isinstance(estimator, SparseClassifier) and np.unique(y).size > 2


def last_model(fitted: Any) -> Any:
    """The model that a pipeline ends in, or that a search has chosen."""
    while not hasattr(fitted, "coef_"):
        if hasattr(fitted, "best_estimator_"):
            fitted = fitted.best_estimator_
        elif isinstance(fitted, Pipeline):
            fitted = fitted[-1]
        else:
            raise ValueError(f"estimator: {type(fitted).__name__} has no coef_ after fit")
    return fitted


def selected_features(fitted: Any) -> Mask:
    """Support of a fitted selector or of nonzero coefficients."""
    if hasattr(fitted, "get_support"):
        return np.asarray(fitted.get_support(), dtype=bool)
    if not hasattr(fitted, "coef_"):
        raise ValueError(f"estimator: {type(fitted).__name__} has neither coef_ nor get_support()")
    coef = fitted.coef_.toarray() if sparse.issparse(fitted.coef_) else np.asarray(fitted.coef_)
    return np.asarray((coef != 0).reshape(-1, coef.shape[-1]).any(axis=0))


def selections(estimator: Any, X: Any, y: Any, strengths: FloatArray, name: str, rows: dict[str, Any]) -> Mask:
    """Which features are selected at each strength, (n_strengths, n_features)."""
    if name == "alpha" and has_path(estimator) and not _is_multiclass(estimator, y):
        if isinstance(X, np.ndarray):
            X = np.asfortranarray(X)
        found = estimator_path(estimator, X, y, strengths, **rows)
        mask = found.coefs_.toarray().T != 0
        if len(mask) < len(strengths):  # a path may end early: its last support stands for the rest
            mask = np.vstack([mask, np.repeat(mask[-1:], len(strengths) - len(mask), axis=0)])
        return np.asarray(mask)
    model = clone(estimator)
    return np.array([selected_features(model.set_params(**{name: float(v)}).fit(X, y, **rows)) for v in strengths])
