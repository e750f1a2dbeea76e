"""Sparse linear models."""

from ._classifier import SparseClassifier
from ._cox import BaselineHazard, SparseCoxRegressor
from ._cox_cv import SparseCoxRegressorCV
from ._cv import SparseClassifierCV, SparseRegressorCV
from ._multitask import MultiTaskSparseRegressor
from ._multitask_cv import MultiTaskSparseRegressorCV
from ._path import path
from ._paths import paths
from ._regressor import SparseRegressor
from ._regularization_path import RegularizationPath
from ._relaxed import relaxed_path

__all__ = [
    "BaselineHazard",
    "MultiTaskSparseRegressor",
    "MultiTaskSparseRegressorCV",
    "RegularizationPath",
    "SparseClassifier",
    "SparseClassifierCV",
    "SparseCoxRegressor",
    "SparseCoxRegressorCV",
    "SparseRegressor",
    "SparseRegressorCV",
    "path",
    "paths",
    "relaxed_path",
]
