"""Bounds on coefficients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .. import _core
from .._validation import PerFeature, per_feature
from ._base import CorePenalty, SeparablePenalty, prox_input


class Box(SeparablePenalty):
    """Bounds ``lower <= w <= upper`` and no other penalty: ``Box(lower=0.0)`` asks for nonnegative coefficients.

    In an estimator every interval must contain zero, and ``alpha`` has no effect.

    Parameters
    ----------
    lower, upper : float, array-like of shape (n_features,), dict or callable, default=-inf, inf
        Bounds; also ``{feature name or glob: bound}`` (others are free), or a callable of the feature names.

    Examples
    --------
    >>> from pauca.penalties import Box
    >>> Box(lower=0.0, upper=1.0).prox([-1.0, 0.5, 3.0])
    array([0. , 0.5, 1. ])
    """

    alpha = 1.0
    weights = None
    nonnegative = False
    _strengthless = True

    def __init__(self, lower: float | PerFeature = -np.inf, upper: float | PerFeature = np.inf) -> None:
        self.lower = lower
        self.upper = upper

    def _bounds(self, n_features: int, feature_names: Sequence[str] | None = None) -> list[float]:
        bounds = []
        for name, default in (("lower", -np.inf), ("upper", np.inf)):
            given = getattr(self, name)
            if np.isscalar(given):
                given = np.full(n_features, given)
            array = per_feature(f"penalty.{name}", given, n_features, feature_names, default, allow_infinite=True)
            bounds.append(np.full(n_features, default) if array is None else array)
        if (bounds[0] > bounds[1]).any():
            raise ValueError("Box: a lower bound exceeds its upper bound")
        return [*bounds[0].tolist(), *bounds[1].tolist()]

    def _core_penalty(self, n_features: int | None = None, feature_names: Sequence[str] | None = None) -> CorePenalty:
        bounds = [] if n_features is None else self._bounds(n_features, feature_names)
        if n_features is not None:
            lower, upper = np.array(bounds).reshape(2, -1)
            if (lower > 0.0).any() or (upper < 0.0).any():
                raise ValueError("Box: the interval of a feature does not contain 0, as estimators need")
        return CorePenalty("box", bounds, lambda_share=0.0)

    def value(self, w: npt.ArrayLike) -> float:
        """0 within the bounds, infinity outside.

        Parameters
        ----------
        w : array-like of shape (n_features,)
            Coefficients.

        Returns
        -------
        float
            0 or infinity.

        Examples
        --------
        >>> from pauca.penalties import Box
        >>> Box(lower=0.0).value([0.0, 2.0]), Box(lower=0.0).value([-1.0, 2.0])
        (0.0, inf)
        """
        array = np.atleast_1d(np.ascontiguousarray(w, dtype=np.float64)).reshape(-1)
        return float(_core.penalty_value("box", self._bounds(array.size), 0.0, 0.0, None, False, False, array))

    def prox(self, v: npt.ArrayLike, step: float = 1.0) -> npt.NDArray[np.floating]:
        """Nearest point within the bounds, whatever the step.

        Parameters
        ----------
        v : array-like of shape (n_features,)
            Point.
        step : float, default=1.0
            Factor of the penalty, positive.

        Returns
        -------
        ndarray of shape (n_features,)
            Nearest point.

        Examples
        --------
        >>> from pauca.penalties import Box
        >>> Box(lower=0.0, upper=[1.0, 2.0]).prox([5.0, 5.0], step=0.1)
        array([1., 2.])
        """
        array, dtype = prox_input(v, step)
        flat = array.reshape(-1)
        out = _core.penalty_prox("box", self._bounds(flat.size), 0.0, 0.0, None, False, False, flat, float(step))
        return np.asarray(out, dtype=dtype).reshape(array.shape)
