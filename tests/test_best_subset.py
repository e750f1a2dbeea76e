"""Best subsets: the search over supports against brute force over all moves, warm starts, options, other losses."""

from itertools import combinations

import numpy as np
import pytest
from oracles import make_classification, make_regression
from scipy import sparse

from pauca import assert_certified
from pauca.linear_model import SparseClassifier, SparseRegressor, path
from pauca.penalties import L0
from pauca.solvers import IHT


def residual(X, y, support, weights=None):
    """Half the weighted mean square of the least squares residual, with intercept."""
    s = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
    A = np.c_[np.ones(len(y)), X[:, list(support)]] * np.sqrt(s)[:, None]
    b = y * np.sqrt(s)
    return 0.5 * np.sum((b - A @ np.linalg.lstsq(A, b, rcond=None)[0]) ** 2)


def hard_problem(seed, n=60, p=40, k=8):
    """Correlated columns, where thresholding alone ends early."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = 0.7 * X[:, j - 1] + np.sqrt(1 - 0.49) * X[:, j]
    w = np.zeros(p)
    w[rng.choice(p, k, replace=False)] = rng.standard_normal(k)
    return X, X @ w + 0.5 * rng.standard_normal(n)


def fit(X, y, size, **options):
    weights = options.pop("sample_weight", None)
    solver = IHT(size, options.pop("exchange", True))
    return SparseRegressor(penalty=options.pop("penalty", L0()), solver=solver, **options).fit(X, y, weights)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_no_exchange_of_one_feature_helps(seed, is_sparse, weighted):
    X, y = hard_problem(seed)
    weights = np.random.default_rng(seed).uniform(0.1, 2.0, len(y)) if weighted else None
    model = fit(sparse.csc_array(X) if is_sparse else X, y, 6, sample_weight=weights)
    support = set(np.flatnonzero(model.coef_))
    assert len(support) == 6
    found = residual(X, y, support, weights)
    assert model.solver_report_.objective == pytest.approx(found, rel=1e-9)
    for out in support:
        for come in set(range(40)) - support:
            assert residual(X, y, support - {out} | {come}, weights) >= found * (1 - 1e-8)
    assert_certified(model, X, y, sample_weight=weights)


@pytest.mark.parametrize("seed", range(3))
def test_no_single_move_helps_at_a_price(seed):
    X, y = hard_problem(seed)
    model = SparseRegressor(penalty=L0(), alpha="0.02max", solver=IHT(), standardize=False).fit(X, y)
    support = set(np.flatnonzero(model.coef_))

    def cost(s):
        return residual(X, y, s) + model.alpha_ * len(s)

    found = cost(support)
    assert model.solver_report_.objective == pytest.approx(found, rel=1e-9)
    rest = set(range(40)) - support
    moves = [support | {j} for j in rest] + [support - {i} for i in support]
    moves += [support - {i} | {j} for i in support for j in rest]
    assert min(map(cost, moves)) >= found * (1 - 1e-8)
    assert_certified(model, X, y)


def test_the_best_subset_of_all_is_found_mostly():
    """Brute force over the 3003 subsets of 5 among 15."""
    hits = [0, 0]
    for seed in range(12):
        X, y = hard_problem(seed, n=40, p=15, k=6)
        best = min(residual(X, y, s) for s in combinations(range(15), 5))
        for k, exchange in enumerate((True, False)):
            found = fit(X, y, 5, exchange=exchange, max_iter=5000).solver_report_.objective
            assert found >= best * (1 - 1e-9)
            hits[k] += found <= best * (1 + 1e-9)
    assert hits[0] == 12
    assert hits[1] < 9  # thresholding alone


def test_exchanges_never_end_higher_than_thresholding_alone():
    for seed in range(6):
        X, y = hard_problem(seed, n=80, p=200, k=15)
        for size in (3, 10, 25):
            searched, plain = (fit(X, y, size, exchange=e, max_iter=5000) for e in (True, False))
            assert searched.solver_report_.objective <= plain.solver_report_.objective * (1 + 1e-9)
            assert (np.diff(searched.objective_path_) <= 1e-12 * searched.objective_path_[0]).all()


def test_warm_starts_of_any_size_end_with_the_size_asked_for():
    X, y = hard_problem(3)
    model = SparseRegressor(penalty=L0(), warm_start=True)
    for size in (2, 12, 5, 5, 20, 1):
        model.set_params(solver=IHT(size)).fit(X, y)
        assert np.count_nonzero(model.coef_) == size
        assert model.solver_report_.converged


def test_free_and_excluded_features():
    """A weight of zero keeps a feature beside those that count, an infinite one keeps it out."""
    X, y = hard_problem(4)
    weights = np.ones(40)
    weights[[0, 1]] = 0.0
    strongest = np.flatnonzero(fit(X, y, 1).coef_)[0]
    weights[strongest] = np.inf
    for exchange in (True, False):
        model = fit(X, y, 4, penalty=L0(weights=weights), exchange=exchange, max_iter=5000)
        support = np.flatnonzero(model.coef_)
        assert {0, 1} <= set(support)
        assert strongest not in support
        assert len(support) == 6


def test_logistic_supports_are_searched_too():
    X, y = make_classification(120, 12, seed=5)
    model = SparseClassifier(penalty=L0(), solver=IHT(3), max_iter=2000).fit(X, y)
    support = set(np.flatnonzero(model.coef_[0]))

    def cost(s):
        free = SparseClassifier(alpha=0.0, tol=1e-12).fit(X[:, sorted(s)], y)
        return free.solver_report_.objective

    found = cost(support)
    for out in support:
        for come in set(range(12)) - support:
            assert cost(support - {out} | {come}) >= found * (1 - 1e-6)


def test_collinear_columns_and_sizes_beyond_the_rank():
    X, y = make_regression(40, 10, k=3, seed=6)
    twice = np.asfortranarray(np.hstack([X, X, np.ones((40, 1))]))
    model = fit(twice, y, 8)
    assert np.isfinite(model.coef_).all()
    support = np.flatnonzero(model.coef_) % 10
    assert len(set(support)) == len(support) == 8  # never both of a pair
    assert np.isfinite(fit(twice, y, 15, max_iter=5000).coef_).all()
    wide, z = make_regression(20, 50, k=3, seed=6)
    assert np.isfinite(fit(wide, z, 30, max_iter=500).coef_).all()


def test_ridge_and_sign_are_left_to_thresholding():
    X, y = hard_problem(7)
    for penalty in (L0(nonnegative=True), L0(ridge=0.5)):
        model = SparseRegressor(penalty=penalty, alpha="0.1max", solver=IHT(), max_iter=5000).fit(X, y)
        assert "exchanges" not in model.solver_report_.engine
        assert_certified(model, X, y)
    assert (SparseRegressor(penalty=L0(nonnegative=True), alpha="0.1max", solver=IHT()).fit(X, y).coef_ >= 0).all()


def test_path_of_best_subsets_and_its_criteria():
    X, y = make_regression(120, 60, k=5, noise=1.0, seed=8)
    p = path(X, y, penalty=L0(), solver=IHT(), alphas=25, eps=0.01)
    assert p.converged_.all()
    assert (np.diff(p.df_) >= 0).all()
    chosen = np.flatnonzero(p.coef_at(p.select("gic")))
    assert set(np.flatnonzero(path(X, y, alphas=[0.5]).coef_at(0))) <= set(chosen)
    assert len(chosen) <= 7
