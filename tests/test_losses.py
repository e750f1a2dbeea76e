"""Every loss: value, gradient, curvature, conjugate; regressions and classifiers fitted with it."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from sklearn.linear_model import GammaRegressor, HuberRegressor, PoissonRegressor, QuantileRegressor
from sklearn.metrics import d2_pinball_score, d2_tweedie_score, r2_score
from sklearn.svm import LinearSVC

from pauca import _core, assert_certified
from pauca import losses as ls
from pauca.linear_model import SparseClassifier, SparseRegressor
from pauca.penalties import L1, ElasticNet

LOSSES = {
    "quadratic": ls.Quadratic(),
    "huber": ls.Huber(0.8),
    "expectile": ls.Expectile(0.8),
    "quantile": ls.Quantile(0.7, 0.4),
    "poisson": ls.Poisson(),
    "gamma": ls.Gamma(),
    "logistic": ls.Logistic(),
    "squared_hinge": ls.SquaredHinge(),
}


def targets(loss, n=40, seed=0):
    rng = np.random.default_rng(seed)
    if loss.task == "classification":
        return rng.integers(0, 2, n).astype(float)
    if isinstance(loss, ls.Poisson):
        return rng.poisson(2.0, n).astype(float)
    if isinstance(loss, ls.Gamma):
        return rng.gamma(2.0, 1.0, n) + 0.01
    return rng.normal(0, 2, n)


def by_definition(loss, y, e):
    if isinstance(loss, ls.Quadratic):
        return (e - y) ** 2 / 2
    if isinstance(loss, ls.Huber):
        r = np.abs(e - y)
        return np.where(r <= loss.delta, r**2 / 2, loss.delta * r - loss.delta**2 / 2)
    if isinstance(loss, ls.Expectile):
        return np.abs(loss.expectile - (e > y)) * (e - y) ** 2
    if isinstance(loss, ls.Quantile):
        # the check loss averaged over a uniform shift, by quadrature
        u = (np.arange(20000) + 0.5) / 10000 - 1
        r = (y - e)[:, None] + loss.bandwidth * u
        return np.where(r >= 0, loss.quantile * r, (loss.quantile - 1) * r).mean(axis=1)
    if isinstance(loss, ls.Poisson):
        return np.exp(e) - y * e + xlogy(y, y) - y
    if isinstance(loss, ls.Gamma):
        return y * np.exp(-e) + e - 1 - np.log(y)
    if isinstance(loss, ls.Logistic):
        return np.logaddexp(0, e) - y * e
    return np.maximum(0, 1 - (2 * y - 1) * e) ** 2 / 2


@pytest.mark.parametrize("name", LOSSES)
def test_value_is_the_definition(name):
    loss = LOSSES[name]
    y = targets(loss)
    rng = np.random.default_rng(1)
    e, s = rng.normal(0, 2, 40), rng.uniform(0, 2, 40)
    expected = s / s.sum() @ by_definition(loss, y, e)
    assert loss.value(y, e, s) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_expectiles_contain_least_squares_and_balance_the_tails():
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((80, 4)), rng.gamma(1.0, 2.0, 80)
    middle = SparseRegressor(ls.Expectile(0.5), alpha=0.1).fit(X, y)
    np.testing.assert_allclose(middle.coef_, SparseRegressor(alpha=0.1).fit(X, y).coef_, atol=1e-7)
    model = SparseRegressor(ls.Expectile(0.9), alpha=0.0, tol=1e-12).fit(X, y)
    r = y - model.predict(X)
    slope = np.where(r > 0, 0.9, 0.1) * r
    np.testing.assert_allclose(np.c_[np.ones(80), X].T @ slope, 0.0, atol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_and_curvature_by_differences(name):
    loss = LOSSES[name]
    y = targets(loss)
    e = np.random.default_rng(2).normal(0, 1.5, 40)
    weights = np.full(40, 1 / 40)
    gradient = loss.gradient(y, e)
    curvature = _core.loss_evaluate(loss.core_name, loss._shape(), y, weights, e)[2]
    h = 1e-6
    for i in range(40):
        d = np.zeros(40)
        d[i] = h
        assert gradient[i] == pytest.approx((loss.value(y, e + d) - loss.value(y, e - d)) / (2 * h), abs=1e-8)
        slope = (loss.gradient(y, e + d)[i] - loss.gradient(y, e - d)[i]) / (2 * h)
        assert curvature[i] == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_conjugate_is_the_supremum(name):
    """f*(v) >= v'eta - f(eta), with equality at v = grad f(eta); scaled gradients stay in the domain."""
    loss = LOSSES[name]
    y, weights = targets(loss), np.full(40, 1 / 40)
    rng = np.random.default_rng(3)
    conjugate = lambda v: _core.loss_conjugate(loss.core_name, loss._shape(), y, weights, v)  # noqa: E731
    e = rng.normal(0, 1.5, 40)
    v = loss.gradient(y, e)
    assert conjugate(v) == pytest.approx(v @ e - loss.value(y, e), rel=1e-9, abs=1e-12)
    for scale in (0.0, 0.4, 1.0):
        best = -np.inf
        for _ in range(50):
            other = rng.normal(0, 2, 40)
            best = max(best, scale * v @ other - loss.value(y, other))
        assert conjugate(scale * v) >= best - 1e-9


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_best_constant(name, scale):
    loss = LOSSES[name]
    y = targets(loss) * (scale if loss.task == "regression" else 1.0)
    weights = np.random.default_rng(4).dirichlet(np.ones(40))
    start = np.linspace(-1, 1, 40)
    shift = _core.loss_center(loss.core_name, loss._shape(), y, weights, start)
    gradient = loss.gradient(y, start + shift, weights)
    assert abs(gradient.sum()) <= 1e-12 * np.abs(gradient).sum()


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_no_overflow(name):
    """Linear predictors of any size give finite values: no step of a line search can make a NaN."""
    loss = LOSSES[name]
    y = np.array([1.0, 1e9, 1e-9])
    for e in (-1e6, -800.0, 0.0, 800.0, 1e6):
        eta = np.full(3, e)
        assert np.isfinite(loss.value(y, eta))
        assert np.isfinite(loss.gradient(y, eta)).all()


def counts(n=300, p=12, seed=0):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    eta = 0.5 * X[:, 0] - 0.4 * X[:, 1] + 0.7
    return X, eta, rng


def test_poisson_against_sklearn_with_ridge_and_weights():
    X, eta, rng = counts()
    y = rng.poisson(np.exp(eta)).astype(float)
    s = rng.uniform(0.2, 2.0, 300)
    ours = SparseRegressor("poisson", ElasticNet(l1_ratio=0.0), alpha=0.1, tol=1e-12).fit(X, y, sample_weight=s)
    peer = PoissonRegressor(alpha=0.1, tol=1e-10, max_iter=10000).fit(X, y, sample_weight=s)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.predict(X), peer.predict(X), rtol=1e-5)
    assert ours.score(X, y, s) == pytest.approx(d2_tweedie_score(y, ours.predict(X), power=1, sample_weight=s))
    assert ours.score(X, y, s) == pytest.approx(peer.score(X, y, s), abs=1e-6)
    assert ours.dual_gap_ <= 1e-12 * 2


def test_gamma_against_sklearn():
    X, eta, rng = counts(seed=1)
    y = rng.gamma(3.0, np.exp(eta) / 3.0)
    ours = SparseRegressor("gamma", ElasticNet(l1_ratio=0.0), alpha=0.05, tol=1e-12).fit(X, y)
    peer = GammaRegressor(alpha=0.05, tol=1e-10, max_iter=10000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-6)
    assert ours.score(X, y) == pytest.approx(d2_tweedie_score(y, ours.predict(X), power=2))


def test_exposure_enters_as_an_offset():
    X, eta, rng = counts(seed=2)
    exposure = rng.uniform(0.5, 20.0, 300)
    y = rng.poisson(exposure * np.exp(eta)).astype(float)
    model = SparseRegressor("poisson", alpha="0.02max").fit(X, y, offset=np.log(exposure))
    assert_certified(model, X, y, offset=np.log(exposure))
    # rates weighted by exposure have the same likelihood
    rates = SparseRegressor("poisson", alpha=model.alpha_ / exposure.mean()).fit(
        X, y / exposure, sample_weight=exposure
    )
    np.testing.assert_allclose(rates.coef_, model.coef_, atol=1e-5)
    np.testing.assert_allclose(model.predict(X, offset=np.log(exposure)), exposure * model.predict(X))
    assert 0.0 < model.score(X, y, offset=np.log(exposure)) < 1.0


@pytest.mark.parametrize("name", LOSSES)
def test_offset_weights_and_intercept_of_every_loss(name):
    """Certified together; an offset that is a column's multiple is what that column would have carried; a constant one
    moves the intercept alone."""
    loss = LOSSES[name]
    rng = np.random.default_rng(5)
    X, y, s = rng.normal(size=(80, 6)), targets(loss, 80, 5), rng.uniform(0.2, 2.0, 80)
    kind = SparseClassifier if loss.task == "classification" else SparseRegressor
    known = 0.3 * X[:, 0]
    free = L1(weights=[0.0, *np.ones(5)])
    options = {"penalty": free, "alpha": "0.3max", "tol": 1e-10, "max_iter": 5000}
    with_offset = kind(loss, **options).fit(X, y, sample_weight=s, offset=known)
    assert_certified(with_offset, X, y, sample_weight=s, offset=known)
    plain = kind(loss, **{**options, "alpha": with_offset.alpha_}).fit(X, y, sample_weight=s)
    shift = np.eye(6)[0] * 0.3
    np.testing.assert_allclose(np.ravel(with_offset.coef_) + shift, np.ravel(plain.coef_), atol=1e-5)
    moved = kind(loss, **{**options, "alpha": with_offset.alpha_}).fit(X, y, sample_weight=s, offset=np.full(80, 0.7))
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-5)
    np.testing.assert_allclose(moved.intercept_ + 0.7, plain.intercept_, atol=1e-5)


def test_quantile_tends_to_the_check_loss():
    X, eta, rng = counts(n=120, p=5, seed=3)
    y = eta + rng.standard_normal(120)
    peer = QuantileRegressor(quantile=0.7, alpha=0.02, solver="highs").fit(X, y)
    ours = SparseRegressor(ls.Quantile(0.7, 1e-4), alpha=0.02, max_iter=20000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=5e-3)
    check = lambda m: np.mean(np.maximum(0.7 * (y - m.predict(X)), -0.3 * (y - m.predict(X))))  # noqa: E731
    assert check(ours) + 0.02 * np.abs(ours.coef_).sum() <= check(peer) + 0.02 * np.abs(peer.coef_).sum() + 1e-4
    assert ours.score(X, y) == pytest.approx(d2_pinball_score(y, ours.predict(X), alpha=0.7), abs=1e-2)


def test_huber_ignores_gross_outliers_and_matches_sklearn():
    X, eta, rng = counts(seed=4)
    y = eta + 0.3 * rng.standard_normal(300)
    clean = SparseRegressor(ls.Huber(0.5), alpha="0.01max").fit(X, y)
    dirty_y = y.copy()
    dirty_y[:20] += 1e6
    dirty = SparseRegressor(ls.Huber(0.5), alpha=clean.alpha_).fit(X, dirty_y)
    assert np.abs(dirty.coef_ - clean.coef_).max() < 0.15
    # scikit-learn fits a scale: with our delta equal to its scale times epsilon both solve the same problem
    peer = HuberRegressor(epsilon=1.35, alpha=0.0, max_iter=10000, tol=1e-10).fit(X, y)
    ours = SparseRegressor(ls.Huber(1.35 * peer.scale_), alpha=0.0, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-4)


def test_squared_hinge_against_liblinear_without_intercept():
    rng = np.random.default_rng(5)
    X = rng.standard_normal((200, 10))
    y = np.where(X[:, 0] + rng.standard_normal(200) > 0, "yes", "no")
    alpha = 0.02
    ours = SparseClassifier("squared_hinge", alpha=alpha, fit_intercept=False, tol=1e-12).fit(X, y)
    peer = LinearSVC(
        penalty="l1",
        dual=False,
        loss="squared_hinge",
        C=1 / (2 * alpha * 200),
        fit_intercept=False,
        tol=1e-10,
        max_iter=100000,
    ).fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-5)
    assert (ours.predict(X) == peer.predict(X)).all()
    assert not hasattr(ours, "predict_proba")
    assert hasattr(SparseClassifier(), "predict_proba")


@pytest.mark.parametrize("name", LOSSES)
def test_fits_are_certified_by_a_gap(name):
    loss = LOSSES[name]
    X, _, _ = counts(n=80)
    y = targets(loss, 80, seed=9)
    cls = SparseClassifier if loss.task == "classification" else SparseRegressor
    model = cls(loss, alpha="0.1max").fit(X, y)
    assert np.isfinite(model.dual_gap_)
    assert model.solver_report_.converged
    assert_certified(model, X, y)
    assert np.all(np.diff(model.objective_path_) <= 1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_weights_are_repetitions_and_zero_weights_are_removals(name):
    loss = LOSSES[name]
    X, _, rng = counts(n=60)
    y = targets(loss, 60, seed=8)
    s = rng.integers(0, 4, 60)
    cls = SparseClassifier if loss.task == "classification" else SparseRegressor
    weighted = cls(loss, alpha=0.03, tol=1e-12).fit(X, y, sample_weight=s)
    repeated = cls(loss, alpha=0.03, tol=1e-12).fit(np.repeat(X, s, axis=0), np.repeat(y, s))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-6)


def test_alpha_max_is_where_the_first_coefficient_enters():
    X, _, _ = counts()
    for name, loss in LOSSES.items():
        y = targets(loss, 300, seed=7)
        cls = SparseClassifier if loss.task == "classification" else SparseRegressor
        top = cls(loss, alpha="0.5max").fit(X, y).alpha_max_
        with pytest.warns(UserWarning, match="All coefficients are zero"):
            assert not cls(loss, alpha=top * (1 + 1e-9)).fit(X, y).coef_.any(), name
        assert cls(loss, alpha=top * 0.999).fit(X, y).coef_.any(), name


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (ls.Poisson(), [1.0, -1.0, 2.0], "Poisson needs targets >= 0, got -1"),
        (ls.Poisson(), [0.0, 0.0, 0.0], "all are 0"),
        (ls.Gamma(), [1.0, 0.0, 2.0], "Gamma needs targets > 0"),
        (ls.Huber(0.0), [1.0, 0.0, 2.0], "delta is 0.0"),
        (ls.Expectile(1.0), [1.0, 0.0, 2.0], "expectile is 1.0"),
        (ls.Quantile(1.0), [1.0, 0.0, 2.0], "quantile is 1.0"),
        (ls.Quantile(0.5, 0.0), [1.0, 0.0, 2.0], "bandwidth is 0.0"),
        (ls.Logistic(), [1.0, 0.0, 2.0], "expected a loss for regression"),
    ],
)
def test_misuse_is_named(loss, y, message):
    with pytest.raises(ValueError, match=message):
        SparseRegressor(loss).fit(np.arange(6.0).reshape(3, 2), y)


def test_regression_loss_in_a_classifier_is_refused():
    with pytest.raises(ValueError, match="expected a loss for classification"):
        SparseClassifier(ls.Poisson()).fit([[0.0], [1.0]], [0, 1])


def test_scores_of_squared_error_and_constant_targets():
    X, eta, _ = counts()
    model = SparseRegressor(alpha="0.01max").fit(X, eta)
    assert model.score(X, eta) == r2_score(eta, model.predict(X))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All coefficients are zero")  # alpha_max_ is rounding
        flat = SparseRegressor("poisson", alpha=0.1).fit(X, np.full(300, 3.0))
    np.testing.assert_allclose(flat.predict(X), 3.0)
    assert not flat.coef_.any()


def test_extreme_targets():
    """y = 1e9 beside 0, and a feature of size 100: the fit converges to a certified point."""
    rng = np.random.default_rng(6)
    X = np.asfortranarray(rng.standard_normal((60, 3)) * [100.0, 1.0, 1.0])
    y = rng.poisson(3.0, 60).astype(float)
    y[0], y[1] = 1e9, 0.0
    model = SparseRegressor("poisson", alpha="0.3max").fit(X, y)
    assert model.solver_report_.converged
    assert_certified(model, X, y)


def test_one_dimensional_minimum():
    y = targets(LOSSES["huber"])
    found = minimize_scalar(lambda b: LOSSES["huber"].value(y, np.full(40, b)))
    shift = _core.loss_center("huber", [0.8], y, np.full(40, 1 / 40), np.zeros(40))
    assert shift == pytest.approx(found.x, abs=1e-6)
