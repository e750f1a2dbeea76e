"""Sparse linear classification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from .._monitor import watch
from .._rows import distinct_labels, missing_labels
from .._sklearn_compat import StrOptions, _fit_context, with_callbacks
from .._validation import FloatArray, check_vector, normalized_weights, quiet_idle_rows, validate_matrix
from ..losses import Logistic, Loss
from ..losses._names import CLASSIFICATION_LOSSES, resolve_loss
from ..solvers import GreedyBCD
from ._base import SparseLinearModel, linear_predictor
from ._block_fit import fit_blocks
from ._fit import LinearFit, resolve_penalty


def _class_factors(
    class_weight: dict[Any, float] | str, y: npt.NDArray[Any], codes: npt.NDArray[np.intp], weights: FloatArray
) -> FloatArray:
    """What class weights multiply each sample's weight by; "balanced" gives every class the same weight in all."""
    if isinstance(class_weight, dict):
        return np.asarray(compute_sample_weight(class_weight, y), dtype=np.float64)
    total = np.bincount(codes, weights)
    return np.asarray(np.divide(1.0, total, out=np.zeros_like(total), where=total > 0.0)[codes])


def class_weights(
    class_weight: dict[Any, float] | str | None,
    y: npt.NDArray[Any],
    codes: npt.NDArray[np.intp],
    sample_weight: Any,
    X: Any,
) -> FloatArray:
    """Weights of samples, times those of their classes where there are such; they sum to one."""
    weights = normalized_weights(sample_weight, X)
    if class_weight is None:
        return weights
    return normalized_weights(weights * _class_factors(class_weight, y, codes, weights), X)


def refuse_offset(offset: Any, n_classes: int) -> None:
    """Several classes have as many linear predictors: one known part a sample does not say of which."""
    if offset is not None:
        raise ValueError(f"offset: got one number a sample, but {n_classes} classes have as many predictors")


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
        Weights of the classes, multiplied into the sample weights; "balanced" gives all classes the same sum of
        weights.
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
        Class labels, of the samples of positive weight.
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
        "loss": [StrOptions(set(CLASSIFICATION_LOSSES)), Loss],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    _by_name: ClassVar[dict[str, Mapping[str, Callable[[], Any]]]] = {
        **SparseLinearModel._by_name,
        "loss": CLASSIFICATION_LOSSES,
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
            used without a copy. Columns whose mean is 1e5 standard deviations or more (timestamps) are centred,
            in a copy.
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

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseClassifier(alpha="0.5max").fit(X, np.where(X[:, 3] > 0, "yes", "no"))
        >>> model.classes_.tolist(), np.flatnonzero(model.coef_).tolist()
        (['no', 'yes'], [3])
        """
        X, y, classes, codes, weights, shift, loss = self._validate(X, y, sample_weight, offset)
        data = quiet_idle_rows(X, codes.astype(np.float64), weights, shift)
        if len(classes) == 2:
            fit = self._solve(*data, loss, y)
        else:
            fit = self._solve_multinomial(*data, loss, y, len(classes))
        self.classes_ = classes
        self.coef_ = np.atleast_2d(fit.coef.T)
        self.intercept_ = np.atleast_1d(np.asarray(fit.intercept))
        self._keep(fit)
        if isinstance(loss, Logistic):
            self._warn_if_separable(*data)
        return self

    def _warn_if_separable(self, X: Any, codes: FloatArray, weights: FloatArray, offset: FloatArray | None) -> None:
        """Without a penalty, coefficients that put every sample on its side improve with every scale."""
        if self.alpha_ > 0.0 or not self.coef_.any():
            return
        eta = linear_predictor(X, self.coef_.T, self.intercept_)
        if len(self.classes_) == 2:
            eta = eta[:, 0] if offset is None else eta[:, 0] + offset
            apart = ((2.0 * codes - 1.0) * eta > 0.0).all()
        else:
            own = np.take_along_axis(eta, codes.astype(np.intp)[:, None], axis=1)
            apart = ((eta >= own).sum(axis=1) == 1).all()
        if apart:
            self._warn_of_no_optimum("the classes are separable")

    def _validate(
        self, X: Any, y: Any, sample_weight: npt.ArrayLike | None, offset: npt.ArrayLike | None
    ) -> tuple[Any, Any, npt.NDArray[Any], npt.NDArray[Any], FloatArray, FloatArray | None, Loss]:
        """Data, classes, class numbers, weights with those of the classes in, offset and loss."""
        labels = np.asarray(y)
        if labels.dtype.kind == "O" and labels.ndim == 1 and missing_labels(labels).any():
            raise ValueError("y: contains NaN or None, expected a label for every row")
        X, y = validate_matrix(self, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F")
        classes, codes = distinct_labels("y", np.asarray(y))
        check_classification_targets(y)
        type_of_target(y, input_name="y", raise_unknown=True)
        weights = class_weights(self.class_weight, y, codes, sample_weight, X)
        present = np.unique(codes[weights > 0.0])
        if len(present) < 2:
            raise ValueError(f"y: got one class ({classes[present].tolist()[0]!r}), expected samples of two classes")
        # A class without weight is no class; its samples may have any number.
        classes, codes = classes[present], np.minimum(np.searchsorted(present, codes), len(present) - 1)
        shift = None if offset is None else check_vector("offset", offset, X.shape[0])
        loss = resolve_loss(self.loss)
        if loss.task != "classification":
            raise ValueError(f"loss: got {loss!r}, expected a loss for classification: Logistic or SquaredHinge")
        return X, y, classes, codes, weights, shift, loss

    def _solve_multinomial(
        self,
        X: Any,
        codes: FloatArray,
        weights: FloatArray,
        offset: FloatArray | None,
        loss: Loss,
        y: Any,
        n_classes: int,
    ) -> LinearFit:
        if not isinstance(loss, Logistic):
            raise ValueError(f"loss: {loss!r} separates two classes, but y has {n_classes}: use the logistic loss")
        solver = GreedyBCD() if isinstance(self.solver, str) else self.solver
        if not isinstance(solver, GreedyBCD):
            raise ValueError(f"solver: got {self.solver!r}, expected 'auto' or GreedyBCD for {n_classes} classes")
        refuse_offset(offset, n_classes)
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

    def decision_function(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        """Linear predictor: of two classes, with the logistic loss, the log-odds of the second.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor, with two classes only.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Linear predictor; with more than two classes one for each.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseClassifier(alpha="0.5max").fit(X, X[:, 3] > 0)
        >>> bool(np.allclose(model.decision_function(X), X @ model.coef_[0] + model.intercept_))
        True
        """
        eta = self._predictor(X)
        if len(self.classes_) > 2:
            refuse_offset(offset, len(self.classes_))
            return eta
        return eta[:, 0] if offset is None else eta[:, 0] + check_vector("offset", offset, len(eta))

    def predict(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[Any]:
        """Predict the class of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor, with two classes only.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseClassifier(alpha="0.5max").fit(X, np.where(X[:, 3] > 0, "yes", "no"))
        >>> model.predict([[0, 0, 0, 2, 0], [0, 0, 0, -2, 0]]).tolist()
        ['yes', 'no']
        """
        eta = self.decision_function(X, offset)
        codes = (eta > 0.0).astype(int) if eta.ndim == 1 else eta.argmax(axis=1)
        return np.asarray(self.classes_[codes])

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> float:
        """Share of the samples, or of their weight, whose class is predicted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor, with two classes only.

        Returns
        -------
        float
            Accuracy, in [0, 1].

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseClassifier(alpha="0.5max").fit(X, np.where(X[:, 3] > 0, "yes", "no"))
        >>> model.score([[0, 0, 0, 2, 0], [0, 0, 0, -2, 0]], ["yes", "yes"], sample_weight=[3.0, 1.0])
        0.75
        """
        return float(accuracy_score(y, self.predict(X, offset), sample_weight=sample_weight))

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor, with two classes only.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, columns in the order of ``classes_``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> P = SparseClassifier(alpha="0.5max").fit(X, X[:, 3] > 0).predict_proba(X)
        >>> P.shape, bool(np.allclose(P.sum(axis=1), 1.0)), bool(((P[:, 1] > 0.5) == (X[:, 3] > 0)).mean() > 0.9)
        ((40, 2), True, True)
        """
        eta = self.decision_function(X, offset).astype(np.float64)  # whose range small ones need
        if eta.ndim == 2:
            return np.asarray(softmax(eta, axis=1))
        return np.column_stack([expit(-eta), expit(eta)])  # the difference to one would lose small probabilities

    @available_if(_has_probabilities)
    def predict_log_proba(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor, with two classes only.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probabilities, columns in the order of ``classes_``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseClassifier
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> model = SparseClassifier(alpha="0.5max").fit(X, X[:, 3] > 0)
        >>> far = [[0, 0, 0, 1e4, 0]]  # where probabilities underflow, their logarithms do not
        >>> model.predict_proba(far).tolist(), bool(np.isfinite(model.predict_log_proba(far)).all())
        ([[0.0, 1.0]], True)
        """
        eta = self.decision_function(X, offset).astype(np.float64)  # whose range small ones need
        if eta.ndim == 2:
            return np.asarray(log_softmax(eta, axis=1))
        return np.column_stack([-np.logaddexp(0.0, eta), -np.logaddexp(0.0, -eta)])
