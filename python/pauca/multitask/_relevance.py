"""How a target task is written as a mix of source tasks: the relevance vectors nu1 and nu2."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from .._sklearn_compat import Interval, StrOptions, _fit_context, validate_data
from .._validation import FloatArray, check_vector, parse_strength
from .._warnings import warn_user
from ..linear_model import SparseRegressor, path
from ..penalties import L1

NORMS = ("l1", "l2", "bp")
LIMIT = 1e-10  # of alpha_max


class TaskSelectionWarning(UserWarning):
    """Something about the tasks that makes a selection doubtful.

    Examples
    --------
    >>> import warnings
    >>> from pauca.multitask import TaskSelectionWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", TaskSelectionWarning)  # known, and looked at
    """


def minimum_norm(W: FloatArray, w: FloatArray, weights: FloatArray) -> FloatArray:
    """Minimise sum (a_m nu_m)^2 subject to W nu = w, or nearest to it where that has no solution."""
    return np.asarray(linalg.lstsq(W / weights, w)[0] / weights)


def basis_pursuit(W: FloatArray, w: FloatArray, weights: FloatArray) -> FloatArray:
    """Minimise sum a_m |nu_m| subject to W nu = (the nearest attainable point to) w, as a linear program."""
    U, s, Vt = linalg.svd(W, full_matrices=False)
    rank = int(np.count_nonzero(s > s.max(initial=0.0) * 1e-12))
    if rank == 0:
        return np.zeros(W.shape[1])
    A, b = s[:rank, None] / s[0] * Vt[:rank], U[:, :rank].T @ w
    scale = float(np.abs(b).max())
    if scale == 0.0:
        return np.zeros(W.shape[1])
    n, b, prices = W.shape[1], b / scale, weights / weights.max()
    found = optimize.linprog(
        np.concatenate([prices, prices]), A_eq=np.hstack([A, -A]), b_eq=b, bounds=(0.0, None), method="highs"
    )
    if found.status != 0:
        raise ValueError(f"W: basis pursuit was not solved, expected better conditioned columns: {found.message}")
    nu = np.asarray(found.x[:n] - found.x[n:])
    support = np.flatnonzero(np.abs(nu) > 1e-9 * np.abs(nu).max())
    exact = np.zeros(n)
    if np.linalg.matrix_rank(A[:, support]) == support.size:  # a vertex: refine the equations
        exact[support] = linalg.lstsq(A[:, support], b)[0]
        if np.abs(exact - nu).max() <= 1e-6 * np.abs(nu).max():
            nu = exact
    return np.asarray(nu * (scale / s[0]))


class RelevanceLasso(RegressorMixin, BaseEstimator):
    r"""Relevance of source tasks for a target task: a sparse :math:`\nu` with :math:`W\nu \approx w`.

    Columns of W are the coefficients of source tasks, w those of the target. Samples of the sources serve the target
    with a risk of the order of :math:`\sum_m \nu_m^2 / n_m`; over all allocations of N samples the least of it is
    :math:`\|\nu\|_1^2 / N`, at :math:`n_m \propto |\nu_m|`, so that the best relevance has the least L1 norm. It needs
    as many sources as W has rows, at most.

    Parameters
    ----------
    alpha : float or str, default="0.1max"
        Strength of the lasso :math:`\tfrac{1}{2k}\|w - W\nu\|^2 + \alpha \sum_m a_m|\nu_m|`, k the rows of W, or a
        fraction of the strength above which nothing is selected. Not used by "l2" and "bp"; below 1e-10 of that
        strength the lasso is "bp".
    norm : {"l1", "l2", "bp"}, default="l1"
        "l1" is the lasso; "bp" its limit without noise, ``min ||nu||_1 subject to W nu = w``; "l2" the dense
        ``min ||nu||_2 subject to W nu = w``.
    weights : array-like of shape (n_sources,), default=None
        Positive weights :math:`a_m` of :math:`|\nu_m|`: square roots of the prices of a sample, if these differ.
    max_sources : int, default=None
        Limit on the number of sources for "l1": the smallest strength, not below ``alpha``, that keeps it. The
        coefficients are then refitted without a penalty.

    Attributes
    ----------
    relevance_ : ndarray of shape (n_sources,)
        :math:`\nu`.
    selected_ : ndarray of int
        Sources with nonzero relevance.
    residual_ : float
        :math:`\|W\nu - w\| / \|w\|`.
    norm_ : {"l1", "l2", "bp"}
        What was used: "l2" where the lasso selected nothing, "bp" where its strength is lost in rounding errors.
    n_features_in_ : int
        Number of sources.

    Warns
    -----
    TaskSelectionWarning
        If the residual is above one half: the sources do not cover the target, or ``alpha`` is too large.

    References
    ----------
    Wang, Y., Chen, Y., Jamieson, K. and Du, S. (2023). Improved active multi-task representation learning via lasso.
    ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.multitask import RelevanceLasso
    >>> W = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    >>> RelevanceLasso(norm="bp").fit(W, [2.0, 2.0]).relevance_.round(9)
    array([0., 0., 2.])
    >>> RelevanceLasso(norm="l2").fit(W, [2.0, 2.0]).relevance_.round(3)
    array([0.667, 0.667, 1.333])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="left"), str],
        "norm": [StrOptions(set(NORMS))],
        "weights": ["array-like", None],
        "max_sources": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        alpha: float | str = "0.1max",
        *,
        norm: str = "l1",
        weights: npt.ArrayLike | None = None,
        max_sources: int | None = None,
    ) -> None:
        self.alpha = alpha
        self.norm = norm
        self.weights = weights
        self.max_sources = max_sources

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike) -> Self:
        """Find the relevance.

        Parameters
        ----------
        X : array-like of shape (n_components, n_sources)
            W, the coefficients of a source in each column.
        y : array-like of shape (n_components,)
            w, the coefficients of the target.

        Returns
        -------
        self : RelevanceLasso
            The fitted estimator.

        Examples
        --------
        >>> from pauca.multitask import RelevanceLasso
        >>> W = [[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]  # three sources, two components
        >>> RelevanceLasso(norm="bp").fit(W, [3.0, 4.0]).relevance_.round(6)  # five times the third
        array([0., 0., 5.])
        """
        W, w = validate_data(self, X, y, dtype=np.float64, order="F", y_numeric=True)
        w = np.ascontiguousarray(w, dtype=np.float64)
        weights = np.ones(W.shape[1]) if self.weights is None else check_vector("weights", self.weights, W.shape[1])
        if (weights <= 0.0).any():
            raise ValueError(f"weights: got {weights.min()}, expected positive numbers")
        norm = self.norm
        if norm == "bp":
            nu = basis_pursuit(W, w, weights)
        elif norm == "l2":
            nu = minimum_norm(W, w, weights)
        else:
            nu, norm = self._lasso(W, w, weights)
            if not nu.any() and w.any() and W.any():
                nu, norm = minimum_norm(W, w, weights), "l2"
        length = float(linalg.norm(w))
        self.relevance_ = nu
        self.selected_ = np.flatnonzero(nu)
        self.residual_ = float(linalg.norm(W @ nu - w)) / length if length > 0.0 else 0.0
        self.norm_ = norm
        if self.residual_ > 0.5:
            warn_user(
                f"RelevanceLasso: the sources leave {self.residual_:.0%} of the target unexplained (length of "
                "W nu - w relative to w): they do not cover it, or alpha is too large.",
                TaskSelectionWarning,
            )
        return self

    def _is_limit(self, W: FloatArray, w: FloatArray, weights: FloatArray) -> bool:
        """Whether rounding errors hide the strength: no duality gap shows then when to stop."""
        strength, relative = parse_strength(self.alpha)
        if relative:
            return strength < LIMIT
        sizes = float(np.abs(W).max()) or 1.0, float(np.abs(w).max()) or 1.0
        with np.errstate(over="ignore"):
            largest = np.abs((W / sizes[0] / weights).T @ (w / sizes[1])).max() / len(w) * sizes[0] * sizes[1]
        return bool(strength < LIMIT * largest)

    def _lasso(self, W: FloatArray, w: FloatArray, weights: FloatArray) -> tuple[FloatArray, str]:
        alpha = self.alpha
        if self._is_limit(W, w, weights):
            nu, alpha = basis_pursuit(W, w, weights), "1e-6max"
            if self.max_sources is None or np.count_nonzero(nu) <= self.max_sources:
                return nu, "bp"
        penalty = L1(weights=None if self.weights is None else weights)
        model = SparseRegressor(penalty=penalty, alpha=alpha, fit_intercept=False, tol=1e-12)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All coefficients are zero", UserWarning)  # the caller falls back
            nu = np.asarray(model.fit(W, w).coef_)
        if self.max_sources is None or np.count_nonzero(nu) <= self.max_sources or not w.any():
            return nu, "l1"
        low = max(model.alpha_, 1e-6 * model.alpha_max_)
        strengths = np.geomspace(model.alpha_max_, low, 200)
        found = path(W, w, penalty=penalty, alphas=strengths, fit_intercept=False, tol=1e-10)
        few = np.flatnonzero((found.df_ > 0) & (found.df_ <= self.max_sources))
        if few.size == 0:  # several enter at once: the strongest of them
            order = np.argsort(-np.abs(W.T @ w) / weights, kind="stable")
            support = order[: self.max_sources]
        else:
            support = found.coefs_[:, [few[-1]]].indices
        nu = np.zeros(W.shape[1])
        nu[support] = minimum_norm(W[:, support], w, weights[support])
        return nu, "l1"

    def predict(self, X: Any) -> FloatArray:
        """The mix of the columns: ``X @ relevance_``.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_sources)
            Coefficients of the sources.

        Returns
        -------
        ndarray of shape (n_rows,)
            Coefficients of the target, as the sources explain them.

        Examples
        --------
        >>> from pauca.multitask import RelevanceLasso
        >>> W = [[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]
        >>> RelevanceLasso(norm="bp").fit(W, [3.0, 4.0]).predict(W).round(6)  # the target is a mix of the sources
        array([3., 4.])
        """
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, dtype=np.float64, reset=False) @ self.relevance_)
