"""What inference claims, on simulated data: coverage of intervals, false selections, false discovery rates."""

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

from pauca.inference import DebiasedLasso, StabilitySelection, bootstrap_coefficients, mfdr
from pauca.linear_model import (
    SparseClassifier,
    SparseClassifierCV,
    SparseCoxRegressor,
    SparseCoxRegressorCV,
    SparseRegressor,
    SparseRegressorCV,
)

Rows = list[dict[str, Any]]
KINDS = ("quadratic", "logistic", "cox")
PLAIN = {"quadratic": SparseRegressor, "logistic": SparseClassifier, "cox": SparseCoxRegressor}
TUNED = {"quadratic": SparseRegressorCV, "logistic": SparseClassifierCV, "cox": SparseCoxRegressorCV}


def simulate(kind: str, seed: int, n: int, p: int, correlation: float, active: int, size: float) -> tuple[Any, ...]:
    """Autoregressive features; every third of the first is active with the same coefficient."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1 - correlation**2) * X[:, j]
    w = np.zeros(p)
    w[: 3 * active : 3] = size
    eta = X @ w
    if kind == "logistic":
        return X, (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int), w
    if kind == "cox":
        failure, censoring = rng.exponential(np.exp(-eta)), rng.exponential(3.0, n)
        return X, np.column_stack([np.minimum(failure, censoring), failure <= censoring]), w
    return X, eta + rng.standard_normal(n), w


def data_sets(options: Options, full: int) -> list[int]:
    count = 2 if options.quick else full
    return [options.seeds[0] + k for k in range(count)]


def coverage(options: Options) -> Rows:
    """Nominal 95 % intervals for the active coefficients, as many of their neighbours, and far zeros."""
    rows: Rows = []
    cases = [
        ("quadratic", 100, 150, 0.0, 3, 1.0),
        ("quadratic", 100, 150, 0.5, 3, 1.0),
        ("quadratic", 150, 200, 0.8, 4, 1.0),
        ("quadratic", 200, 500, 0.5, 5, 0.5),
        ("logistic", 300, 100, 0.0, 3, 0.7),
        ("logistic", 300, 100, 0.5, 3, 0.7),
        ("logistic", 400, 500, 0.5, 3, 0.7),
    ]
    for kind, n, p, correlation, active, size in cases:
        inside, width = [], []
        wanted = np.concatenate([np.arange(0, 3 * active, 3), np.arange(1, 3 * active, 3), np.arange(p - active, p)])
        start = time.process_time()
        seeds = data_sets(options, 200)
        for seed in seeds:
            X, y, w = simulate(kind, seed, n, p, correlation, active, size)
            low, high = DebiasedLasso(kind, features=wanted).fit(X, y).confidence_intervals()[wanted].T
            inside.append((low <= w[wanted]) & (w[wanted] <= high))
            width.append(high - low)
        shares = np.mean(inside, axis=0).reshape(3, active).mean(axis=1)
        rows.append(
            {
                "loss": kind,
                "n": n,
                "p": p,
                "correlation": correlation,
                "active": round(float(shares[0]), 3),
                "neighbours": round(float(shares[1]), 3),
                "far zeros": round(float(shares[2]), 3),
                "width": round(float(np.mean(width)), 3),
                "data sets": len(seeds),
                "seconds a data set": round((time.process_time() - start) / len(seeds), 4),
            }
        )
    return rows


def stability(options: Options) -> Rows:
    """False and true selections with a bound of 1 on the expected false ones, beside the cross-validated lasso."""
    rows: Rows = []
    for kind in KINDS:
        for correlation in (0.0, 0.6):
            false, true, bound, lasso_false, lasso_true = [], [], [], [], []
            seeds = data_sets(options, 15)
            start = time.process_time()
            for seed in seeds:
                X, y, w = simulate(kind, seed, 200, 300, correlation, 6, 0.8)
                stable = StabilitySelection(PLAIN[kind](tol=1e-5), n_pairs=25, random_state=seed).fit(X, y)
                found = stable.get_support()
                false.append(found[w == 0].sum())
                true.append(found[w != 0].sum())
                bound.append(stable.error_bound_)
            seconds = (time.process_time() - start) / len(seeds)
            for seed in seeds:
                X, y, w = simulate(kind, seed, 200, 300, correlation, 6, 0.8)
                found = np.ravel(TUNED[kind](tol=1e-5, alphas=50).fit(X, y).coef_) != 0
                lasso_false.append(found[w == 0].sum())
                lasso_true.append(found[w != 0].sum())
            rows.append(
                {
                    "loss": kind,
                    "correlation": correlation,
                    "false": round(float(np.mean(false)), 3),
                    "bound": round(float(np.mean(bound)), 2),
                    "true of 6": round(float(np.mean(true)), 2),
                    "lasso CV false": round(float(np.mean(lasso_false)), 1),
                    "lasso CV true": round(float(np.mean(lasso_true)), 2),
                    "data sets": len(seeds),
                    "seconds a data set": round(seconds, 3),
                }
            )
    return rows


def discoveries(options: Options) -> Rows:
    """Expected against realised false discoveries; features correlated with active ones count as true when they are."""
    rows: Rows = []
    for kind in KINDS:
        for share in (0.6, 0.4, 0.3, 0.2):
            expected, realised, selected = [], [], []
            seeds = data_sets(options, 60)
            for seed in seeds:
                X, y, w = simulate(kind, seed, 200, 100, 0.0, 4, 1.0)
                model = PLAIN[kind](alpha=f"{share}max", tol=1e-6).fit(X, y)
                coef = np.ravel(model.coef_)
                expected.append(mfdr(model, X, y).expected_false[0])
                realised.append(np.count_nonzero(coef[w == 0]))
                selected.append(np.count_nonzero(coef))
            rows.append(
                {
                    "loss": kind,
                    "alpha / alpha_max": share,
                    "selected": round(float(np.mean(selected)), 2),
                    "false": round(float(np.mean(realised)), 2),
                    "expected": round(float(np.mean(expected)), 2),
                    "data sets": len(seeds),
                }
            )
    return rows


def bootstraps(options: Options) -> Rows:
    """Coverage of nominal 95 % percentile intervals: unpenalised, and what a lasso makes of them."""
    rows: Rows = []
    for label, alpha in (("unpenalised", 0.0), ("lasso, 0.1 alpha_max", "0.1max")):
        for clustered in (False, True):
            inside = []
            seeds = data_sets(options, 40)
            for seed in seeds:
                rng = np.random.default_rng(seed)
                cluster = np.repeat(np.arange(50), 5)
                X = rng.standard_normal((50, 6))[cluster] if clustered else rng.standard_normal((250, 6))
                w = np.array([1.0, 0.5, 0.0, 0.0, 0.0, 0.0])
                noise = rng.standard_normal(50)[cluster] if clustered else 0.0
                y = X @ w + noise + rng.standard_normal(250)
                found = bootstrap_coefficients(
                    SparseRegressor(alpha=alpha, tol=1e-6),
                    X,
                    y,
                    n_resamples=200,
                    cluster=cluster if clustered else None,
                    random_state=seed,
                )
                low, high = found.confidence_intervals().T
                inside.append((low <= w) & (w <= high))
            share = np.mean(inside, axis=0)
            rows.append(
                {
                    "fit": label,
                    "clusters": "yes" if clustered else "no",
                    "active": round(float(share[:2].mean()), 3),
                    "zeros": round(float(share[2:].mean()), 3),
                    "data sets": len(seeds),
                }
            )
    return rows


SECTIONS: list[tuple[str, str, Callable[[Options], Rows]]] = [
    ("coverage", "De-biased lasso: share of nominal 95 % intervals that contain the coefficient", coverage),
    ("stability", "Stability selection, at most one false selection asked for (n = 200, p = 300, 25 pairs)", stability),
    ("discoveries", "Marginal false discoveries of the lasso (n = 200, p = 100, 4 active)", discoveries),
    ("bootstrap", "Bootstrap percentile intervals, nominal 95 %", bootstraps),
]


NOTES = """Features are autoregressive with the given correlation of neighbours; every third of the first is active.
Noise has variance 1. The column "data sets" says how many were drawn, their seeds being consecutive from the first one
above. Nothing here is compared with another program: the truth is known.
"""


def run(options: Options) -> Path:
    warnings.simplefilter("ignore")
    folder = options.folder("inference")
    machine = describe(("pauca", "numpy", "scipy", "scikit-learn"), options)
    lines = [f"# Inference on simulated data\n\n{machine}\n\n{NOTES}"]
    for name, title, compute in SECTIONS:
        if options.only not in name:
            continue
        rows = compute(options)
        tables.write_csv(folder / f"{name}.csv", rows)
        lines += [f"## {title}", "", tables.markdown(list(rows[0]), [list(row.values()) for row in rows])]
    page = options.output / "inference.md"
    page.write_text("\n".join(lines), encoding="utf-8")
    return redraw("inference", options)
