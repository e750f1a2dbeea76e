"""What sparse regressors and classifiers share: parameters, fitting, attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from .._monitor import watch
from .._report import warn_unless_converged
from .._sklearn_compat import CallbackSupportMixin, Interval, StrOptions
from .._validation import FloatArray, check_vector, validate_matrix
from .._warnings import warn_user
from ..losses import Loss
from ..penalties import Penalty
from ..solvers import GreedyBCD, ProximalSolver
from ._fit import PENALTY_NAMES, LinearFit, fit_linear


def linear_predictor(X: Any, coef: npt.NDArray[Any], intercept: Any) -> npt.NDArray[np.floating[Any]]:
    """``X @ coef + intercept`` in the precision of X, which saves a copy of it; in double where that overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        eta = np.asarray(X @ coef.astype(X.dtype, copy=False) + np.asarray(intercept).astype(X.dtype))
    if X.dtype == np.float64 or np.isfinite(eta).all():
        return eta
    return np.asarray(X @ coef + intercept)


class SparseLinearModel(CallbackSupportMixin, BaseEstimator):
    """Base class: not for users."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "penalty": [StrOptions(set(PENALTY_NAMES)), Penalty],
        "alpha": [Interval(Real, 0, None, closed="left"), str],
        "solver": [StrOptions({"auto"}), GreedyBCD, ProximalSolver],
        "fit_intercept": ["boolean"],
        "standardize": ["boolean", None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    # What the names of a parameter stand for.
    _by_name: ClassVar[dict[str, Mapping[str, Callable[[], Any]]]] = {
        "penalty": PENALTY_NAMES,
        "solver": {"auto": GreedyBCD},
    }

    penalty: Any
    alpha: float | str
    solver: Any
    fit_intercept: bool
    standardize: bool | None
    tol: float
    max_iter: int
    max_time: float | None
    warm_start: bool
    verbose: int
    coef_: npt.NDArray[np.floating[Any]]
    intercept_: Any
    n_features_in_: int

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``penalty__gamma=3`` works for a penalty given by name too.

        Parameters
        ----------
        **params : dict
            Parameters by name, those of a penalty, loss or solver as ``penalty__gamma``.

        Returns
        -------
        self : estimator
            The estimator.

        Examples
        --------
        >>> from pauca.linear_model import SparseRegressor
        >>> SparseRegressor(penalty="mcp").set_params(penalty__gamma=4.0).penalty
        MCP(gamma=4.0)
        """
        for name, known in self._by_name.items():
            value = params.get(name, getattr(self, name))
            if isinstance(value, str) and value in known and any(key.startswith(f"{name}__") for key in params):
                params[name] = known[value]()
        super().set_params(**params)
        return self

    def _start(self) -> tuple[FloatArray, float] | None:
        """Coefficients of the last fit, if the fit is to start from them."""
        if not (self.warm_start and hasattr(self, "coef_")):
            return None
        coef = np.ravel(self.coef_).astype(np.float64)
        if coef.size != self.n_features_in_:
            return None
        return coef, float(np.ravel(self.intercept_)[0])

    def _solve(
        self,
        X: Any,
        target: FloatArray,
        weights: FloatArray,
        offset: FloatArray | None,
        loss: Loss,
        y: Any,
        variance: FloatArray | None = None,
    ) -> LinearFit:
        with watch(self, X, y) as callback:
            fit = fit_linear(
                X,
                target,
                weights,
                loss=loss,
                penalty=self.penalty,
                alpha=self.alpha,
                solver=self.solver,
                fit_intercept=self.fit_intercept and variance is None,
                variance=variance,
                standardize=self.standardize,
                tol=self.tol,
                max_iter=self.max_iter,
                max_time=self.max_time,
                offset=offset,
                start=self._start(),
                feature_names=getattr(self, "feature_names_in_", None),
                callback=callback,
            )
        return fit

    def _keep(self, fit: LinearFit) -> None:
        """Set the attributes that describe the fit, and warn of what the user should know."""
        self.alpha_ = fit.alpha
        self.alpha_max_ = fit.alpha_max
        self.dual_gap_ = fit.dual_gap
        self.kkt_violation_ = fit.kkt_violation
        self.objective_path_ = fit.objective_path
        self.solver_report_ = fit.report
        self.n_iter_ = fit.report.n_iter
        self.support_identified_at_ = fit.support_identified_at
        warn_unless_converged(fit.report, self, "the duality gap" if np.isfinite(fit.dual_gap) else "the KKT violation")
        if fit.jumps:
            warn_user(fit.jumps)
        if not fit.coef.any() and 0.0 < fit.alpha_max <= fit.alpha:
            warn_user(
                f"All coefficients are zero: alpha={fit.alpha:.4g} is at least alpha_max_={fit.alpha_max:.4g}. "
                "Choose a smaller alpha, for example alpha='0.1max'.",
            )

    def _warn_of_no_optimum(self, because: str) -> None:
        warn_user(
            f"{type(self).__name__}: {because}, so that without a penalty no finite coefficients are best: those "
            f"found, up to {np.abs(self.coef_).max():.3g}, are as large as tol={self.tol:g} asks for. "
            "Choose alpha > 0.",
            ConvergenceWarning,
        )

    def _predictor(self, X: Any, offset: npt.ArrayLike | None = None) -> npt.NDArray[np.floating[Any]]:
        """Linear predictors of new data; with a row of coefficients for each target or class, a column for each."""
        check_is_fitted(self)
        X = validate_matrix(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        eta = linear_predictor(X, self.coef_.T, self.intercept_)
        return eta if offset is None else eta + check_vector("offset", offset, X.shape[0])

    @property
    def sparse_coef_(self) -> sparse.csr_array:
        """Coefficients as a sparse array of shape (1, n_features).

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.linear_model import SparseRegressor
        >>> X = np.random.default_rng(0).normal(size=(20, 5))
        >>> coef = SparseRegressor(alpha="0.5max").fit(X, X[:, 3]).sparse_coef_
        >>> coef.shape, coef.indices.tolist()
        ((1, 5), [3])
        """
        return sparse.csr_array(np.atleast_2d(self.coef_))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
