"""The partial likelihood of proportional hazards as a loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._survival import survival_target
from .._validation import FloatArray
from ._losses import Loss


class Cox(Loss):
    """Minus the log partial likelihood of the proportional hazards model, in units of the total weight.

    ``sum_i s_i d_i (log sum_j n s_j exp(eta_j) - eta_i)``, where d_i is 1 for events, the weights s sum to one and the
    inner sum is over the n_i rows at risk at the time of event i: in the same stratum, entered before it, and neither
    censored nor failed before. A constant in the linear predictor changes nothing, so that there is no intercept.

    Parameters
    ----------
    ties : {"breslow", "efron"}, default="breslow"
        How events at the same time are treated. Efron's approximation is closer to the exact partial likelihood where
        ties are many. With Breslow's, integer weights are the same as repeated rows; with Efron's they are not, because
        repeated rows are ties: weights then enter as in Therneau and Grambsch, the mean over the tied events.

    References
    ----------
    Cox, D. R. (1972). Regression models and life tables. JRSS B 34, 187-220.

    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. JASA 72, 557-565.

    Therneau, T. and Grambsch, P. (2000). Modeling Survival Data: Extending the Cox Model. Springer, section 3.3.

    Examples
    --------
    >>> from pauca.losses import Cox
    >>> times_and_events = [[1.0, 1], [2.0, 0], [3.0, 1]]
    >>> Cox().value(times_and_events, [0.0, 0.0, 0.0]).__round__(4)  # log(3) / 3: the last event is alone at risk
    0.3662
    """

    core_name = "cox"
    task = "survival"

    def __init__(self, ties: str = "breslow") -> None:
        self.ties = ties

    def _shape(self) -> list[float]:
        if self.ties not in ("breslow", "efron"):
            raise ValueError(f"Cox: ties is {self.ties!r}, expected 'breslow' or 'efron'")
        return [float(self.ties == "efron")]

    def _check_target(self, y: FloatArray, weights: FloatArray) -> None:
        if not (y.reshape(4, -1)[2] * weights).any():
            raise ValueError("y: Cox needs an event of positive weight, all rows are censored")

    def _curvature(self, y: FloatArray, weights: FloatArray) -> float:
        return float(y.reshape(4, -1)[2] @ weights)

    def _evaluate(self, y: Any, eta: Any, sample_weight: Any, strata: Any) -> tuple[float, FloatArray]:
        target = survival_target(y, strata).pack()
        predictor = np.ascontiguousarray(eta, dtype=np.float64).reshape(-1)
        if 4 * predictor.size != target.size:
            raise ValueError(f"eta: got {predictor.size} numbers, expected {target.size // 4} as in y")
        weights = np.ones_like(predictor) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        weights = np.ascontiguousarray(weights / weights.sum())
        self._check_target(target, weights)
        return self._at(target, predictor, weights)[:2]

    def value(
        self,
        y: npt.ArrayLike,
        eta: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
    ) -> float:
        """Minus the log partial likelihood over the total weight.

        Parameters
        ----------
        y : array-like
            Times and events, as in :class:`pauca.linear_model.SparseCoxRegressor`.
        eta : array-like of shape (n_samples,)
            Linear predictor.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights; only their ratios matter.
        strata : array-like of shape (n_samples,), default=None
            Labels of strata, each with its own risk sets.

        Returns
        -------
        float
            The loss.

        Examples
        --------
        >>> from pauca.losses import Cox
        >>> y = [[1.0, 1], [2.0, 1]]  # two events
        >>> round(Cox().value(y, [0.0, 0.0]), 4), round(Cox().value(y, [9.0, 0.0]), 4)  # log(2) / 2; the first at risk
        (0.3466, 0.0001)
        """
        return self._evaluate(y, eta, sample_weight, strata)[0]

    def gradient(
        self,
        y: npt.ArrayLike,
        eta: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Gradient of :meth:`value` in ``eta``: minus the weighted martingale residuals.

        Parameters
        ----------
        y, eta, sample_weight, strata
            As in :meth:`value`.

        Returns
        -------
        ndarray of shape (n_samples,)
            The gradient.

        Examples
        --------
        >>> from pauca.losses import Cox
        >>> Cox().gradient([[1.0, 1], [2.0, 1]], [0.0, 0.0]).round(6)
        array([-0.25,  0.25])
        """
        return self._evaluate(y, eta, sample_weight, strata)[1]
