"""Time to equal error."""

import statistics
from pathlib import Path

from common import plots

COLOURS = {"scikit-learn": "#e07b39", "pauca": "#0b5fa5", "pauca, 2 threads": "#9ecae1"}


def times(rows: plots.Rows, path: Path) -> None:
    cases = list(dict.fromkeys(r["case"] for r in rows))

    def middle(case: str, solver: str) -> float:
        found = [float(r["cpu"]) for r in rows if (r["case"], r["solver"]) == (case, solver)]
        return statistics.median(found) if found else float("nan")

    figure, axis = plots.plt.subplots(figsize=(7.5, 0.8 + 0.7 * len(cases)), layout="constrained")
    plots.bars(axis, cases, {s: [middle(c, s) for c in cases] for s in COLOURS}, COLOURS)
    axis.set_xlabel("CPU seconds (of the busier thread, where there are two), median", fontsize=9)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    plots.save(figure, path)


PICTURES = [
    plots.Picture("time_to_error", "times", "CPU seconds to equal error, case by case", "", times),
]
