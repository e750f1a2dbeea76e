"""Nonconvex separable penalties, each with its exact global proximal operator for any step."""

from __future__ import annotations

import math
from typing import Any

from .._validation import PerFeature
from ._base import CorePenalty, SeparablePenalty, check_alpha


class NonconvexPenalty(SeparablePenalty):
    """Base class: not for users."""

    convex = False
    ridge: float

    def _core(self, name: str, *shape: float) -> CorePenalty:
        check_alpha(self)
        ridge = float(self.ridge)
        if not (math.isfinite(ridge) and ridge >= 0.0):
            raise ValueError(f"{type(self).__name__}: ridge is {self.ridge!r}, expected a finite number >= 0")
        return CorePenalty(name, [float(s) for s in shape], ridge_share=ridge)

    def _check(self, name: str, value: Any, low: float, high: float = math.inf) -> float:
        number = float(value)
        if not low < number < high:
            limit = f"a number > {low:g}" if math.isinf(high) else f"a number in ({low:g}, {high:g})"
            raise ValueError(f"{type(self).__name__}: {name} is {value!r}, expected {limit}")
        return number

    def _check_rescale(self) -> None:
        given = self.rescale  # type: ignore[attr-defined]
        if given not in (None, "curvature"):
            raise ValueError(f"{type(self).__name__}: rescale is {given!r}, expected None or 'curvature'")

    def _concavity(self, alpha: float) -> float:
        """Largest second derivative of -p, infinite where jumps are in the nature of the penalty."""
        return math.inf


class MCP(NonconvexPenalty):
    """Minimax concave penalty: ``p(a) = alpha a - a^2 / (2 gamma)`` up to ``a = gamma alpha``, constant beyond.

    Large coefficients are not shrunk at all, which makes the fit nearly unbiased. With ``gamma`` to infinity it is
    the lasso, with ``gamma`` to the curvature of a column (1 if standardized) hard thresholding.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.0
        Shape, positive: coefficients beyond ``gamma * alpha`` are not penalised further. The objective is convex in
        each coefficient alone as long as gamma times the column's curvature exceeds 1.
    weights : array-like of shape (n_features,), dict or callable, default=None
        One number >= 0 a feature: 0 leaves it unpenalised, infinity excludes it, see :class:`L1`.
    weighting : {"strength", "multiply"}, default="strength"
        What weights act on: the strength, ``p_{w alpha}`` (then the flat part starts at ``gamma w alpha``), or the
        value, ``w p_alpha``.
    nonnegative : bool, default=False
        Whether coefficients must be >= 0.
    ridge : float, default=0.0
        Adds ``alpha * ridge / 2 * sum_j weights_j w_j^2``.
    rescale : {None, "curvature"}, default=None
        "curvature" reproduces ncvreg's adaptive rescaling for logistic, Poisson and Cox regression: the penalty's
        derivative is taken at ``v_j |w_j|``, v_j being the curvature of the loss along column j at the solution. The
        result is a fixed point of that iteration, not the minimiser of any objective; without it the penalty acts on
        ``|w_j|``. Only in estimators: ``value`` and ``prox`` know no loss.

    References
    ----------
    Zhang, C.-H. (2010). Nearly unbiased variable selection under minimax concave penalty. Annals of Statistics 38,
    894-942, equation (2.1).

    Examples
    --------
    >>> from pauca.penalties import MCP
    >>> MCP(alpha=1.0, gamma=3.0).prox([0.5, 2.0, 4.0])
    array([0. , 1.5, 4. ])
    >>> MCP(alpha=1.0, gamma=3.0).value([10.0])
    1.5
    """

    def __init__(
        self,
        alpha: float = 1.0,
        gamma: float = 3.0,
        weights: PerFeature = None,
        weighting: str = "strength",
        nonnegative: bool = False,
        ridge: float = 0.0,
        rescale: str | None = None,
    ) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.weights = weights
        self.weighting = weighting
        self.nonnegative = nonnegative
        self.ridge = ridge
        self.rescale = rescale

    def _core_penalty(self) -> CorePenalty:
        self._check_rescale()
        return self._core("mcp", self._check("gamma", self.gamma, 0.0))

    def _concavity(self, alpha: float) -> float:
        return 1.0 / float(self.gamma)


class Firm(NonconvexPenalty):
    """Firm thresholding: the penalty whose prox with step 1 is 0 below ``alpha``, the identity from ``ratio * alpha``.

    It is the minimax concave penalty with ``gamma = ratio``, named as the thresholding rule is.

    Parameters
    ----------
    alpha : float, default=1.0
        Lower threshold; an estimator multiplies it by its own ``alpha``.
    ratio : float, default=2.0
        Upper threshold in units of the lower one, greater than 1.
    weights, weighting, nonnegative, ridge
        As in :class:`MCP`.

    References
    ----------
    Gao, H.-Y. and Bruce, A. (1997). WaveShrink with firm shrinkage. Statistica Sinica 7, 855-874.

    Examples
    --------
    >>> from pauca.penalties import Firm
    >>> Firm(alpha=1.0, ratio=2.0).prox([1.0, 1.5, 2.0])
    array([0., 1., 2.])
    """

    _flattened_by = "ratio"

    def __init__(
        self,
        alpha: float = 1.0,
        ratio: float = 2.0,
        weights: PerFeature = None,
        weighting: str = "strength",
        nonnegative: bool = False,
        ridge: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.ratio = ratio
        self.weights = weights
        self.weighting = weighting
        self.nonnegative = nonnegative
        self.ridge = ridge

    def _core_penalty(self) -> CorePenalty:
        return self._core("mcp", self._check("ratio", self.ratio, 1.0))

    def _concavity(self, alpha: float) -> float:
        return 1.0 / float(self.ratio)


class SCAD(NonconvexPenalty):
    """Smoothly clipped absolute deviation: the lasso up to ``alpha``, flat from ``gamma * alpha``, quadratic between.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.7
        Shape, greater than 2 (called ``a`` in the paper).
    weights, weighting, nonnegative, ridge, rescale
        As in :class:`MCP`.

    References
    ----------
    Fan, J. and Li, R. (2001). Variable selection via nonconcave penalized likelihood and its oracle properties. JASA
    96, 1348-1360, equation (2.7).

    Examples
    --------
    >>> from pauca.penalties import SCAD
    >>> SCAD(alpha=1.0).prox([0.5, 1.5, 5.0])
    array([0. , 0.5, 5. ])
    """

    def __init__(
        self,
        alpha: float = 1.0,
        gamma: float = 3.7,
        weights: PerFeature = None,
        weighting: str = "strength",
        nonnegative: bool = False,
        ridge: float = 0.0,
        rescale: str | None = None,
    ) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.weights = weights
        self.weighting = weighting
        self.nonnegative = nonnegative
        self.ridge = ridge
        self.rescale = rescale

    def _core_penalty(self) -> CorePenalty:
        self._check_rescale()
        return self._core("scad", self._check("gamma", self.gamma, 2.0))

    def _concavity(self, alpha: float) -> float:
        return 1.0 / (float(self.gamma) - 1.0)


class CappedL1(NonconvexPenalty):
    """Capped l1 penalty: ``p(a) = alpha min(a, threshold)``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    threshold : float, default=1.0
        Coefficient beyond which nothing more is charged, positive, in the units of the coefficients.
    weights, nonnegative, ridge
        As in :class:`MCP`; both conventions for weights are the same here.

    References
    ----------
    Zhang, T. (2010). Analysis of multi-stage convex relaxation for sparse regularization. JMLR 11, 1081-1107.

    Examples
    --------
    >>> from pauca.penalties import CappedL1
    >>> CappedL1(alpha=1.0, threshold=2.0).prox([0.5, 2.0, 3.0])
    array([0., 1., 3.])
    """

    def __init__(
        self,
        alpha: float = 1.0,
        threshold: float = 1.0,
        weights: PerFeature = None,
        nonnegative: bool = False,
        ridge: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.threshold = threshold
        self.weights = weights
        self.nonnegative = nonnegative
        self.ridge = ridge

    def _core_penalty(self) -> CorePenalty:
        return self._core("capped_l1", self._check("threshold", self.threshold, 0.0))


class LogSum(NonconvexPenalty):
    """Log-sum penalty: ``p(a) = alpha log(1 + a / eps)``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``. The slope at zero is ``alpha / eps``.
    eps : float, default=1.0
        Shape, positive, in the units of the coefficients: small values come close to counting nonzeros.
    weights, nonnegative, ridge
        As in :class:`MCP`; both conventions for weights are the same here.

    References
    ----------
    Candes, E., Wakin, M. and Boyd, S. (2008). Enhancing sparsity by reweighted l1 minimization. Journal of Fourier
    Analysis and Applications 14, 877-905.

    Examples
    --------
    >>> from pauca.penalties import LogSum
    >>> LogSum(alpha=1.0, eps=1.0).prox([1.0, 3.0]).round(4)
    array([0.    , 2.7321])
    """

    _flattened_by = "eps"

    def __init__(
        self,
        alpha: float = 1.0,
        eps: float = 1.0,
        weights: PerFeature = None,
        nonnegative: bool = False,
        ridge: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.eps = eps
        self.weights = weights
        self.nonnegative = nonnegative
        self.ridge = ridge

    def _core_penalty(self) -> CorePenalty:
        return self._core("log_sum", self._check("eps", self.eps, 0.0))

    def _concavity(self, alpha: float) -> float:
        return alpha / float(self.eps) ** 2


class L0(NonconvexPenalty):
    """The number of nonzero coefficients times ``alpha``: its prox is hard thresholding at ``sqrt(2 step alpha)``.

    Parameters
    ----------
    alpha : float, default=1.0
        Price of a nonzero coefficient; an estimator multiplies it by its own ``alpha``.
    weights, nonnegative, ridge
        As in :class:`MCP`; both conventions for weights are the same here.

    References
    ----------
    Blumensath, T. and Davies, M. (2009). Iterative hard thresholding for compressed sensing. Applied and Computational
    Harmonic Analysis 27, 265-274.

    Examples
    --------
    >>> from pauca.penalties import L0
    >>> L0(alpha=2.0).prox([1.9, 2.1])
    array([0. , 2.1])
    """

    def __init__(
        self,
        alpha: float = 1.0,
        weights: PerFeature = None,
        nonnegative: bool = False,
        ridge: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.weights = weights
        self.nonnegative = nonnegative
        self.ridge = ridge

    def _core_penalty(self) -> CorePenalty:
        return self._core("l0")


class Lp(NonconvexPenalty):
    """Bridge penalty ``p(a) = alpha a^p`` with 0 < p < 1; closed forms for p = 1/2 and p = 2/3.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    p : float, default=0.5
        Power, in (0, 1).
    weights, nonnegative, ridge
        As in :class:`MCP`; both conventions for weights are the same here.

    References
    ----------
    Xu, Z., Chang, X., Xu, F. and Zhang, H. (2012). L1/2 regularization: a thresholding representation theory and a
    fast solver. IEEE TNNLS 23, 1013-1027.
    Cao, W., Sun, J. and Xu, Z. (2013). Fast image deconvolution using closed-form thresholding formulas of Lq (q =
    1/2, 2/3) regularization. Journal of Visual Communication and Image Representation 24, 31-41.

    Examples
    --------
    >>> from pauca.penalties import Lp
    >>> Lp(alpha=1.0, p=0.5).prox([1.4, 3.0]).round(4)
    array([0.    , 2.6955])
    """

    def __init__(
        self,
        alpha: float = 1.0,
        p: float = 0.5,
        weights: PerFeature = None,
        nonnegative: bool = False,
        ridge: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.p = p
        self.weights = weights
        self.nonnegative = nonnegative
        self.ridge = ridge

    def _core_penalty(self) -> CorePenalty:
        return self._core("lp", self._check("p", self.p, 0.0, 1.0))


class TransformedL1(NonconvexPenalty):
    """Transformed L1 penalty: ``p(a) = alpha (1 + theta) a / (theta + a)``.

    A bounded penalty between counting nonzeros (``theta`` to 0) and the lasso (``theta`` to infinity), for effects
    whose sizes differ by orders of magnitude.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``. The slope at zero is ``alpha (1 + theta) / theta``.
    theta : float, default=1.0
        Shape, positive, in the units of the coefficients.
    weights, nonnegative, ridge
        As in :class:`MCP`; both conventions for weights are the same here.

    References
    ----------
    Lv, J. and Fan, Y. (2009). A unified approach to model selection and sparse recovery using regularized least
    squares. Annals of Statistics 37, 3498-3528.

    Zhang, S. and Xin, J. (2017). Minimization of transformed L1 penalty: closed form representation and iterative
    thresholding algorithms. Communications in Mathematical Sciences 15, 511-537.

    Examples
    --------
    >>> from pauca.penalties import TransformedL1
    >>> TransformedL1(alpha=1.0, theta=1.0).prox([1.0, 3.0]).round(4)
    array([0.    , 2.8662])
    """

    _flattened_by = "theta"

    def __init__(
        self,
        alpha: float = 1.0,
        theta: float = 1.0,
        weights: PerFeature = None,
        nonnegative: bool = False,
        ridge: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.theta = theta
        self.weights = weights
        self.nonnegative = nonnegative
        self.ridge = ridge

    def _core_penalty(self) -> CorePenalty:
        return self._core("transformed_l1", self._check("theta", self.theta, 0.0))

    def _concavity(self, alpha: float) -> float:
        return 2.0 * alpha * (1.0 + float(self.theta)) / float(self.theta) ** 2
