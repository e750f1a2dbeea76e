"""Label propagation: message passing beside scikit-learn's LabelSpreading and one sparse factorization.

    python benchmarks/run.py greedy_bcd --only graphs

Each run is a process of its own, so that its peak memory (above that of the data) is its own. Times are CPU seconds,
medians of interleaved repeats, without the building of the graph; a run is stopped after 60 s. Accuracy is that of the
nodes without label. LabelSpreading solves another problem (normalised Laplacian, soft labels, to a tolerance of 1e-3):
its accuracy is compared, its optimum is not.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.neighbors import kneighbors_graph

from pauca.graph import GraphPropagationClassifier

from .problems import lattice_affinity

GRAPHS = ("lattice", "cube", "digits")
METHODS = ("tree-cg", "red-black-cg", "tree", "red-black", "greedy-forest", "direct", "LabelSpreading")


def case(name: str, side: int) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Affinity, true labels, labels with -1."""
    rng = np.random.default_rng(0)
    if name == "lattice":
        W = lattice_affinity(side)
        rows, columns = np.divmod(np.arange(side * side), side)
        y = ((rows - side / 2) ** 2 + (columns - side / 2) ** 2 < (side / 3) ** 2).astype(int)
        share = 0.01
    elif name == "cube":
        edge = round(side ** (2 / 3))
        chain = sparse.diags_array([np.ones(edge - 1), np.ones(edge - 1)], offsets=[-1, 1])
        flat, eye = lattice_affinity(edge), sparse.eye_array(edge)
        W = sparse.csr_array(sparse.kron(chain, sparse.eye_array(edge**2)) + sparse.kron(eye, flat))
        place = np.stack(np.unravel_index(np.arange(edge**3), (edge,) * 3))
        y = (((place - edge / 2) ** 2).sum(axis=0) < (edge / 3) ** 2).astype(int)
        share = 0.01
    else:
        X, y = load_digits(return_X_y=True)
        W = kneighbors_graph(X, 7)
        W = sparse.csr_array(W.maximum(W.T))
        share = 0.02
    known = rng.random(len(y)) < share
    return W, y, np.where(known, y, -1)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(name: str, side: int, method: str) -> dict[str, float]:
    W, y, partly = case(name, side)
    before = peak()
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if method == "LabelSpreading":
            from sklearn.semi_supervised import LabelSpreading

            # It takes a callable; the affinity is handed over as it is.
            model = LabelSpreading(kernel=lambda a, b: W, max_iter=1000).fit(np.zeros((len(y), 1)), partly)
        else:
            model = GraphPropagationClassifier(affinity="precomputed", solver=method, max_time=60).fit(W, partly)
    seconds = time.process_time() - start
    hidden = partly == -1
    residual = float("nan") if method == "LabelSpreading" else model.solver_report_.criterion
    return {
        "seconds": seconds,
        "megabytes": peak() - before,
        "accuracy": float(np.mean(model.transduction_[hidden] == y[hidden])),
        "sweeps": int(model.n_iter_),
        "residual": residual,
        "nodes": len(y),
        "edges": int(W.nnz // 2),
    }


def compare_all(side: int, repeats: int, names: Sequence[str] = GRAPHS) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in names:
        found: dict[str, list[dict[str, float]]] = {m: [] for m in METHODS}
        for _ in range(repeats):
            for method in METHODS:
                command = [sys.executable, "-m", "greedy_bcd.graphs", "--side", str(side), "--one", name, method]
                answer = subprocess.run(
                    command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1]
                )
                if answer.returncode == 0:
                    found[method].append(json.loads(answer.stdout))
        for method, runs in found.items():
            if not runs:
                continue
            rows.append(
                {
                    "graph": name,
                    "nodes": runs[0]["nodes"],
                    "edges": runs[0]["edges"],
                    "method": method,
                    "seconds": f"{statistics.median(r['seconds'] for r in runs):.3f}",
                    "megabytes": f"{statistics.median(r['megabytes'] for r in runs):.0f}",
                    "accuracy": f"{runs[0]['accuracy']:.4f}",
                    "sweeps": runs[0]["sweeps"],
                    "residual": f"{runs[0]['residual']:.1e}",
                }
            )
            print("      " + "  ".join(str(v) for v in rows[-1].values()), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=300)
    parser.add_argument("--one", nargs=2, metavar=("CASE", "METHOD"), required=True)
    options = parser.parse_args()
    print(json.dumps(run(options.one[0], options.side, options.one[1])))


if __name__ == "__main__":
    main()
