"""The CoLiDE estimator."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._dask import is_dask_array, moments_of
from .._monitor import watch
from .._sklearn_compat import CallbackSupportMixin, Interval, StrOptions, _fit_context, with_callbacks
from ..moments import Moments
from ._checks import check_cluster, check_intervened, warn_standardized
from ._fitting import GraphFitting
from ._problem import from_covariance, from_moments, with_interventions
from ._queries import GraphQueries
from ._schedule import PathFollowing


class CoLiDE(CallbackSupportMixin, GraphQueries, GraphFitting, BaseEstimator):
    """Concomitant linear DAG estimation: a causal graph and its noise levels from observations.

    The model is ``x = W'x + z`` with W the weighted adjacency matrix of a directed acyclic graph, ``W[i, j] != 0`` the
    edge i -> j, and independent noise z_j of variance sigma_j^2. Over all such graphs, the estimator minimises

    - ``criterion="bic"``: ``sum_j n log q_j + kappa |E|`` (unequal variances) or ``n d log(mean_j q_j) + kappa |E|``
      (equal), q_j the mean squared residual of node j;
    - ``criterion="colide"``: ``sum_j sqrt(q_j) + alpha ||W||_1`` (unequal) or ``sqrt(d sum_j q_j) + alpha ||W||_1``
      (equal): the concomitant score of the paper, its sigmas at their minimisers. For the data c X, c alpha gives the
      same graph.

    With unequal variances and Gaussian noise the graph is identified up to its Markov equivalence class only
    (``cpdag_``); with equal variances fully. The search over topological orders starts from the top-down order of
    conditional variances and finds far lower scores than the published optimiser, which ``solver="adam"`` reproduces.

    Parameters
    ----------
    variance : {"unequal", "equal"}, default="unequal"
        Whether the nodes have noise variances of their own or share one.
    criterion : {"bic", "colide"}, default="bic"
        What is minimised.
    solver : {"auto", "order", "topdown", "adam"} or PathFollowing, default="auto"
        How: "order" searches over topological orders ("auto" does too), "topdown" takes the top-down order as it is,
        "adam" is the published optimiser of the CoLiDE score, with its published schedule or the one given.
    alpha : float or {"theory", "bic", "ebic"}, default=None
        Strength of the l1 penalty of the CoLiDE score, in units of the data. "theory" is ``sqrt(log(d) / n)`` times the
        least standard deviation of a column; "bic" and "ebic" choose the best of a path. None is 0.05, the value of the
        paper's experiments, whose least noise has variance one.
    penalty_discount : float, default=2.0
        Price of an edge in BIC, in units of log(n).
    ebic_gamma : float, default=0.0
        Adds ``4 ebic_gamma log(d)`` to that price (extended BIC).
    threshold : float or {"bic", "stability"}, default="bic"
        Which edges of ``weights_raw_`` are kept: those above a number; those that stepwise BIC keeps; those in at
        least ``min_frequency`` of the resamples.
    standardized_threshold : bool, default=False
        Whether a numeric threshold acts on ``|W_ij| sd(x_i) / sd(residual j)`` rather than on ``|W_ij|``.
    repair : {"greedy", "threshold"}, default="greedy"
        How the published optimiser's W, which has cycles, becomes a DAG: edges by falling strength unless they close a
        cycle, or the largest acyclic ``{|W| > t}``.
    refit : bool, default=True
        Whether the weights of kept edges are refitted by least squares.
    exclude, include : list of pairs or matrix, default=None
        Edges (source, target), by feature name, glob or position, that may not or must be in the graph; or a boolean
        (d, d) array or data frame (rows are sources); or a callable of the feature names.
    tiers : list of lists, dict or int array, default=None
        Tiers of features: no edge leads from a later tier to an earlier one.
    exogenous : list, default=None
        Features without parents, whose distribution is not modelled (indicators of categories, for example). In a data
        frame, a column of two categories may be named here as it is: the second counts as 1.
    nonnegative : bool, default=False
        Whether all weights are >= 0.
    edge_penalties : dict or matrix, default=None
        Factors of alpha by edge, ``{(source, target): factor}`` or (d, d).
    adaptive : float, default=None
        A first fit W0 gives the penalties ``alpha |W0_ij|^-adaptive``, of mean alpha over its edges, in a second.
    lags : int, default=0
        Time series: each feature also depends on all features at this many earlier time points. X is a series of shape
        (T, d) or a list of series.
    init : array-like, default=None
        A start: weights (d, d), or an order of the features.
    n_starts : int, default=None
        Starts of the order search: top-down, by variance, top-down with selected parents, then perturbations of the
        best. None is 1 with equal variances (where top-down is consistent); with unequal ones it
        is the first three, and with BIC perturbations until ``max(4, 600 / d)`` in a row have brought nothing.
    max_parents : int, default=None
        Limit on parents of a node in BIC fits. None is a fifth of the samples.
    n_resamples : int, default=0
        Resamples for ``edge_frequency_`` and ``edge_interval_``.
    resampling : {"bootstrap", "half"}, default="bootstrap"
        Draw rows with replacement, or half of them without (stability selection).
    block_length : int, default=None
        Resample blocks of so many neighbouring rows.
    min_frequency : float, default=0.6
        See ``threshold="stability"``.
    confidence_level : float, default=0.9
        Of the percentile intervals.
    assume_centered : bool, default=False
        Whether the columns have mean zero and no intercepts are wanted.
    max_iter : int, default=100
        Limit on passes of the order search from each start.
    max_time : float, default=None
        Limit in seconds for one solve.
    n_jobs : int, default=None
        Threads for resamples.
    random_state : int, RandomState or None, default=0
        Seed of search and resamples.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    adjacency_ : ndarray of shape (d, d)
        Weights of the graph, always acyclic.
    order_ : ndarray of shape (d,)
        The certificate: a topological order, ``adjacency_[order_][:, order_]`` is strictly upper triangular.
    weights_raw_ : ndarray of shape (d, d)
        Weights as the solver left them, before thresholding, repair and refitting.
    lagged_adjacency_ : ndarray of shape (lags, d, d)
        ``[k, i, j]``: weight of x_i at time t - k - 1 on x_j at time t.
    noise_variances_ : ndarray of shape (d,)
        Noise variances (squares of the paper's sigma); all the same with ``variance="equal"``.
    intercept_ : ndarray of shape (d,)
        Intercepts.
    objective_ : float
        The criterion at ``weights_raw_``.
    bic_ : float
        BIC of ``adjacency_``, edges priced as in the search.
    objective_path_ : ndarray
        The criterion in the course of the solver.
    alpha_ : float
        Strength used; NaN with ``criterion="bic"``.
    edge_frequency_ : ndarray of shape (d, d)
        Share of resamples with each edge, if ``n_resamples > 0``.
    edge_interval_ : ndarray of shape (2, d, d)
        Percentile intervals of the weights over the resamples, absent edges counting as zero.
    lagged_frequency_ : ndarray of shape (lags, d, d)
        As ``edge_frequency_``, for ``lagged_adjacency_``.
    lagged_interval_ : ndarray of shape (2, lags, d, d)
        As ``edge_interval_``, for ``lagged_adjacency_``.
    moments_ : Moments
        What the fit knows of the data; ``partial_fit`` adds to it.
    n_iter_ : int
        Passes, or iterations of the published optimiser.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (d,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described; the message names which.

    References
    ----------
    Saboksayr, S., Mateos, G. and Tepper, M. (2024). CoLiDE: Concomitant linear DAG estimation. ICLR. (Equations 2 and 5
    are the scores.)

    Chen, W., Drton, M. and Wang, Y. (2019). On causal discovery with an equal-variance assumption. Biometrika 106.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.dag import CoLiDE
    >>> from pauca.datasets import make_linear_dag
    >>> data = make_linear_dag(1000, 20, random_state=0)
    >>> model = CoLiDE(variance="equal").fit(data.X)
    >>> bool(np.all((model.adjacency_ != 0) == (data.adjacency != 0)))
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "variance": [StrOptions({"equal", "unequal"})],
        "criterion": [StrOptions({"bic", "colide"})],
        "solver": [StrOptions({"auto", "order", "topdown", "adam"}), PathFollowing],
        "alpha": [Interval(Real, 0, None, closed="left"), StrOptions({"theory", "bic", "ebic"}), None],
        "penalty_discount": [Interval(Real, 0, None, closed="neither")],
        "ebic_gamma": [Interval(Real, 0, None, closed="left")],
        "threshold": [Interval(Real, 0, None, closed="left"), StrOptions({"bic", "stability"})],
        "standardized_threshold": ["boolean"],
        "repair": [StrOptions({"greedy", "threshold"})],
        "refit": ["boolean"],
        "exclude": "no_validation",
        "include": "no_validation",
        "tiers": "no_validation",
        "exogenous": "no_validation",
        "nonnegative": ["boolean"],
        "edge_penalties": "no_validation",
        "adaptive": [Interval(Real, 0, None, closed="neither"), None],
        "lags": [Interval(Integral, 0, None, closed="left")],
        "init": "no_validation",
        "n_starts": [Interval(Integral, 1, None, closed="left"), None],
        "max_parents": [Interval(Integral, 1, None, closed="left"), None],
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
        "resampling": [StrOptions({"bootstrap", "half"})],
        "block_length": [Interval(Integral, 1, None, closed="left"), None],
        "min_frequency": [Interval(Real, 0, 1, closed="both")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "assume_centered": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        variance: str = "unequal",
        *,
        criterion: str = "bic",
        solver: str | PathFollowing = "auto",
        alpha: float | str | None = None,
        penalty_discount: float = 2.0,
        ebic_gamma: float = 0.0,
        threshold: float | str = "bic",
        standardized_threshold: bool = False,
        repair: str = "greedy",
        refit: bool = True,
        exclude: Any = None,
        include: Any = None,
        tiers: Any = None,
        exogenous: Any = None,
        nonnegative: bool = False,
        edge_penalties: Any = None,
        adaptive: float | None = None,
        lags: int = 0,
        init: Any = None,
        n_starts: int | None = None,
        max_parents: int | None = None,
        n_resamples: int = 0,
        resampling: str = "bootstrap",
        block_length: int | None = None,
        min_frequency: float = 0.6,
        confidence_level: float = 0.9,
        assume_centered: bool = False,
        max_iter: int = 100,
        max_time: float | None = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: int = 0,
    ) -> None:
        self.variance = variance
        self.criterion = criterion
        self.solver = solver
        self.alpha = alpha
        self.penalty_discount = penalty_discount
        self.ebic_gamma = ebic_gamma
        self.threshold = threshold
        self.standardized_threshold = standardized_threshold
        self.repair = repair
        self.refit = refit
        self.exclude = exclude
        self.include = include
        self.tiers = tiers
        self.exogenous = exogenous
        self.nonnegative = nonnegative
        self.edge_penalties = edge_penalties
        self.adaptive = adaptive
        self.lags = lags
        self.init = init
        self.n_starts = n_starts
        self.max_parents = max_parents
        self.n_resamples = n_resamples
        self.resampling = resampling
        self.block_length = block_length
        self.min_frequency = min_frequency
        self.confidence_level = confidence_level
        self.assume_centered = assume_centered
        self.max_iter = max_iter
        self.max_time = max_time
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        intervened: npt.ArrayLike | None = None,
        cluster: npt.ArrayLike | None = None,
    ) -> Self:
        """Estimate the graph.

        Parameters
        ----------
        X : array-like of shape (n_samples, d)
            Data, one row a sample; never modified. With ``lags``, a series or a list of series. A dask array is
            reduced to :class:`~pauca.moments.Moments` where its blocks are (without lags, interventions, resampling).
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts: their sum is the sample size of BIC.
        intervened : array-like of bool of shape (n_samples, d), default=None
            True where a value was set from outside: such rows say nothing on that feature's parents.
        cluster : array-like of shape (n_samples,), default=None
            Rows of a cluster are resampled together.

        Returns
        -------
        self : CoLiDE
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.dag import CoLiDE
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 200))
        >>> CoLiDE(tiers=[[0], [1]]).fit(np.column_stack([x, 2 * x + noise])).adjacency_.round(1)
        array([[0. , 1.9],
               [0. , 0. ]])
        """
        if is_dask_array(X):
            if self.lags or intervened is not None or cluster is not None:
                raise ValueError("X: a dask array cannot be combined with lags, intervened or cluster")
            if self.threshold == "stability" or self.n_resamples > 0:
                raise ValueError("n_resamples, threshold: resampling needs the rows, X cannot be a dask array")
            self.fit_moments(moments_of(X, None, sample_weight))
            return self
        rows, past, weights = self._validate_rows(X, sample_weight)
        moments = Moments().update(rows, past, weights)
        constraints, settings = self._prepare(moments)
        base = from_moments(moments, rows.shape[1], not self.assume_centered)
        targets = None if intervened is None else check_intervened(intervened, rows)
        clusters = None if cluster is None else check_cluster(cluster, rows.shape[0])
        if self.threshold == "stability" and self.n_resamples == 0:
            raise ValueError("threshold: 'stability' needs n_resamples > 0")
        if targets is not None and past is not None:
            raise ValueError("intervened: cannot be combined with lags")
        moment_set = base if targets is None else with_interventions(base, rows, weights, targets)
        warn_standardized(self, base)
        with watch(self, X, y) as callback:
            fit, settings = self._solve(moment_set, constraints, settings, callback)
        resampled = None
        if self.n_resamples > 0:
            resampled = self._resample(rows, past, weights, targets, clusters, constraints, settings, fit)
            if self.threshold == "stability":
                fit = self._stable(moment_set, constraints, settings, resampled.frequency[: rows.shape[1]], fit)
        self._keep(fit, moment_set, moments, constraints, settings, resampled, targets)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_moments(
        self, moments: Any, n_samples: float | None = None, *, feature_names: Any = None, mean: Any = None
    ) -> Self:
        """Estimate the graph from moments accumulated elsewhere.

        Parameters
        ----------
        moments : Moments or array-like of shape (d, d)
            Accumulated moments, or a covariance (divided by n). A covariance loses the digits that small residual
            variances need: an ill-conditioned one warns.
        n_samples : float, default=None
            Number of samples behind a covariance.
        feature_names : array-like of str, default=None
            Names of the features.
        mean : array-like of shape (d,), default=None
            Means that go with a covariance; zero if None.

        Returns
        -------
        self : CoLiDE
            The fitted estimator.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> model.adjacency_.round(6)
        array([[0., 2.],
               [0., 0.]])
        """
        if isinstance(moments, Moments):
            d, count = moments.n_features_, moments.n_targets_
            if count != self.lags * d:
                raise ValueError(f"moments: got {count} targets, expected the {self.lags * d} lagged features")
            moment_set = from_moments(moments, d, not self.assume_centered)
        else:
            if n_samples is None or not n_samples > 0:
                raise ValueError(f"n_samples: got {n_samples!r}, a covariance needs the number of samples behind it")
            if self.lags:
                raise ValueError("moments: with lags, pass Moments with the lagged features as y")
            d = np.asarray(moments).shape[0]
            moment_set = from_covariance(moments, n_samples, np.zeros(d) if mean is None else np.asarray(mean, float))
            moments = None
        if self.threshold == "stability" or self.n_resamples > 0:
            raise ValueError("n_resamples, threshold: resampling needs the rows, use fit")
        if feature_names is None and moments is not None:
            feature_names = getattr(moments, "feature_names_in_", None)
        self._set_names(d, feature_names)
        self._categories = {}
        constraints, settings = self._prepare(moment_set)
        warn_standardized(self, moment_set)
        with watch(self) as callback:
            fit, settings = self._solve(moment_set, constraints, settings, callback)
        self._keep(fit, moment_set, moments, constraints, settings)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Add rows to the moments and estimate again, starting from the present order.

        Parameters
        ----------
        X : array-like of shape (n_samples, d)
            Further rows; with ``lags`` a further series.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            As in ``fit``.

        Returns
        -------
        self : CoLiDE
            The fitted estimator.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> from pauca.datasets import make_linear_dag
        >>> X = make_linear_dag(400, 4, random_state=0).X
        >>> model = CoLiDE().partial_fit(X[:200]).partial_fit(X[200:])
        >>> model.moments_.n_samples_, model.is_dag()
        (400, True)
        """
        known = getattr(self, "moments_", None)
        if hasattr(self, "order_") and known is None:
            raise ValueError("partial_fit: the last fit was on a covariance, which cannot be added to")
        rows, past, weights = self._validate_rows(X, sample_weight, reset=known is None)
        moments = Moments().update(rows, past, weights)
        if known is not None:
            moments = Moments().merge(known).merge(moments)
        constraints, settings = self._prepare(moments)
        moment_set = from_moments(moments, rows.shape[1], not self.assume_centered)
        start = [self.order_.tolist()] if known is not None else []
        with watch(self, X) as callback:
            fit, settings = self._solve(moment_set, constraints, settings, callback, start)
        self._keep(fit, moment_set, moments, constraints, settings)
        return self

    def is_dag(self) -> bool:
        """Check the certificate: ``adjacency_`` is strictly upper triangular in ``order_``.

        Returns
        -------
        bool
            Always True.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> from pauca.datasets import make_linear_dag
        >>> CoLiDE().fit(make_linear_dag(200, 4, random_state=0).X).is_dag()
        True
        """
        check_is_fitted(self)
        return not np.any(np.tril(self.adjacency_[np.ix_(self.order_, self.order_)]))
