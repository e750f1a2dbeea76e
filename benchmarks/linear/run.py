"""L1-penalised linear models: pauca beside scikit-learn, celer, skglm and liblinear."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import plots, tables
from common.machine import describe
from common.options import Options
from common.timing import clock, in_new_process

from linear import problems
from linear.measure import time_to_gap
from linear.solvers import SOLVERS

TAKES_THREADS = True
TARGETS = [1e-4, 1e-6, 1e-8]
PACKAGES = ["pauca", "numpy", "scipy", "scikit-learn", "celer", "skglm", "numba"]
Rows = list[dict[str, Any]]
# What the project set out to reach: best peer's time over pauca's, at the gaps of TARGETS, of the cases called so.
AIMS = {
    "dense lasso": (1.4, 2.0, 2.0),
    "dense logistic": (1.0, 1.0, 1.5),
    "sparse lasso /10": (2.0, 2.0, 2.0),
    "sparse logistic /10": (2.0, 2.0, 2.0),
}


def run(options: Options) -> Path:
    folder = options.folder("linear")
    rows: Rows = []
    for seed in options.seeds:
        for problem in problems.cases(options.quick, seed, options.only):
            print(f"   {problem.name}, seed {seed}", flush=True)
            new = list(time_to_gap(problem, SOLVERS, TARGETS, options.repeats, cap_of(options)))
            rows += new
            for target, solver, value in medians(new):
                print(f"      {target}  {solver:26s} {tables.seconds(value)} s", flush=True)
            tables.write_csv(folder / "time_to_gap.csv", rows)
    if rows:
        draw_time_to_gap(rows, folder / "time_to_gap.png")
        tables.write_csv(folder / "summary.csv", summarise(rows))
    if options.threads == 1 and options.only in ("", "growth"):
        growth_rows = growth(options)
        tables.write_csv(folder / "growth.csv", growth_rows)
        draw_growth(growth_rows, folder / "growth.png")
    if options.threads == 1 and options.only in ("", "start-up"):
        tables.write_csv(folder / "start_up.csv", start_up((0,) if options.quick else DEPTHS))
    page = options.page("linear")
    rows = tables.read_csv(folder / "time_to_gap.csv")
    if rows:
        growth_rows, start_rows = (tables.read_csv(folder / f"{name}.csv") for name in ("growth", "start_up"))
        page.write_text(report(options, rows, summarise(rows), growth_rows, start_rows), encoding="utf-8")
    return page


def cap_of(options: Options) -> float:
    """Seconds after which a solver is out; fewer on two threads, whose table is a supplement."""
    if options.quick:
        return 0.5
    return 2.0 if options.threads > 1 else 5.0


def medians(rows: Rows) -> list[tuple[str, str, float]]:
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        groups[row["target"], row["solver"]].append(float(row["seconds"]))
    return [(*key, statistics.median(values)) for key, values in groups.items()]


def summarise(rows: Rows) -> Rows:
    """Per case, target and peer: medians, and the median over paired runs of the peer's time over pauca's."""
    times = {(r["case"], r["target"], r["solver"], r["seed"], r["repeat"]): float(r["seconds"]) for r in rows}
    summary = []
    for case, target in dict.fromkeys((r["case"], r["target"]) for r in rows):
        solvers = list(dict.fromkeys(r["solver"] for r in rows if (r["case"], r["target"]) == (case, target)))
        for peer in solvers:
            if peer.startswith("pauca"):
                continue
            ours = "pauca (no intercept)" if "no intercept" in peer else "pauca"
            runs = {k[3:]: t for k, t in times.items() if k[:3] == (case, target, peer)}
            pairs = [(t, times[case, target, ours, *key]) for key, t in runs.items()
                     if (case, target, ours, *key) in times]  # fmt: skip
            if not pairs:
                continue
            ratios = [theirs / mine for theirs, mine in pairs]
            summary.append(
                {
                    "case": case,
                    "target": target,
                    "peer": peer,
                    "peer_seconds": f"{statistics.median(p for p, _ in pairs):.5f}",
                    "pauca_seconds": f"{statistics.median(q for _, q in pairs):.5f}",
                    "ratio": f"{statistics.median(ratios):.2f}",
                    "lowest": f"{min(ratios):.2f}",
                    "highest": f"{max(ratios):.2f}",
                }
            )
    return summary


def draw_time_to_gap(rows: Rows, path: Path) -> None:
    series: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for case in dict.fromkeys(r["case"] for r in rows):
        curves: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        for target, solver, value in medians([r for r in rows if r["case"] == case]):
            curves[solver][0].append(float(target))
            curves[solver][1].append(value)
        series[case] = curves
    plots.panels(
        path, series, "relative duality gap", f"{clock()} seconds", columns=min(4, len(series)), reverse_x=True
    )


def growth(options: Options) -> Rows:
    """Lasso at alpha_max / 10 to a gap of 1e-6, one of n and p varying."""
    if options.quick:
        sizes = {"dense, n = 200": [(200, p) for p in (500, 1000, 2000)]}
    else:
        sizes = {
            "dense lasso, n = 1000, p grows": [(1000, p) for p in (300, 1000, 3000, 10_000, 30_000)],
            "dense lasso, p = 3000, n grows": [(n, 3000) for n in (100, 300, 1000, 3000, 10_000)],
            "sparse lasso, n = 20000, p grows": [(20_000, p) for p in (3000, 10_000, 30_000, 100_000, 300_000)],
        }
    rows: Rows = []
    for name, shapes in sizes.items():
        print(f"   growth: {name}", flush=True)
        for n, p in shapes:
            build = problems.sparse_design if name.startswith("sparse") else problems.dense_design
            X = build(n, p, options.seeds[0])
            y, _ = problems.responses(X, max(10, min(n, p) // 100), options.seeds[0])
            problem = problems.at_fraction(problems.Problem(name, "quadratic", X, y, 0.0, 0.1, True, options.seeds[0]))
            for row in time_to_gap(problem, SOLVERS, [1e-6], options.repeats, 5.0):
                rows.append({"n": n, "p": p, **row})
    return rows


def draw_growth(rows: Rows, path: Path) -> None:
    series: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for case in dict.fromkeys(r["case"] for r in rows):
        curves: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        varying = "n" if case.endswith("n grows") else "p"
        own = [r for r in rows if r["case"] == case]
        for size in dict.fromkeys(r[varying] for r in own):
            for _, solver, value in medians([r for r in own if r[varying] == size]):
                curves[solver][0].append(float(size))
                curves[solver][1].append(value)
        series[case] = curves
    plots.panels(path, series, "n or p", f"{clock()} seconds", columns=len(series))


def growth_said(rows: Rows) -> str:
    """Per case: how time grows from the smallest to the largest size, and where pauca is behind."""
    table, behind = [], []
    for case in dict.fromkeys(r["case"] for r in rows):
        own = [r for r in rows if r["case"] == case]
        varying = "n" if case.endswith("n grows") else "p"
        sizes = list(dict.fromkeys(int(r[varying]) for r in own))
        times = {(size, solver): value for size in sizes
                 for _, solver, value in medians([r for r in own if int(r[varying]) == size])}  # fmt: skip
        for solver in dict.fromkeys(r["solver"] for r in own):
            reached = [size for size in sizes if (size, solver) in times]
            first, last = times[reached[0], solver], times[reached[-1], solver]
            grown = np.log(last / first) / np.log(reached[-1] / reached[0]) if len(reached) > 1 else float("nan")
            table.append([case, solver, f"{reached[0]}: {tables.seconds(first)} s",
                          f"{reached[-1]}: {tables.seconds(last)} s", f"{grown:.2f}"])  # fmt: skip
        for size in sizes:
            peers = {s: t for (k, s), t in times.items() if k == size and not s.startswith("pauca")}
            mine = times.get((size, "pauca"))
            if peers and (mine is None or min(peers.values()) < mine):
                best = min(peers, key=peers.__getitem__)
                ratio = "alone" if mine is None else f"{peers[best] / mine:.2f}"
                behind.append(f"{case}, {varying} = {size} ({ratio} of {best})")
    said = "pauca is behind at " + "; ".join(behind) + "." if behind else "pauca is behind nowhere in this picture."
    return tables.markdown(["case", "solver", "smallest", "largest", "exponent"], table) + "\n" + said


START_UP = {
    "pauca": "from pauca.linear_model import SparseRegressor as Model",
    "scikit-learn": "from sklearn.linear_model import Lasso as Model",
    "celer": "from celer import Lasso as Model",
    "skglm": "from skglm import Lasso as Model",
}


# CPython 3.11 maps its stack of Python frames in chunks of 16 kB and gives one back when a call returns across its end.
# Where that end falls decides some 0.1 s of an import of this size, and is an accident of how deep the import starts.
DEPTHS = tuple(range(0, 96, 8))

CODE = """
def start(depth):
    if depth:
        return start(depth - 1)
    import time
    began = time.perf_counter()
    import numpy as np
    {statement}
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((100, 200)))
    Model(alpha=0.1).fit(X, X[:, 0] - X[:, 1])
    return time.perf_counter() - began

print(start({depth}))
"""


def start_up(depths: Sequence[int]) -> Rows:
    """Seconds from the start of the import to the end of the first fit; solvers interleaved, medians over depths."""
    print("   start-up", flush=True)
    times: dict[str, list[float]] = {name: [] for name in START_UP}
    for depth in depths:
        for name, statement in START_UP.items():
            times[name].append(in_new_process(CODE.format(statement=statement, depth=depth)))
    base = times["scikit-learn"]
    return [
        {
            "solver": name,
            "seconds": f"{statistics.median(found):.3f}",
            "beyond scikit-learn's": f"{statistics.median(a - b for a, b in zip(found, base, strict=True)):.3f}",
        }
        for name, found in times.items()
    ]


def report(options: Options, rows: Rows, summary: Rows, growth_rows: Rows, start_rows: Rows) -> str:
    worst: dict[tuple[str, str], dict[str, Any]] = {}
    for row in summary:
        key = row["case"], row["target"]
        if key not in worst or float(row["ratio"]) < float(worst[key]["ratio"]):
            worst[key] = row
    best = tables.markdown(
        ["case", "relative gap", "best peer", f"its {clock()} s", f"pauca's {clock()} s", "ratio", "lowest to highest"],
        (
            [r["case"], r["target"], r["peer"], tables.seconds(float(r["peer_seconds"])),
             tables.seconds(float(r["pauca_seconds"])), f"**{r['ratio']}**", f"{r['lowest']} to {r['highest']}"]
            for r in worst.values()
        ),
    )  # fmt: skip
    solvers = list(dict.fromkeys(r["solver"] for r in rows))
    cells = {}
    for case in dict.fromkeys(r["case"] for r in rows):
        for target, solver, value in medians([r for r in rows if r["case"] == case]):
            cells[case, target, solver] = tables.seconds(value)
    everybody = tables.markdown(
        ["case", "relative gap", *solvers],
        ([c, t, *(cells.get((c, t, s), "-") for s in solvers)] for c, t in dict.fromkeys(k[:2] for k in cells)),
    )
    starts = tables.markdown(list(start_rows[0]), [list(r.values()) for r in start_rows]) if start_rows else ""
    behind = [f"{r['case']} at {r['target']} ({r['ratio']} of {r['peer']})" for r in worst.values()
              if float(r["ratio"]) < 1]  # fmt: skip
    text = PAGE.format(
        machine=describe(PACKAGES, options),
        best=best,
        cap=cap_of(options),
        **threads_text("linear", options, THREADS.format(ours=OURS)),
        everybody=everybody,
        behind="pauca is behind on " + "; ".join(behind) + "." if behind else "pauca is behind nowhere in this table.",
        aims="" if options.quick or options.threads > 1 else aims_said(worst.values()),
    )
    return text + (PAGE_MORE.format(starts=starts, said=growth_said(growth_rows)) if start_rows else "")


def aims_said(best: Iterable[dict[str, Any]]) -> str:
    """Each aim, and the cases that miss it; `best` has the best peer's row of every case and gap."""
    wanted, missed = [], []
    for name, ratios in AIMS.items():
        wanted.append(f"{name} {', '.join(f'{r:g}' for r in ratios)}")
        aims = dict(zip((f"{t:.0e}" for t in TARGETS), ratios, strict=True))
        missed += [
            f"{row['case']} at {row['target']} ({row['ratio']} instead of {aims[row['target']]:g})"
            for row in best
            if row["case"].startswith(name) and float(row["ratio"]) < aims[row["target"]]
        ]
    gaps = ", ".join(f"{t:.0e}" for t in TARGETS)
    said = f"Missed: {'; '.join(missed)}." if missed else "All are reached."
    return f"The project's aims for the ratio at {gaps}: {'; '.join(wanted)}. {said}\n"


def threads_text(family: str, options: Options, more: str) -> dict[str, str]:
    """What a page says differently on several threads."""
    several = options.threads > 1
    return {
        "title": f", {options.threads} threads" if several else "",
        "threads": f"{options.threads} threads" if several else "one thread",
        "clock": f"{clock()[0].upper()}{clock()[1:]}",
        "name": options.name(family),
        "more": more if several else "",
    }


# What each solver does with a second thread, by what their sources and documentation say.
THREADS = """
Processor time of the busier of the two threads, which is what a run takes on two idle cores (the machine was not idle,
so that wall-clock time would not tell); differences below a factor of 1.2 are noise. OpenBLAS, OpenMP
and numba have two threads by the environment, which reaches products with a dense design in scikit-learn, celer and
skglm; the coordinate descent of all three, liblinear, and products with sparse designs have one. {ours}
Threads of OpenMP and OpenBLAS that wait spin, which is charged to them: where a peer is several times slower here than
in the one-thread table, that is why, and the ratio is no merit of pauca's. Cases of the one-thread table that are
absent here were not measured.
"""
OURS = (
    "A single fit of pauca's linear solver uses one thread; `n_jobs` of its cross-validation fits folds side by side."
)

PAGE = """# L1-penalised linear models{title}

{machine}

{clock} seconds on {threads} to a relative duality gap, with an intercept unless a solver's name says otherwise.

- The gap is the primal minus the dual objective, computed for every solver by the same numpy code (`linear/gaps.py`)
  with the intercept recomputed exactly, relative to the objective of the model without features.
- Every solver, pauca included, runs at the loosest tolerance on a half-decade grid that reaches the gap on that data;
  `-` means that it takes more than {cap:g} s, or that the problem is not its kind.
- Repeats are interleaved, every second one in reverse order; compilation and loading are paid before. The ratio is the
  median over paired runs of the peer's time over pauca's: above 1, pauca is faster.
- On the dense design scikit-learn's and celer's Lasso are handed centred data, which they are not charged for: their
  own centring copies X. celer's logistic regression has no intercept and liblinear penalises it: both solve the problem
  without one and are compared with pauca doing the same.
- Dense: n = 1000, p = 10000, AR(0.6) rows. Sparse: CSC, n = 20000, p = 100000, density 1e-3. Tall: n = 20000, p = 500,
  AR(0.6) rows. "/10" is alpha_max / 10.

{more}
## The best peer

{best}
{behind}
{aims}
![time to a gap]({name}/time_to_gap.png)

## Everybody

{everybody}
"""

PAGE_MORE = """
## Growth

Lasso at alpha_max / 10 to a gap of 1e-6.

![growth with n and p](linear/growth.png)

{said}

## Import and first fit in a new process

Wall-clock seconds, a 100 x 200 lasso; the import begins at different depths of the call stack, solvers interleaved,
medians (of differences in the last column).

{starts}
"""
