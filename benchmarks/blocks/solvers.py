"""The competitors, each called the way its users call it; none fits an intercept."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import adelie
import celer
import numpy as np
import skglm
from celer.homotopy import mtl_path
from common.timing import threads
from cyanure import estimators as cyanure
from sklearn import linear_model

from blocks.problems import SIZE, Problem, at_fraction
from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifier, SparseRegressor
from pauca.penalties import ElasticNet, GroupL2

MANY = 1_000_000  # never stop for the number of iterations
ADELIE_PATH = 10  # strengths on the way down, without which it fares worse


@dataclass(frozen=True)
class Solver:
    name: str
    kinds: tuple[tuple[str, str], ...]  # pairs of loss and penalty
    fit: Callable[[Problem, float], np.ndarray]
    guess: Callable[[Problem, float], float]

    @property
    def peer(self) -> bool:
        return not self.name.startswith("pauca")

    def takes(self, problem: Problem) -> bool:
        return (problem.loss, problem.penalty) in self.kinds


def _pauca(problem: Problem, tol: float) -> np.ndarray:
    shared = {"alpha": problem.alpha, "fit_intercept": False, "tol": tol, "max_iter": MANY}
    if problem.penalty == "groups":
        labels = np.arange(problem.X.shape[1]) // SIZE
        penalty = GroupL2(labels, group_weights=np.ones(labels[-1] + 1))
        return SparseRegressor(penalty=penalty, **shared).fit(problem.X, problem.Y).coef_
    if problem.penalty == "rows":
        return MultiTaskSparseRegressor(**shared).fit(problem.X, problem.Y).coef_.T
    if problem.penalty == "ridge":
        shared["penalty"] = ElasticNet(l1_ratio=0.0)
    coef = SparseClassifier(**shared).fit(problem.X, problem.Y).coef_
    return coef.ravel() if problem.loss == "logistic" else coef.T


def _celer_groups(problem: Problem, tol: float) -> np.ndarray:
    model = celer.GroupLasso(SIZE, problem.alpha, fit_intercept=False, tol=tol, max_iter=1000, max_epochs=MANY)
    return model.fit(problem.X, problem.Y).coef_


def _skglm_groups(problem: Problem, tol: float) -> np.ndarray:
    model = skglm.GroupLasso(SIZE, problem.alpha, fit_intercept=False, tol=tol, max_iter=1000, max_epochs=MANY)
    return np.ravel(model.fit(problem.X, problem.Y).coef_)


def _adelie(problem: Problem, tol: float) -> np.ndarray:
    p = problem.X.shape[1]
    top = at_fraction(problem).alpha / problem.fraction
    path = np.geomspace(top, problem.alpha, ADELIE_PATH)
    groups = np.arange(0, p, SIZE)
    state = adelie.grpnet(
        problem.X,
        adelie.glm.gaussian(problem.Y),
        groups=groups,
        penalty=np.ones(len(groups)),
        lmda_path=path,
        tol=tol,
        intercept=False,
        progress_bar=False,
        early_exit=False,
        n_threads=threads(),
    )
    return state.betas[-1].toarray().ravel()


def _sklearn_tasks(problem: Problem, tol: float) -> np.ndarray:
    model = linear_model.MultiTaskLasso(alpha=problem.alpha, fit_intercept=False, tol=tol, max_iter=MANY)
    return model.fit(problem.X, problem.Y).coef_.T


def _celer_tasks(problem: Problem, tol: float) -> np.ndarray:
    # What its MultiTaskLasso.fit calls; the class itself (0.7.4) does not run under scikit-learn 1.6 and newer.
    _, coefs, _ = mtl_path(
        problem.X, problem.Y, alphas=[problem.alpha], tol=tol, max_iter=1000, max_epochs=MANY, verbose=False
    )
    return coefs[:, :, 0].T


def _skglm_tasks(problem: Problem, tol: float) -> np.ndarray:
    model = skglm.MultiTaskLasso(problem.alpha, fit_intercept=False, tol=tol, max_iter=1000, max_epochs=MANY)
    return model.fit(problem.X, problem.Y).coef_.T


def _logistic(problem: Problem, tol: float, solver: str, **more: object) -> np.ndarray:
    strength = 1 / (problem.alpha * len(problem.Y))
    model = linear_model.LogisticRegression(
        C=strength, solver=solver, fit_intercept=False, tol=tol, max_iter=MANY, random_state=0, **more
    )
    return model.fit(problem.X, problem.Y).coef_.T


def _saga(problem: Problem, tol: float) -> np.ndarray:
    return _logistic(problem, tol, "saga", l1_ratio=1.0)


def _lbfgs(problem: Problem, tol: float) -> np.ndarray:
    return _logistic(problem, tol, "lbfgs")


def _newton_cg(problem: Problem, tol: float) -> np.ndarray:
    return _logistic(problem, tol, "newton-cg")


def _liblinear(problem: Problem, tol: float) -> np.ndarray:
    return _logistic(problem, tol, "liblinear", l1_ratio=1.0).ravel()


def _skglm_logistic(problem: Problem, tol: float) -> np.ndarray:
    model = skglm.SparseLogisticRegression(
        alpha=problem.alpha, fit_intercept=False, tol=tol, max_iter=1000, max_epochs=MANY
    )
    return model.fit(problem.X, problem.Y).coef_.ravel()


def _cyanure(problem: Problem, tol: float) -> np.ndarray:
    model = cyanure.Classifier(
        loss="multiclass-logistic",
        penalty="l2" if problem.penalty == "ridge" else "l1",
        lambda_1=problem.alpha,
        fit_intercept=False,
        tol=tol,
        max_iter=100_000,
        n_threads=threads(),
        verbose=False,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        model.fit(np.ascontiguousarray(problem.X), problem.Y)
    return np.asarray(model.get_weights()).reshape(problem.X.shape[1], problem.classes)


def _relative(_: Problem, target: float) -> float:
    return target


def _violation(problem: Problem, target: float) -> float:
    return problem.alpha * np.sqrt(target)


def _root(_: Problem, target: float) -> float:
    return np.sqrt(target)


def _hundredth(_: Problem, target: float) -> float:
    return 1e-2 * np.sqrt(target)


GROUPS, TASKS = (("quadratic", "groups"),), (("quadratic", "rows"),)
L1, RIDGE = (("softmax", "entries"),), (("softmax", "ridge"),)
LOGISTIC = (("logistic", "entries"),)
SOLVERS = [
    Solver("pauca", GROUPS + TASKS + L1 + RIDGE + LOGISTIC, _pauca, _relative),
    Solver("celer", GROUPS, _celer_groups, _relative),
    Solver("celer", TASKS, _celer_tasks, _relative),
    Solver("skglm", GROUPS, _skglm_groups, _violation),
    Solver("skglm", TASKS, _skglm_tasks, _violation),
    Solver("skglm", LOGISTIC, _skglm_logistic, _violation),
    Solver("adelie", GROUPS, _adelie, _relative),
    Solver("scikit-learn", TASKS, _sklearn_tasks, _relative),
    Solver("scikit-learn saga", L1, _saga, _hundredth),
    Solver("scikit-learn lbfgs", RIDGE, _lbfgs, _hundredth),
    Solver("scikit-learn newton-cg", RIDGE, _newton_cg, _hundredth),
    Solver("cyanure", L1 + RIDGE, _cyanure, _relative),
    Solver("liblinear", LOGISTIC, _liblinear, _root),
]
