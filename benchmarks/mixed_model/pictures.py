"""Error of the fixed effects against contamination."""

from pathlib import Path

from common import plots

METHODS = {
    "Gaussian": ("#e07b39", "s", None),
    "Student, m estimated": ("#0b5fa5", "o", "ratio, m estimated"),
    "Student, m = 1": ("#8c5fa8", "D", "ratio, m = 1"),
    "Gaussian, bad clusters left out": ("#555555", "x", "ratio, bad clusters left out"),
}


def contamination(rows: plots.Rows, path: Path) -> None:
    kinds = list(dict.fromkeys(r["a tenth of the clusters"] for r in rows))
    figure, axes = plots.plt.subplots(
        1, len(kinds), figsize=(9.0, 3.2), layout="constrained", sharey=True, squeeze=False
    )  # fmt: skip
    for axis, kind in zip(axes[0], kinds, strict=True):
        own = [r for r in rows if r["a tenth of the clusters"] == kind]
        sizes = [r["standard deviations"] for r in own]
        for name, (colour, marker, ratio) in METHODS.items():
            error = [float(r["gaussian error"]) * (float(r[ratio]) if ratio else 1.0) for r in own]
            axis.plot(range(len(sizes)), error, marker=marker, color=colour, label=name)
        axis.set(yscale="log", xticks=range(len(sizes)), xticklabels=sizes, xlabel="standard deviations")
        axis.set_title(f"a tenth of the clusters: {kind}", fontsize=9)
        axis.grid(True, which="major", alpha=0.3)
        axis.tick_params(labelsize=8)
    axes[0, 0].set_ylabel("error of the fixed effects", fontsize=9)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    plots.save(figure, path)


PICTURES = [
    plots.Picture(
        "contamination",
        "contamination",
        "Error of the fixed effects by kind of contamination",
        "Contamination",
        contamination,
    ),
]
