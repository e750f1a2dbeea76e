"""Paths and cross-validation of groups, structured penalties, several targets and several classes."""

import numpy as np
import pytest
from oracles import make_regression
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import MultiTaskLassoCV
from sklearn.model_selection import GroupKFold, KFold, RepeatedKFold, ShuffleSplit, StratifiedKFold

from pauca import penalties as pen
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    MultiTaskSparseRegressorCV,
    SparseClassifier,
    SparseClassifierCV,
    SparseRegressor,
    SparseRegressorCV,
    path,
)
from pauca.solvers import AcceleratedProximalGradient


def three_classes(n=150, p=12, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return np.asfortranarray(X), np.argmax(X[:, :3] + 0.5 * rng.standard_normal((n, 3)), axis=1)


@pytest.mark.parametrize(
    "penalty",
    [pen.GroupL2(np.arange(20) // 4), pen.GroupMCP(np.arange(20) // 4), pen.Slope(), pen.FusedL1(), pen.KSupport(3)],
    ids=lambda penalty: type(penalty).__name__,
)
def test_stepwise_path_points_are_fits_of_their_own(penalty):
    X, y = make_regression(80, 20, k=4)
    bounded = not isinstance(penalty, pen.KSupport)  # it shrinks like a ridge: there is no largest strength
    p = path(X, y, penalty=penalty, alphas=6 if bounded else np.geomspace(1.0, 0.01, 6), eps=0.05, tol=1e-8)
    assert p.converged_.all()
    assert p.df_[0] == 0 or isinstance(penalty, pen.FusedL1 | pen.KSupport)
    for k in (2, 5):
        alone = SparseRegressor(penalty=penalty, alpha=p.alphas_[k], tol=1e-8, max_iter=20_000).fit(X, y)
        loss = 0.5 * np.mean((y - alone.predict(X)) ** 2)
        assert p.loss_[k] == pytest.approx(loss, rel=1e-4)
        if penalty.convex:
            np.testing.assert_allclose(p.coef_at(k), alone.coef_, atol=2e-3 * np.abs(alone.coef_).max())


def test_strengths_of_a_path_multiply_the_penaltys_own():
    X, y = make_regression(80, 20)
    groups = np.arange(20) // 4
    ours, theirs = (path(X, y, penalty=pen.GroupL2(groups, alpha=a), alphas=5, eps=0.1) for a in (1.0, 4.0))
    np.testing.assert_allclose(ours.alphas_, 4.0 * theirs.alphas_)
    np.testing.assert_allclose(ours.coefs_.toarray(), theirs.coefs_.toarray(), atol=1e-6)
    given = path(X, y, penalty=pen.GroupL2(groups, alpha=4.0), alphas=theirs.alphas_)
    np.testing.assert_allclose(given.coefs_.toarray(), theirs.coefs_.toarray(), atol=1e-6)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_multitask_path_and_cv_agree_with_scikit_learn(is_sparse):
    rng = np.random.default_rng(3)
    X = np.asfortranarray(rng.standard_normal((60, 15)))
    Y = X[:, :3] @ rng.standard_normal((3, 2)) + rng.standard_normal((60, 2)) + 1.0
    data = sparse.csc_array(X) if is_sparse else X
    folds = KFold(4)
    ours = MultiTaskSparseRegressorCV(alphas=12, eps=0.05, cv=folds).fit(data, Y)
    theirs = MultiTaskLassoCV(alphas=ours.alphas_, cv=folds, tol=1e-9, max_iter=50_000).fit(X, Y)
    np.testing.assert_allclose(-2 * ours.cv_scores_ / 2, theirs.mse_path_, rtol=1e-4)  # two targets
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-4)
    assert ours.oof_predictions_.shape == (60, 2)
    p = ours.path_
    assert p.n_outputs_ == 2
    np.testing.assert_allclose(p.predict(X, ours.alpha_), ours.predict(X), atol=1e-8)
    np.testing.assert_allclose(p.predict(X)[..., 5], X @ p.coef_at(5).T + p.intercepts_[:, 5])
    assert "intercept_1" in p.to_frame().columns
    assert np.isfinite(p.information_criterion("bic")).all()
    same = path(X, Y, penalty="l21", alphas=ours.alphas_)
    np.testing.assert_allclose(same.coefs_.toarray(), p.coefs_.toarray(), atol=1e-8)


def test_multitask_cv_of_one_target_is_the_lasso():
    X, y = make_regression(60, 10, noise=1.0)
    lasso = SparseRegressorCV(alphas=15, cv=3).fit(X, y)
    rows = MultiTaskSparseRegressorCV(alphas=15, cv=3).fit(X, y)
    column = MultiTaskSparseRegressorCV(alphas=15, cv=3).fit(X, y[:, None])
    np.testing.assert_allclose(rows.cv_scores_, lasso.cv_scores_, rtol=1e-5)
    np.testing.assert_allclose(rows.coef_, lasso.coef_, atol=1e-4)
    assert column.coef_.shape == (1, 10)
    assert column.oof_predictions_.shape == (60, 1)
    scored = MultiTaskSparseRegressorCV(penalty="mcp", alphas=8, cv=3, scoring="r2").fit(X, np.c_[y, -y])
    assert scored.cv_mean_score_.max() > 0.8


def test_multinomial_path_and_cv():
    X, y = three_classes()
    names = np.array(["a", "b", "c"])[y]
    folds = StratifiedKFold(3)
    model = SparseClassifierCV(alphas=12, eps=0.02, cv=folds).fit(X, names)
    assert model.coef_.shape == (3, 12)
    assert model.predict_proba(X).shape == (150, 3)
    alone = SparseClassifier(alpha=model.alpha_).fit(X, names)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-4)
    np.testing.assert_allclose(model.oof_predictions_.sum(axis=1), 1.0)
    # the score of a fold is minus the mean of the log-probabilities that the other folds' model gives
    train, test = next(iter(folds.split(X, names)))
    fold = SparseClassifier(alpha=model.alpha_).fit(X[train], names[train])
    np.testing.assert_allclose(model.oof_predictions_[test], fold.predict_proba(X[test]), atol=1e-4)
    k = int(np.flatnonzero(model.alphas_ == model.alpha_)[0])
    log = fold.predict_log_proba(X[test])[np.arange(len(test)), y[test]]
    assert model.cv_scores_[k, 0] == pytest.approx(log.mean(), abs=1e-4)
    same = path(X, y, loss="multinomial", alphas=model.alphas_)
    np.testing.assert_allclose(same.predict(X, model.alpha_), model.predict_proba(X), atol=1e-5)
    by_accuracy = SparseClassifierCV(alphas=8, cv=3, scoring="accuracy").fit(X, names)
    assert by_accuracy.cv_mean_score_.max() > 0.7


def test_class_missing_from_a_fold():
    X, y = three_classes()
    y[y == 2] = 0
    y[:4] = 2  # the first fold of an unshuffled split has all of them
    model = SparseClassifierCV(alphas=6, cv=KFold(3)).fit(X, y)
    assert np.isfinite(model.cv_scores_).all()
    first = model.oof_predictions_[:50]
    assert (first[:, 2] > 0).all()
    assert (first[:, 2] < 0.2).all()


def test_groups_and_structured_penalties_in_cross_validation():
    X, y = make_regression(80, 20, k=4, noise=1.0)
    model = SparseRegressorCV(penalty=pen.GroupL2(np.arange(20) // 4), alphas=10, cv=3, n_jobs=2).fit(X, y)
    blocks = model.coef_.reshape(5, 4) != 0
    assert (blocks.all(axis=1) == blocks.any(axis=1)).all()
    tuned = SparseRegressorCV(
        penalty=pen.SparseGroup(np.arange(20) // 4), param_grid={"l1_ratio": [0.2, 0.8]}, alphas=8, cv=3
    ).fit(X, y)
    assert tuned.best_params_["l1_ratio"] in (0.2, 0.8)
    assert all(len(row["fold_scores"]) == 3 for row in tuned.cv_table_)
    best = max(tuned.cv_table_, key=lambda row: row["score"])
    assert np.mean(best["fold_scores"]) == pytest.approx(best["score"])
    slope = SparseRegressorCV(penalty=pen.Slope(), alphas=5, eps=0.1, cv=3).fit(X, y)
    assert slope.score(X, y) > 0.5


@pytest.mark.parametrize("cv", [ShuffleSplit(4, random_state=0), RepeatedKFold(n_splits=3, n_repeats=2), 4, None])
def test_any_splitter(cv):
    X, y = make_regression(60, 8, noise=1.0)
    model = SparseRegressorCV(alphas=6, cv=cv).fit(X, y)
    assert model.cv_scores_.shape[0] == 6
    untouched = np.isnan(model.oof_predictions_)
    assert untouched.any() == isinstance(cv, ShuffleSplit)


def test_rows_of_a_cluster_stay_together():
    X, y = make_regression(60, 8, noise=1.0)
    cluster = np.repeat(np.arange(12), 5)
    model = SparseRegressorCV(alphas=6, cv=GroupKFold(3)).fit(X, y, cluster=cluster)
    by_hand = SparseRegressorCV(alphas=6, cv=list(GroupKFold(3).split(X, y, cluster))).fit(X, y)
    np.testing.assert_array_equal(model.cv_scores_, by_hand.cv_scores_)


def test_misuse_is_named():
    X, y = make_regression(40, 6)
    X3, y3 = three_classes()
    with pytest.raises(ValueError, match="several outputs"):
        path(X3, y3, loss="multinomial", solver=AcceleratedProximalGradient())
    with pytest.raises(ValueError, match="expected class numbers"):
        path(X, y, loss="multinomial")
    with pytest.raises(ValueError, match="for 2 targets, expected 'quadratic'"):
        path(X, np.c_[y, y], loss="huber")
    with pytest.raises(ValueError, match="separates two classes"):
        SparseClassifierCV(loss="squared_hinge").fit(X3, y3)
    with pytest.raises(ValueError, match="as many predictors"):
        SparseClassifierCV().fit(X3, y3, offset=np.zeros(150))
    with pytest.raises(ValueError, match="has no strength to vary"):
        path(X, y, penalty=pen.Box(0.0, 1.0))


def test_max_time_ends_a_stepwise_path():
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((400, 800)))
    Y = rng.standard_normal((400, 5))
    with pytest.warns(ConvergenceWarning, match="path: max_time ended the path at strength"):
        p = path(X, Y, penalty="l21", alphas=100, max_time=0.3)
    assert 1 <= len(p.alphas_) < 100
    alone = MultiTaskSparseRegressor(alpha=0.5 * p.alphas_[0]).fit(X, Y)
    assert alone.alpha_max_ == pytest.approx(p.alpha_max_)
