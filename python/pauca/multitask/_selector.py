"""Which source task to sample next: active multi-task representation learning."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._magnitude import check_squares
from .._monitor import SolverCallback, watch
from .._sklearn_compat import CallbackSupportMixin, Interval, StrOptions, _fit_context, validate_data, with_callbacks
from .._validation import FloatArray
from .._warnings import warn_user
from ._costs import SamplingCost
from ._head import OneTask
from ._planning import Planner
from ._rank import warn_if_too_many
from ._relevance import TaskSelectionWarning
from ._representation import check_binary
from ._session import Session
from ._sources import SourceError, check_samples, draw, named_sources, pool_size


class TaskSelector(OneTask, CallbackSupportMixin, RegressorMixin, BaseEstimator):
    r"""Spends a budget of samples on those source tasks that serve a target, and fits the target.

    Sources and target share a representation, :math:`y = x'Bw_m + c_m + \varepsilon`; the target has few samples,
    sources give samples on demand. A first epoch samples all sources alike. Each epoch then fits B and the heads,
    writes the target's head as a mix :math:`W\nu = w` of the sources', and aims the next samples at the sources in it:
    with :math:`n_m \propto |\nu_m|` and the least :math:`\|\nu\|_1` ("l1", few sources), with
    :math:`n_m \propto \nu_m^2` and the least :math:`\|\nu\|_2` ("l2", all sources), or half of each ("hybrid").

    ``fit`` runs it on callables or pools. Where samples come from a laboratory use ``start``, then ``ask`` for what to
    measure next, ``tell`` what was measured, until nothing is asked; ``finish`` fits the target.

    Parameters
    ----------
    n_components : int or {"auto", "nuclear"}, default="auto"
        Dimension of the representation, see :class:`MultiTaskRepresentation`.
    budget : float, default=10000
        What may be spent on sources in all: samples, if ``cost`` is None.
    n_epochs : int, default=3
        Epochs, at most 10 000, the first of which explores. With 1 all samples are spread evenly.
    explore : float, default=0.5
        Share of the budget for the first epoch. Below ``2.5 k (d + M)`` samples the heads are too uncertain to commit
        to a few sources: "l2" is used then, with a warning.
    growth : float, default=2.0
        Ratio of the budgets of later epochs, each to the one before.
    norm : {"hybrid", "l1", "l2"}, default="hybrid"
        How relevance becomes samples. "l1" samples few sources.
    alpha : float or str, default="0.1max"
        Strength of the lasso, see :class:`RelevanceLasso`; "bp" is basis pursuit.
    cost : SamplingCost, default=None
        Prices of samples, activation fees, batches. None: a sample costs 1.
    min_samples : int, default=0
        Samples that every source gets, in all, from the second epoch on.
    max_tasks : int, default=None
        Limit on the sources sampled after the first epoch.
    relevance : array-like of shape (n_tasks,), default=None
        Known relevance: everything is spent by it in one epoch, :math:`n_m \propto |\nu_m|` for "l1" and "hybrid",
        :math:`\nu_m^2` for "l2".
    target_in_basis : {"auto"} or bool, default="auto"
        Whether the target's own samples take part in fitting the representation. It helps where no source knows a
        direction well, and overfits them where the sources know it: "auto" asks five-fold cross-validation on the
        target, and joins if that is better by a standard error.
    loss : {"squared", "logistic"}, default="squared"
        Loss; targets are 0 and 1 for "logistic", and ``predict`` returns probabilities.
    ridge : float, default=1e-6
        Ridge of the sources' heads, ``alpha`` of :class:`MultiTaskRepresentation`; that of the target's head is chosen
        by leave-one-out cross-validation (squared loss).
    fit_intercept : bool, default=True
        Whether tasks have intercepts.
    random_state : int, RandomState instance or None, default=None
        Seed of pools and callables. Every call of a callable gets a RandomState of its own.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients of the target.
    intercept_ : float
        Its intercept.
    representation_ : ndarray of shape (n_features, n_components_)
        B.
    task_coef_ : ndarray of shape (n_components_, n_tasks)
        Heads of the sources.
    target_coef_ : ndarray of shape (n_components_,)
        Head of the target.
    relevance_ : ndarray of shape (n_tasks,)
        Relevance found with all samples, or given.
    relevance_path_ : ndarray of shape (n_epochs, n_tasks)
        Relevance found after each epoch.
    n_samples_per_task_ : ndarray of shape (n_tasks,)
        Samples of each source.
    selected_ : ndarray of int
        Sources sampled after the first epoch (with known relevance: at all).
    exhausted_ : ndarray of int
        Sources that ran dry.
    cost_ : float
        What was spent.
    history_ : list of dict
        For each epoch: norm, samples, cost, relevance, residual, number of components.
    task_names_ : list
        Names of the sources.
    n_components_ : int
        Dimension of the representation.
    n_features_in_ : int
        Number of features.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described.
    SourceError
        If a source fails or returns something else than samples. What was drawn is kept: mend it and call ``resume``.

    Warns
    -----
    TaskSelectionWarning
        If exploration is too short to commit, if the sources do not cover the target, or if all are exhausted.

    References
    ----------
    Wang, Y., Chen, Y., Jamieson, K. and Du, S. (2023). Improved active multi-task representation learning via lasso.
    ICML.

    Chen, Y., Jamieson, K. and Du, S. (2022). Active multi-task representation learning. ICML.

    Examples
    --------
    >>> from pauca.datasets import make_multitask
    >>> from pauca.multitask import TaskSelector
    >>> data = make_multitask(n_features=20, n_components=3, n_tasks=20, kind="skew", random_state=0)
    >>> selector = TaskSelector(n_components=3, budget=3000, random_state=0).fit(data.sources, data.target(60))
    >>> int(selector.n_samples_per_task_.sum())
    3000
    >>> data.risk(selector.coef_) < 0.3
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto", "nuclear"})],
        "budget": [Interval(Real, 0, None, closed="neither")],
        "n_epochs": [Interval(Integral, 1, 10_000, closed="both")],
        "explore": [Interval(Real, 0, 1, closed="neither")],
        "growth": [Interval(Real, 0, None, closed="neither")],
        "norm": [StrOptions({"hybrid", "l1", "l2"})],
        "alpha": [Interval(Real, 0, None, closed="left"), str],
        "cost": [SamplingCost, None],
        "min_samples": [Interval(Integral, 0, None, closed="left")],
        "max_tasks": [Interval(Integral, 1, None, closed="left"), None],
        "relevance": ["array-like", None],
        "target_in_basis": [StrOptions({"auto"}), "boolean"],
        "loss": [StrOptions({"squared", "logistic"})],
        "ridge": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _session: Session | None = None

    def __init__(
        self,
        n_components: int | str = "auto",
        budget: float = 10000,
        *,
        n_epochs: int = 3,
        explore: float = 0.5,
        growth: float = 2.0,
        norm: str = "hybrid",
        alpha: float | str = "0.1max",
        cost: SamplingCost | None = None,
        min_samples: int = 0,
        max_tasks: int | None = None,
        relevance: npt.ArrayLike | None = None,
        target_in_basis: str | bool = "auto",
        loss: str = "squared",
        ridge: float = 1e-6,
        fit_intercept: bool = True,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.budget = budget
        self.n_epochs = n_epochs
        self.explore = explore
        self.growth = growth
        self.norm = norm
        self.alpha = alpha
        self.cost = cost
        self.min_samples = min_samples
        self.max_tasks = max_tasks
        self.relevance = relevance
        self.target_in_basis = target_in_basis
        self.loss = loss
        self.ridge = ridge
        self.fit_intercept = fit_intercept
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_relevance(cls, relevance: npt.ArrayLike, **parameters: Any) -> Self:
        """A selector for known relevance: ``TaskSelector(relevance=relevance, **parameters)``.

        Parameters
        ----------
        relevance : array-like of shape (n_tasks,)
            Relevance of the sources.
        **parameters : dict
            Other parameters.

        Returns
        -------
        TaskSelector
            Not fitted.

        Examples
        --------
        >>> from pauca.multitask import TaskSelector
        >>> TaskSelector.from_relevance([1.0, 0.0, 0.5], budget=300).relevance
        [1.0, 0.0, 0.5]
        """
        return cls(relevance=relevance, **parameters)

    # -- all at once -------------------------------------------------------------------------------------------------

    def fit(self, sources: Any, target: Any) -> Self:
        """Spend the budget on the sources and fit the target.

        Parameters
        ----------
        sources : list or dict of sources
            Each a callable ``draw(n_samples, random_state) -> (X, y)``, or a pool ``(X, y)`` that is drawn without
            replacement. A callable that returns fewer samples than asked has no more.
        target : tuple (X, y)
            Samples of the target.

        Returns
        -------
        self : TaskSelector
            The fitted estimator.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import TaskSelector
        >>> data = make_multitask(n_features=5, n_components=1, n_tasks=4, random_state=0)
        >>> selector = TaskSelector(n_components=1, budget=200, random_state=0).fit(data.sources, data.target(20))
        >>> selector.coef_.shape, int(selector.n_samples_per_task_.sum())
        ((5,), 200)
        """
        drawn: list[Session] = []
        try:
            self._fit(sources, target, drawn)
        except (SourceError, KeyboardInterrupt):  # what was drawn stays, and nothing else
            if drawn:
                self._session = drawn[0]
            raise
        return self

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def _fit(self, sources: Any, target: Any, drawn: list[Session]) -> Self:
        self.start(target, sources)
        drawn.append(self._running())
        return self._run(sources)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def resume(self, sources: Any) -> Self:
        """Go on after an interruption, a failing source or ``load_state``, with everything drawn so far.

        Parameters
        ----------
        sources : list or dict of sources
            The same sources, mended.

        Returns
        -------
        self : TaskSelector
            The fitted estimator.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import TaskSelector
        >>> data = make_multitask(n_features=5, n_components=1, n_tasks=4, random_state=0)
        >>> selector = TaskSelector(n_components=1, budget=200, random_state=0).start(data.target(20), data.sources)
        >>> selector.resume(data.sources).cost_
        200.0
        """
        return self._run(sources)

    def _run(self, sources: Any) -> Self:
        session = self._running()
        names, items = named_sources(sources)
        if names != session.names:
            raise ValueError(
                f"sources: got {len(names)} of other names than the {session.n_tasks} this was started with"
            )
        with watch(self, sources, total=None, unit="draw") as callback:
            self._draw(session, items, callback)
        self.finish()
        return self

    def _draw(self, session: Session, items: list[Any], callback: SolverCallback | None) -> None:
        """Tell what is asked, until nothing is or the callback says stop."""
        draws = 0
        while asked := self.ask():
            for name, n in asked.items():
                m = session.position(name)
                seed = (session.seed, m, int(session.drawn[m]))
                X, y, dry = draw(items[m], name, n, session.n_features, seed, session.feature_names)
                self._check_target(y, SourceError, name)
                self.tell(name, X, y, exhausted=dry)
                if callback is not None and callback(draws, float("nan"), session.spent, float(self.budget)):
                    return
                draws += 1

    # -- step by step ------------------------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def start(self, target: Any, sources: Any) -> Self:
        """Begin a selection.

        Parameters
        ----------
        target : tuple (X, y)
            Samples of the target.
        sources : int, list or dict
            How many sources there are, their names (strings), or the sources themselves as for ``fit``.

        Returns
        -------
        self : TaskSelector
            Ready for ``ask``.

        Examples
        --------
        >>> from pauca.multitask import TaskSelector
        >>> target = [[1.0], [2.0]], [1.0, 2.0]
        >>> TaskSelector(n_components=1, budget=60).start(target, ["blood", "scan", "age"]).ask()
        {'blood': 10, 'scan': 10, 'age': 10}
        """
        if not isinstance(target, (tuple, list)) or len(target) != 2:
            raise ValueError(f"target: got {type(target).__name__}, expected a pair (X, y)")
        capacity: FloatArray | None = None
        if isinstance(sources, (int, np.integer)):
            names: list[Any] = list(range(int(sources)))
        elif isinstance(sources, Sequence) and sources and all(isinstance(s, str) for s in sources):
            names = list(sources)
        else:
            names, items = named_sources(sources)
            capacity = np.array([pool_size(n, s) for n, s in zip(names, items, strict=True)])
        if len(set(names)) != len(names) or not names:
            raise ValueError(f"sources: got {len(names)} names, expected at least one, all different")
        if capacity is None:
            capacity = np.full(len(names), np.inf)
        planner = Planner.of(self, len(names))
        planner.check_exploration(capacity)
        X, y = validate_data(self, target[0], target[1], dtype=np.float64, y_numeric=True)
        y = np.ascontiguousarray(y, dtype=np.float64)
        check_squares("target: X", X)
        check_squares("target: y", y)
        self._check_target(y, ValueError)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self._session = Session.begin(X, y, names, capacity, seed, planner.keeps_rows)
        warn_if_too_many(self.n_components, self.n_features_in_, len(names))
        self._session.feature_names = [str(name) for name in getattr(self, "feature_names_in_", [])]
        return self

    def ask(self) -> dict[Any, int]:
        """What to sample next.

        Returns
        -------
        dict
            Number of samples for each source; what was asked before and not told yet is asked again. Empty when the
            budget is spent.

        Examples
        --------
        >>> from pauca.multitask import TaskSelector
        >>> selector = TaskSelector(n_components=1, budget=80, explore=0.2).start(([[1.0], [2.0]], [1.0, 2.0]), 4)
        >>> selector.ask()
        {0: 4, 1: 4, 2: 4, 3: 4}
        """
        session = self._running()
        planner = Planner.of(self, session.n_tasks)
        with session.changing() as draft:
            planner.advance(draft)
        return {session.names[m]: int(session.asked[m]) for m in np.flatnonzero(session.asked)}

    def tell(self, task: Any, X: Any = None, y: Any = None, *, exhausted: bool = False) -> Self:
        """Hand in samples of a source, any number of them.

        Parameters
        ----------
        task : object
            Name, or number, of the source.
        X : array-like of shape (n_samples, n_features), default=None
            Data; None if there are none.
        y : array-like of shape (n_samples,), default=None
            Target.
        exhausted : bool, default=False
            Whether this source has no more: the rest of its share goes to others.

        Returns
        -------
        self : TaskSelector
            Itself.

        Examples
        --------
        >>> from pauca.multitask import TaskSelector
        >>> selector = TaskSelector(n_components=1, budget=80, explore=0.2).start(([[1.0], [2.0]], [1.0, 2.0]), 4)
        >>> _ = selector.ask()
        >>> selector.tell(0, [[3.0]], [4.0]).ask()  # one sample of source 0 has come
        {0: 3, 1: 4, 2: 4, 3: 4}
        """
        session = self._running()
        m = session.position(task)
        if X is not None:
            X, y = check_samples(X, y, session.n_features, f"task {task!r}: the samples", task, session.feature_names)
            self._check_target(y, SourceError, task)
        prices = Planner.of(self, session.n_tasks).prices
        with session.changing() as draft:
            if X is not None:
                draft.add(m, X, y)
                draft.spent += float(prices.of(draft.epoch_drawn).sum() - prices.of(session.epoch_drawn).sum())
            if exhausted:
                draft.exhaust(m)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def finish(self) -> Self:
        """Fit the target from all that was told.

        Returns
        -------
        self : TaskSelector
            The fitted estimator.

        Examples
        --------
        >>> from pauca.multitask import TaskSelector
        >>> selector = TaskSelector(n_components=1, budget=80, random_state=0).start(([[1.0], [2.0]], [1.0, 2.0]), 4)
        >>> while asked := selector.ask():
        ...     for m, n in asked.items():
        ...         _ = selector.tell(m, [[float(i)] for i in range(n)], [(m + 1.0) * i for i in range(n)])
        >>> selector.finish().coef_.round(3)
        array([1.])
        """
        session = self._running()
        planner = Planner.of(self, session.n_tasks)
        if session.drawn.sum() == 0:
            raise ValueError("finish: no samples of any source were told")
        with session.changing() as draft:
            planner.close_epoch(draft)
        if session.spent < planner.budget - planner.least_unit() and not (session.capacity > 0).any():
            warn_user(
                f"All sources are exhausted: {session.spent:.6g} of {planner.budget:.6g} were spent.",
                TaskSelectionWarning,
            )
        finding = planner.find(session)
        planner.warn_of_target(session, finding)
        found = finding.estimate
        session.name_columns(self)
        self.coef_ = found.basis @ found.target
        self.intercept_ = found.intercept
        self.representation_, self.task_coef_, self.target_coef_ = found.basis, found.heads, found.target
        self.n_components_ = int(found.basis.shape[1])
        self.history_ = [dict(record) for record in session.history]
        self.relevance_path_ = np.array([record["relevance"] for record in session.history])
        self.relevance_ = self.relevance_path_[-1]
        self.n_samples_per_task_ = session.drawn.copy()
        later = session.history if planner.known is not None else session.history[1:]
        self.selected_ = np.flatnonzero(sum((r["n_samples"] for r in later), np.zeros(session.n_tasks)))
        self.exhausted_ = np.flatnonzero(session.capacity <= 0)
        self.cost_ = session.spent
        self.task_names_ = list(session.names)
        return self

    # -- files -------------------------------------------------------------------------------------------------------

    def save_state(self, file: Any) -> None:
        """Write what was drawn and asked so far to a file (a numpy archive, no pickle).

        Parameters
        ----------
        file : path or file object
            Where to; a path gets the ending .npz.

        Examples
        --------
        >>> import io
        >>> from pauca.multitask import TaskSelector
        >>> TaskSelector(budget=80).start(([[1.0], [2.0]], [1.0, 2.0]), 4).save_state(io.BytesIO())
        """
        self._running().write(file)

    @_fit_context(prefer_skip_nested_validation=True)
    def load_state(self, file: Any) -> Self:
        """Continue from a file; parameters are those of this object.

        Parameters
        ----------
        file : path or file object
            What ``save_state`` wrote; a path may lack the ending .npz here too.

        Returns
        -------
        self : TaskSelector
            Ready for ``ask`` or ``resume``.

        Examples
        --------
        >>> import io
        >>> from pauca.multitask import TaskSelector
        >>> selector, file = TaskSelector(1, budget=80).start(([[1.0], [2.0]], [1.0, 2.0]), 4), io.BytesIO()
        >>> selector.save_state(file)
        >>> _ = file.seek(0)
        >>> TaskSelector(1, budget=80).load_state(file).ask() == selector.ask()
        True
        """
        session = Session.read(file)
        if (session.rows is not None) != Planner.of(self, session.n_tasks).keeps_rows:
            raise ValueError(f"loss: the state was saved with another loss than {self.loss!r}")
        self._session = session
        session.name_columns(self)
        return self

    # -- the target --------------------------------------------------------------------------------------------------

    def _checked(self, X: Any) -> FloatArray:
        check_is_fitted(self, "coef_")
        return validate_data(self, X, dtype=np.float64, reset=False)  # type: ignore[no-any-return]

    def _running(self) -> Session:
        if self._session is None:
            raise ValueError("No selection is running: call start, load_state or fit first")
        return self._session

    def _check_target(self, y: FloatArray, error: type[ValueError], source: Any = None) -> None:
        if self.loss != "logistic":
            return
        try:
            check_binary(y)
        except ValueError as wrong:
            raise (SourceError(f"source {source!r}: {wrong}", source) if error is SourceError else wrong) from None

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coef_")
