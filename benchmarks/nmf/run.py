"""Nonnegative matrix factorisation: pauca beside scikit-learn, time to equal error from the same start."""

import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.plots import redraw
from common.timing import busier_thread, cpu_seconds
from scipy import sparse
from sklearn.decomposition import NMF as SklearnNMF

from pauca.decomposition import NMF

Rows = list[dict[str, Any]]
LADDER = [2, 4, 6, 8, 10, 12, 15, 18, 21, 25, 30, 35, 40, 50, 60, 75, 90, 110, 130, 160, 200]


def dense(seed: int, quick: bool) -> Any:
    """Low rank with sparse factors, plus noise of a tenth of the mean."""
    rng = np.random.default_rng(seed)
    n, m, k = (400, 150, 20) if quick else (2000, 500, 20)
    W = rng.gamma(1.0, size=(n, k)) * (rng.random((n, k)) < 0.5)
    H = rng.gamma(1.0, size=(k, m)) * (rng.random((k, m)) < 0.5)
    X = W @ H
    return np.maximum(X + 0.1 * X.mean() * rng.standard_normal(X.shape), 0.0)


def counts(seed: int, quick: bool) -> Any:
    """Poisson counts of a model with sparse factors, 2 % of them positive."""
    rng = np.random.default_rng(seed)
    n, m, k = (2000, 500, 20) if quick else (20_000, 5000, 20)
    W, H = rng.gamma(0.3, size=(n, k)), rng.gamma(0.3, size=(k, m))
    P = W @ H
    P *= 0.0225 / P.mean()
    return sparse.csr_array(rng.poisson(P).astype(float))


CASES: dict[str, tuple[Callable[[int, bool], Any], str]] = {
    "dense, frobenius": (dense, "frobenius"),
    "sparse, frobenius": (counts, "frobenius"),
    "dense, kullback-leibler": (dense, "kullback-leibler"),
    "sparse, kullback-leibler": (counts, "kullback-leibler"),
}


SLOW = "sparse, kullback-leibler"  # scikit-learn takes minutes a fit: one data set, one repeat


def start(X: Any, k: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    scale = np.sqrt(X.mean() / k)
    return (
        scale * np.abs(rng.standard_normal((X.shape[0], k))),
        scale * np.abs(rng.standard_normal((k, X.shape[1]))),
    )


def fit_once(which: str, X: Any, W: Any, H: Any, loss: str, n_iter: int) -> tuple[float, float, float]:
    """Error reached, CPU seconds (with two threads those of the busier one) and wall seconds of so many iterations."""
    if which.startswith("scikit-learn"):
        solver = "cd" if loss == "frobenius" else "mu"
        model = SklearnNMF(20, init="custom", solver=solver, beta_loss=loss, tol=0.0, max_iter=n_iter)
        call = lambda: model.fit_transform(X, W=W.copy(), H=H.copy())  # noqa: E731
    else:
        jobs = 2 if "2 threads" in which else 1
        model = NMF(20, init="custom", beta_loss=loss, tol=0.0, max_iter=n_iter, n_jobs=jobs)
        call = lambda: model.fit(X, W=W, H=H)  # noqa: E731
    wall = time.perf_counter()
    cpu = busier_thread(call) if "2 threads" in which else cpu_seconds(call)[0]
    return model.reconstruction_err_, cpu, time.perf_counter() - wall


def ladder(which: str, X: Any, W: Any, H: Any, loss: str, target: float, longest: int) -> int | None:
    """Fewest iterations, on the ladder, that reach the target, by bisection: errors fall."""
    steps = [n for n in LADDER if n < longest] + [longest]
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        if fit_once(which, X, W, H, loss, steps[middle])[0] <= target:
            high = middle
        else:
            low = middle + 1
    return steps[low] if low < len(steps) else None


def run(options: Options) -> Path:
    warnings.simplefilter("ignore")
    folder = options.folder("nmf")
    rows: Rows = []
    for case, (build, loss) in CASES.items():
        if options.only not in case:  # those of last time
            rows += [
                {**r, "cpu": float(r["cpu"]), "wall": float(r["wall"])}
                for r in tables.read_csv(folder / "time_to_error.csv")
                if r["case"] == case
            ]
            continue
        for seed in options.seeds[: 1 if case == SLOW else None]:
            X = build(seed, options.quick)
            W, H = start(X, 20, seed)
            print(f"   {case}, seed {seed}", flush=True)
            longest = 200 if loss == "frobenius" else 100
            peer_error = fit_once("scikit-learn", X, W, H, loss, longest)[0]
            own_error = fit_once("pauca", X, W, H, loss, longest)[0]
            target = 1.0005 * max(peer_error, own_error)
            solvers = ["scikit-learn", "pauca", "pauca, 2 threads"]
            needed = {s: ladder(s.split(",")[0], X, W, H, loss, target, longest) for s in solvers}
            for repeat in range(1 if case == SLOW else options.repeats):
                for solver in solvers:
                    n_iter = needed[solver]
                    if n_iter is None:
                        continue
                    error, cpu, wall = fit_once(solver, X, W, H, loss, n_iter)
                    rows.append(
                        {
                            "case": case,
                            "seed": seed,
                            "repeat": repeat,
                            "solver": solver,
                            "iterations": n_iter,
                            "error": f"{error:.6g}",
                            "cpu": cpu,
                            "wall": wall,
                            "long_run": f"{own_error / peer_error:.6f}",
                            "load": f"{os.getloadavg()[0]:.1f}",
                        }
                    )
    tables.write_csv(folder / "time_to_error.csv", rows)
    summary = summarise(rows)
    tables.write_csv(folder / "summary.csv", summary)
    table = tables.markdown(list(summary[0]), (list(r.values()) for r in summary))
    print(table, flush=True)
    page = options.output / "nmf.md"
    machine = describe(["pauca", "numpy", "scipy", "scikit-learn"], options)
    page.write_text(PAGE.format(table=table, machine=machine), encoding="utf-8")
    return redraw("nmf", options)


def summarise(rows: Rows) -> Rows:
    times = {(r["case"], r["seed"], r["repeat"], r["solver"]): r for r in rows}
    summary = []
    for case in dict.fromkeys(r["case"] for r in rows):

        def ratios(solver: str, clock: str, case: str = case) -> str:
            found = [
                times[case, s, r, solver][clock] / times[case, s, r, "scikit-learn"][clock]
                for c, s, r, name in times
                if c == case and name == solver and (case, s, r, "scikit-learn") in times
            ]
            return f"{statistics.median(found):.2f}" if found else "-"

        def middle(solver: str, column: str, case: str = case) -> float:
            return statistics.median(
                float(r.get(column) or "nan") for r in rows if (r["case"], r["solver"]) == (case, solver)
            )

        summary.append(
            {
                "case": case,
                "scikit-learn's CPU s": tables.seconds(middle("scikit-learn", "cpu")),
                "pauca's CPU s": tables.seconds(middle("pauca", "cpu")),
                "CPU ratio": ratios("pauca", "cpu"),
                "CPU ratio, the busier of 2 threads": ratios("pauca, 2 threads", "cpu"),
                "wall ratio, 2 threads": ratios("pauca, 2 threads", "wall"),
                "load": f"{middle('pauca', 'load'):.0f}",
                "iterations": f"{middle('scikit-learn', 'iterations'):.0f} / {middle('pauca', 'iterations'):.0f}",
                "long-run error ratio": f"{middle('pauca', 'long_run'):.5f}",
            }
        )
    return summary


PAGE = """# Nonnegative matrix factorisation

{machine}

Time until the error is within 0.05 % of the worse of the two after a long run (200 iterations; 100 for
Kullback-Leibler), from the same random start, 20 components; medians over seeds and interleaved repeats, ratios paired
(sparse, kullback-leibler: one data set, one repeat).
scikit-learn runs `solver="cd"` for Frobenius and `"mu"` for Kullback-Leibler. Ratios below 1 favour pauca.
A wall ratio means something where the machine's load, printed beside, is well below its number of cores. Two idle cores
take at most the CPU time of the busier of two threads; a pass over the dense data lasts two milliseconds, in which a
loaded machine hardly starts the second thread.
"Long-run error ratio" is pauca's error over scikit-learn's after the long run: both stop in local minima, either may be
the better.

{table}
"""
