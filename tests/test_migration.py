"""The rows of the migration tables: glmnet, scikit-learn, skglm and celer in terms of ours."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import linear_model as sk
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.semi_supervised import LabelPropagation
from sklearn.svm import LinearSVC

from pauca.decomposition import NMF
from pauca.graph import GraphPropagationClassifier
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseClassifier,
    SparseRegressor,
    SparseRegressorCV,
    path,
    relaxed_path,
)
from pauca.penalties import L1, MCP, ElasticNet, GroupL2

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def data():
    columns = np.genfromtxt(GOLDEN / "ncvreg_data.csv", delimiter=",", names=True)
    return np.asfortranarray(np.column_stack([columns[f"x{j}"] for j in range(30)])), columns


@pytest.mark.parametrize("case", ["lasso", "elastic_net", "logistic", "poisson", "penalty_factor", "relaxed"])
def test_glmnet(case, data):
    X, columns = data
    y = columns["gaussian"]
    options = {"standardize": True, "tol": 1e-12, "alphas": [0.2]}
    l1, ridge = 0.1, 0.1 / y.std()
    weights = np.tile([1.0, 2.0, 0.5], 10)
    fits = {
        "lasso": lambda: path(X, y, **options),
        "elastic_net": lambda: path(
            X, y, penalty=ElasticNet(l1_ratio=l1 / (l1 + ridge)), **{**options, "alphas": [l1 + ridge]}
        ),
        "logistic": lambda: path(X, columns["binomial"], loss="logistic", **{**options, "alphas": [0.05]}),
        "poisson": lambda: path(X, columns["poisson"], loss="poisson", **options),
        "penalty_factor": lambda: path(X, y, penalty=L1(weights=weights / weights.mean()), **options),
        "relaxed": lambda: relaxed_path(X, y, blend=0.3, **options),
    }
    p = fits[case]()
    expected = json.loads((GOLDEN / "glmnet.json").read_text(encoding="utf-8"))[case]
    np.testing.assert_allclose([p.intercepts_[0], *p.coef_at(0)], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (sk.Lasso(0.2, tol=1e-10, max_iter=10_000), SparseRegressor(alpha=0.2)),
        (
            sk.ElasticNet(0.2, l1_ratio=0.3, tol=1e-10, max_iter=10_000),
            SparseRegressor(penalty=ElasticNet(l1_ratio=0.3), alpha=0.2),
        ),
        (sk.MultiTaskLasso(0.2, tol=1e-10, max_iter=10_000), MultiTaskSparseRegressor(alpha=0.2)),
    ],
    ids=["Lasso", "ElasticNet", "MultiTaskLasso"],
)
def test_scikit_learn_least_squares(theirs, ours, data):
    X, columns = data
    y = columns["gaussian"]
    if isinstance(ours, MultiTaskSparseRegressor):
        y = np.column_stack([y, y**2, X[:, 3] - y])
    np.testing.assert_allclose(ours.fit(X, y).coef_, theirs.fit(X, y).coef_, atol=1e-6)


def test_scikit_learn_paths(data):
    """LassoCV's folds without a shuffle, its grid and its mean squared errors; lasso_path's coefficients."""
    X, columns = data
    y = columns["gaussian"]
    ours = SparseRegressorCV(alphas=20, eps=1e-2, cv=5).fit(X, y)
    theirs = sk.LassoCV(alphas=ours.alphas_, cv=5, tol=1e-9, max_iter=50_000).fit(X, y)
    np.testing.assert_allclose(-2 * ours.cv_scores_, theirs.mse_path_, rtol=1e-4)
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    top = np.abs((X - X.mean(axis=0)).T @ (y - y.mean())).max() / len(y)
    np.testing.assert_allclose(ours.alphas_, top * np.geomspace(1.0, 1e-2, 20), rtol=1e-9)
    alphas, coefs, _ = sk.lasso_path(X - X.mean(axis=0), y - y.mean(), alphas=ours.alphas_, tol=1e-10, max_iter=50_000)
    p = path(X, y, alphas=alphas)
    np.testing.assert_allclose(np.column_stack([p.coef_at(k) for k in range(20)]), coefs, atol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn_linear_svc(weighted, data):
    X, columns = data
    y, weights = columns["binomial"], np.random.default_rng(0).uniform(0.5, 2.0, 120) if weighted else None
    C, total = 0.03, weights.sum() if weighted else 120.0
    ours = SparseClassifier("squared_hinge", alpha=1.0 / (2.0 * total * C), fit_intercept=False)
    ours.fit(X, y, sample_weight=weights)
    theirs = LinearSVC(C=C, penalty="l1", dual=False, fit_intercept=False, tol=1e-9, max_iter=100_000)
    theirs.fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    assert 0 < np.count_nonzero(ours.coef_) < 30


def test_scikit_learn_label_propagation(data):
    """Both find the harmonic function of one affinity; scikit-learn's by iterating to its own tolerance."""
    X, columns = data
    y = np.where(np.arange(120) % 10 == 0, columns["binomial"], -1).astype(int)
    ours = GraphPropagationClassifier(affinity="precomputed", tol=1e-12).fit(rbf_kernel(X, gamma=0.05), y)
    theirs = LabelPropagation(kernel="rbf", gamma=0.05, tol=1e-10, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(ours.label_distributions_, theirs.label_distributions_, atol=1e-7)


def test_scikit_learn_nmf():
    """One objective, the penalties' scale included: from one start both come to one pair of factors."""
    rng = np.random.default_rng(0)
    X = rng.random((30, 3)) @ rng.random((3, 12)) + 0.05 * rng.random((30, 12))
    start = {"W": rng.random((30, 3)), "H": rng.random((3, 12))}
    options = {"init": "custom", "alpha_W": 1e-3, "alpha_H": 2e-3, "l1_ratio": 0.5, "max_iter": 20_000}
    ours, theirs = NMF(3, tol=1e-6, **options), SklearnNMF(3, tol=1e-8, **options)
    W = ours.fit_transform(X, **{name: factor.copy() for name, factor in start.items()})
    expected = theirs.fit_transform(X, **{name: factor.copy() for name, factor in start.items()})
    np.testing.assert_allclose(W, expected, atol=1e-3)
    np.testing.assert_allclose(ours.components_, theirs.components_, atol=1e-3)


def test_scikit_learn_regularisation_of_logistic_regression(data):
    X, columns = data
    y, weights = columns["binomial"], np.random.default_rng(0).uniform(0.5, 2.0, 120)
    for sample_weight, total in ((None, 120.0), (weights, weights.sum())):
        C = 0.3
        ours = SparseClassifier(alpha=1.0 / (total * C)).fit(X, y, sample_weight=sample_weight)
        theirs = LogisticRegression(C=C, l1_ratio=1.0, solver="saga", tol=1e-9, max_iter=100_000)
        if theirs.get_params().get("penalty") not in ("deprecated", None):
            theirs.set_params(penalty="l1", l1_ratio=None)
        theirs.fit(X, y, sample_weight=sample_weight)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)


def test_scikit_learn_poisson(data):
    X, columns = data
    p = path(X, columns["poisson"], loss="poisson", penalty=ElasticNet(l1_ratio=0.0), alphas=[0.3], tol=1e-12)
    theirs = PoissonRegressor(alpha=0.3, tol=1e-10, max_iter=10_000).fit(X, columns["poisson"])
    np.testing.assert_allclose(p.coef_at(0), theirs.coef_, atol=1e-5)


@pytest.mark.parametrize(
    ("case", "target", "ours"),
    [
        ("skglm Lasso", "gaussian", SparseRegressor(alpha=0.2)),
        ("skglm MCPRegression", "gaussian", SparseRegressor(penalty=MCP(gamma=6.0), alpha=0.2, standardize=False)),
        (
            "skglm MCPRegression weights",
            "gaussian",
            SparseRegressor(
                penalty=MCP(gamma=6.0, weights=np.tile([1.0, 2.0, 0.5], 10), weighting="multiply"),
                alpha=0.2,
                standardize=False,
            ),
        ),
        ("skglm SparseLogisticRegression", "binomial", SparseClassifier(alpha=1.0 / (120 * 0.3))),
        ("celer Lasso", "gaussian", SparseRegressor(alpha=0.2)),
        (
            "celer GroupLasso",
            "gaussian",
            SparseRegressor(penalty=GroupL2(np.repeat(range(6), 5), group_weights=np.ones(6)), alpha=0.2),
        ),
        ("celer LogisticRegression", "binomial", SparseClassifier(alpha=1.0 / (120 * 0.3), fit_intercept=False)),
    ],
)
def test_skglm_and_celer(case, target, ours, data):
    X, columns = data
    expected = json.loads((GOLDEN / "skglm.json").read_text(encoding="utf-8"))[case]
    np.testing.assert_allclose(np.ravel(ours.fit(X, columns[target]).coef_), expected, atol=1e-6)
