"""One picture of all comparisons of time at equal accuracy: the best peer's time over pauca's, case by case.

    python benchmarks/overview.py

reads the CSV files under ``report/`` and writes ``report/overview.png`` and ``report/overview.csv``; ``run.py`` does
it after each run into ``report/``.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

REPORT = Path(__file__).resolve().parent / "report"
SHADES = ("#9ecae1", "#4292c6", "#08519c")  # loose, middle, tight
LOSS = "#c0392b"


class Ratio(NamedTuple):
    """A case at one accuracy; `level` counts from the loosest."""

    family: str
    case: str
    accuracy: str
    level: int
    peer: str
    ratio: float


def rows(name: str) -> list[dict[str, str]]:
    path = REPORT / name
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def from_gaps(family: str, title: str) -> Iterator[Ratio]:
    """Of `<family>/summary.csv`: one row a case, gap and peer; the smallest ratio is the best peer's."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for row in rows(f"{family}/summary.csv"):
        key = (row["case"], row["target"])
        best[key] = min(best.get(key, (float("inf"), "")), (float(row["ratio"]), row["peer"]))
    targets = sorted({target for _, target in best}, key=float, reverse=True)
    for (case, target), (ratio, peer) in best.items():
        yield Ratio(title, case, f"gap {float(target):.0e}", targets.index(target), peer, ratio)


def from_paths() -> Iterator[Ratio]:
    """Of `nonconvex/paths.csv`: seconds of each solver at the worst KKT violation over the path.

    Rows that an earlier run measured (``common/peers.py``) have no partner and are left out.
    """
    times: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows("nonconvex/paths.csv"):
        if row["seconds"] and not row.get("earlier"):
            times[f"{row['penalty']}, {row['case']}", row["target"]][row["solver"]].append(float(row["seconds"]))
    targets = sorted({target for _, target in times}, key=float, reverse=True)
    for (case, target), of in times.items():
        peers = {solver: median(seconds) for solver, seconds in of.items() if solver != "pauca"}
        if peers and "pauca" in of:
            peer = min(peers, key=lambda name: peers[name])
            ratio = peers[peer] / median(of["pauca"])
            yield Ratio("whole paths", case, f"KKT {float(target):.0e}", targets.index(target), peer, ratio)


def draw(ratios: list[Ratio], path: Path) -> None:
    """One line a case, one point an accuracy, on a logarithmic scale; red where a peer is ahead."""
    cases = list(dict.fromkeys((r.family, r.case) for r in ratios))
    families = list(dict.fromkeys(r.family for r in ratios))
    places = {case: k + 0.8 * families.index(case[0]) for k, case in enumerate(cases)}
    figure, axis = plt.subplots(figsize=(8.0, 0.8 + 0.235 * (len(cases) + len(families))))
    for family in families:
        inside = [places[case] for case in cases if case[0] == family]
        axis.axhspan(inside[0] - 0.5, inside[-1] + 0.5, color="#f4f4f4", zorder=0)
        axis.text(
            1.005, sum(inside) / len(inside), family, transform=axis.get_yaxis_transform(), va="center", fontsize=8
        )
    for r in ratios:
        colour = SHADES[min(r.level, 2)] if r.ratio >= 1 else LOSS
        axis.plot(r.ratio, places[r.family, r.case], "o", color=colour, markersize=5.5, zorder=3)
    for label, colour in zip(("loose", "middle", "tight"), SHADES, strict=True):
        axis.plot([], [], "o", color=colour, label=label)
    axis.plot([], [], "o", color=LOSS, label="the peer is ahead")
    axis.axvline(1, color="#555555", linewidth=1)
    axis.set(xscale="log", yticks=list(places.values()), yticklabels=[case for _, case in cases])
    axis.xaxis.set_major_locator(FixedLocator([0.5, 1, 2, 5, 10, 20]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("CPU time of the best peer over pauca's, at equal accuracy", fontsize=9)
    axis.tick_params(labelsize=8, left=False)
    axis.grid(True, axis="x", alpha=0.3)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.invert_yaxis()
    figure.legend(loc="outside upper center", ncols=4, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main() -> None:
    ratios = [
        *from_gaps("linear", "L1, one target"),
        *from_gaps("blocks", "groups, tasks, classes"),
        *from_paths(),
    ]
    with (REPORT / "overview.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Ratio._fields)
        writer.writerows((*r[:5], f"{r.ratio:.2f}") for r in ratios)
    draw(ratios, REPORT / "overview.png")
    ahead, middle = sum(r.ratio >= 1 for r in ratios), median(r.ratio for r in ratios)
    print(f"{REPORT / 'overview.png'}: ahead of the best peer in {ahead} of {len(ratios)}, median {middle:.2f}")


if __name__ == "__main__":
    main()
