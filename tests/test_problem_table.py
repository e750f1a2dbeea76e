"""Every loss with every penalty: certified, and the minimum that plain proximal gradient finds, or refused by name."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from pauca import assert_certified
from pauca import penalties as pen
from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifier, SparseRegressor
from pauca.solvers import GreedyBCD

N, P = 50, 9
LABELS = np.array([0, 0, 1, 1, 1, 2, 2, 3, 3])
LISTS = [[0, 1], [2, 3, 4], [5, 6], [7, 8]]
LOWER, UPPER = -0.05, 0.3

PENALTIES = {
    "ridge": pen.ElasticNet(l1_ratio=0.0),
    "L1": pen.L1(),
    "elastic net": pen.ElasticNet(l1_ratio=0.5),
    "nonnegative": pen.Box(lower=0.0),
    "nonnegative L1": pen.L1(nonnegative=True),
    "nonnegative elastic net": pen.ElasticNet(l1_ratio=0.5, nonnegative=True),
    "box": pen.Box(LOWER, UPPER),
    "groups by label": pen.GroupL2(LABELS),
    "groups by list": pen.GroupL2(LISTS),
    "sparse group": pen.SparseGroup(LABELS, l1_ratio=0.4),
    "rows": pen.GroupL2(),
}
MODELS = {
    "least squares": SparseRegressor(),
    "logistic": SparseClassifier(),
    "squared hinge": SparseClassifier(loss="squared_hinge"),
    "multinomial": SparseClassifier(),
    "several tasks": MultiTaskSparseRegressor(),
}
SEVERAL = ("multinomial", "several tasks")
SIGNED = ("nonnegative", "nonnegative L1", "nonnegative elastic net", "box")


def data(model):
    rng = np.random.default_rng(7)
    X = rng.normal(size=(N, P)) + 0.3
    W = rng.normal(size=(P, 3)) * (rng.random((P, 1)) < 0.6)
    Y = X @ W + 0.5 * rng.normal(size=(N, 3)) + 1.0
    if model == "several tasks":
        return X, Y
    if model == "multinomial":
        return X, np.argmax(Y, axis=1)
    return X, Y[:, 0] if model == "least squares" else (Y[:, 0] > np.median(Y[:, 0])).astype(int)


def smooth(model, X, y, W, b):
    """Mean loss, and its derivative in the linear predictors."""
    eta = X @ W + b
    if model in ("least squares", "several tasks"):
        R = eta - y.reshape(N, -1)
        return 0.5 * (R**2).sum() / N, R / N
    if model == "multinomial":
        shifted = eta - eta.max(axis=1, keepdims=True)
        P_ = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        return -np.log(P_[np.arange(N), y]).mean(), (P_ - np.eye(3)[y]) / N
    z = (2.0 * y - 1.0)[:, None]
    if model == "logistic":
        return np.logaddexp(0, -z * eta).mean(), -z / (1 + np.exp(z * eta)) / N
    slack = np.maximum(1.0 - z * eta, 0.0)
    return 0.5 * (slack**2).mean(), -z * slack / N


def shrink(W, t):
    return np.sign(W) * np.maximum(np.abs(W) - t, 0.0)


def group_shrink(W, t, labels):
    out = W.copy()
    for k in np.unique(labels):
        rows = labels == k
        norm, radius = np.linalg.norm(W[rows]), t * np.sqrt(rows.sum())
        out[rows] = W[rows] * max(0.0, 1.0 - radius / norm) if norm else 0.0
    return out


def groups_norm(W, labels):
    return sum(np.sqrt((labels == k).sum()) * np.linalg.norm(W[labels == k]) for k in np.unique(labels))


def oracle_penalty(name, a):
    """Value and prox, written from the definitions."""
    rows = np.arange(P)
    if name == "ridge":
        return lambda W: 0.5 * a * (W**2).sum(), lambda W, t: W / (1 + t * a)
    if name == "L1":
        return lambda W: a * np.abs(W).sum(), lambda W, t: shrink(W, t * a)
    if name == "elastic net":
        return (
            lambda W: 0.5 * a * np.abs(W).sum() + 0.25 * a * (W**2).sum(),
            lambda W, t: shrink(W, 0.5 * t * a) / (1 + 0.5 * t * a),
        )
    if name == "nonnegative":
        return lambda W: 0.0, lambda W, t: np.maximum(W, 0.0)
    if name == "nonnegative L1":
        return lambda W: a * W.sum(), lambda W, t: np.maximum(W - t * a, 0.0)
    if name == "nonnegative elastic net":
        return (
            lambda W: 0.5 * a * W.sum() + 0.25 * a * (W**2).sum(),
            lambda W, t: np.maximum(W - 0.5 * t * a, 0.0) / (1 + 0.5 * t * a),
        )
    if name == "box":
        return lambda W: 0.0, lambda W, t: np.clip(W, LOWER, UPPER)
    if name == "sparse group":
        return (
            lambda W: 0.4 * a * np.abs(W).sum() + 0.6 * a * groups_norm(W, LABELS),
            lambda W, t: group_shrink(shrink(W, 0.4 * t * a), 0.6 * t * a, LABELS),
        )
    labels = rows if name == "rows" else LABELS
    return lambda W: a * groups_norm(W, labels), lambda W, t: group_shrink(W, t * a, labels)


def oracle(model, name, X, y, a, iterations=20_000):
    """Accelerated proximal gradient with restarts; the intercept is a column of ones without penalty."""
    value, prox = oracle_penalty(name, a)
    k = 3 if model in SEVERAL else 1
    wide = np.column_stack([X, np.ones(N)])
    step = N / np.linalg.norm(wide, 2) ** 2 * {"logistic": 4.0, "multinomial": 2.0}.get(model, 1.0)
    V = np.zeros((P + 1, k))
    Z, t, best = V.copy(), 1.0, np.inf
    for _ in range(iterations):
        _, slope = smooth(model, X, y, Z[:P], Z[P])
        moved = Z - step * (wide.T @ slope)
        moved[:P] = prox(moved[:P], step)
        if ((Z - moved) * (moved - V)).sum() > 0:
            t = 1.0
        after = 0.5 + np.sqrt(0.25 + t * t)
        done = np.abs(moved - V).max() < 1e-14
        Z, V, t = moved + (t - 1) / after * (moved - V), moved, after
        if done:
            break
    best = smooth(model, X, y, V[:P], V[P])[0] + value(V[:P])
    return V[:P], V[P], best


def objective(model, name, X, y, a, fitted):
    W = np.atleast_2d(fitted.coef_).T
    return smooth(model, X, y, W, np.ravel(fitted.intercept_))[0] + oracle_penalty(name, a)[0](W)


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("model", MODELS)
def test_every_combination_is_certified_or_refused(model, name):
    X, y = data(model)
    estimator = clone(MODELS[model]).set_params(penalty=PENALTIES[name], alpha=0.03, tol=1e-12)
    if model in SEVERAL and name in SIGNED:
        with pytest.raises(ValueError, match=r"no form for several (targets|classes)"):
            estimator.fit(X, y)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        fitted = estimator.fit(X, y)
    a = 0.03
    W, b, best = oracle(model, name, X, y, a)
    assert_certified(fitted, X, y)
    ours = objective(model, name, X, y, a, fitted)
    assert abs(ours - best) <= 1e-10
    np.testing.assert_allclose(np.atleast_2d(fitted.coef_).T, W, atol=2e-6)
    shift = np.mean(b) if model == "multinomial" else 0.0  # intercepts of classes are known up to a constant
    np.testing.assert_allclose(np.ravel(fitted.intercept_), b - shift, atol=2e-6)
    if name not in ("ridge", "nonnegative", "box"):
        assert np.count_nonzero(fitted.coef_) > 0


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("model", MODELS)
def test_a_certificate_notices_a_wrong_coefficient(model, name):
    X, y = data(model)
    if model in SEVERAL and name in SIGNED:
        return
    fitted = clone(MODELS[model]).set_params(penalty=PENALTIES[name], alpha=0.03, tol=1e-10).fit(X, y)
    right = fitted.coef_
    fitted.coef_ = 0.99 * right
    with pytest.raises(AssertionError, match="is not stationary"):
        assert_certified(fitted, X, y)
    if name in SIGNED:
        fitted.coef_ = right - 0.1  # below the lower bound
        with pytest.raises(AssertionError, match="violation is inf"):
            assert_certified(fitted, X, y)


@pytest.mark.parametrize("model", SEVERAL)
@pytest.mark.parametrize("weighted", [False, True])
def test_certificates_of_several_outputs_know_weights_and_scaling(model, weighted):
    X, y = data(model)
    X = X * np.geomspace(0.1, 10.0, P)
    s = np.random.default_rng(0).uniform(0.5, 2.0, N) if weighted else None
    for name in ("L1", "groups by label", "rows", "sparse group"):
        fitted = clone(MODELS[model]).set_params(penalty=PENALTIES[name], alpha=0.02, standardize=True, tol=1e-11)
        fitted.fit(X, y, sample_weight=s)
        assert_certified(fitted, X, y, sample_weight=s)
        if weighted:
            with pytest.raises(AssertionError):
                assert_certified(fitted, X, y)
    mcp = clone(MODELS[model]).set_params(penalty=pen.MCP(), alpha=0.02, tol=1e-9).fit(X, y, sample_weight=s)
    assert_certified(mcp, X, y, sample_weight=s)


@pytest.mark.parametrize("model", MODELS)
def test_explicit_rules_reach_the_same_minimum_or_are_refused(model):
    X, y = data(model)
    rules = GreedyBCD(selection="gs-q", block_size=3)
    for name, penalty in PENALTIES.items():
        estimator = clone(MODELS[model]).set_params(penalty=penalty, alpha=0.03, tol=1e-10, solver=rules)
        if model in SEVERAL or name in ("nonnegative", "box") or "group" in name or name == "rows":
            with pytest.raises(ValueError, match="explicit rules|no form for several"):
                estimator.fit(X, y)
            continue
        fitted = estimator.fit(X, y)
        assert_certified(fitted, X, y)
        assert objective(model, name, X, y, 0.03, fitted) <= oracle(model, name, X, y, 0.03)[2] + 1e-9
