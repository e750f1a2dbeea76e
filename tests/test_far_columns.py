"""Columns far from zero for their spread: timestamps, geographic coordinates, prices of another currency."""

import numpy as np
import pytest
from scipy import sparse

from pauca.inference import mfdr
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseClassifier,
    SparseCoxRegressor,
    SparseRegressor,
    SparseRegressorCV,
    path,
)
from pauca.penalties import MCP, GroupL2
from pauca.solvers import AcceleratedProximalGradient

RNG = np.random.default_rng(0)
NEAR = RNG.standard_normal((80, 6))
Y = NEAR[:, 0] - 2.0 * NEAR[:, 1] + 0.1 * RNG.standard_normal(80)
# Exact sums, so that both designs hold the same data up to a shift.
NEAR = np.round(NEAR * 2**10) / 2**10
SHIFT = np.array([2.0**30, -(2.0**33), 0.0, 1.0, 2.0**24, 2.0**40])
FAR = NEAR + SHIFT


def same(near, far, tol=1e-7):
    scale = np.abs(near.coef_).max()
    assert np.abs(far.coef_ - near.coef_).max() <= tol * scale
    expected = near.intercept_ - near.coef_ @ SHIFT
    # The intercept is as large as the shift and rounded like it.
    assert np.allclose(far.intercept_, expected, rtol=1e-9, atol=1e-9)


FITS = {
    "lasso": lambda X: SparseRegressor(alpha=0.1).fit(X, Y),
    "standardized": lambda X: SparseRegressor(alpha=0.1, standardize=True).fit(X, Y),
    "mcp": lambda X: SparseRegressor(penalty=MCP(), alpha=0.1).fit(X, Y),
    "group": lambda X: SparseRegressor(penalty=GroupL2([0, 0, 1, 1, 2, 2]), alpha=0.1).fit(X, Y),
    "prox": lambda X: SparseRegressor(alpha=0.1, solver=AcceleratedProximalGradient(), max_iter=20_000).fit(X, Y),
    "logistic": lambda X: SparseClassifier(alpha=0.05).fit(X, Y > 0),
    "multinomial": lambda X: SparseClassifier(alpha=0.05).fit(X, np.digitize(Y, [-1.0, 1.0])),
    "tasks": lambda X: MultiTaskSparseRegressor(alpha=0.1).fit(X, np.column_stack([Y, Y**2])),
    "cross-validated": lambda X: SparseRegressorCV(alphas=[0.3, 0.1, 0.03]).fit(X, Y),
}


@pytest.mark.parametrize("name", FITS)
def test_a_shift_of_columns_changes_the_intercept_only(name):
    same(FITS[name](NEAR), FITS[name](FAR))


@pytest.mark.parametrize("make", [sparse.csc_array, sparse.csc_matrix, np.ascontiguousarray])
def test_in_any_container(make):
    given = make(FAR)
    before = given.copy()
    same(FITS["lasso"](NEAR), FITS["lasso"](given))
    assert abs(given - before).max() == 0.0


def test_sparse_with_zeros_elsewhere():
    near = NEAR * (RNG.random(NEAR.shape) < 0.5)
    far = near.copy()
    near[:, 0], far[:, 0] = NEAR[:, 0], NEAR[:, 0] + SHIFT[0]
    dense, csc = (SparseRegressor(alpha=0.1).fit(X, Y) for X in (near, sparse.csc_array(far)))
    assert np.abs(dense.coef_ - csc.coef_).max() <= 1e-7


def test_survival_has_no_intercept():
    time = np.exp(-Y)
    near, far = (SparseCoxRegressor(alpha=0.05).fit(X, np.column_stack([time, time > 0])) for X in (NEAR, FAR))
    assert np.abs(far.coef_ - near.coef_).max() <= 1e-6 * np.abs(near.coef_).max()


def test_paths_and_what_is_made_of_them():
    near, far = (path(X, Y, alphas=20) for X in (NEAR, FAR))
    assert np.abs((near.coefs_ - far.coefs_).toarray()).max() <= 1e-6
    assert np.allclose(near.predict(NEAR), far.predict(FAR), atol=1e-3)
    assert np.allclose(near.intercepts_, far.intercepts_ + far.coefs_.T @ SHIFT, rtol=0, atol=1e-3)
    assert np.allclose(mfdr(near, NEAR, Y).mfdr, mfdr(far, FAR, Y).mfdr, atol=1e-6)


def test_moments_of_many_rows():
    rng = np.random.default_rng(1)
    near = np.round(rng.standard_normal((4000, 6)) * 2**10) / 2**10
    y = near[:, 0] - near[:, 1] + rng.standard_normal(4000)
    fits = [MultiTaskSparseRegressor(alpha=0.1, standardize=True).fit(X, np.c_[y, -y]) for X in (near, near + SHIFT)]
    assert np.abs(fits[0].coef_ - fits[1].coef_).max() <= 1e-6


def test_a_warm_start_begins_where_the_last_fit_ended():
    model = SparseRegressor(alpha=0.1, warm_start=True)
    first = model.fit(FAR, Y).coef_.copy()
    again = model.fit(FAR, Y)
    assert again.n_iter_ <= 1
    assert np.abs(again.coef_ - first).max() <= 1e-9


@pytest.mark.parametrize("value", [0.1, 7.3e8, -1e-300])
def test_constant_columns_stay_constant(value):
    X = NEAR.copy()
    X[:, 3] = value
    X[::2, 3] = np.nextafter(value, np.inf)  # the last place varies
    for standardize in (False, True):
        model = SparseRegressor(alpha=0.01, standardize=standardize).fit(X, Y)
        assert model.coef_[3] == 0.0
        assert np.abs(model.coef_[:2]).min() > 0.5
    many = np.tile(X, (500, 1))
    model = MultiTaskSparseRegressor(alpha=0.01, standardize=True).fit(many, np.tile(np.c_[Y, Y], (500, 1)))
    assert (model.coef_[:, 3] == 0.0).all()


def test_columns_that_vary_a_little_are_not_taken_for_constant():
    """A thousand seconds of Unix time."""
    rng = np.random.default_rng(2)
    time = 1.7e9 + rng.uniform(0, 1000, 300)
    X = np.column_stack([time, rng.standard_normal(300)])
    y = (time - time.mean()) / time.std() + 0.1 * rng.standard_normal(300)
    for model in (SparseRegressor(penalty="mcp"), SparseRegressor(standardize=True), SparseRegressor(alpha="0.01max")):
        assert model.fit(X, y).score(X, y) > 0.95


def test_ordinary_data_are_not_copied():
    from pauca.linear_model._far_columns import without_far_columns

    weights = np.full(80, 1 / 80)
    indicator = (NEAR > 1.0).astype(float)
    indicator[:, 0] = 1.0
    for X in (NEAR, NEAR + 1000.0, indicator, sparse.csc_array(indicator), NEAR.astype(np.float32)):
        assert without_far_columns(X, weights)[0] is X
