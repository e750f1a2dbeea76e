"""What users give linear models beside X and y: weights of samples, classes and features, offsets, names, numbers."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from oracles import make_classification, make_regression
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_validate

from pauca import penalties as pen
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseClassifier,
    SparseClassifierCV,
    SparseCoxRegressor,
    SparseCoxRegressorCV,
    SparseRegressor,
    SparseRegressorCV,
    path,
)
from pauca.losses import Huber
from pauca.solvers import GreedyBCD


def three_classes(n=90, p=6, seed=0):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    return X, np.argmax(X[:, :3] + 0.5 * rng.standard_normal((n, 3)), axis=1)


# -- weights of classes and samples ------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [make_classification, three_classes])
def test_balanced_classes_know_sample_weights(problem):
    X, y = problem()
    counts = np.random.default_rng(0).integers(0, 4, len(y)) * np.where(y == 0, 3, 1)
    rows = np.repeat(np.arange(len(y)), counts)
    model = SparseClassifier(alpha=0.02, class_weight="balanced", tol=1e-11)
    weighted = model.fit(X, y, sample_weight=counts).coef_
    np.testing.assert_allclose(model.fit(X[rows], y[rows]).coef_, weighted, atol=1e-6)


def test_balanced_classes_are_those_of_scikit_learn():
    X, y = make_classification()
    y[:25] = 0
    model = SparseClassifier(alpha=0.02, class_weight="balanced", fit_intercept=False, tol=1e-11).fit(X, y)
    n = len(y)
    factor = n / (2 * np.bincount(y))
    by_hand = SparseClassifier(alpha=0.02, fit_intercept=False, tol=1e-11).fit(X, y, sample_weight=factor[y])
    np.testing.assert_allclose(model.coef_, by_hand.coef_, atol=1e-8)
    theirs = LogisticRegression(C=1e9, class_weight="balanced", fit_intercept=False, tol=1e-10, max_iter=10_000)
    free = SparseClassifier(alpha=0.0, class_weight="balanced", fit_intercept=False, tol=1e-11).fit(X, y)
    np.testing.assert_allclose(free.coef_, theirs.fit(X, y).coef_, atol=1e-3)


@pytest.mark.parametrize("weigh", ["samples", "classes"])
def test_a_class_without_weight_is_no_class(weigh):
    X, y = three_classes()
    labels = np.array(["a", "b", "c"])[y]
    kept = labels != "b"
    model = SparseClassifier(alpha=0.02, tol=1e-10)
    if weigh == "samples":
        model.fit(X, labels, sample_weight=kept.astype(float))
    else:
        model.set_params(class_weight={"a": 1.0, "b": 0.0, "c": 1.0}).fit(X, labels)
    alone = SparseClassifier(alpha=0.02, tol=1e-10).fit(X[kept], labels[kept])
    assert model.classes_.tolist() == ["a", "c"]
    np.testing.assert_allclose(model.coef_, alone.coef_, atol=1e-8)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-8)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_a_class_without_weight_is_none_in_cross_validation(scoring):
    X, y = three_classes()
    kept = y != 1
    cv = [(np.arange(30, 90), np.arange(30)), (np.arange(60), np.arange(60, 90))]
    model = SparseClassifierCV(alphas=[0.1, 0.02], cv=cv, scoring=scoring, tol=1e-10)
    model.fit(X, y, sample_weight=kept.astype(float))
    place = np.cumsum(kept) - 1
    left = [tuple(place[part[kept[part]]] for part in fold) for fold in cv]
    alone = SparseClassifierCV(alphas=[0.1, 0.02], cv=left, scoring=scoring, tol=1e-10).fit(X[kept], y[kept])
    np.testing.assert_allclose(model.cv_scores_, alone.cv_scores_, atol=1e-7)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-7)


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("options", [{}, {"standardize": True}, {"penalty": "mcp"}], ids=["plain", "scaled", "mcp"])
def test_rows_without_weight_may_hold_anything_finite(options, is_sparse):
    X, y = make_regression(60, 8)
    weights, wild, target = np.ones(60), X.copy(), y.copy()
    weights[:10], wild[:10], target[:10] = 0.0, 1e200, -1e200
    data = sparse.csc_array(wild) if is_sparse else wild
    model = SparseRegressor(alpha=0.1, **options).fit(data, target, sample_weight=weights)
    alone = SparseRegressor(alpha=0.1, **options).fit(X[10:], y[10:])
    np.testing.assert_allclose(model.coef_, alone.coef_, atol=1e-10)
    assert model.solver_report_.converged
    assert np.isfinite(model.dual_gap_) == ("penalty" not in options)
    labels = (y > np.median(y)).astype(int)
    classifier = SparseClassifier(alpha=0.05).fit(data, labels, sample_weight=weights)
    np.testing.assert_allclose(classifier.coef_, SparseClassifier(alpha=0.05).fit(X[10:], labels[10:]).coef_, atol=1e-8)
    tasks = MultiTaskSparseRegressor(alpha=0.1).fit(data, np.c_[target, y], sample_weight=weights)
    expected = MultiTaskSparseRegressor(alpha=0.1).fit(X[10:], np.c_[y, y][10:]).coef_
    np.testing.assert_allclose(tasks.coef_, expected, atol=1e-8)
    found = path(data, target, alphas=5, sample_weight=weights, **options)
    without = path(X[10:], y[10:], alphas=5, **options)
    np.testing.assert_allclose(found.coefs_.toarray(), without.coefs_.toarray(), atol=1e-6)
    chosen = SparseRegressorCV(alphas=5, cv=3, **options).fit(data, target, sample_weight=weights)
    assert np.isfinite(chosen.cv_mean_score_).all()
    survival = np.column_stack([np.exp(-y / np.abs(y).max()), np.arange(60) % 3 > 0])
    offset, known = np.full(60, 0.3), np.full(60, 0.3)
    offset[:5] = 1e300
    cox = SparseCoxRegressor(alpha=0.05).fit(data, survival, sample_weight=weights, offset=offset)
    cox_alone = SparseCoxRegressor(alpha=0.05).fit(X[10:], survival[10:], offset=known[10:])
    np.testing.assert_allclose(cox.coef_, cox_alone.coef_, atol=1e-8)
    np.testing.assert_allclose(
        cox.baseline_.cumulative_hazards[0][-1], cox_alone.baseline_.cumulative_hazards[0][-1], rtol=1e-6
    )
    cox_path = path(data, survival, loss="cox", alphas=5, sample_weight=weights)
    expected = path(X[10:], survival[10:], loss="cox", alphas=5)
    np.testing.assert_allclose(cox_path.coefs_.toarray(), expected.coefs_.toarray(), atol=1e-6)
    several = SparseCoxRegressorCV(alphas=5, cv=3).fit(data, survival, sample_weight=weights)
    assert np.isfinite(several.cv_mean_score_).all()
    targets = np.exp(y / np.abs(y).max())  # the gamma loss knows no zero
    targets[:10] = 1e200
    gamma = SparseRegressor(loss="gamma", alpha=0.02).fit(data, targets, sample_weight=weights)
    gamma_alone = SparseRegressor(loss="gamma", alpha=0.02).fit(X[10:], targets[10:])
    np.testing.assert_allclose(gamma.coef_, gamma_alone.coef_, atol=1e-7)


def test_huge_sample_weights():
    X, y = make_regression(60, 8)
    model = SparseRegressor(alpha=0.1).fit(X, y, sample_weight=np.full(60, 1e308))
    np.testing.assert_allclose(model.coef_, SparseRegressor(alpha=0.1).fit(X, y).coef_, atol=1e-12)


# -- weights of features -----------------------------------------------------------------------------------------------


def fit_weighted(weights, names=("age", "gene_1", "gene_2")):
    X, y = make_regression(60, 3, k=3)
    return SparseRegressor(penalty=pen.L1(weights=weights), alpha=0.1).fit(pd.DataFrame(X, columns=list(names)), y)


def test_labels_of_a_series_count():
    expected = fit_weighted({"age": 0.0, "gene_1": 9.0, "gene_2": 1.0}).coef_
    shuffled = pd.Series({"gene_1": 9.0, "gene_2": 1.0, "age": 0.0})
    np.testing.assert_array_equal(fit_weighted(shuffled).coef_, expected)
    np.testing.assert_array_equal(fit_weighted(pd.Series([0.0, 9.0, 1.0])).coef_, expected)
    np.testing.assert_array_equal(fit_weighted(lambda names: shuffled).coef_, expected)
    np.testing.assert_array_equal(fit_weighted(pd.Series({"gene_1": 9.0, "age": 0.0})).coef_, expected)
    with pytest.raises(ValueError, match=r"penalty.weights: got a Series of which no feature is called 'bmi'"):
        fit_weighted(pd.Series({"gene_1": 9.0, "gene_2": 1.0, "bmi": 0.0}))
    with pytest.raises(ValueError, match=r"penalty.weights: got a Series .* 2"):
        fit_weighted(pd.Series([1.0, 9.0, 0.0], index=[2, 1, 0]))
    with pytest.raises(ValueError, match="a label comes twice"):
        fit_weighted(pd.Series([1.0, 9.0], index=["age", "age"]))


def test_bounds_in_a_series_too():
    X, y = make_regression(60, 3, k=3)
    frame = pd.DataFrame(X, columns=list("abc"))
    box = pen.Box(lower=0.0, upper=pd.Series({"c": 1.0, "a": 0.5, "b": 0.1}))
    model = SparseRegressor(penalty=box).fit(frame, y)
    assert (model.coef_ <= [0.5, 0.1, 1.0]).all()


def test_a_name_wins_over_a_glob_in_any_order():
    expected = fit_weighted([0.0, 2.0, 5.0]).coef_
    for weights in ({"age": 0.0, "gene_2": 5.0, "*": 2.0}, {"*": 2.0, "age": 0.0, "gene_2": 5.0}):
        np.testing.assert_array_equal(fit_weighted(weights).coef_, expected)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("abc", r"penalty.weights: got 'abc', expected real numbers"),
        ({"age": "x"}, r"penalty.weights\['age'\]: got 'x', expected real numbers"),
        ([1.0, 2.0j, 1.0], r"penalty.weights: got numbers of type complex128"),
    ],
)
def test_weights_that_are_no_numbers(weights, message):
    with pytest.raises(ValueError, match=message):
        fit_weighted(weights)


# -- offsets of classifiers --------------------------------------------------------------------------------------------


def test_offset_of_a_classifier_in_prediction():
    X, _ = make_classification(120, 5)
    rng = np.random.default_rng(0)
    offset = rng.uniform(-3, 3, 120)
    labels = np.where(rng.random(120) < 1 / (1 + np.exp(-(X[:, 0] + offset - 1))), "yes", "no")
    model = SparseClassifier(alpha=0.01).fit(X, labels, offset=offset)
    eta = X @ model.coef_[0] + model.intercept_[0] + offset
    np.testing.assert_allclose(model.decision_function(X, offset=offset), eta)
    np.testing.assert_array_equal(model.predict(X, offset=offset), np.where(eta > 0, "yes", "no"))
    np.testing.assert_allclose(model.predict_proba(X, offset=offset)[:, 1], 1 / (1 + np.exp(-eta)))
    np.testing.assert_allclose(model.predict_log_proba(X, offset=offset)[:, 1], -np.logaddexp(0, -eta))
    weights = rng.random(120)
    expected = accuracy_score(labels, np.where(eta > 0, "yes", "no"), sample_weight=weights)
    assert model.score(X, labels, sample_weight=weights, offset=offset) == pytest.approx(expected)
    assert model.score(X, labels, offset=offset) > model.score(X, labels)
    with pytest.raises(ValueError, match=r"offset: got shape \(3,\), expected \(120,\)"):
        model.predict(X, offset=np.zeros(3))
    X3, y3 = three_classes()
    with pytest.raises(ValueError, match="3 classes have as many predictors"):
        SparseClassifier().fit(X3, y3).predict_proba(X3, offset=np.zeros(len(y3)))


def test_offset_of_a_classifier_is_routed():
    X, y = make_classification(90, 5)
    offset = np.linspace(-3, 3, 90)
    with sklearn.config_context(enable_metadata_routing=True):
        model = SparseClassifier(alpha=0.02).set_fit_request(offset=True).set_score_request(offset=True)
        model.set_predict_request(offset=True).set_predict_proba_request(offset=True)
        routed = cross_validate(model, X, y, params={"offset": offset}, cv=[(np.arange(60), np.arange(60, 90))])
    alone = SparseClassifier(alpha=0.02).fit(X[:60], y[:60], offset=offset[:60])
    assert routed["test_score"][0] == alone.score(X[60:], y[60:], offset=offset[60:])


# -- what is refused, by name ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", ["1.2.3max", "1e400max", "max", ".max", "-1max", "nanmax"])
def test_strengths_that_are_no_numbers(alpha):
    X, y = make_regression()
    with pytest.raises(ValueError, match=r"alpha: got .*, expected a number or a fraction"):
        SparseRegressor(alpha=alpha).fit(X, y)
    with pytest.raises(ValueError, match=r"alphas: got .*, expected a number or a fraction"):
        path(X, y, alphas=[alpha])


@pytest.mark.parametrize("alpha", [".5max", "5e-1max", " 0.5max ", "0.50max"])
def test_strengths_in_other_words(alpha):
    X, y = make_regression()
    assert SparseRegressor(alpha=alpha).fit(X, y).alpha_ == SparseRegressor(alpha="0.5max").fit(X, y).alpha_


@pytest.mark.parametrize("offset", [["a"] * 60, np.full(60, 1j), ["1"] * 60, [None] * 60])
def test_offsets_that_are_no_numbers(offset):
    X, y = make_regression(60, 8)
    labels = (y > np.median(y)).astype(int)
    for model, target in ((SparseRegressor(), y), (SparseRegressorCV(), y), (SparseClassifier(), labels)):
        with pytest.raises(ValueError, match="offset: "):
            model.fit(X, target, offset=offset)


def test_more_iterations_than_can_be_counted():
    X, y = make_regression()
    for fit in (
        lambda: SparseRegressor(max_iter=10**30).fit(X, y),
        lambda: MultiTaskSparseRegressor(max_iter=10**30).fit(X, np.c_[y, y]),
        lambda: path(X, y, max_iter=10**30),
        lambda: path(X, y, max_iter=0),
    ):
        with pytest.raises(ValueError, match=r"max_iter: got (10{30}|0), expected an integer from 1 to"):
            fit()
    assert SparseRegressor(max_iter=2**63 - 1).fit(X, y).solver_report_.converged


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_labels_that_are_missing(missing):
    X, y = make_classification()
    labels = np.where(y == 1, "u", "v").astype(object)
    labels[3] = missing
    for model in (SparseClassifier(), SparseClassifierCV()):
        with pytest.raises(ValueError, match="y.*contains NaN"):
            model.fit(X, labels)


# -- value objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pen.L1(weights=[1, 2]), pen.L1(weights=np.array([1.0, 2.0]))),
        (pen.ElasticNet(l1_ratio=1), pen.ElasticNet(l1_ratio=1.0)),
        (pen.L1(weights={"a": 1}), pen.L1(weights={"a": 1.0})),
        (pen.L1(weights=pd.Series({"a": 1.0})), pen.L1(weights=pd.Series({"a": 1}))),
        (pen.GroupL2(groups=[["a", "b"], ["c"]]), pen.GroupL2(groups=[["a", "b"], ["c"]])),
        (GreedyBCD(continuation=1), GreedyBCD(continuation=np.float64(1.0))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_equal_objects_have_one_hash(one, other):
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1


def test_objects_that_differ():
    assert pen.L1(weights=pd.Series({"a": 1.0, "b": 2.0})) != pen.L1(weights=pd.Series({"b": 1.0, "a": 2.0}))
    assert pen.L1(weights=np.ones(3)) != pen.L1(weights=np.ones(4))
    assert pen.L1() != Huber()
    assert "weights=" in repr(pen.L1(weights=pd.Series({"a": 1.0})))
    assert hash(pen.L1(weights={1.0, 2.0})) == hash(pen.L1(weights={2.0, 1.0}))  # of a type that has no hash


def test_parameters_of_the_automatic_solver():
    X, y = make_regression()
    assert SparseRegressor().set_params(solver__engine="gram").solver == GreedyBCD(engine="gram")
    search = GridSearchCV(SparseRegressor(), {"solver__engine": ["gram", "residual"]}, cv=3).fit(X, y)
    assert search.best_estimator_.solver in (GreedyBCD(engine="gram"), GreedyBCD(engine="residual"))
    tasks = MultiTaskSparseRegressor().set_params(solver__engine="residual", penalty__alpha=1.0)
    assert tasks.solver.engine == "residual"
    assert isinstance(tasks.penalty, pen.GroupL2)
    with pytest.raises(ValueError, match="GreedyBCD has no parameter 'momentum'"):
        SparseRegressor().set_params(solver__momentum="none")


# -- penalties that outbend the loss -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "name", "second"),
    [
        (pen.LogSum, "eps", lambda a, lam, s: lam / (s + a) ** 2),
        (pen.TransformedL1, "theta", lambda a, lam, s: 2 * lam * (1 + s) * s / (s + a) ** 3),
    ],
)
def test_concavity_warns_of_columns_that_jump(cls, name, second):
    X, y = make_regression(80, 6, k=4)
    flat = cls(**{name: 50.0})
    grid = np.linspace(1e-9, 3.0, 50)
    for lam, shape in ((0.3, 0.7), (2.0, 1.5)):
        penalty = cls(**{name: shape})
        assert penalty._concavity(lam) == pytest.approx(second(0.0, lam, shape))
        values = np.array([penalty.set_params(alpha=lam).value([a]) for a in grid])
        measured = -np.diff(values, 2) / np.diff(grid)[0] ** 2
        assert measured.max() <= penalty._concavity(lam)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SparseRegressor(penalty=flat, alpha="0.2max").fit(X, y)
    weights = np.r_[1.0, 0.0, np.inf, 1e-6, 1.0, 1.0]
    steep = cls(**{name: 0.05}, weights=weights)
    with pytest.warns(UserWarning, match=rf"along 3 of 6 columns \(x0, x4, x5\).*\(a larger {name}\)"):
        SparseRegressor(penalty=steep, alpha=0.02).fit(X, y)


@pytest.mark.parametrize(("penalty", "second"), [(pen.LogSum(eps=0.5), 4.0), (pen.TransformedL1(theta=0.8), 5.625)])
def test_concavity_decides_where_a_path_is_locally_convex(penalty, second):
    X, y = make_regression(50, 5)
    found = path(X, y, penalty=penalty, alphas=12)
    scale, expected, dense = X.std(axis=0), [], found.coefs_.toarray()
    for k in range(12):
        following = min(k + 1, 11)
        union = np.flatnonzero(dense[:, k].astype(bool) | dense[:, following].astype(bool))
        Z = (X - X.mean(axis=0))[:, union] / scale[union]
        bend = second * found.alphas_[following]
        expected.append(union.size == 0 or np.linalg.eigvalsh(Z.T @ Z / len(y))[0] > bend)
    assert 0 < sum(expected) < 12 or found.locally_convex_[-1] == expected[-1]
    np.testing.assert_array_equal(found.locally_convex_, np.logical_and.accumulate(expected))
