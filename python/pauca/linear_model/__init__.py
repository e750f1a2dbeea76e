"""Sparse linear models."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# Imported on first use: a first fit in a new process should not wait for the rest of the family.
_ROOMS = {
    "_classifier": ("SparseClassifier",),
    "_cox": ("BaselineHazard", "SparseCoxRegressor"),
    "_cox_cv": ("SparseCoxRegressorCV",),
    "_cv": ("SparseClassifierCV", "SparseRegressorCV"),
    "_multitask": ("MultiTaskSparseRegressor",),
    "_multitask_cv": ("MultiTaskSparseRegressorCV",),
    "_path": ("path",),
    "_paths": ("paths",),
    "_regressor": ("SparseRegressor",),
    "_regularization_path": ("RegularizationPath",),
    "_relaxed": ("relaxed_path",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{room}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
