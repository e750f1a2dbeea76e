"""Cross-validated sparse proportional hazards regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .. import _core
from .._sklearn_compat import _fit_context, _safe_indexing, with_callbacks
from .._survival import take_rows
from .._validation import FloatArray, normalized_weights, quiet_idle_rows
from ._cox import SparseCoxRegressor
from ._cross_validation import CrossValidatedPath, FoldResult
from ._path import solve_path


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
) -> FoldResult:
    """What the held-out rows add to the log partial likelihood beyond the null model, and their risk scores."""
    X_train = _safe_indexing(X, train)
    if isinstance(X_train, np.ndarray):
        X_train = np.asfortranarray(X_train)
    share = float(weights[train].sum())
    part, part_target = weights[train] / share, take_rows(target, train)
    path = solve_path(
        X_train,
        part_target,
        part,
        diagnose=False,
        penalty=penalty,
        alphas=alphas,
        offset=None if offset is None else offset[train],
        **{**options, "eps": None},
    )
    eta = X @ path.coefs_
    eta = np.asarray(eta.toarray() if hasattr(eta, "toarray") else eta, dtype=np.float64)
    null = np.zeros((X.shape[0], 1))
    if offset is not None:
        eta, null = eta + offset[:, None], null + offset[:, None]
    shape = options["loss"]._shape()

    def added(predictor: FloatArray) -> float:
        whole = _core.loss_evaluate("cox", shape, target, weights, np.ascontiguousarray(predictor))[0]
        left = _core.loss_evaluate("cox", shape, part_target, part, np.ascontiguousarray(predictor[train]))[0]
        return share * float(left) - float(whole)

    if weights[test].any():
        scores = np.array([added(column) for column in eta.T]) - added(null[:, 0])
    else:
        scores = np.full(eta.shape[1], np.nan)
    missing = len(alphas) - len(scores)  # ended early: the last solution stands for the rest
    return FoldResult(
        np.append(scores, scores[-1:].repeat(missing)),
        np.hstack([eta[test], eta[test, -1:].repeat(missing, axis=1)]),
        path.out_of_time_,
    )


class SparseCoxRegressorCV(CrossValidatedPath, SparseCoxRegressor):
    """Sparse proportional hazards regression with strength, and shape of the penalty, chosen by cross-validation.

    The score is the cross-validated log partial likelihood of Verweij and van Houwelingen: the log partial likelihood
    of all rows less that of the training rows, both at the coefficients fitted to the training rows. So held-out rows
    are judged in the risk sets of all rows, which folds of few events need. It is reported beyond that of the null
    model, and per unit of weight: 0 is no better than no features.

    Parameters
    ----------
    penalty : str or Penalty, default="l1"
        A separable penalty, by name or from :mod:`pauca.penalties`.
    alphas : int or array-like, default=100
        Strengths, numbers or fractions of ``alpha_max`` as in ``["0.5max", "0.1max"]``, or how many to place
        geometrically between ``alpha_max`` and ``eps * alpha_max``.
    eps : float, default=None
        Smallest strength relative to ``alpha_max``; None is 1e-3, or 5e-2 with more features than samples.
    param_grid : dict, default=None
        Shape parameters of the penalty to choose as well, for example ``{"gamma": [2, 3, 6]}``.
    cv : int, splitter or iterable, default=None
        Folds, as anywhere in scikit-learn; None is 5, in the order of the rows.
    rule : {"min", "1se"}, default="min"
        The strength with the best mean score, or the largest within one standard error of it.
    n_jobs : int, default=None
        Folds fitted at a time, in threads.
    ties : {"breslow", "efron"}, default="breslow"
        Treatment of events at the same time, see :class:`pauca.losses.Cox`.
    solver : "auto" or GreedyBCD, default="auto"
        Solver.
    standardize : bool, default=None
        Whether alpha acts on the coefficients of scaled columns, see :class:`SparseCoxRegressor`.
    tol : float, default=1e-8
        Relative tolerance, see :class:`SparseCoxRegressor`.
    max_iter : int, default=200
        Limit on outer iterations for each strength. With a nonconvex penalty the path ends where one reaches it: there
        the chosen features nearly order the events, and coefficients grow without limit.
    max_time : float, default=None
        Limit in seconds for each path.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm), which counts paths: of every shape, on all data and in every fold.

    Attributes
    ----------
    coef_, baseline_, event_times_
        Of the chosen model, fitted on all data.
    alpha_, alpha_min_, alpha_1se_ : float
        The strength chosen, the one with the best mean score, and the largest within one standard error of it.
    best_params_ : dict
        The shape parameters chosen.
    alphas_ : ndarray of shape (n_alphas,)
        Strengths.
    cv_scores_ : ndarray of shape (n_alphas, n_folds)
        Scores by fold: larger is better. Their mean is the cross-validated partial likelihood.
    cv_mean_score_, cv_standard_error_ : ndarray of shape (n_alphas,)
        Their mean and its standard error.
    cv_table_ : list of dict
        Best strength and score of every shape.
    oof_predictions_ : ndarray of shape (n_samples,)
        Risk score of each sample by the model that has not seen it, at the chosen strength; scores of different folds
        have no common zero.
    path_ : RegularizationPath
        The path on all data.
    alpha_max_, dual_gap_, kkt_violation_, n_iter_, objective_path_, solver_report_
        As in :class:`SparseCoxRegressor`, of the chosen model.

    References
    ----------
    Verweij, P. and van Houwelingen, H. (1993). Cross-validation in survival analysis. Statistics in Medicine 12,
    2305-2314.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.linear_model import SparseCoxRegressorCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 10))
    >>> time = rng.exponential(np.exp(-X[:, 0] + X[:, 1]))
    >>> model = SparseCoxRegressorCV(rule="1se").fit(X, time)
    >>> bool(model.alpha_ > model.alpha_min_), bool(model.cv_mean_score_.max() > 0)
    (True, True)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        k: v
        for k, v in {**SparseCoxRegressor._parameter_constraints, **CrossValidatedPath._cv_constraints}.items()
        if k not in ("alpha", "warm_start", "scoring")
    }

    scoring = None

    def __init__(
        self,
        penalty: Any = "l1",
        alphas: int | npt.ArrayLike = 100,
        *,
        eps: float | None = None,
        param_grid: dict[str, Any] | None = None,
        cv: Any = None,
        rule: str = "min",
        n_jobs: int | None = None,
        ties: str = "breslow",
        solver: Any = "auto",
        standardize: bool | None = None,
        tol: float = 1e-8,
        max_iter: int = 200,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.penalty = penalty
        self.alphas = alphas
        self.eps = eps
        self.param_grid = param_grid
        self.cv = cv
        self.rule = rule
        self.n_jobs = n_jobs
        self.ties = ties
        self.solver = solver
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose

    def _plain(self) -> Any:
        return None

    def _fold_job(self) -> Callable[..., FoldResult]:
        return _fold

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
    ) -> Self:
        """Choose the strength and fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like
            Times and events, as in :meth:`SparseCoxRegressor.fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; they count in the held-out likelihood too.
        strata : array-like of shape (n_samples,), default=None
            Labels of strata.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.
        cluster : array-like of shape (n_samples,), default=None
            Labels of rows that belong together, for splitters such as ``GroupKFold``: their ``groups``, a word that
            means groups of features here.

        Returns
        -------
        self : SparseCoxRegressorCV
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseCoxRegressorCV
        >>> X = np.random.default_rng(0).normal(size=(50, 5))
        >>> model = SparseCoxRegressorCV(alphas=5, eps=0.1, cv=2).fit(X, np.exp(-X[:, 3]))
        >>> model.cv_mean_score_.shape, np.flatnonzero(model.coef_).tolist()
        ((5,), [3])
        """
        X, target, shift = self._validate(X, y, strata, offset)
        X, packed, weights, shift = quiet_idle_rows(X, target.pack(), normalized_weights(sample_weight, X), shift)
        self._cross_validate(X, target.time, packed, weights, self.loss, shift, cluster)
        n_folds = int(np.count_nonzero(~np.isnan(self.cv_scores_).all(axis=0)))
        # The sum over folds is the criterion: it becomes their mean.
        self.cv_scores_ = n_folds * self.cv_scores_
        self.cv_mean_score_ = n_folds * self.cv_mean_score_
        self.cv_standard_error_ = n_folds * self.cv_standard_error_
        k = self._chosen
        self.coef_ = self.path_.coefs_[:, [k]].toarray()[:, 0]
        self._keep_point()
        self._keep_baseline(X, target, weights, shift)
        return self
