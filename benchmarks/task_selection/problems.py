"""Selections to compare, on synthetic tasks with truth and on corrupted digits."""

from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV

from pauca.datasets import make_corrupted_digits, make_multitask
from pauca.multitask import RelevanceLasso, TaskSelector

K, N_TARGET = 5, 100

# kind of sources, budgets
SYNTHETIC = {"skew": (2500, 5000, 10000), "single": (2500, 5000), "generic": (2500, 10000)}

METHODS: dict[str, dict[str, Any]] = {
    "uniform": {"n_epochs": 1},
    "nu2": {"norm": "l2"},
    "nu1": {"norm": "l1"},
    "hybrid": {"norm": "hybrid"},
    "nu1, explore .2": {"norm": "l1", "explore": 0.2},
    "hybrid, target not in basis": {"norm": "hybrid", "target_in_basis": False},
    "uniform, target not in basis": {"n_epochs": 1, "target_in_basis": False},
}


def known(data: Any, norm: str) -> Any:
    return RelevanceLasso(norm=norm).fit(data.task_coef, data.target_coef).relevance_


def synthetic(kind: str, seed: int) -> tuple[Any, Any]:
    data = make_multitask(kind=kind, random_state=seed)
    return data, data.target(N_TARGET, 10_000 + seed)


def select(data: Any, target: Any, budget: int, seed: int, **parameters: Any) -> TaskSelector:
    return TaskSelector(K, budget, random_state=seed, **parameters).fit(data.sources, target)


def oracle(data: Any, target: Any, budget: int, seed: int, name: str) -> TaskSelector:
    nu, norm = (known(data, "bp"), "l1") if name == "known nu1" else (known(data, "l2"), "l2")
    return select(data, target, budget, seed, relevance=nu, norm=norm)


def target_alone(data: Any, target: Any) -> float:
    """Risk of ridge regression on the target's own samples."""
    return data.risk(RidgeCV(np.logspace(-2, 3, 21)).fit(*target).coef_)


# target, corruptions of the sources
DIGITS = [
    ("occlusion 3", ["occlusion", "identity", "noise", "stripe", "mirror", "upside down", "quarter turn", "shuffled"]),
    ("occlusion 3", None),
    ("noise 8", None),
]


def digits(seed: int, name: str, corruptions: list[str] | None) -> tuple[Any, Any, Any, float, float]:
    """Problem, target samples, test samples, the test error of the best linear model, that of the target alone."""
    data = make_corrupted_digits(name, corruptions=corruptions, random_state=seed)
    target, test = data.target(60, seed), data.target_test(8000, seed)
    strengths = np.logspace(-3, 4, 29)
    best = RidgeCV(strengths).fit(*data.target(20000, 10_000 + seed))
    own = RidgeCV(strengths).fit(*target)
    return data, target, test, *(float(np.mean((m.predict(test[0]) - test[1]) ** 2)) for m in (best, own))
