"""Pictures in one style: a colour a solver, the same on every page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {
    "pauca": "#0b5fa5",
    "scikit-learn": "#e07b39",
    "celer": "#4f9d69",
    "skglm": "#8c5fa8",
    "liblinear": "#b03a48",
    "adelie": "#b03a48",
    "cyanure": "#4f9d69",
}
MARKERS = {
    "pauca": "o",
    "scikit-learn": "s",
    "celer": "^",
    "skglm": "D",
    "liblinear": "v",
    "adelie": "v",
    "cyanure": "^",
}


def style(solver: str) -> dict[str, Any]:
    family = next((name for name in COLOURS if solver.startswith(name)), "")
    return {
        "color": COLOURS.get(family, "#555555"),
        "marker": MARKERS.get(family, "x"),
        "linewidth": 2.4 if family == "pauca" else 1.4,
        "markersize": 5,
        "linestyle": "--" if "no intercept" in solver else "-",
    }


def panels(
    path: Path,
    series: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    x_label: str,
    y_label: str,
    columns: int = 4,
    reverse_x: bool = False,
) -> None:
    """One log-log panel a key of `series`, one curve a solver, a common legend below."""
    rows = -(-len(series) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.3 * columns, 2.7 * rows), squeeze=False)
    handles: dict[str, Any] = {}
    for axis, (title, curves) in zip(axes.flat, series.items(), strict=False):
        for solver, (x, y) in curves.items():
            (handles[solver],) = axis.plot(x, y, **style(solver))
        axis.set(xscale="log", yscale="log")
        axis.set_title(title, fontsize=9)
        axis.grid(True, which="major", alpha=0.3)
        axis.tick_params(labelsize=8)
        if reverse_x:
            axis.invert_xaxis()
    for axis in list(axes.flat)[len(series) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel(x_label, fontsize=9)
    for axis in axes[:, 0]:
        axis.set_ylabel(y_label, fontsize=9)
    figure.legend(
        handles.values(),
        handles,
        loc="outside lower center",
        ncols=min(len(handles), 2 * columns),
        fontsize=8,
        frameon=False,
    )
    figure.tight_layout(rect=(0, 0.06 if rows > 1 else 0.1, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)
