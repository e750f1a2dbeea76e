"""Cost of a feature, and what is found."""

from pathlib import Path

from common import plots


def cost(rows: plots.Rows, path: Path) -> None:
    rows = [r for r in rows if not r["criterion"].startswith("ratio")]
    rows = sorted(rows, key=lambda r: float(r["microseconds"]))
    names = [r["criterion"] for r in rows]
    figure, axis = plots.plt.subplots(figsize=(7.5, 0.7 + 0.28 * len(rows)), layout="constrained")
    drawn = axis.barh(
        range(len(rows)),
        [float(r["microseconds"]) for r in rows],
        color=[plots.COLOURS["scikit-learn" if n.startswith("scikit-learn") else "pauca"] for n in names],
    )
    axis.bar_label(drawn, [r["microseconds"] for r in rows], fontsize=8, padding=2)
    axis.set(xscale="log", yticks=range(len(rows)), yticklabels=names)
    axis.set_xlabel("CPU microseconds a feature, n = 500 (orange: scikit-learn)", fontsize=9)
    axis.invert_yaxis()
    axis.margins(x=0.1)
    axis.tick_params(labelsize=8)
    axis.grid(True, axis="x", which="major", alpha=0.3)
    plots.save(figure, path)


def hits(rows: plots.Rows, path: Path) -> None:
    rows = sorted(rows, key=lambda r: -float(r["all"]))
    figure, axis = plots.plt.subplots(figsize=(7.5, 0.7 + 0.28 * len(rows)), layout="constrained")
    linear, even = ([float(r[kind]) for r in rows] for kind in ("linear", "even"))
    axis.barh(range(len(rows)), linear, color="#0b5fa5", label="linear effects, of 3")
    axis.barh(range(len(rows)), even, left=linear, color="#9ecae1", label="even effects, of 3")
    axis.set(yticks=range(len(rows)), yticklabels=[r["criterion"] for r in rows])
    axis.set_xlabel("relevant features among the 50 best, mean", fontsize=9)
    axis.invert_yaxis()
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8, frameon=False, loc="lower right")
    plots.save(figure, path)


PICTURES = [
    plots.Picture("cost", "cost", "CPU microseconds a feature, by criterion", "CPU microseconds", cost),
    plots.Picture("hits", "hits", "Relevant features among the 50 best, by criterion", "Hits", hits),
]
