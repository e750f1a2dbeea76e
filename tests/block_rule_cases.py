"""Rules, penalties and problems that the tests of block descent combine."""

import numpy as np

GREEDY = ["gs", "gs-s", "gs-r", "gsl-r", "gs-q", "gsl", "gsd", "gsq", "max-improvement", "cubic"]
RULES = ["cyclic", "permutation", "random", "lipschitz", *GREEDY]
SMOOTH_UPDATES = ["gradient", "diagonal", "matrix", "newton", "prox-newton", "cubic", "backtracking", "two-metric"]
PENALTIES = {
    "l1": {"l1": 4.0},
    "nonnegative": {"lower": 0.0},
    "box": {"lower": -0.2, "upper": 0.15},
    "l1-nonnegative": {"l1": 2.0, "lower": 0.0},
    "l1-box": {"l1": 1.0, "lower": -0.1, "upper": 0.3},
}


def data(loss, n=25, p=7, seed=0):
    rng = np.random.default_rng(seed)
    if loss == "graph":
        W = np.triu(rng.uniform(0.2, 2, size=(p, p)) * (rng.random((p, p)) < 0.5), 1)
        W = W + W.T
        return np.diag(W.sum(axis=1) + 0.3) - W, rng.normal(size=p)
    X = rng.normal(size=(n, p)) * rng.uniform(0.5, 2, size=p) + 0.3
    w = rng.normal(size=p)
    if loss == "least_squares":
        return X, X @ w + rng.normal(size=n)
    if loss == "softmax":
        y = rng.integers(0, 3, size=n)
        y[:3] = [0, 1, 2]
        return X, y.astype(float)
    return X, (X @ w + rng.normal(size=n) > 0).astype(float)


def impossible(loss, penalty, partition, selection, update, diagonal, size):
    """What minimize_blocks refuses, from the rules' definitions."""
    quadratic, variable = loss in ("least_squares", "graph"), partition == "variable"
    if penalty is not None and update in ("newton", "cubic"):
        return True
    if "cubic" in (update, selection) and (loss == "squared_hinge" or penalty is not None):
        return True
    if selection == "max-improvement":
        if not quadratic or (variable and penalty is not None):
            return True
        return not variable and update not in ("gradient", "diagonal", "matrix")
    if selection == "gsq" and variable:
        return penalty is not None
    # Coordinates chosen one by one form no block whose largest eigenvalue could be known beforehand.
    return selection == "gsl" and variable and size > 1
