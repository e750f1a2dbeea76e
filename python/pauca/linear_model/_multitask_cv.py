"""Regression of several targets with the strength chosen by cross-validation."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .._sklearn_compat import _fit_context, with_callbacks
from .._validation import normalized_weights, validate_matrix
from ..losses import Quadratic
from ._cross_validation import CrossValidatedPath
from ._matrix_losses import MultiTaskLoss
from ._multitask import MultiTaskSparseRegressor, resolve_row_penalty
from ._regularization_path import RegularizationPath


class MultiTaskSparseRegressorCV(CrossValidatedPath, MultiTaskSparseRegressor):
    """Linear regression of several targets with the strength of its row sparsity chosen by cross-validation.

    Parameters
    ----------
    penalty : {"l21", "l1", "mcp", "scad"} or Penalty, default="l21"
        As in :class:`MultiTaskSparseRegressor`.
    alphas, eps, param_grid, cv, rule, scoring, n_jobs
        As in :class:`SparseRegressorCV`.
    solver, fit_intercept, standardize, tol, max_iter, max_time
        As in :class:`MultiTaskSparseRegressor`.
    verbose : int, default=0
        As in :class:`SparseRegressorCV`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_targets, n_features)
        Coefficients of the chosen model, fitted on all data; of shape (n_features,) if y was one-dimensional.
    intercept_ : ndarray of shape (n_targets,)
        Intercepts; a float if y was one-dimensional.
    alpha_, alpha_min_, alpha_1se_, best_params_, alphas_, cv_scores_, cv_mean_score_, cv_standard_error_, cv_table_
        As in :class:`SparseRegressorCV`; scores are minus the loss ``||y - prediction||^2 / 2`` summed over targets.
    oof_predictions_ : ndarray of shape (n_samples, n_targets)
        Prediction of each sample by the model that has not seen it.
    path_ : RegularizationPath
        The path on all data.
    alpha_max_, dual_gap_, kkt_violation_, n_iter_, objective_path_, solver_report_
        As in :class:`SparseRegressor`, of the chosen model.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> from pauca.linear_model import MultiTaskSparseRegressorCV
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> model = MultiTaskSparseRegressorCV(alphas=20).fit(X, Y)
    >>> model.coef_.shape, model.oof_predictions_.shape
    ((3, 3), (20, 3))
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        k: v
        for k, v in {**MultiTaskSparseRegressor._parameter_constraints, **CrossValidatedPath._cv_constraints}.items()
        if k not in ("alpha", "warm_start")
    }

    def __init__(
        self,
        penalty: Any = "l21",
        alphas: int | npt.ArrayLike = 100,
        *,
        eps: float | None = None,
        param_grid: dict[str, Any] | None = None,
        cv: Any = None,
        rule: str = "min",
        scoring: Any = None,
        n_jobs: int | None = None,
        solver: Any = "auto",
        fit_intercept: bool = True,
        standardize: bool | None = None,
        tol: float = 1e-8,
        max_iter: int = 1000,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.penalty = penalty
        self.alphas = alphas
        self.eps = eps
        self.param_grid = param_grid
        self.cv = cv
        self.rule = rule
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose

    def _path_penalty(self) -> Any:
        return resolve_row_penalty(self.penalty)

    def _plain(self) -> Any:
        return _MultiTaskPoint()

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
    ) -> Self:
        """Choose the strength and fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples, n_targets) or (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; they count in the held-out loss too.
        cluster : array-like of shape (n_samples,), default=None
            Labels of rows that belong together, for splitters such as ``GroupKFold``: their ``groups``, a word that
            means groups of features here.

        Returns
        -------
        self : MultiTaskSparseRegressorCV
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import MultiTaskSparseRegressorCV
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = MultiTaskSparseRegressorCV(alphas=10, eps=0.1, cv=3).fit(X, X[:, [3, 3]] * [1.0, -2.0])
        >>> model.cv_scores_.shape, np.flatnonzero(model.coef_.any(axis=0)).tolist()
        ((10, 3), [3])
        """
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
        target = np.asarray(y, dtype=np.float64)
        flat = target.ndim == 1
        single = flat or target.shape[1] == 1
        self._cross_validate(
            X,
            y,
            np.ascontiguousarray(target.reshape(-1) if single else target),
            weights,
            Quadratic() if single else MultiTaskLoss(),
            None,
            cluster,
            sample_weight,
        )
        k = self._chosen
        self.coef_, self.intercept_ = _at(self.path_, k, flat)
        self.oof_predictions_ = self.oof_predictions_.reshape(target.shape)
        self._keep_point()
        return self


def _at(path: RegularizationPath, k: int, flat: bool) -> tuple[npt.NDArray[Any], Any]:
    """Coefficients and intercepts at position k; vectors and numbers for a one-dimensional target."""
    coef, intercept = np.atleast_2d(path.coef_at(k)), np.atleast_1d(path.intercepts_[..., k])
    return (coef[0], float(intercept[0])) if flat else (coef, intercept)


class _MultiTaskPoint(MultiTaskSparseRegressor):
    """One point of a path as an estimator, for scorers."""

    known_offset = None

    def _take(self, path: RegularizationPath, k: int, y: npt.NDArray[Any]) -> None:
        self.coef_, self.intercept_ = _at(path, k, y.ndim == 1)
        self.n_features_in_ = self.coef_.shape[-1]
