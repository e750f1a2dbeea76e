"""What a regularisation path is: solutions, certificates, criteria that select among them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from .. import losses
from .._sklearn_compat import check_array
from .._validation import FloatArray, check_names, parse_strength
from .._warnings import warn_user
from ..design import GenotypeMatrix
from ._matrix_losses import MatrixLoss, MultiTaskLoss


class RegularizationPath:
    """Solutions along a list of strengths.

    Attributes
    ----------
    alphas_ : ndarray of shape (n_alphas,)
        Strengths, decreasing.
    coefs_ : scipy.sparse.csc_array of shape (n_features, n_alphas)
        Coefficients on the scale of X, one column a strength; with several outputs (targets or classes) of shape
        (n_outputs * n_features, n_alphas), one output after the other.
    intercepts_ : ndarray of shape (n_alphas,) or (n_outputs, n_alphas)
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
        For separable and group nonconvex penalties and one linear predictor: whether the objective is strictly convex
        on the support of this solution and the next (smallest eigenvalue of the loss' Hessian at the next solution
        above the penalty's concavity), so that the solution is the only one there; False from the first failure on.
    alpha_max_ : float
        Smallest strength with all penalised coefficients zero.
    n_outputs_ : int
        Targets or classes; 1 for a single linear predictor.
    n_samples_ : int
        Rows of the training data with positive weight.
    n_events_ : int or None
        Events among them, for the Cox loss: their number is the n of its criteria's penalties.
    out_of_time_ : bool
        Whether ``max_time`` ended the path early.
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
        loss: losses.Loss | MatrixLoss,
        n_samples: int,
        feature_names: list[str] | None,
        penalty: Any,
        standardize: bool,
        fit_intercept: bool,
        n_events: int | None = None,
        n_outputs: int = 1,
    ) -> None:
        self.alphas_: FloatArray = np.array([p["alpha"] for p in points]) / own
        indptr = np.cumsum([0, *(len(p["support"]) for p in points)])
        rows = np.concatenate([p["support"] for p in points]) if points else np.zeros(0, int)
        values = np.concatenate([p["values"] for p in points]) if points else np.zeros(0)
        if scale is not None:
            values = values * scale[rows]
        self.coefs_ = sparse.csc_array((values, rows, indptr), shape=(n_outputs * n_features, len(points)))
        self.intercepts_: FloatArray = np.array([p["intercept"] for p in points]).T + shift
        self.n_outputs_ = n_outputs
        self.df_: npt.NDArray[np.int64] = np.diff(indptr)
        self.loss_: FloatArray = np.array([p["loss"] for p in points])
        ratio = 1.0 - self.loss_ / null_objective if null_objective > 0.0 else np.zeros(len(points))
        self.deviance_ratio_: FloatArray = ratio
        self.dual_gaps_: FloatArray = np.array([p["dual_gap"] for p in points])
        self.kkt_violations_: FloatArray = np.array([p["kkt_violation"] for p in points])
        self.n_iter_: npt.NDArray[np.int64] = np.array([max(p["n_iter"], 1) for p in points])
        self.converged_: npt.NDArray[np.bool_] = np.array([p["status"] == "converged" for p in points], dtype=bool)
        self.out_of_time_ = any(p["status"] == "max_time" or p.get("out_of_time", False) for p in points)
        self.objectives_: FloatArray = np.array([p["objective"] for p in points])
        self.alpha_max_ = alpha_max / own
        self.null_objective_ = null_objective
        self.n_samples_ = n_samples
        self.n_events_ = n_events
        self.penalty = penalty
        self.standardize = standardize
        self.fit_intercept = fit_intercept
        self.loss = loss
        self.feature_names_ = feature_names
        self.locally_convex_: npt.NDArray[np.bool_] | None = None  # filled in by who knows the data

    def __repr__(self) -> str:
        p, k = self.coefs_.shape[0] // self.n_outputs_, len(self.alphas_)
        if k == 0:
            return "<RegularizationPath: no alphas>"
        return (
            f"<RegularizationPath: {k} alphas from {self.alphas_[0]:.4g} to {self.alphas_[-1]:.4g}, "
            f"{self.df_.min()} to {self.df_.max()} of {p} features"
            + (f" x {self.n_outputs_} outputs>" if self.n_outputs_ > 1 else ">")
        )

    def _truncate(self, k: int) -> None:
        """Forget everything from position k on."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, value[..., :k])
        self.coefs_ = self.coefs_[:, :k]

    def _blend(self, alpha: float | str) -> tuple[int, int, float]:
        """Neighbours of a strength on the path and the share of the second one."""
        alpha, relative = parse_strength(alpha)
        alpha = alpha * self.alpha_max_ if relative else alpha
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

    def coef(self, alpha: float | str) -> FloatArray:
        """Coefficients at a strength, interpolated linearly between its neighbours on the path.

        Parameters
        ----------
        alpha : float or str
            Strength within the range of the path, or a fraction of ``alpha_max_`` such as ``"0.1max"``.

        Returns
        -------
        ndarray of shape (n_features,) or (n_outputs, n_features)
            Coefficients.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> p = path(*load_diabetes(return_X_y=True), alphas=5, eps=0.1)
        >>> p.coef("0.1max").shape, [int((p.coef(f"{share}max") != 0).sum()) for share in (1.0, 0.5, 0.1)]
        ((10,), [0, 4, 5])
        """
        left, right, share = self._blend(alpha)
        return np.asarray((1.0 - share) * self.coef_at(left) + share * self.coef_at(right))

    def coef_at(self, k: int) -> FloatArray:
        """Coefficients at position ``k`` of ``alphas_``.

        Parameters
        ----------
        k : int
            Position.

        Returns
        -------
        ndarray of shape (n_features,) or (n_outputs, n_features)
            Coefficients on the scale of X.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> p = path(*load_diabetes(return_X_y=True), alphas=5, eps=0.1)
        >>> [int((p.coef_at(k) != 0).sum()) for k in range(5)]
        [0, 2, 4, 4, 5]
        """
        column = self.coefs_[:, [k]].toarray()[:, 0]
        return np.asarray(column if self.n_outputs_ == 1 else column.reshape(self.n_outputs_, -1))

    def intercept(self, alpha: float | str) -> Any:
        """Intercept at a strength, interpolated as the coefficients are; an array with several outputs.

        Parameters
        ----------
        alpha : float or str
            Strength, as in :meth:`coef`.

        Returns
        -------
        float or ndarray of shape (n_outputs,)
            Intercept.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> X, y = load_diabetes(return_X_y=True)
        >>> bool(abs(path(X, y, alphas=5, eps=0.1).intercept("1max") - y.mean()) < 1e-9)  # of centred features
        True
        """
        left, right, share = self._blend(alpha)
        blended = (1.0 - share) * self.intercepts_[..., left] + share * self.intercepts_[..., right]
        return blended if self.n_outputs_ > 1 else float(blended)

    def predictor(self, X: Any) -> FloatArray:
        """Linear predictors at every strength, without offset.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_alphas) or (n_samples, n_outputs, n_alphas)
            Linear predictors.

        Examples
        --------
        >>> from sklearn.datasets import load_breast_cancer
        >>> from pauca.linear_model import path
        >>> X, y = load_breast_cancer(return_X_y=True)
        >>> p = path(X[:, :5], y, loss="logistic", alphas=3, eps=0.5)
        >>> p.predictor(X[:2, :5]).shape, bool(((p.predictor(X[:, :5]) > 0) == (p.predict(X[:, :5]) > 0.5)).all())
        ((2, 3), True)
        """
        p, outputs = self.coefs_.shape[0] // self.n_outputs_, self.n_outputs_
        parts = [X @ self.coefs_[t * p : (t + 1) * p] for t in range(outputs)]
        dense = [e.toarray() if sparse.issparse(e) else np.asarray(e) for e in parts]
        return np.asarray(dense[0] if outputs == 1 else np.stack(dense, axis=1)) + self.intercepts_

    def predict(self, X: Any, alpha: float | str | None = None) -> FloatArray:
        """Predictions, through the inverse link of the loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        alpha : float or str, default=None
            Strength, as in :meth:`coef`; None predicts for all strengths.

        Returns
        -------
        ndarray of shape (n_samples[, n_outputs]) or (n_samples[, n_outputs], n_alphas)
            Predictions; for the logistic loss and its multinomial form probabilities.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> X, y = load_diabetes(return_X_y=True)
        >>> p = path(X, y, alphas=5, eps=0.1)
        >>> p.predict(X[:2]).shape, p.predict(X[:2], alpha="0.5max").shape
        ((2, 5), (2,))
        """
        if not isinstance(X, GenotypeMatrix):
            check_names("X", X, self.feature_names_)
            X = check_array(X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32])
        if X.shape[1] * self.n_outputs_ != self.coefs_.shape[0]:
            expected = self.coefs_.shape[0] // self.n_outputs_
            raise ValueError(f"X: got {X.shape[1]} features, expected {expected}")
        if alpha is not None:
            return np.asarray(self.loss._inverse_link(np.asarray(X @ self.coef(alpha).T) + self.intercept(alpha)))
        return np.asarray(self.loss._inverse_link(self.predictor(X)))

    def information_criterion(self, criterion: str = "bic", ebic_gamma: float = 0.5) -> FloatArray:
        """An information criterion along the path, with the number of nonzero coefficients as degrees of freedom.

        For the quadratic loss ``n log(2 loss) + penalty`` (with T targets ``n T log(2 loss / T) + penalty``), for
        likelihoods ``2 n loss + penalty``, where the penalty is
        ``2 df`` (aic), ``df log n`` (bic), ``df log n + 2 gamma log C(p, df)`` (ebic; Chen and Chen 2008) or
        ``df log p log log n`` (gic; Fan and Tang 2013). Saturated fits, with as many coefficients as samples, get
        infinity.

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

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> p = path(*load_diabetes(return_X_y=True), alphas=5, eps=0.1)
        >>> bic, aic = p.information_criterion(), p.information_criterion("aic")
        >>> ((bic - aic) / p.df_.clip(1)).round(3).tolist()  # log(442) - 2 a coefficient
        [0.0, 4.091, 4.091, 4.091, 4.091]
        """
        p = self.coefs_.shape[0]
        n = self.n_samples_ if self.n_events_ is None else self.n_events_
        df = self.df_.astype(float)
        extra = {
            "aic": lambda: 2.0 * df,
            "bic": lambda: df * math.log(n),
            "ebic": lambda: df * math.log(n) + 2.0 * ebic_gamma * _log_choose(p, df),
            "gic": lambda: df * math.log(p) * math.log(max(math.log(n), 1.0)),
        }
        if criterion not in extra:
            raise ValueError(f"criterion: got {criterion!r}, expected one of {sorted(extra)}")
        n_numbers = n
        if isinstance(self.loss, losses.Quadratic | MultiTaskLoss):
            if isinstance(self.loss, MultiTaskLoss):
                n_numbers = n * self.n_outputs_
            floor = max(self.null_objective_, 1e-300) * 1e-15
            fit = n_numbers * np.log(2.0 * np.maximum(self.loss_, floor) * (n / n_numbers))
        else:
            fit = 2.0 * self.n_samples_ * self.loss_
        return np.asarray(np.where(df + self.n_outputs_ >= n_numbers, np.inf, fit + extra[criterion]()))

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

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> p = path(*load_diabetes(return_X_y=True), alphas=20)
        >>> k = p.select("ebic")
        >>> k == int(p.information_criterion("ebic").argmin()), int(p.df_[k])
        (True, 7)
        """
        return int(np.argmin(self.information_criterion(criterion, ebic_gamma)))

    def to_frame(self) -> Any:
        """The path as a pandas DataFrame, one row a strength.

        Returns
        -------
        pandas.DataFrame
            Columns alpha, df, deviance_ratio, loss, intercept (one for each output), dual_gap, kkt_violation, n_iter,
            converged.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> table = path(*load_diabetes(return_X_y=True), alphas=5, eps=0.1).to_frame()
        >>> len(table), table.columns[:3].tolist(), bool(table["converged"].all())
        (5, ['alpha', 'df', 'deviance_ratio'], True)
        """
        import pandas as pd

        several = self.n_outputs_ > 1
        intercepts = {f"intercept_{t}": row for t, row in enumerate(self.intercepts_)} if several else {}
        return pd.DataFrame(
            {
                "alpha": self.alphas_,
                "df": self.df_,
                "deviance_ratio": self.deviance_ratio_,
                "loss": self.loss_,
                **(intercepts if several else {"intercept": self.intercepts_}),
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


def warn_of_missed(name: str, path: RegularizationPath, tol: float) -> None:
    """Warn if strengths of a path did not converge, with the figure reached and the remedy."""
    missed = ~path.converged_
    if path.out_of_time_:
        warn_user(
            f"{name}: max_time ended the path at strength {path.alphas_[-1]:.3g}, number {len(path.alphas_)}; smaller "
            "ones are missing. Increase max_time, or raise tol or eps.",
            ConvergenceWarning,
        )
        missed[-1] = False
    if not missed.any():
        return
    worst = (path.kkt_violations_[missed] / np.maximum(path.alphas_[missed], 1e-300)).max()
    warn_user(
        f"{name}: {int(missed.sum())} of {len(path.alphas_)} strengths of the path did not reach tol={tol:g}; the "
        f"worst KKT violation among them is {worst:.3g} of its strength. Increase max_iter or eps, or raise tol.",
        ConvergenceWarning,
    )
