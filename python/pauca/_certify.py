"""Certificates computed in numpy from the formulas, without any code of the solvers.

The losses, their derivatives and the penalties' derivatives are written here a second time on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

from . import losses, penalties, solvers
from ._certify_cox import cox_terms
from ._certify_matrix import column_variance, matrix_figures
from ._survival import SurvivalTarget, survival_target
from ._validation import FloatArray
from .linear_model._fit import resolve_penalty
from .losses._names import resolve_loss

Derivative = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Certificate:
    """How far a fitted linear model is from stationarity.

    Attributes
    ----------
    violation : float
        Largest distance of the negative gradient to the penalty's subdifferential (of scaled columns, if the fit scaled
        them); for a penalty that is not separable, the residual of the proximal fixed point.
    intercept_violation : float
        Absolute derivative in the intercept.
    unit : float
        What tolerances are relative to: the penalty's slope at zero, or the largest gradient of the null model.
    null_loss : float
        Loss of the best constant.
    curvature : float
        Largest curvature of the loss along a column (an upper bound).
    """

    violation: float
    intercept_violation: float
    unit: float
    null_loss: float
    curvature: float


def _loss(loss: losses.Loss, y: FloatArray, eta: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Value and derivative for each sample, and a bound on the second derivative here."""
    r = eta - y
    if isinstance(loss, losses.Quadratic):
        return r**2 / 2, r, 1.0
    if isinstance(loss, losses.Huber):
        d = loss.delta
        return np.where(np.abs(r) <= d, r**2 / 2, d * np.abs(r) - d**2 / 2), np.clip(r, -d, d), 1.0
    if isinstance(loss, losses.Expectile):
        side = np.where(r > 0, 1 - loss.expectile, loss.expectile)
        return side * r**2, 2 * side * r, 2 * max(loss.expectile, 1 - loss.expectile)
    if isinstance(loss, losses.Quantile):
        q, h, e = loss.quantile, loss.bandwidth, -r
        inside = np.abs(e) <= h
        check = np.where(e >= 0, q * e, (q - 1) * e)
        value = np.where(inside, q * e + (h - e) ** 2 / (4 * h), check)
        slope = np.where(inside, (h - e) / (2 * h) - q, np.where(e > 0, -q, 1 - q))
        return value, slope, 1 / (2 * h)
    if isinstance(loss, losses.Poisson):
        mean = np.exp(eta)
        saturated = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0)), 0.0) - y
        return mean - y * eta + saturated, mean - y, float(mean.max())
    if isinstance(loss, losses.Gamma):
        ratio = y * np.exp(-eta)
        return ratio + eta - 1 - np.log(y), 1 - ratio, float(ratio.max())
    if isinstance(loss, losses.Logistic):
        return np.logaddexp(0, eta) - y * eta, expit(eta) - y, 0.25
    if isinstance(loss, losses.SquaredHinge):
        z = 2 * y - 1
        margin = np.maximum(1 - z * eta, 0)
        return margin**2 / 2, -z * margin, 1.0
    raise ValueError(f"no certificate for the loss {loss!r}")


# From the linear predictor: values, derivatives in units of the weights, a bound on the curvature of a row, and the
# diagonal that majorises the Hessian of a loss that couples rows.
Evaluation = Callable[[FloatArray], tuple[FloatArray, FloatArray, float, FloatArray | None]]


def _row_evaluation(loss: losses.Loss, y: FloatArray) -> Evaluation:
    def evaluate(eta: FloatArray) -> tuple[FloatArray, FloatArray, float, None]:
        return (*_loss(loss, y, eta), None)

    return evaluate


def _cox_evaluation(target: SurvivalTarget, s: FloatArray, efron: bool) -> Evaluation:
    def evaluate(eta: FloatArray) -> tuple[FloatArray, FloatArray, float, FloatArray]:
        value, gradient, diagonal = cox_terms(target, s, eta, efron)
        heavy = np.where(s > 0.0, s, 1.0)
        return np.full_like(eta, value), gradient / heavy, float((diagonal / heavy).max()), diagonal

    return evaluate


def _derivative(penalty: penalties.SeparablePenalty) -> Derivative:
    """p_l'(a) for a >= 0, the right limit at 0."""
    if isinstance(penalty, penalties.L1):
        return lambda a, lam: lam
    if isinstance(penalty, penalties.ElasticNet):
        return lambda a, lam: penalty.l1_ratio * lam + (1 - penalty.l1_ratio) * lam * a
    if isinstance(penalty, penalties.MCP | penalties.Firm):
        g = penalty.gamma if isinstance(penalty, penalties.MCP) else penalty.ratio
        return lambda a, lam: np.maximum(lam - a / g, 0)
    if isinstance(penalty, penalties.SCAD):
        s = penalty.gamma
        return lambda a, lam: np.where(a <= lam, lam, np.maximum(s * lam - a, 0) / (s - 1))
    if isinstance(penalty, penalties.CappedL1):
        return lambda a, lam: np.where(a < penalty.threshold, lam, 0.0)
    if isinstance(penalty, penalties.LogSum):
        return lambda a, lam: lam / (penalty.eps + a)
    if isinstance(penalty, penalties.TransformedL1):
        s = penalty.theta
        return lambda a, lam: lam * (1 + s) * s / (s + a) ** 2
    if isinstance(penalty, penalties.L0):
        return lambda a, lam: np.where(a > 0, 0.0, np.inf)
    if isinstance(penalty, penalties.Lp):
        q = penalty.p
        return lambda a, lam: np.where(a > 0, lam * q * np.where(a > 0, a, 1.0) ** (q - 1), np.inf)
    raise ValueError(f"no certificate for the penalty {penalty!r}")


def _zero_limit(penalty: penalties.SeparablePenalty, lam: FloatArray, curvature: FloatArray) -> FloatArray | None:
    """Gradient at which a zero coordinate leaves zero, where the slope there is infinite."""
    c = np.where(curvature > 0, curvature, np.inf)
    if isinstance(penalty, penalties.L0):
        return np.sqrt(2 * lam * c)
    if isinstance(penalty, penalties.Lp):
        q = penalty.p
        at = (2 * lam / c * (1 - q)) ** (1 / (2 - q))
        return np.where(np.isinf(c), np.inf, c * at * (2 - q) / (2 * (1 - q)))
    return None


def certificate(
    estimator: Any,
    X: Any,
    y: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
) -> Certificate:
    """Certify a fitted linear model on the data it was fitted to.

    Parameters
    ----------
    estimator : SparseRegressor, SparseClassifier, MultiTaskSparseRegressor or SparseCoxRegressor
        Fitted estimator.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The data of the fit.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target of the fit.
    sample_weight, offset, strata : array-like of shape (n_samples,), default=None
        As given to ``fit`` (a ``class_weight`` is not known here: multiply it in).

    Returns
    -------
    Certificate
        The figures.
    """
    from .linear_model._multitask import resolve_row_penalty

    names = getattr(estimator, "feature_names_in_", None)
    matrix: Any = X if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
    n, p = matrix.shape
    penalty: Any
    if not hasattr(estimator, "loss") or len(getattr(estimator, "classes_", ())) > 2:  # several targets or classes
        s = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        penalty = resolve_row_penalty(estimator.penalty)
        return Certificate(**vars(matrix_figures(estimator, matrix, y, s / s.sum(), penalty, _derivative)))
    loss: Any = resolve_loss(estimator.loss)
    penalty = resolve_penalty(estimator.penalty)
    s = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    s = s / s.sum()
    survival = isinstance(loss, losses.Cox)
    evaluate: Evaluation
    if survival:
        evaluate = _cox_evaluation(survival_target(y, strata), s, loss.ties == "efron")
    else:
        target = np.asarray(y)
        target = target == estimator.classes_[1] if hasattr(estimator, "classes_") else target
        evaluate = _row_evaluation(loss, target.astype(float))
    known = np.zeros(n) if offset is None else np.asarray(offset, dtype=float)

    mean = np.asarray(s @ matrix).reshape(-1)
    variance = column_variance(matrix, s, mean)
    standardize = (not penalty.convex) if estimator.standardize is None else estimator.standardize
    constant = variance <= (64 * np.finfo(float).eps * mean) ** 2
    scale = np.where(constant, 0.0, 1 / np.sqrt(np.where(constant, 1.0, variance))) if standardize else np.ones(p)

    coef = np.ravel(estimator.coef_).astype(float)
    eta = known + np.asarray(matrix @ coef).reshape(-1) + float(np.ravel(estimator.intercept_)[0])
    _, slope, bound, diagonal = evaluate(eta)
    gradient = scale * np.asarray(matrix.T @ (s * slope)).reshape(-1)
    w = np.divide(coef, scale, out=np.zeros(p), where=scale > 0)
    curvature = bound * scale**2 * (variance if estimator.fit_intercept else variance + mean**2)

    null_eta = known.copy()
    if estimator.fit_intercept and not survival:
        null_eta = null_eta + _best_constant(loss, target.astype(float), s, known)
    null_value, null_slope, _, null_bend = evaluate(null_eta)
    null_gradient = scale * np.asarray(matrix.T @ (s * null_slope)).reshape(-1)
    unit = float(np.abs(null_gradient).max(initial=0.0))

    at_null = curvature  # by which greedy methods judge zeros where the slope there is infinite
    if null_bend is not None:
        total = float(null_bend.sum())
        first = np.asarray(null_bend @ matrix).reshape(-1) / total
        second = np.asarray(null_bend @ (matrix.multiply(matrix) if sparse.issparse(matrix) else matrix**2)).reshape(-1)
        at_null = scale**2 * np.maximum(second - total * first**2, 0.0)

    alpha = float(estimator.alpha_)
    if isinstance(penalty, penalties.Box):
        lower, upper = np.array(penalty._bounds(p, names)).reshape(2, -1)
        pushed = ((gradient > 0) & (w <= lower)) | ((gradient < 0) & (w >= upper))
        violation = np.where(pushed, 0.0, np.abs(gradient)).max(initial=0.0)
        outside = np.maximum(lower - w, w - upper).max(initial=0.0)
        if outside > 1e-12 * max(1.0, float(np.abs(w).max(initial=0.0))):
            violation = np.inf
    elif isinstance(penalty, penalties.SeparablePenalty):
        lam = alpha * float(penalty.alpha)
        weights = penalty._weights(p, names)
        v = np.ones(p) if weights is None else weights
        if penalty.weighting == "multiply":
            strength, factor = np.full(p, lam), v
        else:
            strength, factor = lam * v, np.ones(p)
        derivative = _derivative(penalty)
        ridge = lam * float(getattr(penalty, "ridge", 0.0)) * np.where(np.isinf(v), 0.0, v)
        allowed = constant & (scale == 0) | np.isinf(v)
        with np.errstate(invalid="ignore"):
            size = np.abs(w)
            if getattr(penalty, "rescale", None) is not None:
                size = size * scale**2 * _bend(loss, matrix - mean, s if diagonal is None else diagonal, eta)
            at = factor * derivative(size, strength) + ridge * np.abs(w)
            zero = factor * derivative(np.zeros(p), strength)
            # Proximal methods judge zeros by their own step, greedy ones by the curvature along the column.
            proximal = isinstance(estimator.solver, solvers.ProximalSolver)
            bend = _lipschitz(matrix, scale, s, estimator.fit_intercept, bound) if proximal else at_null
            limit = _zero_limit(penalty, lam * v, bend + ridge)
        if limit is not None:
            zero = np.where(v > 0, limit, 0.0)
            if isinstance(estimator.solver, solvers.LLA):  # every zero is stationary
                zero = np.where(v > 0, np.inf, 0.0)
        active = w != 0
        pull = -gradient if penalty.nonnegative else np.abs(gradient)
        distance = np.where(active, np.abs(gradient + np.sign(w) * np.where(active, at, 0.0)), pull - zero)
        if isinstance(estimator.solver, solvers.IHT) and estimator.solver.n_nonzero is not None:
            smallest = np.abs(w[active]).min(initial=np.inf)
            distance = np.where(active, np.abs(gradient), np.abs(gradient) - bend * smallest)
        if penalty.nonnegative:
            distance = np.where(w < 0.0, np.inf, distance)
        violation = np.maximum(np.where(allowed, 0.0, distance), 0.0).max(initial=0.0)
        if limit is None and lam > 0:
            unit = float(derivative(np.zeros(1), np.array([lam]))[0])
    else:
        step = 1 / _lipschitz(matrix, scale, s, estimator.fit_intercept, bound)
        if isinstance(penalty, penalties.StructuredPenalty):
            # Structure may be given by feature name: the core's description is resolved with the names of the fit.
            from . import _core

            core = penalty._unit_spec(p, names)
            point = _core.structured_prox(core, alpha * float(penalty.alpha), w - step * gradient, step)
        else:
            point = np.asarray(penalty.prox(w - step * gradient, step * alpha))
        violation = np.abs(w - point).max(initial=0.0) / step
    return Certificate(
        violation=float(violation),
        intercept_violation=float(abs(s @ slope)) if estimator.fit_intercept else 0.0,
        unit=unit,
        null_loss=float(s @ null_value),
        curvature=float(curvature.max(initial=0.0)),
    )


def _bend(loss: losses.Loss, centred: FloatArray, s: FloatArray, eta: FloatArray) -> FloatArray:
    """Curvature of the loss along centred columns, as penalties with rescale="curvature" see it.

    ``s`` holds the weights, or where rows are coupled the diagonal that majorises the Hessian.
    """
    if isinstance(loss, losses.Logistic):
        s = s * np.maximum(expit(eta) * expit(-eta), 1e-4)
    elif isinstance(loss, losses.Poisson):
        s = s * np.exp(eta)
    return np.asarray(s @ np.asarray(centred) ** 2)


def _lipschitz(matrix: Any, scale: FloatArray, s: FloatArray, center: bool, bound: float) -> float:
    dense = (matrix.toarray() if sparse.issparse(matrix) else matrix) * scale
    if center:
        dense = dense - s @ dense
    return max(bound * float(np.linalg.norm(np.sqrt(s)[:, None] * dense, 2)) ** 2, 1e-300)


def _best_constant(loss: losses.Loss, y: FloatArray, s: FloatArray, known: FloatArray) -> float:
    from scipy.optimize import brentq

    def slope(b: float) -> float:
        with np.errstate(over="ignore"):
            return float(s @ _loss(loss, y, known + b)[1])

    reach = 1.0
    while slope(reach) < 0.0 and reach < 1e18:
        reach *= 2.0
    low = 1.0
    while slope(-low) > 0.0 and low < 1e18:
        low *= 2.0
    return float(brentq(slope, -low, reach, xtol=1e-15, rtol=1e-15)) if slope(-low) < 0.0 < slope(reach) else 0.0


def assert_certified(
    estimator: Any,
    X: Any,
    y: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    *,
    tol: float | None = None,
) -> None:
    """Assert that a fitted linear model is stationary for its own problem, by an independent computation.

    A fit that stopped at a duality gap is allowed the violation ``sqrt(2 c gap)`` which that gap leaves possible, c
    being the curvature along a column.

    Parameters
    ----------
    estimator : SparseRegressor, SparseClassifier, MultiTaskSparseRegressor or SparseCoxRegressor
        Fitted estimator.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The data of the fit.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target of the fit.
    sample_weight, offset, strata : array-like of shape (n_samples,), default=None
        As given to ``fit``.
    tol : float, default=None
        Allowed violation in units of the penalty's slope at zero. None: twice the estimator's ``tol``, at least 1e-10
        (1e-4 for float32).

    Raises
    ------
    AssertionError
        If the model is further from stationarity than allowed; the message has the figures.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca import assert_certified
    >>> from pauca.linear_model import SparseRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((50, 10))
    >>> y = X[:, 0] + 0.1 * rng.standard_normal(50)
    >>> assert_certified(SparseRegressor(penalty="mcp").fit(X, y), X, y)
    """
    c = certificate(estimator, X, y, sample_weight, offset, strata)
    single = np.ravel(estimator.coef_).dtype == np.float32
    relative = max(2.0 * float(estimator.tol), 1e-4 if single else 1e-10) if tol is None else tol
    allowed = relative * c.unit
    if tol is None and np.isfinite(estimator.dual_gap_):
        allowed = max(allowed, np.sqrt(2.0 * c.curvature * relative * max(c.null_loss, 0.0)))
    worst = max(c.violation, c.intercept_violation)
    if not worst <= allowed:
        raise AssertionError(
            f"{estimator!r} is not stationary: its violation is {c.violation:.3g} (intercept "
            f"{c.intercept_violation:.3g}), allowed are {allowed:.3g}"
        )
