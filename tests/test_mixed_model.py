"""The mixed model against dense densities, golden values of statsmodels, limits, and its own descent."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_data import make
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, multivariate_t
from sklearn.linear_model import LinearRegression

from pauca import _core
from pauca.linear_model import SparseRegressor
from pauca.mixed_model import StudentMixedRegressor as Mixed
from pauca.mixed_model._em import StudentEM
from pauca.mixed_model._penalized_step import FixedEffects
from pauca.penalties import L1

GOLDEN = json.loads((Path(__file__).parent / "golden" / "mixedlm.json").read_text())
INF = np.inf


def dense_objective(X, y, cluster, columns, beta, intercept, s2, covariance, degrees):
    """-log L / n from scipy's densities, cluster by cluster."""
    total = 0.0
    for c in np.unique(cluster):
        rows = cluster == c
        Z = np.column_stack([np.ones(rows.sum()), X[np.ix_(rows, columns)]])
        S = s2 * np.eye(rows.sum()) + Z @ covariance @ Z.T
        mean = intercept + X[rows] @ beta
        density = multivariate_normal(mean, S) if np.isinf(degrees) else multivariate_t(mean, S, df=degrees)
        total -= density.logpdf(y[rows])
    return total / y.size


# --- the likelihood ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [1.0, 4.5, 150.0, INF])
def test_likelihood_and_gradient(degrees):
    rng = np.random.default_rng(1)
    sizes = [1, 2, 5, 3]
    start = np.concatenate([[0], np.cumsum(sizes)])
    Z, r = np.asfortranarray(rng.normal(size=(11, 2))), rng.normal(size=11)
    core = _core.ClusterLikelihood(Z, start)
    L = np.asfortranarray([[0.7, 0.0], [-0.4, 0.2]])

    def value(x):
        return core.value(r, x[0], np.asfortranarray([[x[1], 0.0], [x[2], x[3]]]), degrees)[0]

    x = np.array([0.3, L[0, 0], L[1, 0], L[1, 1]])
    s2, expected = np.exp(0.3), 0.0
    for a, b in itertools.pairwise(start):
        S = s2 * (np.eye(b - a) + Z[a:b] @ L @ L.T @ Z[a:b].T)
        density = (
            multivariate_normal(np.zeros(b - a), S)
            if np.isinf(degrees)
            else multivariate_t(np.zeros(b - a), S, df=degrees)
        )
        expected -= density.logpdf(r[a:b]) / 11
    f, quadratic, weight, d_scale, d_covariance = core.value(r, 0.3, L, degrees)
    assert f == pytest.approx(expected, rel=1e-12)
    numeric = approx_fprime(x, value, 1e-7)
    slope = 2 * d_covariance @ L
    np.testing.assert_allclose([d_scale, slope[0, 0], slope[1, 0], slope[1, 1]], numeric, atol=2e-6)
    V = [np.eye(b - a) + Z[a:b] @ L @ L.T @ Z[a:b].T for a, b in itertools.pairwise(start)]
    exact = [r[a:b] @ np.linalg.solve(v, r[a:b]) for a, b, v in zip(start[:-1], start[1:], V, strict=True)]
    np.testing.assert_allclose(quadratic, exact, rtol=1e-10)
    if np.isfinite(degrees):
        np.testing.assert_allclose(weight, (degrees + np.array(sizes)) / (degrees + quadratic / s2), rtol=1e-12)
    else:
        np.testing.assert_array_equal(weight, 1.0)
    # V^{-1/2} is symmetric and squares to V^{-1}
    whitened = core.whiten(np.asfortranarray(np.eye(11)), L, np.ones(4))
    for a, b, v in zip(start[:-1], start[1:], V, strict=True):
        np.testing.assert_allclose(whitened[a:b, a:b] @ whitened[a:b, a:b] @ v, np.eye(b - a), atol=1e-12)


# --- the Gaussian limit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_golden_values_of_statsmodels(name):
    """statsmodels' MixedLM by maximum likelihood, see golden/make_mixedlm.py."""
    case = GOLDEN[name]
    data = {k: np.array(v) for k, v in case["data"].items()}
    model = Mixed(case["random_effects"], INF).fit(data["X"], data["y"], cluster=data["cluster"])
    assert model.log_likelihood_ >= case["log_likelihood"] - 1e-6
    assert model.log_likelihood_ == pytest.approx(case["log_likelihood"], abs=1e-4)
    np.testing.assert_allclose([model.intercept_, *model.coef_], case["fixed"], rtol=2e-4, atol=1e-5)
    errors = [model.intercept_standard_error_, *model.standard_errors_]
    # statsmodels inverts the observed information of all parameters, here it is the expected one
    np.testing.assert_allclose(errors, case["standard_errors"], rtol=5e-3)
    A = np.column_stack([np.ones(len(data["y"])), data["X"]])
    information = np.zeros((A.shape[1], A.shape[1]))
    for c in np.unique(data["cluster"]):
        rows = data["cluster"] == c
        Z = A[rows][:, : 1 + len(case["random_effects"]) - 1]
        V = model.scale_ * np.eye(rows.sum()) + Z @ model.covariance_ @ Z.T
        information += A[rows].T @ np.linalg.solve(V, A[rows])
    np.testing.assert_allclose(errors, np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-8)
    assert model.scale_ == pytest.approx(case["scale"], rel=2e-3)
    np.testing.assert_allclose(model.covariance_, case["covariance"], rtol=1e-2, atol=1e-2 * np.max(case["covariance"]))
    np.testing.assert_allclose(model.random_effects_[:5], case["effects"], rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("degrees", [INF, 5.0])
def test_maximum_of_the_dense_likelihood(degrees):
    X, y, cluster, _ = make(20, degrees=5.0, sizes=np.arange(20) % 5 + 1, seed=2)
    model = Mixed(["intercept", 0], degrees).fit(X, y, cluster=cluster)
    at = (model.coef_, model.intercept_, model.scale_, model.covariance_)
    f = dense_objective(X, y, cluster, [0], *at, degrees)
    assert f == pytest.approx(-model.log_likelihood_ / y.size, rel=1e-9)
    rng = np.random.default_rng(3)
    for step in (1e-2, 1e-3):
        for _ in range(15):
            L = np.linalg.cholesky(model.covariance_ + 1e-12 * np.eye(2)) + step * np.tril(rng.normal(size=(2, 2)))
            moved = (
                model.coef_ + step * rng.normal(size=3),
                model.intercept_ + step * rng.normal(),
                model.scale_ * np.exp(step * rng.normal()),
                L @ L.T,
            )
            assert dense_objective(X, y, cluster, [0], *moved, degrees) >= f - 1e-9


def test_many_degrees_are_the_gaussian():
    X, y, cluster, _ = make(seed=4)
    a = Mixed(["intercept", 0], 1e9).fit(X, y, cluster=cluster)
    b = Mixed(["intercept", 0], INF).fit(X, y, cluster=cluster)
    np.testing.assert_allclose(a.coef_, b.coef_, rtol=1e-6)
    np.testing.assert_allclose(a.covariance_, b.covariance_, rtol=1e-4)
    # Gaussian data: the estimate itself finds the limit, or something close to it
    found = Mixed(["intercept", 0]).fit(X, y, cluster=cluster)
    assert found.degrees_of_freedom_ > 15


def test_without_clusters_it_is_t_regression():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(400, 2))
    y = X @ [1.0, -1.0] + rng.standard_t(3, size=400)
    model = Mixed(degrees_of_freedom=3.0).fit(X, y)

    def negative(x):
        r = (y - x[0] - X @ x[1:3]) / np.exp(x[3])
        return np.sum(2 * np.log1p(r**2 / 3)) + 400 * x[3]

    at = np.array([model.intercept_, *model.coef_, 0.5 * np.log(model.scale_)])
    np.testing.assert_allclose(approx_fprime(at, negative, 1e-6), 0.0, atol=5e-3)
    np.testing.assert_allclose(Mixed(degrees_of_freedom=INF).fit(X, y).coef_, LinearRegression().fit(X, y).coef_)


# --- descent -------------------------------------------------------------------------------------------------------


@given(
    st.integers(0, 10**6),
    st.sampled_from(["estimate", 2.0, INF]),
    st.sampled_from([None, 0.02, 0.3]),
    st.booleans(),
)
@settings(max_examples=25)
def test_every_step_decreases_the_penalized_criterion(seed, degrees, alpha, outliers):
    X, y, cluster, _ = make(15, 4, seed=seed)
    if outliers:
        y[cluster < 2] += 50
    fixed = FixedEffects(None if alpha is None else "l1", alpha or 0.0, 3, True, None)
    fixed.set_strength(alpha or 0.0)
    Z = np.column_stack([np.ones(60), X[:, 0]])
    em = StudentEM(np.asfortranarray(np.column_stack([X, np.ones(60)])), y, Z, np.arange(0, 61, 4), fixed)
    state = em.initial(np.zeros(4), 4.0 if degrees == "estimate" else degrees)
    last = em.value(state)
    for _ in range(6):
        for step in (lambda: em.variance_step(state, degrees == "estimate"), lambda: em.fixed_step(state)):
            step()
            now = em.value(state)
            assert now <= last + 1e-10 * max(1, abs(last))
            last = now


def test_objective_path():
    X, y, cluster, _ = make(degrees=3.0, seed=6)
    for options in ({}, {"penalty": "l1", "alpha": 0.05}, {"degrees_of_freedom": INF}):
        model = Mixed(["intercept", 0], **options).fit(X, y, cluster=cluster)
        assert (np.diff(model.objective_path_) <= 1e-12).all()
        assert model.solver_report_.converged


# --- robustness ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [5, 30])
def test_outlying_clusters(size):
    """A tenth of the clusters follows another slope: the error stays below half of the Gaussian fit's."""
    ratios = []
    for seed in range(5):
        X, y, cluster, beta = make(100, 6, covariance=((1, 0), (0, 0)), seed=seed)
        bad = cluster < 10
        y[bad] += size * X[bad, 1]
        robust, gaussian = (Mixed(degrees_of_freedom=m).fit(X, y, cluster=cluster) for m in ("estimate", INF))
        truth = np.append(beta, 1.0)
        errors = [np.linalg.norm(np.append(m.coef_, m.intercept_) - truth) for m in (robust, gaussian)]
        ratios.append(errors[0] / errors[1])
        assert np.median(robust.cluster_weights_[:10]) < 0.3 * np.median(robust.cluster_weights_[10:])
    assert np.median(ratios) < 0.5


def test_degrees_of_freedom_are_recovered():
    found = []
    for seed in range(4):
        X, y, cluster, _ = make(300, 5, degrees=4.0, seed=seed)
        found.append(Mixed(["intercept", 0]).fit(X, y, cluster=cluster).degrees_of_freedom_)
    assert np.median(found) == pytest.approx(4.0, rel=0.25)


def test_standard_errors_cover():
    z = []
    for seed in range(60):
        X, y, cluster, beta = make(40, 4, p=2, degrees=5.0, seed=seed)
        model = Mixed(["intercept", 0], 5.0).fit(X, y, cluster=cluster)
        z.append(
            np.append(
                (model.coef_ - beta) / model.standard_errors_, (model.intercept_ - 1) / model.intercept_standard_error_
            )
        )
    assert 0.8 < np.std(z) < 1.25
    assert abs(np.mean(z)) < 0.25


# --- equivariances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"penalty": "l1", "alpha": 0.05, "standardize": True}, {"degrees_of_freedom": INF}]
)
@pytest.mark.parametrize("factor", [1e-5, 300.0])
def test_scale_equivariance(options, factor):
    X, y, cluster, _ = make(40, degrees=4.0, seed=7)
    reference = Mixed(["intercept", 0], **options).fit(X, y, cluster=cluster)
    scaled = Mixed(["intercept", 0], **options).fit(X, factor * y + 7 * factor, cluster=cluster)
    np.testing.assert_allclose(scaled.coef_, factor * reference.coef_, rtol=1e-4, atol=1e-6 * factor)
    assert scaled.intercept_ == pytest.approx(factor * (reference.intercept_ + 7), rel=1e-5)
    assert scaled.scale_ == pytest.approx(factor**2 * reference.scale_, rel=1e-4)
    np.testing.assert_allclose(scaled.covariance_, factor**2 * reference.covariance_, rtol=1e-3)
    if not options.get("degrees_of_freedom"):
        assert scaled.degrees_of_freedom_ == pytest.approx(reference.degrees_of_freedom_, rel=1e-3)
    columns = Mixed(["intercept", 0], **options).fit(X * [factor, 1, 1], y, cluster=cluster)
    np.testing.assert_allclose(columns.coef_ * [factor, 1, 1], reference.coef_, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(columns.covariance_[1, 1] * factor**2, reference.covariance_[1, 1], rtol=1e-3)
    np.testing.assert_allclose(columns.standard_errors_ * [factor, 1, 1], reference.standard_errors_, rtol=1e-3)


def test_order_of_rows_and_labels_do_not_matter():
    X, y, cluster, _ = make(30, seed=8)
    order = np.random.default_rng(0).permutation(y.size)
    a = Mixed(["intercept", 0]).fit(X, y, cluster=cluster)
    b = Mixed(["intercept", 0]).fit(X[order], y[order], cluster=np.array([f"c{c:03d}" for c in cluster])[order])
    np.testing.assert_allclose(a.coef_, b.coef_, rtol=1e-6)
    np.testing.assert_allclose(a.random_effects_, b.random_effects_, atol=1e-5)
    assert b.clusters_[3] == "c003"


# --- boundaries ----------------------------------------------------------------------------------------------------


def test_no_random_effects_in_the_data():
    """D = 0 at the boundary: within-cluster sums vanish, so the likelihood falls in D."""
    rng = np.random.default_rng(9)
    cluster = np.repeat(np.arange(40), 5)
    X = rng.normal(size=(200, 2))
    e = rng.normal(size=(40, 5))
    y = 1 + X @ [1.0, 2.0] + (e - e.mean(1, keepdims=True)).ravel()
    model = Mixed(degrees_of_freedom=INF).fit(X, y, cluster=cluster)
    assert model.covariance_[0, 0] < 1e-8
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, y).coef_, rtol=1e-4)
    assert np.isfinite(model.standard_errors_).all()
    np.testing.assert_allclose(model.random_effects_, 0.0, atol=1e-6)


def test_a_vanished_factor_is_opened_again():
    """L = 0 is stationary in L whatever the data: the derivative in L L' leads away from it."""
    X, y, _cluster, _ = make(50, seed=10)
    r = np.ascontiguousarray(y - y.mean())
    Z = np.asfortranarray(np.column_stack([np.ones(300), X[:, 0]]))
    core = _core.ClusterLikelihood(Z, np.arange(0, 301, 6))
    options = {"fit_scale": True, "fit_degrees": False, "max_degrees": 200.0}
    from_zero = core.step(r, 0.0, np.zeros((2, 2), order="F"), INF, **options)
    usual = core.step(r, 0.0, np.asfortranarray(0.5 * np.eye(2)), INF, **options)
    np.testing.assert_allclose(from_zero[1] @ from_zero[1].T, usual[1] @ usual[1].T, rtol=1e-3, atol=1e-4)


def test_singular_effects():
    X, y, cluster, _ = make(40, seed=11)
    X = np.column_stack([X, X[:, 0], np.zeros(len(y)), np.full(len(y), 3.0)])
    model = Mixed(["intercept", 0, 3, 4, 5]).fit(X, y, cluster=cluster)  # doubled, zero and constant columns
    plain = Mixed(["intercept", 0]).fit(X[:, :3], y, cluster=cluster)
    assert model.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-3)
    np.testing.assert_allclose(model.predict(X, cluster), plain.predict(X[:, :3], cluster), atol=1e-2)
    assert np.isfinite(model.covariance_).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 3])
def test_tiny_data(n, p):
    rng = np.random.default_rng(12)
    X, y = rng.normal(size=(n, p)), rng.normal(size=n)
    model = Mixed().fit(X, y, cluster=np.zeros(n, dtype=int))
    assert np.isfinite(model.predict(X, np.zeros(n, dtype=int))).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("y", [np.zeros(20), np.full(20, 3.0), None])
def test_interpolation_stays_finite(y):
    X = np.random.default_rng(13).normal(size=(20, 40))
    y = X[:, 0] if y is None else y
    model = Mixed().fit(X, y, cluster=np.arange(20) // 4)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.scale_)
    assert np.isfinite(model.standard_errors_).all()


# --- penalty -------------------------------------------------------------------------------------------------------


def test_penalty_without_clusters_is_the_lasso():
    """With normal errors and s fixed at its estimate the coefficients are a lasso's at alpha * s."""
    rng = np.random.default_rng(14)
    X = rng.normal(size=(120, 30))
    y = X[:, 0] - X[:, 1] + rng.normal(size=120)
    model = Mixed(degrees_of_freedom=INF, penalty="l1", alpha=0.15, tol=1e-14).fit(X, y)
    lasso = SparseRegressor(alpha=0.15 * np.sqrt(model.scale_)).fit(X, y)
    np.testing.assert_allclose(model.coef_, lasso.coef_, atol=1e-5)
    # and s is stationary: n - r'r/s2 + (derivative of the penalty) = 0
    r = y - model.predict(X)
    penalty = 0.15 * np.abs(model.coef_).sum() / np.sqrt(model.scale_)
    assert 1 - r @ r / y.size / model.scale_ == pytest.approx(penalty, abs=1e-5)


def test_penalized_selection_under_contamination():
    X, y, cluster, _ = make(80, 5, p=40, seed=15)
    y = y - X[:, 3:] @ np.linspace(1, 2, 40)[3:]
    y[cluster < 8] += 30 * X[cluster < 8, 20]
    model = Mixed(penalty="l1", alpha="0.2max").fit(X, y, cluster=cluster)
    assert {0, 1, 2} <= set(np.flatnonzero(model.coef_))
    assert np.count_nonzero(model.coef_) < 20
    assert np.isnan(model.standard_errors_).all()
    assert np.isfinite(model.intercept_standard_error_)
    free = Mixed(penalty=L1(weights={"x0": 0.0}), alpha="0.2max").fit(X, y, cluster=cluster)
    assert np.isfinite(free.standard_errors_[0])
    assert np.isnan(free.standard_errors_[1:]).all()
    none = Mixed(penalty="l1", alpha=1.01 * model.alpha_max_).fit(X, y, cluster=cluster)
    assert not none.coef_.any()
