"""The one place that touches scikit-learn names which are private or differ between versions (1.6 to 1.9)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sklearn import get_config
from sklearn.base import _fit_context as _validating_context
from sklearn.utils._param_validation import HasMethods, Interval, InvalidParameterError, StrOptions
from sklearn.utils.validation import _check_sample_weight, validate_data

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    HAS_CALLBACKS = True
except ImportError:
    HAS_CALLBACKS = False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support before scikit-learn 1.9."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method itself: there are no callbacks before scikit-learn 1.9."""

        @functools.wraps(method)
        def unchanged(*args: Any, **kwargs: Any) -> Any:
            return method(*args, **kwargs)

        return unchanged


def routing_enabled() -> bool:
    """Whether scikit-learn's metadata routing is switched on."""
    return bool(get_config().get("enable_metadata_routing", False))


def _fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Validate parameters as scikit-learn's decorator does; a fit that fails leaves the estimator as it was."""
    validating = _validating_context(prefer_skip_nested_validation=prefer_skip_nested_validation)

    def decorator(fit: Callable[..., Any]) -> Callable[..., Any]:
        validated = validating(fit)

        @functools.wraps(fit)
        def all_or_nothing(self: Any, *args: Any, **kwargs: Any) -> Any:
            before = dict(vars(self))
            try:
                return validated(self, *args, **kwargs)
            except BaseException:  # Ctrl-C too
                vars(self).clear()
                vars(self).update(before)
                raise

        return all_or_nothing

    return decorator


__all__ = [
    "HAS_CALLBACKS",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "_check_sample_weight",
    "_fit_context",
    "routing_enabled",
    "validate_data",
    "with_callbacks",
]
