"""Sparse regression and classification with the strength chosen by cross-validation."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .._sklearn_compat import _fit_context, with_callbacks
from .._validation import FloatArray, check_vector, normalized_weights, validate_matrix
from ..losses import Logistic, Loss
from ._classifier import SparseClassifier, refuse_offset
from ._cross_validation import CrossValidatedPath
from ._matrix_losses import MultinomialLoss
from ._regressor import SparseRegressor
from ._regularization_path import RegularizationPath

_DOC = """
    Parameters
    ----------
    {loss}
    penalty : str or Penalty, default="l1"
        A penalty, by name or from :mod:`pauca.penalties`; penalties of groups and structured ones too.
    alphas : int or array-like, default=100
        Strengths, numbers or fractions of ``alpha_max`` as in ``["0.5max", "0.1max"]``, or how many to place
        geometrically between ``alpha_max`` and ``eps * alpha_max``.
    eps : float, default=None
        Smallest strength relative to ``alpha_max``; None is 1e-3, or 5e-2 with more features than samples.
    param_grid : dict, default=None
        Shape parameters of the penalty to choose as well, for example ``{{"gamma": [2, 3, 6]}}``. Every combination has
        a path of its own on all data and in every fold, on which each strength starts from the one before. With
        ``penalty=L0(), solver=IHT()`` also ``n_nonzero``, the number of features, in place of a strength.
    cv : int, splitter or iterable, default=None
        Folds, as anywhere in scikit-learn; None is 5.
    rule : {{"min", "1se"}}, default="min"
        The strength with the best mean score, or the largest within one standard error of it (of numbers of features
        the smallest).
    scoring : str or callable, default=None
        A scikit-learn scorer; None is minus the mean loss on held-out data. It gets the weights of the held-out
        samples, if ``fit`` got any, and predictions that contain their offset.
    n_jobs : int, default=None
        Folds fitted at a time, in threads.
    {class_weight}solver : "auto" or solver, default="auto"
        Solver, see :class:`SparseRegressor`.
    fit_intercept : bool, default=True
        Whether to fit an intercept.
    standardize : bool, default=None
        Whether alpha acts on the coefficients of scaled columns, see :class:`SparseRegressor`.
    tol : float, default=1e-8
        Relative tolerance, see :class:`SparseRegressor`.
    max_iter : int, default=1000
        Limit on outer iterations for each strength.
    max_time : float, default=None
        Limit in seconds for each path.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm), which counts paths: of every shape, on all data and in every fold.

    Attributes
    ----------
    coef_, intercept_
        Of the chosen model, fitted on all data.
    alpha_, alpha_min_, alpha_1se_ : float
        The strength chosen, the one with the best mean score, and the largest within one standard error of it.
    best_params_ : dict
        The shape parameters chosen.
    alphas_ : ndarray of shape (n_alphas,)
        Strengths; a single 0 where the number of features was chosen.
    cv_scores_ : ndarray of shape (n_alphas, n_folds)
        Scores of the chosen shape on held-out data: larger is better. NaN where a score is undefined, as of a fold
        whose samples all have weight 0, and in folds that a callback's early stop left out.
    cv_mean_score_, cv_standard_error_ : ndarray of shape (n_alphas,)
        Their mean and its standard error, without folds whose score is undefined.
    cv_table_ : list of dict
        Best strength of every shape, its mean score, and the score of each fold there.
    oof_predictions_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Prediction (of a classifier with the logistic loss: probability) of each sample by the model that has not seen
        it, at the chosen strength; NaN for samples in no test fold.
    path_ : RegularizationPath
        The path on all data.
    alpha_max_, dual_gap_, kkt_violation_, n_iter_, objective_path_, solver_report_
        As in :class:`SparseRegressor`, of the chosen model.

    References
    ----------
    Friedman, J., Hastie, T. and Tibshirani, R. (2010). Regularization paths for generalized linear models via
    coordinate descent. Journal of Statistical Software 33(1).
"""


class SparseRegressorCV(CrossValidatedPath, SparseRegressor):
    __doc__ = (
        "Sparse linear regression with strength, and shape of the penalty, chosen by cross-validation.\n"
        + _DOC.format(
            loss='loss : str or Loss, default="quadratic"\n        Loss, by name or from :mod:`pauca.losses`.',
            class_weight="",
        )
        + """
    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import SparseRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = SparseRegressorCV(rule="1se").fit(X, y)
    >>> int((model.coef_ != 0).sum()), bool(model.alpha_ > model.alpha_min_)
    (6, True)
    """
    )

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        k: v
        for k, v in {**SparseRegressor._parameter_constraints, **CrossValidatedPath._cv_constraints}.items()
        if k not in ("alpha", "warm_start")
    }

    def __init__(
        self,
        loss: str | Loss = "quadratic",
        penalty: Any = "l1",
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
        self.loss = loss
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

    def _plain(self) -> Any:
        return _RegressorPoint(self.loss)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
    ) -> Self:
        """Choose the strength and fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; they count in the held-out loss too.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.
        cluster : array-like of shape (n_samples,), default=None
            Labels of rows that belong together, for splitters such as ``GroupKFold``: their ``groups``, a word that
            means groups of features here.

        Returns
        -------
        self : SparseRegressorCV
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.model_selection import GroupKFold
        >>> from pauca.linear_model import SparseRegressorCV
        >>> X, cluster = np.random.default_rng(0).normal(size=(40, 5)), np.arange(40) % 8
        >>> model = SparseRegressorCV(alphas=10, eps=0.1, cv=GroupKFold(4)).fit(X, X[:, 3], cluster=cluster)
        >>> model.cv_scores_.shape, np.flatnonzero(model.coef_).tolist()
        ((10, 4), [3])
        """
        X, y = validate_matrix(
            self, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F", y_numeric=True
        )
        weights = normalized_weights(sample_weight, X)
        target = np.ascontiguousarray(y, dtype=np.float64)
        shift = None if offset is None else check_vector("offset", offset, X.shape[0])
        loss = self._loss()
        if loss.task != "regression":
            raise ValueError(f"loss: got {loss!r}, expected a loss for regression")
        self._cross_validate(X, y, target, weights, loss, shift, cluster, sample_weight)
        k = self._chosen
        self.coef_ = self.path_.coef_at(k)
        self.intercept_ = float(self.path_.intercepts_[k])
        self._keep_point()
        return self


class SparseClassifierCV(CrossValidatedPath, SparseClassifier):
    __doc__ = (
        "Sparse classification with strength, and shape of the penalty, chosen by cross-validation.\n"
        + _DOC.format(
            loss='loss : {"logistic", "squared_hinge"} or Loss, default="logistic"\n'
            "        Loss, by name or from :mod:`pauca.losses`.",
            class_weight='class_weight : dict, "balanced" or None, default=None\n'
            "        Weights of the classes, multiplied into the sample weights.\n    ",
        )
        + """
    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import scale
    >>> from pauca.linear_model import SparseClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = SparseClassifierCV(alphas=30, rule="1se", tol=1e-6).fit(scale(X), y)
    >>> round(model.score(scale(X), y), 2)
    0.98
    """
    )

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        k: v
        for k, v in {**SparseClassifier._parameter_constraints, **CrossValidatedPath._cv_constraints}.items()
        if k not in ("alpha", "warm_start")
    }

    def __init__(
        self,
        loss: str | Loss = "logistic",
        penalty: Any = "l1",
        alphas: int | npt.ArrayLike = 100,
        *,
        eps: float | None = None,
        param_grid: dict[str, Any] | None = None,
        cv: Any = None,
        rule: str = "min",
        scoring: Any = None,
        n_jobs: int | None = None,
        class_weight: dict[Any, float] | str | None = None,
        solver: Any = "auto",
        fit_intercept: bool = True,
        standardize: bool | None = None,
        tol: float = 1e-8,
        max_iter: int = 1000,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.alphas = alphas
        self.eps = eps
        self.param_grid = param_grid
        self.cv = cv
        self.rule = rule
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.class_weight = class_weight
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose

    def _plain(self) -> Any:
        point = _ClassifierPoint(self.loss)
        point.classes_ = self.classes_
        return point

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
    ) -> Self:
        """Choose the strength and fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Labels; more than two classes are fitted by multinomial logistic regression.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; they count in the held-out loss too.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.
        cluster : array-like of shape (n_samples,), default=None
            Labels of rows that belong together, for splitters such as ``GroupKFold``: their ``groups``, a word that
            means groups of features here.

        Returns
        -------
        self : SparseClassifierCV
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifierCV
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseClassifierCV(alphas=5, eps=0.3, cv=3).fit(X, np.where(X[:, 3] > 0, "yes", "no"))
        >>> model.cv_scores_.shape, model.predict([[0, 0, 0, 2, 0]]).tolist()
        ((5, 3), ['yes'])
        """
        X, y, classes, codes, weights, shift, loss = self._validate(X, y, sample_weight, offset)
        problem: Any = loss
        if len(classes) > 2:
            if not isinstance(loss, Logistic):
                raise ValueError(f"loss: {loss!r} separates two classes, but y has {len(classes)}: use logistic")
            refuse_offset(shift, len(classes))
            problem = MultinomialLoss()
        self.classes_ = classes
        self._cross_validate(X, y, codes.astype(np.float64), weights, problem, shift, cluster, sample_weight)
        k = self._chosen
        self.coef_ = np.atleast_2d(self.path_.coef_at(k))
        self.intercept_ = np.atleast_1d(self.path_.intercepts_[..., k])
        self._keep_point()
        return self


class _RegressorPoint(SparseRegressor):
    """One point of a path as an estimator, for scorers: they know no offset, but it does."""

    known_offset: FloatArray | None = None

    def _predictor(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        return super()._predictor(X, self.known_offset if offset is None else offset)

    def _take(self, path: RegularizationPath, k: int, y: npt.NDArray[Any]) -> None:
        self.coef_ = path.coef_at(k)
        self.intercept_ = float(path.intercepts_[k])
        self.n_features_in_ = self.coef_.size


class _ClassifierPoint(SparseClassifier):
    """One point of a path as an estimator, for scorers: they know no offset, but it does."""

    known_offset: FloatArray | None = None

    def decision_function(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        return super().decision_function(X, self.known_offset if offset is None else offset)

    def _take(self, path: RegularizationPath, k: int, y: npt.NDArray[Any]) -> None:
        self.coef_ = np.atleast_2d(path.coef_at(k))
        self.intercept_ = np.atleast_1d(path.intercepts_[..., k])
        self.n_features_in_ = self.coef_.shape[1]
