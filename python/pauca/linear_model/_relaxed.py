"""The refitted ("relaxed") path: selection by a penalty, coefficients without its bias."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .. import losses, penalties
from .._validation import FloatArray
from ._fit import fit_linear
from ._matrix_losses import MatrixLoss
from ._path import path_data, solve_path
from ._regularization_path import RegularizationPath


def relaxed_path(
    X: Any,
    y: npt.ArrayLike,
    *,
    blend: float = 0.0,
    loss: str | losses.Loss = "quadratic",
    penalty: Any = "l1",
    alphas: int | npt.ArrayLike = 100,
    eps: float | None = None,
    sample_weight: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    solver: Any = "auto",
    fit_intercept: bool = True,
    standardize: bool | None = None,
    tol: float = 1e-8,
    max_iter: int = 1000,
    max_time: float | None = None,
) -> RegularizationPath:
    """Solve along a list of strengths and refit without penalty on the features that each solution selects.

    The coefficients are ``blend * penalised + (1 - blend) * refitted``, and so is the intercept. The path ends before
    the first selection with as many features as samples, where a refit would interpolate. Standard errors and p-values
    of the refit are not computed: the features were chosen on the same data, which would make them far too small.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Data.
    y : array-like of shape (n_samples,)
        Target.
    blend : float, default=0.0
        Share of the penalised solution: 1 is :func:`path`, 0 the refit alone (``gamma`` of glmnet's ``relax``).
    loss, penalty, alphas, eps, sample_weight, offset, solver, fit_intercept, standardize, tol, max_iter, max_time
        As in :func:`path`.

    Returns
    -------
    RegularizationPath
        With ``loss_`` and ``deviance_ratio_`` of the blended coefficients. ``dual_gaps_``, ``kkt_violations_``,
        ``objectives_``, ``n_iter_`` are those of the penalised solutions; ``converged_`` counts the refit too.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.

    References
    ----------
    Meinshausen, N. (2007). Relaxed lasso. Computational Statistics & Data Analysis 52, 374-393.

    Hastie, T., Tibshirani, R. and Tibshirani, R. (2020). Best subset, forward stepwise or lasso? Analysis and
    recommendations based on extensive comparisons. Statistical Science 35, 579-592.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.linear_model import relaxed_path
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 8))
    >>> y = X[:, 0] - X[:, 1] + 0.1 * rng.standard_normal(60)
    >>> refit = relaxed_path(X, y, alphas=[0.5])
    >>> refit.coef(0.5)[:2].round(1).tolist()
    [1.0, -1.0]
    """
    if not 0.0 <= float(blend) <= 1.0:
        raise ValueError(f"blend: got {blend!r}, expected a number in [0, 1]")
    data = path_data(X, y, loss, sample_weight, offset)
    if isinstance(data["loss"], MatrixLoss):
        raise ValueError("relaxed_path: needs one linear predictor; refit several targets one by one")
    path = solve_path(
        **data,
        penalty=penalty,
        alphas=alphas,
        eps=eps,
        solver=solver,
        fit_intercept=fit_intercept,
        standardize=standardize,
        tol=tol,
        max_iter=max_iter,
        max_time=max_time,
    )
    full = np.flatnonzero(path.df_ + int(fit_intercept) >= path.n_samples_)
    if full.size:
        path._truncate(int(full[0]))
    refit = _Refit(data, fit_intercept, tol, max_iter)
    columns, intercepts = [], np.empty(len(path.alphas_))
    p = path.coefs_.shape[0]
    for k in range(len(path.alphas_)):
        penalised = path.coefs_[:, [k]].toarray()[:, 0]
        support = np.flatnonzero(penalised)
        coef, intercept, fine = refit(support, penalised[support], float(path.intercepts_[k]))
        mixed = np.zeros(p)
        mixed[support] = blend * penalised[support] + (1.0 - blend) * coef
        columns.append(sparse.csc_array(mixed[:, None]))
        intercepts[k] = blend * path.intercepts_[k] + (1.0 - blend) * intercept
        path.converged_[k] &= fine
    if columns:
        path.coefs_ = sparse.csc_array(sparse.hstack(columns))
    path.intercepts_ = intercepts
    eta = path.predictor(data["X"])
    if data["offset"] is not None:
        eta = eta + data["offset"][:, None]
    path.loss_ = np.array([data["loss"].value(data["y"], np.ascontiguousarray(e), data["weights"]) for e in eta.T])
    path.deviance_ratio_ = 1.0 - path.loss_ / path.null_objective_ if path.null_objective_ > 0.0 else path.loss_ * 0.0
    return path


class _Refit:
    """Fits without penalty on a support, once for each support."""

    def __init__(self, data: dict[str, Any], fit_intercept: bool, tol: float, max_iter: int) -> None:
        self.data = data
        self.fit_intercept = fit_intercept
        self.options: dict[str, Any] = {"tol": tol, "max_iter": max_iter, "max_time": None}
        self.last: tuple[npt.NDArray[np.int_], tuple[FloatArray, float, bool]] | None = None

    def __call__(
        self, support: npt.NDArray[np.int_], start: FloatArray, intercept: float
    ) -> tuple[FloatArray, float, bool]:
        if self.last is None or not np.array_equal(self.last[0], support):
            self.last = support, self._fit(support, start, intercept)
        return self.last[1]

    def _fit(
        self, support: npt.NDArray[np.int_], start: FloatArray, intercept: float
    ) -> tuple[FloatArray, float, bool]:
        if support.size == 0:
            return start, intercept, True
        X = self.data["X"][:, support]
        found = fit_linear(
            sparse.csc_array(X) if sparse.issparse(X) else np.asfortranarray(X),
            self.data["y"],
            self.data["weights"],
            loss=self.data["loss"],
            penalty=penalties.L1(),
            alpha=0.0,
            solver="auto",
            fit_intercept=self.fit_intercept,
            standardize=True,
            offset=self.data["offset"],
            start=(start, intercept),
            **self.options,
        )
        return found.coef, found.intercept, found.report.converged
