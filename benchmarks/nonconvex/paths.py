"""Whole paths at equal worst KKT violation, and what the paths are worth on fresh data."""

import statistics
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.timing import cpu_seconds

from nonconvex.problems import PathProblem, make, value, worst_violation
from nonconvex.solvers import solvers
from pauca.linear_model import SparseRegressor
from pauca.penalties import L0
from pauca.solvers import IHT

CASES = [("dense", "quadratic"), ("sparse", "quadratic"), ("dense", "logistic"), ("dense", "poisson")]
PENALTIES = ("MCP", "SCAD", "L1")
TARGETS = (1e-2, 1e-4, 1e-7)


def run_paths(options: Options) -> Path | None:
    """Runs the cases that are asked for and writes their page."""
    timings: list[dict[str, Any]] = []
    quality: list[dict[str, Any]] = []
    for seed in options.seeds:
        for kind, loss in CASES:
            if options.only not in f"{kind} {loss}":
                continue
            problem = make(kind, loss, seed, options.quick)
            for penalty in PENALTIES:
                time_paths(problem, penalty, seed, options.repeats, timings, quality)
                tables.write_csv(options.folder("nonconvex") / "paths.csv", timings)
            quality += subset_sizes(problem, seed)
            tables.write_csv(options.folder("nonconvex") / "quality.csv", quality)
    if not timings:
        return None
    page = options.output / "nonconvex_paths.md"
    page.write_text(report(timings, quality), encoding="utf-8")
    return page


def time_paths(
    problem: PathProblem,
    penalty: str,
    seed: int,
    repeats: int,
    timings: list[dict[str, Any]],
    quality: list[dict[str, Any]],
) -> None:
    found = solvers(problem, penalty)
    reached: dict[tuple[str, float], tuple[float, float]] = {}  # (solver, target) -> (tolerance, violation)
    for name, fit in found.items():
        fit(1e-1)  # compilation
        tol, violation, coefs = 1e-2, np.inf, np.zeros((0, 0))
        for target in TARGETS:
            while violation > target and tol >= (1e-9 if name == "pycasso" else 1e-15):
                if violation < np.inf:
                    tol *= 0.1
                coefs = fit(tol)
                violation = worst_violation(problem, penalty, coefs)
            if violation <= target:
                reached[name, target] = tol, violation
            else:
                break
        quality.append(judge(problem, penalty, name, coefs, seed))
    for target in TARGETS:
        for repeat in range(repeats):
            for name, fit in found.items():
                if (name, target) not in reached:
                    continue
                tol, violation = reached[name, target]
                seconds, _ = cpu_seconds(lambda f=fit, t=tol: f(t))
                timings.append(
                    {
                        "case": problem.name,
                        "penalty": penalty,
                        "seed": seed,
                        "target": target,
                        "solver": name,
                        "repeat": repeat,
                        "seconds": seconds,
                        "kkt": violation,
                    }
                )
                if repeat == 0:
                    print(
                        f"   {problem.name} {penalty} {target:g} {name} {seconds:.3g} s kkt {violation:.1e}", flush=True
                    )


def judge(problem: PathProblem, penalty: str, solver: str, coefs: np.ndarray, seed: int) -> dict[str, Any]:
    """Error and support of the solution with the least loss on the validation rows."""
    losses = [value(problem.loss, problem.y_valid, problem.X_valid @ w) for w in coefs.T]
    w = coefs[:, int(np.argmin(losses))]
    hits = np.count_nonzero((w != 0) & (problem.coef != 0))
    scores = [
        2
        * np.count_nonzero((c != 0) & (problem.coef != 0))
        / max(np.count_nonzero(c) + np.count_nonzero(problem.coef), 1)
        for c in coefs.T
    ]
    return {
        "case": problem.name,
        "penalty": penalty,
        "seed": seed,
        "solver": solver,
        "error": float(np.linalg.norm(w - problem.coef) / np.linalg.norm(problem.coef)),
        "F1": 2 * hits / max(np.count_nonzero(w) + np.count_nonzero(problem.coef), 1),
        "selected": np.count_nonzero(w),
        "best F1 on the path": max(scores),
    }


def subset_sizes(problem: PathProblem, seed: int) -> list[dict[str, Any]]:
    """L0 by abess and by IHT, the size chosen by the same validation loss; dense regression alone."""
    if problem.sparse or problem.loss != "quadratic":
        return []
    sizes = list(range(2, 101, 4))
    rows = []
    try:
        from abess.linear import LinearRegression

        fits = [LinearRegression(support_size=s, fit_intercept=False).fit(problem.X, problem.y).coef_ for s in sizes]
        rows.append(judge(problem, "L0", "abess", np.array(fits).T, seed))
    except ImportError:
        pass
    fits = []
    for s in sizes:
        model = SparseRegressor(
            penalty=L0(), alpha=1.0, solver=IHT(n_nonzero=s), fit_intercept=False, standardize=False, tol=1e-6
        )
        fits.append(model.fit(problem.X, problem.y).coef_)
    rows.append(judge(problem, "L0", "pauca", np.array(fits).T, seed))
    return rows


def report(timings: list[dict[str, Any]], quality: list[dict[str, Any]]) -> str:
    lines = [
        "# Paths of MCP, SCAD and L1",
        "",
        "`python benchmarks/run.py nonconvex`",
        "",
        describe(["pauca", "numpy", "scikit-learn", "skglm", "pycasso", "abess"]),
        "",
        "## Time at equal worst KKT violation",
        "",
        "CPU seconds on one thread, median over seeds and repeats; the violation is the largest distance of the",
        "negative gradient to the penalty's subdifferential over alpha, over the whole path, by one numpy function",
        "for everybody. Each solver runs at the largest power of ten as its tolerance that reaches the target; a dash",
        "means that none does. Ratio: fastest peer over pauca.",
        "",
    ]
    names = list(dict.fromkeys(r["solver"] for r in timings))
    cells = []
    for key in dict.fromkeys((r["case"], r["penalty"], r["target"]) for r in timings):
        here = [r for r in timings if (r["case"], r["penalty"], r["target"]) == key]
        median = {
            n: statistics.median(r["seconds"] for r in here if r["solver"] == n)
            for n in names
            if any(r["solver"] == n for r in here)
        }
        peers = [v for n, v in median.items() if n != "pauca"]
        ratio = f"{min(peers) / median['pauca']:.2f}" if peers and "pauca" in median else "-"
        shown = [tables.seconds(median[n]) if n in median else "-" for n in names]
        cells.append([key[0], key[1], f"{key[2]:g}", *shown, ratio])
    lines.append(tables.markdown(["case", "penalty", "KKT", *names, "ratio"], cells))
    lines += [
        "## What the solutions are worth",
        "",
        "Relative error of the coefficients and F1 of the support where the loss on 1000 fresh rows is least; mean",
        "over seeds. L0: sizes 2, 6, ..., 98.",
        "",
    ]
    cells = []
    for key in dict.fromkeys((r["case"], r["penalty"], r["solver"]) for r in quality):
        here = [r for r in quality if (r["case"], r["penalty"], r["solver"]) == key]
        mean = {k: statistics.fmean(r[k] for r in here) for k in ("error", "F1", "selected", "best F1 on the path")}
        cells.append([*key, *(f"{mean[k]:.3f}" if k != "selected" else f"{mean[k]:.0f}" for k in mean)])
    lines.append(
        tables.markdown(["case", "penalty", "solver", "error", "F1", "selected", "best F1 on the path"], cells)
    )
    return "\n".join(lines)
