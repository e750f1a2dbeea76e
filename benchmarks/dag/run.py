"""Graphs: parity with the published optimiser, recovery, one strength at many noise levels, size, exchange formats.

Each part writes its rows to a CSV file; the page is made from all CSV files there are, so that the parts can be run
one by one (``--only``). Peers live in an environment of their own; of those that are not installed the rows of an
earlier run are kept and marked.
"""

import os
from pathlib import Path

from common.machine import describe
from common.options import Options
from common.peers import mark, sentence

from dag import exchange, large, methods, official, parity, recovery, sachs, strength
from dag.cases import read_rows

os.environ.setdefault("TQDM_DISABLE", "1")

PACKAGES = ["pauca", "numpy", "scipy", "dagma", "gcastle", "causal-learn", "lingam", "pgmpy", "dowhy", "cdt"]
PARTS = {
    "parity": ("The published optimiser: parity, speed, and the score it reaches", parity),
    "recovery": ("Recovery", recovery),
    "strength": ("One strength at several noise levels", strength),
    "large": ("A large sparse graph", large),
    "sachs": ("Protein signalling data", sachs),
    "exchange": ("Graphs to other libraries and back", exchange),
}


def run(options: Options) -> Path:
    folder = options.folder("dag")
    mark(folder / "recovery.csv", "method", methods.absent(), options.page("dag"))
    mark(folder / "exchange.csv", "library", exchange.absent(), options.page("dag"))
    for name, (_, part) in PARTS.items():
        if options.only in name:
            part.measure(options, folder)
    text = [
        "# Directed acyclic graphs\n",
        f"Parts, one by one with `--only`: {', '.join(f'`{name}`' for name in PARTS)}. `PAUCA_COLIDE_REFERENCE` names "
        "a checkout of the authors' code (the comparison was made for its commit f369759); "
        f"{'this run had it' if official.named() else 'this run had none, and kept what was measured with one'}.\n",
        f"{describe(PACKAGES, options)}\n",
        "Unless named otherwise: 1000 samples, four edges a node (Erdős-Rényi), weights ±[0.5, 2], Gaussian noise of "
        "variance 1 (equal) or 0.5 to 10 (unequal); mean ± standard deviation over graphs with seeds from 1001; CPU "
        "time of one thread, medians. SHD counts a reversed edge once. An undirected edge of a peer's result is "
        "counted in its favour.\n",
    ]
    for name, (title, part) in PARTS.items():
        rows = read_rows(folder / f"{name}.csv")
        if rows:
            text += [f"\n## {title}\n", part.tables(rows), sentence(rows)]
            picture = getattr(part, "picture", None)
            if picture is not None:
                text += [f"\n![{alt}]({path})\n" for alt, path in picture(rows, folder)]
    page = options.output / "dag.md"
    page.write_text("\n".join(text), encoding="utf-8")
    return page
