"""Paths and cross-validation: every point against a fit of its own, criteria, selection, screening."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from oracles import make_classification, make_regression, quadratic_gap
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LassoCV
from sklearn.model_selection import KFold

from pauca.linear_model import SparseClassifier, SparseClassifierCV, SparseRegressor, SparseRegressorCV, path
from pauca.losses import Cox, Logistic, Poisson, Quadratic
from pauca.penalties import L0, L1, MCP, SCAD, CompositeMCP, ElasticNet, GroupMCP, LogSum, Slope


@pytest.mark.parametrize("density", [None, 0.3])
@pytest.mark.parametrize("shape", [(80, 20), (40, 200)])
def test_every_point_is_the_fit_of_its_own(density, shape):
    X, y = make_regression(*shape, density=density)
    p = path(X, y, alphas=25, tol=1e-10)
    assert p.converged_.all()
    assert p.coefs_.shape == (shape[1], 25)
    assert p.df_[0] == 0
    null = 0.5 * y.var()
    for k in (3, 12, 24):
        coef = p.coefs_[:, [k]].toarray()[:, 0]
        alone = SparseRegressor(alpha=p.alphas_[k], tol=1e-10).fit(X, y)
        np.testing.assert_allclose(p.coef(p.alphas_[k]), coef)
        np.testing.assert_allclose(coef, alone.coef_, atol=1e-4)
        gap = quadratic_gap(X, y, coef, p.intercepts_[k], p.alphas_[k])
        assert gap <= 1e-9 * null
        assert p.dual_gaps_[k] == pytest.approx(gap, abs=1e-11 * null)
        residual = y - p.predict(X, p.alphas_[k])
        assert p.deviance_ratio_[k] == pytest.approx(1 - (residual**2).mean() / y.var())
    assert p.alpha_max_ == pytest.approx(p.alphas_[0])


def test_screening_is_checked_against_all_columns():
    # Strongly correlated columns are where the strong rule errs: the certificate must still hold for all of them.
    rng = np.random.default_rng(0)
    base = rng.standard_normal((60, 5))
    X = np.asfortranarray(base[:, rng.integers(0, 5, 400)] + 0.05 * rng.standard_normal((60, 400)))
    y = base @ [3.0, -2.0, 1.0, 0.5, -1.0] + 0.1 * rng.standard_normal(60)
    p = path(X, y, alphas=30, eps=0.01)
    for k in range(30):
        gap = quadratic_gap(X, y, p.coefs_[:, [k]].toarray()[:, 0], 0.0, p.alphas_[k])
        assert gap <= 1e-7 * y.var()


def test_given_strengths_are_sorted_and_shared_with_other_losses():
    X, y = make_regression(100, 10)
    p = path(X, y, alphas=[0.01, 1.0, 0.1, 0.1])
    np.testing.assert_allclose(p.alphas_, [1.0, 0.1, 0.01])
    labels = (y > np.median(y)).astype(int)
    p = path(X, labels, loss="logistic", alphas=10)
    alone = SparseClassifier(alpha=p.alphas_[6], tol=1e-9).fit(X, labels)
    np.testing.assert_allclose(p.coefs_[:, [6]].toarray()[:, 0], alone.coef_[0], atol=1e-3)
    counts = np.random.default_rng(0).poisson(np.exp(0.3 * (X[:, 0] - 1)))
    p = path(X, counts, loss=Poisson(), alphas=8)
    assert (p.kkt_violations_ <= 1e-4).all()
    assert (p.predict(X) > 0).all()


def test_mcp_path_with_the_local_convexity_diagnostic():
    X, y = make_regression(100, 300, k=5, seed=2)
    p = path(X, y, penalty=MCP(gamma=3.0), alphas=40)
    assert (p.kkt_violations_ <= 1e-7 * p.alphas_).all()
    assert p.locally_convex_[0]
    flips = np.flatnonzero(~p.locally_convex_)
    assert flips.size == 0 or not p.locally_convex_[flips[0] :].any()
    assert path(X, y, alphas=5).locally_convex_ is None


CONVEX_CASES = {
    "logistic": (Logistic(), MCP(gamma=25.0)),
    "poisson": (Poisson(), SCAD(gamma=4.0)),
    "cox": (Cox(ties="efron"), MCP(gamma=12.0)),
    "weights": (Quadratic(), MCP(gamma=2.0, weights=np.r_[0.0, np.full(29, 2.0)], weighting="multiply", ridge=0.05)),
    "groups": (Quadratic(), GroupMCP(np.arange(30) // 3, gamma=1.6)),
    "logsum": (Logistic(), LogSum(eps=2.0)),
}


@pytest.mark.parametrize("name", CONVEX_CASES)
def test_local_convexity_is_the_smallest_eigenvalue_by_differences(name):
    """The Hessian by differences of the gradient, the intercept as a column, the concavity from the definition."""
    loss, penalty = CONVEX_CASES[name]
    X, y = make_regression(80, 30, k=6, seed=3)
    rng = np.random.default_rng(0)
    if name in ("logistic", "logsum"):
        y = (y > np.median(y)).astype(float)
    elif name == "poisson":
        y = rng.poisson(np.exp(0.5 * X[:, 0])).astype(float)
    elif name == "cox":
        y = np.c_[rng.exponential(np.exp(-0.5 * X[:, 0])).round(1) + 0.1, rng.random(80) < 0.8]
    p = path(X, y, loss=loss, penalty=penalty, alphas=12, eps=0.02, standardize=False)
    expected = []
    for k in range(len(p.alphas_)):
        after = min(k + 1, len(p.alphas_) - 1)
        union = np.flatnonzero((p.coef_at(k) != 0) | (p.coef_at(after) != 0))
        columns = X[:, union] if name == "cox" else np.c_[np.ones(80), X[:, union]]
        eta = X @ p.coef_at(after) + p.intercepts_[after]
        step = 1e-5
        turns = [loss.gradient(y, eta + step * c) - loss.gradient(y, eta - step * c) for c in columns.T]
        hessian = columns.T @ np.array(turns).T / (2 * step)
        alpha = p.alphas_[after]
        if name == "weights":
            w = np.r_[0.0, np.full(29, 2.0)][union]
            bend = w * (0.5 - 0.05 * alpha)
        else:
            largest = {"poisson": 1 / 3, "logsum": alpha / 4.0}.get(name, 1 / getattr(penalty, "gamma", 1.0))
            bend = np.full(union.size, largest)
        bend = bend if name == "cox" else np.r_[0.0, bend]
        expected.append(union.size == 0 or bool(np.linalg.eigvalsh((hessian + hessian.T) / 2 - np.diag(bend))[0] > 0))
    first = expected.index(False) if False in expected else len(expected)
    assert p.locally_convex_.tolist() == [k < first for k in range(len(expected))]
    assert 0 < first < len(expected)  # the case says something


def test_penalties_with_jumps_are_nowhere_convex_and_others_have_no_diagnostic():
    X, y = make_regression(60, 12, k=3, seed=4)
    jumps = path(X, y, penalty=L0(), alphas=6)
    assert jumps.locally_convex_.tolist() == [False] * 6
    assert path(X, y, penalty=CompositeMCP(np.arange(12) // 3), alphas=[0.5, 0.3]).locally_convex_ is None
    assert path(X, y, penalty=Slope(), alphas=3).locally_convex_ is None


def test_local_convexity_is_ncvregs():
    golden = Path(__file__).parent / "golden"
    columns = np.genfromtxt(golden / "ncvreg_data.csv", delimiter=",", names=True)
    X = np.asfortranarray(np.column_stack([columns[f"x{j}"] for j in range(30)]))
    losses = {"gaussian": "quadratic", "binomial": "logistic", "poisson": "poisson", "cox": "cox"}
    for case in json.loads((golden / "ncvreg.json").read_text(encoding="utf-8"))["convex"]:
        family = case["family"]
        y = np.c_[columns["time"], columns["event"]] if family == "cox" else columns[family]
        penalty = {"MCP": MCP(gamma=1.6), "SCAD": SCAD(gamma=2.6)}[case["penalty"]].set_params(rescale="curvature")
        # Beyond its first, ncvreg's and these fits may be different optima.
        strengths = case["lambda"][: case["convex_min"] + 1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            p = path(X, y, loss=losses[family], penalty=penalty, alphas=strengths)
        assert np.flatnonzero(~p.locally_convex_)[0] + 1 == case["convex_min"], case


def test_information_criteria():
    X, y = make_regression(200, 40, k=4, noise=1.0)
    p = path(X, y, alphas=60)
    k = p.select("bic")
    rss = ((y[:, None] - p.predict(X)) ** 2).sum(0)
    np.testing.assert_allclose(p.information_criterion("bic"), 200 * np.log(rss / 200) + p.df_ * np.log(200), rtol=1e-8)
    assert 4 <= p.df_[k] <= 20
    assert p.df_[p.select("ebic")] <= p.df_[k] <= p.df_[p.select("aic")]
    wide, z = make_regression(20, 100)
    assert np.isfinite(path(wide, z, eps=1e-4).information_criterion("ebic")).any()
    with pytest.raises(ValueError, match="criterion: got 'cp'"):
        p.select("cp")


def test_interpolation_frame_and_errors():
    X, y = make_regression(50, 8)
    p = path(X, y, alphas=[1.0, 0.5])
    np.testing.assert_allclose(p.coef(0.75), p.coefs_.toarray().mean(1))
    assert p.intercept(0.75) == pytest.approx(p.intercepts_.mean())
    assert list(p.to_frame().columns)[:2] == ["alpha", "df"]
    with pytest.raises(ValueError, match=r"alpha: got 2.0, expected 0.5 to 1"):
        p.coef(2.0)
    with pytest.raises(ValueError, match="alphas"):
        path(X, y, alphas=[-1.0])
    with pytest.raises(ValueError, match="alpha_max is infinite"):
        path(X, y, penalty=ElasticNet(l1_ratio=0.0))
    with pytest.raises(ValueError, match="X: got 3 features"):
        p.predict(X[:, :3])


@pytest.mark.parametrize("is_sparse", [False, True])
def test_cross_validation_agrees_with_lasso_cv(is_sparse):
    X, y = make_regression(80, 15, noise=2.0)
    data = sparse.csc_array(X) if is_sparse else X
    folds = KFold(5)
    ours = SparseRegressorCV(alphas=30, eps=1e-2, cv=folds, n_jobs=2).fit(data, y)
    theirs = LassoCV(alphas=ours.alphas_, cv=folds, tol=1e-9, max_iter=50_000).fit(X, y)
    np.testing.assert_allclose(-2 * ours.cv_scores_, theirs.mse_path_, rtol=1e-4)
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    assert ours.alpha_1se_ >= ours.alpha_min_
    simple = clone(ours).set_params(rule="1se").fit(data, y)
    assert simple.alpha_ == ours.alpha_1se_
    assert np.count_nonzero(simple.coef_) <= np.count_nonzero(ours.coef_)
    # out of fold: each prediction comes from the model of the other folds
    train, test = next(iter(folds.split(X)))
    fold = SparseRegressor(alpha=ours.alpha_, tol=1e-10).fit(X[train], y[train])
    np.testing.assert_allclose(ours.oof_predictions_[test], fold.predict(X[test]), atol=1e-4)


def test_shape_parameters_are_tuned_with_the_strength():
    X, y = make_regression(120, 30, k=3, noise=0.5, seed=4)
    model = SparseRegressorCV(penalty=MCP(), param_grid={"gamma": [1.5, 3.0, 20.0]}, alphas=30).fit(X, y)
    assert model.best_params_["gamma"] in (1.5, 3.0, 20.0)
    assert len(model.cv_table_) == 3
    assert max(row["score"] for row in model.cv_table_) == pytest.approx(model.cv_mean_score_.max())
    with pytest.raises(ValueError, match="param_grid: 'l1_ratio' is no shape parameter"):
        SparseRegressorCV(penalty=L1(), param_grid={"l1_ratio": [0.5]}).fit(X, y)


def test_classifier_cv_with_a_scorer_and_class_weights():
    X, y = make_classification(120, 10)
    labels = np.where(y == 1, "yes", "no")
    model = SparseClassifierCV(alphas=15, scoring="roc_auc", class_weight="balanced", cv=3).fit(X, labels)
    assert model.cv_scores_.shape == (15, 3)
    assert 0.5 <= model.cv_mean_score_.max() <= 1.0
    assert set(model.predict(X)) <= {"yes", "no"}
    assert model.oof_predictions_.min() >= 0
    assert model.oof_predictions_.max() <= 1


def test_nonconvex_paths_do_not_run_away():
    # More coefficients than a tenth of the samples, correlated columns: steps with gradients out of date diverged here.
    rng = np.random.default_rng(3)
    n, p = 300, 1500
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    X = np.asfortranarray((X - X.mean(0)) / X.std(0))
    w = np.zeros(p)
    w[rng.choice(p, 40, replace=False)] = rng.standard_normal(40)
    y = X @ w + rng.standard_normal(n) * (X @ w).std() / np.sqrt(3)
    found = path(X, y, penalty=MCP(), alphas=100, eps=0.03, tol=1e-4, standardize=False, max_time=60)
    assert found.converged_.all()
    assert (np.diff(found.objectives_) <= 0).all()
