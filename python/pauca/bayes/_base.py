"""What the estimators for real or complex linear models share: validation, prediction, score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._magnitude import check_squares
from .._sklearn_compat import CallbackSupportMixin, validate_data
from ._operator import Array, as_double, as_inexact, check_factors
from ._scores import nmse_db

LOST = (
    "contains NaN or infinity, expected finite numbers. Lost samples break the Kronecker structure: drop the whole "
    "slice from the data together with its row of the factor"
)


@dataclass
class Problem:
    """One linear model, ready for a solver.

    ``factors`` in double precision, ``data`` of shape (n_snapshots, m_1, ..., m_I); ``dense`` if it came as (X, y),
    ``single`` if the caller gave one snapshot without an axis for snapshots.
    """

    factors: tuple[Array, ...]
    data: Array
    dense: bool
    single: bool
    dtype: np.dtype[Any]


def snapshots(name: str, value: Any, modes: tuple[int, ...]) -> tuple[Array, bool]:
    """Data of shape (n_snapshots, *modes), or *modes for one snapshot; whether the axis was missing."""
    Y = as_inexact(name, value)
    single = Y.shape == modes
    if single:
        Y = Y[None]
    if Y.ndim != len(modes) + 1 or Y.shape[1:] != modes or len(Y) == 0:
        expected = ", ".join(map(str, modes))
        raise ValueError(f"{name}: got shape {np.shape(value)}, expected (n_snapshots, {expected}) or ({expected},)")
    if not np.isfinite(Y).all():
        raise ValueError(f"{name}: {LOST}")
    return Y, single


class ComplexLinearModel(CallbackSupportMixin, RegressorMixin, BaseEstimator):
    """Base class: not for users."""

    factors: Any
    coef_: Array

    def _problem(self, X: Any, y: Any) -> Problem:
        factors = None if self.factors is None else check_factors(self.factors)
        if factors is None:
            return self._dense_problem(X, y)
        modes = tuple(f.shape[0] for f in factors)
        Y, single = snapshots("X", X, modes)
        self.n_features_in_ = int(np.prod(modes))
        dtype = np.result_type(Y, *factors)
        return Problem(tuple(map(as_double, factors)), as_double(Y), False, single, dtype)

    def _dense_problem(self, X: Any, y: Any) -> Problem:
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None: give y, or factors=(H1, ..., HI)")
        X, y = self._dense_data(X, y)
        check_squares("X", X)
        check_squares("y", y)
        dtype = np.result_type(X, y)
        single = y.ndim == 1
        data = y[None] if single else y.T
        return Problem((as_double(X),), as_double(data), True, single, dtype)

    def _dense_data(self, X: Any, y: Any) -> tuple[Array, Array]:
        """Scikit-learn's validation where the data are real; its checks by hand where they are complex."""
        if np.asarray(X).dtype.kind != "c" and np.asarray(y).dtype.kind != "c":
            X, y = validate_data(
                self, X, y, dtype=[np.float64, np.float32], y_numeric=True, multi_output=True, ensure_min_samples=1
            )
            return np.asarray(X), as_inexact("y", y)
        names = X
        X, y = self._complex_matrix(X), as_inexact("y", y)
        if y.ndim not in (1, 2) or not np.isfinite(y).all():
            raise ValueError(f"y: got shape {y.shape}, expected finite numbers of shape (n,) or (n, n_snapshots)")
        check_consistent_length(X, y)
        validate_data(self, names, skip_check_array=True)
        return X, y

    @staticmethod
    def _complex_matrix(value: Any) -> Array:
        X = as_inexact("X", value)
        if X.ndim != 2 or not np.isfinite(X).all() or 0 in X.shape:
            raise ValueError(f"X: got shape {X.shape}, expected a matrix of finite numbers")
        return X

    def _estimate(self, Y: Array) -> Array:
        """Coefficients of new snapshots (n_snapshots, m_1, ..., m_I) under what was learned."""
        raise NotImplementedError

    def predict(self, X: Any) -> Array:
        """Predict.

        Parameters
        ----------
        X : array-like
            With ``factors=None`` a matrix of shape (n_samples, n_features): the prediction is ``X @ coef_.T``. With
            factors, received snapshots of shape (n_snapshots, m_1, ..., m_I): the prediction is their coefficients
            under what was learned from the training snapshots.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_targets) or (n_snapshots, n_1, ..., n_I)

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import OMP
        >>> OMP(n_nonzero_coefs=1).fit(np.eye(3), [0.0, 5.0, 0.1]).predict([[1.0, 2.0, 3.0]]).round(6)
        array([10.])
        """
        check_is_fitted(self)
        if self.factors is None:
            if np.asarray(X).dtype.kind == "c":
                matrix = self._complex_matrix(X)
                validate_data(self, X, reset=False, skip_check_array=True)
                if matrix.shape[1] != self.n_features_in_:
                    raise ValueError(f"X has {matrix.shape[1]} features, but {self.n_features_in_} were seen in fit")
            else:
                matrix = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
            return np.asarray(matrix @ self.coef_.T)
        Y, single = snapshots("X", X, tuple(f.shape[0] for f in check_factors(self.factors)))
        coef = self._estimate(Y)
        return coef[0] if single else coef

    def score(self, X: Any, y: npt.ArrayLike | None = None) -> float:
        """Minus the normalised mean squared error in dB, ``-10 log10(||error||^2 / ||truth||^2)``: larger is better.

        Parameters
        ----------
        X : array-like
            As for ``predict``.
        y : array-like, default=None
            What ``predict(X)`` should give: the target of a dense model, the true coefficients of a structured one.
            None, with factors only: each received sample is compared with its prediction from all the other samples.

        Returns
        -------
        float

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import OMP
        >>> model = OMP(n_nonzero_coefs=1).fit(np.eye(2), [10.0, 1.0])
        >>> round(model.score(np.eye(2), [10.0, 1.0]), 1)  # the error is 1 in 101
        20.0
        """
        check_is_fitted(self)
        if y is not None:
            return nmse_db(y, self.predict(X))
        if self.factors is None:
            raise ValueError("score: y is missing")
        Y, _ = snapshots("X", X, tuple(f.shape[0] for f in check_factors(self.factors)))
        return nmse_db(Y, self._cross_prediction(Y))

    def _cross_prediction(self, Y: Array) -> Array:
        raise ValueError(f"score: {type(self).__name__} needs y, the true coefficients")

    def _keep_coef(self, coef: Array, problem: Problem) -> None:
        coef = np.asarray(coef.astype(problem.dtype, copy=False))
        self.coef_ = coef[0] if problem.single else coef

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.required = self.factors is None
        return tags
