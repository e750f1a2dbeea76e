"""SHD and time against the number of nodes; SHD against the noise level."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np


def recovery_picture(rows: list[dict], folder: Path) -> str:
    figure, axes = plt.subplots(2, 2, figsize=(10, 6.5), sharex=True, layout="constrained")
    names = list(dict.fromkeys(r["method"] for r in rows))
    colours = dict(zip(names, plt.get_cmap("tab10")(np.arange(len(names))), strict=True))
    for column, case in enumerate(("equal", "unequal")):
        for name in names:
            part = [r for r in rows if r["method"] == name and r["case"] == case and not r["standardized"]]
            if not part:
                continue
            d = [r["d"] for r in part]
            axes[0, column].errorbar(
                d, [r["shd_mean"] for r in part], [r["shd_sd"] for r in part], color=colours[name], marker="o", ms=4,
                capsize=2, label=name,
            )  # fmt: skip
            axes[1, column].plot(d, [r["seconds"] for r in part], color=colours[name], marker="o", ms=4)
        axes[0, column].set(title=f"{case} variances", yscale="symlog", ylim=(0, None))
        axes[1, column].set(xlabel="nodes", xscale="log", yscale="log")
    axes[0, 0].set_ylabel("SHD")
    axes[1, 0].set_ylabel("CPU seconds")
    handles, labels = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    figure.savefig(folder / "recovery.png", dpi=110)
    plt.close(figure)
    return f"{folder.name}/recovery.png"


def noise_picture(rows: list[dict], folder: Path) -> str:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    levels = sorted({r["variance"] for r in rows})
    for ax, key, label in ((axes[0], "shd", "SHD"), (axes[1], "edges", "edges before the threshold")):
        for name in ("concomitant", "least squares"):
            values = [[r[key] for r in rows if r["variance"] == v and r["score"] == name] for v in levels]
            ax.errorbar(
                levels, np.mean(values, axis=1), np.std(values, axis=1), marker="o", ms=4, capsize=2, label=name
            )
        ax.set(xscale="log", xlabel="noise variance", ylabel=label)
    axes[0].legend(frameon=False)
    figure.savefig(folder / "noise.png", dpi=110)
    plt.close(figure)
    return f"{folder.name}/noise.png"
