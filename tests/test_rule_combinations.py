"""Every partition with every selection and every update: refused, or F never increases and the guarantee holds."""

import itertools

import numpy as np
import pytest
from block_rule_cases import PENALTIES, RULES, SMOOTH_UPDATES, data, impossible
from scipy import sparse

from pauca.solvers import BlockProblem, minimize_blocks

PARTITIONS = ["variable", "order", "random", "sort", "average", "gershgorin", "gershgorin-average"]


def problem_of(loss, penalty, seed=0):
    X, y = data(loss, n=12, p=6, seed=seed)
    return BlockProblem(loss, sparse.csr_array(X) if loss == "graph" else X, y, **PENALTIES.get(penalty, {}))


def assert_falls(result, what):
    path = result.objective_path
    assert np.isfinite(path).all(), what
    assert (np.diff(path) <= 1e-12 * max(abs(path[0]), 1)).all(), what
    assert path[-1] < path[0] or result.violation == 0.0, what


@pytest.mark.parametrize("penalty", ["none", "l1", "box"])
@pytest.mark.parametrize("loss", ["least_squares", "logistic", "squared_hinge", "softmax", "graph"])
def test_every_combination_decreases_or_is_refused(loss, penalty):
    penalty = None if penalty == "none" else penalty
    problem, ran = problem_of(loss, penalty), 0
    for partition, selection, update in itertools.product(PARTITIONS, RULES, SMOOTH_UPDATES):
        rules = {"partition": partition, "selection": selection, "update": update}
        if impossible(loss, penalty, diagonal="auto", size=4, **rules):
            with pytest.raises(ValueError, match="needs|not known"):
                minimize_blocks(problem, block_size=4, **rules)
            continue
        # A whole epoch of blocks of four, which leave a last one of two (or six, of softmax' eighteen coordinates).
        assert_falls(minimize_blocks(problem, block_size=4, max_iter=8, **rules), rules)
        ran += 1
    assert ran > 200


def test_every_combination_of_a_group_penalty():
    X, y = data("least_squares", n=20, p=7)
    problem = BlockProblem("least_squares", X, y, group=3.0, groups=[0, 1, 1, 0, 2, 1, 3])
    for selection, update in itertools.product(RULES, [*SMOOTH_UPDATES, "exact-group"]):
        rules = {"partition": "groups", "selection": selection, "update": update}
        smooth_only = "cubic" in (selection, update) or update in ("newton", "two-metric")
        searching = selection == "max-improvement" and update in ("prox-newton", "backtracking")
        if smooth_only or searching:
            with pytest.raises(ValueError, match="needs"):
                minimize_blocks(problem, max_iter=12, **rules)
            continue
        assert_falls(minimize_blocks(problem, max_iter=12, **rules), rules)


def test_every_combination_on_a_graph():
    problem = problem_of("graph", None, seed=1)
    forests = ["forest-gs", "forest-gsl", "forest-random"]
    for partition, selection in itertools.product(["variable", "red-black", "tree"], [*forests, *RULES]):
        rules = {"partition": partition, "selection": selection, "update": "message-passing"}
        if selection in forests and partition != "variable":
            with pytest.raises(ValueError, match="makes blocks of its own"):
                minimize_blocks(problem, max_iter=8, **rules)
            continue
        assert_falls(minimize_blocks(problem, max_iter=8, **rules), rules)


@pytest.mark.parametrize("penalty", ["none", *PENALTIES])
@pytest.mark.parametrize("update", ["newton", "prox-newton", "two-metric", "diagonal"])
@pytest.mark.parametrize("loss", ["least_squares", "logistic"])
def test_every_update_decreases_as_much_as_the_gradient_update_promises(loss, update, penalty):
    """One update from random points on the whole space as one block; the promise is written from its formula."""
    arguments = PENALTIES.get(penalty, {})
    if update == "newton" and penalty != "none":
        with pytest.raises(ValueError, match="needs a smooth problem"):
            minimize_blocks(problem_of(loss, penalty), update=update)
        return
    l1, lower, upper = (arguments.get(k, v) for k, v in (("l1", 0.0), ("lower", -np.inf), ("upper", np.inf)))
    X, y = data(loss, n=12, p=6, seed=3)
    L = np.linalg.norm(X, 2) ** 2 * (1.0 if loss == "least_squares" else 0.25)
    for seed in range(20):
        x = np.clip(3.0 * np.random.default_rng(seed).normal(size=6), lower, upper)
        z = X @ x
        G = X.T @ (z - y if loss == "least_squares" else 1 / (1 + np.exp(-z)) - y)
        moved = x - G / L
        moved = np.clip(np.sign(moved) * np.maximum(np.abs(moved) - l1 / L, 0.0), lower, upper)
        d = moved - x
        promise = -(G @ d + 0.5 * L * d @ d + l1 * (np.abs(moved).sum() - np.abs(x).sum()))
        result = minimize_blocks(
            BlockProblem(loss, X, y, **arguments), partition="order", block_size=6, selection="cyclic", update=update,
            diagonal="coordinate", x0=x, max_iter=1,
        )  # fmt: skip
        decrease = result.objective_path[0] - result.objective_path[-1]
        assert decrease >= promise * (1 - 1e-9) - 1e-12 * abs(result.objective_path[0])
