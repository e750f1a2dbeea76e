"""Paths by pauca and its peers, each at a tolerance of its own kind; peers that are not installed are left out."""

import importlib.util
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from common import peers
from sklearn.linear_model import lasso_path

from nonconvex import by_ncvreg
from nonconvex.problems import GAMMA, PathProblem
from pauca.linear_model import path
from pauca.penalties import L1, MCP, SCAD

Fit = Callable[[float], np.ndarray]


def absent() -> dict[str, str]:
    """Peers, those of selection and first-order methods included, that are not there: name -> package."""
    missing = peers.absent({name: name for name in ("skglm", "pycasso", "abess")})
    return missing if by_ncvreg.version() else {**missing, "ncvreg": "ncvreg"}


def solvers(problem: PathProblem, penalty: str) -> dict[str, Fit]:
    """Name -> tolerance -> coefficients (n_features, n_alphas)."""
    found: dict[str, Fit] = {"pauca": partial(pauca_path, problem, penalty)}
    if importlib.util.find_spec("skglm"):
        found["skglm"] = partial(skglm_path, problem, penalty)
    if penalty == "L1" and problem.loss == "quadratic":
        found["scikit-learn"] = partial(sklearn_path, problem)
    if importlib.util.find_spec("pycasso") and not problem.sparse:
        found["pycasso"] = partial(pycasso_path, problem, penalty)
    if problem.loss == "quadratic" and not problem.sparse and by_ncvreg.version():
        found["ncvreg"] = by_ncvreg.NcvregPath(problem, penalty)
    return found


def pauca_path(problem: PathProblem, penalty: str, tol: float) -> np.ndarray:
    gamma = GAMMA.get((problem.loss, penalty), 3.0)
    shape = {"MCP": lambda: MCP(gamma=gamma), "SCAD": lambda: SCAD(gamma=gamma), "L1": L1}[penalty]()
    options = {"alphas": problem.alphas, "tol": tol, "standardize": False, "fit_intercept": False}
    return path(problem.X, problem.y, loss=problem.loss, penalty=shape, **options).coefs_.toarray()


def skglm_path(problem: PathProblem, penalty: str, tol: float) -> np.ndarray:
    from skglm import datafits, penalties
    from skglm import solvers as engines
    from skglm.utils.jit_compilation import compiled_clone

    gamma = GAMMA.get((problem.loss, penalty), 3.0)
    alpha = float(problem.alphas[0])
    shape = {
        "MCP": lambda: penalties.MCPenalty(alpha, gamma),
        "SCAD": lambda: penalties.SCAD(alpha, gamma),
        "L1": lambda: penalties.L1(alpha),
    }[penalty]()
    fit = {"quadratic": datafits.Quadratic, "logistic": datafits.Logistic, "poisson": datafits.Poisson}[problem.loss]()
    shape, fit = compiled_clone(shape), compiled_clone(fit)
    y = 2.0 * problem.y - 1.0 if problem.loss == "logistic" else problem.y
    if problem.loss == "poisson":  # it has no Lipschitz constant
        engine = engines.ProxNewton(fit_intercept=False, max_iter=200, max_pn_iter=1000)
    else:
        engine = engines.AndersonCD(fit_intercept=False, max_iter=500, max_epochs=50_000)
    p = problem.X.shape[1]
    w, coefs = np.zeros(p), np.zeros((p, len(problem.alphas)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if problem.sparse:
            from scipy.sparse import csc_matrix

            X = csc_matrix(problem.X)
            fit.initialize_sparse(X.data, X.indptr, X.indices, y)
        else:
            X = problem.X
            fit.initialize(X, y)
        end = time.process_time() + problem.patience / 3
        for k, alpha in enumerate(problem.alphas):
            if time.process_time() > end:
                return np.full_like(coefs, np.nan)
            shape.alpha, engine.tol = float(alpha), tol * alpha
            w = engine.solve(X, y, fit, shape, w_init=w.copy(), Xw_init=np.asarray(X @ w))[0]
            coefs[:, k] = w
    return coefs


def sklearn_path(problem: PathProblem, tol: float) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(lasso_path(problem.X, problem.y, alphas=problem.alphas, tol=tol, max_iter=1_000_000)[1])


def pycasso_path(problem: PathProblem, penalty: str, tol: float) -> np.ndarray:
    import pycasso

    gamma = GAMMA.get((problem.loss, penalty), 3.0)
    family = {"quadratic": "gaussian", "logistic": "binomial", "poisson": "poisson"}[problem.loss]
    solver = pycasso.Solver(
        problem.X,
        problem.y,
        lambdas=problem.alphas,
        family=family,
        penalty=penalty.lower(),
        gamma=gamma,
        prec=tol,
        useintercept=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver.train()
    found = np.asarray(solver.result["beta"]).T
    coefs = np.full((found.shape[0], len(problem.alphas)), np.nan)  # a path may end early
    coefs[:, : found.shape[1]] = found
    return coefs
