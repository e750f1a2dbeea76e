"""Paths, cross-validation and what follows a fit, as people use them: messages, corners, what is shown."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from oracles import make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import QuantileRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca.dag import colide_path
from pauca.datasets import make_linear_dag
from pauca.inference import StabilitySelection, bootstrap_coefficients, local_fdr, mfdr
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseClassifierCV,
    SparseCoxRegressor,
    SparseCoxRegressorCV,
    SparseRegressor,
    SparseRegressorCV,
    path,
    paths,
)
from pauca.losses import Huber, Quantile
from pauca.penalties import L0, MCP, ElasticNet, GroupL2, GroupMCP
from pauca.plotting import CVDisplay
from pauca.solvers import IHT

# -- warnings are where the user is ------------------------------------------------------------------------------------


def _warned(run):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    assert caught
    return caught


@pytest.mark.parametrize(
    "run",
    [
        lambda X, y: SparseRegressor(max_iter=1, alpha="0.001max", tol=1e-14).fit(X, y),
        lambda X, y: SparseRegressor(alpha=1e6).fit(X, y),
        lambda X, y: SparseRegressor(penalty=MCP(alpha=2.0), alpha=0.5).fit(X, y),
        lambda X, y: MultiTaskSparseRegressor(max_iter=1, alpha="0.001max", tol=1e-14).fit(X, np.c_[y, y**2]),
        lambda X, y: path(X, y, max_iter=1, tol=1e-14),
        lambda X, y: SparseRegressorCV(max_iter=1, tol=1e-14).fit(X, y),
        lambda X, y: make_pipeline(StandardScaler(), SparseRegressor(alpha=1e6)).fit(X, y),
        lambda X, y: GridSearchCV(SparseRegressor(), {"alpha": [1e6, 2e6]}, cv=2).fit(X, y),
        lambda X, y: StabilitySelection(SparseRegressor(max_iter=1, tol=1e-14), n_pairs=2).fit(X, y),
    ],
    ids=["fit", "all zero", "two strengths", "tasks", "path", "cv", "pipeline", "search", "stability"],
)
def test_warnings_point_at_the_line_of_the_caller(run):
    X, y = make_regression(40, 30, noise=1.0)
    for warning in _warned(lambda: run(X, y)):
        assert warning.filename == __file__
        assert issubclass(warning.category, UserWarning)


def test_warnings_of_threads_are_shown_somewhere():
    X, y = make_regression(40, 30, noise=1.0)
    search = GridSearchCV(SparseRegressor(), {"alpha": [1e6, 2e6]}, cv=2, n_jobs=2)
    from joblib import parallel_config

    with parallel_config("threading"):
        assert any("All coefficients are zero" in str(w.message) for w in _warned(lambda: search.fit(X, y)))


# -- best subsets ------------------------------------------------------------------------------------------------------


def _five_of(n=120, p=12):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((n, p))
    return X, X[:, :5] @ [2.0, -2.0, 1.5, 1.5, -1.0] + rng.standard_normal(n)


def test_number_of_features_by_cross_validation():
    X, y = _five_of()
    model = SparseRegressorCV(penalty=L0(), solver=IHT(), param_grid={"n_nonzero": range(1, 9)}).fit(X, y)
    search = GridSearchCV(
        SparseRegressor(penalty=L0(), solver=IHT()),
        {"solver__n_nonzero": range(1, 9)},
        scoring="neg_mean_squared_error",
    ).fit(X, y)
    assert model.best_params_["n_nonzero"] == search.best_params_["solver__n_nonzero"] == np.count_nonzero(model.coef_)
    np.testing.assert_allclose(model.coef_, search.best_estimator_.coef_, atol=1e-10)
    by_hand = search.cv_results_["mean_test_score"] / 2.0
    np.testing.assert_allclose([row["score"] for row in model.cv_table_], by_hand, rtol=1e-8)
    assert [row["n_nonzero"] for row in model.cv_table_] == list(range(1, 9))
    assert np.isfinite(model.oof_predictions_).all()
    frugal = SparseRegressorCV(penalty=L0(), solver=IHT(), param_grid={"n_nonzero": range(1, 9)}, rule="1se").fit(X, y)
    scores = np.array([row["fold_scores"] for row in model.cv_table_])
    best = scores.mean(axis=1).argmax()
    bar = scores[best].mean() - scores[best].std(ddof=1) / np.sqrt(5)
    assert frugal.best_params_["n_nonzero"] == np.flatnonzero(scores.mean(axis=1) >= bar)[0] + 1


def test_number_of_features_of_a_classifier():
    X, y = _five_of()
    model = SparseClassifierCV(penalty=L0(), solver=IHT(), param_grid={"n_nonzero": [1, 4]}, cv=3).fit(X, y > 0)
    assert model.best_params_ == {"n_nonzero": 4}
    assert np.count_nonzero(model.coef_) == 4


def test_a_fixed_number_of_features_has_no_path():
    X, y = _five_of()
    with pytest.raises(ValueError, match=r"keeps 3 features whatever the strength.*param_grid=\{'n_nonzero'"):
        SparseRegressorCV(penalty=L0(), solver=IHT(n_nonzero=3)).fit(X, y)
    with pytest.raises(ValueError, match="keeps 3 features"):
        path(X, y, penalty=L0(), solver=IHT(n_nonzero=3))
    with pytest.raises(ValueError, match=r"needs solver=IHT\(\)"):
        SparseRegressorCV(param_grid={"n_nonzero": [1, 2]}).fit(X, y)
    with pytest.raises(ValueError, match="expected a list of values"):
        SparseRegressorCV(penalty="mcp", param_grid={"gamma": 3.0}).fit(X, y)


# -- strengths ---------------------------------------------------------------------------------------------------------


def test_fractions_of_alpha_max_as_strengths():
    X, y = make_regression(60, 8, noise=1.0)
    found = path(X, y, alphas=["0.1max", "0.5max", "1max"])
    np.testing.assert_allclose(found.alphas_, found.alpha_max_ * np.array([1.0, 0.5, 0.1]), rtol=1e-12)
    model = SparseRegressorCV(alphas=["0.5max", "0.1max"], cv=3).fit(X, y)
    np.testing.assert_allclose(model.alphas_, found.alphas_[1:], rtol=1e-12)
    groups = path(X, y, penalty=GroupL2(np.arange(8) // 2), alphas=["0.1max", "0.5max"])
    np.testing.assert_allclose(groups.alphas_, groups.alpha_max_ * np.array([0.5, 0.1]), rtol=1e-12)
    with pytest.raises(ValueError, match="not both"):
        path(X, y, alphas=["0.1max", 0.3])
    with pytest.raises(ValueError, match=r"alphas: got '0\.1', expected a number or a fraction"):
        path(X, y, alphas=["0.1"])
    with pytest.raises(ValueError, match="alphas: got '0.1max', expected how many"):
        path(X, y, alphas="0.1max")


@pytest.mark.parametrize(
    ("run", "argument"),
    [
        (lambda X, y, ridge: SparseRegressor(penalty=ridge).fit(X, y), "alpha: got '0.1max'"),
        (lambda X, y, ridge: MultiTaskSparseRegressor(penalty=ridge).fit(X, np.c_[y, y]), "alpha: got '0.1max'"),
        (lambda X, y, ridge: path(X, y, penalty=ridge), "alphas: got 100"),
        (lambda X, y, ridge: path(X, np.c_[y, -y], penalty=ridge, alphas=7), "alphas: got 7"),
        (lambda X, y, ridge: SparseRegressorCV(penalty=ridge, alphas=["0.1max"]).fit(X, y), "alphas: got"),
    ],
)
def test_a_ridge_has_no_largest_strength(run, argument):
    X, y = make_regression(30, 5)
    with pytest.raises(
        ValueError, match=argument + r".*infinite.*as (a number|numbers), or choose an l1_ratio above 0"
    ):
        run(X, y, ElasticNet(l1_ratio=0.0))


@pytest.mark.parametrize("loss", ["quadratic", Huber(), Quantile(0.5)])
def test_a_target_constant_up_to_rounding_is_constant(loss):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 10))
    noisy = 0.1 + 0.2 + rng.choice([-1.0, 1.0], 50) * 4e-16
    assert np.ptp(noisy) > 0
    for y in (np.full(50, 0.3), noisy):
        model = SparseRegressor(loss=loss).fit(X, y)
        assert not model.coef_.any()
        assert model.alpha_max_ == 0.0
        assert model.intercept_ == pytest.approx(0.3, abs=1e-14)
        assert not path(X, y, loss=loss, alphas=5).coefs_.nnz
        assert not SparseRegressorCV(loss=loss, alphas=5).fit(X, y).coef_.any()
    model = SparseRegressor(loss=loss).fit(X, noisy, offset=X[:, 0])
    assert model.coef_.any() == (loss != "never")  # an offset is no part of the target
    both = MultiTaskSparseRegressor().fit(X, np.c_[noisy, X[:, 1]])
    assert not both.coef_[0].any()
    assert both.coef_[1].any()
    small = SparseRegressor(loss="quadratic").fit(X, 1e6 + 1e-6 * X[:, 0])  # far above rounding
    assert small.coef_.any()


# -- names, groups, clusters -------------------------------------------------------------------------------------------


def test_groups_by_name():
    X, y = make_regression(40, 6, noise=1.0)
    frame = pd.DataFrame(X, columns=[f"{kind}_{k}" for kind in ("age", "dose") for k in range(3)])
    named = SparseRegressor(penalty=GroupL2({"age": "age_*", "dose": "dose_*"})).fit(frame, y)
    listed = SparseRegressor(penalty=GroupL2([["age_*"], ["dose_0", "dose_1", "dose_2"]])).fit(frame, y)
    placed = SparseRegressor(penalty=GroupL2([[0, 1, 2], [3, 4, 5]])).fit(X, y)
    np.testing.assert_array_equal(named.coef_, placed.coef_)
    np.testing.assert_array_equal(listed.coef_, placed.coef_)
    with pytest.raises(ValueError, match=r"penalty\.groups: 'age_\*' matches no.*'x0', 'x1'.*need a data frame"):
        SparseRegressor(penalty=GroupL2({"age": "age_*"})).fit(X, y)
    with pytest.raises(ValueError, match=r"penalty\.groups: got 3, expected a label for each of 6"):
        SparseRegressor(penalty=GroupL2(3)).fit(X, y)
    with pytest.raises(ValueError, match=r"'sex' matches no feature name; the features are 'age_0', .*\.\.\.$"):
        SparseRegressor(penalty=GroupL2({"sex": "sex"})).fit(frame, y)


def test_splitters_that_need_clusters_say_so():
    X, y = make_regression(60, 6, noise=1.0)
    with pytest.raises(ValueError, match=r"cluster=labels"):
        SparseRegressorCV(cv=GroupKFold(3), alphas=5).fit(X, y)
    cluster = np.repeat(np.arange(12), 5)
    times = np.exp(y)
    model = SparseCoxRegressorCV(cv=GroupKFold(3), alphas=5).fit(X, times, cluster=cluster)
    by_hand = SparseCoxRegressorCV(cv=list(GroupKFold(3).split(X, y, cluster)), alphas=5).fit(X, times)
    np.testing.assert_array_equal(model.cv_scores_, by_hand.cv_scores_)


def test_stability_of_best_subsets_and_groups():
    X, y = _five_of()
    stable = StabilitySelection(SparseRegressor(penalty=L0(), solver=IHT()), n_pairs=10, random_state=0)
    assert set(stable.fit(X, y).get_support(indices=True)) <= set(range(5))
    sized = SparseRegressor(penalty=L0(), solver=IHT(n_nonzero=4))
    with pytest.raises(ValueError, match=r"keeps 4 features at every strength: expected alphas=\[1\.0\]"):
        StabilitySelection(sized).fit(X, y)
    fixed = StabilitySelection(sized, alphas=[1.0], n_selected=4, n_pairs=10, random_state=0).fit(X, y)
    assert fixed.mean_selected_ == 4.0
    grouped = SparseRegressor(penalty=GroupL2(np.arange(12) // 2))
    frequencies = (
        StabilitySelection(grouped, n_selected=6, n_pairs=5, assumption="none", random_state=0)
        .fit(X, y)
        .selection_frequencies_
    )
    np.testing.assert_array_equal(frequencies[::2], frequencies[1::2])
    with pytest.raises(ValueError, match="expected how many strengths, or a vector of them"):
        StabilitySelection(alphas=["0.1max", "0.2max"]).fit(X, y)


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_results_are_short_to_look_at():
    X, y = make_regression(80, 40, noise=1.0)
    fitted = SparseRegressor().fit(X, y)
    times = SparseCoxRegressor(alpha="0.5max").fit(X, np.exp(y), strata=np.arange(80) % 2)
    results = [
        mfdr(path(X, y), X, y),
        mfdr(fitted, X, y),
        local_fdr(fitted, X, y),
        bootstrap_coefficients(fitted, X, y, n_resamples=5, random_state=0),
        colide_path(make_linear_dag(200, 12, random_state=0).X, n_alphas=3),
        times.baseline_,
    ]
    for result in results:
        text = repr(result)
        assert type(result).__name__ in text
        assert "\n" not in text
        assert 30 < len(text) < 160
        assert "array" not in text


def test_bootstrap_of_pipelines_and_searches():
    X, y = make_regression(60, 5, noise=1.0)
    X = X * [1.0, 10.0, 0.1, 1.0, 1.0]
    options = {"n_resamples": 4, "random_state": 0}
    pipe = make_pipeline(StandardScaler(), SparseRegressor(alpha=0.1))
    alone = bootstrap_coefficients(pipe, X, y, **options)
    search = bootstrap_coefficients(GridSearchCV(pipe, {"sparseregressor__alpha": [0.1]}, cv=2), X, y, **options)
    np.testing.assert_array_equal(alone.samples, search.samples)
    np.testing.assert_array_equal(alone.estimate, pipe.fit(X, y)[-1].coef_)
    with pytest.raises(ValueError, match="estimator: KNeighborsRegressor has no coef_"):
        bootstrap_coefficients(KNeighborsRegressor(), X, y, **options)


def test_false_discoveries_refuse_columns_in_another_order():
    X, y = make_regression(60, 5, noise=1.0)
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = SparseRegressorCV(alphas=5).fit(frame, y)
    for fitted in (model, model.path_):
        for rates in (mfdr, partial(local_fdr, alpha=model.path_.alphas_[-1])):
            with pytest.raises(ValueError, match="column 0 is 'e', expected 'a'"):
                rates(fitted, frame[frame.columns[::-1]], y)


def test_shapes_of_penalties_and_losses_given_by_name_are_tuned():
    X, y = make_regression(60, 5, noise=1.0)
    grid = {"penalty": ["mcp", "scad"], "penalty__gamma": [3.0, 6.0], "loss__quantile": [0.4]}
    search = GridSearchCV(SparseRegressor(loss="quantile"), grid, cv=2).fit(X, y)
    assert search.best_estimator_.penalty.gamma in (3.0, 6.0)
    assert search.best_estimator_.loss == Quantile(0.4)
    assert SparseRegressor(penalty="mcp").set_params(penalty="scad").penalty == "scad"
    assert MultiTaskSparseRegressor().set_params(penalty__alpha=2.0).penalty == GroupL2(alpha=2.0)
    with pytest.raises(ValueError, match="L1 has no parameter 'gamma'"):
        SparseRegressor().set_params(penalty__gamma=3.0)


def test_paths_are_asked_in_fractions_too():
    X, y = make_regression(60, 5, noise=1.0)
    found = path(X, y)
    np.testing.assert_array_equal(found.coef("0.1max"), found.coef(0.1 * found.alpha_max_))
    np.testing.assert_array_equal(found.predict(X, alpha="0.1max"), found.predict(X, alpha=0.1 * found.alpha_max_))
    with pytest.raises(ValueError, match=r"loss: got 'mse', expected one of \['quadratic'"):
        path(X, y, loss="mse")
    with pytest.raises(ValueError, match="estimator: got SparseRegressor"):
        CVDisplay.from_estimator(SparseRegressor().fit(X, y))


# -- losses with straight pieces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "scale"), [(Quantile(0.5), 10.0), (Quantile(0.9), 100.0), (Huber(), 1e4)])
def test_a_loss_that_is_mostly_straight_takes_few_iterations(loss, scale):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 50))
    y = scale * (X[:, :5].sum(axis=1) + rng.standard_t(3, size=400))
    found = path(X, y, loss=loss, alphas=50)
    assert found.converged_.all()
    assert found.n_iter_.sum() < 4000  # ten times as many without the touching curvature, and many unfinished
    assert (found.dual_gaps_ <= 1e-8 * found.null_objective_ * (1 + 1e-9)).all()


@pytest.mark.parametrize("loss", [Quantile(0.5), Quantile(0.9), Huber(0.1)])
@pytest.mark.parametrize("penalty", [GroupL2(np.arange(50) // 5), GroupMCP(np.arange(50) // 5)])
def test_groups_with_a_loss_that_is_mostly_straight(penalty, loss):
    """They ended where they began, for want of curvature."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((400, 50))
    y = 20.0 * (X[:, :5].sum(axis=1) + rng.standard_t(3, size=400))
    found = path(X, y, loss=loss, penalty=penalty, alphas=15, eps=0.05)
    assert found.converged_.all()
    assert found.n_iter_.max() < 60
    assert found.df_[-1] >= 5


@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_narrow_bands_give_the_linear_programmes_fit(quantile):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((150, 12))
    y = 5.0 * (X[:, :3].sum(axis=1) + rng.standard_t(3, size=150))
    exact = QuantileRegressor(quantile=quantile, alpha=0.03).fit(X, y)
    model = SparseRegressor(loss=Quantile(quantile, bandwidth=1e-4), alpha=0.03).fit(X, y)
    assert model.solver_report_.converged

    def objective(coef, intercept):
        r = y - X @ coef - intercept
        return np.mean(np.where(r > 0, quantile * r, (quantile - 1.0) * r)) + 0.03 * np.abs(coef).sum()

    best = objective(exact.coef_, exact.intercept_)
    assert objective(model.coef_, model.intercept_) == pytest.approx(best, rel=2e-5)
    np.testing.assert_allclose(model.coef_, exact.coef_, atol=5e-3)


def test_local_convexity_is_decided_by_the_smallest_eigenvalue():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 40))
    X[:, 1] = X[:, 0] + 0.3 * X[:, 1]
    y = X[:, :4].sum(axis=1) + rng.standard_normal(60)
    found = path(X, y, penalty=MCP(gamma=2.0), alphas=40)
    centred = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = np.ones(40, dtype=bool)
    for k in range(40):
        union = np.union1d(found.coef_at(k).nonzero()[0], found.coef_at(min(k + 1, 39)).nonzero()[0])
        if not union.size:
            continue
        least = np.linalg.eigvalsh(centred[:, union].T @ centred[:, union] / 60)[0] if union.size < 60 else 0.0
        if least <= 0.5:
            expected[k:] = False
            break
    assert expected.any()
    assert not expected.all()
    np.testing.assert_array_equal(found.locally_convex_, expected)


def test_no_warning_without_reason():
    X, y = make_regression(60, 8, noise=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        SparseRegressorCV(loss=Quantile(0.5), alphas=20, cv=3).fit(X, y)


def test_every_response_is_checked():
    X, y = make_regression(60, 5)
    labels = (y > 0).astype(float)
    with pytest.raises(ValueError, match="y: got -1, 1, expected 0 and 1"):
        paths(X, np.column_stack([labels, 2 * labels - 1]), loss="logistic", alphas=5)


@pytest.mark.parametrize(("loss", "message"), [("logistic", "y: got 0 alone"), ("squared_hinge", "y: got 0 alone"),
                                               ("multinomial", "y: got class 0 alone")])  # fmt: skip
def test_one_class_is_refused(loss, message):
    with pytest.raises(ValueError, match=message):
        path(np.random.default_rng(0).random((20, 3)), np.zeros(20), loss=loss)
