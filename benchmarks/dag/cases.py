"""The graphs of the benchmark, how they are judged, and how rows are kept while a long run is under way."""

import csv
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from common.options import Options
from common.tables import write_csv
from sklearn.utils import Bunch

from pauca.datasets import make_linear_dag
from pauca.metrics import structural_hamming_distance

SEEDS = 10

CASES: dict[str, dict[str, Any]] = {
    "equal": {"variance": "equal"},
    "unequal": {"variance": "unequal"},
    "unequal, weak weights": {"variance": "unequal", "weight_range": (0.25, 1.0)},
    "unequal, exponential": {"variance": "unequal", "noise": "exponential"},
    "unequal, Laplace": {"variance": "unequal", "noise": "laplace"},
    "unequal, scale-free": {"variance": "unequal", "graph": "sf"},
    "equal, scale-free": {"variance": "equal", "graph": "sf"},
}


def graph(case: str, d: int, seed: int, n: int = 1000, **more: Any) -> Bunch:
    return make_linear_dag(n, d, random_state=seed, **{**CASES[case], **more})


def seeds(options: Options, count: int = SEEDS) -> range:
    return range(options.seeds[0], options.seeds[0] + (1 if options.quick else count))


def shd(true: np.ndarray, W: np.ndarray) -> int:
    """Undirected edges (both directions nonzero) count in favour: as the truth has them, if it does."""
    both = (W != 0) & (W.T != 0)
    W = np.where(both & ((true != 0) | (true.T != 0)), true, np.where(both & np.tri(len(W), dtype=bool), 0.0, W))
    return int(structural_hamming_distance(true, W, allow_cycles=True))


def spread(values: Iterable[float]) -> str:
    values = list(values)
    if len(values) == 1:
        return f"{values[0]:g}"
    return f"{np.mean(values):.1f} ± {np.std(values):.1f}"


class Rows:
    """A CSV file that grows with every row: what was measured is there even if a long run is cut short.

    With the environment variable PAUCA_BENCHMARK_RESUME set, rows of an earlier run are kept and not measured again.
    Without it only those of `absent` peers, whose names are in `column`, are kept, see ``common/peers.py``.
    """

    def __init__(self, path: Path, column: str = "method", absent: Collection[str] = ()) -> None:
        self.path = path
        old = _raw(path)
        if not os.environ.get("PAUCA_BENCHMARK_RESUME"):
            old = [row for row in old if row.get(column) in absent]
            path.unlink(missing_ok=True)
        if old:
            for row in old:
                row.setdefault("earlier", "")
            write_csv(path, old)
        self.known = read_rows(path)

    def have(self, **key: Any) -> bool:
        return any(all(row[k] == v for k, v in key.items()) for row in self.known)

    def add(self, **row: Any) -> None:
        row["earlier"] = ""
        new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
        print(row, flush=True)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file, numbers as numbers; none if there is no file."""
    return [{k: _number(v) for k, v in row.items()} for row in _raw(path)]


def _raw(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def distinct(rows: list[dict[str, Any]], key: str) -> list[Any]:
    return list(dict.fromkeys(r[key] for r in rows))


def pick(rows: list[dict[str, Any]], **where: Any) -> list[dict[str, Any]]:
    return [r for r in rows if all(r[k] == v for k, v in where.items())]
