"""Sparse linear classification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted

from .._monitor import watch
from .._sklearn_compat import StrOptions, _fit_context, with_callbacks
from .._validation import FloatArray, check_vector, normalized_weights, validate_matrix
from ..losses import Logistic, Loss, SquaredHinge
from ..solvers import GreedyBCD
from ._base import SparseLinearModel
from ._block_fit import fit_blocks
from ._fit import LinearFit, resolve_penalty

LOSS_NAMES: dict[str, type[Loss]] = {"logistic": Logistic, "squared_hinge": SquaredHinge}


def _has_probabilities(estimator: Any) -> bool:
    if isinstance(estimator.loss, Logistic) or estimator.loss == "logistic":
        return True
    raise AttributeError(f"loss={estimator.loss!r} models no probabilities: use the logistic loss")


class SparseClassifier(ClassifierMixin, SparseLinearModel):
    """Logistic regression, or a support vector machine, with a sparse penalty.

    Minimises ``sum_i s_i [log(1 + exp(eta_i)) - y_i eta_i] + alpha * g(w)``, ``eta = offset + b + X w`` (or the squared
    hinge in the place of the logistic loss), over
    coefficients w and intercept b, where y_i is 1 for the second class and the sample weights s sum to one. With the
    L1 penalty ``alpha = 1 / (n_samples * C)`` in terms of scikit-learn's LogisticRegression; the intercept is not
    penalised.

    Parameters
    ----------
    loss : {"logistic", "squared_hinge"} or Loss, default="logistic"
        Loss, by name or from :mod:`pauca.losses`; the squared hinge gives no probabilities.
    penalty : {"l1", "elasticnet", "mcp", "scad"} or Penalty, default="l1"
        Penalty, by name or from :mod:`pauca.penalties`.
    alpha : float or str, default="0.1max"
        Strength of the penalty, or a fraction of ``alpha_max_``, see :class:`SparseRegressor`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied into the sample weights.
    solver : "auto" or solver, default="auto"
        Solver, from :mod:`pauca.solvers`, see :class:`SparseRegressor`.
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
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients of the log-odds of ``classes_[1]``, or, with more than two classes, of each class's predictor in
        the symmetric multinomial model.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts; those of several classes sum to zero.
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
        "loss": [StrOptions(set(LOSS_NAMES)), Loss],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    _by_name: ClassVar[dict[str, Mapping[str, Callable[[], Any]]]] = {
        **SparseLinearModel._by_name,
        "loss": LOSS_NAMES,
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
            Data. F-ordered float64 or float32 arrays, CSC matrices and a :class:`~pauca.design.GenotypeMatrix` are
            used without a copy.
        y : array-like of shape (n_samples,)
            Class labels; more than two classes are fitted by multinomial logistic regression.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; only their ratios matter.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        self : SparseClassifier
            The fitted estimator.
        """
        X, y, classes, codes, weights, shift, loss = self._validate(X, y, sample_weight, offset)
        if len(classes) == 2:
            fit = self._solve(X, codes.astype(np.float64), weights, loss, shift, y)
        else:
            fit = self._solve_multinomial(X, codes.astype(np.float64), weights, loss, shift, y, len(classes))
        self.classes_ = classes
        self.coef_ = np.atleast_2d(fit.coef.T).astype(X.dtype, copy=False)
        self.intercept_ = np.atleast_1d(np.asarray(fit.intercept)).astype(X.dtype, copy=False)
        self._keep(fit)
        return self

    def _validate(
        self, X: Any, y: Any, sample_weight: npt.ArrayLike | None, offset: npt.ArrayLike | None
    ) -> tuple[Any, Any, npt.NDArray[Any], npt.NDArray[Any], FloatArray, FloatArray | None, Loss]:
        """Data, classes, class numbers, weights with those of the classes in, offset and loss."""
        X, y = validate_matrix(self, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F")
        check_classification_targets(y)
        type_of_target(y, input_name="y", raise_unknown=True)
        weights = normalized_weights(sample_weight, X)
        if self.class_weight is not None:
            weights = normalized_weights(weights * compute_sample_weight(self.class_weight, y), X)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2 or len(np.unique(codes[weights > 0.0])) < 2:
            raise ValueError(f"y: got one class ({classes[:1].tolist()[0]!r}), expected samples of two classes")
        shift = None if offset is None else check_vector("offset", offset, X.shape[0])
        loss = LOSS_NAMES[self.loss]() if isinstance(self.loss, str) else self.loss
        if loss.task != "classification":
            raise ValueError(f"loss: got {loss!r}, expected a loss for classification: Logistic or SquaredHinge")
        return X, y, classes, codes, weights, shift, loss

    def _solve_multinomial(
        self,
        X: Any,
        codes: FloatArray,
        weights: FloatArray,
        loss: Loss,
        offset: FloatArray | None,
        y: Any,
        n_classes: int,
    ) -> LinearFit:
        if not isinstance(loss, Logistic):
            raise ValueError(f"loss: {loss!r} separates two classes, but y has {n_classes}: use the logistic loss")
        solver = GreedyBCD() if isinstance(self.solver, str) else self.solver
        if not isinstance(solver, GreedyBCD):
            raise ValueError(f"solver: got {self.solver!r}, expected 'auto' or GreedyBCD for {n_classes} classes")
        if offset is not None:
            raise ValueError(f"offset: got one number a sample, but {n_classes} classes have {n_classes} predictors")
        start = None
        if self.warm_start and hasattr(self, "coef_") and self.coef_.shape == (n_classes, X.shape[1]):
            start = (self.coef_.T.astype(np.float64), self.intercept_)
        with watch(self, X, y) as callback:
            return fit_blocks(
                X,
                codes,
                weights,
                loss=("multinomial", []),
                penalty=resolve_penalty(self.penalty),
                alpha=self.alpha,
                solver=solver,
                fit_intercept=self.fit_intercept,
                standardize=self.standardize,
                tol=self.tol,
                max_iter=self.max_iter,
                max_time=self.max_time,
                n_tasks=n_classes,
                start=start,
                feature_names=getattr(self, "feature_names_in_", None),
                callback=callback,
            )

    def decision_function(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Linear predictor: of two classes, with the logistic loss, the log-odds of the second.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Linear predictor; with more than two classes one for each.
        """
        check_is_fitted(self)
        X = validate_matrix(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        eta = np.asarray(X @ self.coef_.T + self.intercept_)
        return eta[:, 0] if len(self.classes_) == 2 else eta

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
        codes = (eta > 0.0).astype(int) if eta.ndim == 1 else eta.argmax(axis=1)
        return np.asarray(self.classes_[codes])

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, columns in the order of ``classes_``.
        """
        eta = self.decision_function(X)
        if eta.ndim == 2:
            return np.asarray(softmax(eta, axis=1))
        second = expit(eta)
        return np.column_stack([1.0 - second, second])

    @available_if(_has_probabilities)
    def predict_log_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probabilities, columns in the order of ``classes_``.
        """
        eta = self.decision_function(X)
        if eta.ndim == 2:
            return np.asarray(log_softmax(eta, axis=1))
        return np.column_stack([-np.logaddexp(0.0, eta), -np.logaddexp(0.0, -eta)])
