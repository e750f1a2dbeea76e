"""Gradient evaluations of first-order methods on the simulation of Yang, Asgharian and Bhatnagar (2024), and single
fits beside skglm."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from common.options import Options
from common.timing import cpu_seconds

from nonconvex.design import Simulation, simulate
from pauca._certify import certificate
from pauca.linear_model import SparseRegressor
from pauca.penalties import MCP, SCAD
from pauca.solvers import AcceleratedProximalGradient, GreedyBCD, ProximalCG

CORRELATIONS = (0.1, 0.5, 0.9)
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


def case_name(correlation: float) -> str:
    return f"tau={correlation} SNR=3"


def data(correlation: float, seed: int, quick: bool) -> Simulation:
    size = {"n": 200, "gap": 30} if quick else {"n": 1000, "gap": 400}
    return simulate(seed, correlation=correlation, snr=3.0, **size)


def count(correlation: float, options: Options) -> Iterator[dict[str, Any]]:
    """Gradient evaluations along a warm-started path of strengths, linear from alpha_max to a tenth of it."""
    length = 3 if options.quick else 20
    for seed in options.seeds:
        problem = data(correlation, seed, options.quick)
        for penalty_name, penalty in PENALTIES.items():
            top = SparseRegressor(penalty=penalty, alpha="0.5max").fit(problem.X, problem.y).alpha_max_
            for name, solver in FIRST_ORDER.items():
                model = SparseRegressor(penalty=penalty, solver=solver, warm_start=True, tol=TOL, max_iter=CAP)
                total, capped, objective = 0, 0, 0.0
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    for alpha in np.linspace(1.0, 0.1, length + 1)[1:] * top:
                        model.set_params(alpha=alpha).fit(problem.X, problem.y)
                        total += model.solver_report_.details["gradients"]
                        capped += not model.solver_report_.converged
                        objective += model.solver_report_.objective
                print(f"      {penalty_name:5s} {name:24s} {total:7d} gradients, {capped} capped", flush=True)
                yield {
                    "case": case_name(correlation),
                    "seed": seed,
                    "penalty": penalty_name,
                    "solver": name,
                    "gradients": total,
                    "capped": capped,
                    "objective": objective,
                }


def compare(correlation: float, options: Options) -> Iterator[dict[str, Any]]:
    """One cold fit at a fifth of alpha_max, to equal KKT violation relative to alpha."""
    for seed in options.seeds:
        problem = data(correlation, seed, options.quick)
        alpha = SparseRegressor(penalty="mcp", alpha="0.2max").fit(problem.X, problem.y).alpha_
        for penalty_name, penalty in PENALTIES.items():
            for target in (1e-4, 1e-7):
                fits = competitors(problem, penalty, alpha, target)
                for fit in fits.values():
                    fit()  # compilation and caches
                for repeat in range(options.repeats):
                    for name, fit in fits.items():
                        seconds, model = cpu_seconds(fit)
                        yield {
                            "case": case_name(correlation),
                            "seed": seed,
                            "repeat": repeat,
                            "penalty": penalty_name,
                            "target": target,
                            "solver": name,
                            "seconds": seconds,
                            "kkt": violation(model, problem, penalty, alpha),
                        }


def competitors(problem: Simulation, penalty: Any, alpha: float, target: float) -> dict[str, Callable[[], Any]]:
    def mine(solver: Any) -> Any:
        model = SparseRegressor(penalty=penalty, alpha=alpha, solver=solver, tol=target, max_iter=100_000)
        return model.fit(problem.X, problem.y)

    fits = {
        "pauca GreedyBCD": lambda: mine(GreedyBCD()),
        "pauca AG": lambda: mine(AcceleratedProximalGradient()),
    }
    try:
        import skglm
        from skglm.datafits import Quadratic
        from skglm.penalties import SCAD as SkglmSCAD
        from skglm.penalties import MCPenalty
        from skglm.solvers import AndersonCD
    except ImportError:
        return fits
    kind = MCPenalty if isinstance(penalty, MCP) else SkglmSCAD
    solver = AndersonCD(tol=target * alpha, max_iter=1000, max_epochs=100_000, fit_intercept=False)
    centred = problem.y - problem.y.mean()

    def theirs() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = skglm.GeneralizedLinearEstimator(Quadratic(), kind(alpha, penalty.gamma), solver)
            return model.fit(problem.X, centred)

    return {**fits, "skglm": theirs}


def violation(model: Any, problem: Simulation, penalty: Any, alpha: float) -> float:
    """KKT violation over alpha, by the same numpy code for everybody (the columns have variance one)."""
    judged = SparseRegressor(penalty=penalty, alpha=alpha)
    judged.coef_, judged.intercept_, judged.alpha_ = np.ravel(model.coef_), float(problem.y.mean()), alpha
    return certificate(judged, problem.X, problem.y).violation / alpha
