"""Puts the demo's pictures on one sheet, docs/_static/overview.png: python -m demo.poster, after make demo."""

from pathlib import Path

import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[1]
ROWS = [["linear_path", "graph_moons", "mixed_model"], ["kronecker_canyon"], ["dag_diabetes", "label_shift"]]
WIDTH = 14.0  # inches


def main() -> None:
    pictures = [[plt.imread(ROOT / "demo" / "output" / f"{name}.png") for name in row] for row in ROWS]
    shapes = [[p.shape[1] / p.shape[0] for p in row] for row in pictures]
    heights = [WIDTH / sum(row) for row in shapes]  # so that pictures fill their row at one height
    figure = plt.figure(figsize=(WIDTH, sum(heights)))
    bottom = 1.0
    for row, aspects, height in zip(pictures, shapes, heights, strict=True):
        share, left = height / sum(heights), 0.0
        bottom -= share
        for picture, aspect in zip(row, aspects, strict=True):
            ax = figure.add_axes((left, bottom, aspect / sum(aspects), share))
            ax.imshow(picture, interpolation="lanczos")
            ax.set_axis_off()
            left += aspect / sum(aspects)
    figure.savefig(ROOT / "docs" / "_static" / "overview.png", dpi=80)


if __name__ == "__main__":
    main()
