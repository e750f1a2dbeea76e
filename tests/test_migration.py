"""The rows of the migration tables: strengths of glmnet, scikit-learn, skglm and celer in terms of ours."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from pauca.linear_model import SparseClassifier, SparseRegressor, path, relaxed_path
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
