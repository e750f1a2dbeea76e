"""Time against size, on one worker and on two."""

from pathlib import Path
from typing import Any

from common import plots

plt = plots.plt

TITLES = {
    "moments": "Moments, 200 features, 5 targets",
    "screening": "KDE screening, 500 rows",
    "resampling": "Stability selection, 40 paths, 500 features",
}
SIZES = {"moments": "rows", "screening": "features", "resampling": "rows"}


def draw(path: Path, rows: list[dict[str, Any]]) -> None:
    figure, axes = plt.subplots(1, len(TITLES), figsize=(10.5, 3.4), layout="constrained")
    for axis, (case, title) in zip(axes, TITLES.items(), strict=True):
        for count, colour, marker in ((1, "#e07b39", "s"), (2, "#0b5fa5", "o")):
            some = [r for r in rows if r["case"] == case and int(r["workers"]) == count]
            sizes = [int(r["size"]) for r in some]
            label = f"{count} worker{'s' if count > 1 else ''}"
            axis.plot(sizes, [float(r["busiest s"]) for r in some], marker=marker, color=colour, label=label, lw=2)
            axis.plot(
                sizes, [float(r["wall s"]) for r in some], color=colour, ls=":", lw=1, label=f"{label}, wall clock"
            )
        axis.set(xscale="log", yscale="log", xlabel=SIZES[case])
        axis.set_title(title, fontsize=9)
        axis.grid(True, which="major", alpha=0.3)
    axes[0].set_ylabel("CPU seconds of the busiest process")
    axes[0].legend(fontsize=7, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
