"""Sparse linear regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from .._dask import is_dask_array, moments_of
from .._sklearn_compat import StrOptions, _fit_context, with_callbacks
from .._validation import check_vector, normalized_weights, quiet_idle_rows, validate_matrix
from ..losses import Loss, Quadratic
from ..losses._names import REGRESSION_LOSSES, resolve_loss
from ..moments import Moments, check_moments, rows_of_factor, take_names
from ._base import SparseLinearModel


class SparseRegressor(RegressorMixin, SparseLinearModel):
    """Linear, robust, quantile, Poisson or gamma regression with a sparse penalty.

    Minimises ``sum_i s_i (y_i - offset_i - b - x_i'w)^2 / 2 + alpha * g(w)`` over coefficients w and intercept b,
    where the sample weights s are scaled to sum to one and g is the penalty. With the default penalty this is
    scikit-learn's Lasso objective, so ``alpha`` means the same. With another loss the linear predictor
    ``offset_i + b + x_i'w`` enters that loss, and ``predict`` applies the inverse of its link.

    Parameters
    ----------
    loss : {"quadratic", "huber", "quantile", "poisson", "gamma"} or Loss, default="quadratic"
        Loss, by name or from :mod:`pauca.losses`.
    penalty : {"l1", "elasticnet", "mcp", "scad"} or Penalty, default="l1"
        Penalty, by name or from :mod:`pauca.penalties`, or an object of your own with ``value(w)`` and
        ``prox(v, step)`` derived from :class:`pauca.penalties.Penalty`.
    alpha : float or str, default="0.1max"
        Strength of the penalty, or a fraction of ``alpha_max_``, the smallest strength at which all penalised
        coefficients are zero. A fraction does not depend on the units of X and y.
    solver : "auto" or solver, default="auto"
        Solver, from :mod:`pauca.solvers`. "auto" takes :class:`~pauca.solvers.GreedyBCD` for separable penalties and
        :class:`~pauca.solvers.AcceleratedProximalGradient` for others.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is never penalised.
    standardize : bool, default=None
        Whether alpha acts on the coefficients of columns scaled to variance one. None: on for nonconvex penalties,
        off for convex ones. ``coef_`` is on the scale of X in either case.
    tol : float, default=1e-8
        The fit stops at a duality gap of ``tol`` times the objective of the intercept-only model; where there is no
        duality gap (a feature with weight 0), at a KKT violation of ``tol * alpha``.
    max_iter : int, default=1000
        Limit on outer iterations.
    max_time : float, default=None
        Limit in seconds.
    warm_start : bool, default=False
        Whether a second ``fit`` starts from the coefficients of the last one.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients, in double precision whatever X is in: the certificate is that of these numbers.
    intercept_ : float
        Intercept.
    alpha_, alpha_max_ : float
        The strength used, and the smallest one with all penalised coefficients zero. A target that is constant but for
        rounding errors, up to 100 units in the last place of its mean, is constant: ``alpha_max_`` is 0.
    dual_gap_ : float
        Certified distance of the objective from its minimum; NaN where no duality gap exists.
    kkt_violation_ : float
        Largest distance of the negative gradient to the penalty's subdifferential.
    n_iter_ : int
        Outer iterations.
    support_identified_at_ : int
        The outer iteration after which the set of nonzero coefficients no longer changed: from there on
        :class:`~pauca.solvers.GreedyBCD` takes Newton steps on a fixed support. -1 for solvers that do not watch it.
    objective_path_ : ndarray
        Objective after each outer iteration.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of features.
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

    References
    ----------
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import SparseRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = SparseRegressor(alpha="0.2max").fit(X, y)
    >>> model.feature_names_in_[model.coef_ != 0].tolist()
    ['bmi', 'bp', 's3', 's5']
    >>> bool(model.dual_gap_ <= 1e-8 * y.var() / 2)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SparseLinearModel._parameter_constraints,
        "loss": [StrOptions(set(REGRESSION_LOSSES)), Loss],
    }

    _by_name: ClassVar[dict[str, Mapping[str, Callable[[], Any]]]] = {
        **SparseLinearModel._by_name,
        "loss": REGRESSION_LOSSES,
    }

    def __init__(
        self,
        loss: str | Loss = "quadratic",
        penalty: Any = "l1",
        alpha: float | str = "0.1max",
        *,
        solver: Any = "auto",
        fit_intercept: bool = True,
        standardize: bool | None = None,
        tol: float = 1e-8,
        max_iter: int = 1000,
        max_time: float | None = None,
        warm_start: bool = False,
        verbose: int = 0,
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.warm_start = warm_start
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data. F-ordered float64 or float32 arrays, CSC matrices and a :class:`~pauca.design.GenotypeMatrix` are
            used without a copy. Columns whose mean is 1e5 standard deviations or more (timestamps) are centred,
            in a copy. A dask array is reduced to :class:`~pauca.moments.Moments` where its blocks are
            (quadratic loss only).
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; only their ratios matter.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor: for counts over unequal exposures the logarithm of the exposure.

        Returns
        -------
        self : SparseRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseRegressor
        >>> X, weight = np.eye(3), [1.0, 1.0, 0.0]  # the last row does not count
        >>> SparseRegressor(alpha=0.5, fit_intercept=False).fit(X, [2.0, -3.0, 9.0], weight).coef_.round(6).tolist()
        [1.0, -2.0, 0.0]
        """
        if is_dask_array(X):
            if self._loss() != Quadratic() or offset is not None:
                got = repr(self._loss()) if offset is None else "an offset"
                raise ValueError(f"X: a dask array needs the quadratic loss and no offset, got {got}")
            self.fit_moments(moments_of(X, y, sample_weight))
            return self
        X, y = validate_matrix(
            self, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F", y_numeric=True
        )
        weights = normalized_weights(sample_weight, X)
        target = np.ascontiguousarray(y, dtype=np.float64)
        shift = None if offset is None else check_vector("offset", offset, X.shape[0])
        loss = self._loss()
        if loss.task != "regression":
            raise ValueError(f"loss: got {loss!r}, expected a loss for regression")
        fit = self._solve(*quiet_idle_rows(X, target, weights, shift), loss, y)
        self.coef_ = fit.coef
        self.intercept_ = fit.intercept
        self._keep(fit)
        return self

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_moments(self, moments: Moments) -> Self:
        """Fit from accumulated moments: same solution as ``fit``, at a cost free of the number of samples.

        Parameters
        ----------
        moments : Moments
            Moments of X and of one target.

        Returns
        -------
        self : SparseRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseRegressor
        >>> from pauca.moments import Moments
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> moments = Moments().update(X[:20], X[:20, 3]).update(X[20:], X[20:, 3])
        >>> bool(np.allclose(SparseRegressor().fit_moments(moments).coef_, SparseRegressor().fit(X, X[:, 3]).coef_))
        True
        """
        check_moments(moments, 1)
        if not isinstance(self._loss(), Quadratic):
            raise ValueError(
                f"loss: got {self.loss!r}, but moments say nothing of it; expected 'quadratic', or fit rows"
            )
        p = moments.n_features_
        rows = rows_of_factor(moments.factor_, p, moments.weight_sum_, self.fit_intercept)
        y = np.ascontiguousarray(rows.y[:, 0])
        take_names(self, moments)
        fit = self._solve(rows.X, y, rows.weights, None, Quadratic(), y, rows.variance)
        self.coef_ = fit.coef
        self.intercept_ = float(rows.means[p] - rows.means[:p] @ fit.coef)
        self._keep(fit)
        return self

    def _loss(self) -> Loss:
        return resolve_loss(self.loss)

    def predict(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        """Predict the target: the linear predictor, through the inverse link of the loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predictions.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseRegressor
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseRegressor("poisson", alpha="0.5max").fit(X, np.arange(40) % 4)
        >>> twice = model.predict(X, offset=np.full(40, np.log(2.0)))  # the exposure
        >>> bool(np.allclose(twice, 2 * model.predict(X)))
        True
        """
        return self._loss()._inverse_link(self._predictor(X, offset))

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> float:
        """Share of the loss explained, D^2: one minus the loss over that of the best constant.

        For squared error this is R^2, for the Poisson and gamma losses the explained deviance.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        float
            At most 1.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseRegressor
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> round(SparseRegressor(alpha="0.5max").fit(X, X[:, 3]).score(X, X[:, 3]), 6)  # 1 - 0.5^2
        0.75
        """
        loss = self._loss()
        if isinstance(loss, Quadratic):
            return float(r2_score(y, self.predict(X, offset), sample_weight=sample_weight))
        eta = self._predictor(X, offset).astype(np.float64)
        target = check_vector("y", y, eta.size)
        loss._check_target(target, np.ones_like(target))
        weights = None if sample_weight is None else check_vector("sample_weight", sample_weight, eta.size)
        return loss._d2(target, eta, weights, None if offset is None else check_vector("offset", offset, eta.size))
