"""The competitors, each called the way its users call it."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import celer
import numpy as np
import skglm
from sklearn import linear_model

from linear.problems import Problem
from pauca.linear_model import SparseClassifier, SparseRegressor

MANY = 1_000_000  # never stop for the number of iterations


@dataclass(frozen=True)
class Solver:
    name: str
    losses: tuple[str, ...]
    fit: Callable[[Problem, float], np.ndarray]  # coefficients of a problem at a tolerance
    guess: Callable[[Problem, float], float]  # tolerance at which the search for a relative gap begins
    intercept: bool = True
    centred: bool = False  # is handed a centred dense design, which is not charged for
    designs: tuple[str, ...] = ("dense", "sparse")

    @property
    def peer(self) -> bool:
        return not self.name.startswith("pauca")

    def takes(self, problem: Problem) -> bool:
        return problem.loss in self.losses and ("sparse" if problem.sparse else "dense") in self.designs


def _pauca(problem: Problem, tol: float) -> np.ndarray:
    estimator = SparseRegressor if problem.loss == "quadratic" else SparseClassifier
    model = estimator(alpha=problem.alpha, fit_intercept=problem.intercept, tol=tol, max_iter=MANY)
    return model.fit(problem.X, problem.y).coef_


def _sklearn_lasso(problem: Problem, tol: float) -> np.ndarray:
    model = linear_model.Lasso(alpha=problem.alpha, fit_intercept=problem.intercept, tol=tol, max_iter=MANY)
    return model.fit(problem.X, problem.y).coef_


def _celer_lasso(problem: Problem, tol: float) -> np.ndarray:
    model = celer.Lasso(alpha=problem.alpha, fit_intercept=problem.intercept, tol=tol, max_iter=1000, max_epochs=MANY)
    return model.fit(problem.X, problem.y).coef_


def _skglm_lasso(problem: Problem, tol: float) -> np.ndarray:
    model = skglm.Lasso(alpha=problem.alpha, fit_intercept=problem.intercept, tol=tol, max_iter=1000, max_epochs=MANY)
    return model.fit(problem.X, problem.y).coef_


def _skglm_logistic(problem: Problem, tol: float) -> np.ndarray:
    model = skglm.SparseLogisticRegression(
        alpha=problem.alpha, fit_intercept=problem.intercept, tol=tol, max_iter=1000, max_epochs=MANY
    )
    return model.fit(problem.X, problem.y).coef_


def _celer_logistic(problem: Problem, tol: float) -> np.ndarray:
    # On some sparse problems celer diverges: it gets few epochs to do so.
    model = celer.LogisticRegression(C=1 / (problem.alpha * len(problem.y)), tol=tol, max_iter=50, max_epochs=2000)
    return model.fit(problem.X, problem.y).coef_


def _liblinear(problem: Problem, tol: float) -> np.ndarray:
    model = linear_model.LogisticRegression(
        C=1 / (problem.alpha * len(problem.y)),
        l1_ratio=1.0,
        solver="liblinear",
        fit_intercept=False,
        tol=tol,
        max_iter=MANY,
        random_state=0,
    )
    return model.fit(problem.X, problem.y).coef_


def _relative(_: Problem, target: float) -> float:
    return target


def _violation(problem: Problem, target: float) -> float:
    """A violation that often goes with the gap: the gap falls like its square."""
    return problem.alpha * np.sqrt(target)


def _subgradient_ratio(_: Problem, target: float) -> float:
    return np.sqrt(target)


SOLVERS = [
    Solver("pauca", ("quadratic", "logistic"), _pauca, _relative),
    Solver("scikit-learn", ("quadratic",), _sklearn_lasso, _relative, centred=True),
    Solver("celer", ("quadratic",), _celer_lasso, _relative, centred=True),
    Solver("skglm", ("quadratic",), _skglm_lasso, _violation),
    Solver("skglm", ("logistic",), _skglm_logistic, _violation),
    Solver("celer (no intercept)", ("logistic",), _celer_logistic, _relative, intercept=False),
    Solver("liblinear (no intercept)", ("logistic",), _liblinear, _subgradient_ratio, intercept=False,
           designs=("sparse",)),
]  # fmt: skip


def quietly(call: Callable[[], np.ndarray]) -> np.ndarray:
    """Convergence is judged by the yardstick, not by a solver's own warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()
