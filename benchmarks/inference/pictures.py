"""Coverage of intervals, and false selections."""

from pathlib import Path

import numpy as np
from common import plots

WHERE = {"active": ("#0b5fa5", "o"), "neighbours": ("#e07b39", "s"), "far zeros": ("#4f9d69", "^")}


def intervals(rows: plots.Rows, path: Path) -> None:
    figure, axis = plots.plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    for k, (name, (colour, marker)) in enumerate(WHERE.items()):
        share = np.array([float(r[name]) for r in rows])
        # Two standard errors of a share of this many coefficients at least, as many as there are data sets.
        error = 2.0 * np.sqrt(share * (1.0 - share) / np.array([float(r["data sets"]) for r in rows]))
        places = np.arange(len(rows)) + 0.2 * (k - 1)
        axis.errorbar(share, places, xerr=error, fmt=marker, color=colour, label=name, markersize=5, elinewidth=1)
    axis.axvline(0.95, color="#555555", linewidth=1)
    labels = [f"{r['loss']}, {r['n']} x {r['p']}, correlation {float(r['correlation']):g}" for r in rows]
    axis.set(yticks=range(len(rows)), yticklabels=labels, xlabel="share of intervals that contain the coefficient")
    axis.invert_yaxis()
    axis.tick_params(labelsize=8)
    axis.grid(True, axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    plots.save(figure, path)


def selections(rows: plots.Rows, path: Path) -> None:
    figure, axes = plots.plt.subplots(1, 2, figsize=(7.5, 2.8), layout="constrained", sharey=True)
    labels = [f"{r['loss']}, correlation {float(r['correlation']):g}" for r in rows]
    for axis, columns, title in (
        (axes[0], ("false", "lasso CV false"), "false selections"),
        (axes[1], ("true of 6", "lasso CV true"), "true ones, of 6"),
    ):
        for column, colour, marker, name in zip(
            columns, ("#0b5fa5", "#e07b39"), "os", ("stability selection", "cross-validated lasso"), strict=True
        ):
            axis.plot([float(r[column]) for r in rows], range(len(rows)), marker, color=colour, label=name)
        axis.set_title(title, fontsize=9)
        axis.grid(True, alpha=0.3)
        axis.tick_params(labelsize=8)
    axes[0].axvline(1.0, color="#555555", linewidth=1, label="asked for at most")
    axes[0].set(yticks=range(len(rows)), yticklabels=labels)
    axes[0].invert_yaxis()
    axes[0].legend(fontsize=7, frameon=False, loc="center")
    plots.save(figure, path)


PICTURES = [
    plots.Picture(
        "coverage",
        "coverage",
        "Share of nominal 95 % intervals that contain the coefficient, case by case",
        "De-biased",
        intervals,
    ),
    plots.Picture(
        "stability",
        "stability",
        "False and true selections, stability selection and cross-validated lasso",
        "Stability",
        selections,
    ),
]
