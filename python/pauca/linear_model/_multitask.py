"""Regression of several targets that share their features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import MultiOutputMixin, RegressorMixin

from .._dask import is_dask_array, moments_of
from .._monitor import watch
from .._sklearn_compat import _fit_context, with_callbacks
from .._validation import FloatArray, normalized_weights, quiet_idle_rows, validate_matrix
from ..moments import Moments, Rows, check_moments, rows_of_factor, take_names
from ..penalties import GroupL2, Penalty
from ..solvers import GreedyBCD
from ._base import SparseLinearModel
from ._block_fit import fit_blocks
from ._fit import PENALTY_NAMES, LinearFit, resolve_penalty
from ._tall import pays_for_tasks, rows_of


def resolve_row_penalty(penalty: Any) -> Penalty:
    """A penalty object; "l21" is the group penalty, whose groups are single features."""
    return resolve_penalty(GroupL2() if isinstance(penalty, str) and penalty == "l21" else penalty)


class MultiTaskSparseRegressor(MultiOutputMixin, RegressorMixin, SparseLinearModel):
    """Linear regression of several targets with row sparsity: a feature is used for all targets or for none.

    Minimises ``sum_i s_i ||y_i - b - W x_i||^2 / 2 + alpha * sum_j ||W_.j||`` over coefficients W (n_targets,
    n_features) and intercepts b, where the sample weights s sum to one. With the default penalty this is
    scikit-learn's MultiTaskLasso objective, so ``alpha`` means the same.

    Parameters
    ----------
    penalty : {"l21", "l1", "mcp", "scad"} or Penalty, default="l21"
        "l21" (or :class:`pauca.penalties.GroupL2` with groups of features, SparseGroup, GroupMCP, GroupSCAD) selects
        features for all targets together; a separable penalty selects single coefficients.
    alpha : float or str, default="0.1max"
        Strength of the penalty, or a fraction of ``alpha_max_``, see :class:`SparseRegressor`.
    solver : "auto" or GreedyBCD, default="auto"
        Solver, from :mod:`pauca.solvers`.
    fit_intercept : bool, default=True
        Whether to fit intercepts, which are never penalised.
    standardize : bool, default=None
        Whether alpha acts on the coefficients of scaled columns, see :class:`SparseRegressor`.
    tol : float, default=1e-8
        Relative tolerance, see :class:`SparseRegressor`.
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
    coef_ : ndarray of shape (n_targets, n_features)
        Coefficients; of shape (n_features,) if y was one-dimensional.
    intercept_ : ndarray of shape (n_targets,)
        Intercepts; a float if y was one-dimensional.
    alpha_, alpha_max_, dual_gap_, kkt_violation_, n_iter_, support_identified_at_, objective_path_, solver_report_
        As in :class:`SparseRegressor`.
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
    Obozinski, G., Taskar, B. and Jordan, M. (2010). Joint covariate selection and joint subspace selection for multiple
    classification problems. Statistics and Computing 20, 231-252.

    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> from pauca.linear_model import MultiTaskSparseRegressor
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> model = MultiTaskSparseRegressor(alpha="0.5max").fit(X, Y)
    >>> model.coef_.shape, (abs(model.coef_).sum(axis=0) > 0).tolist()
    ((3, 3), [False, True, False])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SparseLinearModel._parameter_constraints,
        "penalty": [*SparseLinearModel._parameter_constraints["penalty"], str],
    }

    _by_name: ClassVar[dict[str, Mapping[str, Callable[[], Any]]]] = {
        **SparseLinearModel._by_name,
        "penalty": {**PENALTY_NAMES, "l21": GroupL2},
    }

    def __init__(
        self,
        penalty: Any = "l21",
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
    def fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data. F-ordered float64 or float32 arrays, CSC matrices and a :class:`~pauca.design.GenotypeMatrix` are
            used without a copy. Columns whose mean is 1e5 standard deviations or more (timestamps) are centred,
            in a copy. A dask array is reduced to :class:`~pauca.moments.Moments` where its blocks are.
        y : array-like of shape (n_samples, n_targets) or (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; only their ratios matter.

        Returns
        -------
        self : MultiTaskSparseRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import MultiTaskSparseRegressor
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = MultiTaskSparseRegressor(alpha="0.5max").fit(X, X[:, [3, 3]] * [1.0, -2.0])
        >>> model.coef_.shape, np.flatnonzero(model.coef_.any(axis=0)).tolist()
        ((2, 5), [3])
        """
        if is_dask_array(X):
            self.fit_moments(moments_of(X, y, sample_weight))
            if np.ndim(y) == 1:
                self.coef_, self.intercept_ = self.coef_[0], float(np.ravel(self.intercept_)[0])
            return self
        X, y = validate_matrix(
            self,
            X,
            y,
            accept_sparse="csc",
            dtype=[np.float64, np.float32],
            order="F",
            y_numeric=True,
            multi_output=True,
        )
        weights = normalized_weights(sample_weight, X)
        X, target, weights, _ = quiet_idle_rows(X, np.asarray(y, dtype=np.float64), weights, None)
        rows = None
        if isinstance(self.solver, str) and target.ndim == 2 and pays_for_tasks(X, target.shape[1]):
            rows = rows_of(X, target, weights, self.fit_intercept)
        if rows is not None:
            self._take_rows(rows)
            return self
        fit = self._solve_tasks(X, target, weights, y)
        flat, n_tasks = target.ndim == 1, target[0].size
        self.coef_ = fit.coef if n_tasks == 1 else fit.coef.T
        self.intercept_ = fit.intercept
        if not flat and n_tasks == 1:
            self.coef_, self.intercept_ = self.coef_.reshape(1, -1), np.array([fit.intercept])
        self._keep(fit)
        return self

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_moments(self, moments: Moments) -> Self:
        """Fit from accumulated moments: same solution as ``fit``, at a cost free of the number of samples.

        Parameters
        ----------
        moments : Moments
            Moments of X and of one or more targets.

        Returns
        -------
        self : MultiTaskSparseRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import MultiTaskSparseRegressor
        >>> from pauca.moments import Moments
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> moments = Moments().update(X[:20], X[:20, :2]).update(X[20:], X[20:, :2])
        >>> np.flatnonzero(MultiTaskSparseRegressor(alpha="0.5max").fit_moments(moments).coef_.any(axis=0)).tolist()
        [0, 1]
        """
        check_moments(moments)
        rows = rows_of_factor(moments.factor_, moments.n_features_, moments.weight_sum_, self.fit_intercept)
        take_names(self, moments)
        self._take_rows(rows)
        return self

    def _take_rows(self, rows: Rows) -> None:
        """Fit the rows of a factor."""
        p = rows.X.shape[1]
        fit = self._solve_tasks(rows.X, rows.y, rows.weights, rows.y, rows.variance)
        coef = np.ascontiguousarray(fit.coef.reshape(p, -1).T)
        self.intercept_ = rows.means[p:] - coef @ rows.means[:p]
        self.coef_ = coef
        self._keep(fit)

    def _solve_tasks(
        self, X: Any, target: FloatArray, weights: FloatArray, y: Any, variance: FloatArray | None = None
    ) -> LinearFit:
        """Fit rows that are samples, or, with the columns' variances, rows of a factor."""
        n_tasks = target[0].size
        start = None
        if self.warm_start and hasattr(self, "coef_"):
            start = (np.atleast_2d(self.coef_).T.astype(np.float64), self.intercept_)
            if start[0].shape != (X.shape[1], n_tasks):
                start = None
        solver = GreedyBCD() if isinstance(self.solver, str) else self.solver
        if not isinstance(solver, GreedyBCD):
            raise ValueError(f"solver: got {self.solver!r}, expected 'auto' or GreedyBCD")
        with watch(self, X, y) as callback:
            return fit_blocks(
                X,
                target,
                weights,
                loss=("multitask", []),
                penalty=resolve_row_penalty(self.penalty),
                alpha=self.alpha,
                solver=solver,
                fit_intercept=self.fit_intercept and variance is None,
                standardize=self.standardize,
                tol=self.tol,
                max_iter=self.max_iter,
                max_time=self.max_time,
                n_tasks=n_tasks,
                start=start,
                feature_names=getattr(self, "feature_names_in_", None),
                variance=variance,
                callback=callback,
            )

    def predict(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Predict the targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_targets) or (n_samples,)
            Predictions.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import MultiTaskSparseRegressor
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> MultiTaskSparseRegressor(alpha="0.5max").fit(X, X[:, [3, 4]]).predict(X[:7]).shape
        (7, 2)
        """
        return self._predictor(X)
