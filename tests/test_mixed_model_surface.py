"""The mixed model's surface: known correlations, prediction, names, routing, copies, misuse."""

import pickle

import numpy as np
import pandas as pd
import pytest
from mixed_data import make
from scipy.stats import multivariate_normal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca.linear_model import SparseRegressor
from pauca.mixed_model import StudentMixedRegressor as Mixed
from pauca.penalties import L1

INF = np.inf


# --- known correlation ---------------------------------------------------------------------------------------------


def test_known_correlation_is_generalized_least_squares():
    rng = np.random.default_rng(16)
    n = 60
    R = 0.7 ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    X = rng.normal(size=(n, 2))
    y = 1 + X @ [2.0, -1.0] + np.linalg.cholesky(R) @ rng.normal(size=n)
    A = np.column_stack([X, np.ones(n)])
    solve = np.linalg.solve(R, np.column_stack([A, y]))
    beta = np.linalg.solve(A.T @ solve[:, :3], A.T @ solve[:, 3])
    for degrees in ("estimate", 3.0, INF):  # plays no part
        model = Mixed(degrees_of_freedom=degrees).fit(X, y, correlation=R)
        np.testing.assert_allclose([*model.coef_, model.intercept_], beta, rtol=1e-9)
    r = y - A @ beta
    assert model.scale_ == pytest.approx(r @ np.linalg.solve(R, r) / n)
    S = model.scale_ * R
    assert model.log_likelihood_ == pytest.approx(multivariate_normal(A @ beta, S).logpdf(y))
    errors = np.sqrt(model.scale_ * np.diag(np.linalg.inv(A.T @ solve[:, :3])))
    np.testing.assert_allclose([*model.standard_errors_, model.intercept_standard_error_], errors, rtol=1e-9)
    # leave-one-out: the best linear prediction of the last row from the others
    part = Mixed().fit(X[:-1], y[:-1], correlation=R[:-1, :-1])
    rest = y[:-1] - part.predict(X[:-1])
    expected = part.predict(X[-1:])[0] + R[-1, :-1] @ np.linalg.solve(R[:-1, :-1], rest)
    assert part.predict(X[-1:], cross_correlation=R[-1:, :-1])[0] == pytest.approx(expected)
    lasso = Mixed(penalty="l1", alpha="0.5max").fit(X, y, correlation=np.eye(n))
    same = SparseRegressor(alpha="0.5max").fit(X, y)
    np.testing.assert_allclose(lasso.coef_, same.coef_, atol=1e-6)


# --- surface -------------------------------------------------------------------------------------------------------


def test_prediction_with_known_effects():
    X, y, cluster, _ = make(40, 8, seed=17)
    train = np.arange(y.size) % 8 != 0
    model = Mixed(["intercept", 0]).fit(X[train], y[train], cluster=cluster[train])
    fixed, known = model.predict(X[~train]), model.predict(X[~train], cluster=cluster[~train])
    assert np.mean((y[~train] - known) ** 2) < 0.8 * np.mean((y[~train] - fixed) ** 2)
    b = model.random_effects_[7]
    row = X[~train][7:8]
    assert known[7] == pytest.approx(fixed[7] + b[0] + b[1] * row[0, 0])
    np.testing.assert_array_equal(model.predict(X[:5], cluster=np.full(5, 999)), model.predict(X[:5]))
    # posterior mean, written out
    rows = cluster[train] == 7
    Z = np.column_stack([np.ones(rows.sum()), X[train][rows, 0]])
    V = model.scale_ * np.eye(rows.sum()) + Z @ model.covariance_ @ Z.T
    r = y[train][rows] - model.predict(X[train][rows])
    np.testing.assert_allclose(b, model.covariance_ @ Z.T @ np.linalg.solve(V, r), rtol=1e-6)


def test_cluster_column_and_names():
    X, y, cluster, _ = make(20, seed=18)
    frame = pd.DataFrame(X, columns=["days", "age", "dose"])
    reference = Mixed(["intercept", "days"]).fit(frame, y, cluster=cluster)
    frame["subject"] = [f"s{c}" for c in cluster]
    model = Mixed(["intercept", "da*"], cluster_column="subject").fit(frame, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, rtol=1e-6)
    assert model.feature_names_in_.tolist() == ["days", "age", "dose"]
    np.testing.assert_allclose(
        model.predict(frame), reference.predict(frame[["days", "age", "dose"]], cluster), rtol=1e-5
    )
    numeric = Mixed(["intercept", 0], cluster_column=-1).fit(np.column_stack([X, cluster]), y)
    np.testing.assert_allclose(numeric.coef_, reference.coef_, rtol=1e-6)
    by_position = Mixed(["intercept", "days"], cluster_column=3).fit(frame, y)
    np.testing.assert_allclose(by_position.coef_, reference.coef_, rtol=1e-6)


def test_metadata_routing():
    X, y, cluster, _ = make(24, seed=19)
    with config_context(enable_metadata_routing=True):
        model = Mixed().set_fit_request(cluster=True)
        pipeline = make_pipeline(StandardScaler(), model).fit(X, y, cluster=cluster)
        direct = Mixed().fit(StandardScaler().fit_transform(X), y, cluster=cluster)
        np.testing.assert_allclose(pipeline[-1].coef_, direct.coef_)
        splitter = GroupKFold(3).set_split_request(groups=True)
        scores = cross_val_score(model, X, y, cv=splitter, params={"cluster": cluster, "groups": cluster})
    assert (scores > 0.3).all()


def test_clone_pickle_refit():
    X, y, cluster, _ = make(20, seed=20)
    model = Mixed(["intercept", 0], penalty=L1(), alpha=0.1).fit(X, y, cluster=cluster)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X, cluster), model.predict(X, cluster))
    np.testing.assert_array_equal(clone(model).fit(X, y, cluster=cluster).coef_, model.coef_)
    copy, copy_y = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    np.testing.assert_array_equal(model.fit(X, y, cluster=cluster).coef_, again.coef_)
    np.testing.assert_array_equal(X, copy)
    np.testing.assert_array_equal(y, copy_y)


@pytest.mark.parametrize(
    ("options", "arguments", "message"),
    [
        ({}, {"cluster": np.arange(5)}, "cluster: got shape"),
        ({}, {"cluster": np.r_[np.nan, np.zeros(59)]}, "cluster: contains NaN"),
        ({"random_effects": ["nothing"]}, {"cluster": np.zeros(60)}, "matches no feature name"),
        ({"random_effects": [7]}, {"cluster": np.zeros(60)}, "position below 3"),
        ({"degrees_of_freedom": -1.0}, {}, "degrees_of_freedom"),
        ({"degrees_of_freedom": np.nan}, {}, "degrees_of_freedom"),
        ({"cluster_column": "subject"}, {}, "no column 'subject'"),
        ({"cluster_column": 9}, {}, "X has 3 columns"),
        ({"cluster_column": 0}, {"cluster": np.zeros(60)}, "expected one of them"),
        ({}, {"cluster": np.zeros(60), "correlation": np.eye(60)}, "got both"),
        ({}, {"correlation": np.eye(5)}, "correlation: got shape"),
        ({}, {"correlation": -np.eye(60)}, "positive definite"),
        ({}, {"correlation": np.triu(np.ones((60, 60)))}, "symmetric"),
        ({"penalty": "ridge"}, {}, "penalty"),
        ({"penalty": "l1", "alpha": "much"}, {}, "alpha"),
    ],
)
def test_misuse(options, arguments, message):
    X, y, _, _ = make(10, seed=21)
    with pytest.raises(ValueError, match=message):
        Mixed(**options).fit(X, y, **arguments)


def test_misuse_of_predict():
    X, y, cluster, _ = make(10, seed=21)
    model = Mixed().fit(X, y, cluster=cluster)
    with pytest.raises(ValueError, match="without a known correlation"):
        model.predict(X, cross_correlation=np.eye(60))
    with pytest.raises(ValueError, match="cluster: got shape"):
        model.predict(X, cluster=[1, 2])


def test_limits_warn():
    X, y, cluster, _ = make(30, degrees=3.0, seed=22)
    with pytest.warns(ConvergenceWarning, match=r"max_iter after 1 iterations.*Increase max_iter"):
        Mixed(["intercept", 0], max_iter=1).fit(X, y, cluster=cluster)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        Mixed(["intercept", 0], max_time=1e-9).fit(X, y, cluster=cluster)


def test_score_is_routed_clusters_on_request_only():
    X, y, cluster, _ = make(24, seed=19)
    with config_context(enable_metadata_routing=True):
        first, second = Mixed().set_fit_request(cluster=True), Mixed().set_fit_request(cluster=True)
        second.set_score_request(cluster=True).set_predict_request(cluster=True)
        scores = [
            cross_val_score(m, X, y, cv=KFold(3, shuffle=True, random_state=0), params={"cluster": cluster}).mean()
            for m in (first, second)
        ]
    assert scores[1] > scores[0] + 0.05
