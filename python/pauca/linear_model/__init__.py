"""Sparse linear models."""

from ._classifier import SparseClassifier
from ._cv import SparseClassifierCV, SparseRegressorCV
from ._multitask import MultiTaskSparseRegressor
from ._path import RegularizationPath, path
from ._regressor import SparseRegressor

__all__ = [
    "MultiTaskSparseRegressor",
    "RegularizationPath",
    "SparseClassifier",
    "SparseClassifierCV",
    "SparseRegressor",
    "SparseRegressorCV",
    "path",
]
