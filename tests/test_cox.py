"""Proportional hazards: the partial likelihood against its definition, fits, prediction, metrics, cross-validation."""

import json
import pickle
import signal
import threading
import time as clock
from pathlib import Path

import numpy as np
import pytest
import sklearn
from oracles import SURVIVAL, make_survival
from scipy import sparse
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca import _core, assert_certified
from pauca import penalties as pen
from pauca._survival import survival_target
from pauca.linear_model import SparseCoxRegressor, SparseCoxRegressorCV, SparseRegressor, path
from pauca.losses import Cox
from pauca.metrics import brier_score_survival, concordance_index, integrated_brier_score_survival
from pauca.solvers import LLA, AcceleratedProximalGradient, GreedyBCD, ProximalCG

GOLDEN = json.loads((Path(__file__).parent / "golden" / "phreg.json").read_text())["results"]
TIES = ["breslow", "efron"]


def naive(y, eta, sample_weight, strata, ties):
    """Minus the log partial likelihood over the weight, as its definition reads; sums of e^eta are by logsumexp."""
    entry = y[:, 0] if y.shape[1] == 3 else np.full(len(y), -np.inf)
    time, event = y[:, -2], y[:, -1] > 0
    w = np.ones(len(y)) if sample_weight is None else sample_weight
    s, count = w / w.sum(), np.count_nonzero(w)
    labels = np.zeros(len(y)) if strata is None else strata
    total = 0.0
    for label in np.unique(labels):
        for t in np.unique(time[event & (labels == label) & (w > 0)]):
            risk = (labels == label) & (entry < t) & (time >= t) & (w > 0)
            dead = risk & event & (time == t)
            total -= s[dead] @ eta[dead]
            d = dead.sum() if ties == "efron" else 1
            for r in range(d):
                share = np.where(dead, 1 - r / d, 1.0)[risk]
                total += s[dead].sum() / d * logsumexp(eta[risk], b=share * count * s[risk])
    return total


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("case", SURVIVAL)
def test_loss_is_the_definition_and_its_gradient_the_difference(case, ties):
    _, y, strata = make_survival(60, **SURVIVAL[case])
    rng = np.random.default_rng(1)
    eta, w = rng.normal(0, 1.5, 60), rng.integers(0, 4, 60).astype(float)
    loss = Cox(ties)
    for weights in (None, w):
        assert loss.value(y, eta, weights, strata) == pytest.approx(naive(y, eta, weights, strata, ties), rel=1e-12)
    gradient = loss.gradient(y, eta, w, strata)
    h = 1e-5
    steps = h * np.eye(60)
    differences = [naive(y, eta + d, w, strata, ties) - naive(y, eta - d, w, strata, ties) for d in steps]
    np.testing.assert_allclose(gradient, np.array(differences) / (2 * h), atol=1e-9)
    assert abs(gradient.sum()) < 1e-14  # a constant changes nothing


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("case", SURVIVAL)
def test_hessian_is_majorised_and_exact_with_its_coupling(case, ties):
    """X' H X from differences of the gradient: what a Newton step of the solver uses, and the diagonal above it."""
    X, y, strata = make_survival(60, 5, **SURVIVAL[case])
    eta = np.random.default_rng(2).normal(0, 1.0, 60)
    loss, s = Cox(ties), np.full(60, 1 / 60)
    packed = survival_target(y, strata).pack()
    _, _, diagonal = _core.loss_evaluate("cox", loss._shape(), packed, s, eta)
    h = 1e-5
    hessian = np.array(
        [
            (loss.gradient(y, eta + h * e, strata=strata) - loss.gradient(y, eta - h * e, strata=strata))
            for e in np.eye(60)
        ]
    )
    hessian /= 2 * h
    # H <= diag(h) - h h' / sum h as quadratic forms.
    gap = np.diag(diagonal) - np.outer(diagonal, diagonal) / diagonal.sum() - hessian
    assert np.linalg.eigvalsh(gap)[0] > -1e-9
    # With one feature the solver's first step is exact Newton.
    for x in X.T[:, :, None]:
        model = SparseCoxRegressor(alpha=0.0, ties=ties, max_iter=1, tol=1e-30)
        with pytest.warns(ConvergenceWarning):
            model.fit(x, y, strata=strata, offset=eta)
        newton = -(x.T @ loss.gradient(y, eta, strata=strata)) / (x.T @ hessian @ x)[0]
        np.testing.assert_allclose(model.coef_, newton, rtol=1e-6, atol=1e-9)


def test_strata_are_separate_likelihoods():
    _, y, strata = make_survival(strata=True)
    eta = np.random.default_rng(0).normal(size=len(y))
    parts = []
    for label in np.unique(strata):
        rows = strata == label
        # n s = 1 for every row here and there: the value is a sum over events divided by the number of rows.
        parts.append(rows.mean() * Cox().value(y[rows], eta[rows]))
    assert Cox().value(y, eta, strata=strata) == pytest.approx(sum(parts), rel=1e-12)


def test_efron_is_breslow_without_ties():
    _, y, _ = make_survival(decimals=12)
    eta = np.random.default_rng(0).normal(size=len(y))
    assert Cox("efron").value(y, eta) == pytest.approx(Cox("breslow").value(y, eta), rel=1e-14)


@pytest.mark.parametrize("truncated", [False, True])
def test_wide_linear_predictors(truncated):
    """No overflow, and right digits: e^eta spans 1e-260 to 1e260 without late entries, 1e-26 to 1 with them."""
    _, y, _ = make_survival(truncated=truncated)
    reach = 15.0 if truncated else 600.0
    eta = np.random.default_rng(0).uniform(-reach, reach, len(y))
    for ties in TIES:
        assert Cox(ties).value(y, eta) == pytest.approx(naive(y, eta, None, None, ties), rel=1e-10)
        assert np.isfinite(Cox(ties).gradient(y, 1e4 * eta)).all()


@pytest.mark.parametrize("name", GOLDEN)
def test_unpenalised_fit_is_statsmodels(name):
    case = GOLDEN[name]
    X, y = np.array(case["X"]), np.column_stack([case["time"], case["event"]])
    if case["entry"] is not None:
        y = np.column_stack([case["entry"], y])
    model = SparseCoxRegressor(alpha=0.0, ties=case["ties"]).fit(X, y, strata=case["strata"])
    np.testing.assert_allclose(model.coef_, case["coef"], rtol=1e-8)
    value = Cox(case["ties"]).value(y, X @ model.coef_, strata=case["strata"])
    assert -len(y) * value == pytest.approx(case["log_likelihood"], rel=1e-10)


PENALTIES = {
    "l1": ("l1", "0.1max"),
    "elastic net": (pen.ElasticNet(l1_ratio=0.5), "0.1max"),
    "mcp": ("mcp", "0.3max"),
    "scad": ("scad", "0.3max"),
    "l0": (pen.L0(), 0.02),
    "nonnegative": (pen.L1(nonnegative=True), "0.1max"),
    "weights": (pen.MCP(weights={"x0": 0.0, "x5": np.inf}), "0.3max"),
    "slope": (pen.Slope(), "0.2max"),
    "group": (pen.GroupL2(np.arange(40) // 4), "0.2max"),
}


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", PENALTIES)
def test_fits_are_certified(name, ties):
    penalty, alpha = PENALTIES[name]
    X, y, strata = make_survival(150, 40, strata=True, truncated=True)
    model = SparseCoxRegressor(penalty, alpha=alpha, ties=ties).fit(X, y, strata=strata)
    assert model.solver_report_.converged
    assert 0 < np.count_nonzero(model.coef_) < 40
    assert_certified(model, X, y, strata=strata)
    model.coef_ = model.coef_ * 1.01
    with pytest.raises(AssertionError, match="not stationary"):
        assert_certified(model, X, y, strata=strata)


@pytest.mark.parametrize(
    "solver",
    [GreedyBCD(engine="gram"), GreedyBCD(engine="residual"), AcceleratedProximalGradient(), ProximalCG(), LLA()],
    ids=["gram", "residual", "accelerated", "cg", "lla"],
)
def test_all_solvers_agree(solver):
    X, y, _ = make_survival(150, 40)
    reference = SparseCoxRegressor(tol=1e-10).fit(X, y)
    model = SparseCoxRegressor(solver=solver, max_iter=20000).fit(X, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=2e-6)


def test_exact_hessian_takes_few_iterations():
    """The Gram uses the coupling of rows, the residual engine only its majoriser."""
    X, y, _ = make_survival(300, 60)
    exact = SparseCoxRegressor(alpha="0.02max", solver=GreedyBCD(engine="gram")).fit(X, y)
    bound = SparseCoxRegressor(alpha="0.02max", solver=GreedyBCD(engine="residual")).fit(X, y)
    assert exact.n_iter_ <= 10 < bound.n_iter_


@pytest.mark.parametrize("penalty", ["l1", "mcp"])
def test_sparse_data_and_memory_layouts(penalty):
    X, y, _ = make_survival(150, 40)
    X[np.abs(X) < 0.5] = 0.0
    dense = SparseCoxRegressor(penalty, alpha="0.3max").fit(X, y)
    for other in (sparse.csc_array(X), sparse.csr_matrix(X), np.asfortranarray(X)):
        model = SparseCoxRegressor(penalty, alpha="0.3max").fit(other, y)
        np.testing.assert_allclose(model.coef_, dense.coef_, atol=1e-9)
    X.setflags(write=False)
    y.setflags(write=False)
    single = SparseCoxRegressor(penalty, alpha="0.3max", tol=1e-4).fit(X.astype(np.float32), y)
    assert single.coef_.dtype == np.float64
    np.testing.assert_allclose(single.coef_, dense.coef_, atol=1e-3)


def test_forms_of_the_target_agree():
    X, y, _ = make_survival()
    structured = np.array([(bool(e), t) for t, e in y], dtype=[("status", "?"), ("days", "f8")])
    expected = SparseCoxRegressor().fit(X, y).coef_
    for form in (structured, y.tolist(), np.column_stack([np.full(len(y), -np.inf), y])):
        np.testing.assert_array_equal(SparseCoxRegressor().fit(X, form).coef_, expected)
    late = np.array([(0.0, t, bool(e)) for t, e in y], dtype=[("from", "f8"), ("to", "f8"), ("event", "?")])
    np.testing.assert_array_equal(SparseCoxRegressor().fit(X, late).coef_, expected)
    everyone = np.column_stack([y[:, 0], np.ones(len(y))])
    alone = SparseCoxRegressor().fit(X, y[:, 0]).coef_
    np.testing.assert_array_equal(alone, SparseCoxRegressor().fit(X, everyone).coef_)
    with pytest.warns(DataConversionWarning):
        SparseCoxRegressor().fit(X, y[:, :1])


def test_only_the_order_of_times_matters():
    X, y, _ = make_survival(truncated=True)
    y[:, 0] = np.maximum(y[:, 0], -5.0)
    moved = np.column_stack([np.exp(y[:, :2]) - 7.0, y[:, 2]])
    np.testing.assert_allclose(SparseCoxRegressor().fit(X, y).coef_, SparseCoxRegressor().fit(X, moved).coef_)


def test_weights_are_repeated_rows_and_zeros_are_absent():
    X, y, strata = make_survival(strata=True)
    w = np.random.default_rng(3).integers(0, 3, len(y))
    model = SparseCoxRegressor().fit(X, y, sample_weight=w, strata=strata)
    repeated = SparseCoxRegressor().fit(np.repeat(X, w, axis=0), np.repeat(y, w, axis=0), strata=np.repeat(strata, w))
    np.testing.assert_allclose(model.coef_, repeated.coef_, atol=1e-8)
    keep = w > 0
    for ties in TIES:
        model = SparseCoxRegressor(ties=ties).fit(X, y, sample_weight=3.0 * w, strata=strata)
        part = SparseCoxRegressor(ties=ties).fit(X[keep], y[keep], sample_weight=w[keep], strata=strata[keep])
        np.testing.assert_allclose(model.coef_, part.coef_, atol=1e-8)


def test_offset_is_a_known_part():
    X, y, _ = make_survival()
    free = SparseCoxRegressor(alpha=0.0).fit(X, y)
    offset = X[:, 0] * free.coef_[0]
    rest = SparseCoxRegressor(alpha=0.0).fit(X[:, 1:], y, offset=offset)
    np.testing.assert_allclose(rest.coef_, free.coef_[1:], atol=1e-7)
    np.testing.assert_allclose(rest.predict(X[:, 1:], offset), free.predict(X), atol=1e-6)


def test_baseline_is_breslows_estimate():
    X, y, strata = make_survival(strata=True, truncated=True)
    w = np.random.default_rng(0).uniform(0.5, 2, len(y))
    model = SparseCoxRegressor().fit(X, y, sample_weight=w, strata=strata)
    risk = np.exp(model.predict(X))
    for g, label in enumerate(model.baseline_.strata):
        inside = strata == label
        times = np.unique(y[inside & (y[:, 2] > 0), 1])
        jumps = [
            w[inside & (y[:, 2] > 0) & (y[:, 1] == t)].sum() / (w * risk)[inside & (y[:, 0] < t) & (y[:, 1] >= t)].sum()
            for t in times
        ]
        np.testing.assert_array_equal(model.baseline_.times[g], times)
        np.testing.assert_allclose(model.baseline_.cumulative_hazards[g], np.cumsum(jumps), rtol=1e-10)
    curve = model.predict_survival_function(X[:5], times=[-1.0, 0.5, 1.0, 100.0], strata=strata[:5])
    assert curve.shape == (5, 4)
    np.testing.assert_array_equal(curve[:, 0], 1.0)
    assert (np.diff(curve, axis=1) <= 0).all()
    hazard = model.predict_cumulative_hazard(X[:5], times=[-1.0, 0.5, 1.0, 100.0], strata=strata[:5])
    np.testing.assert_allclose(curve, np.exp(-hazard))
    with pytest.raises(ValueError, match="strata: the model has 3"):
        model.predict_survival_function(X)
    with pytest.raises(ValueError, match="not seen in fit"):
        model.predict_survival_function(X, strata=["z"] * len(y))


def test_survival_without_features_is_nelson_aalen():
    _, y, _ = make_survival()
    with pytest.warns(UserWarning, match="All coefficients are zero"):
        model = SparseCoxRegressor(alpha=10.0).fit(np.random.default_rng(0).normal(size=(len(y), 2)), y)
    jumps = [(y[:, 1] * (y[:, 0] == t)).sum() / (y[:, 0] >= t).sum() for t in model.event_times_]
    np.testing.assert_allclose(model.predict_cumulative_hazard(np.zeros((1, 2)))[0], np.cumsum(jumps))


def test_path_is_the_fits_and_its_criteria_count_events():
    X, y, strata = make_survival(150, 30, strata=True)
    found = path(X, y, loss="cox", penalty="mcp", alphas=20, eps=0.2, strata=strata)
    assert found.converged_.all()
    assert (found.intercepts_ == 0).all()
    for k in (5, 19):
        model = SparseCoxRegressor("mcp", alpha=found.alphas_[k], tol=1e-10, warm_start=True)
        model.n_features_in_, model.coef_ = 30, found.coefs_[:, [k]].toarray()[:, 0]
        np.testing.assert_allclose(
            model.fit(X, y, strata=strata).coef_, found.coefs_[:, [k]].toarray()[:, 0], atol=1e-7
        )
    likelihood = 2 * len(y) * found.loss_
    expected = likelihood + found.df_ * np.log(y[:, 1].sum())
    np.testing.assert_allclose(found.information_criterion("bic"), expected)
    with pytest.raises(ValueError, match="strata"):
        path(X, y[:, 0], strata=strata)


def test_nonconvex_path_ends_where_the_features_order_the_events():
    X, y, _ = make_survival(80, 200, decimals=12)
    found = path(X, y, loss="cox", penalty="mcp", max_iter=100)
    assert 10 < len(found.alphas_) < 100
    assert found.converged_.all()


def test_cross_validation_is_verweij_and_van_houwelingens():
    X, y, strata = make_survival(150, 20, strata=True)
    w = np.random.default_rng(1).uniform(0.5, 2, len(y))
    folds = [(np.flatnonzero(np.arange(len(y)) % 4 != k), np.flatnonzero(np.arange(len(y)) % 4 == k)) for k in range(4)]
    model = SparseCoxRegressorCV(alphas=15, cv=folds, eps=0.05).fit(X, y, sample_weight=w, strata=strata)

    def log_likelihood(rows, eta):  # unnormalised, with the weights under the logarithm
        return -w[rows].sum() * naive(y[rows], eta[rows], w[rows], strata[rows], "breslow")

    everyone, total = np.arange(len(y)), 0.0
    k = 8
    for train, _ in folds:
        part = SparseCoxRegressor(alpha=model.alphas_[k]).fit(X[train], y[train], w[train], strata[train])
        eta, null = X @ part.coef_, np.zeros(len(y))
        gain = log_likelihood(everyone, eta) - log_likelihood(train, eta)
        total += gain - (log_likelihood(everyone, null) - log_likelihood(train, null))
    assert model.cv_mean_score_[k] == pytest.approx(total / w.sum(), rel=1e-6)
    assert model.alpha_ == model.alpha_min_ == model.alphas_[np.argmax(model.cv_mean_score_)]
    assert model.alpha_1se_ >= model.alpha_min_
    refit = SparseCoxRegressor(alpha=model.alpha_).fit(X, y, w, strata)
    np.testing.assert_allclose(model.coef_, refit.coef_, atol=1e-6)
    np.testing.assert_allclose(
        model.predict_survival_function(X[:3], [1.0], strata[:3]),
        refit.predict_survival_function(X[:3], [1.0], strata[:3]),
        atol=1e-6,
    )
    assert set(np.flatnonzero(model.coef_)) >= {0, 1, 2}


def test_cross_validation_over_shape_and_threads():
    X, y, _ = make_survival(200, 30)
    grid = {"gamma": [2.0, 6.0]}
    one = SparseCoxRegressorCV("mcp", alphas=20, param_grid=grid, rule="1se").fit(X, y)
    two = SparseCoxRegressorCV("mcp", alphas=20, param_grid=grid, rule="1se", n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert one.best_params_["gamma"] in (2.0, 6.0)
    assert len(one.cv_table_) == 2


def test_the_model_beats_chance_in_brier_score_and_concordance():
    X, y, _ = make_survival(600)
    train, test = slice(0, 300), slice(300, 600)
    model = SparseCoxRegressorCV().fit(X[train], y[train])
    times = np.quantile(y[train][y[train][:, 1] > 0, 0], [0.2, 0.4, 0.6, 0.8])
    null = SparseCoxRegressor(alpha=0.0).fit(np.zeros((300, 1)), y[train])
    scores = [
        integrated_brier_score_survival(y[train], y[test], m.predict_survival_function(data, times), times)
        for m, data in ((model, X[test]), (null, np.zeros((300, 1))))
    ]
    assert scores[0] < 0.8 * scores[1]
    assert model.score(X[test], y[test]) > 0.7


def test_pipelines_searches_and_routing():
    X, y, strata = make_survival(150, strata=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SparseCoxRegressor()),
        {"sparsecoxregressor__alpha": ["0.5max", "0.05max"]},
        cv=3,
    ).fit(X, y)
    assert search.best_score_ > 0.65
    with sklearn.config_context(enable_metadata_routing=True):
        model = SparseCoxRegressor().set_fit_request(strata=True).set_score_request(strata=True)
        routed = cross_val_score(model, X, y, cv=3, params={"strata": strata})
    assert (routed > 0.6).all()
    copy = pickle.loads(pickle.dumps(SparseCoxRegressor().fit(X, y, strata=strata)))
    assert copy.predict_survival_function(X, [1.0], strata).shape == (150, 1)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.column_stack([np.arange(5.0), np.zeros(5)]), "needs an event"),
        (np.column_stack([np.arange(5.0), np.full(5, 2)]), "events are 0 or 1"),
        (np.column_stack([np.arange(5.0), np.arange(5.0) - 1, np.ones(5)]), "earlier than its time"),
        (np.column_stack([[0, 1, 2, 3, np.nan], np.ones(5)]), "NaN"),
        (np.zeros((5, 4)), "got shape"),
        (np.zeros(5, dtype=[("a", "f8"), ("b", "f8")]), "one boolean field"),
        (np.arange(4.0), "inconsistent numbers"),
    ],
)
def test_bad_targets_are_named(y, message):
    X = np.random.default_rng(0).normal(size=(5, 2))
    with pytest.raises(ValueError, match=message):
        SparseCoxRegressor().fit(X, y)


def test_misuse_is_named():
    X, y, _ = make_survival()
    with pytest.raises(ValueError, match="expected a loss for regression"):
        SparseRegressor(loss=Cox()).fit(X, y[:, 0])
    with pytest.raises(ValueError, match="explicit rules"):
        SparseCoxRegressor(solver=GreedyBCD(block_size=2)).fit(X, y)
    with pytest.raises(ValueError, match="strata: got shape"):
        SparseCoxRegressor().fit(X, y, strata=[1, 2])
    with pytest.raises(ValueError, match="no pair of rows"):
        concordance_index([[1.0, 0], [2.0, 0]], [0.0, 1.0])
    with pytest.raises(ValueError, match="left-truncated"):
        brier_score_survival(y, np.column_stack([np.zeros(len(y)), y]), np.zeros((len(y), 1)), [0.5])
    with pytest.raises(ValueError, match="ties"):
        Cox("exact").value(y, X[:, 0])
    one = np.column_stack([np.arange(6.0), np.arange(6) == 0])
    with pytest.raises(ValueError, match="needs an event"):
        SparseCoxRegressorCV(cv=3).fit(X[:6], one)


def test_degenerate_data_give_finite_fits():
    X, y, _ = make_survival()
    tied = np.column_stack([np.ones(len(y)), y[:, 1]])
    for ties in TIES:
        assert np.isfinite(SparseCoxRegressor(ties=ties).fit(X, tied).coef_).all()
    single = np.column_stack([y[:, 0], np.arange(len(y)) == 3])
    assert np.isfinite(SparseCoxRegressor().fit(X, single).coef_).all()
    constant = np.column_stack([X, np.full(len(y), 1e8)])
    for penalty in ("l1", "mcp"):
        assert SparseCoxRegressor(penalty, alpha="0.3max").fit(constant, y).coef_[-1] == 0.0
    times = np.arange(1.0, 41.0)
    with pytest.warns(ConvergenceWarning, match="the features order the events"):  # infinite coefficients are best
        model = SparseCoxRegressor(alpha=0.0).fit(-times[:, None], times)
    assert np.isfinite(model.coef_).all()
    assert model.score(-times[:, None], times) == 1.0
    SparseCoxRegressor(alpha=0.0).fit(-times[:, None], times // 2)  # events at one time: they are finite


def test_limits_and_interrupts():
    X, y, _ = make_survival(2000, 800)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        SparseCoxRegressor(alpha="0.01max", max_time=0.01).fit(X, y)
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    start = clock.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        fit_until_interrupted(X, y)
    assert clock.perf_counter() - start < 5.0


def fit_until_interrupted(X, y):
    for _ in range(10_000):
        SparseCoxRegressor(alpha="0.001max").fit(X, y)
