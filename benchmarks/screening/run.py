"""Screening: cost of a feature beside scikit-learn, a file larger than memory should be, and hits."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.plots import redraw
from common.timing import busier_thread, cpu_seconds
from sklearn.feature_selection import mutual_info_regression

from pauca.screening import MutualInformationScreener, mutual_information
from screening import problems

Rows = list[dict[str, Any]]

CRITERIA: dict[str, dict[str, Any]] = {
    "kde (silverman)": {"criterion": "kde"},
    "kde (scott)": {"criterion": "kde", "bandwidth": "scott"},
    "kde (isj)": {"criterion": "kde", "bandwidth": "isj"},
    "binning (birge-rozenholc)": {"criterion": "binning"},
    "binning (8 quantiles)": {"criterion": "binning", "bins": 8},
    "knn, k = 3": {"criterion": "knn"},
    "knn, k = 10": {"criterion": "knn", "n_neighbors": 10},
    "correlation": {"criterion": "correlation"},
    "distance_correlation": {"criterion": "distance_correlation"},
}


def cost(options: Options) -> Rows:
    """CPU microseconds a feature at n = 500 on one thread, interleaved with scikit-learn's nearest neighbours."""
    X, y = problems.strong_case(options.seeds[0], p=200 if options.quick else 1000)
    X = np.asfortranarray(X)
    few = 20 if options.quick else 50
    times: dict[str, list[float]] = {name: [] for name in CRITERIA}
    for k in (3, 10):
        times[f"scikit-learn knn, k = {k}"] = []
    mutual_information(X[:, :20], y)
    for _ in range(max(options.repeats, 3)):
        for name, settings in CRITERIA.items():
            seconds, _ = cpu_seconds(lambda settings=settings: mutual_information(X, y, **settings))
            times[name].append(1e6 * seconds / X.shape[1])
            if name.startswith("knn"):
                k = settings.get("n_neighbors", 3)
                seconds, _ = cpu_seconds(lambda k=k: mutual_info_regression(X[:, :few], y, n_neighbors=k))
                times[f"scikit-learn knn, k = {k}"].append(1e6 * seconds / few)
    rows = [{"criterion": name, "microseconds": f"{statistics.median(t):.1f}"} for name, t in times.items()]
    for k in (3, 10):
        ratios = np.divide(times[f"scikit-learn knn, k = {k}"], times[f"knn, k = {k}"])
        rows.append({"criterion": f"ratio knn, k = {k}", "microseconds": f"{np.median(ratios):.1f}"})
    return rows


def from_disk(options: Options) -> Rows:
    """The whole file in an interpreter of its own, for its memory; runs with one and two threads interleaved."""
    n, p = 500, 20_000 if options.quick else 1_000_000
    script = Path(__file__).with_name("from_disk.py")
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npy"
        problems.write_columns(path, options.seeds[0], n, p)
        for repeat in range(1 if options.quick else options.repeats):
            for threads in (1, 2):
                command = [sys.executable, str(script), str(path), "kde", str(threads)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                wall, cpu, peak, idle = map(float, done.stdout.split())
                rows.append(
                    {
                        "threads": threads,
                        "repeat": repeat,
                        "wall_us": f"{1e6 * wall / p:.2f}",
                        "cpu_us": f"{1e6 * cpu / p:.2f}",
                        "peak_mb": f"{peak:.0f}",
                        "idle_mb": f"{idle:.0f}",
                        "file_mb": f"{path.stat().st_size / 2**20:.0f}",
                    }
                )
                print("  ", rows[-1], flush=True)
    return rows


def threads(options: Options) -> Rows:
    """One and two threads, the best of interleaved short runs: wall clock, and CPU time of the busier thread."""
    p, rounds = (2000, 3) if options.quick else (8000, 40)
    X, y = problems.strong_case(options.seeds[0], p=p)
    X = np.asfortranarray(X, dtype=np.float32)
    wall, busier = {1: np.inf, 2: np.inf}, {1: np.inf, 2: np.inf}
    for jobs in (1, 2) * rounds:
        start = time.perf_counter()
        cpu = busier_thread(partial(MutualInformationScreener(n_jobs=jobs).fit, X, y))
        wall[jobs], busier[jobs] = min(wall[jobs], time.perf_counter() - start), min(busier[jobs], cpu)
    return [
        {
            "threads": jobs,
            "wall_us": f"{1e6 * wall[jobs] / p:.2f}",
            "wall_ratio": f"{wall[1] / wall[jobs]:.2f}",
            "cpu_us_of_the_busier_thread": f"{1e6 * busier[jobs] / p:.2f}",
            "cpu_ratio": f"{busier[1] / busier[jobs]:.2f}",
            "load": f"{os.getloadavg()[0]:.1f}",
        }
        for jobs in (1, 2)
    ]


def hits(options: Options) -> Rows:
    """Relevant features among the 50 best, over 20 data sets; linear and even effects apart."""
    seeds = range(2 if options.quick else 20)
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in CRITERIA}
    for seed in seeds:
        X, y = problems.strong_case(seed, p=500 if options.quick else 2000)
        X = np.asfortranarray(X)
        for name, settings in CRITERIA.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                top = np.argsort(-mutual_information(X, y, **settings), kind="stable")[:50]
            found[name].append((int(np.sum(top < 3)), int(np.sum((top >= 3) & (top < 6)))))
    return [
        {
            "criterion": name,
            "linear": f"{np.mean([a for a, _ in pairs]):.2f}",
            "even": f"{np.mean([b for _, b in pairs]):.2f}",
            "all": f"{np.mean([a + b for a, b in pairs]):.2f}",
        }
        for name, pairs in found.items()
    ]


def run(options: Options) -> Path:
    folder = options.folder("screening")
    results = {
        part.__name__: tables.measured(folder / f"{part.__name__}.csv", part, options)
        for part in (cost, hits, threads, from_disk)
    }

    def table(name: str) -> str:
        rows = results[name]
        return tables.markdown(list(rows[0]), (list(r.values()) for r in rows)) if rows else "not measured\n"

    page = options.output / "screening.md"
    page.write_text(
        PAGE.format(
            machine=describe(["pauca", "numpy", "scikit-learn"], options),
            cost=table("cost"),
            hits=table("hits"),
            disk=table("from_disk"),
            threads=table("threads"),
        ),
        encoding="utf-8",
    )
    return redraw("screening", options)


PAGE = """# Screening

{machine}

## CPU microseconds a feature

n = 500, one thread, medians of interleaved repeats. The ratios are medians over repeats of scikit-learn's
`mutual_info_regression` over pauca's `knn`, which computes the same numbers.

{cost}
## Hits

Three linear and three even effects, a tenth of the variance each, n = 500, p = 2000: relevant features among the 50
best, mean over 20 data sets (seeds 0 to 19; 3 + 3 is all). Independent normal features: the case rewards any criterion
that sees both kinds and says nothing about correlated ones.

{hits}
## Threads

KDE scores of n = 500, p = 8000 in memory, microseconds a feature: the wall clock, which other work on the machine
distorts (its load stands beside), and the CPU time of the busier of two threads, which is what two idle cores take.
Best of 40 interleaved runs each.

{threads}
## From disk

KDE scores of n = 500, p = 10^6, float32, from a memory-mapped .npy file in an interpreter of its own: microseconds a
feature and the process's memory (peak, and before the scan). The wall clock includes whatever else the machine did.

{disk}"""
