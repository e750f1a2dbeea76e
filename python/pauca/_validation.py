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
_HUGE = 1e100
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


def as_graph(Q: Any) -> Any:
    """The core's view of a sparse symmetric matrix."""
    Q = sparse.csr_array(Q)
    Q.sum_duplicates()
    return _core.make_graph(
        np.ascontiguousarray(Q.data, dtype=np.float64), Q.indices.astype(np.int64), Q.indptr.astype(np.int64)
    )


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


def checked_weights(sample_weight: npt.ArrayLike, X: Any) -> FloatArray:
    """Finite sample weights >= 0, one for each row of X."""
    return np.asarray(
        _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True), dtype=np.float64
    )


def normalized_weights(sample_weight: npt.ArrayLike | None, X: Any) -> FloatArray:
    """Sample weights that sum to one; ones if None. Negative or all-zero weights are a ValueError."""
    if sample_weight is None:
        return np.full(X.shape[0], 1.0 / X.shape[0])
    weights = checked_weights(sample_weight, X)
    with np.errstate(over="ignore"):
        total = float(weights.sum())
    if np.isinf(total):
        weights = weights / weights.max()
        total = float(weights.sum())
    if total <= 0.0:
        raise ValueError("sample_weight: all weights are zero, expected at least one positive weight")
    return weights / total


def quiet_idle_rows(
    X: Any, y: FloatArray, weights: FloatArray, offset: FloatArray | None
) -> tuple[Any, FloatArray, FloatArray, FloatArray | None]:
    """The data with other numbers, in copies, in rows of weight 0 that are so large that squares overflow.

    0 times infinity would be NaN. Of survival targets only the order counts: they stay as they are.
    """
    idle = weights == 0.0
    if isinstance(X, GenotypeMatrix) or not idle.any():
        return X, y, weights, offset
    packed = len(y) != len(weights)
    parts = [X.data if sparse.issparse(X) else X[idle]]
    parts += [] if packed else [y[idle]]
    parts += [] if offset is None else [offset[idle]]
    if max(float(np.abs(part).max(initial=0.0)) for part in parts) < _HUGE:
        return X, y, weights, offset
    X = X.copy() if sparse.issparse(X) else X.copy(order="F")
    if sparse.issparse(X):
        X.data[idle[X.indices]] = 0.0
    else:
        X[idle] = 0.0
    if not packed:
        y = y.copy()
        y[idle] = y[np.argmin(idle)]
    return X, y, weights, None if offset is None else np.where(idle, 0.0, offset)


def numbers(name: str, value: Any) -> FloatArray:
    """Real numbers as float64, or a ValueError that names the argument."""
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "cUSmM":
            return np.asarray(given, dtype=np.float64)
        found = f"numbers of type {given.dtype}" if given.dtype.kind == "c" else f"{value!r:.60}"
    except (TypeError, ValueError):
        found = f"{value!r:.60}"
    raise ValueError(f"{name}: got {found}, expected real numbers")


def iteration_limit(max_iter: int) -> int:
    """A number of iterations that the core can count to, or a ValueError."""
    most = np.iinfo(np.int64).max
    if not 0 < max_iter <= most:
        raise ValueError(f"max_iter: got {max_iter!r}, expected an integer from 1 to {most}")
    return int(max_iter)


def check_vector(name: str, value: npt.ArrayLike, size: int) -> FloatArray:
    """A finite float64 vector of this size, or a ValueError that names it."""
    array = np.require(numbers(name, value), np.float64, ["C", "A"])
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
    index = getattr(value, "index", None)
    if index is not None and not callable(index):  # a pandas Series
        value = _by_label(name, value, names)
    if isinstance(value, Mapping):
        array = np.full(n_features, default)
        known = set(names)
        for key, number in sorted(value.items(), key=lambda item: str(item[0]) in known):  # names win over globs
            array[match_features(name, str(key), names)] = numbers(f"{name}[{key!r}]", number)
    else:
        array = np.array(numbers(name, value))
    if array.shape != (n_features,):
        raise ValueError(f"{name}: got shape {array.shape}, expected one number for each of {n_features} features")
    if np.isnan(array).any() or (not allow_infinite and np.isinf(array).any()):
        raise ValueError(f"{name}: contains NaN or infinity, expected finite numbers")
    return array


def _by_label(name: str, series: Any, names: Sequence[str]) -> Any:
    """A Series as {feature name: number}, or as an array if its index only counts."""
    labels, values = list(series.index), series.to_numpy()
    if labels == list(range(len(labels))):
        return values
    unknown = [label for label in labels if label not in set(names)]
    if unknown or len(set(labels)) < len(labels):
        what = f"no feature is called {unknown[0]!r}" if unknown else "a label comes twice"
        raise ValueError(
            f"{name}: got a Series of which {what}; expected feature names as its index, or to_numpy() for numbers in "
            "the order of the columns"
        )
    return dict(zip(labels, values, strict=True))


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
        match = re.fullmatch(r"\s*((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*max\s*", alpha)
        if match is None or not math.isfinite(float(match.group(1))):
            raise ValueError(f"{name}: got {alpha!r}, expected a number or a fraction of alpha_max such as '0.1max'")
        return float(match.group(1)), True
    value = float(alpha)
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"{name}: got {alpha!r}, expected a finite number >= 0")
    return value, False


def seconds_or_inf(max_time: float | None) -> float:
    """Seconds for the core; None means no limit."""
    return math.inf if max_time is None else float(max_time)
