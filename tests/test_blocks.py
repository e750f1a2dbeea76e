"""Group, multi-task and multinomial problems: agreement with peers and with plain proximal gradient, certificates."""

import numpy as np
import pytest
from oracles import make_classification, make_regression
from scipy import sparse
from sklearn.linear_model import LogisticRegression, MultiTaskLasso

from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifier, SparseRegressor
from pauca.penalties import L1, MCP, GroupL2, GroupMCP, GroupSCAD, SparseGroup
from pauca.solvers import GreedyBCD

GROUPS = np.repeat(np.arange(8), [1, 2, 3, 4, 5, 2, 2, 1])


def proximal_gradient(X, y, groups, alpha, weights, l1=0.0, n_iter=60_000):
    """Sparse group lasso with an intercept, by plain proximal gradient steps."""
    n = len(y)
    X = np.asarray(X.toarray() if sparse.issparse(X) else X)
    A, b = X - X.mean(0), y - y.mean()
    step = n / np.linalg.norm(A, 2) ** 2
    w = np.zeros(X.shape[1])
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    for _ in range(n_iter):
        v = w - step * A.T @ (A @ w - b) / n
        v = np.sign(v) * np.maximum(np.abs(v) - step * alpha * l1, 0.0)
        new = np.zeros_like(v)
        for g, rows in enumerate(members):
            size = np.linalg.norm(v[rows])
            if size > 0:
                new[rows] = v[rows] * max(1.0 - step * alpha * (1 - l1) * weights[g] / size, 0.0)
        if np.abs(new - w).max() < 1e-13:
            break
        w = new
    return w


@pytest.mark.parametrize("engine", ["gram", "residual"])
@pytest.mark.parametrize("density", [None, 0.4])
@pytest.mark.parametrize("l1_ratio", [None, 0.3])
def test_group_lasso_agrees_with_proximal_gradient(engine, density, l1_ratio):
    X, y = make_regression(60, 20, density=density)
    penalty = GroupL2(GROUPS) if l1_ratio is None else SparseGroup(GROUPS, l1_ratio=l1_ratio)
    solver = GreedyBCD(engine=engine)
    model = SparseRegressor(penalty=penalty, alpha="0.2max", solver=solver, tol=1e-12).fit(X, y)
    root = np.sqrt(np.bincount(GROUPS))
    expected = proximal_gradient(X, y, GROUPS, model.alpha_, root, l1_ratio or 0.0)
    np.testing.assert_allclose(model.coef_, expected, atol=1e-6)
    assert model.dual_gap_ <= 1e-12 * y.var()
    assert model.solver_report_.engine == f"block {engine}"


def test_alpha_max_is_where_the_first_group_enters():
    X, y = make_regression(60, 20)
    for penalty in (GroupL2(GROUPS), SparseGroup(GROUPS, l1_ratio=0.4)):
        top = SparseRegressor(penalty=penalty, alpha="0.5max").fit(X, y).alpha_max_
        with pytest.warns(UserWarning, match="All coefficients are zero"):
            above = SparseRegressor(penalty=penalty, alpha=top * (1 + 1e-9)).fit(X, y)
        assert not above.coef_.any()
        assert SparseRegressor(penalty=penalty, alpha=top * 0.99).fit(X, y).coef_.any()


def test_singleton_groups_are_the_lasso():
    X, y = make_regression(50, 30)
    lasso = SparseRegressor(alpha=0.1, tol=1e-12).fit(X, y)
    group = SparseRegressor(penalty=GroupL2(), alpha=0.1, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(group.coef_, lasso.coef_, atol=1e-8)
    labels = (y > np.median(y)).astype(int)
    lasso = SparseClassifier(alpha=0.03, tol=1e-11).fit(X, labels)
    group = SparseClassifier(penalty=GroupL2(), alpha=0.03, tol=1e-11).fit(X, labels)
    np.testing.assert_allclose(group.coef_, lasso.coef_, atol=1e-5)


def test_groups_by_lists_names_and_labels():
    X, y = make_regression(50, 4, k=2)
    a = SparseRegressor(penalty=GroupL2([0, 0, 1, 1]), alpha=0.1).fit(X, y)
    b = SparseRegressor(penalty=GroupL2([[0, 1], [2, 3]]), alpha=0.1).fit(X, y)
    c = SparseRegressor(penalty=GroupL2({"first": ["x0", "x1"], "second": ["x[23]"]}), alpha=0.1).fit(X, y)
    np.testing.assert_array_equal(a.coef_, b.coef_)
    np.testing.assert_array_equal(a.coef_, c.coef_)
    with pytest.raises(ValueError, match="in two groups"):
        SparseRegressor(penalty=GroupL2([[0, 1], [1, 2]])).fit(X, y)


@pytest.mark.parametrize("penalty", [GroupMCP(GROUPS), GroupSCAD(GROUPS)])
def test_nonconvex_groups_are_stationary_and_less_biased(penalty):
    X, y = make_regression(200, 20, k=4, noise=0.3)
    model = SparseRegressor(penalty=penalty, alpha="0.3max").fit(X, y)
    assert model.kkt_violation_ <= 1e-7 * model.alpha_
    convex = SparseRegressor(penalty=GroupL2(GROUPS), alpha="0.3max", standardize=True).fit(X, y)
    assert ((y - model.predict(X)) ** 2).mean() < ((y - convex.predict(X)) ** 2).mean()


def test_unpenalised_group_and_duplicate_columns():
    X, y = make_regression(60, 20)
    X[:, 3] = X[:, 4]
    X[:, 7] = 0.0
    weights = np.sqrt(np.bincount(GROUPS)).astype(float)
    weights[2] = 0.0
    model = SparseRegressor(penalty=GroupL2(GROUPS, group_weights=weights), alpha="0.4max").fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isnan(model.dual_gap_)
    residual = y - model.predict(X)
    assert np.abs((X - X.mean(0))[:, GROUPS == 2].T @ residual).max() / 60 <= 1e-6


@pytest.mark.parametrize("engine", ["gram", "residual"])
@pytest.mark.parametrize("density", [None, 0.4])
def test_multitask_agrees_with_scikit_learn(engine, density):
    X, y = make_regression(50, 40, density=density)
    rng = np.random.default_rng(1)
    Y = np.column_stack([y, y * 0.5 + rng.standard_normal(50), rng.standard_normal(50)])
    model = MultiTaskSparseRegressor(alpha=0.3, solver=GreedyBCD(engine=engine), tol=1e-12).fit(X, Y)
    dense = X.toarray() if sparse.issparse(X) else X
    theirs = MultiTaskLasso(alpha=0.3, tol=1e-12, max_iter=100_000).fit(dense, Y)
    np.testing.assert_allclose(model.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(model.intercept_, theirs.intercept_, atol=1e-6)
    assert model.predict(X).shape == (50, 3)
    assert model.score(X, Y) > 0


def test_multitask_with_one_target_is_the_lasso_and_entries_are_separate_lassos():
    X, y = make_regression(50, 30)
    lasso = SparseRegressor(alpha=0.1, tol=1e-12).fit(X, y)
    one = MultiTaskSparseRegressor(alpha=0.1, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(one.coef_, lasso.coef_, atol=1e-7)
    Y = np.column_stack([y, -2.0 * y])
    both = MultiTaskSparseRegressor(penalty=L1(), alpha=0.1, tol=1e-12).fit(X, Y)
    np.testing.assert_allclose(both.coef_[0], lasso.coef_, atol=1e-6)
    other = SparseRegressor(alpha=0.1, tol=1e-12).fit(X, -2.0 * y)
    np.testing.assert_allclose(both.coef_[1], other.coef_, atol=1e-6)
    nonconvex = MultiTaskSparseRegressor(penalty=MCP(), alpha="0.2max").fit(X, Y)
    assert nonconvex.kkt_violation_ <= 1e-7 * nonconvex.alpha_max_


def three_classes(n=120, p=12, seed=0):
    X, y = make_regression(n, p, k=6, seed=seed, noise=1.0)
    return X, np.digitize(y, np.quantile(y, [0.33, 0.66]))


def softmax_gap(X, codes, coef, intercept, alpha):
    """Duality gap of the L1 multinomial model, written from the formula."""
    n, K = len(codes), coef.shape[0]
    Y = np.eye(K)[codes]
    eta = X @ coef.T + intercept
    eta = eta - eta.max(1, keepdims=True)
    P = np.exp(eta) / np.exp(eta).sum(1, keepdims=True)
    primal = -np.log((P * Y).sum(1)).mean() + alpha * np.abs(coef).sum()
    R = Y - P
    scale = min(1.0, alpha / np.abs(X.T @ R / n).max())
    U = Y - scale * R
    return primal + np.where(U > 0, U * np.log(np.where(U > 0, U, 1.0)), 0.0).sum() / n


def test_multinomial_l1_is_certified_and_agrees_with_saga():
    X, codes = three_classes()
    X = (X - X.mean(0)) / X.std(0)
    labels = np.array(["low", "middle", "high"])[codes]
    model = SparseClassifier(alpha=0.02, tol=1e-11).fit(X, labels)
    order = [list(model.classes_).index(c) for c in ("low", "middle", "high")]
    coef, intercept = model.coef_[order], model.intercept_[order]
    assert softmax_gap(X, codes, coef, intercept, 0.02) <= 1e-10
    assert abs(intercept.sum()) <= 1e-8
    peer = LogisticRegression(C=1 / (0.02 * len(codes)), l1_ratio=1, solver="saga", tol=1e-8, max_iter=20_000)
    if peer.get_params().get("penalty") not in ("deprecated", None):
        peer.set_params(penalty="l1", l1_ratio=None)
    theirs = peer.fit(X, codes)
    np.testing.assert_allclose(model.predict_proba(X)[:, order], theirs.predict_proba(X), atol=2e-4)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X), atol=1e-12)
    assert set(model.predict(X)) <= {"low", "middle", "high"}


def test_multinomial_with_groups_selects_features_for_all_classes():
    X, codes = three_classes()
    model = SparseClassifier(penalty=GroupL2(), alpha="0.3max").fit(X, codes)
    used = np.abs(model.coef_).sum(0) > 0
    assert 0 < used.sum() < X.shape[1]
    assert (np.abs(model.coef_[:, used]) > 0).all()
    assert model.dual_gap_ <= 1e-8 * np.log(3)


def test_multinomial_weights_and_warm_start():
    X, codes = three_classes()
    counts = np.random.default_rng(0).integers(1, 4, len(codes))
    rows = np.repeat(np.arange(len(codes)), counts)
    weighted = SparseClassifier(alpha=0.02, warm_start=True).fit(X, codes, sample_weight=counts)
    repeated = SparseClassifier(alpha=0.02).fit(X[rows], codes[rows])
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-6)
    before = weighted.n_iter_
    weighted.fit(X, codes, sample_weight=counts)
    assert weighted.n_iter_ <= before


def test_what_several_classes_do_not_support_is_refused():
    X, codes = three_classes()
    with pytest.raises(ValueError, match="separates two classes, but y has 3"):
        SparseClassifier(loss="squared_hinge").fit(X, codes)
    with pytest.raises(ValueError, match="offset: got one number a sample"):
        SparseClassifier().fit(X, codes, offset=np.zeros(len(codes)))
    Xb, yb = make_classification()
    assert SparseClassifier().fit(Xb, yb).coef_.shape == (1, Xb.shape[1])
