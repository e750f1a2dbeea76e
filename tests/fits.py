"""A small problem for every public estimator, and what is needed to compare two fits of it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier, is_clusterer
from sklearn.utils import get_tags
from test_sklearn import public_estimators

ESTIMATORS = {cls.__name__: cls for cls in public_estimators()}
# Fits of a second or more at their defaults, made shorter.
SHORTER: dict[str, dict[str, Any]] = {
    "StabilitySelection": {"n_bootstraps": 5},
    "SparseCoxRegressorCV": {"alphas": 5, "cv": 3},
    "SparseClassifierCV": {"alphas": 5, "cv": 3},
    "SparseRegressorCV": {"alphas": 5, "cv": 3},
    "MultiTaskSparseRegressorCV": {"alphas": 5, "cv": 3},
    "SimplexNMF": {"max_iter": 50},
    "NMF": {"max_iter": 50},
}


def make(name: str) -> Any:
    estimator = ESTIMATORS[name]()
    wanted = {"random_state": 0, **SHORTER.get(name, {})}
    return estimator.set_params(**{k: v for k, v in wanted.items() if k in estimator.get_params()})


def problem(name: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    estimator, rng = ESTIMATORS[name](), np.random.default_rng(seed)
    X = rng.standard_normal((30, 5))
    y = X[:, 0] - X[:, 1] + 0.5 * rng.standard_normal(30)
    tags = get_tags(estimator)
    if tags.input_tags.positive_only:
        X = np.abs(X)
    if is_classifier(estimator) or is_clusterer(estimator):
        y = np.where(y > 0, 1, 0)
    elif tags.target_tags.multi_output and not tags.target_tags.single_output:
        y = np.c_[y, -y + X[:, 2]]
    elif tags.target_tags.positive_only:
        y = np.exp(y)
    return X, y


def floats_of(estimator: Any) -> dict[str, np.ndarray]:
    found = {}
    for name, value in vars(estimator).items():
        if name.endswith("_") and not name.startswith("_"):
            dense = value.toarray() if sparse.issparse(value) else value
            if isinstance(dense, float | np.ndarray) and np.asarray(dense).dtype.kind in "fciub":
                found[name] = np.asarray(dense)
    return found


def state(estimator: Any) -> bytes:
    return pickle.dumps(vars(estimator))


# What is measured in seconds differs between any two fits.
TIMED = {"seconds_", "fit_time_", "mean_fit_time_"}


def assert_same_fit(a: Any, b: Any) -> None:
    first, second = floats_of(a), floats_of(b)
    assert first.keys() == second.keys()
    for name in first.keys() - TIMED:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
