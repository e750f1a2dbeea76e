"""Shape and strength chosen together: the same table as fits one by one, and as scikit-learn where it has the model."""

import itertools

import numpy as np
import pytest
from oracles import make_classification, make_regression
from sklearn.linear_model import ElasticNetCV
from sklearn.model_selection import (
    GroupShuffleSplit,
    KFold,
    LeaveOneOut,
    PredefinedSplit,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)

from pauca import penalties as pen
from pauca.linear_model import SparseClassifier, SparseClassifierCV, SparseRegressor, SparseRegressorCV, path

ALPHAS = np.geomspace(1.0, 0.03, 9)


def test_elastic_net_grid_agrees_with_scikit_learn():
    X, y = make_regression(90, 25, noise=2.0, seed=3)
    ratios, folds = [0.3, 0.6, 0.95], KFold(4)
    ours = SparseRegressorCV(
        penalty=pen.ElasticNet(), alphas=ALPHAS, param_grid={"l1_ratio": ratios}, cv=folds, tol=1e-10
    ).fit(X, y)
    theirs = ElasticNetCV(l1_ratio=ratios, alphas=ALPHAS, cv=folds, tol=1e-10, max_iter=10**6).fit(X, y)
    assert ours.best_params_ == {"l1_ratio": theirs.l1_ratio_}
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert [row["l1_ratio"] for row in ours.cv_table_] == ratios
    for row, mse in zip(ours.cv_table_, theirs.mse_path_, strict=True):
        k = int(np.argmin(mse.mean(axis=1)))
        assert row["alpha"] == pytest.approx(np.sort(ALPHAS)[::-1][k])
        np.testing.assert_allclose(-2.0 * np.array(row["fold_scores"]), mse[k], rtol=1e-6)
        assert -2.0 * row["score"] == pytest.approx(mse[k].mean(), rel=1e-6)


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_two_shape_parameters_are_crossed_and_every_fold_is_a_fit_of_its_own(kind):
    """Convex penalties, whose fits do not depend on where they start."""
    labels = np.arange(12) // 3
    penalty, grid = pen.SparseGroup(labels), {"l1_ratio": [0.1, 0.9], "groups": [labels, np.arange(12) // 6]}
    if kind == "regression":
        X, y = make_regression(70, 12, noise=2.0, seed=1)
        cv_class, plain = SparseRegressorCV, SparseRegressor
    else:
        X, y = make_classification(90, 12, seed=1)
        cv_class, plain = SparseClassifierCV, SparseClassifier
    alphas, folds = [0.1, 0.05, 0.02], KFold(3)
    model = cv_class(penalty=penalty, alphas=alphas, param_grid=grid, cv=folds, tol=1e-9).fit(X, y)
    assert len(model.cv_table_) == 4
    best = None
    for row, (ratio, groups) in zip(model.cv_table_, itertools.product(*grid.values()), strict=True):
        scores = np.empty((3, 3))
        for (k, a), (f, (train, test)) in itertools.product(enumerate(alphas), enumerate(folds.split(X))):
            shape = pen.SparseGroup(groups, l1_ratio=ratio)
            alone = plain(penalty=shape, alpha=a, tol=1e-9).fit(X[train], y[train])
            eta = X[test] @ np.ravel(alone.coef_) + float(np.ravel(alone.intercept_)[0])
            losses = 0.5 * (y[test] - eta) ** 2 if kind == "regression" else np.logaddexp(0, eta) - y[test] * eta
            scores[k, f] = -losses.mean()
        top = int(np.argmax(scores.mean(axis=1)))
        assert row["alpha"] == pytest.approx(alphas[top])
        np.testing.assert_allclose(row["fold_scores"], scores[top], rtol=1e-4)
        if best is None or scores.mean(axis=1).max() > best[0]:
            best = scores.mean(axis=1).max(), ratio, scores
    assert model.best_params_["l1_ratio"] == best[1]
    np.testing.assert_allclose(model.cv_scores_, best[2], rtol=1e-4)


@pytest.mark.parametrize("penalty", [pen.MCP(), pen.ElasticNet()], ids=["mcp", "elastic net"])
def test_every_shape_has_a_path_of_warm_starts(penalty):
    X, y = make_regression(100, 300, k=8, noise=1.0, seed=2)
    grid = {"gamma": [2.0, 6.0]} if isinstance(penalty, pen.MCP) else {"l1_ratio": [0.5, 0.9]}
    model = SparseRegressorCV(penalty=penalty, alphas=20, param_grid=grid, cv=3).fit(X, y)
    shape = type(penalty)(**model.best_params_)
    # The chosen shape's path is what path() gives, so that the choice did not change it.
    alone = path(X, y, penalty=shape, alphas=20)
    np.testing.assert_allclose(model.path_.coefs_.toarray(), alone.coefs_.toarray(), atol=1e-12)
    cold = [SparseRegressor(penalty=shape, alpha=a).fit(X, y).n_iter_ for a in model.alphas_[1:]]
    assert model.path_.n_iter_[1:].sum() < 0.75 * np.sum(cold)


def test_one_standard_error_rule_from_its_definition():
    X, y = make_regression(80, 15, noise=2.0)
    model = SparseRegressorCV(alphas=25, cv=5).fit(X, y)
    mean = model.cv_scores_.mean(axis=1)
    error = model.cv_scores_.std(axis=1, ddof=1) / np.sqrt(5)
    k = int(np.argmax(mean))
    assert model.alpha_min_ == model.alphas_[k]
    assert model.alpha_1se_ == max(a for a, m in zip(model.alphas_, mean, strict=True) if m >= mean[k] - error[k])
    assert model.alpha_1se_ > model.alpha_min_
    np.testing.assert_allclose(model.cv_standard_error_, error)
    simple = SparseRegressorCV(alphas=25, cv=5, rule="1se").fit(X, y)
    assert simple.alpha_ == model.alpha_1se_
    # predictions out of fold are those at the chosen strength
    train, test = next(iter(KFold(5).split(X)))
    fold = SparseRegressor(alpha=simple.alpha_, tol=1e-10).fit(X[train], y[train])
    np.testing.assert_allclose(simple.oof_predictions_[test], fold.predict(X[test]), atol=1e-4)


@pytest.mark.parametrize(
    "cv",
    [
        LeaveOneOut(),
        PredefinedSplit(np.arange(40) % 3 - (np.arange(40) < 6)),
        TimeSeriesSplit(3),
        StratifiedShuffleSplit(3, random_state=0),
        GroupShuffleSplit(3, random_state=0),
        [(np.arange(20), np.arange(20, 40))],
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_splitters_of_scikit_learn(cv):
    X, y = make_classification(40, 6)
    cluster = np.repeat(np.arange(10), 4) if isinstance(cv, GroupShuffleSplit) else None
    model = SparseClassifierCV(alphas=[0.1, 0.03], cv=cv).fit(X, y, cluster=cluster)
    splits = list(cv.split(X, y, cluster)) if hasattr(cv, "split") else cv
    assert model.cv_scores_.shape == (2, len(splits))
    tested = np.zeros(40, dtype=bool)
    for f, (train, test) in enumerate(splits):
        alone = SparseClassifier(alpha=0.03, tol=1e-10).fit(X[train], y[train])
        eta = alone.decision_function(X[test])
        assert model.cv_scores_[1, f] == pytest.approx(-np.mean(np.logaddexp(0, eta) - y[test] * eta), abs=1e-4)
        tested[test] = True
    np.testing.assert_array_equal(np.isnan(model.oof_predictions_), ~tested)
