"""Risk against the budget of samples."""

from pathlib import Path

import numpy as np
from common import plots

STYLES = {
    "target alone": ("#555555", "x", "--"),
    "uniform": ("#e07b39", "s", "-"),
    "known nu2": ("#9ecae1", "v", ":"),
    "known nu1": ("#4292c6", "^", ":"),
    "nu2": ("#8c5fa8", "D", "-"),
    "nu1": ("#0b5fa5", "o", "-"),
    "hybrid": ("#4f9d69", "P", "-"),
}


def risks(rows: plots.Rows, path: Path) -> None:
    kinds = list(dict.fromkeys(r["kind"] for r in rows))
    figure, axes = plots.plt.subplots(
        1, len(kinds), figsize=(10.0, 3.6), layout="constrained", sharey=True, squeeze=False
    )
    for axis, kind in zip(axes[0], kinds, strict=True):
        own = [r for r in rows if r["kind"] == kind]
        budgets = sorted({int(r["budget"]) for r in own} - {0})
        for method, (colour, marker, line) in STYLES.items():
            if method == "target alone":
                alone = np.mean([float(r["risk"]) for r in own if r["method"] == method])
                axis.axhline(alone, color=colour, linestyle=line, linewidth=1.2, label=method)
                continue
            mean = [
                np.mean([float(r["risk"]) for r in own if (r["method"], int(r["budget"])) == (method, b)])
                for b in budgets
            ]
            axis.plot(budgets, mean, color=colour, marker=marker, linestyle=line, label=method, markersize=5)
        axis.set(xscale="log", yscale="log", xticks=budgets, xticklabels=budgets, xlabel="samples of the sources")
        axis.minorticks_off()
        axis.set_title(f"sources: {kind}", fontsize=9)
        axis.grid(True, which="major", alpha=0.3)
        axis.tick_params(labelsize=8)
    axes[0, 0].set_ylabel("mean excess risk", fontsize=9)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=7, fontsize=8, frameon=False)
    plots.save(figure, path)


PICTURES = [
    plots.Picture(
        "synthetic", "risks", "Mean excess risk against the budget of samples", "Risk against samples", risks
    ),
]
