"""Classification and regression with few labels on a graph, beside scikit-learn's label spreading."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits, make_moons
from sklearn.neighbors import KNeighborsRegressor
from sklearn.semi_supervised import LabelSpreading

from pauca.graph import GraphPropagationClassifier, GraphPropagationRegressor

from ..row import Row, timed


def labelled(n: int, share: float) -> np.ndarray:
    return np.random.default_rng(0).random(n) < share


def digits_row() -> Row:
    X, y = load_digits(return_X_y=True)
    known = labelled(len(y), 0.03)
    partly = np.where(known, y, -1)
    model, seconds = timed(lambda: GraphPropagationClassifier(n_neighbors=7).fit(X, partly))
    peer = LabelSpreading(kernel="knn", n_neighbors=7, max_iter=200).fit(X, partly)
    report = model.solver_report_
    return Row(
        estimator="GraphPropagationClassifier",
        data=f"digits, {known.sum()} labels ({X.shape[0]} x {X.shape[1]})",
        measure="accuracy, unlabelled",
        score=float(np.mean(model.transduction_[~known] == y[~known])),
        peer="sklearn LabelSpreading",
        peer_score=float(np.mean(peer.transduction_[~known] == y[~known])),
        nonzeros=f"{model.affinity_matrix_.nnz // 2} edges",
        seconds=seconds,
        certificate=f"residual {report.criterion:.0e}",
    )


def surface(side: int) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """A smooth surface on a lattice: affinity, positions, heights."""
    chain = sparse.diags_array([np.ones(side - 1), np.ones(side - 1)], offsets=[-1, 1])
    eye = sparse.eye_array(side)
    W = sparse.csr_array(sparse.kron(chain, eye) + sparse.kron(eye, chain))
    place = np.stack(np.divmod(np.arange(side * side), side), axis=1) / side
    return W, place, np.sin(4 * place[:, 0]) * np.cos(3 * place[:, 1]) + place[:, 0]


def lattice_row() -> Row:
    W, place, height = surface(100)
    known = labelled(len(height), 0.02)
    target = np.where(known, height, np.nan)
    model, seconds = timed(lambda: GraphPropagationRegressor(affinity="precomputed").fit(W, target))
    peer = KNeighborsRegressor(weights="distance").fit(place[known], height[known])
    hidden = height[~known]

    def r2(prediction: np.ndarray) -> float:
        return float(1.0 - np.sum((hidden - prediction) ** 2) / np.sum((hidden - hidden.mean()) ** 2))

    return Row(
        estimator="GraphPropagationRegressor",
        data=f"surface on a lattice, {known.sum()} heights ({len(height)} nodes)",
        measure="R2, unknown nodes",
        score=r2(model.transduction_[~known]),
        peer="sklearn KNeighborsRegressor",
        peer_score=r2(peer.predict(place[~known])),
        nonzeros=f"{W.nnz // 2} edges",
        seconds=seconds,
        certificate=f"residual {model.solver_report_.criterion:.0e}",
    )


def rows() -> list[Callable[[], Row]]:
    return [digits_row, lattice_row]


def pictures(folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    X, y = make_moons(400, noise=0.08, random_state=0)
    known = np.zeros(400, dtype=bool)
    known[[np.flatnonzero(y == 0)[3], np.flatnonzero(y == 1)[3]]] = True
    model = GraphPropagationClassifier(affinity="rbf").fit(X, np.where(known, y, -1))
    figure, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    shown = ax.scatter(*X.T, c=model.label_distributions_[:, 1], cmap="coolwarm", s=18, vmin=0, vmax=1)
    ax.scatter(*X[known].T, facecolor="none", edgecolor="black", s=120, linewidth=1.5, label="labelled")
    figure.colorbar(shown, label="probability of the second class")
    ax.set(title="Two labels, spread over a graph of neighbours")
    ax.legend(frameon=False)
    path = folder / "graph_moons.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return [path]
