"""Every comparison of the paper: objective gap against block updates and against time.

    python -m benchmarks.greedy_bcd.rules [--scale 0.3] [--updates 500] [--out build/greedy_bcd]

Writes one picture for each comparison and rules.csv: for every rule the relative gap (F - F*) / (F_0 - F*) after 100
and after all updates, and updates and seconds to reach 1e-4. F* is the lowest value of any run and of a long run of
blocks of 200 by the matrix or prox-Newton update; on graphs, that of a sparse factorization. --scale multiplies rows
and columns of the problems.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse.linalg import spsolve

from pauca.solvers import BlockProblem, BlockResult, minimize_blocks

from . import problems

Rules = dict[str, dict[str, object]]


def block(partition: str, selection: str, update: str, size: int, diagonal: str = "auto") -> dict[str, object]:
    return {
        "partition": partition,
        "selection": selection,
        "update": update,
        "block_size": size,
        "diagonal": diagonal,
    }


def gradient_rules(size: int) -> Rules:
    """Figures 4 and 8: gradient updates, fixed and variable blocks."""
    rules = {f"FB {s}": block("sort", s, "gradient", size) for s in ("cyclic", "random", "lipschitz", "gs", "gsl")}
    return rules | {f"VB {s}": block("variable", s, "gradient", size) for s in ("random", "gs", "gsd")}


def matrix_rules(size: int) -> Rules:
    """Figures 5 and 11: matrix updates."""
    rules = {f"FB {s}": block("sort", s, "matrix", size) for s in ("cyclic", "gs", "gsl", "gsd", "gsq")}
    return rules | {f"VB {s}": block("variable", s, "matrix", size) for s in ("gs", "gsd", "gsq")}


def newton_rules(size: int) -> Rules:
    """Figure 12: the same with Newton steps and a line search."""
    rules = {f"FB {s}": block("sort", s, "newton", size) for s in ("cyclic", "gs", "gsl", "gsd", "gsq")}
    return rules | {f"VB {s}": block("variable", s, "newton", size) for s in ("gs", "gsd")}


def all_updates(size: int) -> Rules:
    """Updates beside each other, with the same rule."""
    names = ("gradient", "diagonal", "matrix", "newton", "cubic", "backtracking")
    return {u: block("variable", "gsd", u, size) for u in names}


def backtracking_rules(size: int) -> Rules:
    """Figure 9: L_b computed or estimated by doubling."""
    return {
        f"{'VB' if p == 'variable' else 'FB'} {s} {u}": block(p, s, u, size)
        for p, s in (("sort", "gs"), ("variable", "gs"), ("variable", "gsd"))
        for u in ("gradient", "backtracking")
    }


def partition_rules(size: int) -> Rules:
    """Figure 10: which partition."""
    names = ("order", "random", "sort", "average")
    return {f"{p} {s}": block(p, s, "gradient", size) for s in ("gsl", "gs") for p in names}


def constrained_rules(size: int) -> Rules:
    """Figures 7 and 13: nonnegative L1; random or greedy blocks, and three updates."""
    return {
        f"{s} {u}": block("variable", s, u, size)
        for s in ("random", "gs-q")
        for u in ("gradient", "matrix", "two-metric")
    }


def graph_rules(size: int) -> Rules:
    """Figure 6: huge blocks by message passing, beside small exact ones of about the same cost."""
    return {
        "general, exact": block("variable", "gs", "matrix", size),
        "red-black": block("red-black", "cyclic", "message-passing", 1),
        "tree partition": block("tree", "cyclic", "message-passing", 1),
        "tree partition, greedy": block("tree", "gs", "message-passing", 1),
        "random forest": block("variable", "forest-random", "message-passing", 1),
        "greedy forest": block("variable", "forest-gs", "message-passing", 1),
        "greedy forest, scaled": block("variable", "forest-gsl", "message-passing", 1),
    }


def optimum(problem: BlockProblem, results: list[BlockResult]) -> float:
    if problem.loss == "graph":
        return float(-0.5 * problem.y @ spsolve(problem.X.tocsc(), problem.y))
    update = "matrix" if problem.loss == "least_squares" else "prox-newton"
    long = minimize_blocks(problem, block_size=200, selection="gs-q", update=update, max_iter=300, max_time=60)
    return min(r.objective_path[-1] for r in [long, *results])


def compare(name: str, problem: BlockProblem, rules: Rules, updates: int, out: Path) -> list[dict[str, object]]:
    results = {label: minimize_blocks(problem, max_iter=updates, random_state=1, **r) for label, r in rules.items()}
    best = optimum(problem, list(results.values()))
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    rows = []
    for k, (label, result) in enumerate(results.items()):
        path = result.objective_path
        gap = np.maximum((path - best) / (path[0] - best), 1e-16)
        style = {"label": label, "color": f"C{k % 10}", "linestyle": "--" if label.startswith("FB") else "-"}
        axes[0].semilogy(gap, **style)
        axes[1].semilogy(result.seconds_path, gap, **style)
        hit = np.flatnonzero(gap <= 1e-4)
        rows.append(
            {
                "comparison": name,
                "rule": label,
                "gap_100": f"{gap[min(100, len(gap) - 1)]:.2e}",
                "gap_end": f"{gap[-1]:.2e}",
                "updates_to_1e-4": int(hit[0]) if hit.size else "",
                "seconds_to_1e-4": f"{result.seconds_path[hit[0]]:.3f}" if hit.size else "",
                "ms_per_update": f"{1e3 * result.seconds_path[-1] / max(result.n_updates, 1):.3f}",
            }
        )
    axes[0].set(xlabel="block updates", ylabel="relative gap", title=name)
    axes[1].set(xlabel="seconds")
    axes[1].legend(fontsize="x-small")
    figure.savefig(out / f"{name.replace(' ', '_').replace(',', '')}.png", dpi=80)
    plt.close(figure)
    return rows


def comparisons(scale: float) -> list[tuple[str, BlockProblem, Rules]]:
    n, p = int(1000 * scale), int(10000 * scale)
    smooth = {
        "least squares": problems.least_squares(n, p),
        "logistic": problems.logistic(n, p),
        "softmax": problems.softmax(n, n, max(3, int(50 * scale))),
    }
    plan: list[tuple[str, BlockProblem, Rules]] = []
    for name, problem in smooth.items():
        for size in (5, 50):
            plan.append((f"gradient updates, {name}, {size}", problem, gradient_rules(size)))
        plan.append((f"matrix updates, {name}, 5", problem, matrix_rules(5)))
        plan.append((f"updates, {name}, 5", problem, all_updates(5)))
        plan.append((f"backtracking, {name}, 5", problem, backtracking_rules(5)))
        plan.append((f"partitions, {name}, 5", problem, partition_rules(5)))
    plan += [(f"newton updates, {name}, 5", smooth[name], newton_rules(5)) for name in ("logistic", "softmax")]
    for size in (5, 50, 100):
        plan.append((f"nonnegative l1, {size}", problems.nonnegative(n, p), constrained_rules(size)))
    for name, problem in (("lattice", problems.lattice()), ("two moons", problems.moons())):
        size = round(problem.X.shape[0] ** (1 / 3))
        plan.append((f"graph, {name}", problem, graph_rules(size)))
    return plan


def compare_all(scale: float, updates: int, out: Path) -> str:
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    lines = []
    for name, problem, rules in comparisons(scale):
        new = compare(name, problem, rules, updates, out)
        rows += new
        lines.append(name)
        for r in new:
            lines.append(
                f"  {r['rule']:<24}  gap after 100 {r['gap_100']}, at the end {r['gap_end']}; to 1e-4: "
                f"{r['updates_to_1e-4'] or '-'} updates, {r['seconds_to_1e-4'] or '-'} s; {r['ms_per_update']} ms each"
            )
        print("\n".join(lines[-len(new) - 1 :]), flush=True)
    with (out / "rules.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.3)
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path("build/greedy_bcd"))
    options = parser.parse_args()
    compare_all(options.scale, options.updates, options.out)


if __name__ == "__main__":
    main()
