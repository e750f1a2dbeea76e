"""Several classes by limited-memory BFGS: agreement with plain optimisers, certificates, limits, misuse of time."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax, xlogy
from sklearn.exceptions import ConvergenceWarning

from pauca.linear_model import SparseClassifier
from pauca.penalties import L1, ElasticNet
from pauca.solvers import GreedyBCD

RIDGE = ElasticNet(l1_ratio=0.0)


def problem(n=150, p=12, classes=5, seed=0, density=None):
    """Labels from a softmax; columns of different scale, away from zero.

    An odd number of classes: with an even one L1 leaves the median of a row of B open.
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) * rng.uniform(0.3, 3.0, p)
    if density is not None:
        X *= rng.random((n, p)) < density
    else:
        X += rng.uniform(-2.0, 2.0, p)
    B = rng.standard_normal((p, classes)) * (rng.random((p, 1)) < 0.5)
    y = np.argmax(X @ B + 2.0 * rng.gumbel(size=(n, classes)), axis=1)
    y[:classes] = np.arange(classes)
    return X, y


def pieces(X, y, weights, B, b):
    """Mean loss and its gradients in B (p, K) and b."""
    Y = np.eye(B.shape[1])[y]
    logs = log_softmax(X @ B + b, axis=1)
    R = weights[:, None] * (np.exp(logs) - Y)
    return -(weights[:, None] * Y * logs).sum(), X.T @ R, R.sum(axis=0), R


def ridge_by_scipy(X, y, weights, alpha, intercept):
    p, K = X.shape[1], y.max() + 1

    def objective(v):
        B, b = v[: p * K].reshape(p, K), v[p * K :]
        f, G, g, _ = pieces(X, y, weights, B, b)
        return f + 0.5 * alpha * (B**2).sum(), np.r_[(G + alpha * B).ravel(), g if intercept else 0.0 * g]

    options = {"maxiter": 20_000, "ftol": 1e-16, "gtol": 1e-11, "maxfun": 10**6}
    found = minimize(objective, np.zeros(p * K + K), jac=True, method="L-BFGS-B", options=options).x
    return found[: p * K].reshape(p, K)


def relative_gap(X, y, weights, B, b, alpha, l1_ratio):
    """Duality gap over the objective of the model without features, from the formulas alone."""
    f, G, _, R = pieces(X, y, weights, B, b)
    lam, ridge = alpha * l1_ratio, alpha * (1.0 - l1_ratio)
    primal = f + lam * np.abs(B).sum() + 0.5 * ridge * (B**2).sum()
    scale = 1.0 if ridge > 0 else min(1.0, lam / np.abs(G).max())
    Q = scale * R / weights[:, None] + np.eye(B.shape[1])[y]
    dual = -(weights[:, None] * xlogy(np.maximum(Q, 0.0), np.maximum(Q, 1e-300))).sum()
    if ridge > 0:
        dual -= (np.maximum(np.abs(G) - lam, 0.0) ** 2).sum() / (2 * ridge)
    shares = weights @ np.eye(B.shape[1])[y]
    return (primal - dual) / -xlogy(shares, shares).sum()


@pytest.mark.parametrize("storage", ["dense", "csc"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_ridge_agrees_with_scipy(storage, dtype, intercept, weighted):
    X, y = problem(density=0.3 if storage == "csc" else None)
    X = X.astype(dtype)
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.2, 2.0, len(y)) if weighted else np.ones(len(y))
    data = sparse.csc_matrix(X) if storage == "csc" else X
    model = SparseClassifier(penalty=RIDGE, alpha=0.02, fit_intercept=intercept, tol=1e-9)
    model.fit(data, y, sample_weight=weights if weighted else None)
    expected = ridge_by_scipy(X.astype(float), y, weights / weights.sum(), 0.02, intercept)
    np.testing.assert_allclose(model.coef_.T, expected, atol=1e-5 if dtype == np.float32 else 2e-6)
    assert model.solver_report_.engine == "quasi-newton"


@pytest.mark.parametrize("storage", ["dense", "csc"])
@pytest.mark.parametrize("alpha", ["0.2max", "0.02max"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_certificate_and_agreement_with_sweeps_and_newton_steps(storage, alpha, l1_ratio):
    X, y = problem(density=0.3 if storage == "csc" else None, seed=2)
    data = sparse.csc_matrix(X) if storage == "csc" else X
    weights = np.random.default_rng(3).uniform(0.2, 2.0, len(y))
    model, other = (
        SparseClassifier(penalty=ElasticNet(l1_ratio=l1_ratio), alpha=alpha, tol=1e-10, solver=solver)
        .fit(data, y, sample_weight=weights)
        for solver in ("auto", GreedyBCD(engine="gram"))
    )  # fmt: skip
    assert model.solver_report_.engine == "quasi-newton" != other.solver_report_.engine
    weights /= weights.sum()
    assert relative_gap(X, y, weights, model.coef_.T, model.intercept_, model.alpha_, l1_ratio) <= 1.1e-10
    np.testing.assert_allclose(model.coef_, other.coef_, atol=1e-5)
    np.testing.assert_array_equal(model.coef_ != 0.0, other.coef_ != 0.0)


@pytest.mark.parametrize("shape", [(80, 1300, 3), (700, 150, 40)])
def test_more_columns_than_a_working_set_and_more_classes_than_a_thin_product(shape):
    n, p, classes = shape
    X, y = problem(n, p, classes, seed=4)
    for penalty, ratio, alpha in ((L1(), 1.0, 0.004), (RIDGE, 0.0, 0.05)):
        model = SparseClassifier(penalty=penalty, alpha=alpha, tol=1e-6).fit(X, y)
        assert model.solver_report_.status == "converged"
        weights = np.full(n, 1.0 / n)
        assert relative_gap(X, y, weights, model.coef_.T, model.intercept_, alpha, ratio) <= 1.01e-6
        assert abs(model.intercept_.sum()) <= 1e-8


def test_objectives_fall_and_iterations_are_counted():
    X, y = problem(seed=5)
    for penalty in (L1(), RIDGE):
        model = SparseClassifier(penalty=penalty, alpha="0.01max" if penalty != RIDGE else 1e-3, tol=1e-7).fit(X, y)
        path = np.asarray(model.objective_path_)
        assert len(path) == model.n_iter_ + 1
        assert (np.diff(path) <= 1e-12 * path[0]).all()
        limited = SparseClassifier(penalty=penalty, alpha=model.alpha_, tol=1e-7, max_iter=5)
        with pytest.warns(ConvergenceWarning, match="max_iter"):
            limited.fit(X, y)
        assert limited.n_iter_ == 5
        np.testing.assert_allclose(limited.objective_path_[:5], path[:5])
        assert limited.objective_path_[5] <= path[5]  # the last one with exact intercepts


def test_warm_start_is_at_once_there():
    X, y = problem(seed=6)
    for penalty in (L1(), RIDGE):
        model = SparseClassifier(penalty=penalty, alpha=0.01, tol=1e-6, warm_start=True).fit(X, y)
        assert model.n_iter_ > 2
        first = model.coef_.copy()
        model.fit(X, y)
        assert model.n_iter_ <= 1
        np.testing.assert_allclose(model.coef_, first, atol=1e-5)


def test_separable_classes_and_a_faint_ridge():
    rng = np.random.default_rng(7)
    y = np.repeat(np.arange(3), 20)
    X = 5.0 * np.eye(3)[y] + 0.1 * rng.standard_normal((60, 3))
    for penalty, ratio in ((RIDGE, 0.0), (L1(), 1.0)):
        model = SparseClassifier(penalty=penalty, alpha=1e-6, tol=1e-6).fit(X, y)
        assert model.solver_report_.status == "converged"
        weights = np.full(60, 1.0 / 60)
        assert relative_gap(X, y, weights, model.coef_.T, model.intercept_, 1e-6, ratio) <= 1.01e-6
        assert model.score(X, y) == 1.0


def test_newton_steps_take_over_where_columns_are_nearly_dependent():
    rng = np.random.default_rng(8)
    hidden = rng.standard_normal((200, 4))
    X = hidden @ rng.standard_normal((4, 40)) + 1e-2 * rng.standard_normal((200, 40))
    y = np.argmax(hidden[:, :3] + rng.gumbel(size=(200, 3)), axis=1)
    model = SparseClassifier(penalty=RIDGE, alpha=1e-5, tol=1e-9).fit(X, y)
    assert model.solver_report_.status == "converged"
    weights = np.full(200, 1.0 / 200)
    assert relative_gap(X, y, weights, model.coef_.T, model.intercept_, 1e-5, 0.0) <= 1e-9
    assert 10 < model.n_iter_ < 50  # BFGS sees that it is slow, and few Newton steps do


def test_scale_of_columns_does_not_matter_without_a_ridge():
    X, y = problem(seed=9)
    scale = np.logspace(-3, 3, X.shape[1])
    plain = SparseClassifier(alpha=0.02, tol=1e-10).fit(X, y)
    scaled = SparseClassifier(penalty=L1(weights=1.0 / scale), alpha=0.02, tol=1e-10).fit(X / scale, y)
    np.testing.assert_allclose(scaled.coef_ / scale, plain.coef_, atol=1e-6)


@pytest.mark.parametrize("penalty", [RIDGE, L1()])
@pytest.mark.parametrize("storage", ["dense", "float32"])
def test_columns_far_from_zero_take_as_many_iterations(penalty, storage):
    rng = np.random.default_rng(12)
    X = rng.standard_normal((200, 40)) @ (np.eye(40) + 0.3)
    X = np.round(64.0 * X) / 64.0  # so that adding the shift is exact
    y = np.argmax(X[:, :3] + rng.gumbel(size=(200, 3)), axis=1)
    dtype, shift = (np.float64, 2.0**24) if storage == "dense" else (np.float32, 2.0**12)
    near, far = (
        SparseClassifier(penalty=penalty, alpha=0.02, tol=1e-4).fit((X + by).astype(dtype), y) for by in (0.0, shift)
    )
    assert far.solver_report_.status == "converged"
    np.testing.assert_allclose(far.coef_, near.coef_, atol=0.02)
    assert far.n_iter_ <= 1.1 * near.n_iter_ + 5


def test_a_ridge_on_columns_of_very_different_scale():
    X, y = problem(300, 30, 3, seed=13)
    X = X * np.logspace(-8, 8, 30)
    model = SparseClassifier(penalty=RIDGE, alpha=1e-4, tol=1e-8).fit(X, y)
    assert model.solver_report_.status == "converged"
    assert model.n_iter_ < 40  # few of BFGS, and Newton steps
    weights = np.full(300, 1.0 / 300)
    assert relative_gap(X, y, weights, model.coef_.T, model.intercept_, 1e-4, 0.0) <= 1e-7  # formulas that round, too


def test_an_unpenalised_feature():
    X, y = problem(seed=10)
    free = np.ones(X.shape[1])
    free[3] = 0.0
    model = SparseClassifier(penalty=L1(weights=free), alpha=0.05, tol=1e-9).fit(X, y)
    _, G, g, _ = pieces(X, y, np.full(len(y), 1.0 / len(y)), model.coef_.T, model.intercept_)
    assert np.abs(G[3]).max() <= 1e-9
    assert np.abs(g).max() <= 1e-9
    assert (model.coef_[:, 3] != 0.0).all()


def test_time_is_kept():
    X, y = problem(4000, 400, 10, seed=11)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = SparseClassifier(penalty=RIDGE, alpha=1e-7, tol=1e-12, max_time=0.2).fit(X, y)
    assert model.solver_report_.status == "max_time"
    assert model.solver_report_.seconds < 1.5
    assert np.isfinite(model.coef_).all()
    assert model.dual_gap_ > 0.0
