"""Regularisation paths: solutions along a list of strengths, with their certificates and what selects among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.validation import check_array, check_consistent_length, check_X_y

from .. import _core, losses, penalties, solvers
from .._monitor import SolverCallback
from .._survival import survival_target
from .._validation import FloatArray, as_design, check_vector, normalized_weights, seconds_or_inf
from ._convexity import locally_convex
from ._fit import column_scale, core_penalty, resolve_penalty, resolve_solver

_LOSSES: dict[str, type[losses.Loss]] = {
    "quadratic": losses.Quadratic,
    "logistic": losses.Logistic,
    "huber": losses.Huber,
    "quantile": losses.Quantile,
    "poisson": losses.Poisson,
    "gamma": losses.Gamma,
    "squared_hinge": losses.SquaredHinge,
    "cox": losses.Cox,
}


class RegularizationPath:
    """Solutions along a list of strengths.

    Attributes
    ----------
    alphas_ : ndarray of shape (n_alphas,)
        Strengths, decreasing.
    coefs_ : scipy.sparse.csc_array of shape (n_features, n_alphas)
        Coefficients on the scale of X, one column a strength.
    intercepts_ : ndarray of shape (n_alphas,)
        Intercepts.
    df_ : ndarray of shape (n_alphas,)
        Number of nonzero coefficients.
    loss_ : ndarray of shape (n_alphas,)
        Weighted mean loss on the training data.
    deviance_ratio_ : ndarray of shape (n_alphas,)
        Share of the null model's loss explained.
    dual_gaps_, kkt_violations_ : ndarray of shape (n_alphas,)
        Certificates; the gap is NaN where the penalty or the loss has none.
    n_iter_ : ndarray of shape (n_alphas,)
        Outer iterations.
    converged_ : ndarray of shape (n_alphas,)
        Whether the tolerance was reached.
    locally_convex_ : ndarray of shape (n_alphas,) or None
        For a nonconvex penalty and the quadratic loss: whether the objective is strictly convex on the support of this
        solution and the next, so that the solution is the only one there.
    alpha_max_ : float
        Smallest strength with all penalised coefficients zero.
    n_samples_ : int
        Rows of the training data with positive weight.
    n_events_ : int or None
        Events among them, for the Cox loss: their number is the n of its criteria's penalties.
    loss, penalty, standardize, fit_intercept
        What was fitted.
    feature_names_ : list of str or None
        Names of the features.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> p = path(X, y, alphas=20)
    >>> p
    <RegularizationPath: 20 alphas from 2.148 to 0.002148, 0 to 10 of 10 features>
    >>> p.coef(0.5).shape, p.predict(X[:2], alpha=0.5).shape
    ((10,), (2,))
    """

    def __init__(
        self,
        *,
        points: list[dict[str, Any]],
        n_features: int,
        scale: FloatArray | None,
        shift: float,
        own: float,
        alpha_max: float,
        null_objective: float,
        loss: losses.Loss,
        n_samples: int,
        feature_names: list[str] | None,
        locally_convex: npt.NDArray[np.bool_] | None,
        penalty: penalties.SeparablePenalty,
        standardize: bool,
        fit_intercept: bool,
        n_events: int | None = None,
    ) -> None:
        self.alphas_: FloatArray = np.array([p["alpha"] for p in points]) / own
        indptr = np.cumsum([0, *(len(p["support"]) for p in points)])
        rows = np.concatenate([p["support"] for p in points]) if points else np.zeros(0, int)
        values = np.concatenate([p["values"] for p in points]) if points else np.zeros(0)
        if scale is not None:
            values = values * scale[rows]
        self.coefs_ = sparse.csc_array((values, rows, indptr), shape=(n_features, len(points)))
        self.intercepts_: FloatArray = np.array([p["intercept"] for p in points]) + shift
        self.df_: npt.NDArray[np.int64] = np.diff(indptr)
        self.loss_: FloatArray = np.array([p["loss"] for p in points])
        ratio = 1.0 - self.loss_ / null_objective if null_objective > 0.0 else np.zeros(len(points))
        self.deviance_ratio_: FloatArray = ratio
        self.dual_gaps_: FloatArray = np.array([p["dual_gap"] for p in points])
        self.kkt_violations_: FloatArray = np.array([p["kkt_violation"] for p in points])
        self.n_iter_: npt.NDArray[np.int64] = np.array([max(p["n_iter"], 1) for p in points])
        self.converged_: npt.NDArray[np.bool_] = np.array([p["status"] == "converged" for p in points], dtype=bool)
        self.objectives_: FloatArray = np.array([p["objective"] for p in points])
        self.alpha_max_ = alpha_max / own
        self.null_objective_ = null_objective
        self.n_samples_ = n_samples
        self.n_events_ = n_events
        self.loss = loss
        self.penalty = penalty
        self.standardize = standardize
        self.fit_intercept = fit_intercept
        self.feature_names_ = feature_names
        self.locally_convex_ = locally_convex

    def __repr__(self) -> str:
        p, k = self.coefs_.shape
        if k == 0:
            return "<RegularizationPath: no alphas>"
        return (
            f"<RegularizationPath: {k} alphas from {self.alphas_[0]:.4g} to {self.alphas_[-1]:.4g}, "
            f"{self.df_.min()} to {self.df_.max()} of {p} features>"
        )

    def _blend(self, alpha: float) -> tuple[int, int, float]:
        """Neighbours of a strength on the path and the share of the second one."""
        if not (self.alphas_[-1] * (1 - 1e-12) <= alpha <= self.alphas_[0] * (1 + 1e-12)):
            raise ValueError(
                f"alpha: got {alpha!r}, expected {self.alphas_[-1]:.4g} to {self.alphas_[0]:.4g} as on the path"
            )
        right = int(np.searchsorted(-self.alphas_, -alpha * (1 - 1e-12)))
        right = min(right, len(self.alphas_) - 1)
        left = max(right - 1, 0)
        width = self.alphas_[left] - self.alphas_[right]
        share = 1.0 if width <= 0.0 else min(max((self.alphas_[left] - alpha) / width, 0.0), 1.0)
        return left, right, float(share)

    def coef(self, alpha: float) -> FloatArray:
        """Coefficients at a strength, interpolated linearly between its neighbours on the path.

        Parameters
        ----------
        alpha : float
            Strength within the range of the path.

        Returns
        -------
        ndarray of shape (n_features,)
            Coefficients.
        """
        left, right, share = self._blend(alpha)
        columns = self.coefs_[:, [left, right]].toarray()
        return np.asarray((1.0 - share) * columns[:, 0] + share * columns[:, 1])

    def intercept(self, alpha: float) -> float:
        """Intercept at a strength, interpolated as the coefficients are."""
        left, right, share = self._blend(alpha)
        return float((1.0 - share) * self.intercepts_[left] + share * self.intercepts_[right])

    def predict(self, X: Any, alpha: float | None = None) -> FloatArray:
        """Predictions, through the inverse link of the loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        alpha : float, default=None
            Strength; None predicts for all strengths.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_alphas)
            Predictions.
        """
        X = check_array(X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32])
        if X.shape[1] != self.coefs_.shape[0]:
            raise ValueError(f"X: got {X.shape[1]} features, expected {self.coefs_.shape[0]}")
        if alpha is not None:
            return np.asarray(self.loss._inverse_link(np.asarray(X @ self.coef(alpha)) + self.intercept(alpha)))
        eta = X @ self.coefs_
        return np.asarray(self.loss._inverse_link((eta.toarray() if sparse.issparse(eta) else eta) + self.intercepts_))

    def information_criterion(self, criterion: str = "bic", ebic_gamma: float = 0.5) -> FloatArray:
        """An information criterion along the path, with the number of nonzero coefficients as degrees of freedom.

        For the quadratic loss ``n log(2 loss) + penalty``, for likelihoods ``2 n loss + penalty``, where the penalty is
        ``2 df`` (aic), ``df log n`` (bic), ``df log n + 2 gamma log C(p, df)`` (ebic; Chen and Chen 2008) or
        ``df log p log log n`` (gic; Fan and Tang 2013). Saturated fits, with as many coefficients as samples, get
        infinity. For the Cox loss the n of the penalty is the number of events (Volinsky and Raftery 2000).

        Parameters
        ----------
        criterion : {"aic", "bic", "ebic", "gic"}, default="bic"
            Criterion.
        ebic_gamma : float, default=0.5
            The gamma of "ebic", in [0, 1].

        Returns
        -------
        ndarray of shape (n_alphas,)
            Values: smaller is better.
        """
        rows, p = self.n_samples_, self.coefs_.shape[0]
        n = rows if self.n_events_ is None else self.n_events_
        df = self.df_.astype(float)
        extra = {
            "aic": lambda: 2.0 * df,
            "bic": lambda: df * math.log(n),
            "ebic": lambda: df * math.log(n) + 2.0 * ebic_gamma * _log_choose(p, df),
            "gic": lambda: df * math.log(p) * math.log(max(math.log(n), 1.0)),
        }
        if criterion not in extra:
            raise ValueError(f"criterion: got {criterion!r}, expected one of {sorted(extra)}")
        if isinstance(self.loss, losses.Quadratic):
            floor = max(self.null_objective_, 1e-300) * 1e-15
            fit = rows * np.log(2.0 * np.maximum(self.loss_, floor))
        else:
            fit = 2.0 * rows * self.loss_
        return np.asarray(np.where(df + 1 >= n, np.inf, fit + extra[criterion]()))

    def select(self, criterion: str = "bic", ebic_gamma: float = 0.5) -> int:
        """Position of the strength that an information criterion selects.

        Parameters
        ----------
        criterion : {"aic", "bic", "ebic", "gic"}, default="bic"
            Criterion, see :meth:`information_criterion`.
        ebic_gamma : float, default=0.5
            The gamma of "ebic".

        Returns
        -------
        int
            Index into ``alphas_``.
        """
        return int(np.argmin(self.information_criterion(criterion, ebic_gamma)))

    def to_frame(self) -> Any:
        """The path as a pandas DataFrame, one row a strength.

        Returns
        -------
        pandas.DataFrame
            Columns alpha, df, deviance_ratio, loss, intercept, dual_gap, kkt_violation, n_iter, converged.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "alpha": self.alphas_,
                "df": self.df_,
                "deviance_ratio": self.deviance_ratio_,
                "loss": self.loss_,
                "intercept": self.intercepts_,
                "dual_gap": self.dual_gaps_,
                "kkt_violation": self.kkt_violations_,
                "n_iter": self.n_iter_,
                "converged": self.converged_,
            }
        )


def _log_choose(p: int, df: FloatArray) -> FloatArray:
    from scipy.special import gammaln

    df = np.minimum(df, p)
    return np.asarray(gammaln(p + 1) - gammaln(df + 1) - gammaln(p - df + 1))


def alpha_grid(
    alphas: int | npt.ArrayLike, eps: float | None, n_samples: int, n_features: int
) -> tuple[list[float], bool]:
    """Strengths in decreasing order, and whether they count in units of alpha_max."""
    if isinstance(alphas, int | np.integer):
        if alphas < 1:
            raise ValueError(f"alphas: got {alphas}, expected at least one")
        share = (1e-3 if n_samples > n_features else 5e-2) if eps is None else float(eps)
        if not 0.0 < share < 1.0:
            raise ValueError(f"eps: got {eps!r}, expected a number in (0, 1)")
        return np.geomspace(1.0, share, int(alphas)).tolist(), True
    grid = np.unique(np.asarray(alphas, dtype=np.float64).ravel())[::-1]
    if grid.size == 0 or not np.isfinite(grid).all() or grid[-1] < 0.0:
        raise ValueError(f"alphas: got {alphas!r}, expected a number of strengths or finite strengths >= 0")
    return grid.tolist(), False


def path(
    X: Any,
    y: npt.ArrayLike,
    *,
    loss: str | losses.Loss = "quadratic",
    penalty: Any = "l1",
    alphas: int | npt.ArrayLike = 100,
    eps: float | None = None,
    sample_weight: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    solver: Any = "auto",
    fit_intercept: bool = True,
    standardize: bool | None = None,
    tol: float = 1e-8,
    max_iter: int = 1000,
    max_time: float | None = None,
) -> RegularizationPath:
    """Solve along a list of strengths, each started from the last.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Data. F-ordered float64 or float32 arrays and CSC matrices are used without a copy.
    y : array-like of shape (n_samples,)
        Target; 0 and 1 for the logistic loss and the squared hinge; times and events, as in
        :class:`SparseCoxRegressor`, for the Cox loss.
    loss : str or Loss, default="quadratic"
        Loss, by name or from :mod:`pauca.losses`.
    penalty : str or Penalty, default="l1"
        A separable penalty, by name or from :mod:`pauca.penalties`.
    alphas : int or array-like, default=100
        Strengths, or how many to place geometrically between ``alpha_max`` and ``eps * alpha_max``.
    eps : float, default=None
        Smallest strength relative to ``alpha_max``; None is 1e-3, or 5e-2 with more features than samples.
    sample_weight, offset : array-like of shape (n_samples,), default=None
        Weights >= 0, and a known part of the linear predictor.
    strata : array-like of shape (n_samples,), default=None
        Labels of strata for the Cox loss.
    solver : "auto" or GreedyBCD, default="auto"
        Solver.
    fit_intercept, standardize, tol, max_iter, max_time
        As in :class:`SparseRegressor`; ``max_iter`` for each strength, ``max_time`` for the whole path.

    Returns
    -------
    RegularizationPath
        Solutions, certificates, criteria.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.

    References
    ----------
    Tibshirani, R. et al. (2012). Strong rules for discarding predictors in lasso-type problems. JRSS B 74, 245-266.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> p = path(X, y, alphas=[1.0, 0.5, 0.1])
    >>> p.df_.tolist(), bool((p.dual_gaps_ <= 1e-8 * y.var()).all())
    ([3, 4, 7], True)
    """
    names = [str(c) for c in X.columns] if hasattr(X, "columns") else None
    resolved = _LOSSES[loss]() if isinstance(loss, str) else loss
    if resolved.task == "survival":
        X = check_array(X, accept_sparse="csc", dtype=[np.float64, np.float32], order="F")
        target = survival_target(y, strata)
        check_consistent_length(X, target.time)
        y = target.pack()
    elif strata is not None:
        raise ValueError(f"strata: {resolved!r} knows none, expected the Cox loss")
    else:
        X, y = check_X_y(X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F", y_numeric=True)
    shift = None if offset is None else check_vector("offset", offset, X.shape[0])
    return solve_path(
        X,
        np.ascontiguousarray(y, dtype=np.float64),
        normalized_weights(sample_weight, X),
        loss=resolved,
        penalty=penalty,
        alphas=alphas,
        eps=eps,
        offset=shift,
        solver=solver,
        fit_intercept=fit_intercept,
        standardize=standardize,
        tol=tol,
        max_iter=max_iter,
        max_time=max_time,
        feature_names=names,
    )


def solve_path(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: losses.Loss,
    penalty: Any,
    alphas: int | npt.ArrayLike,
    eps: float | None,
    offset: FloatArray | None,
    solver: Any,
    fit_intercept: bool,
    standardize: bool | None,
    tol: float,
    max_iter: int,
    max_time: float | None,
    feature_names: Sequence[str] | None = None,
    callback: SolverCallback | None = None,
) -> RegularizationPath:
    """The path for validated X (F-ordered or CSC), float64 y and weights that sum to one."""
    penalty = resolve_penalty(penalty)
    solver = resolve_solver(solver, penalty)
    if not isinstance(solver, solvers.GreedyBCD) or not isinstance(penalty, penalties.SeparablePenalty):
        raise ValueError(f"path: needs a separable penalty and GreedyBCD; got {penalty!r} and {solver!r}")
    solver._check()
    if solver._explicit:
        raise ValueError("path: explicit rules have no path engine; leave partition, selection and update alone")
    loss._check_target(y, weights)
    core, wrappers = core_penalty(penalty, X.shape[1], feature_names)
    wrappers.pop("penalty")
    grid, relative = alpha_grid(alphas, eps, X.shape[0], X.shape[1])
    if relative and core.lambda_share == 0.0:
        raise ValueError(f"alphas: alpha_max is infinite for {penalty!r}: give the strengths themselves")
    own = float(penalty.alpha)
    design = as_design(X)
    if standardize is None:
        standardize = not penalty.convex
    scale = column_scale(design, weights, None) if standardize else None
    shift = 0.0
    if loss.core_name == "quadratic":
        if offset is not None:
            y, offset = y - offset, None
        if fit_intercept:
            shift = float(weights @ y)
            y = y - shift
    found = _core.linear_path(
        design,
        loss=loss.core_name,
        loss_shape=loss._shape(),
        y=np.ascontiguousarray(y),
        sample_weight=weights,
        offset=offset,
        penalty=core.name,
        shape=core.shape,
        alphas=[a * own for a in grid] if not relative else grid,
        relative=relative,
        lambda_share=core.lambda_share,
        ridge_share=core.ridge_share,
        fit_intercept=bool(fit_intercept) or loss.task == "survival",
        scale=scale,
        engine=solver.engine,
        gram_bytes=float(solver.gram_memory) * 2.0**20,
        tol=float(tol),
        max_iter=int(max_iter),
        max_time=seconds_or_inf(max_time),
        callback=callback,
        **wrappers,
    )
    convex = None
    if not penalty.convex and loss.core_name == "quadratic":
        convex = locally_convex(X, weights, found["points"], penalty, scale, fit_intercept)
    n_events = None
    if loss.task == "survival":  # the intercept, which changes nothing, is none
        n_events = int(np.count_nonzero(y.reshape(4, -1)[2] * weights))
        for point in found["points"]:
            point["intercept"] = 0.0
    return RegularizationPath(
        points=found["points"],
        n_features=X.shape[1],
        scale=scale,
        shift=shift,
        own=own if own > 0.0 else 1.0,
        alpha_max=float(found["alpha_max"]),
        null_objective=float(found["null_objective"]),
        loss=loss,
        n_samples=int(np.count_nonzero(weights)),
        feature_names=None if feature_names is None else [str(f) for f in feature_names],
        locally_convex=convex,
        penalty=penalty,
        standardize=bool(standardize),
        fit_intercept=bool(fit_intercept),
        n_events=n_events,
    )
