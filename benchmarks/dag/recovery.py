"""SHD and CPU time against nodes, samples, noise level, and family of graph and noise; original and scaled columns."""

from pathlib import Path
from typing import Any

import numpy as np
from common.options import Options
from common.tables import markdown
from common.timing import cpu_seconds

from dag.cases import CASES, SEEDS, Rows, distinct, graph, pick, seeds, shd, spread
from dag.methods import ALL, CUT, CUT_NAME, Method, absent, methods
from dag.pictures import against, bars
from pauca.dag import r2_sortability, varsortability

NODES = (20, 50, 100, 200)
SAMPLES = (50, 100, 200, 500, 2000, 5000)
LEVELS = (0.5, 1.0, 2.0, 5.0, 10.0)


def _one(
    rows: Rows, part: str, case: str, d: int, n: int, level: float, name: str, m: Method, options: Options
) -> None:
    scaled = part == "nodes" or (part == "family" and m.graphs == SEEDS)
    for seed in seeds(options, min(m.graphs, SEEDS)):
        more = {} if level == 0.0 else {"noise_variance": level}
        data = graph(case, d, seed, n, **more)
        for standardized in (False, True) if m.standardized and scaled else (False,):
            key = {"part": part, "case": case, "d": d, "n": n, "level": level, "method": name, "seed": seed,
                   "standardized": int(standardized)}  # fmt: skip
            if rows.have(**key):
                continue
            X = data.X / data.X.std(axis=0) if standardized else data.X
            equal = case.startswith("equal") and not standardized
            seconds, W = cpu_seconds(lambda X=X, e=equal: m.fit(X, e))
            found = {name: W}
            if name == "pauca auto":
                found[CUT_NAME] = np.where(np.abs(W) > CUT, W, 0.0)
            for label, weights in found.items():
                rows.add(
                    **{**key, "method": label},
                    shd=shd(data.adjacency, weights),
                    edges=int((data.adjacency != 0).sum()),
                    seconds=seconds,
                    varsortability=varsortability(data.X, data.adjacency),
                    r2_sortability=r2_sortability(data.X, data.adjacency),
                )


def measure(options: Options, folder: Path) -> None:
    """The quick methods everywhere first, then the slow ones: a run that is cut short has the tables that matter."""
    rows = Rows(folder / "recovery.csv", absent=absent())
    sizes = (20,) if options.quick else NODES
    for slow in (False, True):
        for d in sizes:
            for case in ("equal", "unequal"):
                for name, m in methods(d).items():
                    minutes = m.graphs == 1
                    if (m.graphs < SEEDS) == slow and not (options.quick and minutes):
                        _one(rows, "nodes", case, d, 1000, 0.0, name, m, options)
        if options.quick:
            continue
        ours = {name: m for name, m in methods(50).items() if (m.graphs < SEEDS) == slow}
        for name, m in ours.items():
            for case in list(CASES)[2:]:
                if m.package == "pauca" or "weak" in case:
                    _one(rows, "family", case, 50, 1000, 0.0, name, m, options)
            if m.package != "pauca":
                continue
            for n in SAMPLES:
                for case in ("equal", "unequal"):
                    _one(rows, "samples", case, 50, n, 0.0, name, m, options)
            for level in LEVELS:
                _one(rows, "level", "equal", 50, 1000, level, name, m, options)


def _line(label: list[Any], part: list[dict[str, Any]], scaled: bool) -> list[Any]:
    plain = pick(part, standardized=0)
    other = pick(part, standardized=1)
    cells = [
        *label,
        f"{spread(r['shd'] for r in plain)} ({len(plain)})",
        f"{1000 * np.median([r['seconds'] for r in plain]):.3g}",
    ]
    if scaled:
        cells.append(spread(r["shd"] for r in other) if other else "-")
    return cells


def _sortable(part: list[dict[str, Any]]) -> str:
    return (
        f"{np.mean([r['varsortability'] for r in part]):.2f}, "
        f"{np.mean([r['r2_sortability'] for r in part]):.2f} (standardized: 0.50, the same)"
    )


def _competitors(rows: list[dict[str, Any]]) -> list[str]:
    """Who took part, always in the same order."""
    there = set(distinct(rows, "method"))
    return [name for name in (next(iter(ALL)), CUT_NAME, *list(ALL)[1:]) if name in there]


def _by_case(rows: list[dict[str, Any]], part: str) -> str:
    header = ["method", "SHD (graphs)", "CPU ms", "SHD, standardized columns"]
    text = ""
    for d in distinct(rows, "d"):
        for case in distinct(rows, "case"):
            here = pick(rows, part=part, d=d, case=case)
            if not here:
                continue
            edges = np.mean([r["edges"] for r in here])
            text += f"\n**d = {d}, {case}**: {edges:.0f} edges; varsortability, R2-sortability {_sortable(here)}.\n\n"
            text += markdown(header, [_line([m], pick(here, method=m), True) for m in _competitors(here)])
    return text


def tables(rows: list[dict[str, Any]]) -> str:
    text = "### Nodes\n" + _by_case(pick(rows, part="nodes"), "nodes")
    families = pick(rows, part="family")
    if families:
        text += "\n### Families of graphs, weights and noise\n" + _by_case(families, "family")
    titles = (("samples", "n", "Samples (d = 50)"), ("level", "level", "Noise variance (equal, d = 50)"))
    for part, key, title in titles:
        some = pick(rows, part=part)
        if not some:
            continue
        text += f"\n### {title}\n"
        for case in distinct(some, "case"):
            here = pick(some, case=case)
            values = distinct(here, key)
            table = []
            for m in _competitors(here):
                cells = [pick(here, method=m, **{key: v}) for v in values]
                table.append([m, *(spread(r["shd"] for r in c) if c else "-" for c in cells)])
            sortable = [pick(here, **{key: v}) for v in values]
            table.append(["*varsortability*", *(f"{np.mean([r['varsortability'] for r in c]):.2f}" for c in sortable)])
            text += f"\nSHD, {case} variances, by {'samples' if key == 'n' else 'noise variance'}:\n\n"
            text += markdown(["method", *(f"{v:g}" for v in values)], table)
    return text


def picture(rows: list[dict[str, Any]], folder: Path) -> list[tuple[str, str]]:
    plain = pick(rows, standardized=0)
    found = []
    axes = (("nodes", "d", "nodes"), ("samples", "n", "samples"), ("level", "level", "noise variance"))
    for part, key, label in axes:
        if pick(plain, part=part):
            found.append((f"SHD and time by {label}", against(pick(plain, part=part), key, label, folder)))
    families = [r for r in plain if r["part"] == "family" or (r["part"] == "nodes" and r["d"] == 50)]
    if pick(families, part="family"):
        found.append(("SHD by family", bars(families, folder)))
    return found
