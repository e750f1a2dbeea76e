"""Sparse linear models."""

from ._classifier import SparseClassifier
from ._cox import BaselineHazard, SparseCoxRegressor
from ._cox_cv import SparseCoxRegressorCV
from ._cv import SparseClassifierCV, SparseRegressorCV
from ._multitask import MultiTaskSparseRegressor
from ._path import RegularizationPath, path
from ._regressor import SparseRegressor

__all__ = [
    "BaselineHazard",
    "MultiTaskSparseRegressor",
    "RegularizationPath",
    "SparseClassifier",
    "SparseClassifierCV",
    "SparseCoxRegressor",
    "SparseCoxRegressorCV",
    "SparseRegressor",
    "SparseRegressorCV",
    "path",
]
