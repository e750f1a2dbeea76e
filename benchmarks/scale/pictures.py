"""Time against size, on one worker and on two."""

from pathlib import Path

from common import plots
from common.plots import Picture, Rows

plt = plots.plt

TITLES = {
    "moments": "Moments, 200 features, 5 targets",
    "screening": "KDE screening, 500 rows",
    "resampling": "Stability selection, 10 paths, 2000 features",
}
SIZES = {"moments": "rows", "screening": "features", "resampling": "rows"}


def growth(rows: Rows, path: Path) -> None:
    figure, axes = plt.subplots(1, len(TITLES), figsize=(10.5, 3.4), layout="constrained")
    for axis, (case, title) in zip(axes, TITLES.items(), strict=True):
        for count, colour, marker in ((1, "#e07b39", "s"), (2, "#0b5fa5", "o")):
            some = [r for r in rows if r["case"] == case and int(r["workers"]) == count]
            sizes = [int(r["size"]) for r in some]
            label = f"{count} worker{'s' if count > 1 else ''}"
            axis.plot(sizes, [float(r["wall s"]) for r in some], marker=marker, color=colour, label=label, lw=2)
            busiest = [float(r["busiest s"]) for r in some]
            axis.plot(sizes, busiest, color=colour, ls=":", lw=1, label=f"{label}, CPU of the busiest")
        axis.set(xscale="log", yscale="log", xlabel=SIZES[case])
        axis.set_xticks(sizes, [f"{size:,}".replace(",", " ") for size in sizes])
        axis.minorticks_off()
        low, high = axis.get_ylim()
        steps = [s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low <= s <= high]
        axis.set_yticks(steps, [f"{s:g}" for s in steps])
        axis.set_title(title, fontsize=9)
        axis.grid(True, which="major", alpha=0.3)
    axes[0].set_ylabel("seconds")
    axes[0].legend(fontsize=7, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


PICTURES = [Picture("growth", "growth", "seconds against size", "One worker and two", growth)]
