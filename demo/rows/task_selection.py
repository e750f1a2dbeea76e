"""A digit with a missing patch, sixty labels, and 79 other tasks to sample, beside ridge regression on the sixty."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score

from pauca.datasets import make_corrupted_digits
from pauca.multitask import TaskSelector
from pauca.plotting import TaskAllocationDisplay

from ..row import Row, timed

CORRUPTIONS = ["occlusion", "identity", "noise", "stripe", "mirror", "upside down", "quarter turn", "shuffled"]


def select() -> tuple[Any, Any, Any, float]:
    data = make_corrupted_digits("occlusion 3", corruptions=CORRUPTIONS, random_state=0)
    target = data.target(60, random_state=0)
    selector = TaskSelector(n_components=10, budget=16000, ridge=1e-2, random_state=0)
    model, seconds = timed(lambda: selector.fit(data.sources, target))
    return data, target, model, seconds


def corrupted_digits() -> Row:
    data, target, model, seconds = select()
    X, y = data.target_test(8000)
    peer = RidgeCV(np.logspace(-3, 4, 29)).fit(*target)
    return Row(
        estimator="TaskSelector",
        data=f"digits, {len(data.sources)} source tasks, 60 target samples",
        measure="R2, new images",
        score=model.score(X, y),
        peer="sklearn RidgeCV, target alone",
        peer_score=float(r2_score(y, peer.predict(X))),
        nonzeros=f"{model.selected_.size} of {len(data.sources)} tasks",
        seconds=seconds,
        certificate=f"budget {model.cost_:.0f} spent",
    )


def rows() -> list[Callable[[], Row]]:
    return [corrupted_digits]


def pictures(folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    _, _, model, _ = select()
    figure, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
    TaskAllocationDisplay.from_estimator(model, ax=ax)
    path = folder / "task_selection.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return [path]
