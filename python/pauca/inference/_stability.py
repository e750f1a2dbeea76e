"""Stability selection with complementary pairs of subsamples."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from joblib import delayed
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import MetadataRequest, MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from .._parallel import run_all
from .._rows import distinct_labels
from .._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context, _safe_indexing, routing_enabled
from .._survival import survival_target
from .._validation import FloatArray, validate_matrix
from ..linear_model import SparseCoxRegressor, SparseRegressor
from ._selectors import Mask, estimator_path, has_path, selections


def bound_factor(threshold: float, n_pairs: int, assumption: str) -> float:
    """C in ``E[V] <= C q^2 / p`` (Shah and Samworth, eqs. (6) and (8))."""
    if assumption == "none":
        return 1.0 / (2.0 * threshold - 1.0)
    if threshold <= 0.75:
        room = 2.0 * threshold - 1.0 - 0.5 / n_pairs
        return 1.0 / (2.0 * room) if room > 0.0 else math.inf
    return 4.0 * (1.0 - threshold + 0.5 / n_pairs) / (1.0 + 1.0 / n_pairs)


def first_entries(mask: Mask, limit: int) -> Mask:
    """Features selected at this strength or a larger one, up to the first strength at which more than ``limit`` are."""
    entered = np.logical_or.accumulate(mask, axis=0)
    over = np.flatnonzero(entered.sum(axis=1) > limit)
    if over.size:
        stop = int(over[0])
        entered[stop:] = entered[stop - 1] if stop else False
    return np.asarray(entered)


def _halves(
    y: Any, n: int, stratify: bool, clusters: list[npt.NDArray[Any]] | None, rng: np.random.RandomState
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Two disjoint random sets of half the rows, or of half the clusters; ``stratify`` halves each class."""
    if clusters is not None:
        order, half = rng.permutation(len(clusters)), len(clusters) // 2
        sides = order[:half], order[half : 2 * half]
        first, second = (np.sort(np.concatenate([clusters[k] for k in side])) for side in sides)
        return first, second
    groups = [np.flatnonzero(np.asarray(y) == c) for c in np.unique(y)] if stratify else [np.arange(n)]
    parts: tuple[list[Any], list[Any]] = ([], [])
    for group in groups:
        mixed = rng.permutation(group)
        half = mixed.size // 2
        parts[0].append(mixed[:half])
        parts[1].append(mixed[half : 2 * half])
    return np.sort(np.concatenate(parts[0])), np.sort(np.concatenate(parts[1]))


class StabilitySelection(SelectorMixin, MetaEstimatorMixin, BaseEstimator):
    """Features that a sparse estimator selects on most of many random halves of the data.

    On each half the strength is lowered until ``n_selected`` (q) features have entered. A feature is selected if its
    share of the halves reaches ``threshold``. Halves come in complementary pairs, for which the expected number V of
    selected features that are no better than a random choice of q out of p (that enter in at most a share q / p of the
    halves) is bounded:

        E[V] <= C(threshold, n_pairs) q^2 / p,

    whatever the estimator. No model is assumed, and no exchangeability.

    Parameters
    ----------
    estimator : estimator, default=None
        Estimator with ``coef_`` or ``get_support()`` and a strength. None is
        :class:`~pauca.linear_model.SparseRegressor`. Those of pauca are fitted along a path in one go.
    alphas : int or array-like, default=50
        Strengths from strong to weak, or, for estimators of pauca, how many to place geometrically between 1.5 and
        ``eps`` times the ``alpha_max`` of all data.
    eps : float, default=0.02
        Smallest strength relative to ``alpha_max``, if ``alphas`` is a number.
    threshold : float, default=0.75
        Share of the halves, above 1/2.
    max_false_selections : float, default=1.0
        Bound on E[V], from which q follows if ``n_selected`` is None.
    n_selected : int, default=None
        q, the number of features that enter on each half.
    assumption : {"unimodal", "none"}, default="unimodal"
        Whether the bound assumes that the distribution of simultaneous selections is unimodal, which makes it sharper.
    n_pairs : int, default=50
        Number of complementary pairs; twice as many fits.
    param_name : str, default="alpha"
        Name of the strength of an estimator that is not pauca's, such as "C".
    n_jobs : int, default=None
        Subsamples fitted at a time.
    random_state : int, RandomState or None, default=None
        Seed of the halves.

    Attributes
    ----------
    selection_frequencies_ : ndarray of shape (n_features,)
        Share of the halves on which a feature was among the q.
    frequencies_ : ndarray of shape (n_alphas, n_features)
        The same for features that have entered at this strength or a larger one.
    alphas_ : ndarray of shape (n_alphas,)
        Strengths.
    n_selected_ : int
        The q that was asked for.
    mean_selected_ : float
        Features that entered on average.
    error_bound_ : float
        Bound on E[V] with ``mean_selected_`` for q.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described, or no feature may enter under the bound asked for.

    References
    ----------
    Meinshausen, N. and Buehlmann, P. (2010). Stability selection. JRSS B 72, 417-473.

    Shah, R. and Samworth, R. (2013). Variable selection with error control: another look at stability selection. JRSS B
    75, 55-80.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.inference import StabilitySelection
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((120, 100))
    >>> y = X[:, 3] - X[:, 7] + 0.5 * rng.standard_normal(120)
    >>> stable = StabilitySelection(random_state=0).fit(X, y)
    >>> stable.get_support(indices=True).tolist(), bool(stable.error_bound_ <= 1.0)
    ([3, 7], True)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "set_params"]), None],
        "alphas": [Interval(Integral, 2, None, closed="left"), "array-like"],
        "eps": [Interval(Real, 0, 1, closed="neither")],
        "threshold": [Interval(Real, 0.5, 1, closed="right")],
        "max_false_selections": [Interval(Real, 0, None, closed="neither")],
        "n_selected": [Interval(Integral, 1, None, closed="left"), None],
        "assumption": [StrOptions({"unimodal", "none"})],
        "n_pairs": [Interval(Integral, 1, None, closed="left")],
        "param_name": [str],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        alphas: int | npt.ArrayLike = 50,
        *,
        eps: float = 0.02,
        threshold: float = 0.75,
        max_false_selections: float = 1.0,
        n_selected: int | None = None,
        assumption: str = "unimodal",
        n_pairs: int = 50,
        param_name: str = "alpha",
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.alphas = alphas
        self.eps = eps
        self.threshold = threshold
        self.max_false_selections = max_false_selections
        self.n_selected = n_selected
        self.assumption = assumption
        self.n_pairs = n_pairs
        self.param_name = param_name
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Fit the estimator to the halves.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like
            Target, as the estimator takes it.
        groups : array-like of shape (n_samples,), default=None
            Labels of clusters of dependent rows: halves are made of whole clusters.
        **params : dict
            Further arguments of the estimator's ``fit``, with a value for each row, such as ``sample_weight``,
            ``offset`` or ``strata``; halves are drawn without regard to weights. With metadata routing
            (``sklearn.set_config(enable_metadata_routing=True)``) the estimator must have requested them; without it
            they go to the estimator as they are.

        Returns
        -------
        self : StabilitySelection
            The fitted selector.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.inference import StabilitySelection
        >>> X = np.random.default_rng(0).normal(size=(60, 10))
        >>> stable = StabilitySelection(alphas=10, n_pairs=20, random_state=0).fit(X, X[:, 3] - X[:, 7])
        >>> stable.selection_frequencies_.shape, stable.get_support(indices=True).tolist()
        ((10,), [3, 7])
        """
        estimator = self._estimator()
        rows = self._rows(groups, params)
        X, y = self._data(estimator, X, y)
        factor = bound_factor(self.threshold, self.n_pairs, self.assumption)
        if not 0.0 < factor < math.inf:
            raise ValueError(f"threshold: {self.threshold} is too close to 1/2 for {self.n_pairs} pairs")
        p = X.shape[1]
        limit = self.n_selected
        if limit is None:
            limit = max(min(math.floor(math.sqrt(self.max_false_selections * p / factor)), p), 1)
        rare = (limit / p) ** 2
        if self.assumption == "unimodal" and self.threshold <= 0.5 + min(rare, 0.5 / self.n_pairs + 0.75 * rare):
            raise ValueError(
                f"threshold: {self.threshold} is too small for {limit} of {p} features to enter; expected a larger "
                "threshold, fewer features, or assumption='none'"
            )
        strengths = self._strengths(estimator, X, y, rows)
        rng = check_random_state(self.random_state)
        clusters = None if groups is None else self._clusters(groups, X.shape[0])
        drawn = (_halves(y, X.shape[0], is_classifier(estimator), clusters, rng) for _ in range(self.n_pairs))
        parts = [part for pair in drawn for part in pair]
        found = run_all(
            (delayed(_half)(estimator, X, y, strengths, self.param_name, rows, part, int(limit)) for part in parts),
            self.n_jobs,
            prefer="threads" if has_path(estimator) else None,
        )
        self.frequencies_: FloatArray = np.mean(found, axis=0)
        self.selection_frequencies_: FloatArray = self.frequencies_[-1]
        self.alphas_ = strengths
        self.n_selected_ = int(limit)
        self.mean_selected_ = float(self.selection_frequencies_.sum())
        self.error_bound_ = factor * self.mean_selected_**2 / p
        return self

    def _estimator(self) -> Any:
        if self.estimator is not None:
            return clone(self.estimator)
        default = SparseRegressor()
        return default.set_fit_request(sample_weight=True, offset=True) if routing_enabled() else default

    def _rows(self, groups: Any, params: dict[str, Any]) -> dict[str, Any]:
        """What the estimator's fit gets: what it requested, or, without metadata routing, all but groups."""
        given = {key: value for key, value in params.items() if value is not None}
        if not routing_enabled():
            return given
        if groups is not None:
            given["groups"] = groups
        return dict(process_routing(self, "fit", **given).estimator.fit)

    def get_metadata_routing(self) -> MetadataRouter:
        """Who gets what of the arguments of ``fit``: ``groups`` are used here, the rest is the estimator's.

        Returns
        -------
        MetadataRouter
            The routing, as scikit-learn's meta-estimators describe theirs.

        Examples
        --------
        >>> from pauca.inference import StabilitySelection
        >>> sorted(StabilitySelection().get_metadata_routing().consumes("fit", ["groups", "sample_weight"]))
        ['groups']
        """
        own = MetadataRequest(owner=self)
        own.fit.add_request(param="groups", alias=True)
        mapping = MethodMapping().add(caller="fit", callee="fit").add(caller="fit_transform", callee="fit")
        return MetadataRouter(owner=self).add_self_request(own).add(estimator=self._estimator(), method_mapping=mapping)

    @staticmethod
    def _clusters(groups: npt.ArrayLike, n_samples: int) -> list[npt.NDArray[Any]]:
        labels = np.asarray(groups)
        if labels.shape != (n_samples,):
            raise ValueError(f"groups: got shape {labels.shape}, expected ({n_samples},)")
        codes = distinct_labels("groups", labels)[1]
        if codes.max() < 3:
            raise ValueError(f"groups: got {codes.max() + 1} clusters, expected at least 4 to halve")
        return np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])

    def _data(self, estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
        options: dict[str, Any] = {"accept_sparse": "csc", "dtype": [np.float64, np.float32]}
        options |= {"ensure_min_samples": 4, "ensure_min_features": 2}
        if isinstance(estimator, SparseCoxRegressor):
            X = validate_matrix(self, X, **options)
            survival_target(y)
            return X, np.asarray(y)
        return tuple(validate_matrix(self, X, y, y_numeric=not is_classifier(estimator), **options))

    def _strengths(self, estimator: Any, X: Any, y: Any, rows: dict[str, Any]) -> FloatArray:
        if not isinstance(self.alphas, (int, np.integer)):
            try:
                strengths = np.asarray(self.alphas, dtype=np.float64)
            except ValueError:
                strengths = np.zeros(0)
            if strengths.ndim != 1 or strengths.size == 0 or not np.isfinite(strengths).all():
                raise ValueError(f"alphas: got {self.alphas!r}, expected how many strengths, or a vector of them")
            return np.unique(strengths)[::-1] if self.param_name == "alpha" else strengths
        size = getattr(getattr(estimator, "solver", None), "n_nonzero", None)
        if size is not None:
            raise ValueError(
                f"alphas: {estimator.solver!r} keeps {size} features at every strength: expected alphas=[1.0] and "
                f"n_selected={size}, or IHT() for a path of strengths"
            )
        if not has_path(estimator) or self.param_name != "alpha":
            raise ValueError(
                f"alphas: got a number, but {estimator!r} has no path of its own: expected the values of its "
                f"{self.param_name}, from strong to weak"
            )
        if isinstance(X, np.ndarray):
            X = np.asfortranarray(X)
        top = estimator_path(estimator, X, y, 1, eps=self.eps, **rows).alpha_max_
        if not 0.0 < top < math.inf:
            top = 1.0  # a constant target: nothing enters at any strength
        # On half of the data noise reaches higher.
        return np.asarray(top * np.geomspace(1.5, self.eps, int(self.alphas)))

    def _get_support_mask(self) -> Mask:
        check_is_fitted(self)
        return np.asarray(self.selection_frequencies_ >= self.threshold - 1e-12)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags


def _half(
    estimator: Any,
    X: Any,
    y: Any,
    strengths: FloatArray,
    name: str,
    rows: dict[str, Any],
    part: npt.NDArray[Any],
    limit: int,
) -> Mask:
    some = {key: _safe_indexing(value, part) for key, value in rows.items() if value is not None}
    return first_entries(
        selections(estimator, _safe_indexing(X, part), _safe_indexing(y, part), strengths, name, some), limit
    )
