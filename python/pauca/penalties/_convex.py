"""Convex separable penalties."""

from __future__ import annotations

from .._validation import PerFeature
from ._base import CorePenalty, SeparablePenalty, check_alpha


class L1(SeparablePenalty):
    """The lasso penalty, ``g(w) = alpha * sum_j weights_j |w_j|``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    weights : array-like of shape (n_features,), dict or callable, default=None
        One number >= 0 a feature: 0 leaves it unpenalised, infinity excludes it. Also ``{feature name or glob:
        number}`` (others get 1), or a callable of the feature names.
    nonnegative : bool, default=False
        Whether coefficients must be >= 0.

    Examples
    --------
    >>> from pauca.penalties import L1
    >>> L1(alpha=2.0).prox([-3.0, 0.5, 2.5])
    array([-1. ,  0. ,  0.5])
    """

    def __init__(self, alpha: float = 1.0, weights: PerFeature = None, nonnegative: bool = False) -> None:
        self.alpha = alpha
        self.weights = weights
        self.nonnegative = nonnegative

    def _core_penalty(self) -> CorePenalty:
        check_alpha(self)
        return CorePenalty("l1")


class ElasticNet(SeparablePenalty):
    """The elastic net, ``g(w) = alpha * sum_j weights_j (l1_ratio |w_j| + (1 - l1_ratio) w_j^2 / 2)``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    l1_ratio : float, default=0.5
        Share of the lasso penalty: 1 is the lasso, 0 the ridge penalty.
    weights : array-like of shape (n_features,), dict or callable, default=None
        One number >= 0 a feature, see :class:`L1`.
    nonnegative : bool, default=False
        Whether coefficients must be >= 0.

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic net. JRSS B 67, 301-320.

    Examples
    --------
    >>> from pauca.penalties import ElasticNet
    >>> ElasticNet(l1_ratio=0.8)
    ElasticNet(l1_ratio=0.8)
    >>> round(ElasticNet().value([1.0, -2.0]), 4)
    2.75
    """

    def __init__(
        self,
        alpha: float = 1.0,
        l1_ratio: float = 0.5,
        weights: PerFeature = None,
        nonnegative: bool = False,
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.weights = weights
        self.nonnegative = nonnegative

    def _core_penalty(self) -> CorePenalty:
        check_alpha(self)
        if not 0.0 <= self.l1_ratio <= 1.0:
            raise ValueError(f"ElasticNet: l1_ratio is {self.l1_ratio!r}, expected a number in [0, 1]")
        return CorePenalty("l1", lambda_share=float(self.l1_ratio), ridge_share=1.0 - float(self.l1_ratio))
