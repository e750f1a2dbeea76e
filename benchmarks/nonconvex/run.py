"""Nonconvex penalties: gradient evaluations of first-order methods, and single fits beside skglm."""

import statistics
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options

from nonconvex.design import Simulation, simulate
from nonconvex.paths import run_paths
from pauca._certify import certificate
from pauca.linear_model import SparseRegressor
from pauca.penalties import MCP, SCAD
from pauca.solvers import AcceleratedProximalGradient, GreedyBCD, ProximalCG

PENALTIES = {"MCP": MCP(), "SCAD": SCAD()}
FIRST_ORDER = {
    "proximal gradient": AcceleratedProximalGradient(momentum="none"),
    "AG, Ghadimi and Lan": AcceleratedProximalGradient(momentum="ghadimi-lan", restart="none", monotone=False),
    "AG": AcceleratedProximalGradient(restart="none", monotone=False),
    "AG, monotone": AcceleratedProximalGradient(restart="none"),
    "AG, speed restart": AcceleratedProximalGradient(restart="speed"),
    "AG, gradient restart": AcceleratedProximalGradient(),
    "proximal CG": ProximalCG(),
}
TOL, CAP = 1e-4, 5000


def run(options: Options) -> Path:
    folder = options.folder("nonconvex")
    size = {"n": 200, "gap": 30} if options.quick else {"n": 1000, "gap": 400}
    evaluations, fits = [], []
    for seed in options.seeds:
        for correlation in (0.1, 0.5, 0.9):
            data = simulate(seed, correlation=correlation, snr=3.0, **size)
            if options.only not in data.name:
                continue
            print(f"   {data.name}, seed {seed}", flush=True)
            evaluations += count(data, seed, 5 if options.quick else 20)
            fits += compare(data, seed, options.repeats)
    paths = run_paths(options)
    if not evaluations:
        return paths or folder
    tables.write_csv(folder / "evaluations.csv", evaluations)
    tables.write_csv(folder / "fits.csv", fits)
    page = options.output / "nonconvex.md"
    page.write_text(report(evaluations, fits), encoding="utf-8")
    return page


def count(data: Simulation, seed: int, length: int) -> list[dict[str, Any]]:
    """Gradient evaluations along a warm-started path of strengths, linear from alpha_max to a tenth of it."""
    rows = []
    for penalty_name, penalty in PENALTIES.items():
        top = SparseRegressor(penalty=penalty, alpha="0.5max").fit(data.X, data.y).alpha_max_
        for name, solver in FIRST_ORDER.items():
            model = SparseRegressor(penalty=penalty, solver=solver, warm_start=True, tol=TOL, max_iter=CAP)
            total, capped, objective = 0, 0, 0.0
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for alpha in np.linspace(1.0, 0.1, length + 1)[1:] * top:
                    model.set_params(alpha=alpha).fit(data.X, data.y)
                    total += model.solver_report_.details["gradients"]
                    capped += not model.solver_report_.converged
                    objective += model.solver_report_.objective
            print(f"      {penalty_name:5s} {name:24s} {total:7d} gradients, {capped} capped", flush=True)
            rows.append(
                {
                    "case": data.name,
                    "seed": seed,
                    "penalty": penalty_name,
                    "solver": name,
                    "gradients": total,
                    "capped": capped,
                    "objective": objective,
                }
            )
    return rows


def compare(data: Simulation, seed: int, repeats: int) -> list[dict[str, Any]]:
    """One cold fit at a fifth of alpha_max, to equal KKT violation relative to alpha."""
    rows = []
    alpha = SparseRegressor(penalty="mcp", alpha="0.2max").fit(data.X, data.y).alpha_
    for penalty_name, penalty in PENALTIES.items():
        for target in (1e-4, 1e-7):
            fits: dict[str, Any] = {
                "pauca GreedyBCD": lambda t=target, p=penalty: SparseRegressor(
                    penalty=p, alpha=alpha, solver=GreedyBCD(), tol=t
                ).fit(data.X, data.y),
                "pauca AG": lambda t=target, p=penalty: SparseRegressor(
                    penalty=p, alpha=alpha, solver=AcceleratedProximalGradient(), tol=t, max_iter=100_000
                ).fit(data.X, data.y),
            }
            if (peer := skglm_fit(data, penalty, alpha, target)) is not None:
                fits["skglm"] = peer
            for fit in fits.values():
                fit()  # compilation and caches
            for repeat in range(repeats):
                for name, fit in fits.items():
                    start = time.perf_counter()
                    model = fit()
                    seconds = time.perf_counter() - start
                    figure = violation(model, data, penalty, alpha)
                    rows.append(
                        {
                            "case": data.name,
                            "seed": seed,
                            "repeat": repeat,
                            "penalty": penalty_name,
                            "target": target,
                            "solver": name,
                            "seconds": seconds,
                            "kkt": figure,
                        }
                    )
    return rows


def skglm_fit(data: Simulation, penalty: Any, alpha: float, target: float) -> Any:
    try:
        import skglm
        from skglm.datafits import Quadratic
        from skglm.penalties import SCAD as SkglmSCAD
        from skglm.penalties import MCPenalty
        from skglm.solvers import AndersonCD
    except ImportError:
        return None
    kind = MCPenalty if isinstance(penalty, MCP) else SkglmSCAD
    solver = AndersonCD(tol=target * alpha, max_iter=1000, max_epochs=100_000, fit_intercept=False)
    centred = data.y - data.y.mean()

    def fit() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return skglm.GeneralizedLinearEstimator(Quadratic(), kind(alpha, penalty.gamma), solver).fit(
                data.X, centred
            )

    return fit


def violation(model: Any, data: Simulation, penalty: Any, alpha: float) -> float:
    """KKT violation over alpha, by the same numpy code for everybody (the columns have variance one)."""
    judged = SparseRegressor(penalty=penalty, alpha=alpha)
    judged.coef_, judged.intercept_, judged.alpha_ = np.ravel(model.coef_), float(data.y.mean()), alpha
    return certificate(judged, data.X, data.y).violation / alpha


def report(evaluations: list[dict[str, Any]], fits: list[dict[str, Any]]) -> str:
    lines = [
        "# Nonconvex penalties",
        "",
        "`python benchmarks/run.py nonconvex`",
        "",
        describe(["pauca", "numpy", "skglm"]),
        "",
    ]
    lines += [
        f"## Gradient evaluations along a path (KKT violation {TOL:g} of alpha, at most {CAP} iterations a fit)",
        "",
        "Median over seeds; the ratio is to proximal gradient. Design of Yang, Asgharian and Bhatnagar (2024).",
        "",
    ]
    cells = []
    for case in dict.fromkeys(r["case"] for r in evaluations):
        for penalty in PENALTIES:
            here = [r for r in evaluations if (r["case"], r["penalty"]) == (case, penalty)]
            base = statistics.median(r["gradients"] for r in here if r["solver"] == "proximal gradient")
            for name in FIRST_ORDER:
                mine = [r for r in here if r["solver"] == name]
                gradients = statistics.median(r["gradients"] for r in mine)
                capped = sum(r["capped"] for r in mine)
                cells.append([case, penalty, name, f"{gradients:.0f}", f"{gradients / base:.3f}", capped])
    lines.append(tables.markdown(["case", "penalty", "method", "gradients", "ratio", "fits capped"], cells))
    lines += [
        "## One fit at a fifth of alpha_max",
        "",
        "Median seconds, and worst KKT violation over alpha.",
        "",
    ]
    cells = []
    for key in dict.fromkeys((r["case"], r["penalty"], r["target"], r["solver"]) for r in fits):
        mine = [r for r in fits if (r["case"], r["penalty"], r["target"], r["solver"]) == key]
        cells.append(
            [*key, tables.seconds(statistics.median(r["seconds"] for r in mine)), f"{max(r['kkt'] for r in mine):.0e}"]
        )
    lines.append(tables.markdown(["case", "penalty", "tol", "solver", "seconds", "KKT / alpha"], cells))
    return "\n".join(lines)
