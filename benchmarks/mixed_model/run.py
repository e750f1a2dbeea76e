"""The mixed model: errors under contamination, degrees of freedom, time beside statsmodels."""

import statistics
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.plots import redraw
from common.timing import cpu_seconds
from statsmodels.regression.mixed_linear_model import MixedLM

from mixed_model import problems
from pauca.mixed_model import StudentMixedRegressor

Rows = list[dict[str, Any]]


def error(model: StudentMixedRegressor, truth: np.ndarray) -> float:
    return float(np.linalg.norm(np.append(model.coef_, model.intercept_) - truth))


def contamination(options: Options) -> Rows:
    """Errors of the fixed effects over the Gaussian fit's, 100 clusters of 6 rows, 3 features."""
    rows: Rows = []
    for kind in ("slope", "noise", "shift"):
        for size in (0, 5, 30):
            errors: dict[str, list[float]] = {"m estimated": [], "m = 1": [], "bad clusters left out": []}
            gaussian, found = [], []
            for seed in range(3 if options.quick else 20):
                X, y, cluster, truth = problems.clusters(seed, 100, 6, 3)
                y = problems.contaminate(kind, size, X, y, cluster, seed)
                kept = cluster >= 10
                plain = StudentMixedRegressor(degrees_of_freedom=np.inf)
                gaussian.append(error(plain.fit(X, y, cluster=cluster), truth))
                errors["bad clusters left out"].append(error(plain.fit(X[kept], y[kept], cluster=cluster[kept]), truth))
                model = StudentMixedRegressor().fit(X, y, cluster=cluster)
                errors["m estimated"].append(error(model, truth))
                found.append(model.degrees_of_freedom_)
                errors["m = 1"].append(
                    error(StudentMixedRegressor(degrees_of_freedom=1.0).fit(X, y, cluster=cluster), truth)
                )
            ratios = {name: np.median(np.divide(e, gaussian)) for name, e in errors.items()}
            rows.append(
                {
                    "a tenth of the clusters": kind,
                    "standard deviations": size,
                    "gaussian error": f"{statistics.median(gaussian):.3f}",
                    "estimated m": f"{statistics.median(found):.3g}",
                    **{f"ratio, {name}": f"{value:.2f}" for name, value in ratios.items()},
                }
            )
            print("  ", rows[-1], flush=True)
    return rows


def degrees(options: Options) -> Rows:
    """Estimates of m over data sets: median and the share within a quarter of the truth."""
    rows: Rows = []
    for n_clusters in (200, 400, 1000):
        for m in (3.0, 5.0, 10.0):
            found = []
            for seed in range(3 if options.quick else 20):
                X, y, cluster, _ = problems.clusters(seed, n_clusters, 6, 3, degrees=m)
                found.append(StudentMixedRegressor().fit(X, y, cluster=cluster).degrees_of_freedom_)
            close = np.mean(np.abs(np.array(found) / m - 1) < 0.25)
            rows.append(
                {"clusters": n_clusters, "m": m, "median": f"{np.median(found):.2f}", "within 25 %": f"{close:.2f}"}
            )
            print("  ", rows[-1], flush=True)
    return rows


def speed(options: Options) -> Rows:
    """CPU seconds of one fit, interleaved; statsmodels by maximum likelihood with its defaults."""
    rows: Rows = []
    cases = [(100, 6, 3)] if options.quick else [(100, 6, 3), (1000, 20, 50), (5000, 10, 10)]
    for n_clusters, size, p in cases:
        X, y, cluster, _ = problems.clusters(options.seeds[0], n_clusters, size, p, degrees=5.0)
        times: dict[str, list[float]] = {"student": [], "gaussian": [], "statsmodels": []}
        likelihood = {}
        for _ in range(options.repeats):
            for name, m in (("student", "estimate"), ("gaussian", np.inf)):
                seconds, fit = cpu_seconds(
                    partial(StudentMixedRegressor(degrees_of_freedom=m).fit, X, y, cluster=cluster)
                )
                times[name].append(seconds)
                likelihood[name] = fit.log_likelihood_
            model = MixedLM(y, np.column_stack([np.ones(len(y)), X]), groups=cluster)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seconds, fit = cpu_seconds(lambda model=model: model.fit(reml=False))
            times["statsmodels"].append(seconds)
            likelihood["statsmodels"] = fit.llf
        rows.append(
            {
                "clusters x rows x features": f"{n_clusters} x {size} x {p}",
                **{name: f"{statistics.median(t):.3f}" for name, t in times.items()},
                "log-likelihood, gaussian - statsmodels": f"{likelihood['gaussian'] - likelihood['statsmodels']:.1e}",
            }
        )
        print("  ", rows[-1], flush=True)
    return rows


def run(options: Options) -> Path:
    folder = options.folder("mixed_model")
    results = {
        part.__name__: tables.measured(folder / f"{part.__name__}.csv", part, options)
        for part in (contamination, degrees, speed)
    }

    def table(name: str) -> str:
        rows = results[name]
        return tables.markdown(list(rows[0]), (list(r.values()) for r in rows)) if rows else "not measured\n"

    page = options.output / "mixed_model.md"
    page.write_text(
        PAGE.format(
            machine=describe(["pauca", "numpy", "statsmodels"], options),
            contamination=table("contamination"),
            degrees=table("degrees"),
            speed=table("speed"),
        ),
        encoding="utf-8",
    )
    return redraw("mixed_model", options)


PAGE = """# The mixed model

{machine}

## Contamination

100 clusters of 6 rows, 3 features, random intercepts. A tenth of the clusters is off by so many standard deviations of
the residual: another slope, noisier rows, or all rows of a cluster shifted alike. Euclidean error of the fixed effects,
intercept included; medians over 20 data sets (seeds 0 to 19) of its ratio to the Gaussian fit's. The last column is the
Gaussian fit that is told which clusters to leave out: no method can be expected below it.

{contamination}
Rows that are only noisier bias nobody: there the ratio is one of standard errors, and five standard deviations in a
tenth of the clusters do not double them, as the last column shows. A shift of all rows of a cluster is what a random
intercept is there to explain: at five standard deviations the likelihood prefers a larger variance of the intercepts to
heavy tails, from every start, and m is estimated near the Gaussian limit. Tails that are fixed (`degrees_of_freedom=1`)
keep such clusters out.

## Degrees of freedom

Data from the model, clusters of 6 rows; 20 data sets (seeds 0 to 19).

{degrees}
## Time

CPU seconds of a fit on one thread, random intercept. statsmodels' MixedLM fits the Gaussian model.

{speed}"""
