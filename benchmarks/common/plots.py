"""Pictures in one style: a colour a solver, the same on every page."""

import importlib
import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from common.options import Options
from common.tables import read_csv

COLOURS = {
    "pauca": "#0b5fa5",
    "scikit-learn": "#e07b39",
    "celer": "#4f9d69",
    "skglm": "#8c5fa8",
    "liblinear": "#b03a48",
    "adelie": "#b03a48",
    "cyanure": "#4f9d69",
}
MARKERS = {
    "pauca": "o",
    "scikit-learn": "s",
    "celer": "^",
    "skglm": "D",
    "liblinear": "v",
    "adelie": "v",
    "cyanure": "^",
}


def style(solver: str) -> dict[str, Any]:
    family = next((name for name in COLOURS if solver.startswith(name)), "")
    return {
        "color": COLOURS.get(family, "#555555"),
        "marker": MARKERS.get(family, "x"),
        "linewidth": 2.4 if family == "pauca" else 1.4,
        "markersize": 5,
        "linestyle": "--" if "no intercept" in solver else "-",
    }


def panels(
    path: Path,
    series: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    x_label: str,
    y_label: str,
    columns: int = 4,
    reverse_x: bool = False,
) -> None:
    """One log-log panel a key of `series`, one curve a solver, a common legend below."""
    rows = -(-len(series) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.3 * columns, 2.7 * rows), squeeze=False)
    handles: dict[str, Any] = {}
    for axis, (title, curves) in zip(axes.flat, series.items(), strict=False):
        for solver, (x, y) in curves.items():
            (handles[solver],) = axis.plot(x, y, **style(solver))
        axis.set(xscale="log", yscale="log")
        axis.set_title(title, fontsize=9)
        axis.grid(True, which="major", alpha=0.3)
        axis.tick_params(labelsize=8)
        if reverse_x:
            axis.invert_xaxis()
    for axis in list(axes.flat)[len(series) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel(x_label, fontsize=9)
    for axis in axes[:, 0]:
        axis.set_ylabel(y_label, fontsize=9)
    figure.legend(
        handles.values(),
        handles,
        loc="outside lower center",
        ncols=min(len(handles), 2 * columns),
        fontsize=8,
        frameon=False,
    )
    figure.tight_layout(rect=(0, 0.06 if rows > 1 else 0.1, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Picture:
    """A picture of one CSV file, and the section of the page at whose end it stands.

    ``draw(rows, path)`` draws the rows of the file, which are texts; an empty `section` is the whole page.
    """

    table: str
    name: str
    alt: str
    section: str
    draw: Callable[[Rows, Path], None]


def redraw(family: str, options: Options) -> Path:
    """The pictures of a family from its CSV files, and their lines in its page; nothing is measured.

    ``<family>/pictures.py`` lists them as ``PICTURES``. ``run`` of such a family writes its page without pictures and
    then calls this.
    """
    page, folder = options.page(family), options.folder(family)
    module = importlib.import_module(f"{family}.pictures") if importlib.util.find_spec(f"{family}.pictures") else None
    pictures: list[Picture] = getattr(module, "PICTURES", [])
    if not pictures:
        print("   its pictures are drawn by a run alone", flush=True)
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for picture in pictures:
        rows = read_csv(folder / f"{picture.table}.csv")
        if not rows:
            continue
        picture.draw(rows, folder / f"{picture.name}.png")
        target = f"{folder.name}/{picture.name}.png"
        line = f"![{picture.alt}]({target})"
        text, there = re.subn(rf"!\[[^\]]*\]\({re.escape(target)}\)", lambda _, line=line: line, text)
        if not there:
            text = _at_the_end_of(picture.section, text, line)
    if pictures and text:
        page.write_text(text.rstrip() + "\n", encoding="utf-8")
    return page


def _at_the_end_of(section: str, text: str, line: str) -> str:
    """After the section's last line; where a page, of a part only, has no such section, nowhere."""
    start = text.find(f"\n## {section}") if section else 0
    if start < 0 or not text:
        return text
    end = text.find("\n## ", start + 1) if section else -1
    head, tail = (text, "") if end < 0 else (text[:end], text[end:])
    return f"{head.rstrip()}\n\n{line}\n{tail}"


def bars(axis: Any, labels: Sequence[str], series: Mapping[str, Sequence[float]], colours: Mapping[str, str]) -> None:
    """Horizontal bars on a logarithmic axis, a group a label, the first on top, each with its number."""
    height = 0.8 / len(series)
    for k, (name, values) in enumerate(series.items()):
        places = [i + (k - (len(series) - 1) / 2) * height for i in range(len(labels))]
        drawn = axis.barh(places, values, height, color=colours.get(name, style(name)["color"]), label=name)
        axis.bar_label(drawn, [f"{v:.3g}" if v == v else "" for v in values], fontsize=7, padding=2)  # noqa: PLR0124
    axis.set(xscale="log", yticks=range(len(labels)), yticklabels=labels)
    axis.invert_yaxis()
    axis.margins(x=0.15)
    axis.grid(True, axis="x", which="major", alpha=0.3)
    axis.tick_params(labelsize=8)


def save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=110)
    plt.close(figure)
