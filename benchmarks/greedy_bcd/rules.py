"""Every comparison of the paper: objective gap against block updates and against time.

    python benchmarks/run.py greedy_bcd --only rules

One picture a comparison, and rules.csv: for every rule the relative gap (F - F*) / (F_0 - F*) after 100 and after all
updates, and updates and seconds to reach 1e-2 and 1e-4. Seconds are CPU seconds of the core and include what a rule
prepares (constants of blocks, row sums).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from pauca.solvers import BlockProblem, BlockResult, minimize_blocks

from .comparisons import Panel, plan

TARGETS = (1e-2, 1e-4)
FLOOR = 1e-15  # relative gaps below it are rounding


def known_optimum(problem: BlockProblem) -> float | None:
    """F* where it is known without a solver: of a linear system, or zero where the model can interpolate."""
    if problem.loss == "graph":
        return float(-0.5 * problem.y @ spsolve(sparse.csc_array(problem.X), problem.y))
    free = not np.any(problem.l1) and problem.lower is None and problem.upper is None and problem.group is None
    if free and not problem.ridge and np.linalg.matrix_rank(problem.X) == problem.X.shape[0]:
        return 0.0  # any response is in the range of X: squares vanish, and log-losses have this infimum
    return None


def optimum(problem: BlockProblem, results: list[BlockResult], seconds: float = 60) -> float:
    """F*, or the lowest value of any run and of a long one with blocks of 200."""
    known = known_optimum(problem)
    if known is not None:
        return known
    update = "matrix" if problem.loss == "least_squares" else "prox-newton"
    blocks: dict[str, Any] = {"block_size": 200} if problem.group is None else {"partition": "groups"}
    long = minimize_blocks(
        problem,
        selection="gs-q",
        update=update,
        max_iter=300 if problem.group is None else 10_000,
        max_time=seconds,
        **blocks,
    )
    return min(float(r.objective_path.min()) for r in [long, *results])


def relative(path: np.ndarray, best: float) -> np.ndarray:
    return np.maximum((path - best) / (path[0] - best), FLOOR)


def summary(picture: str, panel: Panel, label: str, result: BlockResult, gap: np.ndarray) -> dict[str, Any]:
    row: dict[str, Any] = {
        "comparison": picture,
        "problem": panel.title,
        "rule": label,
        "gap_100": f"{gap[min(100, len(gap) - 1)]:.2e}",
        "gap_end": f"{gap[-1]:.2e}",
    }
    for target in TARGETS:
        hit = np.flatnonzero(gap <= target)
        row[f"updates_to_{target:.0e}"] = int(hit[0]) if hit.size else ""
        row[f"seconds_to_{target:.0e}"] = f"{result.cpu_seconds_path[hit[0]]:.3f}" if hit.size else ""
    row["seconds"] = f"{result.cpu_seconds_path[-1]:.3f}"
    return row


def style(label: str, k: int) -> dict[str, Any]:
    """Fixed blocks, or the second of two things compared, are dashed."""
    dashed = re.match(r"FB|gs,|random,", label) is not None
    return {"color": f"C{k % 10}", "linestyle": "--" if dashed else "-", "linewidth": 1.3}


def draw(picture: str, panels: list[Panel], curves: list[dict[str, tuple[np.ndarray, np.ndarray]]], out: Path) -> None:
    """Upper row: gap against updates; lower row: against seconds, from the end of the first update on."""
    count = len(panels)
    figure, axes = plt.subplots(2, count, figsize=(4.0 * count, 6.4), sharey="col", squeeze=False)
    handles: dict[str, Any] = {}
    for column, (panel, own) in enumerate(zip(panels, curves, strict=True)):
        for k, (label, (seconds, gap)) in enumerate(own.items()):
            (handles[label],) = axes[0, column].semilogy(gap, **style(label, k))
            axes[1, column].semilogy(seconds[1:], gap[1:], **style(label, k))
        starts, ends = zip(*((seconds[1], seconds[-1]) for seconds, _ in own.values()), strict=True)
        if max(ends) > 10 * min(starts):
            axes[1, column].set_xscale("log")
        axes[0, column].set_title(panel.title, fontsize=10)
        axes[0, column].set_xlabel("block updates", fontsize=9)
        axes[1, column].set_xlabel("seconds", fontsize=9)
    for axis in axes.flat:
        axis.grid(True, alpha=0.25)
        axis.tick_params(labelsize=8)
    for axis in axes[:, 0]:
        axis.set_ylabel("relative gap", fontsize=9)
    columns = min(len(handles), 2 * count)
    lines = -(-len(handles) // columns)
    figure.legend(handles.values(), handles, loc="lower center", ncols=columns, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.03 * lines + 0.01, 1, 1))
    figure.savefig(out / f"{picture}.png", dpi=90)
    plt.close(figure)


def compare(picture: str, panels: list[Panel], updates: int, out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    curves = []
    for panel in panels:
        results = {
            label: minimize_blocks(panel.problem, max_iter=updates, random_state=1, **rule)
            for label, rule in panel.rules.items()
        }
        best = optimum(panel.problem, list(results.values()))
        own = {}
        for label, result in results.items():
            gap = relative(result.objective_path, best)
            own[label] = result.cpu_seconds_path, gap
            rows.append(summary(picture, panel, label, result, gap))
            print("      " + "  ".join(str(v) for v in rows[-1].values()), flush=True)
        curves.append(own)
    draw(picture, panels, curves, out)
    return rows


def compare_all(scale: float, updates: int, out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for picture, panels in plan(scale).items():
        print(f"   {picture}", flush=True)
        rows += compare(picture, panels, updates, out)
    return rows
