"""Nonconvex penalties: paths beside peers, what selection finds, gradient evaluations of first-order methods.

``--only`` takes a part of "paths dense quadratic", "paths sparse quadratic", "paths dense logistic",
"paths dense poisson", "selection", "evaluations", "fits"; what is not run keeps the rows of last time, and so do
peers that are not installed, with a mark.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import peers, tables
from common.options import Options

from nonconvex import first_order, page, paths, selection, solvers
from nonconvex.problems import make

Rows = list[dict[str, Any]]


def run(options: Options) -> Path:
    folder, missing = options.folder("nonconvex"), solvers.absent()
    for file in ("paths", "selection", "evaluations", "fits"):
        peers.mark(folder / f"{file}.csv", "solver", missing, options.page("nonconvex"))
    for name, part in {"paths": path_rows, "selection": selection_rows, "first_order": first_order_rows}.items():
        for file, key, rows in part(options):
            old = tables.read_csv(folder / f"{file}.csv")
            kept = [{**r, "earlier": r.get("earlier") or ""} for r in old]
            kept = [r for r in kept if r["case"] != key or r["solver"] in missing]
            for row in rows:
                kept.append({**row, "earlier": ""})
                tables.write_csv(folder / f"{file}.csv", kept)
            print(f"== {name}: {key}", flush=True)
    return page.write(options, folder)


def path_rows(options: Options) -> Iterator[tuple[str, str, Iterator[dict[str, Any]]]]:
    for kind, loss in paths.CASES:
        if options.only in f"paths {kind} {loss}":
            yield "paths", f"{kind} {loss}", path_case(kind, loss, options)


def path_case(kind: str, loss: str, options: Options) -> Iterator[dict[str, Any]]:
    for seed in options.seeds:
        problem = make(kind, loss, seed, options.quick)
        for penalty in paths.PENALTIES:
            yield from paths.time_paths(problem, penalty, seed, options.repeats)


def selection_rows(options: Options) -> Iterator[tuple[str, str, Iterator[dict[str, Any]]]]:
    for case in selection.CASES:
        if options.only in f"selection {case}":
            yield "selection", case, selection.rows(case, options)


def first_order_rows(options: Options) -> Iterator[tuple[str, str, Iterator[dict[str, Any]]]]:
    for file, part in {"evaluations": first_order.count, "fits": first_order.compare}.items():
        for correlation in first_order.CORRELATIONS:
            case = first_order.case_name(correlation)
            if options.only in f"{file} {case}":
                yield file, case, part(correlation, options)
