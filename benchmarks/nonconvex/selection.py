"""What selection finds: error of the coefficients and F1 of the support where one rule, the same for everybody, stops
on each solver's path or list of subset sizes."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from common.options import Options
from scipy.special import gammaln

from nonconvex.problems import PathProblem, make, value
from nonconvex.solvers import solvers
from pauca.linear_model import SparseClassifier, SparseRegressor
from pauca.penalties import L0
from pauca.solvers import IHT

CASES = ("dense quadratic", "dense logistic")
RULES = ("validation", "BIC", "GIC", "EBIC")
SIZES = {"quadratic": range(2, 101, 2), "logistic": range(2, 41, 2)}  # more logistic ones separate the classes
TOL = {"pauca": 1e-6, "skglm": 1e-6, "pycasso": 1e-7, "ncvreg": 1e-4, "scikit-learn": 1e-6}


def rows(case: str, options: Options) -> Iterator[dict[str, Any]]:
    """For ten data sets where the others have two."""
    kind, loss = case.split()
    for seed in range(options.seeds[0], options.seeds[0] + 5 * len(options.seeds)):
        problem = make(kind, loss, seed, options.quick)
        for (penalty, name), fit in competitors(problem).items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                coefs = fit()
            for rule in RULES:
                yield {"case": case, "seed": seed, "penalty": penalty, "solver": name} | judge(problem, coefs, rule)
        print(f"   selection {case}, seed {seed}", flush=True)


def competitors(problem: PathProblem) -> dict[tuple[str, str], Callable[[], np.ndarray]]:
    found: dict[tuple[str, str], Callable[[], np.ndarray]] = {}
    for penalty in ("MCP", "SCAD", "L1"):
        for name, fit in solvers(problem, penalty).items():
            if problem.loss != "logistic" or name in ("pauca", "pycasso"):
                found[penalty, name] = lambda f=fit, t=TOL[name]: f(t)
    found["L0", "pauca"] = lambda: subsets(problem, exchange=True)
    found["L0", "pauca, thresholding alone"] = lambda: subsets(problem, exchange=False)
    try:
        import abess.linear as abess
    except ImportError:
        return found
    model = abess.LinearRegression if problem.loss == "quadratic" else abess.LogisticRegression

    def theirs() -> np.ndarray:
        fits = [model(support_size=s, fit_intercept=False).fit(problem.X, problem.y).coef_ for s in SIZES[problem.loss]]
        return np.array(fits).reshape(len(fits), -1).T

    found["L0", "abess"] = theirs
    return found


def subsets(problem: PathProblem, *, exchange: bool) -> np.ndarray:
    """Best subsets of growing size, each from the last."""
    kind = SparseRegressor if problem.loss == "quadratic" else SparseClassifier
    model = kind(penalty=L0(), alpha=1.0, fit_intercept=False, standardize=False, tol=1e-6, warm_start=exchange)
    fits = [model.set_params(solver=IHT(s, exchange)).fit(problem.X, problem.y).coef_ for s in SIZES[problem.loss]]
    return np.array(fits).reshape(len(fits), -1).T


def judge(problem: PathProblem, coefs: np.ndarray, rule: str) -> dict[str, Any]:
    """Error and support where the rule is least."""
    coefs = coefs[:, np.isfinite(coefs).all(axis=0)]
    w = coefs[:, int(np.argmin([score(problem, w, rule) for w in coefs.T]))]
    true = problem.coef != 0
    hits = np.count_nonzero((w != 0) & true)
    return {
        "rule": rule,
        "error": float(np.linalg.norm(w - problem.coef) / np.linalg.norm(problem.coef)),
        "F1": 2 * hits / max(np.count_nonzero(w) + np.count_nonzero(true), 1),
        "selected": np.count_nonzero(w),
    }


def score(problem: PathProblem, w: np.ndarray, rule: str) -> float:
    """n log(2 loss) or 2 n loss, and the price of the support; or the loss on rows that were not fitted."""
    if rule == "validation":
        return value(problem.loss, problem.y_valid, problem.X_valid @ w)
    n, p = problem.X.shape
    df = np.count_nonzero(w)
    loss = value(problem.loss, problem.y, problem.X @ w)
    fit = n * np.log(2 * loss) if problem.loss == "quadratic" else 2 * n * loss
    if rule == "GIC":
        return float(fit + df * np.log(p) * np.log(np.log(n)))
    choose = gammaln(p + 1) - gammaln(df + 1) - gammaln(p - df + 1)
    return float(fit + df * np.log(n) + (choose if rule == "EBIC" else 0.0))
