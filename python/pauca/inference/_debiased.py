"""De-biased lasso: estimates and intervals for single coefficients in high dimension."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from joblib import delayed
from scipy import sparse
from scipy.stats import norm
from sklearn.base import BaseEstimator, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._parallel import run_all
from .._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context, validate_data
from .._validation import FloatArray, match_features, normalized_weights
from .._warnings import warn_user
from ..linear_model import SparseClassifier, SparseRegressor
from ..penalties import L1


def _node(X: Any, rows: FloatArray, j: int, strength: float, centre: bool) -> tuple[FloatArray, float]:
    """Residual of feature j after a lasso on all others, and its weighted product with the feature."""
    weights = np.ones(X.shape[1])
    weights[j] = np.inf
    target = X[:, [j]].toarray()[:, 0] if sparse.issparse(X) else np.asarray(X[:, j], dtype=np.float64)
    mean = rows @ target if centre else 0.0
    size = float(np.sqrt(rows @ (target - mean) ** 2))
    if size <= 1e-12 * max(abs(float(mean)), 1e-300):
        return np.zeros_like(target), 0.0
    model = SparseRegressor(
        penalty=L1(weights=weights), alpha=strength * size, standardize=True, fit_intercept=centre, tol=1e-6
    ).fit(X, target, sample_weight=rows)
    residual = target - np.asarray(X @ model.coef_) - model.intercept_
    return residual, float(rows @ (residual * (target - mean)))


def _scaled_lasso(X: Any, y: FloatArray, s: FloatArray, level: float) -> SparseRegressor:
    """Sun and Zhang's scaled lasso: the strength is ``level`` times the residual standard deviation it leaves."""
    noise = float(np.sqrt(s @ (y - s @ y) ** 2))
    model = SparseRegressor(standardize=True, warm_start=True)
    for _ in range(100):
        model.set_params(alpha=noise * level)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # nothing may enter at first
            model.fit(X, y, sample_weight=s)
        now = float(np.sqrt(s @ (y - np.asarray(X @ model.coef_) - model.intercept_) ** 2))
        if abs(now - noise) <= 1e-9 * noise:
            break
        noise = now
    return model


def _universal_logistic(X: Any, y: FloatArray, s: FloatArray, level: float) -> SparseClassifier:
    """Logistic lasso with strength ``level`` times the standard deviation of the target."""
    mean = float(s @ y)
    model = SparseClassifier(alpha=float(level * np.sqrt(mean * (1.0 - mean))), standardize=True)
    model.fit(X, y, sample_weight=s)
    return model


class DebiasedLasso(BaseEstimator):
    """Estimates without the lasso's bias, with standard errors, p-values and intervals, for more features than samples.

    From a sparse fit w the estimate of coefficient j is ``w_j + z_j'r / z_j'x_j``: r is the residual of the fit and z_j
    that of a lasso of feature j on all others, so that what other coefficients lack of their true values hardly counts.
    It is about normal with variance ``sigma^2 |z_j|^2 / (z_j'x_j)^2`` if the true coefficients are sparse (about
    ``s log p << sqrt(n)``). For the logistic loss features and residuals are weighted by the fitted variances.

    Parameters
    ----------
    loss : {"quadratic", "logistic"}, default="quadratic"
        Regression or classification with two classes.
    estimator : estimator, default=None
        The sparse fit: with ``coef_`` and ``intercept_``. None is the scaled lasso of Sun and Zhang (for the logistic
        loss a lasso) at strength ``sqrt(log(p) / n)`` times the standard deviation.
    node_alpha : float, default=None
        Strength of the lasso of each feature on the others, in units of the feature's standard deviation; None is
        ``sqrt(log(p) / n) / 2``. Smaller ones leave less bias and make wider intervals.
    features : list of int or str, default=None
        Features to estimate, by position, name or glob; None is all. Each costs a lasso.
    n_jobs : int, default=None
        Lassos at a time, in threads.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        De-biased coefficients; NaN for features that were not asked for, and constant ones.
    standard_errors_, p_values_ : ndarray of shape (n_features,)
        Standard errors, and two-sided p-values, not adjusted for their number.
    initial_coef_ : ndarray of shape (n_features,)
        The sparse fit.
    noise_variance_ : float
        Residual variance of the sparse fit with its degrees of freedom taken off; 1 for the logistic loss.
    classes_ : ndarray of shape (2,)
        Classes, for the logistic loss; coefficients are for the second.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described.

    Warns
    -----
    UserWarning
        If features have no estimate, because they are constant.

    References
    ----------
    Sun, T. and Zhang, C.-H. (2012). Scaled sparse linear regression. Biometrika 99, 879-898.

    Zhang, C.-H. and Zhang, S. (2014). Confidence intervals for low dimensional parameters in high dimensional linear
    models. JRSS B 76, 217-242.

    van de Geer, S., Buehlmann, P., Ritov, Y. and Dezeure, R. (2014). On asymptotically optimal confidence regions and
    tests for high-dimensional models. Annals of Statistics 42, 1166-1202.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.inference import DebiasedLasso
    >>> rng = np.random.default_rng(1)
    >>> X = rng.standard_normal((100, 150))
    >>> y = 2 * X[:, 0] + rng.standard_normal(100)
    >>> model = DebiasedLasso(features=[0, 1]).fit(X, y)
    >>> low, high = model.confidence_intervals(0.95)[0]
    >>> bool(low < 2 < high)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "loss": [StrOptions({"quadratic", "logistic"})],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "node_alpha": [Interval(Real, 0, None, closed="neither"), None],
        "features": ["array-like", None],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        loss: str = "quadratic",
        *,
        estimator: Any = None,
        node_alpha: float | None = None,
        features: Sequence[Any] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.loss = loss
        self.estimator = estimator
        self.node_alpha = node_alpha
        self.features = features
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the sparse model and one lasso for each feature asked for.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Target; two classes for the logistic loss.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0. Standard errors take them as numbers of rows: integer weights are repeated rows.

        Returns
        -------
        self : DebiasedLasso
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.inference import DebiasedLasso
        >>> X, noise = np.random.default_rng(2).normal(size=(60, 4)), np.random.default_rng(3).normal(size=60)
        >>> model = DebiasedLasso(features=[0, 3]).fit(X, 2 * X[:, 0] + noise)
        >>> model.coef_.shape, (model.p_values_ < 0.01).tolist()
        ((4,), [True, False, False, False])
        """
        logistic = self.loss == "logistic"
        X, y = validate_data(
            self, X, y, accept_sparse="csc", dtype=np.float64, order="F", y_numeric=not logistic, ensure_min_samples=2
        )
        s = normalized_weights(sample_weight, X)
        n = float(X.shape[0] if sample_weight is None else np.asarray(sample_weight, dtype=np.float64).sum())
        target = self._target(y) if logistic else np.asarray(y, dtype=np.float64)
        p = X.shape[1]
        if self.estimator is None:
            level = float(np.sqrt(np.log(max(p, 2)) / n))
            model = (_universal_logistic if logistic else _scaled_lasso)(X, target, s, level)
        else:
            model = clone(self.estimator)
            model = model.fit(X, y) if sample_weight is None else model.fit(X, y, sample_weight=sample_weight)
        coef = np.ravel(model.coef_).astype(np.float64)
        eta = np.asarray(X @ coef) + float(np.ravel(model.intercept_)[0])
        self.initial_coef_ = coef
        if logistic:
            mean = 1.0 / (1.0 + np.exp(-eta))
            residual, bend, self.noise_variance_ = target - mean, mean * (1.0 - mean), 1.0
            bend = np.maximum(bend, 1e-10)
        else:
            residual, bend = target - eta, np.ones_like(eta)
            used = np.count_nonzero(coef) + 1
            self.noise_variance_ = float(s @ residual**2) * n / max(n - used, 1.0)
        total = float(s @ bend)
        rows = s * bend / total
        strength = 0.5 * np.sqrt(np.log(max(p, 2)) / n) if self.node_alpha is None else float(self.node_alpha)
        wanted = self._wanted(p)
        found = run_all((delayed(_node)(X, rows, j, float(strength), True) for j in wanted), self.n_jobs)
        self.coef_: FloatArray = np.full(p, np.nan)
        self.standard_errors_: FloatArray = np.full(p, np.nan)
        for j, (node, product) in zip(wanted, found, strict=True):
            if product <= 0.0:
                continue
            self.coef_[j] = coef[j] + float(s @ (node * residual)) / (total * product)
            variance = self.noise_variance_ * float(rows @ node**2) / (total * product**2 * n)
            self.standard_errors_[j] = np.sqrt(variance)
        lost = [j for j in wanted if np.isnan(self.coef_[j])]
        if lost:
            warn_user(
                f"No estimate for {len(lost)} features, the first at position {lost[0]}: constant, or a combination "
                "of the others. Their coefficients are NaN.",
            )
        with np.errstate(invalid="ignore", divide="ignore"):
            self.p_values_: FloatArray = 2.0 * norm.sf(np.abs(self.coef_ / self.standard_errors_))
        return self

    def _target(self, y: Any) -> FloatArray:
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if self.classes_.size != 2:
            raise ValueError(f"y: got {self.classes_.size} classes, expected two")
        return np.asarray(codes, dtype=np.float64)

    def _wanted(self, n_features: int) -> list[int]:
        if self.features is None:
            return list(range(n_features))
        names = getattr(self, "feature_names_in_", None)
        known = [f"x{j}" for j in range(n_features)] if names is None else [str(f) for f in names]
        wanted: list[int] = []
        for item in self.features:
            if isinstance(item, str):
                wanted += match_features("features", item, known)
            elif 0 <= int(item) < n_features:
                wanted.append(int(item))
            else:
                raise ValueError(f"features: got {item!r}, expected names or positions below {n_features}")
        if not wanted:
            raise ValueError(f"features: got {self.features!r}, expected at least one, or None for all")
        return list(dict.fromkeys(wanted))

    def confidence_intervals(self, level: float = 0.95) -> FloatArray:
        """Intervals for single coefficients.

        Parameters
        ----------
        level : float, default=0.95
            Probability with which each covers its coefficient.

        Returns
        -------
        ndarray of shape (n_features, 2)
            Lower and upper ends.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.inference import DebiasedLasso
        >>> X, noise = np.random.default_rng(2).normal(size=(60, 4)), np.random.default_rng(3).normal(size=60)
        >>> low, high = DebiasedLasso().fit(X, 2 * X[:, 0] + noise).confidence_intervals(0.99).T
        >>> ((low > 0) | (high < 0)).tolist()
        [True, False, False, False]
        """
        check_is_fitted(self)
        if not 0.0 < level < 1.0:
            raise ValueError(f"level: got {level!r}, expected a number in (0, 1)")
        half = norm.ppf(0.5 + level / 2.0) * self.standard_errors_
        return np.column_stack([self.coef_ - half, self.coef_ + half])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags
