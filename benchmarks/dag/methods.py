"""Everybody who estimates a graph: data in, weights out."""

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np

from pauca.dag import CoLiDE, PathFollowing, sort_and_regress

Method = Callable[[np.ndarray, bool], np.ndarray]


def _pauca(**options: object) -> Method:
    def fit(X: np.ndarray, equal: bool) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return CoLiDE("equal" if equal else "unequal", **options).fit(X).adjacency_

    return fit


def published(X: np.ndarray, equal: bool) -> np.ndarray:
    """pauca's port of the published optimiser, post-processed as published."""
    schedule = PathFollowing(mask_diagonal=False, noise_bound=0.0)
    return _pauca(criterion="colide", solver=schedule, threshold=0.3, repair="threshold", refit=False)(X, equal)


def _dagma(X: np.ndarray, equal: bool) -> np.ndarray:
    from dagma.linear import DagmaLinear

    return np.asarray(DagmaLinear(loss_type="l2").fit(X - X.mean(axis=0), lambda1=0.05, w_threshold=0.3))


def _boss(X: np.ndarray, equal: bool) -> np.ndarray:
    from causallearn.search.PermutationBased.BOSS import boss

    ends = np.asarray(boss(X, "local_score_BIC_from_cov", {"lambda_value": 2.0}, verbose=False).graph)
    return ((ends.T == 1) & (ends == -1)).astype(float)


def methods(d: int, slow: bool) -> dict[str, Method]:
    found: dict[str, Method] = {
        "pauca auto": _pauca(),
        "pauca auto, |W| > 0.3": _pauca(threshold=0.3),
        "pauca top-down": _pauca(solver="topdown"),
        "sort-and-regress": lambda X, _: sort_and_regress(X),
        "R2-sort-and-regress": lambda X, _: sort_and_regress(X, by="r2"),
    }
    if d <= 50:
        found["pauca CoLiDE score"] = _pauca(criterion="colide")
        if slow:
            found["published optimiser"] = published
    if slow and d <= 50 and importlib.util.find_spec("dagma"):
        found["dagma"] = _dagma
    if slow and d <= 20 and importlib.util.find_spec("causallearn"):
        found["causal-learn BOSS"] = _boss
    return found
