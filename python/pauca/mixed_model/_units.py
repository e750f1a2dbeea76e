"""The user's units and those of the fit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray


class Units:
    """From the centred and scaled columns and target of the fit back to the user's."""

    def __init__(self, center: FloatArray, scale: FloatArray, fit_intercept: bool, shift: float, unit_y: float) -> None:
        self.center, self.scale, self.fit_intercept = center, scale, fit_intercept
        self.shift, self.unit_y = shift, unit_y

    def coefficients(self, beta: FloatArray) -> tuple[FloatArray, float]:
        coef = self.unit_y * beta[: self.scale.size] / self.scale
        return coef, float(self.shift + self.unit_y * beta[-1] - self.center @ coef) if self.fit_intercept else 0.0

    def errors(
        self, columns: npt.NDArray[np.intp], covariance: FloatArray, shown: npt.NDArray[np.bool_]
    ) -> tuple[FloatArray, float, FloatArray]:
        """From the covariance of some entries of the fit: standard errors of the shown ones, and the covariance."""
        back = np.diag(np.append(1.0 / self.scale, 1.0)[columns])
        if self.fit_intercept:  # the last column
            back[-1, :-1] = -(self.center / self.scale)[columns[:-1]]
        covariance = self.unit_y**2 * (back @ covariance @ back.T)
        known = np.full(self.scale.size + 1, np.nan)
        known[columns] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        errors = np.where(shown[: self.scale.size], known[:-1], np.nan)
        return errors, float(known[-1]), covariance
