"""Validation that every family shares: arrays for the compiled core, sample weights, values given by feature name."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.validation import check_consistent_length

from . import _core
from ._sklearn_compat import _check_sample_weight, _check_y, aligned, column_names, validate_data
from .design import GenotypeMatrix

FloatArray = npt.NDArray[np.float64]
PerFeature = npt.ArrayLike | Mapping[str, float] | Callable[[Sequence[str]], npt.ArrayLike] | None


def as_design(X: Any) -> Any:
    """Hand a validated matrix (F-ordered, scipy sparse CSC, genotypes) to the core without copying it."""
    if isinstance(X, GenotypeMatrix):
        return X._design()
    X = aligned(X)
    if not sparse.issparse(X):
        return _core.dense_design(X)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    index = X.indptr.dtype if X.indptr.dtype == X.indices.dtype else np.dtype(np.int64)
    return _core.csc_design(X.data, X.indices.astype(index, copy=False), X.indptr.astype(index, copy=False), X.shape[0])


def validate_matrix(estimator: Any, X: Any, y: Any = "no_validation", *, reset: bool = True, **options: Any) -> Any:
    """scikit-learn's ``validate_data``, for estimators that take a :class:`~pauca.design.GenotypeMatrix` as well."""
    if not isinstance(X, GenotypeMatrix):
        return validate_data(estimator, X, y, reset=reset, **options)
    names = X.feature_names
    if reset:
        estimator.n_features_in_ = X.shape[1]
        if names is not None:
            estimator.feature_names_in_ = np.asarray(names, dtype=object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    elif X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    known = getattr(estimator, "feature_names_in_", None)
    if names is not None and known is not None and list(known) != names:
        raise ValueError("X: the feature names are not those of fit")
    return check_genotypes(X, y, **options)


def check_genotypes(X: GenotypeMatrix, y: Any = "no_validation", **options: Any) -> Any:
    """Genotypes, and y as ``check_X_y`` would have it."""
    least = int(options.get("ensure_min_samples", 1))
    if X.shape[0] < least:
        raise ValueError(f"X: got {X.shape[0]} samples, expected at least {least}")
    if isinstance(y, str) and y == "no_validation":
        return X
    y = _check_y(y, multi_output=options.get("multi_output", False), y_numeric=options.get("y_numeric", False))
    check_consistent_length(X, y)
    return X, y


def check_names(name: str, X: Any, expected: Sequence[str] | None) -> None:
    """A ValueError if X is a data frame whose columns are not those expected, in their order."""
    found = None if expected is None else column_names(X)
    if expected is None or found is None or found == [str(e) for e in expected]:
        return
    k = next((k for k, pair in enumerate(zip(found, expected, strict=False)) if pair[0] != pair[1]), -1)
    differ = f"column {k} is {found[k]!r}, expected {expected[k]!r}" if k >= 0 else "their numbers differ"
    raise ValueError(f"{name}: the columns are not those of before: {differ}")


def normalized_weights(sample_weight: npt.ArrayLike | None, X: Any) -> FloatArray:
    """Sample weights that sum to one; ones if None. Negative or all-zero weights are a ValueError."""
    if sample_weight is None:
        return np.full(X.shape[0], 1.0 / X.shape[0])
    weights = np.asarray(
        _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True), dtype=np.float64
    )
    total = float(weights.sum())
    if total <= 0.0:
        raise ValueError("sample_weight: all weights are zero, expected at least one positive weight")
    return weights / total


def check_vector(name: str, value: npt.ArrayLike, size: int) -> FloatArray:
    """A finite float64 vector of this size, or a ValueError that names it."""
    array = np.require(value, np.float64, ["C", "A"])
    if array.shape != (size,):
        raise ValueError(f"{name}: got shape {array.shape}, expected ({size},)")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: contains NaN or infinity, expected finite numbers")
    return array


def per_feature(
    name: str,
    value: PerFeature,
    n_features: int,
    feature_names: Sequence[str] | None,
    default: float,
    allow_infinite: bool = False,
) -> FloatArray | None:
    """Resolve one number a feature: an array, {feature name or glob: number}, or a callable of the feature names.

    Without column names, features are called ``x0, x1, ...`` as scikit-learn does. None stays None.
    """
    if value is None:
        return None
    names = [f"x{j}" for j in range(n_features)] if feature_names is None else [str(f) for f in feature_names]
    if callable(value):
        value = value(names)
    if isinstance(value, Mapping):
        array = np.full(n_features, default)
        for key, number in value.items():
            hits = match_features(name, str(key), names)
            array[hits] = number
    else:
        array = np.array(value, dtype=np.float64)
    if array.shape != (n_features,):
        raise ValueError(f"{name}: got shape {array.shape}, expected one number for each of {n_features} features")
    if np.isnan(array).any() or (not allow_infinite and np.isinf(array).any()):
        raise ValueError(f"{name}: contains NaN or infinity, expected finite numbers")
    return array


def match_features(argument: str, pattern: str, names: Sequence[str]) -> list[int]:
    """Positions of the features with this name, or that match this glob; none is a ValueError."""
    if pattern in names:
        return [j for j, n in enumerate(names) if n == pattern]
    compiled = re.compile(fnmatch.translate(pattern))
    hits = [j for j, n in enumerate(names) if compiled.match(n)]
    if not hits:
        shown = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
        hint = (
            "; names need a data frame (in a pipeline: set_output(transform='pandas'))"
            if list(names) == [f"x{j}" for j in range(len(names))]
            else ""
        )
        raise ValueError(f"{argument}: {pattern!r} matches no feature name; the features are {shown}{hint}")
    return hits


def parse_strength(alpha: float | str, name: str = "alpha") -> tuple[float, bool]:
    """``0.3`` -> (0.3, False); ``"0.1max"`` -> (0.1, True), a fraction of alpha_max."""
    if isinstance(alpha, str):
        match = re.fullmatch(r"\s*([0-9.]+(?:[eE][-+]?[0-9]+)?)\s*max\s*", alpha)
        if match is None:
            raise ValueError(f"{name}: got {alpha!r}, expected a number or a fraction of alpha_max such as '0.1max'")
        return float(match.group(1)), True
    value = float(alpha)
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"{name}: got {alpha!r}, expected a finite number >= 0")
    return value, False


def seconds_or_inf(max_time: float | None) -> float:
    """Seconds for the core; None means no limit."""
    return math.inf if max_time is None else float(max_time)
