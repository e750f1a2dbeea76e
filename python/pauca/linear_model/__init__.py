"""Sparse linear models."""

from ._classifier import SparseClassifier
from ._multitask import MultiTaskSparseRegressor
from ._regressor import SparseRegressor

__all__ = ["MultiTaskSparseRegressor", "SparseClassifier", "SparseRegressor"]
