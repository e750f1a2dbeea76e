"""A low-rank representation shared by tasks."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, RegressorMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._dask import is_dask_array, moments_of_groups
from .._monitor import watch
from .._report import warn_unless_converged
from .._rows import group_rows, split_column
from .._sklearn_compat import CallbackSupportMixin, Interval, StrOptions, _fit_context, validate_data, with_callbacks
from .._validation import FloatArray, normalized_weights
from ..moments import Moments
from ._factors import FitOptions, SharedFit, TaskRows, choose_rank, fit_head, fit_shared
from ._head import TaskHead, explained, mean_response
from ._rank import warn_if_too_many
from ._relevance import RelevanceLasso
from ._task_moments import TaskMoments

RANKS = ("auto", "nuclear", "cv")


def check_binary(y: FloatArray) -> None:
    """Refuse targets of the logistic loss that are not 0 and 1."""
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("y: the logistic loss needs targets 0 and 1")


class MultiTaskRepresentation(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, RegressorMixin, BaseEstimator
):
    r"""Linear representation of few dimensions that many tasks share, each with a head of its own.

    Task m has :math:`y = x'Bw_m + c_m + \varepsilon` with one B of orthonormal columns for all tasks:

    .. math:: \min_{B'B = I,\, w, c}\; \tfrac12 \sum_m \|y_m - X_m B w_m - c_m\|^2 + \tfrac{r_m}2 \|w_m\|^2 .

    Tasks with too few samples of their own borrow the directions of the others. A new task then needs its head only:
    ``adapt``.

    Parameters
    ----------
    n_components : int or {"auto", "nuclear", "cv"}, default="auto"
        Number of directions k; of more than there are tasks or features, as many as there are, with a warning. "auto"
        counts the singular values of the tasks' standardised coefficients above :math:`\sqrt d + \sqrt M`, the largest
        that noise alone reaches; "nuclear" takes the rank of a fit with the nuclear norm at that strength; "cv"
        five-fold cross-validation within tasks.
    solver : {"als", "svd"}, default="als"
        Alternating least squares, or the one-shot singular value decomposition of the tasks' own ridge estimates.
    loss : {"squared", "logistic"}, default="squared"
        "logistic" is for targets 0 and 1, by reweighted alternating least squares; ``predict`` returns probabilities.
    alpha : float, default=1e-5
        Ridge :math:`r_m`, in units of the number of samples times the mean variance of a feature. Raise it (1e-3) for
        separable binary tasks.
    fit_intercept : bool, default=True
        Whether tasks have intercepts.
    task_column : str or int, default=None
        Column of X that holds the task of each row, in place of the ``task`` argument; it is no feature.
    tol : float, default=1e-7
        The fit stops when a round lowers the objective by less than ``tol`` times that of a zero representation.
    max_iter : int, default=200
        Limit on rounds.
    max_time : float, default=None
        Limit in seconds.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    components_ : ndarray of shape (n_components_, n_features)
        Orthonormal directions, B transposed, those that carry most of the tasks first.
    task_coef_ : ndarray of shape (n_components_, n_tasks)
        Heads: :math:`w_m` in column m.
    coef_ : ndarray of shape (n_tasks, n_features)
        Coefficients of the features, :math:`Bw_m`.
    intercept_ : ndarray of shape (n_tasks,)
        Intercepts.
    tasks_ : ndarray of shape (n_tasks,)
        Labels of the tasks, sorted.
    n_components_ : int
        Directions used.
    n_iter_ : int
        Rounds.
    objective_path_ : ndarray
        Objective after each round; it never increases.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of features, without the task column.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    References
    ----------
    Tripuraneni, N., Jin, C. and Jordan, M. (2021). Provable meta-learning of linear representations. ICML.

    Thekumparampil, K. K., Jain, P., Netrapalli, P. and Oh, S. (2021). Statistically and computationally efficient
    linear meta-representation learning. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.datasets import make_multitask
    >>> from pauca.multitask import MultiTaskRepresentation
    >>> data = make_multitask(n_features=20, n_components=2, n_tasks=15, random_state=0)
    >>> X, y, task = data.sample(40)
    >>> model = MultiTaskRepresentation().fit(X, y, task=task)
    >>> model.n_components_
    2
    >>> model.transform(X).shape
    (600, 2)
    >>> head = model.adapt(*data.target(30))
    >>> bool(head.score(*data.target(1000, random_state=1)) > 0.7)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions(set(RANKS))],
        "solver": [StrOptions({"als", "svd"})],
        "loss": [StrOptions({"squared", "logistic"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "task_column": [str, Integral, None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components: int | str = "auto",
        *,
        solver: str = "als",
        loss: str = "squared",
        alpha: float = 1e-5,
        fit_intercept: bool = True,
        task_column: str | int | None = None,
        tol: float = 1e-7,
        max_iter: int = 200,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.solver = solver
        self.loss = loss
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.task_column = task_column
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose

    def _options(self) -> FitOptions:
        return FitOptions(
            self.solver, float(self.alpha), bool(self.fit_intercept), float(self.tol), int(self.max_iter), self.max_time
        )

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        task: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit basis and heads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data of all tasks, with the task column if ``task_column`` names one. Of a dask array the moments of each
            task are taken where its rows are (squared loss; y, weights and tasks may be dask arrays as well).
        y : array-like of shape (n_samples,)
            Target; 0 and 1 for the logistic loss.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; only their ratios matter.
        task : array-like of shape (n_samples,), default=None
            Task of each row, in any order. None, and no task column: one task.

        Returns
        -------
        self : MultiTaskRepresentation
            The fitted estimator.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> X, y, task = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0).sample(20)
        >>> model = MultiTaskRepresentation(n_components=2).fit(X, y, task=task)
        >>> model.components_.shape, model.task_coef_.shape
        ((2, 10), (2, 8))
        """
        X, task = self._split(X, task)
        if is_dask_array(X):
            return self._fit_dask(X, y, sample_weight, task)
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        target = np.ascontiguousarray(y, dtype=np.float64)
        # The scale of weights is that of rows: noise is judged against the number of samples.
        weights = normalized_weights(sample_weight, X) * len(target)
        groups = group_rows(np.zeros(len(target)) if task is None else task, len(target), "task")
        logistic = self.loss == "logistic"
        if logistic:
            check_binary(target)
        data = TaskMoments.from_rows(X, target, weights, groups, bool(self.fit_intercept))
        warn_if_too_many(self.n_components, data.n_features, data.n_tasks)
        k = choose_rank(data, self.n_components, self._options(), table=(X, target, weights, groups))
        rows = TaskRows.of(X, target, weights, groups) if logistic else None
        with watch(self, X, y) as callback:
            fit = fit_shared(data, k, self._options(), rows=rows, callback=callback)
        return self._keep(fit, groups.labels)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_moments(self, moments: Mapping[Any, Moments]) -> Self:
        """Fit from the moments of each task, for data that are not in memory; the loss must be squared error.

        Parameters
        ----------
        moments : dict of Moments
            Moments of X and one target for every task label.

        Returns
        -------
        self : MultiTaskRepresentation
            The fitted estimator.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.moments import Moments
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> sources = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0).sources
        >>> moments = {m: Moments().update(*draw(20, random_state=m)) for m, draw in enumerate(sources)}
        >>> MultiTaskRepresentation(n_components=2).fit_moments(moments).components_.shape
        (2, 10)
        """
        seen = {label: m for label, m in moments.items() if isinstance(m, Moments) and hasattr(m, "factor_")}
        if not moments or len(seen) != len(moments):
            raise ValueError("moments: expected a dictionary of Moments, each with at least one update")
        self._check_squared()
        return self._fit_seen(seen, next(iter(seen.values())).n_features_)

    def _fit_dask(self, X: Any, y: Any, sample_weight: Any, task: Any) -> Self:
        self._check_squared()
        columns = {"y": y, "sample_weight": sample_weight, "task": np.zeros(X.shape[0]) if task is None else task}
        for name, values in columns.items():
            columns[name] = values if values is None or is_dask_array(values) else np.asarray(values)
            if values is not None and columns[name].ndim != 1:
                raise ValueError(f"{name}: got shape {columns[name].shape}, expected ({X.shape[0]},)")
        seen = moments_of_groups(X, columns["y"], columns["sample_weight"], columns["task"], "task")
        if not any(hasattr(m, "factor_") for m in seen.values()):
            raise ValueError("sample_weight: all weights are zero, expected at least one positive weight")
        self._fit_seen(seen, X.shape[1], n_rows=X.shape[0])
        self.__dict__.pop("feature_names_in_", None)
        return self

    def _check_squared(self) -> None:
        if self.loss != "squared":
            raise ValueError("loss: moments determine fits with the squared loss only, use fit with an array")

    def _fit_seen(self, seen: dict[Any, Moments], d: int, n_rows: int | None = None) -> Self:
        """Fit from moments; ``n_rows`` is what weights are to add up to, None for weights as they are."""
        labels = np.array(sorted(seen))
        data = TaskMoments.from_moments([seen[label] for label in labels.tolist()], d, bool(self.fit_intercept))
        if n_rows is not None:
            data = data.scaled(n_rows / float(data.weight.sum()))
        warn_if_too_many(self.n_components, data.n_features, data.n_tasks)
        k = choose_rank(data, self.n_components, self._options())
        with watch(self) as callback:
            fit = fit_shared(data, k, self._options(), callback=callback)
        self.n_features_in_ = d
        return self._keep(fit, labels)

    def _split(self, X: Any, task: Any) -> tuple[Any, Any]:
        X, column = split_column(X, self.task_column, "task_column")
        if column is not None and task is not None:
            raise ValueError("task: given as an argument and as task_column, expected one of them")
        return X, task if column is None else column

    def _has_task_column(self, X: Any) -> bool:
        if isinstance(self.task_column, str):
            return hasattr(X, "columns") and self.task_column in list(X.columns)
        return self.task_column is not None and np.ndim(X) == 2 and np.shape(X)[1] == self.n_features_in_ + 1

    def _keep(self, fit: SharedFit, labels: npt.NDArray[Any]) -> Self:
        self.components_ = np.ascontiguousarray(fit.basis.T)
        self.task_coef_ = fit.heads
        self.coef_ = np.ascontiguousarray((fit.basis @ fit.heads).T)
        self.intercept_ = fit.intercept
        self.tasks_ = labels
        self.n_components_ = int(fit.basis.shape[1])
        self.n_iter_ = fit.report.n_iter
        self.objective_path_ = fit.objective_path
        self.solver_report_ = fit.report
        warn_unless_converged(fit.report, self, "the relative decrease of the objective in a round")
        return self

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def transform(self, X: Any) -> FloatArray:
        """Coordinates in the shared representation, ``X @ components_.T``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the task column if there is one.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The representation.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> X, y, task = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0).sample(20)
        >>> MultiTaskRepresentation(n_components=2).fit(X, y, task=task).transform(X).shape
        (160, 2)
        """
        check_is_fitted(self)
        X, _ = split_column(X, self.task_column, "task_column")
        return np.asarray(validate_data(self, X, dtype=np.float64, reset=False) @ self.components_.T)

    def predict(self, X: Any, task: npt.ArrayLike | None = None) -> FloatArray:
        """Predict the target of rows of known tasks; the probability of a one with the logistic loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the task column if there is one.
        task : array-like of shape (n_samples,) or one label, default=None
            Task of each row, seen in ``fit``; not needed if there was one.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predictions.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> X, y, task = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0).sample(20)
        >>> model = MultiTaskRepresentation(n_components=2).fit(X, y, task=task)
        >>> bool((model.predict(X[:3], task=0) == model.predict(X[:3], task=[0, 0, 0])).all())  # one label for all rows
        True
        """
        check_is_fitted(self)
        X, task = self._split(X, task)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        if task is None:
            if len(self.tasks_) > 1:
                raise ValueError(f"task: {len(self.tasks_)} tasks were fitted, predictions need the task of each row")
            code = np.zeros(X.shape[0], dtype=int)
        else:
            labels = np.broadcast_to(np.asarray(task), (X.shape[0],))
            position = {label: m for m, label in enumerate(self.tasks_.tolist())}
            unknown = sorted({str(label) for label in labels.tolist() if label not in position})
            if unknown:
                raise ValueError(
                    f"task: {unknown[0]!r} was not in fit; fit its head with adapt, and in cross-validation give every "
                    "fold rows of every task (stratify by task)"
                )
            code = np.array([position[label] for label in labels.tolist()], dtype=int)
        eta = np.einsum("nd,nd->n", X, self.coef_[code]) + self.intercept_[code]
        return mean_response(np.asarray(eta), self.loss)

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        task: npt.ArrayLike | None = None,
    ) -> float:
        """R2 over all rows; for the logistic loss the share of the deviance explained.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the task column if there is one.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        task : array-like of shape (n_samples,), default=None
            Task of each row.

        Returns
        -------
        float
            At most 1.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> data = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0)
        >>> X, y, task = data.sample(40)
        >>> X_new, y_new, task_new = data.sample(50, random_state=1)
        >>> MultiTaskRepresentation(n_components=2).fit(X, y, task=task).score(X_new, y_new, task=task_new) > 0.5
        True
        """
        return explained(y, self.predict(X, task), sample_weight, self.loss)

    def adapt(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        alpha: float | str | None = None,
    ) -> TaskHead:
        """Fit the head of a new task on the representation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data of the new task; the task column may be there or not.
        y : array-like of shape (n_samples,)
            Its target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0.
        alpha : float or "cv", default=None
            Ridge in units of the mean eigenvalue of the representation's moments; "cv" takes the one with the least
            leave-one-out error (squared loss only). None is the estimator's ``alpha``.

        Returns
        -------
        TaskHead
            A linear model with ``coef_``, ``intercept_``, ``predict`` and ``score``.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> data = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0)
        >>> X, y, task = data.sample(40)
        >>> head = MultiTaskRepresentation(n_components=2).fit(X, y, task=task).adapt(*data.target(10))
        >>> head.task_coef_.shape, head.coef_.shape
        ((2,), (10,))
        """
        check_is_fitted(self)
        if self._has_task_column(X):
            X, _ = split_column(X, self.task_column, "task_column")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, reset=False)
        target = np.ascontiguousarray(y, dtype=np.float64)
        if self.loss == "logistic":
            check_binary(target)
            if alpha == "cv":
                raise ValueError("alpha: 'cv' is for the squared loss")
        weights = normalized_weights(sample_weight, X) * len(target)
        if isinstance(alpha, str) and alpha != "cv":
            raise ValueError(f"alpha: got {alpha!r}, expected a number or 'cv'")
        basis = self.components_.T
        w, c = fit_head(basis, X, target, weights, self._options(), self.loss == "logistic", alpha)
        return TaskHead(basis @ w, c, w, self.loss)

    def source_relevance(self, X: Any, y: npt.ArrayLike, relevance: RelevanceLasso | None = None) -> FloatArray:
        """Relevance of the fitted tasks for a new one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data of the new task.
        y : array-like of shape (n_samples,)
            Its target.
        relevance : RelevanceLasso, default=None
            How relevance is found; None is ``RelevanceLasso()``.

        Returns
        -------
        ndarray of shape (n_tasks,)
            The mix of the tasks' coefficients that gives those of the new one.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import MultiTaskRepresentation
        >>> data = make_multitask(n_features=10, n_components=2, n_tasks=8, random_state=0)
        >>> X, y, task = data.sample(40)
        >>> MultiTaskRepresentation(n_components=2).fit(X, y, task=task).source_relevance(*data.target(10)).shape
        (8,)
        """
        finder = RelevanceLasso() if relevance is None else relevance
        fitted = RelevanceLasso(**finder.get_params()).fit(self.task_coef_, self.adapt(X, y).task_coef_)
        return np.asarray(fitted.relevance_)
