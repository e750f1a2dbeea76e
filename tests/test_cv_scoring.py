"""Scores of folds: weights and offsets reach scorers, undefined ones count nowhere; callbacks, time limits."""

import itertools
import warnings

import numpy as np
import pytest
from oracles import make_classification, make_regression, make_survival
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_poisson_deviance, mean_squared_error
from sklearn.model_selection import KFold, LeaveOneOut, PredefinedSplit

from pauca import penalties as pen
from pauca._sklearn_compat import HAS_CALLBACKS
from pauca.linear_model import (
    MultiTaskSparseRegressorCV,
    SparseClassifier,
    SparseClassifierCV,
    SparseCoxRegressorCV,
    SparseRegressor,
    SparseRegressorCV,
)

ALPHAS = [0.5, 0.2, 0.1, 0.05]


def folds_of(n, k=3):
    return list(KFold(k).split(np.zeros(n)))


# -- weights and offsets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["neg_mean_squared_error", "r2", "neg_mean_absolute_error"])
def test_integer_weights_are_repetition_to_a_scorer(scoring):
    X, y = make_regression(60, 8, noise=2.0)
    counts = np.random.default_rng(0).integers(0, 4, 60)
    rows, fold = np.repeat(np.arange(60), counts), np.arange(60) % 4
    weighted = SparseRegressorCV(alphas=ALPHAS, cv=PredefinedSplit(fold), scoring=scoring, tol=1e-10)
    weighted.fit(X, y, sample_weight=counts)
    repeated = SparseRegressorCV(alphas=ALPHAS, cv=PredefinedSplit(fold[rows]), scoring=scoring, tol=1e-10)
    repeated.fit(X[rows], y[rows])
    np.testing.assert_allclose(weighted.cv_scores_, repeated.cv_scores_, rtol=1e-6)
    assert weighted.alpha_ == repeated.alpha_


def test_offset_of_the_test_fold_reaches_a_scorer():
    X, _ = make_regression(90, 6)
    rng = np.random.default_rng(0)
    offset = rng.uniform(-2, 2, 90)
    y = rng.poisson(np.exp(0.3 * X[:, 0] + offset)).astype(float)
    model = SparseRegressorCV(
        loss="poisson", alphas=ALPHAS, cv=KFold(3), scoring="neg_mean_poisson_deviance", tol=1e-10
    ).fit(X, y, offset=offset)
    for (k, alpha), (f, (train, test)) in itertools.product(enumerate(ALPHAS), enumerate(folds_of(90))):
        alone = SparseRegressor(loss="poisson", alpha=alpha, tol=1e-10)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            alone.fit(X[train], y[train], offset=offset[train])
        expected = -mean_poisson_deviance(y[test], alone.predict(X[test], offset=offset[test]))
        assert model.cv_scores_[k, f] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy"])
def test_classifier_scores_with_weights_and_offset(scoring):
    X, _ = make_classification(90, 6)
    rng = np.random.default_rng(1)
    offset, weights = rng.uniform(-3, 3, 90), rng.integers(0, 3, 90).astype(float)
    y = (rng.random(90) < 1 / (1 + np.exp(-(X[:, 0] + offset - 1)))).astype(int)
    model = SparseClassifierCV(alphas=[0.1, 0.02], cv=KFold(3), scoring=scoring, tol=1e-10)
    model.fit(X, y, sample_weight=weights, offset=offset)
    for f, (train, test) in enumerate(folds_of(90)):
        alone = SparseClassifier(alpha=0.02, tol=1e-10)
        alone.fit(X[train], y[train], sample_weight=weights[train], offset=offset[train])
        if scoring == "accuracy":
            expected = accuracy_score(y[test], alone.predict(X[test], offset[test]), sample_weight=weights[test])
        else:
            probability = alone.predict_proba(X[test], offset=offset[test])
            expected = -log_loss(y[test], probability, sample_weight=weights[test])
        assert model.cv_scores_[1, f] == pytest.approx(expected, rel=1e-5)


def test_several_targets_are_scored_with_weights():
    X, y = make_regression(60, 8, noise=2.0)
    weights = np.random.default_rng(0).uniform(0, 2, 60)
    Y = np.c_[y, -y + X[:, 0]]
    model = MultiTaskSparseRegressorCV(alphas=ALPHAS, cv=KFold(3), scoring="neg_mean_squared_error", tol=1e-10)
    model.fit(X, Y, sample_weight=weights)
    k = ALPHAS.index(model.alpha_)
    for f, (_, test) in enumerate(folds_of(60)):
        expected = -mean_squared_error(Y[test], model.oof_predictions_[test], sample_weight=weights[test])
        assert model.cv_scores_[k, f] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "scoring",
    ["neg_max_error", lambda model, X, y: -np.abs(model.predict(X) - y).mean(), make_scorer(lambda y, p: 0.0)],
)
def test_a_scorer_without_weights_is_refused_if_there_are_some(scoring):
    X, y = make_regression(60, 8)
    with pytest.raises(ValueError, match="scoring: got .* takes no sample_weight"):
        SparseRegressorCV(alphas=ALPHAS, scoring=scoring).fit(X, y, sample_weight=np.ones(60))


def test_a_function_that_takes_weights_gets_them():
    X, y = make_regression(60, 8)
    seen = []

    def scoring(model, X, y, sample_weight=None):
        seen.append(sample_weight)
        return 0.0

    weights = np.arange(60.0)
    SparseRegressorCV(alphas=[0.1], cv=KFold(3), scoring=scoring).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(np.concatenate(seen), weights[weights > 0])  # rows of weight 0 are not scored


@pytest.mark.parametrize("scoring", [None, "neg_mean_squared_error"])
def test_a_fold_without_weight_is_left_out(scoring):
    X, y = make_regression(80, 8, noise=2.0)
    weights = np.ones(80)
    weights[:20] = 0.0
    target = np.where(weights > 0, y, 1e6)
    model = SparseRegressorCV(alphas=ALPHAS, cv=KFold(4), scoring=scoring, rule="1se")
    model.fit(X, target, sample_weight=weights)
    rest = SparseRegressorCV(alphas=ALPHAS, cv=KFold(3), scoring=scoring, rule="1se").fit(X[20:], y[20:])
    assert np.isnan(model.cv_scores_[:, 0]).all()
    np.testing.assert_allclose(model.cv_scores_[:, 1:], rest.cv_scores_, rtol=1e-5)
    np.testing.assert_allclose(model.cv_mean_score_, rest.cv_mean_score_, rtol=1e-5)
    np.testing.assert_allclose(model.cv_standard_error_, rest.cv_standard_error_, rtol=1e-5)
    assert model.alpha_ == rest.alpha_


def test_a_fold_without_weight_adds_nothing_to_a_cox_score():
    X, y, _ = make_survival()
    weights = np.ones(len(y))
    weights[:30] = 0.0
    model = SparseCoxRegressorCV(alphas=4, cv=KFold(4)).fit(X, y, sample_weight=weights)
    rest = SparseCoxRegressorCV(alphas=4, cv=KFold(3)).fit(X[30:], y[30:])
    assert np.isnan(model.cv_scores_[:, 0]).all()
    np.testing.assert_allclose(model.cv_mean_score_, rest.cv_mean_score_, rtol=1e-5)


# -- scores that are undefined -----------------------------------------------------------------------------------------


def test_r2_of_single_samples_is_refused():
    X, y = make_regression(20, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        with pytest.raises(ValueError, match="scoring: got 'r2', whose value is undefined"):
            SparseRegressorCV(alphas=3, cv=LeaveOneOut(), scoring="r2").fit(X, y)


def test_folds_of_one_class_have_no_area_under_the_curve():
    X, y = make_classification(60, 6)
    y[:20] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        model = SparseClassifierCV(alphas=5, cv=KFold(3), scoring="roc_auc").fit(X, y)
    assert np.isnan(model.cv_scores_[:, 0]).all()
    left = model.cv_scores_[:, 1:]
    np.testing.assert_allclose(model.cv_mean_score_, left.mean(axis=1))
    np.testing.assert_allclose(model.cv_standard_error_, left.std(axis=1, ddof=1) / np.sqrt(2))
    assert model.alpha_ == model.alphas_[np.argmax(left.mean(axis=1))]


def test_a_strength_that_lacks_a_score_is_not_chosen():
    """A correlation with constant predictions is undefined: at the largest strength in every fold."""
    X, y = make_regression(60, 8)

    def correlation(model, X, y):
        prediction = model.predict(X)
        return np.corrcoef(prediction, y)[0, 1] if np.ptp(prediction) > 0 else np.nan

    model = SparseRegressorCV(alphas=8, cv=3, scoring=correlation, rule="1se").fit(X, y)
    assert np.isnan(model.cv_mean_score_[0])
    assert model.alpha_ < model.alphas_[0]
    assert model.coef_.any()
    assert model.cv_table_[0]["score"] == np.nanmax(model.cv_mean_score_)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_training_fold_of_one_class_is_refused(n_classes):
    X, y = make_classification(60, 6)
    y = np.sort(y)
    if n_classes == 3:
        y[-10:] = 2
        y[:30] = 1
        y[:5] = 0
    cv = KFold(2) if n_classes == 2 else [(np.arange(5, 30), np.r_[0:5, 30:60])]
    with pytest.raises(ValueError, match=r"cv: the training part of fold 0 has samples of one class.*StratifiedKFold"):
        SparseClassifierCV(alphas=3, cv=cv).fit(X, y)


# -- callbacks, progress, time -----------------------------------------------------------------------------------------


class Counter:
    """A callback that asks for the end after so many tasks."""

    def __init__(self, last=None):
        self.done, self.last = 0, last

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, **kwargs):
        pass

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.done += context.task_name == "iteration"
        return self.done == self.last


def cases():
    X, y = make_regression(60, 8, noise=2.0)
    labels = (y > np.median(y)).astype(int)
    time = np.exp(-0.3 * y / y.std())
    return {
        "regressor": (SparseRegressorCV(penalty=pen.MCP(), param_grid={"gamma": [2.0, 4.0]}), X, y),
        "classifier": (SparseClassifierCV(penalty=pen.MCP(), param_grid={"gamma": [6.0, 9.0]}), X, labels),
        "tasks": (MultiTaskSparseRegressorCV(penalty=pen.GroupMCP(), param_grid={"gamma": [2.0, 4.0]}), X, np.c_[y, y]),
        "cox": (SparseCoxRegressorCV(penalty=pen.MCP(), param_grid={"gamma": [2.0, 4.0]}), X, time),
    }


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("name", ["regressor", "classifier", "tasks", "cox"])
def test_callbacks_hear_of_every_path(name, n_jobs):
    if not HAS_CALLBACKS:
        return
    model, X, y = cases()[name]
    model.set_params(alphas=4, cv=3, eps=0.1, n_jobs=n_jobs)
    counter = Counter()
    model.set_callbacks(counter).fit(X, y)
    assert counter.done == 2 * (1 + 3)  # of two shapes, on all data and in three folds


@pytest.mark.parametrize("last", [1, 2, 3, 5, 6, 8])
def test_early_stop_chooses_by_the_folds_that_are_done(last):
    if not HAS_CALLBACKS:
        return
    model, X, y = cases()["regressor"]
    model.set_params(alphas=4, cv=3)
    model.set_callbacks(Counter(last)).fit(X, y)
    shapes = min(last, 2)  # paths on all data come first
    folds = max(1, (last - shapes) // shapes)
    assert len(model.cv_table_) == shapes
    assert (~np.isnan(model.cv_scores_)).all(axis=0).tolist() == [f < folds for f in range(3)]
    np.testing.assert_allclose(model.cv_mean_score_, model.cv_scores_[:, :folds].mean(axis=1))
    assert np.isnan(model.oof_predictions_).sum() == 60 - 20 * folds
    assert model.alpha_ == model.alphas_[np.argmax(model.cv_mean_score_)]


@pytest.mark.parametrize("name", ["regressor", "classifier", "tasks", "cox"])
def test_verbose_shows_a_bar(name, capfd):
    model, X, y = cases()[name]
    model.set_params(alphas=4, cv=3, eps=0.1).fit(X, y)
    assert capfd.readouterr() == ("", "")
    model.set_params(verbose=1).fit(X, y)
    assert "8/8" in capfd.readouterr().err


@pytest.mark.parametrize("penalty", ["l1", pen.GroupL2(np.arange(400) // 4)], ids=["engine", "steps"])
def test_time_limits_are_named(penalty):
    rng = np.random.default_rng(0)
    X, y = np.asfortranarray(rng.standard_normal((400, 400))), rng.standard_normal(400)
    model = SparseRegressorCV(penalty=penalty, alphas=100, eps=1e-4, tol=1e-12, cv=2, max_time=0.02)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    assert len(model.alphas_) < 100
    messages = [str(w.message) for w in caught if w.category is ConvergenceWarning]
    assert any("max_time ended the path at strength" in m and "Increase max_time" in m for m in messages)
    assert not any("max_iter" in m for m in messages)


def test_time_limits_of_folds_are_named(monkeypatch):
    from pauca.linear_model import _cross_validation as room

    whole = room.solve_path

    def hurried(*args, diagnose=True, **options):
        if not diagnose:  # in a fold
            options["max_time"] = 1e-9
        return whole(*args, diagnose=diagnose, **options)

    monkeypatch.setattr(room, "solve_path", hurried)
    rng = np.random.default_rng(0)
    X, y = np.asfortranarray(rng.standard_normal((200, 2000))), rng.standard_normal(200)
    with pytest.warns(ConvergenceWarning, match=r"max_time=50 ended paths of 3 of 3 folds early"):
        SparseRegressorCV(alphas=10, cv=3, max_time=50).fit(X, y)
