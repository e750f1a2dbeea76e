"""Sparse linear models."""

from ._classifier import SparseClassifier
from ._regressor import SparseRegressor

__all__ = ["SparseClassifier", "SparseRegressor"]
