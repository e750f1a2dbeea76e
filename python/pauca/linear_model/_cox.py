"""Sparse proportional hazards regression."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils import check_consistent_length

from .. import _core
from .._sklearn_compat import StrOptions, _fit_context, with_callbacks
from .._survival import SurvivalTarget, strata_labels, survival_target
from .._validation import FloatArray, check_vector, normalized_weights, quiet_idle_rows, validate_matrix
from ..losses import Cox
from ._base import SparseLinearModel, linear_predictor


@dataclass(frozen=True, repr=False)
class BaselineHazard:
    """Cumulative baseline hazard of every stratum: a step function that jumps at event times.

    Attributes
    ----------
    strata : ndarray of shape (n_strata,)
        Labels, sorted.
    times, cumulative_hazards : list of ndarray
        Event times of each stratum and the cumulative hazard there, for a linear predictor of 0.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.linear_model import SparseCoxRegressor
    >>> X = np.random.default_rng(0).standard_normal((50, 3))
    >>> hazard = SparseCoxRegressor(alpha="0.5max").fit(X, np.exp(-X[:, 0])).baseline_
    >>> len(hazard.times), bool((np.diff(hazard.cumulative_hazards[0]) > 0).all())
    (1, True)
    """

    strata: npt.NDArray[Any]
    times: list[FloatArray]
    cumulative_hazards: list[FloatArray]

    def __repr__(self) -> str:
        count = sum(map(len, self.times))
        last = max((float(t[-1]) for t in self.times if len(t)), default=float("nan"))
        return f"<BaselineHazard: {count} event times up to {last:.4g}, number of strata {len(self.times)}>"

    def at(self, times: FloatArray, stratum: int) -> FloatArray:
        """Cumulative hazard of the stratum at this position, 0 before its first event.

        Parameters
        ----------
        times : ndarray
            Times, in the units of the target.
        stratum : int
            Position of the stratum in ``strata``.

        Returns
        -------
        ndarray of the shape of times
            Cumulative hazards for a linear predictor of 0.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import BaselineHazard
        >>> hazard = BaselineHazard(np.array([0]), [np.array([1.0, 3.0])], [np.array([0.25, 0.75])])
        >>> hazard.at(np.array([0.5, 1.0, 2.0, 9.0]), stratum=0)
        array([0.  , 0.25, 0.25, 0.75])
        """
        position = np.searchsorted(self.times[stratum], times, side="right")
        return np.asarray(np.concatenate([[0.0], self.cumulative_hazards[stratum]])[position])


def baseline_hazard(target: SurvivalTarget, weights: FloatArray, loss: Cox, eta: FloatArray) -> BaselineHazard:
    """Breslow's estimate (with Efron's denominators for Efron's ties)."""
    packed, efron = target.pack(), loss.ties == "efron"
    times, jumps, begin = _core.cox_baseline(packed, weights, efron, np.ascontiguousarray(eta, dtype=np.float64))
    pieces = [slice(a, b) for a, b in pairwise(begin)]
    return BaselineHazard(target.strata, [times[p] for p in pieces], [np.cumsum(jumps[p]) for p in pieces])


def _orders_events(target: SurvivalTarget, eta: FloatArray, weights: FloatArray) -> bool:
    """Whether every event has a larger predictor than all others at risk, so that larger ones are likelier still."""
    events = np.flatnonzero(target.event & (weights > 0.0))
    moments = np.column_stack([target.stratum[events], target.time[events]])
    concordant, discordant, tied = _core.concordance(target.pack(), (weights > 0.0).astype(np.float64), eta)
    return bool(concordant > 0.0 == discordant + tied and len(np.unique(moments, axis=0)) == events.size)


class SparseCoxRegressor(RegressorMixin, SparseLinearModel):
    """Proportional hazards regression with a sparse penalty.

    The hazard of a row with features x is ``h(t) exp(offset + x'w)`` with a baseline hazard h of the stratum. The fit
    minimises minus the log partial likelihood over the total weight plus ``alpha * g(w)``; there is no intercept.
    ``predict`` returns the linear predictor, a *risk score*: the larger, the earlier the event. For times and
    probabilities use :meth:`predict_survival_function`.

    Parameters
    ----------
    penalty : {"l1", "elasticnet", "mcp", "scad"} or Penalty, default="l1"
        Penalty, by name or from :mod:`pauca.penalties`, as in :class:`SparseRegressor`.
    alpha : float or str, default="0.1max"
        Strength of the penalty, or a fraction of ``alpha_max_``, the smallest strength at which all penalised
        coefficients are zero.
    ties : {"breslow", "efron"}, default="breslow"
        Treatment of events at the same time, see :class:`pauca.losses.Cox`.
    solver : "auto" or solver, default="auto"
        Solver, from :mod:`pauca.solvers`.
    standardize : bool, default=None
        Whether alpha acts on the coefficients of columns scaled to variance one. None: on for nonconvex penalties,
        off for convex ones. ``coef_`` is on the scale of X in either case.
    tol : float, default=1e-8
        The fit stops at a KKT violation of ``tol`` times the penalty's slope at zero: the partial likelihood has no
        conjugate in closed form, hence no duality gap.
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
    coef_ : ndarray of shape (n_features,)
        Log hazard ratios.
    baseline_ : BaselineHazard
        Cumulative baseline hazard by stratum.
    event_times_ : ndarray
        Distinct times of events.
    alpha_, alpha_max_ : float
        The strength used, and the smallest one with all penalised coefficients zero.
    kkt_violation_ : float
        Largest distance of the negative gradient to the penalty's subdifferential.
    dual_gap_ : float
        NaN.
    n_iter_, objective_path_, solver_report_
        As in :class:`SparseRegressor`.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described, or no row has an event; the message names which.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    Notes
    -----
    The Hessian of the loss in the linear predictor is diag(h) - R'R with one row of R for each event time. Working sets
    of moderate size use it exactly; otherwise diag(h), with the h-weighted column means removed, majorises it.

    References
    ----------
    Cox, D. R. (1972). Regression models and life tables. JRSS B 34, 187-220.

    Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2011). Regularization paths for Cox's proportional hazards
    model via coordinate descent. Journal of Statistical Software 39(5).

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.linear_model import SparseCoxRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 10))
    >>> failure = rng.exponential(np.exp(-X[:, 0] + X[:, 1]))
    >>> censoring = rng.exponential(2.0, 200)
    >>> y = np.column_stack([np.minimum(failure, censoring), failure <= censoring])
    >>> model = SparseCoxRegressor(penalty="mcp", alpha="0.5max").fit(X, y)
    >>> np.flatnonzero(model.coef_).tolist()
    [0, 1]
    >>> model.predict_survival_function(X[:2], times=[0.5, 1.0]).shape
    (2, 2)
    >>> round(float(model.score(X, y)), 2)  # concordance
    0.75
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **{k: v for k, v in SparseLinearModel._parameter_constraints.items() if k != "fit_intercept"},
        "ties": [StrOptions({"breslow", "efron"})],
    }

    # Constants do not change the partial likelihood: to the solvers that is an intercept which never moves.
    fit_intercept = True
    intercept_ = 0.0

    def __init__(
        self,
        penalty: Any = "l1",
        alpha: float | str = "0.1max",
        *,
        ties: str = "breslow",
        solver: Any = "auto",
        standardize: bool | None = None,
        tol: float = 1e-8,
        max_iter: int = 1000,
        max_time: float | None = None,
        warm_start: bool = False,
        verbose: int = 0,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.ties = ties
        self.solver = solver
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.warm_start = warm_start
        self.verbose = verbose

    @property
    def loss(self) -> Cox:
        """The loss that is fitted.

        Examples
        --------
        >>> from pauca.linear_model import SparseCoxRegressor
        >>> SparseCoxRegressor(ties="efron").loss
        Cox(ties='efron')
        """
        return Cox(self.ties)

    def _validate(self, X: Any, y: Any, strata: Any, offset: Any) -> tuple[Any, SurvivalTarget, FloatArray | None]:
        if y is None:
            validate_matrix(self, X, y)
        X = validate_matrix(self, X, accept_sparse="csc", dtype=[np.float64, np.float32], order="F")
        target = survival_target(y, strata)
        check_consistent_length(X, target.time)
        return X, target, None if offset is None else check_vector("offset", offset, X.shape[0])

    def _keep_baseline(self, X: Any, target: SurvivalTarget, weights: FloatArray, offset: FloatArray | None) -> None:
        eta = linear_predictor(X, self.coef_, 0.0).astype(np.float64)
        eta = eta if offset is None else eta + offset
        self.baseline_ = baseline_hazard(target, weights, self.loss, eta)
        self.event_times_: FloatArray = np.unique(np.concatenate(self.baseline_.times))

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data. F-ordered float64 or float32 arrays, CSC matrices and a :class:`~pauca.design.GenotypeMatrix` are
            used without a copy. Columns whose mean is 1e5 standard deviations or more (timestamps) are centred,
            in a copy.
        y : array-like
            Times and events: a structured array with a boolean field (event) and a field of times, as
            scikit-survival's; or of shape (n_samples, 2), columns (time, event); or of shape (n_samples, 3), columns
            (entry, time, event), for rows that are seen only from their entry on (left truncation; a row is at risk
            after ``entry`` and up to ``time``). A vector of shape (n_samples,) holds times, all of them events. Only
            the order of times matters.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0; only their ratios matter.
        strata : array-like of shape (n_samples,), default=None
            Labels: every stratum has its own baseline hazard and risk sets. Routed by
            ``set_fit_request(strata=True)``.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        self : SparseCoxRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseCoxRegressor
        >>> X = np.random.default_rng(0).normal(size=(50, 5))
        >>> y = np.column_stack([np.exp(-X[:, 3]), np.arange(50) % 3 > 0])  # times; a third is censored
        >>> np.flatnonzero(SparseCoxRegressor(alpha="0.5max").fit(X, y).coef_).tolist()
        [3]
        """
        X, target, shift = self._validate(X, y, strata, offset)
        X, packed, weights, shift = quiet_idle_rows(X, target.pack(), normalized_weights(sample_weight, X), shift)
        fit = self._solve(X, packed, weights, shift, self.loss, y)
        self.coef_ = fit.coef
        self._keep(fit)
        self._keep_baseline(X, target, weights, shift)
        if self.alpha_ == 0.0 and self.coef_.any():
            eta = linear_predictor(X, self.coef_, 0.0).astype(np.float64) + (0.0 if shift is None else shift)
            if _orders_events(target, eta, weights):
                self._warn_of_no_optimum("the features order the events")
        return self

    def predict(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        """Risk score: the linear predictor, the log of the hazard over the baseline's. It is no time.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        ndarray of shape (n_samples,)
            Risk scores: larger ones fail earlier.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseCoxRegressor
        >>> X = np.random.default_rng(0).normal(size=(50, 5))
        >>> model = SparseCoxRegressor(alpha="0.5max").fit(X, np.exp(-X[:, 3]))
        >>> bool((np.argsort(model.predict(X)) == np.argsort(X[:, 3])).all())  # the last one fails first
        True
        """
        return self._predictor(X, offset)

    def predict_cumulative_hazard(
        self,
        X: Any,
        times: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Cumulative hazard: that of the stratum's baseline times the exponential of the risk score.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        times : array-like of shape (n_times,), default=None
            Times; None is ``event_times_``. After the last event of a stratum the curve stays flat, which is no
            knowledge.
        strata : array-like of shape (n_samples,), default=None
            Labels of strata seen in fit; needed if there are several.
        offset : array-like of shape (n_samples,), default=None
            Known part of the linear predictor.

        Returns
        -------
        ndarray of shape (n_samples, n_times)
            Cumulative hazards.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseCoxRegressor
        >>> X = np.random.default_rng(0).normal(size=(50, 5))
        >>> model = SparseCoxRegressor(alpha="0.5max").fit(X, np.exp(-X[:, 3]))
        >>> H = model.predict_cumulative_hazard(X[:2], times=[0.0, 1.0, 2.0])
        >>> H.shape, H[:, 0].tolist(), bool((np.diff(H) > 0).all())
        ((2, 3), [0.0, 0.0], True)
        """
        eta = self._predictor(X, offset).astype(np.float64)
        at = self.event_times_ if times is None else np.asarray(times, dtype=np.float64)
        if at.ndim != 1 or not np.isfinite(at).all():
            raise ValueError(f"times: got shape {at.shape}, expected a vector of finite times")
        labels = self.baseline_.strata
        if strata is None:
            if labels.size > 1:
                raise ValueError(f"strata: the model has {labels.size}, expected a label for every row")
            codes = np.zeros(eta.size, dtype=np.intp)
        else:
            given = strata_labels(strata, eta.size)
            unknown = np.setdiff1d(given, labels)
            if unknown.size:
                raise ValueError(f"strata: {unknown[0]!r} was not seen in fit")
            codes = np.searchsorted(labels, given)
        base = np.array([self.baseline_.at(at, g) for g in range(labels.size)]).reshape(labels.size, at.size)
        return np.asarray(base[codes] * np.exp(np.minimum(eta, 700.0))[:, None])

    def predict_survival_function(
        self,
        X: Any,
        times: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Probability of no event up to each time, the exponential of minus the cumulative hazard.

        Parameters
        ----------
        X, times, strata, offset
            As in :meth:`predict_cumulative_hazard`.

        Returns
        -------
        ndarray of shape (n_samples, n_times)
            Probabilities.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseCoxRegressor
        >>> X = np.random.default_rng(0).normal(size=(50, 5))
        >>> model = SparseCoxRegressor(alpha="0.5max").fit(X, np.exp(-X[:, 3]))
        >>> S = model.predict_survival_function([[0, 0, 0, -1, 0], [0, 0, 0, 1, 0]], times=[0.0, 1.0])
        >>> S[:, 0].tolist(), bool(S[0, 1] > S[1, 1])  # the second is at more risk
        ([1.0, 1.0], True)
        """
        return np.asarray(np.exp(-self.predict_cumulative_hazard(X, times, strata, offset)))

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
    ) -> float:
        """Harrell's concordance index of the risk score, see :func:`pauca.metrics.concordance_index`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like
            Times and events, as in :meth:`fit`.
        sample_weight, strata, offset : array-like of shape (n_samples,), default=None
            Weights, strata and offsets.

        Returns
        -------
        float
            In [0, 1]; 0.5 is no better than chance.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseCoxRegressor
        >>> X = np.random.default_rng(0).normal(size=(50, 5))
        >>> model = SparseCoxRegressor(alpha="0.5max").fit(X, np.exp(-X[:, 3]))
        >>> model.score(X, np.exp(-X[:, 3])), model.score(X, np.exp(X[:, 3]))
        (1.0, 0.0)
        """
        from ..metrics import concordance_index  # its package imports others

        return concordance_index(y, self.predict(X, offset), sample_weight=sample_weight, strata=strata)
