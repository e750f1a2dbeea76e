"""Time to a duality gap: the loosest tolerance that reaches it, then interleaved repeats."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from common.timing import solve_seconds

from linear.gaps import relative_gap
from linear.problems import Problem, at_fraction
from linear.solvers import Solver, quietly

STEPS_PER_DECADE = 2
TIGHTEST = 1e-15


@dataclass(frozen=True)
class Entry:
    """A solver on the problem as it is handed to it, and the problem it is judged by."""

    solver: Solver
    label: str
    handed: Problem
    judged: Problem

    def solve(self, tol: float) -> tuple[float, float]:
        """Seconds and relative duality gap."""
        seconds, coef = solve_seconds(lambda: quietly(lambda: self.solver.fit(self.handed, tol)))
        return seconds, relative_gap(self.judged, coef)


def entries(problem: Problem, solvers: list[Solver]) -> list[Entry]:
    """Every solver that takes the problem; without intercept where a solver has none, pauca then both ways."""
    taking = [s for s in solvers if s.takes(problem)]
    without = problem.without_intercept() if any(not s.intercept for s in taking) else None
    found = []
    for s in taking:
        if s.intercept or without is None:
            handed = centred(problem) if s.centred and not problem.sparse else problem
            found.append(Entry(s, s.name, handed, problem))
        else:
            found.append(Entry(s, s.name, without, without))
        if not s.peer and without is not None:
            found.append(Entry(s, f"{s.name} (no intercept)", without, without))
    return found


def centred(problem: Problem) -> Problem:
    X = np.asfortranarray(problem.X - problem.X.mean(axis=0))
    return replace(problem, X=X, y=problem.y - problem.y.mean(), intercept=False)


def warm_up(problem: Problem, solvers: list[Solver]) -> None:
    """Runs everybody on a small problem of the same kind, so that nobody is charged for compiling or loading."""
    X = problem.X[:200, :300]
    small = at_fraction(replace(problem, X=X.tocsc() if problem.sparse else np.asfortranarray(X), y=problem.y[:200]))
    for entry in entries(small, solvers):
        entry.solve(1e-3)


class ToleranceSearch:
    """Finds the loosest tolerance on a half-decade grid that reaches a gap; solves are shared between targets."""

    def __init__(self, entry: Any, cap: float, budget: float):
        self.entry, self.cap, self.budget = entry, cap, budget
        self.solved: dict[int, tuple[float, float]] = {}
        self.exponent: int | None = None
        self.target = 0.0

    def attempt(self, exponent: int) -> tuple[float, float]:
        if exponent not in self.solved:
            self.solved[exponent] = self.entry.solve(10.0 ** (exponent / STEPS_PER_DECADE))
        return self.solved[exponent]

    def spent(self) -> bool:
        return sum(seconds for seconds, _ in self.solved.values()) > self.budget

    def tolerance(self, target: float) -> float | None:
        """None if it cannot be reached within the cap on the time of a solve."""
        if self.exponent is None:
            guess = self.entry.solver.guess(self.entry.handed, target)
            k = round(STEPS_PER_DECADE * np.log10(guess))
        else:  # where the last target left off: tighten only
            k = self.exponent
        while True:
            if any(seconds > self.cap and gap > target for seconds, gap in self.solved.values()) or self.spent():
                return None
            if 10.0 ** (k / STEPS_PER_DECADE) < TIGHTEST:
                return None
            if self.attempt(k)[1] <= target:
                if self.solved[k][0] > self.cap:
                    return None
                break
            # Jump by what the gap lacks, short of the aim; the walk back below finds the loosest.
            k -= max(1, int(0.5 * STEPS_PER_DECADE * np.log10(self.attempt(k)[1] / target)))
        while k < 0 and not self.spent() and self.attempt(k + 1)[1] <= target:
            k += 1
        self.exponent = k
        return 10.0 ** (k / STEPS_PER_DECADE)


def time_to_gap(
    problem: Problem, solvers: list[Solver], targets: list[float], repeats: int, cap: float
) -> Iterator[dict[str, Any]]:
    """One row a solver, target and repeat."""
    warm_up(problem, solvers)
    yield from race(problem.name, problem.seed, entries(problem, solvers), targets, repeats, cap)


def race(
    case: str, seed: int, contenders: list[Any], targets: list[float], repeats: int, cap: float
) -> Iterator[dict[str, Any]]:
    """Repeats at the loosest tolerances, interleaved, every second one in reverse order; contenders as `Entry`."""
    chosen: list[tuple[float, Any, float]] = []
    for entry in contenders:
        search = ToleranceSearch(entry, cap, 3 * cap)
        for target in targets:
            tol = search.tolerance(target)
            if tol is None:
                break
            chosen.append((target, entry, tol))
    for target in targets:
        runs = [(entry, tol) for t, entry, tol in chosen if t == target]
        for repeat in range(repeats):
            for entry, tol in runs if repeat % 2 == 0 else runs[::-1]:
                seconds, gap = entry.solve(tol)
                yield {
                    "case": case,
                    "seed": seed,
                    "target": f"{target:.0e}",
                    "solver": entry.label,
                    "repeat": repeat,
                    "tol": f"{tol:.2e}",
                    "gap": f"{gap:.2e}",
                    "seconds": f"{seconds:.5f}",
                }
