"""Block rules on the paper's problems, and label propagation by message passing beside its peers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common import tables
from common.machine import describe
from common.options import Options

from greedy_bcd import graphs, grid, rules

Rows = list[dict[str, Any]]


def run(options: Options) -> Path:
    folder = options.folder("greedy_bcd")
    scale, updates, side = (0.05, 50, 40) if options.quick else (0.3, 500, 300)
    shown = ("digits",) if options.quick else graphs.GRAPHS
    small, few = (0.02, 15) if options.quick else (0.1, 200)

    def part(name: str, make: Any) -> Rows:
        path = folder / f"{name}.csv"
        if options.only not in name:
            return tables.read_csv(path)
        rows: Rows = make()
        tables.write_csv(path, rows)
        return rows

    compared = part("rules", lambda: rules.compare_all(scale, updates, folder))
    crossed = part("grid", lambda: grid.run_all(small, few, folder))
    propagated = part("graphs", lambda: graphs.compare_all(side, options.repeats, shown))
    page = options.output / "greedy_bcd.md"
    text = PAGE.format(
        machine=describe(["pauca", "numpy", "scipy", "scikit-learn"], options),
        scale=scale,
        updates=updates,
        n=int(1000 * small),
        p=int(10000 * small),
        few=few,
        block=grid.SIZE,
        repeats=options.repeats,
        pictures=pictures(compared),
        grid=best_combinations(crossed),
        grids="\n".join(f"![{name}](greedy_bcd/grid_{name.replace(' ', '_').lower()}.png)\n"
                        for name in dict.fromkeys(r["problem"] for r in crossed)),
        graphs=graph_table(propagated),
    )  # fmt: skip
    page.write_text(text, encoding="utf-8")
    return page


TITLES = {
    "gradient_5": "Gradient updates, blocks of 5",
    "gradient_50": "Gradient updates, blocks of 50",
    "matrix_5": "Matrix updates, blocks of 5",
    "newton_5": "Newton updates, blocks of 5",
    "updates_5": "One rule, every update, blocks of 5",
    "backtracking_5": "L_b computed or estimated, blocks of 5",
    "partitions_5": "Partitions, gradient updates, blocks of 5",
    "nonnegative": "Nonnegative L1",
    "graphs": "Message passing",
}


def pictures(rows: Rows) -> str:
    text = []
    for name in dict.fromkeys(r["comparison"] for r in rows):
        own = [r for r in rows if r["comparison"] == name]
        head = ["problem", "rule", "gap after 100", "gap at the end", "updates to 1e-2", "seconds to 1e-2",
                "updates to 1e-4", "seconds to 1e-4", "seconds in all"]  # fmt: skip
        keys = ["problem", "rule", "gap_100", "gap_end", "updates_to_1e-02", "seconds_to_1e-02", "updates_to_1e-04",
                "seconds_to_1e-04", "seconds"]  # fmt: skip
        table = tables.markdown(head, ([r[k] if r[k] != "" else "-" for k in keys] for r in own))
        text.append(f"### {TITLES[name]}\n\n![{name}](greedy_bcd/{name}.png)\n\n{table}")
    return "\n".join(text)


def best_combinations(rows: Rows) -> str:
    """How many run and how many are refused, and the three that got furthest."""
    lines = []
    for name in dict.fromkeys(r["problem"] for r in rows):
        own = [r for r in rows if r["problem"] == name]
        ran = sorted((r for r in own if r["gap"]), key=lambda r: (float(r["gap"]), float(r["ms_per_update"])))
        best = "; ".join(f"{r['partition']}, {r['selection']}, {r['update']} {r['gap']}" for r in ran[:3])
        worst = ran[-1]
        lines.append([name, len(ran), len(own) - len(ran), best,
                      f"{worst['partition']}, {worst['selection']}, {worst['update']} {worst['gap']}"])  # fmt: skip
    return tables.markdown(["problem", "combinations", "refused", "furthest", "least far"], lines)


def graph_table(rows: Rows) -> str:
    head = ["graph", "nodes", "edges", "method", "CPU s", "MB", "accuracy", "sweeps", "residual"]
    keys = ["graph", "nodes", "edges", "method", "seconds", "megabytes", "accuracy", "sweeps", "residual"]
    return tables.markdown(head, ([r[k] for k in keys] for r in rows))


PAGE = """# Block coordinate descent: rules, and graphs

{machine}

## The paper's comparisons

Nutini, Laradji and Schmidt (2022) on problems generated after the paper's description, {scale:g} times its sizes:
least squares and logistic regression with 1000 rows and 10000 columns, softmax with 1000 rows, 1000 columns and 50
classes, least squares with nonnegative coefficients and L1, and two quadratics on graphs. {updates} block updates from
zero. The gap is (F - F\\*) / (F_0 - F\\*). FB: fixed blocks, sorted by Lipschitz constants; VB: variable blocks. Where
F\\* is known (interpolation: zero; graphs: a sparse factorization) it is used, otherwise it is the lowest value of any
run and of a long one with blocks of 200. Seconds are processor time of one thread and include the preparation of a
rule (constants of blocks, row sums).

{pictures}

## Every partition with every selection and update

Small problems ({n} rows, {p} columns; 5 classes; a lattice), blocks of {block}, {few} updates or 20 s. "groups" is
least squares with a penalty on the norms of groups, which the paper does not have. Colours are gaps at the end; grey
cells are combinations that cannot work and are refused with a sentence naming the missing part (column "refused" of
`grid.csv`).

{grid}
{grids}

## Graphs

Medians of {repeats} interleaved repeats, each in a process of its own, CPU seconds, peak memory above the data's;
tolerance 1e-6, stopped after 60 s. LabelSpreading solves another problem, to a tolerance of 1e-3.

{graphs}
"""
