"""Sparse linear classification."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted

from .._sklearn_compat import StrOptions, _fit_context, validate_data, with_callbacks
from .._validation import check_vector, normalized_weights
from ..losses import Logistic, Loss
from ._base import SparseLinearModel


class SparseClassifier(ClassifierMixin, SparseLinearModel):
    """Logistic regression with a sparse penalty, by greedy block coordinate descent.

    Minimises ``sum_i s_i [log(1 + exp(eta_i)) - y_i eta_i] + alpha * g(w)``, ``eta = offset + b + X w``, over
    coefficients w and intercept b, where y_i is 1 for the second class and the sample weights s sum to one. With the
    L1 penalty ``alpha = 1 / (n_samples * C)`` in terms of scikit-learn's LogisticRegression; the intercept is not
    penalised.

    Parameters
    ----------
    loss : {"logistic"} or Loss, default="logistic"
        Loss, by name or from :mod:`pauca.losses`.
    penalty : {"l1", "elasticnet"} or Penalty, default="l1"
        Penalty, by name or from :mod:`pauca.penalties`.
    alpha : float or str, default="0.1max"
        Strength of the penalty, or a fraction of ``alpha_max_``, see :class:`SparseRegressor`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied into the sample weights.
    solver : "auto" or GreedyBCD, default="auto"
        Solver, from :mod:`pauca.solvers`.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is never penalised.
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
    classes_ : ndarray of shape (2,)
        Class labels.
    coef_ : ndarray of shape (1, n_features)
        Coefficients of the log-odds of ``classes_[1]``.
    intercept_ : ndarray of shape (1,)
        Intercept.
    alpha_, alpha_max_, dual_gap_, kkt_violation_, n_iter_, objective_path_, solver_report_
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
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from pauca.linear_model import SparseClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), SparseClassifier(alpha="0.05max")).fit(X, y)
    >>> int((model[-1].coef_ != 0).sum()), round(model.score(X, y), 3)
    (8, 0.972)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SparseLinearModel._parameter_constraints,
        "loss": [StrOptions({"logistic"}), Loss],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        loss: str | Loss = "logistic",
        penalty: Any = "l1",
        alpha: float | str = "0.1max",
        *,
        class_weight: dict[Any, float] | str | None = None,
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
        self.class_weight = class_weight
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
            Data. F-ordered float64 or float32 arrays and CSC matrices are used without a copy.
        y : array-like of shape (n_samples,)
            Labels of two classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; only their ratios matter.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        self : SparseClassifier
            The fitted estimator.
        """
        X, y = validate_data(self, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F")
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        weights = normalized_weights(sample_weight, X)
        if self.class_weight is not None:
            weights = normalized_weights(weights * compute_sample_weight(self.class_weight, y), X)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2 or len(np.unique(codes[weights > 0.0])) < 2:
            raise ValueError(f"y: got one class ({classes[0]!r}), expected samples of two classes")
        shift = None if offset is None else check_vector("offset", offset, X.shape[0])
        loss = Logistic() if isinstance(self.loss, str) else self.loss
        if not isinstance(loss, Logistic):
            raise ValueError(f"loss: got {loss!r}, expected a loss for classification")
        fit = self._solve(X, codes.astype(np.float64), weights, loss, shift, y)
        self.classes_ = classes
        self.coef_ = fit.coef.astype(X.dtype, copy=False).reshape(1, -1)
        self.intercept_ = np.array([fit.intercept], dtype=X.dtype)
        self._keep(fit)
        return self

    def decision_function(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Log-odds of the second class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Linear predictor.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        return np.asarray(X @ self.coef_[0] + self.intercept_[0])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict the class of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        eta = self.decision_function(X)
        return np.asarray(self.classes_[(eta > 0.0).astype(int)])

    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Probabilities, columns in the order of ``classes_``.
        """
        second = expit(self.decision_function(X))
        return np.column_stack([1.0 - second, second])

    def predict_log_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Log-probabilities, columns in the order of ``classes_``.
        """
        eta = self.decision_function(X)
        return np.column_stack([-np.logaddexp(0.0, eta), -np.logaddexp(0.0, -eta)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
