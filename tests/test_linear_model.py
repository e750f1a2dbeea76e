"""SparseRegressor and SparseClassifier: agreement with peers, certificates, options."""

import pickle
import types
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    elastic_net_objective,
    kkt_violation,
    logistic_gap,
    logistic_objective,
    make_classification,
    make_regression,
    quadratic_gap,
)
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet as SkElasticNet
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca.linear_model import SparseClassifier, SparseRegressor
from pauca.moments import Moments
from pauca.penalties import L1, ElasticNet
from pauca.solvers import GreedyBCD

ENGINES = ["gram", "residual"]
DENSITY = [None, 0.3]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("density", DENSITY)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("shape", [(60, 20), (30, 90)])
def test_lasso_agrees_with_scikit_learn(engine, density, fit_intercept, shape):
    X, y = make_regression(*shape, density=density)
    ours = SparseRegressor(alpha=0.05, fit_intercept=fit_intercept, solver=GreedyBCD(engine=engine), tol=1e-12).fit(
        X, y
    )
    theirs = Lasso(alpha=0.05, fit_intercept=fit_intercept, tol=1e-12, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-7)
    gap = quadratic_gap(X, y, ours.coef_, ours.intercept_, 0.05, fit_intercept=fit_intercept)
    assert gap <= 1e-10 * (y**2).mean()
    assert ours.dual_gap_ == pytest.approx(gap, abs=1e-12 * (y**2).mean())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("density", DENSITY)
@pytest.mark.parametrize("l1_ratio", [0.9, 0.3, 0.0])
def test_elastic_net_agrees_with_scikit_learn(engine, density, l1_ratio):
    X, y = make_regression(40, 60, density=density)
    penalty = ElasticNet(l1_ratio=l1_ratio)
    ours = SparseRegressor(penalty=penalty, alpha=0.2, solver=GreedyBCD(engine=engine), tol=1e-13).fit(X, y)
    if l1_ratio > 0:
        theirs = SkElasticNet(alpha=0.2, l1_ratio=l1_ratio, tol=1e-14, max_iter=100_000).fit(X, y)
    else:  # closed form of the ridge penalty
        A = np.asarray(X.toarray() if sparse.issparse(X) else X)
        A_mean = A.mean(0)
        A = A - A_mean
        theirs = np.linalg.solve(A.T @ A / 40 + 0.2 * np.eye(60), A.T @ (y - y.mean()) / 40)
        theirs = types.SimpleNamespace(coef_=theirs, intercept_=y.mean() - A_mean @ theirs)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.predict(X), X @ theirs.coef_ + theirs.intercept_, atol=1e-7)
    value = elastic_net_objective(X, y, ours.coef_, ours.intercept_, 0.2, l1_ratio)
    peer = elastic_net_objective(X, y, theirs.coef_, theirs.intercept_, 0.2, l1_ratio)
    assert value == pytest.approx(peer, abs=1e-7 * y.var())
    assert ours.solver_report_.objective == pytest.approx(value, rel=1e-10)
    assert ours.dual_gap_ <= 1e-12 * y.var()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("density", DENSITY)
@pytest.mark.parametrize("peer", ["liblinear", "saga", "saga with intercept"])
def test_logistic_agrees_with_scikit_learn(engine, density, peer):
    X, y = make_classification(density=density)
    alpha, fit_intercept = 0.02, peer.endswith("intercept")
    solver = GreedyBCD(engine=engine)
    ours = SparseClassifier(alpha=alpha, fit_intercept=fit_intercept, solver=solver, tol=1e-12).fit(X, y)
    theirs = l1_logistic(
        C=1 / (alpha * len(y)),
        solver=peer.split()[0],
        fit_intercept=fit_intercept,
        tol=1e-12 if peer == "liblinear" else 1e-10,
        max_iter=100_000,
        random_state=0,
    ).fit(X, y)
    ours_value = logistic_objective(X, y, ours.coef_[0], ours.intercept_, alpha)
    theirs_value = logistic_objective(X, y, theirs.coef_[0], theirs.intercept_, alpha)
    assert ours_value == pytest.approx(theirs_value, abs=1e-7)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-7)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    if fit_intercept:
        return
    assert logistic_gap(X, y, ours.coef_[0], 0.0, alpha, fit_intercept=False) <= 1e-10


def l1_logistic(**options):
    """scikit-learn's, in the words of its version."""
    model = LogisticRegression(**options)
    if model.get_params().get("penalty") in ("deprecated", None):
        return model.set_params(l1_ratio=1)
    return model.set_params(penalty="l1")


@pytest.mark.parametrize("density", DENSITY)
def test_logistic_gap_with_intercept_and_weights(density):
    X, y = make_classification(density=density)
    weights = np.random.default_rng(0).uniform(0.1, 2.0, len(y))
    model = SparseClassifier(alpha="0.1max", tol=1e-9).fit(X, y, sample_weight=weights)
    gap = logistic_gap(X, y, model.coef_[0], model.intercept_, model.alpha_, sample_weight=weights)
    assert gap <= 1e-9 * np.log(2)
    assert model.dual_gap_ == pytest.approx(gap, abs=1e-12)


@pytest.mark.parametrize("density", DENSITY)
def test_sample_weights_repeat_and_remove_rows(density):
    X, y = make_regression(50, 30, density=density)
    counts = np.random.default_rng(1).integers(0, 4, 50)
    rows = np.repeat(np.arange(50), counts)
    weighted = SparseRegressor(alpha=0.1).fit(X, y, sample_weight=7.5 * counts)
    repeated = SparseRegressor(alpha=0.1).fit(X[rows], y[rows])
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-8)
    assert weighted.intercept_ == pytest.approx(repeated.intercept_, abs=1e-8)


def test_penalty_weights_zero_one_infinity():
    X, y = make_regression(80, 10, k=4)
    weights = np.ones(10)
    weights[0], weights[1] = 0.0, np.inf
    model = SparseRegressor(penalty=L1(weights=weights), alpha="0.3max").fit(X, y)
    assert model.coef_[0] != 0.0
    assert model.coef_[1] == 0.0
    assert np.isnan(model.dual_gap_)
    centred = X - X.mean(0)
    gradient = -centred.T @ (y - model.predict(X)) / len(y)
    assert abs(gradient[0]) <= 1e-7
    assert kkt_violation(gradient[2:], model.coef_[2:], model.alpha_) <= 1e-7
    # alpha_max is the smallest strength with no penalised coefficient beside the free one
    above = SparseRegressor(penalty=L1(weights=weights), alpha=model.alpha_max_ * (1 + 1e-9)).fit(X, y)
    below = SparseRegressor(penalty=L1(weights=weights), alpha=model.alpha_max_ * 0.99).fit(X, y)
    assert np.count_nonzero(above.coef_) == 1
    assert np.count_nonzero(below.coef_) == 2


def test_penalty_weights_by_name_glob_and_callable():
    X, y = make_regression(60, 4, k=3)
    frame = pd.DataFrame(X, columns=["age", "gene_1", "gene_2", "bmi"])
    explicit = SparseRegressor(penalty=L1(weights=[0.0, 2.0, 2.0, 1.0]), alpha=0.1).fit(frame, y)
    by_glob = SparseRegressor(penalty=L1(weights={"age": 0.0, "gene_*": 2.0}), alpha=0.1).fit(frame, y)
    by_call = SparseRegressor(
        penalty=L1(weights=lambda names: [{"age": 0.0, "bmi": 1.0}.get(n, 2.0) for n in names]), alpha=0.1
    ).fit(frame, y)
    np.testing.assert_array_equal(explicit.coef_, by_glob.coef_)
    np.testing.assert_array_equal(explicit.coef_, by_call.coef_)
    with pytest.raises(ValueError, match=r"penalty.weights: 'protein_\*' matches no feature name"):
        SparseRegressor(penalty=L1(weights={"protein_*": 2.0})).fit(frame, y)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("density", DENSITY)
def test_nonnegative(engine, density):
    X, y = make_regression(50, 80, density=density)
    model = SparseRegressor(penalty=L1(nonnegative=True), alpha=0.05, solver=GreedyBCD(engine=engine), tol=1e-12).fit(
        X, y
    )
    theirs = Lasso(alpha=0.05, positive=True, tol=1e-12, max_iter=100_000).fit(X, y)
    assert (model.coef_ >= 0).all()
    np.testing.assert_allclose(model.coef_, theirs.coef_, atol=1e-7)
    assert model.dual_gap_ <= 1e-12 * y.var()


def test_offset_is_a_known_part_of_the_predictor():
    X, y = make_regression()
    offset = np.random.default_rng(0).standard_normal(len(y))
    with_offset = SparseRegressor(alpha=0.1).fit(X, y, offset=offset)
    moved = SparseRegressor(alpha=0.1).fit(X, y - offset)
    np.testing.assert_allclose(with_offset.coef_, moved.coef_, atol=1e-10)
    Xc, yc = make_classification()
    shift = np.random.default_rng(0).standard_normal(len(yc))
    model = SparseClassifier(alpha=0.02, tol=1e-10).fit(Xc, yc, offset=shift)
    eta = Xc @ model.coef_[0] + model.intercept_[0] + shift
    gradient = Xc.T @ (1 / (1 + np.exp(-eta)) - yc) / len(yc)
    assert kkt_violation(gradient, model.coef_[0], 0.02) <= 1e-5
    assert model.dual_gap_ <= 1e-10


@pytest.mark.parametrize("density", DENSITY)
def test_standardize_is_the_fit_on_scaled_columns(density):
    X, y = make_regression(60, 15, density=density)
    dense = X.toarray() if sparse.issparse(X) else X
    dense = dense * np.logspace(-3, 3, 15)
    X = sparse.csc_array(dense) if sparse.issparse(X) else np.asfortranarray(dense)
    ours = SparseRegressor(alpha=0.1, standardize=True, tol=1e-11).fit(X, y)
    scaled = SparseRegressor(alpha=0.1, tol=1e-11).fit(dense / dense.std(0), y)
    np.testing.assert_allclose(ours.coef_ * dense.std(0), scaled.coef_, atol=1e-8)
    np.testing.assert_allclose(ours.predict(X), scaled.predict(dense / dense.std(0)), atol=1e-7)


def test_alpha_as_a_fraction_and_default():
    X, y = make_regression(60, 30)
    model = SparseRegressor(alpha="0.25max").fit(X, y)
    centred = X - X.mean(0)
    assert model.alpha_max_ == pytest.approx(np.abs(centred.T @ (y - y.mean())).max() / len(y))
    assert model.alpha_ == pytest.approx(0.25 * model.alpha_max_)
    same = SparseRegressor(alpha=model.alpha_).fit(X, y)
    np.testing.assert_allclose(same.coef_, model.coef_, atol=1e-10)
    # units do not matter to an untuned fit
    scaled = SparseRegressor().fit(X, 1e6 * y)
    assert np.array_equal(scaled.coef_ != 0, SparseRegressor().fit(X, y).coef_ != 0)


def test_all_zero_fit_warns_with_alpha_max():
    X, y = make_regression()
    with pytest.warns(UserWarning, match=r"All coefficients are zero.*alpha_max_"):
        model = SparseRegressor(alpha=1e3).fit(X, y)
    assert not model.coef_.any()
    assert model.intercept_ == pytest.approx(y.mean())
    with pytest.warns(UserWarning, match="All coefficients are zero"):
        SparseRegressor(alpha=model.alpha_max_).fit(X, y)
    assert SparseRegressor(alpha=model.alpha_max_ * 0.999).fit(X, y).coef_.any()


def test_two_alphas_warn():
    X, y = make_regression()
    with pytest.warns(UserWarning, match="Both alpha"):
        both = SparseRegressor(penalty=L1(alpha=0.5), alpha=0.2).fit(X, y)
    one = SparseRegressor(alpha=0.1).fit(X, y)
    np.testing.assert_allclose(both.coef_, one.coef_, atol=1e-10)
    only_penalty = SparseRegressor(penalty=L1(alpha=0.1), alpha=1.0).fit(X, y)
    np.testing.assert_allclose(only_penalty.coef_, one.coef_, atol=1e-10)


def test_least_squares_without_penalty():
    X, y = make_regression(60, 10)
    model = SparseRegressor(alpha=0.0).fit(X, y)
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, y).coef_, atol=1e-8)
    assert model.kkt_violation_ <= 1e-8 * model.alpha_max_


def test_exact_finish_reaches_machine_precision():
    X, y = make_regression(200, 500, k=20, seed=3)
    model = SparseRegressor(alpha="0.1max", tol=1e-15).fit(X, y)
    assert model.dual_gap_ <= 1e-14 * model.objective_path_[0]
    assert model.n_iter_ <= 30


def test_objective_path_ends_at_the_objective_and_falls_within_a_stage():
    X, y = make_regression(100, 200, k=10)
    model = SparseRegressor(alpha="0.05max", solver=GreedyBCD(continuation=1.0)).fit(X, y)
    assert (np.diff(model.objective_path_) <= 1e-12).all()
    residual = y - model.predict(X)
    objective = 0.5 * (residual**2).mean() + model.alpha_ * np.abs(model.coef_).sum()
    assert model.objective_path_[-1] == pytest.approx(objective, rel=1e-12)
    assert model.solver_report_.objective == pytest.approx(objective, rel=1e-12)


def test_warm_start_needs_fewer_iterations():
    X, y = make_regression(100, 300, k=20)
    model = SparseRegressor(alpha="0.02max", warm_start=True).fit(X, y)
    cold = model.n_iter_
    coef = model.coef_.copy()
    model.fit(X, y)
    assert model.n_iter_ < cold
    np.testing.assert_allclose(model.coef_, coef, atol=1e-8)
    labels = (y > np.median(y)).astype(int)
    classifier = SparseClassifier(alpha="0.05max", warm_start=True).fit(X, labels)
    again = clone(classifier).fit(X, labels)
    classifier.fit(X, labels)
    np.testing.assert_allclose(classifier.coef_, again.coef_, atol=1e-5)


def test_not_converged_warns_with_figure_and_remedy():
    X, y = make_regression(100, 300, k=20)
    with pytest.warns(ConvergenceWarning, match=r"duality gap is .*Increase max_iter \(now 1\)"):
        model = SparseRegressor(alpha="0.01max", max_iter=1).fit(X, y)
    assert model.solver_report_.status == "max_iter"
    assert model.dual_gap_ > model.solver_report_.threshold


def test_failed_fit_leaves_no_trace():
    X, y = make_regression()
    model = SparseRegressor(alpha="much")
    with pytest.raises(ValueError, match="alpha: got 'much'"):
        model.fit(X, y)
    assert not [k for k in vars(model) if k.endswith("_") and k not in ("n_features_in_",)]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"penalty": "l3"}, "penalty"),
        ({"alpha": -1.0}, "alpha"),
        ({"alpha": "1.5"}, "alpha"),
        ({"penalty": ElasticNet(l1_ratio=1.5)}, "l1_ratio is 1.5"),
        ({"penalty": ElasticNet(l1_ratio=0.0)}, "give the strength as a number"),
        ({"penalty": L1(weights=[1.0, 2.0])}, r"penalty.weights: got shape \(2,\)"),
        ({"penalty": L1(weights=-np.ones(20))}, "penalty.weights: got -1.0"),
        ({"penalty": L1(alpha=-2.0)}, "L1: alpha is -2.0"),
        ({"solver": "newton"}, "solver"),
        ({"solver": GreedyBCD(engine="magic")}, "engine is 'magic'"),
        ({"max_iter": 0}, "max_iter"),
        ({"loss": "absolute"}, "loss"),
    ],
)
def test_bad_parameters_are_named(params, message):
    X, y = make_regression()
    with pytest.raises(ValueError, match=message):
        SparseRegressor(**params).fit(X, y)


def test_bad_data_is_named():
    X, y = make_regression()
    with pytest.raises(ValueError, match=r"offset: got shape \(3,\), expected \(60,\)"):
        SparseRegressor().fit(X, y, offset=np.ones(3))
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`|sample_weight"):
        SparseRegressor().fit(X, y, sample_weight=-np.ones(60))
    Xc, _ = make_classification()
    with pytest.raises(ValueError, match="one class"):
        SparseClassifier().fit(Xc, np.zeros(80, int))


def test_value_objects_tune_in_a_grid_search():
    X, y = make_regression(60, 15)
    pipe = make_pipeline(StandardScaler(), SparseRegressor(penalty=ElasticNet()))
    grid = {"sparseregressor__penalty__l1_ratio": [0.2, 1.0], "sparseregressor__alpha": ["0.1max", "0.01max"]}
    search = GridSearchCV(pipe, grid, cv=3).fit(X, y)
    assert search.best_params_["sparseregressor__alpha"] == "0.01max"
    assert search.best_estimator_[-1].penalty == ElasticNet(l1_ratio=search.best_params_[next(iter(grid))])


def test_value_objects_compare_print_and_clone():
    penalty = ElasticNet(alpha=2.0, l1_ratio=0.3, weights=np.arange(3.0))
    assert clone(penalty) == penalty
    assert penalty != ElasticNet(alpha=2.0, l1_ratio=0.3)
    assert penalty != L1()
    assert repr(L1(nonnegative=True)) == "L1(nonnegative=True)"
    assert pickle.loads(pickle.dumps(penalty)) == penalty
    assert penalty.set_params(l1_ratio=0.7).l1_ratio == 0.7
    with pytest.raises(ValueError, match="ElasticNet has no parameter 'gamma'"):
        penalty.set_params(gamma=3.0)


def test_names_set_output_pickle_joblib(tmp_path):
    X, y = make_classification()
    frame = pd.DataFrame(X, columns=[f"f{j}" for j in range(X.shape[1])])
    labels = np.where(y == 1, "yes", "no")
    model = SparseClassifier(class_weight="balanced").fit(frame, labels)
    assert list(model.feature_names_in_) == list(frame.columns)
    assert set(model.predict(frame)) <= {"yes", "no"}
    copies = [pickle.loads(pickle.dumps(model))]
    joblib.dump(model, tmp_path / "model.joblib")
    copies.append(joblib.load(tmp_path / "model.joblib"))
    for copy in copies:
        np.testing.assert_array_equal(copy.predict_proba(frame), model.predict_proba(frame))
        assert copy.solver_report_.engine == model.solver_report_.engine
    np.testing.assert_allclose(np.exp(model.predict_log_proba(frame)), model.predict_proba(frame), atol=1e-12)
    assert model.sparse_coef_.shape == (1, X.shape[1])


def test_class_weight_multiplies_sample_weight():
    X, y = make_classification()
    by_class = SparseClassifier(alpha=0.02, class_weight={0: 1.0, 1: 3.0}).fit(X, y)
    by_sample = SparseClassifier(alpha=0.02).fit(X, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    np.testing.assert_allclose(by_class.coef_, by_sample.coef_, atol=1e-9)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_fit_moments_is_fit(fit_intercept):
    X, y = make_regression(500, 12, offset=100.0)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, 500)
    moments = Moments()
    for rows in np.array_split(np.arange(500), 7):
        moments.merge(Moments().update(X[rows], y[rows], weights[rows]))
    for options in ({"alpha": 0.1}, {"alpha": "0.2max", "standardize": True}):
        if not fit_intercept and "standardize" in options:
            continue
        model = SparseRegressor(fit_intercept=fit_intercept, tol=1e-12, **options)
        direct = clone(model).fit(X, y, sample_weight=weights)
        model.fit_moments(moments)
        np.testing.assert_allclose(model.coef_, direct.coef_, atol=1e-7)
        assert model.intercept_ == pytest.approx(direct.intercept_, abs=1e-5)
        assert model.alpha_ == pytest.approx(direct.alpha_)
    with pytest.raises(ValueError, match="expected Moments of features and one target"):
        SparseRegressor().fit_moments(Moments().update(X))


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 25),
    p=st.integers(1, 30),
    seed=st.integers(0, 10_000),
    fraction=st.floats(0.001, 1.2),
    l1_ratio=st.floats(0.05, 1.0),
    nonnegative=st.booleans(),
    fit_intercept=st.booleans(),
    is_sparse=st.booleans(),
    duplicate=st.booleans(),
)
def test_every_fit_is_certified(n, p, seed, fraction, l1_ratio, nonnegative, fit_intercept, is_sparse, duplicate):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) * rng.choice([0.01, 1.0, 30.0], p)
    if duplicate and p > 1:
        X[:, -1] = X[:, 0]
    if is_sparse:
        X[rng.random((n, p)) < 0.5] = 0.0
    y = rng.standard_normal(n) + X[:, 0]
    data = sparse.csc_array(X) if is_sparse else X
    penalty = ElasticNet(l1_ratio=l1_ratio, nonnegative=nonnegative)
    model = SparseRegressor(penalty=penalty, alpha=f"{fraction}max", fit_intercept=fit_intercept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(data, y)
    assert np.isfinite(model.coef_).all()
    null = 0.5 * np.mean((y - y.mean() * fit_intercept) ** 2)
    assert model.dual_gap_ <= 1e-8 * null + 1e-300
    gap = quadratic_gap(
        X,
        y,
        model.coef_,
        model.intercept_,
        model.alpha_,
        l1_ratio=l1_ratio,
        fit_intercept=fit_intercept,
        nonnegative=nonnegative,
    )
    assert gap <= 1e-8 * null + 1e-300
