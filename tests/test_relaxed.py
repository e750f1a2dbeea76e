"""The refitted path and the penalties that reproduce ncvreg."""

import json
from pathlib import Path

import numpy as np
import pytest
from oracles import make_classification, make_regression
from scipy import sparse
from sklearn.linear_model import LinearRegression, LogisticRegression

from pauca import assert_certified
from pauca.linear_model import (
    SparseClassifier,
    SparseCoxRegressor,
    SparseRegressor,
    SparseRegressorCV,
    path,
    relaxed_path,
)
from pauca.penalties import MCP, SCAD, GroupL2

GOLDEN = Path(__file__).parent / "golden"
LOSS = {"cox": "cox", "gaussian": "quadratic", "binomial": "logistic", "poisson": "poisson"}


@pytest.mark.parametrize("is_sparse", [False, True])
def test_refit_is_least_squares_on_the_selection(is_sparse):
    X, y = make_regression(80, 15, noise=1.0)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, 80)
    data = sparse.csc_array(X) if is_sparse else X
    refit = relaxed_path(data, y, alphas=12, sample_weight=weights)
    plain = path(data, y, alphas=12, sample_weight=weights)
    np.testing.assert_array_equal(refit.df_, plain.df_)
    for k in (3, 8, 11):
        support = np.flatnonzero(plain.coef_at(k))
        ols = LinearRegression().fit(X[:, support], y, weights)
        np.testing.assert_allclose(refit.coef_at(k)[support], ols.coef_, atol=1e-7)
        assert refit.intercepts_[k] == pytest.approx(ols.intercept_, abs=1e-7)
        assert np.count_nonzero(refit.coef_at(k)) == support.size
    assert (refit.loss_ <= plain.loss_ + 1e-12).all()
    residual = y - refit.predict(X, refit.alphas_[8])
    assert refit.loss_[8] == pytest.approx(0.5 * np.average(residual**2, weights=weights))


def test_blend_lies_between():
    X, y = make_regression(60, 10, noise=1.0)
    refit, half, plain = (relaxed_path(X, y, alphas=8, blend=b) for b in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half.coefs_.toarray(), (refit.coefs_ + plain.coefs_).toarray() / 2, atol=1e-12)
    np.testing.assert_allclose(plain.coefs_.toarray(), path(X, y, alphas=8).coefs_.toarray())
    np.testing.assert_allclose(plain.loss_, path(X, y, alphas=8).loss_)


def test_logistic_refit():
    X, y = make_classification(200, 8)
    refit = relaxed_path(X, y, loss="logistic", alphas=5, eps=0.2)
    support = np.flatnonzero(refit.coef_at(4))
    alone = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(X[:, support], y)
    np.testing.assert_allclose(refit.coef_at(4)[support], alone.coef_[0], atol=1e-5)


def test_refits_end_before_interpolation_and_misuse_is_named():
    X, y = make_regression(20, 60)
    plain, refit = path(X, y, eps=1e-3), relaxed_path(X, y, eps=1e-3)
    assert plain.df_.max() >= 19
    assert refit.df_.max() < 19
    assert len(refit.alphas_) == refit.coefs_.shape[1] == len(refit.kkt_violations_) < len(plain.alphas_)
    with pytest.raises(ValueError, match="blend: got 2.0"):
        relaxed_path(X, y, blend=2.0)
    with pytest.raises(ValueError, match="one linear predictor"):
        relaxed_path(X, np.c_[y, y])


def golden_cases():
    record = json.loads((GOLDEN / "ncvreg.json").read_text(encoding="utf-8"))
    return [pytest.param(case, id=f"{case['family']} {case['penalty']}") for case in record["cases"]]


@pytest.fixture(scope="module")
def golden_data():
    columns = np.genfromtxt(GOLDEN / "ncvreg_data.csv", delimiter=",", names=True)
    return np.asfortranarray(np.column_stack([columns[f"x{j}"] for j in range(30)])), columns


@pytest.mark.parametrize("case", golden_cases())
def test_curvature_rescaling_is_ncvreg(case, golden_data):
    X, columns = golden_data
    penalty = {"MCP": MCP, "SCAD": SCAD}[case["penalty"]](rescale="curvature")
    strengths = [point["lambda"] for point in case["points"]]
    y = columns[case["family"]] if case["family"] != "cox" else np.c_[columns["time"], columns["event"]]
    p = path(X, y, loss=LOSS[case["family"]], penalty=penalty, alphas=strengths)
    assert p.converged_.all()
    for k, point in enumerate(case["points"]):
        np.testing.assert_allclose(p.coef_at(k), point["coef"], atol=1e-5)
        assert p.intercepts_[k] == pytest.approx(point["intercept"], abs=1e-5)
    # Without it, logistic and Poisson fits are those of another problem.
    other = path(
        X,
        y,
        loss=LOSS[case["family"]],
        penalty=penalty.set_params(rescale=None),
        alphas=strengths,
    )
    gap = np.abs(other.coefs_ - p.coefs_).max()
    assert gap < 1e-6 if case["family"] == "gaussian" else gap > 1e-3


def test_rescaled_estimators(golden_data):
    X, columns = golden_data
    y = columns["binomial"]
    model = SparseClassifier(penalty=MCP(rescale="curvature"), alpha="0.4max").fit(X, y)
    assert "curvature updated" in model.solver_report_.engine
    assert np.isnan(model.dual_gap_)
    assert_certified(model, X, y)
    as_sparse = SparseClassifier(penalty=MCP(rescale="curvature"), alpha=model.alpha_).fit(sparse.csc_array(X), y)
    np.testing.assert_allclose(as_sparse.coef_, model.coef_, atol=1e-6)
    counts = SparseRegressorCV("poisson", penalty=SCAD(rescale="curvature"), alphas=8, eps=0.2, cv=3, standardize=True)
    assert counts.fit(X, columns["poisson"]).score(X, columns["poisson"]) > 0.05
    # a naive coordinate descent at the same strength
    np.testing.assert_allclose(model.coef_[0], naive(X, y, model.alpha_, 3.0), atol=1e-6)


def test_rescaled_cox_and_groups_of_survival(golden_data):
    X, columns = golden_data
    y = np.c_[columns["time"], columns["event"]]
    model = SparseCoxRegressor(penalty=MCP(rescale="curvature"), alpha="0.4max").fit(X, y)
    assert "curvature updated" in model.solver_report_.engine
    assert_certified(model, X, y)
    groups = path(X, y, loss="cox", penalty=GroupL2(groups=np.arange(30) // 3), alphas=5)
    assert groups.converged_.all()
    assert (np.diff(groups.loss_) <= 1e-10).all()


def naive(X, y, lam, gamma):
    """Adaptive rescaling after Breheny and Huang (2011), section 3.2: one coordinate after the other."""
    mean, sd = X.mean(0), X.std(0)
    Z = (X - mean) / sd
    n, p = Z.shape
    b, b0 = np.zeros(p), np.log(y.mean() / (1 - y.mean()))
    for _ in range(3000):
        before = b.copy()
        prob = 1 / (1 + np.exp(-(b0 + Z @ b)))
        w = np.maximum(prob * (1 - prob), 1e-4)
        r = (y - prob) / w
        step = w @ r / w.sum()
        b0, r = b0 + step, r - step
        for j in range(p):
            v = w @ Z[:, j] ** 2 / n
            u = (w * r) @ Z[:, j] / n + v * b[j]
            if abs(u) <= lam:
                new = 0.0
            elif abs(u) <= gamma * lam:
                new = np.sign(u) * (abs(u) - lam) / (v * (1 - 1 / gamma))
            else:
                new = u / v
            r -= Z[:, j] * (new - b[j])
            b[j] = new
        if np.abs(b - before).max() < 1e-12:
            break
    return b / sd


@pytest.mark.parametrize(
    ("penalty", "options", "message"),
    [
        (MCP(rescale="other"), {}, "expected None or 'curvature'"),
        (MCP(rescale="curvature", ridge=1.0), {}, "no room for a ridge"),
        (SCAD(rescale="curvature"), {"loss": "huber"}, "quadratic, logistic, Poisson and Cox"),
    ],
)
def test_rescaling_misuse_is_named(penalty, options, message):
    X, y = make_regression(30, 5)
    with pytest.raises(ValueError, match=message):
        SparseRegressor(penalty=penalty, **options).fit(X, y)
