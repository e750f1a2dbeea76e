"""Groups, several tasks, several classes: pauca beside scikit-learn, celer, skglm, adelie, cyanure and liblinear."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.timing import clock, solve_seconds
from linear.measure import race
from linear.run import cap_of, draw_growth, draw_time_to_gap, growth_said, medians, summarise, threads_text
from linear.solvers import quietly

from blocks import problems
from blocks.gaps import relative_gap
from blocks.solvers import SOLVERS, Solver

TAKES_THREADS = True
TARGETS = [1e-4, 1e-6, 1e-8]
CAP = 5.0
GROWTH_CAP = 1.0
PACKAGES = ["pauca", "numpy", "scipy", "scikit-learn", "celer", "skglm", "adelie", "cyanure", "numba"]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """A solver and its problem, as `linear.measure` races them."""

    solver: Solver
    handed: problems.Problem

    @property
    def label(self) -> str:
        return self.solver.name

    def solve(self, tol: float) -> tuple[float, float]:
        """Seconds and relative duality gap; whoever fails has an infinite gap."""
        try:
            seconds, coef = solve_seconds(lambda: quietly(lambda: self.solver.fit(self.handed, tol)))
            gap = relative_gap(self.handed, coef)
            return seconds, gap if np.isfinite(gap) else np.inf
        except (RuntimeError, ValueError, IndexError):
            return CAP, np.inf


def contenders(problem: problems.Problem) -> list[Entry]:
    return [Entry(s, problem) for s in SOLVERS if s.takes(problem)]


def run(options: Options) -> Path:
    folder = options.folder("blocks")
    cap = cap_of(options)
    rows: Rows = []
    for seed in options.seeds:
        for small in problems.cases(True, seed + 1, options.only):  # compiling and loading are not charged
            for entry in contenders(small):
                entry.solve(1e-2)
        for problem in problems.cases(options.quick, seed, options.only):
            print(f"   {problem.name}, seed {seed}", flush=True)
            new = list(race(problem.name, seed, contenders(problem), TARGETS, options.repeats, cap))
            rows += new
            for target, solver, value in medians(new):
                print(f"      {target}  {solver:26s} {tables.seconds(value)} s", flush=True)
            tables.write_csv(folder / "time_to_gap.csv", rows)
    if options.threads == 1 and (not options.only or options.only in "growth"):
        growth_rows = growth(options)
        draw_growth(growth_rows, folder / "growth.png")
    growth_rows = tables.read_csv(folder / "growth.csv")
    page = options.page("blocks")
    if rows:
        draw_time_to_gap(rows, folder / "time_to_gap.png")
        tables.write_csv(folder / "summary.csv", summarise(rows))
    rows = tables.read_csv(folder / "time_to_gap.csv")
    if rows:
        page.write_text(report(options, rows, summarise(rows), growth_rows), encoding="utf-8")
    return page


def growth(options: Options) -> Rows:
    """To a gap of 1e-6 at alpha_max / 10, n or p varying over two decades; the largest have 10^6 unknowns or less."""
    steps = (100, 300) if options.quick else (100, 300, 1000, 3000, 10_000)
    fewer = (100, 300) if options.quick else (30, 100, 300, 1000, 3000)
    rows: Rows = []
    makers = {
        "groups of 10": lambda n, p, s: ("quadratic", "groups", *problems.groups(n, p, s)),
        "multinomial L1": lambda n, p, s: ("softmax", "entries", *problems.classes(n, p, 10, s)),
    }
    for name, make in makers.items():
        width = 500 if name.startswith("groups") else 100
        for case, shapes in {
            f"{name}, n = 1000, p grows": [(1000, p) for p in (steps if name.startswith("groups") else fewer)],
            f"{name}, p = {width}, n grows": [(n, width) for n in steps],
        }.items():
            print(f"   growth: {case}", flush=True)
            for n, p in shapes:
                loss, penalty, X, Y = make(n, p, options.seeds[0])
                draft = problems.Problem(case, loss, penalty, X, Y, 0.0, 0.1, options.seeds[0])
                problem = replace(problems.at_fraction(draft), fraction=0.1)
                if not any(r["case"].startswith(name) for r in rows):  # compiling and loading are not charged
                    for entry in contenders(problem):
                        entry.solve(1e-2)
                for row in race(case, problem.seed, contenders(problem), [1e-6], options.repeats, GROWTH_CAP):
                    rows.append({"n": n, "p": p, **row})
                tables.write_csv(options.folder("blocks") / "growth.csv", rows)
    return rows


def report(options: Options, rows: Rows, summary: Rows, growth_rows: Rows) -> str:
    best: list[list[str]] = []
    behind: list[str] = []
    for case, target in dict.fromkeys((r["case"], r["target"]) for r in summary):
        row = min((r for r in summary if (r["case"], r["target"]) == (case, target)), key=lambda r: float(r["ratio"]))
        theirs, ours = (tables.seconds(float(row[f"{who}_seconds"])) for who in ("peer", "pauca"))
        best.append([case, target, f"{row['peer']} {theirs}", ours, row["ratio"], f"{row['lowest']}-{row['highest']}"])
        if float(row["ratio"]) < 1:
            behind.append(f"{case} at {target} ({row['ratio']} of {row['peer']})")
    alone = [f"{c} at {t} ({', '.join(dict.fromkeys(r['solver'] for r in rows if (r['case'], r['target']) == (c, t)))})"
             for c, t in dict.fromkeys((r["case"], r["target"]) for r in rows)
             if not any((r["case"], r["target"]) == (c, t) for r in summary)]  # fmt: skip
    everybody = [[*key[:1], key[1], key[2], tables.seconds(value)]
                 for case in dict.fromkeys(r["case"] for r in rows)
                 for *head, value in medians([r for r in rows if r["case"] == case])
                 for key in [(case, *head)]]  # fmt: skip
    text = PAGE.format(
        machine=describe(PACKAGES, options),
        cap=f"{cap_of(options):g}",
        best=tables.markdown(["case", "gap", "best peer, s", "pauca, s", "ratio", "range"], best),
        everybody=tables.markdown(["case", "gap", "solver", f"{clock()} s"], everybody),
        behind="pauca is behind on " + "; ".join(behind) + "." if behind else "pauca is behind nowhere in this table.",
        **threads_text("blocks", options, THREADS.format(ours=OURS)),
        alone="Not both pauca and a peer get there in time; these alone: " + "; ".join(alone) + "." if alone else "",
    )
    return text + (GROWTH.format(said=growth_said(growth_rows)) if growth_rows else "")


GROWTH = """
## Growth

To a gap of 1e-6 at alpha_max / 10; who takes more than 1 s is left out.

![growth](blocks/growth.png)

{said}
"""


# What each solver does with a second thread, by what their sources and documentation say.
THREADS = """
Processor time of the busier of the two threads, which is what a run takes on two idle cores (the machine was not idle,
so that wall-clock time would not tell); differences below a factor of 1.2 are noise. adelie and cyanure
are given two threads by their own argument; OpenBLAS, OpenMP and numba by the environment, which reaches the matrix
products of scikit-learn's lbfgs, newton-cg and newton steps, and products with the design in celer and skglm, whose
coordinate descent has one thread, as have liblinear, saga and scikit-learn's coordinate descent. {ours}
Threads of OpenMP and OpenBLAS that wait spin, which is charged to them: where a peer is several times slower here than
in the one-thread table, that is why, and the ratio is no merit of pauca's. Cases of the one-thread table that are
absent here were not measured.
"""
OURS = "A single fit of pauca's block solver uses one thread; `n_jobs` of its cross-validation fits folds side by side."

PAGE = """# Groups, several tasks, several classes{title}

{machine}

{clock} seconds on {threads} to a relative duality gap, without an intercept on centred data.

- The gap is the primal minus the dual objective, by the same numpy code for every solver (`blocks/gaps.py`), relative
  to the objective at zero.
- Every solver, pauca included, runs at the loosest tolerance on a half-decade grid that reaches the gap on that data;
  who takes more than {cap} s is not in the table.
- Repeats are interleaved, every second one in reverse order. The ratio is the median over paired runs of the peer's
  time over pauca's: above 1, pauca is faster.
- Groups: n = 1000, p = 10000, 1000 groups; at alpha_max / 100 four times more columns are active than there are rows.
  Tasks: n = 500, p = 5000, 20 tasks. Classes: n = 2000, p = 500, 10 classes. Sparse: n = 20000, p = 100000.
- adelie goes down a path of ten strengths, where it is faster than alone. On several classes it is absent: with one
  group an entry, adelie 1.1.52 ends with "IRLS lambda is unexpectedly inf".

{more}
## The best peer

{best}
{behind}
{alone}

![time to a gap]({name}/time_to_gap.png)

## Everybody

{everybody}
"""
