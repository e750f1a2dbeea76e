"""Everybody who estimates a graph: data in, weights out."""

import importlib.util
import logging
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pauca.dag import CoLiDE, PathFollowing, sort_and_regress

Fit = Callable[[np.ndarray, bool], np.ndarray]


@dataclass(frozen=True)
class Method:
    """A competitor; slow ones get fewer graphs, and none above their size."""

    fit: Fit
    max_nodes: int = 10_000
    graphs: int = 10
    standardized: bool = True
    package: str = "pauca"


def _pauca(**options: object) -> Fit:
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


def _notears(X: np.ndarray, equal: bool) -> np.ndarray:
    logging.disable(logging.INFO)
    from castle.algorithms import Notears

    model = Notears(lambda1=0.1, w_threshold=0.3)
    model.learn(X - X.mean(axis=0))
    return np.asarray(model.causal_matrix, dtype=float)  # the other matrix is before its threshold


def _directed(graph: object) -> np.ndarray:
    """Directed edges once, undirected ones in both directions."""
    ends = np.asarray(graph.graph)  # type: ignore[attr-defined]
    return (((ends.T == 1) & (ends == -1)) | ((ends == -1) & (ends.T == -1))).astype(float)


def _boss(X: np.ndarray, equal: bool) -> np.ndarray:
    from causallearn.search.PermutationBased.BOSS import boss

    random.seed(0)
    return _directed(boss(X, "local_score_BIC_from_cov", {"lambda_value": 2.0}, verbose=False))


def _grasp(X: np.ndarray, equal: bool) -> np.ndarray:
    from causallearn.search.PermutationBased.GRaSP import grasp

    random.seed(0)
    return _directed(grasp(X, "local_score_BIC_from_cov", parameters={"lambda_value": 2.0}, verbose=False))


ALL = {
    "pauca auto": Method(_pauca()),
    "pauca CoLiDE score": Method(_pauca(criterion="colide"), max_nodes=50),
    "pauca top-down": Method(_pauca(solver="topdown")),
    "sort-and-regress": Method(lambda X, _: sort_and_regress(X)),
    "R2-sort-and-regress": Method(lambda X, _: sort_and_regress(X, by="r2")),
    "published optimiser (port)": Method(published, max_nodes=50, graphs=3),
    "dagma": Method(_dagma, max_nodes=50, graphs=2, package="dagma"),
    "gcastle NOTEARS": Method(_notears, max_nodes=20, graphs=1, standardized=False, package="castle"),
    "causal-learn BOSS": Method(_boss, max_nodes=20, graphs=3, package="causallearn"),
    "causal-learn GRaSP": Method(_grasp, max_nodes=20, graphs=3, package="causallearn"),
}
CUT = 0.3
CUT_NAME = f"pauca auto, cut at {CUT}"
COLOURED = [CUT_NAME, *ALL]


DISTRIBUTIONS = {"dagma": "dagma", "castle": "gcastle", "causallearn": "causal-learn"}


def absent() -> dict[str, str]:
    """Competitors whose package is not installed, and its name."""
    return {k: DISTRIBUTIONS[m.package] for k, m in ALL.items() if not importlib.util.find_spec(m.package)}


def methods(d: int) -> dict[str, Method]:
    return {k: m for k, m in ALL.items() if d <= m.max_nodes and importlib.util.find_spec(m.package)}
