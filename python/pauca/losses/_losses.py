"""Losses as the estimators take them; the arithmetic is in the compiled core."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from .. import _core
from .._validation import FloatArray
from .._values import ValueObject


class Loss(ValueObject):
    """A loss l(y, eta) of the linear predictor eta, averaged over samples.

    Examples
    --------
    >>> from pauca.losses import Huber, Loss
    >>> isinstance(Huber(), Loss)
    True
    >>> Huber(delta=1.0).value([0.0, 0.0], [0.5, 3.0])  # the mean of 0.125 and 2.5
    1.3125
    """

    core_name: ClassVar[str]
    task: ClassVar[str] = "regression"

    def _shape(self) -> list[float]:
        """Parameters as the core takes them; checks them."""
        return []

    def _check_target(self, y: FloatArray, weights: FloatArray) -> None:
        """Refuse targets that the loss is not defined for."""

    def _curvature(self, y: FloatArray, weights: FloatArray) -> float:
        """About the largest second derivative at the null model: what a penalty's concavity is compared with."""
        return 1.0

    def _inverse_link(self, eta: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        """The prediction for a linear predictor."""
        return eta

    def _arrays(
        self, y: npt.ArrayLike, eta: npt.ArrayLike, sample_weight: npt.ArrayLike | None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        target = np.ascontiguousarray(y, dtype=np.float64).reshape(-1)
        predictor = np.ascontiguousarray(eta, dtype=np.float64).reshape(-1)
        if target.shape != predictor.shape:
            raise ValueError(f"eta: got {predictor.size} numbers, expected {target.size} as in y")
        weights = np.ones_like(target) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        return target, predictor, np.ascontiguousarray(weights / weights.sum())

    def _at(self, target: FloatArray, eta: FloatArray, weights: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Value, gradient and curvature for the core's target and weights that sum to one."""
        value, gradient, curvature = _core.loss_evaluate(self.core_name, self._shape(), target, weights, eta)
        return float(value), gradient, curvature

    def value(self, y: npt.ArrayLike, eta: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """Weighted mean of the loss.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Targets; 0 and 1 for classification losses.
        eta : array-like of shape (n_samples,)
            Linear predictor.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights; only their ratios matter.

        Returns
        -------
        float
            The loss.

        Examples
        --------
        >>> from pauca.losses import Huber
        >>> Huber(delta=1.0).value([0.0, 0.0], [0.5, 3.0], sample_weight=[3.0, 1.0])  # 0.125 and 2.5
        0.71875
        """
        target, predictor, weights = self._arrays(y, eta, sample_weight)
        return self._at(target, predictor, weights)[0]

    def gradient(self, y: npt.ArrayLike, eta: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> FloatArray:
        """Gradient of :meth:`value` in ``eta``.

        Parameters
        ----------
        y, eta, sample_weight
            As in :meth:`value`.

        Returns
        -------
        ndarray of shape (n_samples,)
            The gradient.

        Examples
        --------
        >>> from pauca.losses import Huber
        >>> Huber(delta=1.0).gradient([0.0, 0.0], [0.5, 3.0])  # of the mean: half of 0.5 and of 1
        array([0.25, 0.5 ])
        """
        target, predictor, weights = self._arrays(y, eta, sample_weight)
        return self._at(target, predictor, weights)[1]

    def _d2(self, y: FloatArray, eta: FloatArray, sample_weight: FloatArray | None, offset: FloatArray | None) -> float:
        """1 - loss / loss of the best constant (plus offset): R^2 for squared error."""
        target, predictor, weights = self._arrays(y, eta, sample_weight)
        null = np.zeros_like(predictor) if offset is None else np.asarray(offset, dtype=np.float64)
        null = null + _core.loss_center(self.core_name, self._shape(), target, weights, null)
        worst = self.value(target, null, weights)
        loss = self.value(target, predictor, weights)
        if worst > 0.0:
            return 1.0 - loss / worst
        return 1.0 if loss <= 0.0 else 0.0


class Quadratic(Loss):
    """Squared error, ``l(y, eta) = (y - eta)^2 / 2``.

    Examples
    --------
    >>> from pauca.losses import Quadratic
    >>> Quadratic()
    Quadratic()
    """

    core_name = "quadratic"

    def __init__(self) -> None:
        pass


class Huber(Loss):
    """Huber's loss: squared error up to a residual of ``delta``, linear beyond, so that outliers weigh little.

    Parameters
    ----------
    delta : float, default=1.345
        Residual at which the loss becomes linear, positive, in the units of y (the default keeps 95% efficiency if
        the noise has standard deviation 1).

    References
    ----------
    Huber, P. (1964). Robust estimation of a location parameter. Annals of Mathematical Statistics 35, 73-101.

    Examples
    --------
    >>> from pauca.losses import Huber
    >>> Huber(delta=1.0).value([0.0], [3.0])
    2.5
    """

    core_name = "huber"

    def __init__(self, delta: float = 1.345) -> None:
        self.delta = delta

    def _shape(self) -> list[float]:
        if not (np.isfinite(self.delta) and self.delta > 0.0):
            raise ValueError(f"Huber: delta is {self.delta!r}, expected a positive number")
        return [float(self.delta)]


class Expectile(Loss):
    """Asymmetric least squares, whose predictions are conditional expectiles.

    With r = y - eta the loss is ``q r^2`` for r >= 0 and ``(1 - q) r^2`` below: q = 0.5 is the quadratic loss. Unlike
    quantiles, expectiles feel how far the tail reaches, and the loss needs no smoothing.

    Parameters
    ----------
    expectile : float, default=0.5
        The level q, in (0, 1).

    References
    ----------
    Newey, W. and Powell, J. (1987). Asymmetric least squares estimation and testing. Econometrica 55, 819-847.

    Examples
    --------
    >>> from pauca.losses import Expectile
    >>> Expectile(expectile=0.9).value([2.0], [0.0])
    3.6
    """

    core_name = "expectile"

    def __init__(self, expectile: float = 0.5) -> None:
        self.expectile = expectile

    def _shape(self) -> list[float]:
        if not 0.0 < self.expectile < 1.0:
            raise ValueError(f"Expectile: expectile is {self.expectile!r}, expected a number in (0, 1)")
        return [float(self.expectile)]

    def _curvature(self, y: FloatArray, weights: FloatArray) -> float:
        return 2.0 * max(self.expectile, 1.0 - self.expectile)


class Quantile(Loss):
    """Quantile regression: the check loss, smoothed by a uniform kernel of half-width ``bandwidth``.

    With r = y - eta the loss is ``q r`` for r >= h, ``(q - 1) r`` for r <= -h and ``q r + (h - r)^2 / (4 h)`` between.
    As h goes to 0 it becomes the check loss.

    Parameters
    ----------
    quantile : float, default=0.5
        Quantile, in (0, 1).
    bandwidth : float, default=0.1
        Half-width h of the kernel, positive, in the units of y: narrow beside the spread of the residuals, because
        the fitted quantile moves by up to h. Far below a thousandth of the spread fits become slow.

    References
    ----------
    Fernandes, M., Guerre, E. and Horta, E. (2021). Smoothing quantile regressions. Journal of Business and Economic
    Statistics 39, 338-357.

    Examples
    --------
    >>> from pauca.losses import Quantile
    >>> Quantile(quantile=0.9).value([1.0], [0.0])
    0.9
    """

    core_name = "quantile"

    def __init__(self, quantile: float = 0.5, bandwidth: float = 0.1) -> None:
        self.quantile = quantile
        self.bandwidth = bandwidth

    def _shape(self) -> list[float]:
        if not 0.0 < self.quantile < 1.0:
            raise ValueError(f"Quantile: quantile is {self.quantile!r}, expected a number in (0, 1)")
        if not (np.isfinite(self.bandwidth) and self.bandwidth > 0.0):
            raise ValueError(f"Quantile: bandwidth is {self.bandwidth!r}, expected a positive number")
        return [float(self.quantile), float(self.bandwidth)]

    def _curvature(self, y: FloatArray, weights: FloatArray) -> float:
        return 0.5 / self.bandwidth


class Poisson(Loss):
    """Poisson regression of counts: half the deviance, ``exp(eta) - y eta`` up to a constant, with E y = exp(eta).

    For counts over unequal exposures give ``offset=log(exposure)`` to ``fit``.

    Examples
    --------
    >>> from pauca.losses import Poisson
    >>> Poisson().value([1.0, 2.0], [0.0, 0.0]).__round__(4)
    0.1931
    """

    core_name = "poisson"

    def __init__(self) -> None:
        pass

    def _check_target(self, y: FloatArray, weights: FloatArray) -> None:
        if (y < 0.0).any():
            raise ValueError(f"y: Poisson needs targets >= 0, got {y.min():g}")
        if not (weights * y).any():
            raise ValueError("y: Poisson needs a positive target, all are 0")

    def _curvature(self, y: FloatArray, weights: FloatArray) -> float:
        return float(weights @ y)

    def _inverse_link(self, eta: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        return np.asarray(np.exp(eta))


class Gamma(Loss):
    """Gamma regression of positive targets with logarithmic link: half the deviance, ``y exp(-eta) + eta - 1 - log y``.

    Examples
    --------
    >>> from pauca.losses import Gamma
    >>> Gamma().value([1.0], [0.0])
    0.0
    """

    core_name = "gamma"

    def __init__(self) -> None:
        pass

    def _check_target(self, y: FloatArray, weights: FloatArray) -> None:
        if (y <= 0.0).any():
            raise ValueError(f"y: Gamma needs targets > 0, got {y.min():g}")

    def _inverse_link(self, eta: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        return np.asarray(np.exp(eta))


class Logistic(Loss):
    """Logistic loss, ``l(y, eta) = log(1 + exp(eta)) - y eta`` with y in {0, 1}.

    Examples
    --------
    >>> from pauca.losses import Logistic
    >>> Logistic() == Logistic()
    True
    """

    core_name = "logistic"
    task = "classification"

    def __init__(self) -> None:
        pass

    def _curvature(self, y: FloatArray, weights: FloatArray) -> float:
        mean = float(weights @ y)
        return mean * (1.0 - mean)

    def _inverse_link(self, eta: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        return np.asarray(expit(eta))


class SquaredHinge(Loss):
    """Squared hinge loss, ``max(0, 1 - z eta)^2 / 2`` with z = 2 y - 1 and y in {0, 1}: a support vector machine.

    Examples
    --------
    >>> from pauca.losses import SquaredHinge
    >>> SquaredHinge().value([1.0, 0.0], [2.0, 0.0])
    0.25
    """

    core_name = "squared_hinge"
    task = "classification"

    def __init__(self) -> None:
        pass
