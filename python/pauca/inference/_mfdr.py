"""Marginal and local false discovery rates of penalised fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.stats import norm

from .. import losses, penalties
from .._certify_cox import cox_information, cox_terms
from .._sklearn_compat import check_array
from .._survival import survival_target
from .._validation import FloatArray, as_design, check_names, check_vector, normalized_weights, parse_strength
from ..linear_model import RegularizationPath
from ..linear_model._classifier import class_weights
from ..linear_model._fit import column_scale, resolve_penalty
from ..losses._names import resolve_loss


@dataclass(frozen=True, repr=False)
class FalseDiscoveries:
    """Marginal false discoveries along a path.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
        Strengths.
    n_selected : ndarray of shape (n_alphas,)
        Features selected.
    expected_false : ndarray of shape (n_alphas,)
        Expected number of features selected that are independent of the target and of all other features, at most
        ``n_selected``.
    mfdr : ndarray of shape (n_alphas,)
        Their ratio, 0 where nothing is selected.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.inference import mfdr
    >>> from pauca.linear_model import path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> rates = mfdr(path(X, y, alphas=20), X, y)
    >>> rates.mfdr.shape, bool((rates.expected_false <= rates.n_selected).all())
    ((20,), True)
    >>> rates
    <FalseDiscoveries: 20 strengths from 2.148 to 0.002148, 0 to 10 features selected, 4 with mfdr <= 0.1>
    """

    alphas: FloatArray
    n_selected: npt.NDArray[np.int64]
    expected_false: FloatArray
    mfdr: FloatArray

    def __repr__(self) -> str:
        if len(self.alphas) == 1:
            return (
                f"<FalseDiscoveries: {self.n_selected[0]} features selected, {self.expected_false[0]:.3g} of them "
                f"expected to be false (mfdr {self.mfdr[0]:.3g})>"
            )
        trusted = self.n_selected[self.mfdr <= 0.1].max(initial=0)
        return (
            f"<FalseDiscoveries: {len(self.alphas)} strengths from {self.alphas[0]:.4g} to {self.alphas[-1]:.4g}, "
            f"{self.n_selected.min()} to {self.n_selected.max()} features selected, {trusted} with mfdr <= 0.1>"
        )


@dataclass(frozen=True, repr=False)
class LocalFalseDiscoveries:
    """Local false discovery rates of all features at one strength.

    Attributes
    ----------
    z : ndarray of shape (n_features,)
        Statistics, standard normal for features independent of the target given the fit.
    fdr : ndarray of shape (n_features,)
        Estimated probability that a feature with this z is one of those.
    selected : ndarray of shape (n_features,)
        Whether its coefficient is nonzero.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.inference import local_fdr
    >>> from pauca.linear_model import SparseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> local = local_fdr(SparseRegressor(alpha="0.2max").fit(X, y), X, y)
    >>> bool(local.fdr[2] < 0.01)  # the body mass index is no accident
    True
    """

    z: FloatArray
    fdr: FloatArray
    selected: npt.NDArray[np.bool_]

    def __repr__(self) -> str:
        return (
            f"<LocalFalseDiscoveries: {self.z.size} features, {np.count_nonzero(self.selected)} selected, "
            f"{np.count_nonzero(self.fdr <= 0.2)} with fdr <= 0.2>"
        )


@dataclass(frozen=True)
class _Fits:
    """Fits at one or several strengths, and the problem they solve."""

    loss: losses.Loss
    penalty: penalties.SeparablePenalty
    alphas: FloatArray
    coefs: FloatArray  # (n_features, n_alphas)
    intercepts: FloatArray
    standardize: bool
    fit_intercept: bool
    positive: Any = None  # the class that counts as 1
    class_weight: Any = None


def _fits(fitted: Any) -> _Fits:
    penalty: Any
    if isinstance(fitted, RegularizationPath):
        penalty, alphas = fitted.penalty, fitted.alphas_
        coefs, intercepts = fitted.coefs_.toarray(), fitted.intercepts_
        loss, standardize, fit_intercept, positive = fitted.loss, fitted.standardize, fitted.fit_intercept, None
    else:
        if not hasattr(fitted, "coef_") or not hasattr(fitted, "alpha_"):
            raise ValueError(f"fitted: got {fitted!r}, expected a RegularizationPath or a fitted sparse linear model")
        penalty = resolve_penalty(fitted.penalty)
        loss = resolve_loss(fitted.loss)
        alphas, intercepts = np.array([fitted.alpha_]), np.ravel(fitted.intercept_).astype(float)
        coefs = np.reshape(fitted.coef_, (1, -1)).T.astype(float)
        standardize = not penalty.convex if fitted.standardize is None else fitted.standardize
        fit_intercept, positive = fitted.fit_intercept, fitted.classes_[-1] if hasattr(fitted, "classes_") else None
    if not isinstance(loss, losses.Quadratic | losses.Logistic | losses.Cox):
        raise ValueError(f"loss: {loss!r} has no false discovery rates, expected Quadratic, Logistic or Cox")
    if not isinstance(penalty, penalties.L1 | penalties.ElasticNet | penalties.MCP | penalties.SCAD):
        raise ValueError(f"penalty: {penalty!r} has no false discovery rates, expected L1, ElasticNet, MCP or SCAD")
    weighted = getattr(fitted, "class_weight", None)
    return _Fits(loss, penalty, alphas, coefs, intercepts, bool(standardize), bool(fit_intercept), positive, weighted)


class _Scores:
    """Score of each feature and its variance, in the scale in which the penalty acts."""

    def __init__(self, fits: _Fits, X: Any, y: Any, sample_weight: Any, strata: Any, offset: Any) -> None:
        X = check_array(X, accept_sparse="csc", dtype=np.float64)
        dense = X.toarray() if sparse.issparse(X) else X
        if dense.shape[1] != fits.coefs.shape[0]:
            raise ValueError(f"X: got {dense.shape[1]} features, expected {fits.coefs.shape[0]}")
        self.fits = fits
        self.offset = 0.0 if offset is None else check_vector("offset", offset, X.shape[0])
        self.s = normalized_weights(sample_weight, X)
        if fits.class_weight is not None:
            labels = np.asarray(y)
            self.s = class_weights(fits.class_weight, labels, (labels == fits.positive).astype(np.intp), self.s, X)
        self.scale: FloatArray = np.ones(dense.shape[1])
        if fits.standardize:
            self.scale = column_scale(as_design(np.asfortranarray(dense)), self.s, None, fits.fit_intercept)
        self.X = dense * self.scale
        self.raw = dense
        # Kish's effective number of observations: n without weights.
        self.n = 1.0 / float(self.s @ self.s)
        if isinstance(fits.loss, losses.Cox):
            self.target = survival_target(y, strata)
        else:
            values = np.asarray(y)
            self.y = (values == fits.positive).astype(float) if fits.positive is not None else values.astype(float)

    def at(self, k: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Minus the gradient, the curvature of the loss along each feature, and the variance of the score times n."""
        fits = self.fits
        eta = self.raw @ fits.coefs[:, k] + fits.intercepts[k] + self.offset
        if isinstance(fits.loss, losses.Cox):
            efron = fits.loss.ties == "efron"
            _, slope, _ = cox_terms(self.target, self.s, eta, efron)
            information = cox_information(self.target, self.s, eta, efron, self.X)
            return -(self.X.T @ slope), information, information
        if isinstance(fits.loss, losses.Logistic):
            probability = 1.0 / (1.0 + np.exp(-eta))
            residual, rows = self.y - probability, self.s * probability * (1.0 - probability)
        else:
            residual, rows = self.y - eta, self.s
        centred = self.X - (rows @ self.X / rows.sum() if fits.fit_intercept else 0.0)
        information = rows @ centred**2
        noise = 1.0
        if isinstance(fits.loss, losses.Quadratic):
            used = np.count_nonzero(fits.coefs[:, k]) + fits.fit_intercept
            noise = float(self.s @ residual**2) * self.n / max(self.n - used, 1.0)
        return self.X.T @ (self.s * residual), information, noise * information


def _names(fitted: Any) -> Any:
    return getattr(fitted, "feature_names_in_", getattr(fitted, "feature_names_", None))


def mfdr(
    fitted: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
) -> FalseDiscoveries:
    """Expected false discoveries of a penalised fit, for features that have nothing to do with anything.

    A feature enters if its score reaches the penalty's slope at zero, lambda. For one that is independent of the target
    and of the other features the score is about normal with variance v_j / n, so that such features enter with
    probability ``2 Phi(-lambda sqrt(n / v_j))``; v_j is the mean square of the (centred) column times the residual
    variance, or the Fisher information for the logistic and Cox losses. The expected number counts all features as if
    they were null; for the logistic and Cox losses the information at a shrunken fit overstates it further. A feature
    that is correlated with a real one is no false discovery in this sense.

    Parameters
    ----------
    fitted : RegularizationPath or fitted estimator
        From :func:`pauca.linear_model.path`, or a fitted SparseRegressor, SparseClassifier (two classes) or
        SparseCoxRegressor; quadratic, logistic or Cox loss, with L1, ElasticNet, MCP or SCAD.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The data of the fit.
    y : array-like
        The target of the fit.
    sample_weight, strata, offset : array-like of shape (n_samples,), default=None
        As given to the fit, which does not remember them. With weights, n is Kish's effective number; a classifier's
        ``class_weight`` is applied.

    Returns
    -------
    FalseDiscoveries
        Expected numbers and rates along the path.

    References
    ----------
    Breheny, P. (2019). Marginal false discovery rates for penalized regression models. Biostatistics 20, 299-314.

    Miller, R. and Breheny, P. (2019). Marginal false discovery rate control for likelihood-based penalized regression
    models. Biometrical Journal 61, 889-901.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.inference import mfdr
    >>> from pauca.linear_model import path
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 50))
    >>> y = X[:, 0] + X[:, 1] + rng.standard_normal(200)
    >>> found = mfdr(path(X, y), X, y)
    >>> int(found.n_selected[found.mfdr <= 0.1].max())  # as many as can be trusted at 10 %
    2
    """
    fits = _fits(fitted)
    check_names("X", X, _names(fitted))
    scores = _Scores(fits, X, y, sample_weight, strata, offset)
    p, count = fits.coefs.shape
    weights = fits.penalty._weights(p, _names(fitted))
    factor = (np.ones(p) if weights is None else weights) * fits.penalty._core_penalty().lambda_share
    expected, selected = np.zeros(count), np.count_nonzero(fits.coefs, axis=0)
    sides = 1.0 if fits.penalty.nonnegative else 2.0
    for k in range(count):
        _, _, variance = scores.at(k)
        limit = fits.alphas[k] * float(fits.penalty.alpha) * factor
        enters = sides * norm.sf(limit * np.sqrt(scores.n / np.maximum(variance, 1e-300)))
        expected[k] = min(float(enters[(factor > 0.0) & (variance > 0.0)].sum()), float(selected[k]))
    rate = np.divide(expected, selected, out=np.zeros(count), where=selected > 0)
    return FalseDiscoveries(fits.alphas, selected, expected, rate)


def local_fdr(
    fitted: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    alpha: float | str | None = None,
    sample_weight: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
) -> LocalFalseDiscoveries:
    """Local false discovery rate of every feature: what the marginal rate is for a feature with just this evidence.

    The statistic of feature j is the score of its partial residual over its standard error,
    ``z_j = (x_j'r / n + c_j w_j) / sqrt(v_j / n)`` with c_j the curvature of the loss along it, standard normal under
    the null. The rate is the density of that over the density of all z, estimated by a kernel and no more than 1.

    Parameters
    ----------
    fitted, X, y
        As in :func:`mfdr`.
    alpha : float or str, default=None
        Strength on a path, or the fraction "0.1max" of its ``alpha_max_``; the nearest is taken. Needed for a path.
    sample_weight, strata, offset
        As in :func:`mfdr`.

    Returns
    -------
    LocalFalseDiscoveries
        Statistics and rates.

    References
    ----------
    Miller, R. and Breheny, P. (2023). Feature-specific inference for penalized regression using local false discovery
    rates. Statistics in Medicine 42, 1412-1429.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.inference import local_fdr
    >>> from pauca.linear_model import SparseRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 50))
    >>> y = X[:, 0] + X[:, 1] + rng.standard_normal(200)
    >>> found = local_fdr(SparseRegressor().fit(X, y), X, y)
    >>> np.flatnonzero(found.fdr < 0.2).tolist()
    [0, 1]
    """
    fits = _fits(fitted)
    if isinstance(fitted, RegularizationPath) and alpha is None:
        raise ValueError("alpha: a path needs a strength")
    k = 0
    if isinstance(fitted, RegularizationPath) and alpha is not None:
        strength, relative = parse_strength(alpha)
        if relative:
            strength *= fitted.alpha_max_
        if not strength > 0.0:
            raise ValueError(f"alpha: got {alpha!r}, expected a strength > 0")
        k = int(np.argmin(np.abs(np.log(np.maximum(fits.alphas, 1e-300)) - np.log(strength))))
    check_names("X", X, _names(fitted))
    scores = _Scores(fits, X, y, sample_weight, strata, offset)
    score, curvature, variance = scores.at(k)
    coef = np.divide(fits.coefs[:, k], scores.scale, out=np.zeros(len(score)), where=scores.scale > 0.0)
    known = variance > 0.0
    z = np.zeros(len(score))
    z[known] = (score + curvature * coef)[known] * np.sqrt(scores.n / variance[known])
    return LocalFalseDiscoveries(z, _null_share(z), fits.coefs[:, k] != 0)


def _null_share(z: FloatArray) -> FloatArray:
    """Standard normal density over a Gaussian kernel estimate with the bandwidth .9 min(sd, iqr / 1.34) p^-1/5."""
    if z.size < 2 or np.ptp(z) == 0.0:
        return np.ones(z.size)
    spread = min(z.std(ddof=1), np.subtract(*np.percentile(z, [75, 25])) / 1.34) or z.std(ddof=1)
    width = 0.9 * spread * z.size**-0.2
    grid = np.sort(z)
    density = np.array([norm.pdf((at - grid) / width).mean() / width for at in z])
    return np.asarray(np.minimum(norm.pdf(z) / density, 1.0))
