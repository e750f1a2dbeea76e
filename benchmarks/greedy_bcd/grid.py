"""Every partition with every selection and every update, on small problems of the paper's five kinds and on groups.

    python benchmarks/run.py greedy_bcd --only grid

grid.csv has the relative gap after all updates and the milliseconds an update takes, or why a combination is refused;
one picture a problem has the gaps as colours, rows selections, columns updates within partitions.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Normalize

from pauca.solvers import BlockProblem, minimize_blocks
from pauca.solvers._rules import (
    GRAPH_PARTITIONS,
    GRAPH_SELECTIONS,
    GRAPH_UPDATES,
    PARTITIONS,
    SELECTIONS,
    UPDATES,
)

from . import problems
from .rules import optimum, relative

SIZE = 5


def grouped(n: int, p: int, seed: int = 0) -> BlockProblem:
    """Least squares with the norms of groups of five, at a tenth of the strength that gives zero."""
    base = problems.least_squares(n, p, seed)
    labels = np.arange(p) // SIZE
    strength = 0.1 * np.sqrt(np.bincount(labels, np.square(base.X.T @ base.y)).max())
    return BlockProblem("least_squares", base.X, base.y, group=strength, groups=labels)


def kinds(scale: float) -> dict[str, BlockProblem]:
    n, p = int(1000 * scale), int(10000 * scale)
    return {
        "least squares": problems.least_squares(n, p),
        "logistic": problems.logistic(n, p),
        "softmax": problems.softmax(n, n, 5),
        "label propagation": problems.lattice(round(50 * np.sqrt(scale * 2)), round(200 * scale)),
        "nonnegative L1": problems.nonnegative(n, p),
        "groups": grouped(n, p),
    }


def measure(name: str, problem: BlockProblem, updates: int) -> list[dict[str, Any]]:
    graph = problem.loss == "graph"
    partitions = (("groups",) if problem.group is not None else PARTITIONS[:-1]) + (GRAPH_PARTITIONS if graph else ())
    selections = SELECTIONS + (GRAPH_SELECTIONS if graph else ())
    choices = UPDATES + (GRAPH_UPDATES if graph else ())
    rows: list[dict[str, Any]] = []
    results = []
    for partition, selection, update in itertools.product(partitions, selections, choices):
        row: dict[str, Any] = {"problem": name, "partition": partition, "selection": selection, "update": update}
        rules = {k: row[k] for k in ("partition", "selection", "update")}
        try:
            result = minimize_blocks(problem, block_size=SIZE, max_iter=updates, max_time=20, random_state=1, **rules)
            row["result"] = result
            results.append(result)
        except ValueError as error:
            row["refused"] = str(error)
        rows.append(row)
    best = optimum(problem, results, 20)
    for row in rows:
        found = row.pop("result", None)
        row["gap"] = "" if found is None else f"{relative(found.objective_path, best)[-1]:.2e}"
        row["ms_per_update"] = (
            "" if found is None else f"{1e3 * found.cpu_seconds_path[-1] / max(found.n_updates, 1):.3f}"
        )
        row["refused"] = row.pop("refused", "")
    return rows


def draw(name: str, rows: list[dict[str, Any]], out: Path) -> str:
    """A cell a combination; grey where it is refused."""
    partitions, selections, updates = (
        list(dict.fromkeys(r[k] for r in rows)) for k in ("partition", "selection", "update")
    )
    cells = {(r["partition"], r["selection"], r["update"]): r["gap"] for r in rows}
    partitions = [p for p in partitions if any(v for k, v in cells.items() if k[0] == p)]
    updates = [u for u in updates if any(v for k, v in cells.items() if k[2] == u)]
    selections = [s for s in selections if any(v for k, v in cells.items() if k[1] == s)]
    table = np.full((len(selections), len(partitions) * len(updates)), np.nan)
    for (i, s), (j, (p, u)) in itertools.product(
        enumerate(selections), enumerate(itertools.product(partitions, updates))
    ):
        if cells[p, s, u]:
            table[i, j] = np.log10(float(cells[p, s, u]))
    figure, axis = plt.subplots(
        figsize=(max(4.5, 1.9 + 0.2 * table.shape[1]), 1.9 + 0.2 * table.shape[0]), layout="constrained"
    )
    axis.set_facecolor("0.8")
    image = axis.imshow(table, aspect="auto", cmap="viridis_r", norm=Normalize(max(-8.0, np.nanmin(table)), 0.0))
    axis.set_yticks(range(len(selections)), selections, fontsize=7)
    axis.set_xticks(range(table.shape[1]), updates * len(partitions), fontsize=6, rotation=90)
    for k, partition in enumerate(partitions):
        axis.text((k + 0.5) * len(updates) - 0.5, -0.7, partition, ha="center", va="bottom", fontsize=7)
        axis.axvline(k * len(updates) - 0.5, color="white", linewidth=2)
    axis.set_title(name, fontsize=10, pad=16)
    figure.colorbar(image, ax=axis, pad=0.01).set_label("log10 relative gap", fontsize=7)
    file = f"grid_{name.replace(' ', '_').lower()}.png"
    figure.savefig(out / file, dpi=90)
    plt.close(figure)
    return file


def run_all(scale: float, updates: int, out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, problem in kinds(scale).items():
        print(f"   grid: {name}", flush=True)
        new = measure(name, problem, updates)
        draw(name, new, out)
        rows += new
    return rows
