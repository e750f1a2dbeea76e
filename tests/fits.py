"""A small problem for every public estimator, and what is needed to compare two fits of it."""

from __future__ import annotations

import functools
import importlib
import inspect
import pickle
import sys
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, is_classifier, is_clusterer
from sklearn.utils import get_tags
from task_data import small

import pauca
from pauca.channel import IRSChannelEstimator, simulate_irs_mimo
from pauca.multitask import TaskSelector

# Estimators whose input is no table have contract tests of their own, in their family's test file.
NO_TABLE = {"IRSChannelEstimator", "TaskSelector"}


def public_estimators() -> list[type[BaseEstimator]]:
    found = {}
    for name in pauca._SUBMODULES:
        module = importlib.import_module(f"pauca.{name}")
        for public in module.__all__:
            item = getattr(module, public)
            if inspect.isclass(item) and issubclass(item, BaseEstimator) and hasattr(item, "fit"):
                found[public] = item
    return [found[k] for k in sorted(found) if k not in NO_TABLE]


TABULAR = {cls.__name__: cls for cls in public_estimators()}
ESTIMATORS = {**TABULAR, **{cls.__name__: cls for cls in (IRSChannelEstimator, TaskSelector)}}
assert ESTIMATORS.keys() - TABULAR.keys() == NO_TABLE
# Fits of a second or more at their defaults, made shorter.
SHORTER: dict[str, dict[str, Any]] = {
    "StabilitySelection": {"n_pairs": 5},
    "SparseCoxRegressorCV": {"alphas": 5, "cv": 3},
    "SparseClassifierCV": {"alphas": 5, "cv": 3},
    "SparseRegressorCV": {"alphas": 5, "cv": 3},
    "MultiTaskSparseRegressorCV": {"alphas": 5, "cv": 3},
    "SimplexNMF": {"max_iter": 50},
    "NMF": {"max_iter": 50},
    "TaskSelector": {"n_components": 3, "budget": 300, "n_epochs": 2},
}
# What a fit that fails may leave: the samples that a selection had drawn.
KEPT = {"_session"}


@functools.cache
def _link(seed: int) -> Any:
    return simulate_irs_mimo(4, 8, 2, n_patterns=6, n_pilots=3, n_grid=8, random_state=seed)


def make(name: str) -> Any:
    estimator = ESTIMATORS[name]()
    wanted = {"random_state": 0, **SHORTER.get(name, {})}
    if name == "IRSChannelEstimator":
        wanted |= {"patterns": _link(0).patterns, "pilots": _link(0).pilots, "axes": _link(0).axes}
    return estimator.set_params(**{k: v for k, v in wanted.items() if k in estimator.get_params()})


def problem(name: str, seed: int = 0) -> tuple[Any, Any]:
    """The positional arguments of fit."""
    if name == "IRSChannelEstimator":
        return _link(0).received * (1.0 + seed), None
    if name == "TaskSelector":
        data = small(seed=seed)
        return data.sources, data.target(40)
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
    return pickle.dumps({name: value for name, value in vars(estimator).items() if name not in KEPT})


# What is measured in seconds differs between any two fits.
TIMED = {"seconds_", "fit_time_", "mean_fit_time_"}


def assert_same_fit(a: Any, b: Any) -> None:
    first, second = floats_of(a), floats_of(b)
    assert first.keys() == second.keys()
    for name in first.keys() - TIMED:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


class Interrupter:
    """Raises KeyboardInterrupt at the k-th function call of a fit.

    Python swallows it in a destructor or a generator that is closed, and reports it as unraisable; the fit goes on.
    """

    def __init__(self, at):
        self.at, self.seen = at, 0

    def __call__(self, frame, event, argument):
        if event != "call" or frame.f_code is Interrupter.__exit__.__code__:  # the fit is over then
            return
        self.seen += 1
        if self.seen == self.at:
            sys.setprofile(None)
            raise KeyboardInterrupt

    def __enter__(self):
        self.report = sys.unraisablehook
        sys.unraisablehook = self.unraisable
        sys.setprofile(self)
        return self

    def __exit__(self, *_):
        sys.setprofile(None)
        sys.unraisablehook = self.report

    def unraisable(self, swallowed):
        if swallowed.exc_type is not KeyboardInterrupt:
            self.report(swallowed)


def count_calls(fit):
    with Interrupter(0) as counter:
        fit()
    return counter.seen


def interrupted(fit, at):
    try:
        with Interrupter(at):
            fit()
    except KeyboardInterrupt:
        return True
    return False
