"""Block solutions against what peers found (golden/blocks.json), the Newton systems against each other, and the exact
finish on an identified support."""

import importlib.util
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import sklearn
from oracles import make_regression
from sklearn.linear_model import LogisticRegression, MultiTaskLasso
from sklearn.utils.fixes import parse_version

from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifier, SparseRegressor
from pauca.penalties import ElasticNet, GroupL2, SparseGroup
from pauca.solvers import GreedyBCD

FOLDER = Path(__file__).parent / "golden"
_spec = importlib.util.spec_from_file_location("make_blocks", FOLDER / "make_blocks.py")
make_blocks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_blocks)
GOLDEN = json.loads((FOLDER / "blocks.json").read_text(encoding="utf-8"))
# How far each peer's own stopping rule lets it get on these data.
REACHED = {"celer": 1e-8, "skglm": 1e-8, "adelie": 1e-5}


def groups(p):
    labels = np.arange(p) // make_blocks.SIZE
    return GroupL2(labels, group_weights=np.ones(labels[-1] + 1))


@pytest.mark.parametrize("engine", ["auto", "gram", "residual"])
@pytest.mark.parametrize("case", list(make_blocks.FRACTIONS))
def test_group_lasso_agrees_with_celer_skglm_and_adelie(case, engine):
    X, y, _ = make_blocks.data()
    alpha = make_blocks.group_alpha(X, y, make_blocks.FRACTIONS[case])
    solver = GreedyBCD(engine=engine)
    model = SparseRegressor(penalty=groups(X.shape[1]), alpha=alpha, fit_intercept=False, solver=solver, tol=1e-13)
    model.fit(X, y)
    assert (model.coef_ != 0).sum() > len(y) or case == "sparse"
    for peer, theirs in GOLDEN[case].items():
        np.testing.assert_allclose(model.coef_, theirs, atol=REACHED[peer], err_msg=peer)


def test_multinomial_agrees_with_saga_and_lbfgs():
    X, _, labels = make_blocks.data()
    shared = {"fit_intercept": False, "tol": 1e-13}
    l1 = SparseClassifier(alpha=make_blocks.L1_ALPHA, **shared).fit(X, labels)
    theirs = np.array(GOLDEN["multinomial"]["saga"])
    np.testing.assert_allclose(l1.coef_, theirs, atol=1e-5)
    np.testing.assert_array_equal(l1.coef_ != 0, np.abs(theirs) > 1e-6)
    ridge = ElasticNet(l1_ratio=0.0)
    dense = SparseClassifier(penalty=ridge, alpha=make_blocks.RIDGE_ALPHA, **shared).fit(X, labels)
    np.testing.assert_allclose(dense.coef_, GOLDEN["multinomial"]["lbfgs"], atol=1e-5)


def test_elastic_net_of_several_classes_is_certified_and_agrees_with_saga():
    X, _, labels = make_blocks.data()
    model = SparseClassifier(penalty=ElasticNet(l1_ratio=0.5), alpha=0.04, tol=1e-11).fit(X, labels)
    assert 0.0 <= model.dual_gap_ <= 1e-11 * np.log(3)
    named = {} if parse_version(sklearn.__version__) >= parse_version("1.8") else {"penalty": "elasticnet"}
    strength = 1 / (0.04 * len(labels))
    peer = LogisticRegression(C=strength, l1_ratio=0.5, solver="saga", tol=1e-10, max_iter=10**5, **named)
    np.testing.assert_allclose(model.predict_proba(X), peer.fit(X, labels).predict_proba(X), atol=1e-5)


def test_several_targets_take_the_elastic_net():
    X, y = make_regression(50, 30)
    Y = np.column_stack([y, -y])
    both = MultiTaskSparseRegressor(penalty=ElasticNet(l1_ratio=0.5), alpha=0.2, tol=1e-12).fit(X, Y)
    one = SparseRegressor(penalty=ElasticNet(l1_ratio=0.5), alpha=0.2, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(both.coef_, np.array([one.coef_, -one.coef_]), atol=1e-7)
    with pytest.raises(ValueError, match="alpha_max is infinite"):
        MultiTaskSparseRegressor(penalty=ElasticNet(l1_ratio=0.0), alpha="0.1max").fit(X, Y)


def test_more_active_rows_than_samples():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((20, 60))
    Y = X @ rng.standard_normal((60, 8)) + rng.standard_normal((20, 8))
    model = MultiTaskSparseRegressor(alpha="0.02max", tol=1e-12).fit(X, Y)
    assert (model.coef_ != 0).any(axis=0).sum() > 20
    theirs = MultiTaskLasso(alpha=model.alpha_, tol=1e-13, max_iter=10**6).fit(X, Y)
    np.testing.assert_allclose(model.coef_, theirs.coef_, atol=1e-6)


@pytest.mark.parametrize("fraction", [0.3, 0.02])
def test_weighted_rows_are_repeated_rows_for_groups(fraction):
    X, y, _ = make_blocks.data()
    counts = np.random.default_rng(0).integers(1, 4, len(y))
    rows = np.repeat(np.arange(len(y)), counts)
    penalty = groups(X.shape[1])
    weighted = SparseRegressor(penalty=penalty, alpha=f"{fraction}max", tol=1e-12).fit(X, y, sample_weight=counts)
    repeated = SparseRegressor(penalty=penalty, alpha=f"{fraction}max", tol=1e-12).fit(X[rows], y[rows])
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-7)


def test_degenerate_blocks_where_columns_outnumber_rows():
    X, y, _ = make_blocks.data()
    X = X.copy(order="F")
    X[:, 1] = X[:, 0]  # inside a group
    X[:, 12] = X[:, 2]  # across groups
    X[:, 20:25] = 0.0  # a whole group
    labels = np.arange(X.shape[1]) // make_blocks.SIZE
    for penalty in (GroupL2(labels), SparseGroup(labels, l1_ratio=0.3), GroupL2()):
        model = SparseRegressor(penalty=penalty, alpha="0.02max", tol=1e-10).fit(X, y)
        assert model.dual_gap_ <= 1e-10 * y.var()
        assert not model.coef_[20:25].any()


def lasso_data(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((100, 300))
    return X, X[:, :10] @ rng.standard_normal(10) + 0.3 * rng.standard_normal(100)


@pytest.mark.parametrize("fraction", [0.3, 0.1, 0.03])
def test_lasso_ends_in_a_few_newton_steps_at_machine_precision(fraction):
    X, y = lasso_data()
    model = SparseRegressor(alpha=f"{fraction}max", tol=1e-14).fit(X, y)
    assert model.solver_report_.converged
    assert model.dual_gap_ <= 1e-14 * 0.5 * y.var()
    assert 0 < model.support_identified_at_ <= model.n_iter_
    assert model.n_iter_ - model.support_identified_at_ <= 2
    # With the support and the signs at hand, the solution is one linear system away.
    support, signs = np.flatnonzero(model.coef_), np.sign(model.coef_[model.coef_ != 0])
    A = X[:, support] - X[:, support].mean(0)
    exact = np.linalg.solve(A.T @ A / 100, A.T @ (y - y.mean()) / 100 - model.alpha_ * signs)
    np.testing.assert_allclose(model.coef_[support], exact, rtol=1e-11)


def test_when_the_support_was_identified_is_what_shorter_fits_show():
    X, y = lasso_data(1)
    solver = GreedyBCD(continuation=1.0)
    full = SparseRegressor(alpha="0.05max", solver=solver, tol=1e-12).fit(X, y)
    supports = []
    for k in range(1, full.n_iter_ + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it stops early on purpose
            short = SparseRegressor(alpha="0.05max", solver=solver, tol=1e-12, max_iter=k).fit(X, y)
        supports.append(tuple(np.flatnonzero(short.coef_)))
    final = supports[-1]
    last_other = max((k for k, s in enumerate(supports, start=1) if s != final), default=0)
    assert full.support_identified_at_ == last_other + 1


def test_estimators_of_blocks_and_classes_tell_when_the_support_was_identified():
    X, y, labels = make_blocks.data()
    Y = np.column_stack([y, y[::-1]])
    for model, target in (
        (SparseRegressor(penalty=groups(X.shape[1]), alpha="0.2max"), y),
        (MultiTaskSparseRegressor(alpha="0.2max"), Y),
        (SparseClassifier(alpha="0.2max"), labels),
        (SparseClassifier(alpha="0.2max"), labels > 0),
        (SparseRegressor(alpha="0.2max", solver=GreedyBCD(selection="gs-q", block_size=5)), y),
    ):
        model.fit(X, target)
        assert isinstance(model.support_identified_at_, int)
        assert 0 < model.support_identified_at_ <= model.n_iter_
