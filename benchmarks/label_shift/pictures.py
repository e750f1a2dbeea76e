"""Accuracy, one point a data set."""

from pathlib import Path

import numpy as np
from common import plots

COLOURS = {"Bayes' rule": "#555555", "k-means": "#e07b39", "Gaussian mixture": "#4f9d69"}


def accuracy(rows: plots.Rows, path: Path) -> None:
    problems = list(dict.fromkeys(r["problem"] for r in rows))
    methods = {p: list(dict.fromkeys(r["method"] for r in rows if r["problem"] == p)) for p in problems}
    figure, axes = plots.plt.subplots(
        len(problems), 1, figsize=(7.5, 0.5 + 0.3 * sum(map(len, methods.values())) + 0.5 * len(problems)), sharex=True,
        height_ratios=[len(methods[p]) for p in problems], layout="constrained", squeeze=False,
    )  # fmt: skip
    for axis, problem in zip(axes[:, 0], problems, strict=True):
        for k, method in enumerate(methods[problem]):
            found = [float(r["accuracy"]) for r in rows if (r["problem"], r["method"]) == (problem, method)]
            colour = COLOURS.get(method, "#0b5fa5")
            axis.plot(found, [k] * len(found), "o", color=colour, alpha=0.4, markersize=5)
            axis.plot([np.mean(found)] * 2, [k - 0.3, k + 0.3], color=colour, linewidth=2.5)
        axis.set(
            yticks=range(len(methods[problem])), yticklabels=methods[problem], ylim=(len(methods[problem]) - 0.5, -0.5)
        )
        axis.set_title(problem, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(True, axis="x", alpha=0.3)
    axes[-1, 0].set_xlabel("accuracy on held-out points, classes matched", fontsize=9)
    plots.save(figure, path)


PICTURES = [
    plots.Picture(
        "accuracy", "accuracy", "Accuracy of each method on each data set; a bar is the mean", "Accuracy", accuracy
    ),
]
