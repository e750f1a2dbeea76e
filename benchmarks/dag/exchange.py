"""Graphs to other libraries and back, in the libraries themselves."""

import importlib.util
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from common.options import Options
from common.tables import markdown

from dag.cases import Rows, seeds
from pauca import dag
from pauca.datasets import make_linear_dag


def _networkx(W: np.ndarray) -> bool:
    back, _ = dag.from_networkx(dag.to_networkx(W))
    return np.array_equal(back, W)


def _causal_learn(W: np.ndarray) -> bool:
    graph = dag.to_causal_learn(W)
    directed = all(graph.is_directed_from_to(graph.nodes[i], graph.nodes[j]) for i, j in np.argwhere(W != 0))
    return directed and np.array_equal(dag.from_causal_learn(graph), W != 0)


def _lingam(W: np.ndarray) -> bool:
    from lingam.utils import remove_effect  # noqa: F401  (the library is there)

    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (50, len(W)))
    B = dag.to_lingam(W)
    X = np.linalg.solve(np.eye(len(W)) - B, noise.T).T  # x = B x + e, lingam's model
    return np.allclose(X - X @ W, noise) and np.array_equal(dag.from_lingam(B), W)


def _pgmpy(W: np.ndarray) -> bool:
    graph = dag.to_pgmpy(W)
    parents = all(set(graph.get_parents(f"x{j}")) == {f"x{i}" for i in np.flatnonzero(W[:, j])} for j in range(len(W)))
    return parents and np.array_equal(dag.from_pgmpy(graph)[0], W)


def _dowhy(W: np.ndarray) -> bool:
    from dowhy.graph import build_graph_from_str

    graph = build_graph_from_str(dag.to_gml(W))
    edges = {(f"x{i}", f"x{j}") for i, j in np.argwhere(W != 0)}
    return set(graph.edges) == edges and np.array_equal(dag.from_gml(dag.to_gml(W))[0], W)


LIBRARIES: dict[str, tuple[str, Callable[[np.ndarray], bool]]] = {
    "networkx": ("networkx", _networkx),
    "causal-learn": ("causallearn", _causal_learn),
    "lingam": ("lingam", _lingam),
    "pgmpy": ("pgmpy", _pgmpy),
    "dowhy": ("dowhy", _dowhy),
}


def absent() -> dict[str, str]:
    """Libraries that are not installed, each under its own name."""
    return {name: name for name, (package, _) in LIBRARIES.items() if not importlib.util.find_spec(package)}


def measure(options: Options, folder: Path) -> None:
    rows = Rows(folder / "exchange.csv", column="library", absent=absent())
    for name, (package, check) in LIBRARIES.items():
        if not importlib.util.find_spec(package):
            continue
        graphs = [make_linear_dag(5, d, degree=2, random_state=s).adjacency for s in seeds(options) for d in (1, 4, 12)]
        rows.add(library=name, version=version(name), graphs=len(graphs), intact=sum(check(W) for W in graphs))


def tables(rows: list[dict[str, Any]]) -> str:
    cells = [[r["library"], r["version"], r["graphs"], r["intact"]] for r in rows]
    return markdown(["library", "version", "graphs", "read by it as meant, and back unchanged"], cells)
