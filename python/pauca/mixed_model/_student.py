"""The clustered multivariate-t mixed model as a scikit-learn regressor."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from .._monitor import watch
from .._report import SolverReport, warn_unless_converged
from .._rows import group_rows, positions_of, split_column
from .._sklearn_compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _fit_context,
    validate_data,
    with_callbacks,
)
from .._validation import FloatArray, seconds_or_inf
from ..penalties import Penalty
from ._clusters import effect_columns, effect_design, orthonormal_effects
from ._em import START_DEGREES, State, StudentEM
from ._inference import conditional_covariances
from ._known_correlation import fit_known_correlation
from ._penalized_step import FixedEffects, least_squares, pseudo_inverse
from ._queries import MixedModelQueries
from ._units import Units


class StudentMixedRegressor(CallbackSupportMixin, MixedModelQueries, RegressorMixin, BaseEstimator):
    r"""Linear mixed model with multivariate Student clusters, which outlying clusters do not spoil.

    The rows of cluster i are jointly multivariate Student (equivalently q-Gaussian with :math:`q_i = 1 + 2/(m+n_i)`),

    .. math:: y_i \sim t_m\bigl(X_i \beta,\; s^2 (I + Z_i D Z_i')\bigr),

    clusters are independent. A cluster far from the fit gets a small weight :math:`(m+n_i)/(m+d_i)`; the Gaussian
    mixed model is the limit of many degrees of freedom m. Minimises

    .. math:: -\tfrac1n \log L(\beta, s^2, D, m) + \alpha\, g(\beta / s)

    by a majorisation-minimisation iteration: D (by its Cholesky factor), :math:`s^2` and m for given coefficients,
    coefficients for given cluster weights. The criterion decreases in every step. With an intercept alone, or no
    clusters, this is t-regression.

    Parameters
    ----------
    random_effects : "intercept", None, or list, default="intercept"
        Columns of Z: "intercept", feature names (globs allowed) or positions, for example ``["intercept", "Days"]``.
        Without clusters there are no random effects.
    degrees_of_freedom : "estimate" or float, default="estimate"
        m; infinity is the Gaussian mixed model. An estimate of 200 or more becomes infinity.
    penalty : {"l1", "elasticnet"} or Penalty, default=None
        Penalty of the coefficients, by name or a separable one from :mod:`pauca.penalties`; None for maximum
        likelihood.
    alpha : float or str, default="0.1max"
        Strength of the penalty, which acts on coefficients in units of s, so that it does not depend on the units of
        y; or a fraction of ``alpha_max_``, the strength at which all penalised coefficients of the model fitted
        without them remain zero.
    standardize : bool, default=None
        Whether alpha acts on coefficients of columns scaled to variance one. None: on for nonconvex penalties.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is never penalised.
    cluster_column : str or int, default=None
        Column of X that holds the cluster labels, in place of the ``cluster`` argument; it is no feature.
    tol : float, default=1e-12
        The fit stops when a round decreases the criterion by at most this much (nats a row).
    max_iter : int, default=500
        Limit on rounds.
    max_time : float, default=None
        Limit in seconds.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Fixed effects.
    intercept_ : float
        Intercept.
    standard_errors_ : ndarray of shape (n_features,)
        Standard errors of unpenalised coefficients from the expected information; NaN for penalised ones. Those of a
        penalised model are conditional on the selected features.
    intercept_standard_error_ : float
        The same for the intercept.
    scale_ : float
        s^2, the scale of a row; its variance is ``scale_ * m / (m - 2)`` for m > 2.
    covariance_ : ndarray of shape (n_effects, n_effects)
        s^2 D, the scale matrix of the random effects.
    degrees_of_freedom_ : float
        m, infinite for the Gaussian model.
    fixed_effects_covariance_ : ndarray of shape (n_features + 1, n_features + 1)
        Covariance of the estimates (coefficients, intercept), for contrasts; conditional on the selected features,
        NaN for those not selected.
    random_effects_ : ndarray of shape (n_clusters, n_effects)
        Predicted random effects.
    random_effects_covariance_ : ndarray of shape (n_clusters, n_effects, n_effects)
        Their conditional scale matrices given the data.
    clusters_ : ndarray of shape (n_clusters,)
        Labels of the clusters, sorted.
    cluster_sizes_ : ndarray of shape (n_clusters,)
        Rows of each cluster, n_i.
    cluster_distances_ : ndarray of shape (n_clusters,)
        Squared Mahalanobis distances d_i of the clusters' rows from the fixed effects; under the model
        :math:`d_i / n_i` is :math:`F(n_i, m)`, for the Gaussian one d_i chi-squared with n_i degrees of freedom.
    cluster_weights_ : ndarray of shape (n_clusters,)
        Weights in the last step for the fixed effects: small for outlying clusters, 1 for the Gaussian model.
    alpha_, alpha_max_ : float
        The strength used and, with a relative ``alpha``, the reference; NaN otherwise.
    log_likelihood_ : float
        Log-likelihood, without the penalty.
    aic_, bic_ : float
        Information criteria, smaller being better: ``-2 log_likelihood_`` and 2, or the logarithm of the number of
        rows, for every nonzero coefficient, the intercept, every entry of ``covariance_``, ``scale_``, and m if it is
        estimated. They compare models of the same rows.
    objective_path_ : ndarray
        The criterion after every round.
    n_iter_ : int
        Rounds.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of features, without the cluster column.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described; the message names which.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    Notes
    -----
    Yang (2024) models *all* rows as one Student vector with a known correlation. That likelihood identifies neither m
    nor any robustness: the profile in m contains no data and the coefficients are generalised least squares, whatever
    m is. It is available for what it is with ``fit(X, y, correlation=R)``: penalised generalised least squares, where
    random effects and degrees of freedom play no part. What is robust here is that clusters are independent.

    The criterion is maximum likelihood, not REML, and need not be convex: the fit starts at least squares with m = 4.

    References
    ----------
    Yang, K. (2024). Maximum Tsallis entropy distributions for robust and efficient sparse learning from correlated
    data. Manuscript.

    Pinheiro, J. C., Liu, C. and Wu, Y. N. (2001). Efficient algorithms for robust estimation in linear mixed-effects
    models using the multivariate t distribution. JCGS 10, 249-276, eq. (4).

    Lange, K. L., Little, R. J. A. and Taylor, J. M. G. (1989). Robust statistical modeling using the t distribution.
    JASA 84, 881-896.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.mixed_model import StudentMixedRegressor
    >>> rng = np.random.default_rng(0)
    >>> cluster = np.repeat(np.arange(60), 5)
    >>> X = rng.normal(size=(300, 2))
    >>> y = 1.0 + X @ [2.0, -1.0] + rng.normal(size=60)[cluster] + 0.5 * rng.normal(size=300)
    >>> y[cluster < 6] += 20 * rng.normal(size=30)  # a tenth of the clusters is off
    >>> robust = StudentMixedRegressor().fit(X, y, cluster=cluster)
    >>> robust.coef_.round(1).tolist()
    [2.0, -1.0]
    >>> gaussian = StudentMixedRegressor(degrees_of_freedom=np.inf).fit(X, y, cluster=cluster)
    >>> bool(np.abs(gaussian.coef_ - [2, -1]).max() > 4 * np.abs(robust.coef_ - [2, -1]).max())
    True
    >>> bool(robust.cluster_weights_[:6].max() < robust.cluster_weights_[6:].mean())
    True
    """

    # Where clusters are routed to fit, score leaves them alone unless set_score_request(cluster=True) says otherwise.
    __metadata_request__score: ClassVar[dict[str, bool]] = {"cluster": False}

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "random_effects": [str, Integral, list, tuple, np.ndarray, None],
        "degrees_of_freedom": [StrOptions({"estimate"}), Interval(Real, 0, None, closed="right")],
        "penalty": [StrOptions({"l1", "elasticnet"}), Penalty, None],
        "alpha": [Interval(Real, 0, None, closed="left"), str],
        "standardize": ["boolean", None],
        "fit_intercept": ["boolean"],
        "cluster_column": [str, Integral, None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        random_effects: Any = "intercept",
        degrees_of_freedom: float | str = "estimate",
        *,
        penalty: Any = None,
        alpha: float | str = "0.1max",
        standardize: bool | None = None,
        fit_intercept: bool = True,
        cluster_column: str | int | None = None,
        tol: float = 1e-12,
        max_iter: int = 500,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.random_effects = random_effects
        self.degrees_of_freedom = degrees_of_freedom
        self.penalty = penalty
        self.alpha = alpha
        self.standardize = standardize
        self.fit_intercept = fit_intercept
        self.cluster_column = cluster_column
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        cluster: npt.ArrayLike | None = None,
        correlation: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the cluster column if ``cluster_column`` names one.
        y : array-like of shape (n_samples,)
            Target.
        cluster : array-like of shape (n_samples,), default=None
            Cluster label of every row, in any order. None, and no cluster column: every row is a cluster.
        correlation : array-like of shape (n_samples, n_samples), default=None
            Known positive definite correlation of the rows, in place of clusters: generalised least squares.

        Returns
        -------
        self : StudentMixedRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, effect, noise = rng.normal(size=(60, 1)), rng.normal(size=20)[cluster], 0.1 * rng.normal(size=60)
        >>> StudentMixedRegressor(degrees_of_freedom=4).fit(X, 2 * X[:, 0] + effect + noise, cluster).coef_.round(1)
        array([2.])
        """
        X, column = split_column(X, self.cluster_column, "cluster_column")
        if column is not None:
            if cluster is not None:
                raise ValueError("cluster: given as an argument and as cluster_column, expected one of them")
            cluster = column
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        target = np.asarray(y, dtype=np.float64)
        if correlation is not None and cluster is not None:
            raise ValueError("correlation: expected either clusters or a known correlation, got both")
        names = getattr(self, "feature_names_in_", None)
        center, scale = self._column_scale(X)
        design = (X - center) / scale
        if self.fit_intercept:
            design = np.column_stack([design, np.ones(design.shape[0])])
        fixed = FixedEffects(self.penalty, self.alpha, X.shape[1], self.fit_intercept, names)
        unit_y = float(target.std() if self.fit_intercept else np.sqrt(np.mean(target**2)))
        unit_y = unit_y if unit_y > 1e-14 * np.abs(target).max() else max(float(np.abs(target).max()), 1e-150)
        shift = float(target.mean()) if self.fit_intercept else 0.0
        target = (target - shift) / unit_y
        back = Units(center, scale, self.fit_intercept, shift, unit_y)
        if correlation is not None:
            fit_known_correlation(self, design, target, correlation, fixed, back)
            return self

        if hasattr(self, "dual_coef_"):
            del self.dual_coef_
        groups = group_rows(cluster, X.shape[0], "cluster")
        intercept, slopes = (False, []) if cluster is None else effect_columns(self.random_effects, X.shape[1], names)
        Z = effect_design(X, intercept, slopes)
        rows = groups.order
        Z, to_user = orthonormal_effects(Z[rows])
        em = StudentEM(np.asfortranarray(design[rows]), target[rows], Z, groups.start, fixed)
        with watch(self, X, y) as callback:
            state, report = self._run(em, callback)
        self._keep(em, state, report, back)
        self._effects = (intercept, slopes)
        self.clusters_ = groups.labels
        root = to_user @ state.factor
        self.covariance_ = self.scale_ * (root @ root.T)
        effects = np.asarray(em.core.effects(em.residual(state.beta), state.factor)).T
        self.random_effects_ = unit_y * (effects @ to_user.T)
        conditional = conditional_covariances(Z, groups.start, state.factor)
        self.random_effects_covariance_ = self.scale_ * (to_user @ conditional @ to_user.T)
        self.cluster_sizes_ = np.diff(groups.start)
        self.cluster_distances_, self.cluster_weights_ = em.distances(state)
        warn_unless_converged(report, self, "the last decrease of the criterion")
        return self

    def _column_scale(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What columns are centred at and divided by while fitting."""
        center = X.mean(axis=0) if self.fit_intercept else np.zeros(X.shape[1])
        standardize = self.standardize
        if standardize is None:
            standardize = self.penalty is None or not getattr(self.penalty, "convex", True)
        scale = np.ones(X.shape[1])
        if standardize:
            scale = np.sqrt(((X - center) ** 2).mean(axis=0))
            scale[scale <= 1e-14 * np.abs(center)] = 1.0
            scale[scale == 0.0] = 1.0
        return center, scale

    def _run(self, em: StudentEM, callback: Any) -> tuple[State, SolverReport]:
        estimate = isinstance(self.degrees_of_freedom, str)
        degrees = START_DEGREES if estimate else float(self.degrees_of_freedom)
        fixed = em.fixed
        beta = np.zeros(em.X.shape[1])
        self.alpha_, self.alpha_max_ = 0.0, math.nan
        limits: dict[str, Any] = {
            "tol": float(self.tol),
            "max_iter": int(self.max_iter),
            "max_time": seconds_or_inf(self.max_time),
        }
        if fixed.penalty is None:
            beta = least_squares(em.X, em.y)
        else:
            # The null model: the unpenalised columns alone. Its whitening defines alpha_max.
            free = fixed.free()
            beta[free] = least_squares(em.X[:, free], em.y)
            null_fixed = FixedEffects(None, 0.0, int(free.sum()), False, None)
            null = StudentEM(np.asfortranarray(em.X[:, free]), em.y, np.zeros((em.y.size, 0)), em.start, null_fixed)
            null.core, null.q = em.core, em.q
            start = null.initial(beta[free], degrees)
            null.run(start, fit_degrees=estimate, callback=None, **limits)
            state = State(beta, start.log_s2, start.factor, start.degrees)
            state.beta[free] = start.beta
            rows = em.whiten(state, em.weights(state), np.column_stack([em.X, em.y]))
            strength, largest = fixed.resolve_strength(np.asfortranarray(rows[:, :-1]), rows[:, -1] / state.scale)
            fixed.set_strength(strength)
            self.alpha_, self.alpha_max_ = strength, largest
            report = em.run(state, fit_degrees=estimate, callback=callback, **limits)
            return state, report
        state = em.initial(beta, degrees)
        return state, em.run(state, fit_degrees=estimate, callback=callback, **limits)

    def _keep(self, em: StudentEM, state: State, report: SolverReport, back: Units) -> None:
        self.coef_, self.intercept_ = back.coefficients(state.beta)
        unpenalized = em.fixed.free()
        columns = np.flatnonzero(unpenalized | (state.beta != 0.0))
        covariance = pseudo_inverse(em.information(state, columns))
        errors = back.errors(columns, covariance, unpenalized)
        self.standard_errors_, self.intercept_standard_error_, covariance = errors
        self._fixed = (columns, covariance)
        self.scale_ = back.unit_y**2 * math.exp(state.log_s2)
        self.degrees_of_freedom_ = float(state.degrees)
        change = math.log(back.unit_y)  # of the density, a row
        self.log_likelihood_ = -em.y.size * (state.objective - em.fixed.value(state.beta / state.scale) + change)
        n_parameters = columns.size + 1 + em.q * (em.q + 1) // 2 + isinstance(self.degrees_of_freedom, str)
        self.aic_ = 2.0 * n_parameters - 2.0 * self.log_likelihood_
        self.bic_ = math.log(em.y.size) * n_parameters - 2.0 * self.log_likelihood_
        self.objective_path_ = np.asarray(state.path) + change
        self.n_iter_ = report.n_iter
        self.solver_report_ = report

    def predict(
        self, X: Any, cluster: npt.ArrayLike | None = None, cross_correlation: npt.ArrayLike | None = None
    ) -> FloatArray:
        """Predict the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the cluster column if ``cluster_column`` names one.
        cluster : array-like of shape (n_samples,), default=None
            Cluster labels: rows of clusters seen in fit get their random effects, others and all rows without
            labels get the fixed effects alone.
        cross_correlation : array-like of shape (n_samples, n_train), default=None
            Correlation of new rows with those of ``fit(..., correlation=...)``: adds the best linear prediction of
            the residual.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predictions.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, y = rng.normal(size=(60, 1)), 3 * rng.normal(size=20)[cluster] + rng.normal(size=60)
        >>> model = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster)
        >>> bool(np.std(y - model.predict(X, cluster)) < 0.5 * np.std(y - model.predict(X)))  # with and without effects
        True
        """
        X, cluster = self._new_rows(X, cluster)
        prediction = np.asarray(X @ self.coef_ + self.intercept_)
        if cross_correlation is not None:
            if not hasattr(self, "dual_coef_"):
                raise ValueError("cross_correlation: the model was fitted without a known correlation")
            cross = np.asarray(cross_correlation, dtype=np.float64)
            if cross.shape != (X.shape[0], self.dual_coef_.size):
                raise ValueError(
                    f"cross_correlation: got shape {cross.shape}, expected {(X.shape[0], self.dual_coef_.size)}"
                )
            return np.asarray(prediction + cross @ self.dual_coef_)
        if cluster is None or not self.random_effects_.size:
            return prediction
        row = positions_of(cluster, self.clusters_, X.shape[0], "cluster")
        known = row >= 0
        Z = effect_design(X[known], *self._effects)
        prediction[known] += (Z * self.random_effects_[row[known]]).sum(axis=1)
        return prediction

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
    ) -> float:
        """R squared of ``predict(X, cluster)``: of the fixed effects alone for clusters not seen in ``fit``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the cluster column if ``cluster_column`` names one.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        cluster : array-like of shape (n_samples,), default=None
            Cluster labels, as in ``predict``.

        Returns
        -------
        float
            1 is perfect.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, y = rng.normal(size=(60, 1)), 3 * rng.normal(size=20)[cluster] + rng.normal(size=60)
        >>> model = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster)
        >>> model.score(X, y, cluster=cluster) > 0.8 > model.score(X, y)
        True
        """
        return float(r2_score(y, self.predict(X, cluster), sample_weight=sample_weight))

    def _new_rows(self, X: Any, cluster: Any) -> tuple[FloatArray, Any]:
        check_is_fitted(self)
        X, column = split_column(X, self.cluster_column, "cluster_column")
        return validate_data(self, X, dtype=np.float64, reset=False), column if cluster is None else cluster
