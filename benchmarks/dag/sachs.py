"""The protein data of Sachs et al., if the user has them: how near anybody comes to the consensus network."""

from pathlib import Path
from typing import Any

import numpy as np
from common.options import Options
from common.tables import markdown

from dag.cases import Rows, shd
from dag.methods import ALL
from pauca.dag import r2_sortability, varsortability

METHODS = ("pauca auto", "pauca CoLiDE score", "sort-and-regress", "R2-sort-and-regress", "published optimiser (port)")


def measure(options: Options, folder: Path) -> None:
    from pauca.datasets import load_sachs

    try:
        data = load_sachs()
    except FileNotFoundError as error:
        print(f"sachs: not measured, what there is of an earlier run is kept ({error})")
        return
    rows = Rows(folder / "sachs.csv")
    for scale in ("logarithms", "original", "standardized"):
        X = np.log(data.X) if scale == "logarithms" else data.X
        X = (X - X.mean(axis=0)) / X.std(axis=0) if scale == "standardized" else X
        for name in ("no edges", *METHODS):
            W = np.zeros((11, 11)) if name == "no edges" else ALL[name].fit(X, False)
            rows.add(
                scale=scale,
                method=name,
                shd=shd(data.adjacency, W),
                edges=int(np.count_nonzero(W)),
                correct=int(((W != 0) & (data.adjacency != 0)).sum()),
                samples=len(X),
                truth=int(data.adjacency.sum()),
                varsortability=varsortability(X, data.adjacency),
                r2_sortability=r2_sortability(X, data.adjacency),
            )


def tables(rows: list[dict[str, Any]]) -> str:
    cells = [[r["scale"], r["method"], r["shd"], r["edges"], r["correct"],
              f"{r['varsortability']:.2f}, {r['r2_sortability']:.2f}"] for r in rows]  # fmt: skip
    return (
        f"{rows[0]['samples']} rows of 11 columns against a list of {rows[0]['truth']} edges. The list is "
        "one of several in use, and all methods are nearer to the graph without edges than to it: no ranking follows "
        "from these data.\n\n"
        + markdown(["columns", "method", "SHD", "edges", "correct", "varsortability, R2-sortability"], cells)
    )
