"""Cross-validated sparse regression and classification along regularisation paths."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils._indexing import _safe_indexing

from .._report import SolverReport
from .._sklearn_compat import Interval, StrOptions, _fit_context, validate_data, with_callbacks
from .._validation import FloatArray, check_vector, normalized_weights
from ..losses import Loss
from ._classifier import SparseClassifier
from ._fit import resolve_penalty
from ._path import RegularizationPath, solve_path
from ._regressor import SparseRegressor


class CrossValidatedPath:
    """What the two cross-validated estimators share: not for users."""

    _cv_constraints: ClassVar[dict[str, Any]] = {
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "eps": [Interval(Real, 0, 1, closed="neither"), None],
        "param_grid": [dict, None],
        "cv": ["cv_object"],
        "rule": [StrOptions({"min", "1se"})],
        "scoring": [str, callable, None],
        "n_jobs": [Integral, None],
    }

    def _candidates(self, penalty: Any) -> list[tuple[dict[str, Any], Any]]:
        """The penalty with each combination of shape parameters."""
        grid: Mapping[str, Sequence[Any]] = self.param_grid or {}  # type: ignore[attr-defined]
        known = penalty.get_params(deep=False)
        for key in grid:
            if key not in known or key == "alpha":
                raise ValueError(f"param_grid: {key!r} is no shape parameter of {penalty!r}")
        combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        return [(c, clone(penalty).set_params(**c)) for c in combinations]

    def _cross_validate(
        self, X: Any, y: Any, target: FloatArray, weights: FloatArray, loss: Loss, offset: FloatArray | None
    ) -> None:
        """Choose shape and strength, and keep the path of the chosen shape on all data."""
        model: Any = self
        penalty = resolve_penalty(model.penalty)
        names = getattr(self, "feature_names_in_", None)
        options: dict[str, Any] = {
            "loss": loss,
            "eps": model.eps,
            "solver": model.solver,
            "fit_intercept": model.fit_intercept,
            "standardize": model.standardize,
            "tol": model.tol,
            "max_iter": model.max_iter,
            "max_time": model.max_time,
            "feature_names": None if names is None else list(names),
        }
        candidates = self._candidates(penalty)
        fold = self._fold_job()
        splits = list(check_cv(model.cv, y, classifier=is_classifier(self)).split(X, y))
        scorer = None if model.scoring is None else check_scoring(self._plain(), scoring=model.scoring)
        paths = [
            solve_path(X, target, weights, penalty=p, alphas=model.alphas, offset=offset, **options)
            for _, p in candidates
        ]
        jobs = [
            delayed(fold)(X, y, target, weights, offset, train, test, p, full.alphas_, options, scorer, self._plain())
            for (_, p), full in zip(candidates, paths, strict=True)
            for train, test in splits
        ]
        results = Parallel(n_jobs=model.n_jobs, prefer="threads")(jobs)
        folds = len(splits)
        scores = [np.array([r[0] for r in results[c * folds : (c + 1) * folds]]).T for c in range(len(candidates))]
        means = [s.mean(axis=1) for s in scores]
        best = int(np.argmax([m.max() for m in means]))
        mean, path = means[best], paths[best]
        error = scores[best].std(axis=1, ddof=1) / np.sqrt(folds) if folds > 1 else np.zeros_like(mean)
        top = int(np.argmax(mean))
        one_se = int(np.flatnonzero(mean >= mean[top] - error[top])[0])
        chosen = top if model.rule == "min" else one_se

        out_of_fold = np.full(X.shape[0], np.nan)
        for (_, test), (_, predictions) in zip(splits, results[best * folds : (best + 1) * folds], strict=True):
            out_of_fold[test] = predictions[:, chosen]
        self.path_: RegularizationPath = path
        self.alphas_ = path.alphas_
        self.cv_scores_: FloatArray = scores[best]
        self.cv_mean_score_: FloatArray = mean
        self.cv_standard_error_: FloatArray = error
        self.oof_predictions_: npt.NDArray[np.floating[Any]] = loss._inverse_link(out_of_fold)
        self.alpha_min_ = float(path.alphas_[top])
        self.alpha_1se_ = float(path.alphas_[one_se])
        self.best_params_: dict[str, Any] = candidates[best][0]
        self.cv_table_ = [
            {**c, "alpha": float(paths[i].alphas_[np.argmax(means[i])]), "score": float(means[i].max())}
            for i, (c, _) in enumerate(candidates)
        ]
        self._chosen = chosen

    def _plain(self) -> Any:
        """The estimator that is fitted at one strength."""
        raise NotImplementedError

    def _fold_job(self) -> Callable[..., tuple[FloatArray, FloatArray]]:
        """What computes scores and linear predictors of one fold."""
        return _fold

    def _keep_point(self) -> None:
        """Set what describes the chosen point of the path."""
        model: Any = self
        k, path = model._chosen, model.path_
        del model._chosen
        model.alpha_, model.alpha_max_ = float(path.alphas_[k]), path.alpha_max_
        model.dual_gap_, model.kkt_violation_ = float(path.dual_gaps_[k]), float(path.kkt_violations_[k])
        model.objective_path_ = path.objectives_[: k + 1]
        model.n_iter_ = int(path.n_iter_[k])
        model.solver_report_ = SolverReport(
            engine="path",
            status="converged" if path.converged_[k] else "max_iter",
            n_iter=model.n_iter_,
            objective=float(path.objectives_[k]),
            criterion=float(path.dual_gaps_[k] if np.isfinite(path.dual_gaps_[k]) else path.kkt_violations_[k]),
            threshold=float("nan"),
            seconds=float("nan"),
            details={},
        )
        missed = int((~path.converged_).sum())
        if missed:
            warnings.warn(
                f"{type(self).__name__}: {missed} of {len(path.alphas_)} strengths of the path did not reach tol="
                f"{model.tol:g}; the worst KKT violation is {path.kkt_violations_.max():.3g}. Increase max_iter or "
                "eps, or raise tol.",
                ConvergenceWarning,
                stacklevel=4,
            )


def _fold(
    X: Any,
    y: Any,
    target: FloatArray,
    weights: FloatArray,
    offset: FloatArray | None,
    train: npt.NDArray[np.intp],
    test: npt.NDArray[np.intp],
    penalty: Any,
    alphas: FloatArray,
    options: dict[str, Any],
    scorer: Any,
    plain: Any,
) -> tuple[FloatArray, FloatArray]:
    """Scores and linear predictors of one fold at every strength."""
    X_train, X_test = _safe_indexing(X, train), _safe_indexing(X, test)
    if isinstance(X_train, np.ndarray):
        X_train = np.asfortranarray(X_train)
    part = weights[train]
    if not part.sum() > 0.0:
        raise ValueError("cv: all samples of a training fold have weight zero")
    path = solve_path(
        X_train,
        target[train],
        part / part.sum(),
        penalty=penalty,
        alphas=alphas,
        offset=None if offset is None else offset[train],
        **{**options, "eps": None},
    )
    eta = X_test @ path.coefs_
    eta = (eta.toarray() if hasattr(eta, "toarray") else np.asarray(eta)) + path.intercepts_
    if len(path.alphas_) < len(alphas):  # stopped by max_time: the last solution stands for the rest
        eta = np.hstack([eta, np.repeat(eta[:, -1:], len(alphas) - len(path.alphas_), axis=1)])
    shifted = eta if offset is None else eta + offset[test][:, None]
    if scorer is None:
        loss = options["loss"]
        held = weights[test] if weights[test].sum() > 0.0 else None
        scores = [-loss.value(target[test], np.ascontiguousarray(column), held) for column in shifted.T]
    else:
        scores = []
        for k in range(len(path.alphas_)):
            plain._take(path, k, np.unique(y))
            scores.append(scorer(plain, X_test, _safe_indexing(y, test)))
        scores += scores[-1:] * (len(alphas) - len(scores))
    return np.array(scores), shifted


_DOC = """
    Parameters
    ----------
    {loss}
    penalty : str or Penalty, default="l1"
        A separable penalty, by name or from :mod:`pauca.penalties`.
    alphas : int or array-like, default=100
        Strengths, or how many to place geometrically between ``alpha_max`` and ``eps * alpha_max``.
    eps : float, default=None
        Smallest strength relative to ``alpha_max``; None is 1e-3, or 5e-2 with more features than samples.
    param_grid : dict, default=None
        Shape parameters of the penalty to choose as well, for example ``{{"gamma": [2, 3, 6]}}``.
    cv : int, splitter or iterable, default=None
        Folds, as anywhere in scikit-learn; None is 5.
    rule : {{"min", "1se"}}, default="min"
        The strength with the best mean score, or the largest within one standard error of it.
    scoring : str or callable, default=None
        A scikit-learn scorer; None is minus the mean loss on held-out data.
    n_jobs : int, default=None
        Folds fitted at a time, in threads.
    {class_weight}solver : "auto" or GreedyBCD, default="auto"
        Solver.
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

    Attributes
    ----------
    coef_, intercept_
        Of the chosen model, fitted on all data.
    alpha_, alpha_min_, alpha_1se_ : float
        The strength chosen, the one with the best mean score, and the largest within one standard error of it.
    best_params_ : dict
        The shape parameters chosen.
    alphas_ : ndarray of shape (n_alphas,)
        Strengths.
    cv_scores_ : ndarray of shape (n_alphas, n_folds)
        Scores of the chosen shape on held-out data: larger is better.
    cv_mean_score_, cv_standard_error_ : ndarray of shape (n_alphas,)
        Their mean and its standard error.
    cv_table_ : list of dict
        Best strength and score of every shape.
    oof_predictions_ : ndarray of shape (n_samples,)
        Prediction of each sample by the model that has not seen it, at the chosen strength.
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
        if k not in ("alpha", "warm_start", "verbose")
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

        Returns
        -------
        self : SparseRegressorCV
            The fitted estimator.
        """
        X, y = validate_data(self, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F", y_numeric=True)
        weights = normalized_weights(sample_weight, X)
        target = np.ascontiguousarray(y, dtype=np.float64)
        shift = None if offset is None else check_vector("offset", offset, X.shape[0])
        loss = self._loss()
        if loss.task != "regression":
            raise ValueError(f"loss: got {loss!r}, expected a loss for regression")
        self._cross_validate(X, y, target, weights, loss, shift)
        k = self._chosen
        self.coef_ = self.path_.coefs_[:, [k]].toarray()[:, 0].astype(X.dtype, copy=False)
        self.intercept_ = float(self.path_.intercepts_[k])
        self._keep_point()
        return self


class SparseClassifierCV(CrossValidatedPath, SparseClassifier):
    __doc__ = (
        "Sparse classification of two classes with strength, and shape of the penalty, chosen by cross-validation.\n"
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
        if k not in ("alpha", "warm_start", "verbose")
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

    def _plain(self) -> Any:
        return _ClassifierPoint(self.loss)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> Self:
        """Choose the strength and fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Labels of two classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; they count in the held-out loss too.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        self : SparseClassifierCV
            The fitted estimator.
        """
        X, y, classes, codes, weights, shift, loss = self._validate(X, y, sample_weight, offset)
        if len(classes) > 2:
            raise ValueError(
                f"Only binary classification is supported: y has {len(classes)} classes. For more, tune alpha of "
                "SparseClassifier with GridSearchCV"
            )
        self._cross_validate(X, y, codes.astype(np.float64), weights, loss, shift)
        k = self._chosen
        self.classes_ = classes
        self.coef_ = self.path_.coefs_[:, [k]].toarray().T.astype(X.dtype, copy=False)
        self.intercept_ = self.path_.intercepts_[[k]].astype(X.dtype, copy=False)
        self._keep_point()
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


class _RegressorPoint(SparseRegressor):
    """One point of a path as an estimator, for scorers."""

    def _take(self, path: RegularizationPath, k: int, classes: npt.NDArray[Any]) -> None:
        self.coef_ = path.coefs_[:, [k]].toarray()[:, 0]
        self.intercept_ = float(path.intercepts_[k])
        self.n_features_in_ = self.coef_.size


class _ClassifierPoint(SparseClassifier):
    """One point of a path as an estimator, for scorers."""

    def _take(self, path: RegularizationPath, k: int, classes: npt.NDArray[Any]) -> None:
        self.classes_ = classes
        self.coef_ = path.coefs_[:, [k]].toarray().T
        self.intercept_ = path.intercepts_[[k]]
        self.n_features_in_ = self.coef_.shape[1]
