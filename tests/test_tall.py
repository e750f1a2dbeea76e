"""Least squares with many rows and few columns: paths on a triangular factor, fits by sweeps over the residual."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV, lasso_path
from sklearn.model_selection import KFold, ShuffleSplit

from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseRegressor,
    SparseRegressorCV,
    _cross_validation,
    _multitask,
    _path,
    path,
)
from pauca.moments import Moments
from pauca.penalties import L1, ElasticNet
from pauca.solvers import GreedyBCD


def data(n=400, p=12, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) @ (np.eye(p) + 0.3 * rng.normal(size=(p, p))) + 5.0 * rng.normal(size=p)
    return X, X[:, :4] @ [3.0, -2.0, 1.0, 0.5] + rng.normal(size=n) + 50.0


@pytest.fixture
def rows_only(monkeypatch):
    """The path from the rows themselves."""

    def solve(*args, **options):
        with monkeypatch.context() as patch:
            patch.setattr(_path, "pays", lambda *_: False)
            return path(*args, **options)

    return solve


@pytest.fixture
def factored(monkeypatch):
    """The path, after a look that it was made from the factor."""

    def solve(*args, **options):
        made = []
        real = _path.rows_of
        with monkeypatch.context() as patch:
            patch.setattr(_path, "rows_of", lambda *a: made.append(real(*a)) or made[-1])
            found = path(*args, **options)
        (rows,) = made
        assert rows.X.shape[0] <= rows.X.shape[1] + 2
        return found

    return solve


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fit_intercept": False},
        {"standardize": True},
        {"penalty": "mcp"},
        {"penalty": L1(nonnegative=True)},
        {"penalty": L1(weights=np.r_[0.0, np.ones(10), np.inf])},
        {"penalty": ElasticNet(l1_ratio=0.3), "alphas": [3.0, 1.0, 0.1, 0.01, 0.003, 0.001]},
        {"sample_weight": np.arange(400) % 3},
        {"offset": np.linspace(-4.0, 9.0, 400)},
    ],
    ids=["lasso", "origin", "standardized", "mcp", "nonnegative", "weights", "elastic net", "samples", "offset"],
)
def test_the_factor_gives_the_path_of_the_rows(options, factored, rows_only):
    X, y = data()
    short, long = factored(X, y, tol=1e-12, **options), rows_only(X, y, tol=1e-12, **options)
    np.testing.assert_allclose(short.alphas_, long.alphas_, rtol=1e-12)
    np.testing.assert_allclose(short.coefs_.toarray(), long.coefs_.toarray(), atol=1e-6)
    np.testing.assert_allclose(short.intercepts_, long.intercepts_, atol=1e-5)
    np.testing.assert_allclose(short.objectives_, long.objectives_, rtol=1e-11)
    np.testing.assert_allclose(short.deviance_ratio_, long.deviance_ratio_, atol=1e-10)
    assert short.n_samples_ == long.n_samples_
    assert short.converged_.all()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_path_is_that_of_scikit_learn(order, dtype, factored):
    X, y = data()
    X = np.asarray(X, dtype=dtype, order=order)
    found = factored(X, y, alphas=[1.0, 0.3, 0.1, 0.01, 0.003, 0.001], tol=1e-12)
    centered = X.astype(float) - X.astype(float).mean(axis=0)
    peer = lasso_path(centered, y - y.mean(), alphas=found.alphas_, tol=1e-12, max_iter=100_000)[1]
    np.testing.assert_allclose(found.coefs_.toarray(), peer, atol=1e-7)


def test_constant_and_equal_columns(factored, rows_only):
    X, y = data()
    X = np.c_[X, np.full(400, 7.0), X[:, 0], np.zeros(400)]
    for standardize in (False, True):
        short = factored(X, y, standardize=standardize)
        long = rows_only(X, y, standardize=standardize)
        assert not short.coefs_.toarray()[[12, 14]].any()
        np.testing.assert_allclose(short.objectives_, long.objectives_, rtol=1e-8)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of both
@pytest.mark.parametrize("factor", [1e-160, 1e170])
def test_where_squares_leave_the_range_rows_are_kept(factor, rows_only, monkeypatch):
    X, y = data()
    made = []
    real = _path.rows_of
    monkeypatch.setattr(_path, "rows_of", lambda *a: made.append(real(*a)) or made[-1])
    with np.errstate(over="ignore", under="ignore"):
        options = {"alphas": factor * np.linspace(0.1, 1.0, 8), "standardize": False}
        found, direct = path(X * factor, y, **options), rows_only(X * factor, y, **options)
    assert made == [None]
    np.testing.assert_array_equal(found.coefs_.toarray(), direct.coefs_.toarray())


def test_cross_validation_chooses_as_scikit_learn_does():
    X, y = data(1000, 20, 3)
    model, peer = SparseRegressorCV(tol=1e-10).fit(X, y), LassoCV(cv=5, tol=1e-8).fit(X, y)
    np.testing.assert_allclose(model.alpha_, peer.alpha_, rtol=1e-9)
    np.testing.assert_allclose(model.coef_, peer.coef_, atol=1e-4)
    np.testing.assert_allclose(-2.0 * model.cv_scores_, peer.mse_path_, rtol=1e-5)


def tall(n=1500, p=60, correlation=0.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    for j in range(1, p):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1.0 - correlation**2) * X[:, j]
    X += rng.normal(size=p)
    coef = np.where(np.arange(p) % 3 == 0, rng.normal(size=p), 0.0)
    return X, X @ coef + rng.normal(size=n) + 3.0


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("share", [0.3, 0.01, 0.0001])
def test_fits_by_sweeps_and_by_grams_agree(correlation, share):
    X, y = tall(correlation=correlation)
    auto = SparseRegressor(alpha=f"{share}max").fit(X, y)
    gram = SparseRegressor(alpha=f"{share}max", solver=GreedyBCD(engine="gram"), tol=1e-13).fit(X, y)
    np.testing.assert_allclose(auto.coef_, gram.coef_, atol=1e-7)
    np.testing.assert_allclose(auto.intercept_, gram.intercept_, atol=1e-7)
    assert auto.dual_gap_ <= 1e-8 * y.var() / 2
    assert auto.support_identified_at_ <= auto.n_iter_


def test_sweeps_are_taken_where_they_are_fast_and_left_where_they_are_slow():
    for correlation, engine in ((0.0, "residual"), (0.99, "gram")):
        X, y = tall(correlation=correlation)
        assert SparseRegressor(alpha="0.01max").fit(X, y).solver_report_.engine == engine


@pytest.mark.parametrize(
    "options",
    [
        {"fit_intercept": False},
        {"standardize": True},
        {"penalty": L1(nonnegative=True)},
        {"penalty": ElasticNet(l1_ratio=0.5)},
        {"penalty": L1(weights=1.0 + np.arange(60) % 4)},
    ],
    ids=["origin", "standardized", "nonnegative", "elastic net", "weights"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sweeps_solve_every_problem_they_are_taken_for(options, dtype):
    X, y = tall()
    X = np.asfortranarray(X - X.mean(axis=0), dtype=dtype)  # means would make columns similar
    weights = 1.0 + np.arange(len(y)) % 2
    auto = SparseRegressor(alpha="0.005max", **options).fit(X, y, weights)
    gram = SparseRegressor(alpha="0.005max", solver=GreedyBCD(engine="gram"), tol=1e-12, **options).fit(X, y, weights)
    assert auto.solver_report_.engine == "residual"
    np.testing.assert_allclose(auto.coef_, gram.coef_, atol=1e-6 if dtype is np.float32 else 1e-7)


def test_sweeps_stop_at_max_iter_with_what_they_have():
    X, y = tall(correlation=0.5)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        model = SparseRegressor(alpha="0.001max", max_iter=1, tol=1e-12).fit(X, y)
    assert model.n_iter_ == 1
    assert model.score(X, y) > 0.5


@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}, {"standardize": True}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_several_targets_are_fitted_on_the_factor(options, dtype, monkeypatch):
    X, y = data(2000, 8)
    X = np.asarray(X, dtype=dtype)
    Y = np.c_[y, -2.0 * y + X[:, 3], np.arange(2000) % 5]
    weights = 1.0 + np.arange(2000) % 3
    made = []
    real = _multitask.rows_of
    monkeypatch.setattr(_multitask, "rows_of", lambda *a: made.append(real(*a)) or made[-1])
    short = MultiTaskSparseRegressor(alpha="0.05max", tol=1e-12, **options).fit(X, Y, weights)
    assert len(made) == 1
    long = MultiTaskSparseRegressor(alpha="0.05max", tol=1e-12, solver=GreedyBCD(), **options).fit(X, Y, weights)
    assert len(made) == 1
    assert short.coef_.dtype == long.coef_.dtype == np.float64
    np.testing.assert_allclose(short.coef_, long.coef_, atol=1e-6 if dtype is np.float32 else 1e-9)
    np.testing.assert_allclose(short.intercept_, long.intercept_, rtol=1e-5 if dtype is np.float32 else 1e-9)
    np.testing.assert_allclose(short.alpha_max_, long.alpha_max_, rtol=1e-9)
    np.testing.assert_allclose(short.solver_report_.objective, long.solver_report_.objective, rtol=1e-9)


def test_constant_columns_of_moments_are_constant():
    X, y = data()
    X = np.c_[X, np.full(400, 0.1)]
    model = SparseRegressor(alpha=1e-3, standardize=True).fit_moments(Moments().update(X, y))
    assert model.coef_[-1] == 0.0
    np.testing.assert_allclose(model.coef_, SparseRegressor(alpha=1e-3, standardize=True).fit(X, y).coef_, atol=1e-7)


@pytest.mark.parametrize(
    "cv",
    [KFold(4), KFold(5, shuffle=True, random_state=0), ShuffleSplit(3, random_state=0)],
    ids=["blocks", "shuffled", "overlapping"],
)
@pytest.mark.parametrize("options", [{}, {"standardize": True, "penalty": "mcp"}, {"fit_intercept": False}])
def test_folds_share_one_look_at_the_data(cv, options, monkeypatch):
    X, y = data(600, 9)
    X = np.c_[X, np.ones(600), np.arange(600) < 300]  # constant, in some folds
    weights = np.arange(600) % 4
    offset = np.sin(np.arange(600))
    made = []
    real = _cross_validation.rows_of_folds
    monkeypatch.setattr(_cross_validation, "rows_of_folds", lambda *a: made.append(real(*a)) or made[-1])
    short = SparseRegressorCV(cv=cv, **options).fit(X, y, weights, offset)
    assert [folds is None for folds in made] == [isinstance(cv, ShuffleSplit)]
    monkeypatch.setattr(_path, "pays", lambda *_: False)
    long = SparseRegressorCV(cv=cv, **options).fit(X, y, weights, offset)
    np.testing.assert_allclose(short.alphas_, long.alphas_, rtol=1e-9)
    np.testing.assert_allclose(short.cv_scores_, long.cv_scores_, rtol=1e-5)
    np.testing.assert_allclose(short.oof_predictions_, long.oof_predictions_, atol=1e-4, equal_nan=True)
    np.testing.assert_allclose(short.coef_, long.coef_, atol=1e-5)
    assert short.path_.n_samples_ == long.path_.n_samples_
