"""The one place that touches scikit-learn names which are private or differ between versions (1.6 to 1.9)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import get_config, set_config
from sklearn.base import _fit_context as _validating_context
from sklearn.utils._indexing import _safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, InvalidParameterError, StrOptions
from sklearn.utils.validation import _check_sample_weight, _check_y, _get_feature_names, _num_samples
from sklearn.utils.validation import check_array as _check_array
from sklearn.utils.validation import check_X_y as _check_X_y
from sklearn.utils.validation import validate_data as _validate_data

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks

    HAS_CALLBACKS = True
except ImportError:
    HAS_CALLBACKS = False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support before scikit-learn 1.9."""

    def _with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        return method


def routing_enabled() -> bool:
    """Whether scikit-learn's metadata routing is switched on."""
    return bool(get_config().get("enable_metadata_routing", False))


def aligned(value: Any) -> Any:
    """The array, or a copy if its numbers lie across their addresses, as those of bytes from a network may."""
    if isinstance(value, np.ndarray):
        return value if value.flags.aligned else value.copy(order="K")
    if sparse.issparse(value) and value.format in ("csr", "csc"):
        parts = (value.data, value.indices, value.indptr)
        if not all(part.flags.aligned for part in parts):
            return type(value)(tuple(aligned(part) for part in parts), shape=value.shape)
    return value


def column_names(X: Any) -> list[str] | None:
    """The names of a data frame's columns, if all of them are strings."""
    names = _get_feature_names(X)
    return None if names is None else [str(name) for name in names]


def _all_aligned(values: Any) -> Any:
    return tuple(aligned(value) for value in values) if isinstance(values, tuple) else aligned(values)


def _refuse_dask(X: Any) -> None:
    """Estimators that take dask arrays have taken them before; the others would collect them, silently."""
    if hasattr(X, "__dask_graph__"):
        raise ValueError(
            f"X: got a dask {type(X).__name__}, which would be collected here; if it fits the memory pass X.compute(). "
            "Only fits that need moments or columns alone take dask arrays (guide: larger than memory)"
        )


def validate_data(estimator: Any, X: Any, *args: Any, reset: bool = True, **kwargs: Any) -> Any:
    """``validate_data`` of scikit-learn, and what comes out is aligned; fits refuse what dask has not computed."""
    if reset:
        _refuse_dask(X)
    return _all_aligned(_validate_data(estimator, X, *args, reset=reset, **kwargs))


def check_array(array: Any, *args: Any, **kwargs: Any) -> Any:
    """``check_array`` of scikit-learn, and what comes out is aligned; what dask has not computed is refused."""
    _refuse_dask(array)
    return aligned(_check_array(array, *args, **kwargs))


def check_X_y(X: Any, *args: Any, **kwargs: Any) -> Any:
    """``check_X_y`` of scikit-learn, and what comes out is aligned; what dask has not computed is refused."""
    _refuse_dask(X)
    return _all_aligned(_check_X_y(X, *args, **kwargs))


def _all_or_nothing(fit: Callable[..., Any]) -> Callable[..., Any]:
    """A fit that fails leaves the estimator as it was, and scikit-learn's switch for validation too."""

    @functools.wraps(fit)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before, skipping = dict(vars(self)), get_config()["skip_parameter_validation"]
        try:
            return fit(self, *args, **kwargs)
        except BaseException:  # Ctrl-C too
            vars(self).clear()
            vars(self).update(before)
            set_config(skip_parameter_validation=skipping)
            raise

    guarded._all_or_nothing = True  # type: ignore[attr-defined]
    return guarded


def _fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Validate parameters as scikit-learn's decorator does; a fit that fails leaves the estimator as it was."""
    validating = _validating_context(prefer_skip_nested_validation=prefer_skip_nested_validation)
    return lambda fit: _all_or_nothing(validating(fit))


def with_callbacks(fit: Callable[..., Any]) -> Callable[..., Any]:
    """scikit-learn's decorator, where it has callbacks (1.9); what goes wrong there is a failure of the fit too."""
    managed = _with_callbacks(fit)
    return _all_or_nothing(managed) if getattr(fit, "_all_or_nothing", False) else managed


__all__ = [
    "HAS_CALLBACKS",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "_check_sample_weight",
    "_check_y",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
    "aligned",
    "check_X_y",
    "check_array",
    "column_names",
    "routing_enabled",
    "validate_data",
    "with_callbacks",
]
