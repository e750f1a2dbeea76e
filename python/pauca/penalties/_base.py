"""What every penalty is to the estimators and to the compiled core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import _core
from .._validation import FloatArray, PerFeature, per_feature
from .._values import ValueObject


@dataclass(frozen=True)
class CorePenalty:
    """A penalty as the core takes it: lambda = alpha * lambda_share, ridge = alpha * ridge_share."""

    name: str
    shape: list[float] = field(default_factory=list)
    lambda_share: float = 1.0
    ridge_share: float = 0.0


class Penalty(ValueObject):
    """A penalty g(w): its value, its proximal operator and its parameters.

    ``alpha`` is the penalty's own strength; an estimator multiplies it by its ``alpha``. All other parameters are
    the penalty's shape.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.linear_model import SparseRegressor
    >>> from pauca.penalties import Penalty
    >>> class Ridge(Penalty):
    ...     convex = True
    ...     def value(self, w):
    ...         return 0.5 * float(np.sum(np.asarray(w) ** 2))
    ...     def prox(self, v, step=1.0):
    ...         return np.asarray(v) / (1.0 + step)
    >>> SparseRegressor(penalty=Ridge(), alpha=0.25, fit_intercept=False).fit(np.eye(4), [1.0, 2.0, 3.0, 4.0]).coef_
    array([0.5, 1. , 1.5, 2. ])
    """

    alpha: float
    convex: ClassVar[bool] = False

    def value(self, w: npt.ArrayLike) -> float:
        """Value of the penalty at ``w``.

        Parameters
        ----------
        w : array-like of shape (n_features,)
            Coefficients.

        Returns
        -------
        float
            ``alpha`` times the sum that the class describes.

        Examples
        --------
        >>> from pauca.penalties import L1
        >>> L1(alpha=0.5).value([3.0, -1.0])
        2.0
        """
        raise NotImplementedError

    def prox(self, v: npt.ArrayLike, step: float = 1.0) -> npt.NDArray[np.floating[Any]]:
        """Proximal operator: the global minimiser x of ``step * g(x) + ||x - v||^2 / 2``.

        Parameters
        ----------
        v : array-like of shape (n_features,)
            Point.
        step : float, default=1.0
            Factor of the penalty, positive.

        Returns
        -------
        ndarray of the shape of v
            The minimiser; of two equal ones the smaller.

        Examples
        --------
        >>> from pauca.penalties import L1
        >>> L1(alpha=0.5).prox([3.0, 0.4, -1.0])
        array([ 2.5,  0. , -0.5])
        """
        raise NotImplementedError


class SeparablePenalty(Penalty):
    """A penalty that is a sum of functions of single coefficients, computed by the compiled core.

    Examples
    --------
    >>> from pauca.penalties import MCP, SeparablePenalty, Slope
    >>> isinstance(MCP(), SeparablePenalty), isinstance(Slope(), SeparablePenalty)
    (True, False)
    """

    convex: ClassVar[bool] = True
    _strengthless: ClassVar[bool] = False  # alpha has no effect
    _flattened_by: ClassVar[str] = "gamma"  # what to enlarge for less concavity
    weights: PerFeature
    weighting: str = "strength"
    nonnegative: bool

    def _core_penalty(self) -> CorePenalty:
        """How the core calls this penalty; checks the parameters."""
        raise NotImplementedError

    def _concavity(self, alpha: float) -> float:
        """Largest second derivative of -p at strength alpha."""
        return 0.0

    def _concavities(self, alpha: float, weights: FloatArray) -> FloatArray:
        """The same along columns with these weights, less what the ridge gives back."""
        multiply, ridge = self._multiply(), float(getattr(self, "ridge", 0.0))
        finite = np.where(np.isinf(weights), 0.0, weights)  # excluded columns do not move
        strengths, which = np.unique(np.where(finite > 0.0, 1.0, 0.0) if multiply else finite, return_inverse=True)
        bends = np.array([self._concavity(alpha * v) if v > 0.0 else 0.0 for v in strengths.tolist()])[which]
        return np.asarray(bends * (finite if multiply else 1.0) - ridge * alpha * finite)

    def _multiply(self) -> bool:
        if self.weighting not in ("strength", "multiply"):
            raise ValueError(
                f"{type(self).__name__}: weighting is {self.weighting!r}, expected 'strength' or 'multiply'"
            )
        return self.weighting == "multiply"

    def _weights(self, n_features: int, feature_names: Sequence[str] | None = None) -> FloatArray | None:
        weights = per_feature("penalty.weights", self.weights, n_features, feature_names, 1.0, allow_infinite=True)
        if weights is not None and (weights < 0.0).any():
            raise ValueError(f"penalty.weights: got {weights.min()}, expected numbers >= 0")
        return weights

    def value(self, w: npt.ArrayLike) -> float:
        """Value of the penalty at ``w``.

        Parameters
        ----------
        w : array-like of shape (n_features,)
            Coefficients.

        Returns
        -------
        float
            The penalty; infinite where a coefficient breaks a sign constraint.

        Examples
        --------
        >>> from pauca.penalties import L1, MCP
        >>> L1(nonnegative=True).value([1.0, -1.0]), MCP(alpha=1.0, gamma=3.0).value([10.0])  # MCP is at most gamma / 2
        (inf, 1.5)
        """
        array = np.atleast_1d(np.ascontiguousarray(w, dtype=np.float64)).reshape(-1)
        core = self._core_penalty()
        return float(
            _core.penalty_value(
                core.name,
                core.shape,
                self.alpha * core.lambda_share,
                self.alpha * core.ridge_share,
                self._weights(array.size),
                bool(self.nonnegative),
                self._multiply(),
                array,
            )
        )

    def prox(self, v: npt.ArrayLike, step: float = 1.0) -> npt.NDArray[np.floating[Any]]:
        """Proximal operator: the global minimiser x of ``step * g(x) + ||x - v||^2 / 2``.

        Parameters
        ----------
        v : array-like
            Points, elementwise; float32 stays float32.
        step : float, default=1.0
            Step length, positive.

        Returns
        -------
        ndarray
            Minimisers, of the shape of ``v``. At a tie the smaller magnitude is returned.

        Examples
        --------
        >>> from pauca.penalties import MCP
        >>> MCP(alpha=1.0, gamma=3.0).prox([0.9, 2.0, 10.0])  # large ones are not shrunk
        array([ 0. ,  1.5, 10. ])
        """
        array, dtype = prox_input(v, step)
        core = self._core_penalty()
        out = _core.penalty_prox(
            core.name,
            core.shape,
            self.alpha * core.lambda_share,
            self.alpha * core.ridge_share,
            self._weights(array.size),
            bool(self.nonnegative),
            self._multiply(),
            array.reshape(-1),
            float(step),
        )
        return np.asarray(out, dtype=dtype).reshape(array.shape)


def prox_input(v: npt.ArrayLike, step: float) -> tuple[FloatArray, Any]:
    """``v`` as float64 and the type of the result; refuses a step that is not positive."""
    if not step > 0.0:
        raise ValueError(f"step: got {step!r}, expected a positive number")
    given = np.asarray(v)
    return np.ascontiguousarray(given, dtype=np.float64), given.dtype if given.dtype == np.float32 else np.float64


def check_alpha(penalty: Penalty) -> None:
    """Refuse a penalty strength that is not a finite number >= 0."""
    alpha = float(penalty.alpha)
    if not (np.isfinite(alpha) and alpha >= 0.0):
        raise ValueError(f"{type(penalty).__name__}: alpha is {penalty.alpha!r}, expected a finite number >= 0")
