"""Mistakes that people make, and corners they reach, which once went unnoticed."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from oracles import make_regression
from sklearn.exceptions import ConvergenceWarning

import pauca
from pauca.channel._io import _read_mat
from pauca.design import GenotypeMatrix
from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifierCV, SparseRegressor, path
from pauca.moments import Moments
from pauca.multitask import TaskSelector
from pauca.penalties import L0, MCP, GroupL2
from pauca.solvers import IHT, AcceleratedProximalGradient, ProximalCG


@pytest.fixture
def frame():
    X, y = make_regression(60, 5)
    return pd.DataFrame(X, columns=list("abcde")), y


# -- columns in another order ------------------------------------------------------------------------------------------


def test_path_refuses_columns_in_another_order(frame):
    X, y = frame
    found = path(X, y, alphas=5)
    with pytest.raises(ValueError, match="column 0 is 'e', expected 'a'"):
        found.predict(X[X.columns[::-1]])
    np.testing.assert_array_equal(found.predict(X), found.predict(X.to_numpy()))


def test_moments_keep_names_and_refuse_another_order(frame):
    X, y = frame
    seen = Moments().update(X[:30], y[:30])
    with pytest.raises(ValueError, match="columns are not those of before"):
        seen.update(X[X.columns[::-1]][30:], y[30:])
    with pytest.raises(ValueError, match="names of its features"):
        seen.merge(Moments().update(X[X.columns[::-1]][30:], y[30:]))
    model = SparseRegressor(alpha=0.1).fit_moments(seen.update(X[30:], y[30:]))
    assert model.feature_names_in_.tolist() == list("abcde")
    np.testing.assert_allclose(model.predict(X), SparseRegressor(alpha=0.1).fit(X, y).predict(X), atol=1e-8)
    unnamed = Moments().update(X.to_numpy()[:, :3], y)
    assert not hasattr(model.fit_moments(unnamed), "feature_names_in_")
    assert pauca.dag.CoLiDE().fit_moments(Moments().update(X)).feature_names_in_.tolist() == list("abcde")


def test_task_selector_refuses_columns_in_another_order(frame):
    X, y = frame
    selector = TaskSelector(1, budget=20, random_state=0).start((X, y), ["one", "two"])
    with pytest.raises(ValueError, match="columns are not those of before"):
        selector.tell("one", X[X.columns[::-1]], y)


# -- what a fit cannot know --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["poisson", "huber", "quantile"])
def test_moments_are_for_squared_error_alone(loss):
    X, y = make_regression(40, 5)
    with pytest.raises(ValueError, match="moments say nothing"):
        SparseRegressor(loss=loss).fit_moments(Moments().update(X, np.abs(y)))


@pytest.mark.parametrize("labels", [(-1, 1), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
def test_path_refuses_labels_that_are_not_0_and_1(loss, labels):
    X, _ = make_regression(30, 5)
    with pytest.raises(ValueError, match="expected 0 and 1"):
        path(X, np.resize(labels, 30), loss=loss)


def test_weights_that_multiply_have_no_form_for_several_targets():
    X, y = make_regression(30, 5)
    penalty = MCP(weights=[1.0, 0.5, 2.0, 1.0, 1.0], gamma=6.0, weighting="multiply")
    with pytest.raises(ValueError, match="weighting"):
        MultiTaskSparseRegressor(penalty=penalty).fit(X, np.c_[y, -y])


@pytest.mark.parametrize("missing", [1.5, True, 300])
def test_missing_code_is_a_small_whole_number(missing):
    with pytest.raises(ValueError, match="missing"):
        GenotypeMatrix(np.zeros((2, 2), dtype=np.int8), missing=missing)


# -- fits that end early -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("penalty", "solver"),
    [
        ("l1", AcceleratedProximalGradient()),
        ("mcp", ProximalCG()),
        (L0(), IHT(n_nonzero=15)),
        (L0(), IHT(n_nonzero=15, exchange=False)),
    ],
    ids=["accelerated", "conjugate", "search", "thresholding"],
)
def test_a_fit_cut_short_does_not_claim_to_have_converged(penalty, solver):
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((100, 20_000)))
    y = X[:, :15].sum(axis=1)
    options = {"penalty": penalty, "solver": solver, "standardize": False, "alpha": "0.1max"}
    model = SparseRegressor(**options, max_time=1e-6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    if model.solver_report_.status == "converged":  # before the first look at the clock
        objective = SparseRegressor(**options).fit(X, y).solver_report_.objective
        assert model.solver_report_.objective == pytest.approx(objective, rel=1e-6)
        return
    assert model.solver_report_.status == "max_time"
    assert [w.category for w in caught] == [ConvergenceWarning]
    # The violation is that of the point returned, not of half a gradient: zero at a full subset alone.
    assert model.kkt_violation_ > 0.0 or np.count_nonzero(model.coef_) == 15


def test_paths_of_concave_penalties_end_where_they_separate_the_classes():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 5))
    y = (X @ [3.0, -2.0, 0.0, 0.0, 1.0] > 0).astype(float)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = path(X, y, loss="logistic", penalty=MCP(gamma=5.0))
    assert found.converged_.all()
    assert len(found.alphas_) < 100
    model = SparseClassifierCV(penalty=MCP(gamma=5.0), cv=3).fit(X, y)
    assert model.cv_scores_.shape[0] == len(model.path_.alphas_)
    assert model.score(X, y) > 0.9
    assert time.process_time() - start < 10.0


def test_path_warns_of_strengths_that_did_not_converge():
    X, y = make_regression(40, 20)
    with pytest.warns(ConvergenceWarning, match="path: .* of 20 strengths .* of its strength"):
        path(X, y, alphas=20, max_iter=1, tol=1e-14, penalty="mcp")


# -- best subsets in corners -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_best_subset_of_one_sample(fit_intercept):
    solver = IHT(n_nonzero=1)
    model = SparseRegressor(penalty=L0(), solver=solver, standardize=False, fit_intercept=fit_intercept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit([[1.0, 2.0, 3.0, 4.0]], [1.0])
    assert np.isfinite(model.coef_).all()


def test_best_subset_beside_an_unpenalised_column_settles():
    X, y = make_regression(60, 8)
    penalty = L0(weights=np.r_[0.0, np.ones(7)])
    model = SparseRegressor(penalty=penalty, solver=IHT(n_nonzero=2), standardize=False).fit(X, y)
    assert model.n_iter_ < 50
    assert np.count_nonzero(model.coef_[1:]) == 2


def test_best_subset_searches_beside_an_excluded_column():
    X, y = make_regression(60, 8)
    penalty = L0(weights=np.r_[np.inf, np.ones(7)])
    model = SparseRegressor(penalty=penalty, solver=IHT(n_nonzero=2), standardize=False).fit(X, y)
    without = SparseRegressor(penalty=L0(), solver=IHT(n_nonzero=2), standardize=False).fit(X[:, 1:], y)
    assert "exchanges" in model.solver_report_.engine
    np.testing.assert_allclose(model.coef_[1:], without.coef_, atol=1e-8)


def test_local_convexity_of_scaled_columns_without_intercept():
    X, y = make_regression(50, 5)
    X = X + 3.0
    found = path(X, y, penalty=MCP(gamma=3.0), alphas=6, standardize=True, fit_intercept=False)
    scale = X.std(axis=0)
    expected = []
    for k in range(len(found.alphas_)):
        following = min(k + 1, len(found.alphas_) - 1)
        union = np.union1d(*(np.flatnonzero(found.coefs_.toarray()[:, j]) for j in (k, following)))
        Z = X[:, union] / scale[union]
        expected.append(union.size == 0 or np.linalg.eigvalsh(Z.T @ Z / len(y))[0] > 1.0 / 3.0)
    expected = np.logical_and.accumulate(expected)
    np.testing.assert_array_equal(found.locally_convex_, expected)


# -- messages ----------------------------------------------------------------------------------------------------------


def test_another_code_for_missing_is_noticed():
    codes = np.asfortranarray(np.resize(np.array([0, 1, 2, -9], dtype=np.int8), (8, 3)))
    with pytest.warns(UserWarning, match="missing=-9"):
        assert GenotypeMatrix(codes).means.shape == (3,)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert GenotypeMatrix(codes, missing=-9).means.min() >= 0.0


def test_messages_name_what_was_wrong(frame, tmp_path):
    X, y = frame
    with pytest.raises(ValueError, match="in two groups, 'low' and 'all'"):
        SparseRegressor(penalty=GroupL2(groups={"low": ["a"], "all": ["*"]})).fit(X, y)
    with pytest.raises(ValueError, match="an edge from a feature to itself"):
        pauca.dag.CoLiDE(include=[("a", "a")]).fit(X)
    with pytest.raises(FileNotFoundError, match="no such file"):
        _read_mat(tmp_path / "nowhere.mat")
