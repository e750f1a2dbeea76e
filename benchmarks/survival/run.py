"""Cox paths with an L1 penalty: CPU time to a given KKT violation, beside skglm's proximal Newton."""

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

from pauca.linear_model import SparseCoxRegressor, path

TARGET = 1e-6  # worst KKT violation over the path, relative to the strength
TOLERANCES = [10.0 ** (-k / 2) for k in range(4, 25)]
CASES = {"n=500 p=2000": (500, 2000), "n=2000 p=500": (2000, 500), "n=300 p=5000": (300, 5000)}
STRENGTHS = np.geomspace(0.95, 0.1, 20)

Solve = Callable[[float], list[np.ndarray]]


def problem(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours correlated at 0.5, ten effects, no ties, a third or so censored."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    X = np.asfortranarray((X - X.mean(axis=0)) / X.std(axis=0))
    w = np.zeros(p)
    w[rng.choice(p, 10, replace=False)] = rng.choice([-1, 1], 10) * 0.6
    failure, censoring = rng.exponential(np.exp(-X @ w)), rng.exponential(1.5, n)
    return X, np.column_stack([np.minimum(failure, censoring), failure <= censoring])


def gradient(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Of the loss over n, from the definition: one row of probabilities for each event."""
    eta = X @ w
    at_risk = y[None, :, 0] >= y[y[:, 1] > 0, 0][:, None]
    e = np.where(at_risk, np.exp(eta - eta.max()), 0.0)
    return X.T @ ((e / e.sum(axis=1, keepdims=True)).sum(axis=0) - y[:, 1]) / len(y)


def violation(X: np.ndarray, y: np.ndarray, alphas: np.ndarray, coefs: list[np.ndarray]) -> float:
    worst = 0.0
    for alpha, w in zip(alphas, coefs, strict=True):
        g = gradient(X, y, w)
        distance = np.where(w != 0, np.abs(g + alpha * np.sign(w)), np.maximum(np.abs(g) - alpha, 0.0))
        worst = max(worst, float(distance.max() / alpha))
    return worst


def pauca_path(X: np.ndarray, y: np.ndarray, alphas: np.ndarray) -> Solve:
    def solve(tol: float) -> list[np.ndarray]:
        found = path(X, y, loss="cox", alphas=alphas, tol=tol).coefs_.toarray()
        return list(found.T)

    return solve


def skglm_path(X: np.ndarray, y: np.ndarray, alphas: np.ndarray) -> Solve:
    from skglm.datafits import Cox
    from skglm.penalties import L1
    from skglm.solvers import ProxNewton
    from skglm.utils.jit_compilation import compiled_clone

    datafit, penalty = compiled_clone(Cox()), compiled_clone(L1(1.0))
    datafit.initialize(X, y)

    def solve(tol: float) -> list[np.ndarray]:
        w, eta, coefs = np.zeros(X.shape[1]), np.zeros(X.shape[0]), []
        for alpha in alphas:
            penalty.alpha = alpha
            solver = ProxNewton(tol=tol * alpha, max_iter=200, fit_intercept=False)
            w = solver.solve(X, y, datafit, penalty, w, eta)[0]
            eta = X @ w
            coefs.append(w.copy())
        return coefs

    return solve


def measure(options: Options) -> list[dict[str, Any]]:
    rows = []
    for name, (rows_full, columns_full) in CASES.items():
        if options.only not in name:
            continue
        n, p = (rows_full // 5, columns_full // 5) if options.quick else (rows_full, columns_full)
        ratios, seconds, reached = [], {"pauca": [], "skglm": []}, {"pauca": [], "skglm": []}
        for seed in options.seeds:
            X, y = problem(n, p, seed)
            alphas = STRENGTHS * np.abs(gradient(X, y, np.zeros(p))).max()
            solvers = {"pauca": pauca_path(X, y, alphas), "skglm": skglm_path(X, y, alphas)}
            loosest = {}
            for solver, solve in solvers.items():
                solve(1e-2)  # compiles
                for tol in TOLERANCES:
                    worst = violation(X, y, alphas, solve(tol))
                    if worst <= TARGET:
                        break
                loosest[solver] = tol
                reached[solver].append(worst)
            for repeat in range(options.repeats):
                spent = {}
                for solver in sorted(solvers, reverse=repeat % 2 == 1):
                    start = time.process_time()
                    solvers[solver](loosest[solver])
                    spent[solver] = time.process_time() - start
                    seconds[solver].append(spent[solver])
                ratios.append(spent["skglm"] / spent["pauca"])
        rows.append(
            {
                "problem": f"n={n} p={p}",
                "pauca s": tables.seconds(statistics.median(seconds["pauca"])),
                "skglm s": tables.seconds(statistics.median(seconds["skglm"])),
                "skglm / pauca": f"{statistics.median(ratios):.1f}",
                "worst violation pauca": f"{max(reached['pauca']):.0e}",
                "worst violation skglm": f"{max(reached['skglm']):.0e}",
            }
        )
    return rows


def scaling(options: Options) -> list[dict[str, Any]]:
    """CPU time of one fit as rows grow: a gradient costs O(n)."""
    rows = []
    for n in (1000, 10_000) if options.quick else (1000, 10_000, 100_000):
        X, y = problem(n, 50, options.seeds[0])
        start = time.process_time()
        model = SparseCoxRegressor().fit(X, y)
        spent = time.process_time() - start
        rows.append({"n": n, "p": 50, "CPU s": tables.seconds(spent), "outer iterations": model.n_iter_})
    return rows


def run(options: Options) -> Path:
    warnings.simplefilter("ignore")
    folder = options.folder("survival")
    first, second = measure(options), scaling(options)
    tables.write_csv(folder / "paths.csv", first)
    tables.write_csv(folder / "scaling.csv", second)
    machine = describe(("pauca", "skglm", "numba", "numpy", "scipy", "scikit-learn"), options)
    page = options.output / "survival.md"
    tables_text = [tables.markdown(list(r[0]), [list(row.values()) for row in r]) for r in (first, second) if r]
    page.write_text(PAGE.format(machine, TARGET, *tables_text), encoding="utf-8")
    return redraw("survival", options)


PAGE = """# Survival

{}

## L1 paths of the Cox model

20 strengths from 0.95 to 0.1 alpha_max, Breslow, dense; CPU seconds at the loosest tolerance of each solver that brings
the worst KKT violation over the path, relative to the strength and computed in numpy, to {:g}. Compilation is not
charged.

{}
## Rows

One fit at 0.1 alpha_max.

{}"""
