"""Whole paths at equal worst KKT violation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from common.timing import cpu_seconds

from nonconvex.by_ncvreg import NcvregPath
from nonconvex.problems import PathProblem, worst_violation
from nonconvex.solvers import Fit, solvers

CASES = [("dense", "quadratic"), ("sparse", "quadratic"), ("dense", "logistic"), ("dense", "poisson")]
PENALTIES = ("MCP", "SCAD", "L1")
TARGETS = (1e-2, 1e-4, 1e-7)
UNCHANGED = 6  # tolerances without a gain after which tighter ones are not tried


def time_paths(problem: PathProblem, penalty: str, seed: int, repeats: int) -> Iterator[dict[str, Any]]:
    """CPU seconds of every solver at the loosest tolerance that reaches each target, repeats interleaved."""
    found = solvers(problem, penalty)
    reached: dict[tuple[str, float], tuple[float, float]] = {}  # (solver, target) -> (tolerance, violation)
    slow: set[str] = set()
    for name, fit in found.items():
        if name not in ("ncvreg", "pauca"):  # compilation
            solvers(replace(problem, alphas=problem.alphas[:2]), penalty)[name](1e-1)
        tol, violation, stalled = 1e-2, np.inf, 0
        for target in TARGETS:
            while violation > target and tol >= (1e-9 if name == "pycasso" else 1e-15) and name not in slow:
                tol, last = (tol if violation == np.inf and not stalled else 0.1 * tol), violation
                seconds, coefs = spent(fit, tol)
                violation = worst_violation(problem, penalty, coefs)
                stalled = stalled + 1 if violation > 0.5 * last or violation == np.inf else 0
                if stalled == UNCHANGED or seconds > problem.patience:
                    slow.add(name)
            if violation <= target:
                reached[name, target] = tol, violation
            else:
                break
    for target in TARGETS:
        for repeat in range(repeats):
            for name, fit in found.items():
                if (name, target) not in reached or (name in slow and repeat > 0):
                    continue
                tol, violation = reached[name, target]
                seconds, _ = spent(fit, tol)
                yield {
                    "case": problem.name,
                    "penalty": penalty,
                    "seed": seed,
                    "target": target,
                    "solver": name,
                    "repeat": repeat,
                    "seconds": seconds,
                    "kkt": violation,
                }
                if repeat == 0:
                    shown = f"{problem.name} {penalty} {target:g} {name} {seconds:.3g} s kkt {violation:.1e}"
                    print("  ", shown, flush=True)


def spent(fit: Fit, tol: float) -> tuple[float, np.ndarray]:
    """CPU seconds of a path, and its coefficients; R tells its own seconds."""
    seconds, coefs = cpu_seconds(lambda: fit(tol))
    return (fit.seconds if isinstance(fit, NcvregPath) else seconds), coefs
