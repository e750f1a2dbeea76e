"""SHD and time against one number; SHD by family; strengths."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullLocator

from dag.cases import distinct, pick
from dag.methods import COLOURED

COLOURS = dict(zip(COLOURED, plt.get_cmap("tab20")((5 + 7 * np.arange(len(COLOURED))) % 20), strict=True))
Rowset = list[dict[str, Any]]


def _style(name: str) -> dict[str, Any]:
    ours = name.startswith("pauca")
    return {"color": COLOURS.get(name, "#555555"), "lw": 2.2 if ours else 1.3, "marker": "o" if ours else "s", "ms": 4}


def against(rows: Rowset, key: str, label: str, folder: Path) -> str:
    """SHD above, CPU time below; one column a case."""
    cases = distinct(rows, "case")
    figure, axes = plt.subplots(
        2, len(cases), figsize=(5.2 * len(cases), 6.8), sharex=True, squeeze=False, layout="constrained"
    )
    for column, case in enumerate(cases):
        for name in distinct(rows, "method"):
            part = pick(rows, method=name, case=case)
            x = sorted({r[key] for r in part})
            if not x:
                continue
            shd = [[r["shd"] for r in pick(part, **{key: v})] for v in x]
            mean, sd = np.array([np.mean(s) for s in shd]), np.array([np.std(s) for s in shd])
            axes[0, column].errorbar(x, mean, [np.minimum(sd, mean), sd], capsize=2, label=name, **_style(name))
            seconds = [np.median([r["seconds"] for r in pick(part, **{key: v})]) for v in x]
            axes[1, column].plot(x, seconds, **_style(name))
        axes[0, column].set_title(f"{case} variances")
        axes[0, column].set_yscale("symlog", linthresh=1)
        axes[0, column].set_ylim(0, None)
        axes[1, column].set(xlabel=label, xscale="log", yscale="log")
        ticks = distinct(rows, key)
        axes[1, column].set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes[1, column].xaxis.set_minor_locator(NullLocator())
        for ax in axes[:, column]:
            ax.grid(alpha=0.25)
    axes[0, 0].set_ylabel("SHD (mean, sd; linear below 1)")
    axes[1, 0].set_ylabel("CPU seconds (median)")
    handles, labels = axes[0, -1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.savefig(folder / f"{key}.png", dpi=100)
    plt.close(figure)
    return f"{folder.name}/{key}.png"


def bars(rows: Rowset, folder: Path) -> str:
    cases, names = distinct(rows, "case"), distinct(rows, "method")
    names = [n for n in names if len({r["case"] for r in pick(rows, method=n)}) > 2]
    figure, ax = plt.subplots(figsize=(10.5, 4.6), layout="constrained")
    width = 0.85 / len(names)
    for k, name in enumerate(names):
        for i, case in enumerate(cases):
            shd = [r["shd"] for r in pick(rows, method=name, case=case)]
            if shd:
                ax.bar(
                    i + (k - len(names) / 2 + 0.5) * width,
                    np.mean(shd),
                    width,
                    yerr=[[min(np.std(shd), np.mean(shd))], [np.std(shd)]],
                    color=COLOURS[name],
                    label=name if i == 0 else None,
                    error_kw={"lw": 0.7},
                )
    ax.set_yscale("symlog", linthresh=1)
    ax.set_xticks(range(len(cases)), [c.replace(", ", "\n") for c in cases])
    ax.set_ylabel("SHD, d = 50 (mean, sd)")
    ax.grid(axis="y", alpha=0.25)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    figure.savefig(folder / "families.png", dpi=100)
    plt.close(figure)
    return f"{folder.name}/families.png"


def strengths(rows: Rowset, folder: Path) -> str:
    """SHD against the strength, one curve a noise level, one panel a score."""
    cases, scores = distinct(rows, "case"), distinct(rows, "score")
    figure, axes = plt.subplots(
        len(cases), len(scores), figsize=(4.6 * len(scores), 3.4 * len(cases)), sharey="row", squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for i, case in enumerate(cases):
        levels = distinct(pick(rows, case=case), "level")
        for j, score in enumerate(scores):
            for k, level in enumerate(levels):
                part = pick(rows, case=case, score=score, level=level)
                x = distinct(part, "alpha")
                y = [np.mean([r["shd"] for r in pick(part, alpha=a)]) for a in x]
                axes[i, j].plot(x, y, marker="o", ms=3, color=plt.get_cmap("viridis")(k / max(1, len(levels) - 1)),
                                label=f"{level:g}")  # fmt: skip
            axes[i, j].set(xscale="log", title=f"{score}, {case}", xlabel="strength")
            axes[i, j].grid(alpha=0.25)
        axes[i, 0].set_ylabel("SHD (mean)")
        axes[i, -1].legend(title="noise variance", fontsize=7, title_fontsize=8)
    figure.savefig(folder / "strength.png", dpi=100)
    plt.close(figure)
    return f"{folder.name}/strength.png"
