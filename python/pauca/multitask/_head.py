"""A task fitted on a given representation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.metrics import r2_score

from .._sklearn_compat import check_array
from .._validation import FloatArray, check_vector


def mean_response(eta: FloatArray, loss: str) -> FloatArray:
    """What a linear predictor predicts: itself, or the probability of a one."""
    return np.asarray(expit(eta)) if loss == "logistic" else eta


def explained(y: npt.ArrayLike, predicted: FloatArray, sample_weight: npt.ArrayLike | None, loss: str) -> float:
    """R2, or the share of the deviance explained for binary targets."""
    weights = None if sample_weight is None else check_vector("sample_weight", sample_weight, predicted.size)
    y = check_vector("y", y, predicted.size)
    if loss == "squared":
        return float(r2_score(y, predicted, sample_weight=weights))
    s = np.ones_like(y) if weights is None else weights

    def deviance(p: Any) -> float:
        p = np.clip(p, 1e-15, 1.0 - 1e-15)
        return float(-(s @ (y * np.log(p) + (1.0 - y) * np.log(1.0 - p))))

    null = deviance(np.full_like(y, s @ y / s.sum()))
    return 1.0 - deviance(predicted) / null if null > 0.0 else 0.0


class OneTask:
    """What linear models of one task share."""

    coef_: FloatArray
    intercept_: float
    loss: str

    def predict(self, X: Any) -> FloatArray:
        """Predict the target; the probability of a one with the logistic loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predictions.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.multitask import TaskHead
        >>> TaskHead(np.array([1.0, 2.0]), 0.5, np.array([1.0])).predict([[0.0, 0.0], [1.0, 3.0]])
        array([0.5, 7.5])
        """
        return mean_response(np.asarray(self._checked(X) @ self.coef_ + self.intercept_), self.loss)

    def _checked(self, X: Any) -> FloatArray:
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != len(self.coef_):
            raise ValueError(f"X: got {X.shape[1]} features, expected {len(self.coef_)}")
        return X  # type: ignore[no-any-return]

    def score(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """R2; for the logistic loss the share of the deviance explained.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            At most 1.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.multitask import TaskHead
        >>> head = TaskHead(np.array([1.0]), 0.0, np.array([1.0]))
        >>> round(head.score([[1.0], [2.0], [3.0]], [1.0, 2.0, 6.0]), 4)
        0.3571
        """
        return explained(y, self.predict(X), sample_weight, self.loss)


@dataclass(frozen=True)
class TaskHead(OneTask):
    """A linear model of one task on a shared representation.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients of the features.
    intercept_ : float
        Intercept.
    task_coef_ : ndarray of shape (n_components,)
        Coefficients of the representation.
    loss : {"squared", "logistic"}
        Loss it was fitted with.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.multitask import TaskHead
    >>> head = TaskHead(np.array([1.0, 2.0]), 0.5, np.array([1.0]))
    >>> head.predict([[1.0, 1.0]])
    array([3.5])
    """

    coef_: FloatArray
    intercept_: float
    task_coef_: FloatArray
    loss: str = "squared"
