"""Causal graphs: one with truth beside sort-and-regress and top-down, one of real data without truth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from pauca.dag import CoLiDE, sort_and_regress
from pauca.datasets import make_linear_dag
from pauca.metrics import structural_hamming_distance

from ..row import Row, timed


def certificate(model: CoLiDE) -> str:
    """The order proves that there is no cycle."""
    A = model.adjacency_[np.ix_(model.order_, model.order_)]
    return "acyclic by its order" if not np.tril(A).any() else "cyclic"


def simulated(variance: str) -> Callable[[], Row]:
    def fit() -> Row:
        data = make_linear_dag(1000, 50, variance=variance, random_state=0)
        model, seconds = timed(lambda: CoLiDE(variance, threshold=0.3).fit(data.X))
        return Row(
            estimator=f"CoLiDE {variance} variances",
            data=f"ER4 graph, {int((data.adjacency != 0).sum())} edges (1000 x 50)",
            measure="SHD, less is better",
            score=structural_hamming_distance(data.adjacency, model.adjacency_),
            peer="sort-and-regress",
            peer_score=structural_hamming_distance(data.adjacency, sort_and_regress(data.X)),
            nonzeros=f"{np.count_nonzero(model.adjacency_)} of {50 * 49 // 2}",
            seconds=seconds,
            certificate=certificate(model),
        )

    fit.__name__ = f"graph_{variance}"
    return fit


def patients(n_resamples: int = 0) -> tuple[CoLiDE, np.ndarray]:
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    train, test = train_test_split(X.assign(outcome=y), random_state=0)
    tiers = [["age", "sex"], ["bmi", "bp", "s[1-6]"], ["outcome"]]
    model = CoLiDE(tiers=tiers, exclude=[("age", "sex"), ("sex", "age")], n_resamples=n_resamples)
    return model.set_params(random_state=0), (train, test)


def diabetes() -> Row:
    model, (train, test) = patients()
    model, seconds = timed(lambda: model.fit(train))
    empty = CoLiDE(exclude=[("*", "*")]).fit(train)
    return Row(
        estimator="CoLiDE with tiers",
        data=f"diabetes, no truth known ({train.shape[0]} x {train.shape[1]})",
        measure="log-likelihood, held out",
        score=model.score(test),
        peer="independent columns",
        peer_score=empty.score(test),
        nonzeros=f"{np.count_nonzero(model.adjacency_)} of {train.shape[1] * (train.shape[1] - 1) // 2}",
        seconds=seconds,
        certificate=certificate(model),
    )


def rows() -> list[Callable[[], Row]]:
    return [simulated("equal"), simulated("unequal"), diabetes]


def pictures(folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    from pauca.plotting import EdgeConfidenceDisplay, GraphDisplay

    model, (train, _) = patients(n_resamples=50)
    model.fit(train / train.std())  # the same graph, weights free of units
    figure, axes = plt.subplots(1, 2, figsize=(15, 6.5), layout="constrained", width_ratios=[1.7, 1])
    GraphDisplay.from_estimator(model, ax=axes[0])
    axes[0].set_title("diabetes: graph with bootstrap edge confidence (no truth is known)")
    EdgeConfidenceDisplay.from_estimator(model, ax=axes[1])
    path = folder / "dag_diabetes.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]
