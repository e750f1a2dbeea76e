"""Time of a Cox path, and of a fit as rows grow."""

from pathlib import Path

from common import plots


def paths(rows: plots.Rows, path: Path) -> None:
    figure, axis = plots.plt.subplots(figsize=(7.5, 0.9 + 0.6 * len(rows)), layout="constrained")
    series = {s: [float(r[f"{s} s"]) for r in rows] for s in ("pauca", "skglm")}
    plots.bars(axis, [r["problem"] for r in rows], series, plots.COLOURS)
    axis.set_xlabel("CPU seconds of the path, median", fontsize=9)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    plots.save(figure, path)


def growth(rows: plots.Rows, path: Path) -> None:
    figure, axis = plots.plt.subplots(figsize=(4.5, 3.0), layout="constrained")
    axis.plot([int(r["n"]) for r in rows], [float(r["CPU s"]) for r in rows], **plots.style("pauca"))
    axis.set(xscale="log", yscale="log", xlabel="rows (50 features)", ylabel="CPU seconds")
    axis.grid(True, which="major", alpha=0.3)
    plots.save(figure, path)


PICTURES = [
    plots.Picture("paths", "paths", "CPU seconds of an L1 path of the Cox model, pauca and skglm", "L1 paths", paths),
    plots.Picture("scaling", "scaling", "CPU seconds of one fit against rows", "Rows", growth),
]
