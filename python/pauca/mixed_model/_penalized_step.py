"""The fixed effects' step: least squares on whitened rows, with or without a penalty."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from .._validation import FloatArray
from ..linear_model._fit import fit_linear, resolve_penalty
from ..losses import Quadratic

_TOL = 1e-12


class FixedEffects:
    """Solves ``min_phi ||y - X phi||^2 / 2n + alpha g(phi)`` for whitened X and y, phi = (coefficients, intercept).

    The penalty's weights get a zero for the intercept's column, the last one if there is an intercept.
    """

    def __init__(
        self, penalty: Any, alpha: float | str, n_features: int, fit_intercept: bool, names: Sequence[str] | None
    ) -> None:
        self.alpha = alpha
        self.n_features = n_features
        self.fit_intercept = fit_intercept
        self.penalty = None
        self.own = 1.0
        self.weights = np.ones(n_features)
        if penalty is None:
            self.weights[:] = 0.0
            return
        resolved = resolve_penalty(penalty)
        given = resolved._weights(n_features, names)  # type: ignore[attr-defined]
        self.weights = np.ones(n_features) if given is None else given
        self.own = float(resolved.alpha)
        padded = np.append(self.weights, 0.0) if fit_intercept else self.weights
        self.penalty = clone(resolved, safe=False).set_params(weights=padded)

    def free(self) -> npt.NDArray[np.bool_]:
        """Mask of the unpenalised columns, the intercept's among them."""
        mask = np.asarray(self.weights == 0.0)
        return np.append(mask, np.True_) if self.fit_intercept else mask

    def set_strength(self, alpha: float) -> None:
        """Fix alpha as a number; it is used up in the penalty's own strength."""
        self.alpha = alpha
        if self.penalty is not None:
            self.penalty.set_params(alpha=alpha * self.own)

    def value(self, phi: FloatArray) -> float:
        """alpha g(phi)"""
        return 0.0 if self.penalty is None else float(self.penalty.value(phi))

    def resolve_strength(self, X: FloatArray, y: FloatArray) -> tuple[float, float]:
        """alpha as a number, and alpha_max, both at the null model's whitening."""
        fit = self._fit(X, y, self.alpha, None)
        return fit.alpha, fit.alpha_max

    def solve(self, X: FloatArray, y: FloatArray, start: FloatArray) -> FloatArray:
        """The minimiser; never worse than ``start``."""
        if self.penalty is None:
            return least_squares(X, y)
        phi = np.asarray(self._fit(X, y, 1.0, start).coef)
        return phi if self.objective(X, y, phi) <= self.objective(X, y, start) else start

    def objective(self, X: FloatArray, y: FloatArray, phi: FloatArray) -> float:
        residual = y - X @ phi
        return 0.5 * float(residual @ residual) / y.size + self.value(phi)

    def _fit(self, X: FloatArray, y: FloatArray, alpha: float | str, start: FloatArray | None) -> Any:
        with warnings.catch_warnings():
            # An inner solve that stops at its arithmetic's limit is no news: the outer iteration judges.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return fit_linear(
                X,
                y,
                np.full(y.size, 1.0 / y.size),
                loss=Quadratic(),
                penalty=self.penalty,
                alpha=alpha,
                solver="auto",
                fit_intercept=False,
                standardize=False,
                tol=_TOL,
                max_iter=1000,
                max_time=None,
                start=None if start is None else (start, 0.0),
            )


def least_squares(X: FloatArray, y: FloatArray) -> FloatArray:
    """Least squares by the normal equations with one refinement; minimum norm where X lacks rank."""
    gram = X.T @ X
    inverse = pseudo_inverse(gram)
    phi = inverse @ (X.T @ y)
    return np.asarray(phi + inverse @ (X.T @ (y - X @ phi)))


def pseudo_inverse(gram: FloatArray) -> FloatArray:
    """Inverse of a symmetric positive semi-definite matrix on its range."""
    if gram.size == 0:
        return gram
    values, vectors = np.linalg.eigh(gram)
    keep = values > 1e-13 * values[-1] * gram.shape[0]
    return np.asarray((vectors[:, keep] / values[keep]) @ vectors[:, keep].T)
