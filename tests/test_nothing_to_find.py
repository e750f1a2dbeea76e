"""Data in which nothing correlates, or everything is fitted already: rounding errors must not pass for signal."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from pauca.linear_model import SparseClassifier, SparseRegressor
from pauca.losses import Huber
from pauca.penalties import L0, L1, MCP, GroupL2, SparseGroup
from pauca.solvers import IHT, AcceleratedProximalGradient, ProximalCG

RNG = np.random.default_rng(0)
Y = RNG.standard_normal(25)


def quiet_fit(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.filterwarnings("ignore", message=".*[Aa]ll coefficients are zero.*")
        return model.fit(X, y)


@pytest.mark.parametrize("value", [1.0, 7.3, 1e6 / 3])
@pytest.mark.parametrize(
    ("model", "y"),
    [
        (SparseRegressor(), Y),
        (SparseRegressor(loss=Huber()), Y),
        (SparseRegressor(penalty=MCP()), Y),
        (SparseRegressor(solver=AcceleratedProximalGradient(), alpha="0.5max"), Y),
        (SparseRegressor(solver=ProximalCG(), alpha="0.5max"), Y),
        (SparseRegressor(penalty=SparseGroup([0, 0, 1]), alpha="0.5max"), Y),
        (SparseRegressor(penalty=GroupL2([0, 0, 1]), alpha="0.5max"), Y),
        (SparseClassifier(), Y > 0.3),
        (SparseClassifier(), np.digitize(Y, [-0.5, 0.5])),
    ],
)
def test_constant_columns_alone(model, y, value):
    X = np.full((25, 3), value)
    quiet_fit(model, X, y)
    assert (model.coef_ == 0.0).all()
    assert model.alpha_max_ == 0.0
    null = y.mean() if model.__class__ is SparseRegressor else np.log(y.mean() / (1 - y.mean()))
    if getattr(model, "loss", None) in ("quadratic", "logistic") and y.dtype != int:
        assert model.intercept_ == pytest.approx(null, rel=1e-7)


def test_a_search_for_subsets_of_constant_columns():
    model = quiet_fit(SparseRegressor(penalty=L0(), solver=IHT(n_nonzero=1)), np.full((25, 3), 7.3), Y)
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("loss", ["regression", "classification"])
def test_everything_unpenalised(loss):
    X = RNG.standard_normal((60, 6))
    y = X[:, 0] + RNG.standard_normal(60)
    model, y = (SparseRegressor(), y) if loss == "regression" else (SparseClassifier(), y > 0)
    quiet_fit(model.set_params(penalty=L1(weights=np.zeros(6))), X, y)
    bare = quiet_fit(type(model)(alpha=0.0), X, y)
    assert np.allclose(model.coef_, bare.coef_, rtol=1e-6)


def test_unpenalised_columns_that_interpolate():
    X = RNG.standard_normal((20, 30))
    y = X[:, :3] @ [1.0, -2.0, 0.5]
    weights = np.ones(30)
    weights[:3] = 0.0
    model = quiet_fit(SparseRegressor(penalty=L1(weights=weights)), X, y)
    assert np.abs(model.coef_[:3] - [1.0, -2.0, 0.5]).max() <= 1e-12
    assert (model.coef_[3:] == 0.0).all()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_separable_classes_without_a_penalty_are_told(n_classes):
    X = RNG.standard_normal((90, 4))
    X[:, 0] += 2.0 * np.sign(X[:, 0])
    y = (X[:, 0] > 0).astype(int) if n_classes == 2 else np.digitize(np.arctan2(X[:, 0], X[:, 1]), [-1.0, 1.0])
    with pytest.warns(ConvergenceWarning, match=r"the classes are separable.*Choose alpha > 0"):
        model = SparseClassifier(alpha=0.0, max_iter=100).fit(X, y)
    assert np.isfinite(model.coef_).all()
    if n_classes == 2:
        quiet_fit(SparseClassifier(loss="squared_hinge", alpha=0.0), X, y)  # has an optimum: all margins are wide
    y[:6] = (y[:6] + 1) % n_classes
    quiet_fit(SparseClassifier(alpha=0.0), X, y)


@pytest.mark.parametrize("make", [np.asfortranarray, sparse.csc_array])
@pytest.mark.parametrize("value", [0.0, 3.0])
@pytest.mark.parametrize("kind", [SparseRegressor, SparseClassifier])
def test_a_warm_start_forgets_a_column_that_stopped_varying(kind, value, make):
    X = RNG.standard_normal((50, 8))
    y = X[:, 2] * 3.0 + 0.5 * RNG.standard_normal(50)
    y = y if kind is SparseRegressor else y > 0
    model = kind(alpha=0.02, warm_start=True).fit(make(X), y)
    assert model.coef_.ravel()[2] != 0.0
    X[:, 2] = value
    quiet_fit(model, make(X), y)
    cold = quiet_fit(kind(alpha=0.02), make(X), y)
    assert model.coef_.ravel()[2] == 0.0
    assert np.allclose(model.coef_, cold.coef_, atol=1e-6)
    assert np.allclose(model.intercept_, cold.intercept_, atol=1e-6)
