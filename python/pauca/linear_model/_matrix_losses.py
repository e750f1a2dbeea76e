"""Losses of several linear predictors at once, by the names the block solver has for them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax

from .._validation import FloatArray
from .._values import ValueObject


class MatrixLoss(ValueObject):
    """A loss of an (n_samples, n_outputs) linear predictor: not for users."""

    core_name: ClassVar[str]

    def value(self, y: FloatArray, eta: FloatArray, sample_weight: FloatArray | None = None) -> float:
        """Weighted mean of the loss."""
        each = self._each(np.asarray(y), np.asarray(eta))
        return float(np.average(each, weights=sample_weight))

    def _each(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        raise NotImplementedError

    def _inverse_link(self, eta: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        """The prediction for linear predictors whose outputs are along axis 1."""
        return eta


class MultiTaskLoss(MatrixLoss):
    """sum_t (eta_t - y_t)^2 / 2"""

    core_name: ClassVar[str] = "multitask"

    def _each(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.asarray(0.5 * ((eta - y) ** 2).sum(axis=1))


class MultinomialLoss(MatrixLoss):
    """-log softmax(eta)_y for class numbers y"""

    core_name: ClassVar[str] = "multinomial"

    def _each(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.asarray(-log_softmax(eta, axis=1)[np.arange(len(y)), y.astype(int)])

    def _inverse_link(self, eta: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        return np.asarray(softmax(eta, axis=1))
