"""Task selection: risk against samples beside even sampling and known relevance, and the speed of a fit."""

import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.plots import redraw

from pauca import _core
from pauca.multitask import TaskSelector
from task_selection.problems import DIGITS, METHODS, SYNTHETIC, digits, oracle, select, synthetic, target_alone

Rows = list[dict[str, Any]]
LEVELS = (0.2, 0.1, 0.08)


def seeds(options: Options) -> list[int]:
    """Eight data sets at least: risks spread widely."""
    return options.seeds if options.quick else [options.seeds[0] + s for s in range(max(8, len(options.seeds)))]


def synthetic_risks(options: Options) -> Rows:
    rows: Rows = []
    for kind, budgets in SYNTHETIC.items():
        for seed in seeds(options):
            data, target = synthetic(kind, seed)
            rows.append(
                {"kind": kind, "budget": 0, "method": "target alone", "seed": seed, "risk": target_alone(data, target),
                 "tasks": 0, "seconds": 0.0}
            )  # fmt: skip
            for budget in budgets[:1] if options.quick else budgets:
                for method in ("known nu2", "known nu1", *METHODS):
                    start = time.process_time()
                    if method in METHODS:
                        model = select(data, target, budget, seed, **METHODS[method])
                    else:
                        model = oracle(data, target, budget, seed, method)
                    rows.append(
                        {"kind": kind, "budget": budget, "method": method, "seed": seed,
                         "risk": data.risk(model.coef_), "tasks": model.selected_.size,
                         "seconds": time.process_time() - start}
                    )  # fmt: skip
        print(f"   {kind}", flush=True)
    return rows


def risk_table(rows: Rows) -> str:
    cases = list(dict.fromkeys((r["kind"], r["budget"]) for r in rows if r["budget"]))
    methods = list(dict.fromkeys(r["method"] for r in rows if r["budget"]))

    def cell(kind: str, budget: int, method: str) -> str:
        own = [r for r in rows if (r["kind"], r["budget"], r["method"]) == (kind, budget, method)]
        risk = [r["risk"] for r in own]
        return f"{np.mean(risk):.3f} / {np.median(risk):.3f} ({np.median([r['tasks'] for r in own]):.0f})"

    alone = {
        kind: f"{np.mean([r['risk'] for r in rows if r['kind'] == kind and r['budget'] == 0]):.2f}"
        for kind in SYNTHETIC
    }
    header = ["method", *(f"{kind}, N = {budget}" for kind, budget in cases)]
    lines = [["target alone", *(alone[kind] for kind, _ in cases)]]
    lines += [[m, *(cell(kind, budget, m) for kind, budget in cases)] for m in methods]
    return tables.markdown(header, lines)


def samples_needed(options: Options) -> Rows:
    """Mean risk with known relevance over a grid of budgets, and the samples at which it reaches a level."""
    rows: Rows = []
    grid = [500, 1000] if options.quick else [int(n) for n in np.geomspace(250, 16000, 13)]
    for kind in SYNTHETIC:
        for method in ("uniform", "known nu2", "known nu1"):
            for budget in grid:
                risks = []
                for seed in seeds(options):
                    data, target = synthetic(kind, seed)
                    if method == "uniform":
                        model = select(data, target, budget, seed, n_epochs=1, target_in_basis=False)
                    else:
                        nothing_joined = {"target_in_basis": False}
                        model = TaskSelector(5, budget, random_state=seed, **nothing_joined)
                        model.set_params(**known_parameters(data, method)).fit(data.sources, target)
                    risks.append(data.risk(model.coef_))
                rows.append({"kind": kind, "method": method, "budget": budget, "risk": float(np.mean(risks))})
        print(f"   known relevance, {kind}", flush=True)
    return rows


def known_parameters(data: Any, method: str) -> dict[str, Any]:
    from task_selection.problems import known

    norm = "l1" if method == "known nu1" else "l2"
    return {"relevance": known(data, "bp" if norm == "l1" else "l2"), "norm": norm}


def needed_table(rows: Rows) -> str:
    def reached(kind: str, method: str, level: float) -> float:
        own = [(r["budget"], r["risk"]) for r in rows if (r["kind"], r["method"]) == (kind, method)]
        n, risk = (np.array(v, dtype=float) for v in zip(*own, strict=True))
        below = np.flatnonzero(risk <= level)
        if below.size == 0:
            return float("nan")
        j = int(below[0])
        if j == 0:
            return float(n[0])
        share = np.log(risk[j - 1] / level) / np.log(risk[j - 1] / risk[j])
        return float(np.exp(np.log(n[j - 1]) + share * np.log(n[j] / n[j - 1])))

    lines = []
    largest = max(r["budget"] for r in rows)
    for kind in SYNTHETIC:
        for level in LEVELS:
            found = [reached(kind, m, level) for m in ("uniform", "known nu2", "known nu1")]
            shown = [f"> {largest}" if np.isnan(n) else f"{n:.0f}" for n in found]
            ratio = f"{found[1] / found[2]:.1f}" if np.isfinite(found[1:]).all() else ""
            lines.append([kind, level, *shown, ratio])
    return tables.markdown(["sources", "risk", "uniform", "nu2", "nu1", "nu2 / nu1"], lines)


def speed(options: Options) -> Rows:
    """A fit from Grams, start included, beside one pass that reads them (a sum over all entries)."""
    rows: Rows = []
    for d, k, tasks, n in (
        [(50, 5, 50, 200)] if options.quick else [(50, 5, 50, 200), (50, 5, 50, 25), (500, 10, 200, 1000)]
    ):
        rng = np.random.default_rng(options.seeds[0])
        B, W = np.linalg.qr(rng.standard_normal((d, k)))[0], rng.standard_normal((k, tasks))
        grams, cross, squares = np.empty((tasks, d, d)), np.empty((d, tasks), order="F"), np.empty(tasks)
        for m in range(tasks):
            X = rng.standard_normal((n, d))
            y = X @ (B @ W[:, m]) + rng.standard_normal(n)
            grams[m], cross[:, m], squares[m] = X.T @ X, X.T @ y, y @ y
        args = (grams, cross, squares, np.full(tasks, float(n)), np.full(tasks, 1e-6 * n))
        fits, reads = [], []
        for _ in range(max(options.repeats, 5)):
            start = time.process_time()
            basis = _core.multitask_start(*args, k)
            found = _core.multitask_als(*args, basis, tol=1e-7, max_iter=200, max_time=1e9, callback=None)
            middle = time.process_time()
            float(grams.sum())
            fits.append(middle - start)
            reads.append(time.process_time() - middle)
        passes = int(found["passes"]) + 1  # the start reads them once
        angle = np.linalg.norm(B - found["basis"] @ (found["basis"].T @ B), 2)
        rows.append(
            {"d": d, "k": k, "tasks": tasks, "n": n, "fit": float(np.median(fits)), "rounds": int(found["n_iter"]),
             "passes": passes, "read": float(np.median(reads)),
             "ratio": float(np.median(fits)) / passes / float(np.median(reads)), "sine": float(angle)}
        )  # fmt: skip
        print(f"   {rows[-1]}", flush=True)
    return rows


def digit_risks(options: Options) -> Rows:
    rows: Rows = []
    for name, corruptions in DIGITS[:1] if options.quick else DIGITS:
        for seed in seeds(options)[:4]:
            data, target, test, best, own = digits(seed, name, corruptions)
            case = f"{name}, {len(data.sources)} sources"
            rows.append(
                {"target": case, "budget": 0, "method": "target alone", "seed": seed, "risk": own - best, "tasks": 0}
            )  # fmt: skip
            for budget in (6000,) if options.quick else (6000, 12000, 24000):
                for method in ("uniform", "nu2", "nu1", "hybrid"):
                    model = TaskSelector(10, budget, ridge=1e-2, random_state=seed, **METHODS[method])
                    model.fit(data.sources, target)
                    risk = float(np.mean((model.predict(test[0]) - test[1]) ** 2)) - best
                    rows.append(
                        {"target": case, "budget": budget, "method": method, "seed": seed, "risk": risk,
                         "tasks": model.selected_.size}
                    )  # fmt: skip
        print(f"   digits, {name}", flush=True)
    return rows


def digit_table(rows: Rows) -> str:
    groups: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for r in rows:
        groups[r["target"], r["method"]][r["budget"]].append(r["risk"])
    budgets = sorted({r["budget"] for r in rows} - {0})
    lines = []
    for (target, method), found in groups.items():
        cells = [f"{np.mean(found[b]):.4f}" if b in found else f"{np.mean(found[0]):.4f}" for b in budgets]
        lines.append([target, method, *cells])
    return tables.markdown(["target", "method", *(f"N = {b}" for b in budgets)], lines)


def run(options: Options) -> Path:
    warnings.simplefilter("ignore")
    folder = options.folder("task_selection")
    parts = {"speed": speed, "synthetic": synthetic_risks, "known": samples_needed, "digits": digit_risks}
    found = {name: part(options) for name, part in parts.items() if options.only in name}
    for name, rows in found.items():
        tables.write_csv(folder / f"{name}.csv", rows)
    if options.only:
        return folder
    page = options.output / "task_selection.md"
    speeds = tables.markdown(
        ["d", "k", "tasks", "n", "fit, s", "rounds", "passes", "one reading, s", "fit / (passes x reading)"],
        (
            [r["d"], r["k"], r["tasks"], r["n"], tables.seconds(r["fit"]), r["rounds"], r["passes"],
             tables.seconds(r["read"]), f"{r['ratio']:.2f}"]
            for r in found["speed"]
        ),
    )  # fmt: skip
    page.write_text(
        PAGE.format(
            machine=describe(["pauca", "numpy", "scipy", "scikit-learn"], options),
            seeds=", ".join(map(str, seeds(options))),
            speeds=speeds,
            risks=risk_table(found["synthetic"]),
            needed=needed_table(found["known"]),
            digits=digit_table(found["digits"]),
        ),
        encoding="utf-8",
    )
    return redraw("task_selection", options)


PAGE = """# Task selection

{machine} Seeds of the data sets: {seeds}.

## Risk against samples

50 features, 5 dimensions, 50 sources, 100 samples of the target, noise 1, excess risk of predicting nothing 4
(`make_multitask`). Mean / median excess risk over the seeds, in brackets the median number of sources sampled after
exploration. Exploration is counted and used. Half of the budget explores unless said otherwise; "known" relevance
spends everything by the truth.

{risks}
## Samples needed with known relevance

Budget at which the mean risk reaches a level, interpolated; the representation is fitted to the sources alone.

{needed}
## Corrupted digits

Binary tasks, each a digit and a corruption (`make_corrupted_digits`), 60 samples of the target, 10 dimensions: mean
squared error on new images above that of the best linear model, mean over the first four seeds.

{digits}
## Time of a fit

Alternating least squares from Grams with the spectral start, CPU seconds on one thread, median; a reading is a sum over
all entries of the Grams.

{speeds}
"""
