"""The screener: a scikit-learn selector over the compiled scores."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .. import _core
from .._dask import is_dask_array
from .._monitor import watch
from .._parallel import goes_to_dask, n_threads
from .._sklearn_compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _check_y,
    _fit_context,
    with_callbacks,
)
from .._validation import FloatArray, validate_matrix
from .._warnings import warn_user
from ..design import GenotypeMatrix
from ._blocks import ArrayBlocks, SuppliedBlocks, as_float, open_block
from ._iterative import collect, residual
from ._scan import Scan, adjusted, discoveries, scan
from ._spread import DaskColumns, ReadElsewhere, spread_scan
from ._target import CONTINUOUS, FeatureKinds, numeric_target

Blocks = ArrayBlocks | SuppliedBlocks | DaskColumns

_DEPENDENT = {"correlation", "distance_correlation"}  # criteria that are no information


class MutualInformationScreener(CallbackSupportMixin, SelectorMixin, BaseEstimator):
    """Keep the features that depend on the target most, one at a time and for millions of features.

    Every feature is scored against the target by mutual information, distance correlation or correlation, and the
    best ``k`` are kept; ties go to the earlier feature. Features and target may each be continuous or discrete.
    Missing values (NaN) in X are deleted pairwise.

    Data may be far larger than memory: a numpy memory map is read in blocks of columns and its pages are given back,
    and :meth:`fit_blocks` takes any iterable of column blocks: arrays, or paths of ``.npy``, Parquet or Arrow files.

    Parameters
    ----------
    k : int, "auto" or "all", default="auto"
        Number of features to keep; "auto" is ``floor(n / log n)``, as in sure independence screening.
    criterion : {"kde", "binning", "knn", "correlation", "distance_correlation"}, default="kde"
        Mutual information in nats of a kernel density estimate on a grid, of binned variables, or by nearest
        neighbours (Kraskov et al. for two continuous variables, Ross if one is discrete); the absolute Pearson
        correlation (the correlation ratio beside a discrete target); or the distance correlation. Two discrete
        variables have the information of their table with the first three.
    discrete_features : "auto", bool, or array-like, default="auto"
        Which features are discrete: all or none, a mask, positions, or names (globs allowed). With "auto" those
        with at most ``max_levels`` distinct values.
    discrete_target : "auto" or bool, default="auto"
        The same for the target; labels that are no numbers are always discrete.
    max_levels : int, default=10
        See ``discrete_features``.
    threshold : float, default=None
        Keep only features with at least this score.
    max_p_value : float, default=None
        Keep only features with at most this p-value; needs ``n_permutations``.
    max_fdr : float, default=None
        Keep only features whose p-value, adjusted by Benjamini and Hochberg, is at most this expected share of false
        ones; needs ``n_permutations``, and usually ``k="all"``. Unlike scikit-learn's ``SelectFdr`` with this as its
        ``score_func``, it works with missing values, memory maps, blocks and genotypes.
    n_permutations : int, default=0
        Permutations of the rows for p-values; 0 computes none.
    null : {"pooled", "feature"}, default="pooled"
        With "pooled" the permutations of ``n_null_features`` random features of a kind (continuous, or with the same
        number of levels) serve all features of that kind: the least p-value is ``1 / (1 + n_permutations *
        n_null_features)``. With "feature" every feature has its own, at ``n_permutations`` times the cost, and the
        least one is ``1 / (1 + n_permutations)``. ``SelectFdr`` needs it well below ``alpha / n_features``.
    n_null_features : int, default=100
        See ``null``.
    n_steps : int, default=1
        Iterative screening: ``k / n_steps`` features are chosen at a time, each time against the residual of a least
        squares fit on those chosen so far. Finds features that are only relevant together with others.
    bandwidth : {"silverman", "scott", "isj"}, default="silverman"
        Width h of the kernel. With n observations and the standard deviation s: ``s n^(-1/6)`` ("scott");
        the same with ``s = min(s, IQR / 1.349)`` ("silverman"); the improved Sheather-Jones rule of each variable
        ("isj"). Beside a discrete variable ``1.06 s n^(-1/5)``, ``0.9 s n^(-1/5)`` and "isj" as it is.
    bandwidth_factor : float, default=1.0
        Multiplies the width. Less than 1 lowers the loss of information by smoothing and raises the noise.
    grid_size : int, default=64
        Cells of the grid along each continuous variable.
    bins : {"birge-rozenholc", "quantile"} or int, default="birge-rozenholc"
        For "binning": equal widths with their number chosen by penalised likelihood; ``sqrt(n / 5)`` bins of equal
        frequency; or so many of them.
    n_neighbors : int, default=3
        For "knn".
    bias_correction : bool, default=True
        Subtract the first-order bias that the estimate has under independence, ``(r_x - 1)(r_y - 1) / 2n`` with r
        the cells of the table, or what the kernel leaves of them; the unbiased estimate of the squared distance
        correlation in place of the biased one's root. Informations below 0 become 0.
    normalize : {"linfoot", "entropy"}, default=None
        ``sqrt(1 - exp(-2 I))``, which is ``|r|`` for a bivariate normal; or ``I / sqrt(H(x) H(y))``, for "binning".
    rank_transform : bool, default=False
        Replace continuous variables by the normal scores of their ranks: scores then do not change with monotone
        transformations, and far outliers do no harm.
    block_size : int, default=None
        Columns scored at a time; None for blocks of 32 MB.
    n_jobs : int, default=1
        Threads; -1 for all processors. The result does not depend on it. Under joblib's Dask back end anything but 1
        sends the blocks to the workers, which read files themselves.
    random_state : int or RandomState, default=0
        Seed of permutations and tie-breaking.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    scores_ : ndarray of shape (n_features,)
        Score of each feature; with ``n_steps > 1`` that of the step in which it was chosen, or of the last one. NaN
        for features not reached because a callback stopped the scan.
    p_values_ : ndarray of shape (n_features,)
        Permutation p-values, only with ``n_permutations``.
    q_values_ : ndarray of shape (n_features,)
        The same, adjusted for the false discovery rate.
    ranking_ : ndarray of shape (n_selected,)
        Positions of the kept features, best first (of the first step first).
    k_ : int
        Number of kept features.
    levels_ : ndarray of shape (n_features,)
        Number of distinct values of discrete features, 0 for continuous ones.
    n_observed_ : ndarray of shape (n_features,)
        Rows without a missing value.
    steps_ : ndarray of shape (n_features,)
        The step, from 1, in which a feature was chosen; 0 for the others.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X (or every block) had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described; infinite values in X are refused.

    Notes
    -----
    The kernel estimate smooths, which lowers the information of strongly dependent variables: for a bivariate normal
    with r = 0.6 and n = 5000 by about an eighth with the default width, by a twelfth with ``bandwidth_factor=0.7``.
    The ranking of features is best near the default.

    References
    ----------
    Fan, J. and Lv, J. (2008). Sure independence screening for ultrahigh dimensional feature space. JRSS B 70, 849-911.

    Kraskov, A., Stoegbauer, H. and Grassberger, P. (2004). Estimating mutual information. Physical Review E 69, 066138,
    eq. (8).

    Ross, B. C. (2014). Mutual information between discrete and continuous data sets. PLoS ONE 9, e87357.

    Szekely, G. J., Rizzo, M. L. and Bakirov, N. K. (2007). Measuring and testing dependence by correlation of
    distances. Annals of Statistics 35, 2769-2794.

    Birge, L. and Rozenholc, Y. (2006). How many bins should be put in a regular histogram. ESAIM: P&S 10, 24-45.

    Botev, Z. I., Grotowski, J. F. and Kroese, D. P. (2010). Kernel density estimation via diffusion. Annals of
    Statistics 38, 2916-2957.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.screening import MutualInformationScreener
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 1000))
    >>> y = X[:, 3] + X[:, 7] ** 2 + 0.5 * rng.normal(size=300)
    >>> screener = MutualInformationScreener(k=2).fit(X, y)
    >>> screener.get_support(indices=True).tolist()
    [3, 7]
    >>> screener.transform(X).shape
    (300, 2)

    As the score of scikit-learn's own selectors:

    >>> from sklearn.feature_selection import SelectKBest
    >>> SelectKBest(MutualInformationScreener(), k=2).fit(X, y).get_support(indices=True).tolist()
    [3, 7]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "k": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto", "all"})],
        "criterion": [StrOptions({"kde", "binning", "knn", "correlation", "distance_correlation"})],
        "discrete_features": [StrOptions({"auto"}), "boolean", "array-like"],
        "discrete_target": [StrOptions({"auto"}), "boolean"],
        "max_levels": [Interval(Integral, 1, 1000, closed="both")],
        "threshold": [Real, None],
        "max_p_value": [Interval(Real, 0, 1, closed="both"), None],
        "max_fdr": [Interval(Real, 0, 1, closed="both"), None],
        "n_permutations": [Interval(Integral, 0, 2**24 - 2, closed="both")],
        "null": [StrOptions({"pooled", "feature"})],
        "n_null_features": [Interval(Integral, 1, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "bandwidth": [StrOptions({"scott", "silverman", "isj"})],
        "bandwidth_factor": [Interval(Real, 0, None, closed="neither")],
        "grid_size": [Interval(Integral, 16, 1024, closed="both")],
        "bins": [StrOptions({"birge-rozenholc", "quantile"}), Interval(Integral, 2, None, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "bias_correction": ["boolean"],
        "normalize": [StrOptions({"linfoot", "entropy"}), None],
        "rank_transform": ["boolean"],
        "block_size": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    scores_: FloatArray
    p_values_: FloatArray

    def __init__(
        self,
        k: int | str = "auto",
        *,
        criterion: str = "kde",
        discrete_features: Any = "auto",
        discrete_target: bool | str = "auto",
        max_levels: int = 10,
        threshold: float | None = None,
        max_p_value: float | None = None,
        max_fdr: float | None = None,
        n_permutations: int = 0,
        null: str = "pooled",
        n_null_features: int = 100,
        n_steps: int = 1,
        bandwidth: str = "silverman",
        bandwidth_factor: float = 1.0,
        grid_size: int = 64,
        bins: str | int = "birge-rozenholc",
        n_neighbors: int = 3,
        bias_correction: bool = True,
        normalize: str | None = None,
        rank_transform: bool = False,
        block_size: int | None = None,
        n_jobs: int | None = 1,
        random_state: Any = 0,
        verbose: int = 0,
    ) -> None:
        self.k = k
        self.criterion = criterion
        self.discrete_features = discrete_features
        self.discrete_target = discrete_target
        self.max_levels = max_levels
        self.threshold = threshold
        self.max_p_value = max_p_value
        self.max_fdr = max_fdr
        self.n_permutations = n_permutations
        self.null = null
        self.n_null_features = n_null_features
        self.n_steps = n_steps
        self.bandwidth = bandwidth
        self.bandwidth_factor = bandwidth_factor
        self.grid_size = grid_size
        self.bins = bins
        self.n_neighbors = n_neighbors
        self.bias_correction = bias_correction
        self.normalize = normalize
        self.rank_transform = rank_transform
        self.block_size = block_size
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike) -> Self:
        """Score the features of X and choose.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features; NaN marks a missing value. float64 and float32 arrays in any layout, memory maps among them,
            are read in place; other types, and a :class:`~pauca.design.GenotypeMatrix`, are converted block by block.
            The columns of a dask array are scored where their blocks are, and only scores travel.
        y : array-like of shape (n_samples,)
            Target: numbers or labels.

        Returns
        -------
        self : MutualInformationScreener
            The fitted selector.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.screening import MutualInformationScreener
        >>> X = np.random.default_rng(0).normal(size=(100, 20))
        >>> MutualInformationScreener(k=1).fit(X, X[:, 4] ** 2).get_support(indices=True).tolist()
        [4]
        """
        if is_dask_array(X):
            columns = DaskColumns(X)
            y = np.asarray(_check_y(np.asarray(y), multi_output=False))
            if y.size != X.shape[0]:
                raise ValueError(f"y: got {y.size} rows, expected {X.shape[0]}")
            return self._fit(columns, y, None)
        source = X
        X, y = validate_matrix(self, X, y, dtype="numeric", ensure_all_finite=False)
        blocks = ArrayBlocks(X, source, self.block_size, getattr(self, "feature_names_in_", None))
        return self._fit(blocks, np.asarray(y), X)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_blocks(self, blocks: Iterable[Any], y: npt.ArrayLike) -> Self:
        """Score features that come as blocks of columns, of which one at a time is in memory.

        Parameters
        ----------
        blocks : iterable
            Blocks of shape (n_samples, n_columns): arrays, data frames, or paths of ``.npy`` files, which are memory
            mapped, and of Parquet, Feather or Arrow files (with pyarrow), of which some columns at a time are read; a
            single file may hold everything. With ``n_steps > 1`` it must be possible to go through them again: a list,
            not a generator.
        y : array-like of shape (n_samples,)
            Target: numbers or labels.

        Returns
        -------
        self : MutualInformationScreener
            The fitted selector.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.screening import MutualInformationScreener
        >>> X = np.random.default_rng(0).normal(size=(100, 20))
        >>> blocks = (X[:, start : start + 5] for start in range(0, 20, 5))
        >>> MutualInformationScreener(k=1).fit_blocks(blocks, X[:, 14] ** 2).get_support(indices=True).tolist()
        [14]
        """
        target = np.asarray(_check_y(y, multi_output=False))
        supplied = SuppliedBlocks(blocks, target.shape[0], self.block_size)
        if self.n_steps > 1 and not supplied.repeatable:
            raise ValueError(
                f"blocks: n_steps={self.n_steps} goes through the blocks {self.n_steps} times; got an iterator, "
                "expected a list or another object that can be iterated again"
            )
        return self._fit(supplied, target, None)

    def __call__(self, X: Any, y: npt.ArrayLike) -> Any:
        """Scores, or scores and p-values: what ``SelectKBest`` and its like expect of a ``score_func``."""
        fitted = clone(self).set_params(k="all", threshold=None, max_p_value=None, max_fdr=None, n_steps=1).fit(X, y)
        return (fitted.scores_, fitted.p_values_) if self.n_permutations else fitted.scores_

    def transform_blocks(self, blocks: Iterable[Any]) -> npt.NDArray[Any]:
        """Collect the kept features from blocks of columns.

        Parameters
        ----------
        blocks : iterable
            Blocks as in :meth:`fit_blocks`, together with all ``n_features_in_`` columns.

        Returns
        -------
        ndarray of shape (n_samples, n_selected)
            The kept features, in the order of the columns.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.screening import MutualInformationScreener
        >>> X = np.random.default_rng(0).normal(size=(100, 20))
        >>> screener = MutualInformationScreener(k=3).fit(X, X[:, 14] ** 2)
        >>> screener.transform_blocks([X[:, :8], X[:, 8:]]).shape
        (100, 3)
        """
        check_is_fitted(self)
        support, first = self.get_support(), 0
        parts: list[npt.NDArray[Any]] = []
        for item in blocks:
            block, _ = open_block(item, parts[0].shape[0] if parts else None)
            chosen = np.flatnonzero(support[first : first + block.shape[1]])
            parts.append(np.array(as_float(block[:, chosen])))
            first += block.shape[1]
        if first != self.n_features_in_:
            raise ValueError(f"blocks: got {first} columns, expected {self.n_features_in_}")
        return np.hstack(parts)

    def _fit(self, blocks: Blocks, y: npt.NDArray[Any], X: Any) -> Self:
        for name in ("max_p_value", "max_fdr"):
            if getattr(self, name) is not None and not self.n_permutations:
                raise ValueError(f"{name}: p-values need n_permutations > 0")
        if self.max_fdr is not None and self.n_steps > 1:
            raise ValueError(f"max_fdr: needs n_steps=1, got {self.n_steps}")
        if self.normalize == "entropy" and self.criterion != "binning":
            raise ValueError(f"normalize: 'entropy' needs criterion='binning', got criterion={self.criterion!r}")
        if self.normalize is not None and self.criterion in _DEPENDENT:
            raise ValueError(f"normalize: got {self.normalize!r}, but criterion={self.criterion!r} is no information")
        target, kind = numeric_target(y, self.discrete_target)
        if self.n_steps > 1 and y.dtype.kind in "OUS" and np.unique(target).size > 2:
            raise ValueError("n_steps: iterative screening needs a numeric or binary target")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        with watch(self, X, y, total=blocks.total, unit="feature") as callback:
            first = self._scan(blocks, target, kind, seed, callback)
            p = first.scores.size
            wanted = self._wanted(target.size, p)
            result, chosen, steps = first, np.zeros(0, dtype=np.intp), np.zeros(p, dtype=np.intp)
            scores, p_values = first.scores.copy(), first.p_values
            per_step = math.ceil(wanted / self.n_steps)
            for step in range(1, self.n_steps + 1):
                if step > 1:
                    left = residual(collect(blocks, chosen), target)
                    result = self._scan(blocks, left, CONTINUOUS, seed, callback)
                    open_ = steps == 0
                    scores[open_] = result.scores[open_]
                    if p_values is not None and result.p_values is not None:
                        p_values[open_] = result.p_values[open_]
                order = self._order(scores, p_values, steps)
                new = order[: min(per_step, wanted - chosen.size)]
                steps[new] = step
                chosen = np.concatenate([chosen, new])
                if not result.complete or new.size == 0:
                    break
        self.n_features_in_ = p
        if first.names is not None:
            self.feature_names_in_ = np.asarray(first.names, dtype=object)
        elif X is None and hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.scores_ = scores
        if p_values is not None:
            self.p_values_, self.q_values_ = p_values, adjusted(p_values)
        else:
            self.__dict__.pop("p_values_", None)
            self.__dict__.pop("q_values_", None)
        self.levels_ = first.levels
        self.n_observed_ = first.observed
        self.ranking_ = chosen
        self.steps_ = steps
        self.k_ = int(chosen.size)
        return self

    def _scan(self, blocks: Blocks, target: FloatArray, kind: int, seed: int, callback: Any) -> Scan:
        settings: dict[str, Any] = {
            "kind": kind,
            "method": self.criterion,
            "bandwidth": self.bandwidth,
            "bandwidth_factor": float(self.bandwidth_factor),
            "grid": int(self.grid_size),
            "bins": self.bins if isinstance(self.bins, str) else "quantile",
            "n_bins": 0 if isinstance(self.bins, str) else int(self.bins),
            "neighbors": int(self.n_neighbors),
            "bias_correction": bool(self.bias_correction),
            "normalize": self.normalize or "none",
            "ranks": bool(self.rank_transform),
            "max_levels": int(self.max_levels),
            "seed": seed,
        }
        kinds = FeatureKinds(self.discrete_features)
        null: dict[str, Any] = {
            "n_permutations": int(self.n_permutations),
            "pooled": int(self.n_null_features) if self.null == "pooled" else None,
            "seed": seed,
        }
        if isinstance(blocks, DaskColumns):
            return spread_scan(blocks, target, settings, kinds, callback=callback, **null)
        if blocks.repeatable and goes_to_dask(self.n_jobs):
            return spread_scan(ReadElsewhere(blocks, self.n_jobs), target, settings, kinds, callback=callback, **null)
        screener = _core.Screener(target, **settings)
        return scan(screener, blocks, kinds, n_jobs=n_threads(self.n_jobs), callback=callback, **null)

    def transform(self, X: Any) -> Any:
        """Keep the chosen features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features. Of a dask array or a :class:`~pauca.design.GenotypeMatrix` comes a dask array or a
            GenotypeMatrix.

        Returns
        -------
        array of shape (n_samples, n_selected)
            The kept features.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.screening import MutualInformationScreener
        >>> X = np.random.default_rng(0).normal(size=(100, 20))
        >>> bool((MutualInformationScreener(k=1).fit(X, X[:, 4] ** 2).transform(X) == X[:, [4]]).all())
        True
        """
        if not (is_dask_array(X) or isinstance(X, GenotypeMatrix)):
            return super().transform(X)
        check_is_fitted(self, "scores_")
        if X.shape[1] != self.n_features_in_:
            raise ValueError(f"X: got {X.shape[1]} features, expected {self.n_features_in_}")
        return X[:, np.flatnonzero(self.get_support())]

    def _wanted(self, n: int, p: int) -> int:
        if self.k == "all":
            return p
        if self.k == "auto":
            return min(p, max(1, int(n / math.log(n)) if n > 2 else 1))
        if int(self.k) > p:
            warn_user(f"k={self.k} is greater than n_features={p}. All the features are kept.")
        return min(int(self.k), p)

    def _order(
        self, scores: FloatArray, p_values: FloatArray | None, steps: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.intp]:
        """Positions of the features that may still be chosen, best first."""
        open_ = (steps == 0) & ~np.isnan(scores)
        if self.threshold is not None:
            open_ &= scores >= self.threshold
        if self.max_p_value is not None and p_values is not None:
            open_ &= p_values <= self.max_p_value
        if self.max_fdr is not None and p_values is not None:
            draws = self.n_permutations * (self.n_null_features if self.null == "pooled" else 1)
            open_ &= discoveries(p_values, self.max_fdr, draws)
        candidates = np.flatnonzero(open_)
        return candidates[np.argsort(-scores[candidates], kind="stable")]

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        check_is_fitted(self, "scores_")
        return np.asarray(self.steps_ > 0)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags
