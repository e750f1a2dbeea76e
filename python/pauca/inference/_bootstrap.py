"""Bootstrap of coefficients: rows, clusters of rows, or blocks of consecutive rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import delayed
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from .._parallel import run_all
from .._sklearn_compat import _num_samples, _safe_indexing, routing_enabled
from .._validation import FloatArray
from ._selectors import last_model


@dataclass(frozen=True, repr=False)
class BootstrapResult:
    """Coefficients of all resamples.

    Attributes
    ----------
    estimate : ndarray of shape (n_coefficients,)
        Coefficients on all data.
    samples : ndarray of shape (n_resamples, n_coefficients)
        Coefficients on the resamples.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.inference import bootstrap_coefficients
    >>> from pauca.linear_model import SparseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> found = bootstrap_coefficients(SparseRegressor(alpha="0.1max"), X, y, n_resamples=20, random_state=0)
    >>> found.estimate.shape, found.samples.shape
    ((10,), (20, 10))
    """

    estimate: FloatArray
    samples: FloatArray

    def __repr__(self) -> str:
        often = np.count_nonzero(self.selection_frequencies >= 0.5)
        return (
            f"<BootstrapResult: {self.samples.shape[0]} resamples, {self.estimate.size} coefficients, {often} of them "
            "nonzero in half of the resamples or more>"
        )

    @property
    def standard_errors(self) -> FloatArray:
        """Standard deviation over the resamples.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.inference import BootstrapResult
        >>> found = BootstrapResult(np.array([1.0, 0.1]), np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.3]]))
        >>> found.standard_errors.round(3)
        array([1.   , 0.173])
        """
        return np.asarray(self.samples.std(axis=0, ddof=1))

    @property
    def selection_frequencies(self) -> FloatArray:
        """Share of the resamples in which each coefficient is not zero.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.inference import BootstrapResult
        >>> found = BootstrapResult(np.array([1.0, 0.1]), np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.3]]))
        >>> found.selection_frequencies.round(3)
        array([0.667, 0.333])
        """
        return np.asarray((self.samples != 0.0).mean(axis=0))

    def confidence_intervals(self, level: float = 0.95, method: str = "percentile") -> FloatArray:
        """Intervals for single coefficients.

        Parameters
        ----------
        level : float, default=0.95
            Nominal coverage.
        method : {"percentile", "basic"}, default="percentile"
            Quantiles of the resampled coefficients, or these mirrored at the estimate.

        Returns
        -------
        ndarray of shape (n_coefficients, 2)
            Lower and upper ends.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.inference import BootstrapResult
        >>> found = BootstrapResult(np.array([4.0]), np.linspace(0.0, 10.0, 101)[:, None])
        >>> found.confidence_intervals(0.9).round(6), found.confidence_intervals(0.9, method="basic").round(6)
        (array([[0.5, 9.5]]), array([[-1.5,  7.5]]))
        """
        if not 0.0 < level < 1.0:
            raise ValueError(f"level: got {level!r}, expected a number in (0, 1)")
        if method not in ("percentile", "basic"):
            raise ValueError(f"method: got {method!r}, expected 'percentile' or 'basic'")
        ends = np.quantile(self.samples, [0.5 - level / 2.0, 0.5 + level / 2.0], axis=0).T
        return ends if method == "percentile" else 2.0 * self.estimate[:, None] - ends[:, ::-1]


def _resample(
    units: list[npt.NDArray[np.intp]], n_samples: int, blocks: bool, rng: np.random.RandomState
) -> npt.NDArray[np.intp]:
    """Rows of units drawn with replacement; blocks are drawn until there are as many rows as before."""
    if not blocks:
        return np.concatenate([units[k] for k in rng.randint(len(units), size=len(units))])
    count = -(-n_samples // units[0].size)
    return np.concatenate([units[k] for k in rng.randint(len(units), size=count)])[:n_samples]


def bootstrap_coefficients(
    estimator: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    n_resamples: int = 500,
    cluster: npt.ArrayLike | None = None,
    block_length: int | None = None,
    n_jobs: int | None = None,
    random_state: Any = None,
    **rows: Any,
) -> BootstrapResult:
    """Fit an estimator to resampled data and collect its coefficients.

    The bootstrap is right for unpenalised fits, and for coefficients that a penalised fit leaves (nearly) unshrunk. For
    the lasso it is not consistent where coefficients are zero (Chatterjee and Lahiri 2010), and its intervals carry the
    shrinkage: for these take :class:`DebiasedLasso`, and from here selection frequencies and spread.

    Parameters
    ----------
    estimator : estimator
        With ``coef_`` after ``fit``, or a pipeline or search that ends in one; a cross-validated one tunes anew on
        every resample.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Data.
    y : array-like
        Target, as the estimator takes it.
    n_resamples : int, default=500
        Number of resamples.
    cluster : array-like of shape (n_samples,), default=None
        Labels: whole clusters are drawn.
    block_length : int, default=None
        Draws overlapping blocks of so many consecutive rows, for time series.
    n_jobs : int, default=None
        Fits at a time, in threads.
    random_state : int, RandomState or None, default=None
        Seed.
    **rows : array-like of shape (n_samples,)
        Further arguments of ``fit`` with a value for each row, such as ``sample_weight`` or ``strata``. With metadata
        routing (``sklearn.set_config(enable_metadata_routing=True)``) the estimator must have requested them; an
        estimator that routes on (a pipeline, a search) passes them further.

    Returns
    -------
    BootstrapResult
        Coefficients, standard errors, frequencies, intervals.

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap. Chapman and Hall.

    Chatterjee, A. and Lahiri, S. (2010). Asymptotic properties of the residual bootstrap for lasso estimators.
    Proceedings of the AMS 138, 4497-4509.

    Kuensch, H. (1989). The jackknife and the bootstrap for general stationary observations. Annals of Statistics 17,
    1217-1241.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.inference import bootstrap_coefficients
    >>> from pauca.linear_model import SparseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> found = bootstrap_coefficients(SparseRegressor(penalty="mcp"), X, y, n_resamples=50, random_state=0)
    >>> found.selection_frequencies[[2, 8]].tolist()  # bmi and s5
    [1.0, 1.0]
    """
    n = int(_num_samples(X))
    if n_resamples < 2:
        raise ValueError(f"n_resamples: got {n_resamples!r}, expected at least 2")
    if cluster is not None and block_length is not None:
        raise ValueError("cluster: given with block_length, expected one of them")
    if cluster is not None:
        labels = np.asarray(cluster)
        if labels.shape != (n,):
            raise ValueError(f"cluster: got shape {labels.shape}, expected ({n},)")
        codes = np.unique(labels, return_inverse=True)[1]
        units = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    elif block_length is not None:
        if not 1 <= block_length <= n:
            raise ValueError(f"block_length: got {block_length!r}, expected 1 to {n}")
        units = [np.arange(a, a + block_length) for a in range(n - block_length + 1)]
    else:
        units = [np.array([i]) for i in range(n)]
    rng = check_random_state(random_state)
    draws = [_resample(units, n, block_length is not None, rng) for _ in range(n_resamples)]
    given = {key: value for key, value in rows.items() if value is not None}
    if routing_enabled() and given:
        router = MetadataRouter(owner="bootstrap_coefficients").add(
            estimator=estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit")
        )
        router.validate_metadata(params=given, method="fit")
        given = dict(router.route_params(caller="fit", params=given).estimator.fit)
    whole = _coefficients(clone(estimator).fit(X, y, **given))
    samples = run_all((delayed(_fit)(clone(estimator), X, y, given, draw) for draw in draws), n_jobs)
    if any(sample.shape != whole.shape for sample in samples):
        raise ValueError("estimator: its number of coefficients changes with the resample; fix what comes before it")
    return BootstrapResult(whole, np.array(samples))


def _coefficients(fitted: Any) -> FloatArray:
    coef = last_model(fitted).coef_
    return np.ravel(coef.toarray() if sparse.issparse(coef) else coef).astype(np.float64)


def _fit(estimator: Any, X: Any, y: Any, rows: dict[str, Any], draw: npt.NDArray[np.intp]) -> FloatArray:
    some = {key: _safe_indexing(value, draw) for key, value in rows.items()}
    fitted = estimator.fit(_safe_indexing(X, draw), _safe_indexing(y, draw), **some)
    return _coefficients(fitted)
