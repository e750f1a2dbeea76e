"""Every penalty of the library on a path, in cross-validation, under information criteria and refitted; every solver
certified by separate code."""

import warnings

import numpy as np
import pytest
from oracles import make_classification, make_regression, make_survival

from pauca import assert_certified
from pauca import penalties as pen
from pauca import solvers as sol
from pauca.linear_model import (
    SparseClassifier,
    SparseCoxRegressor,
    SparseRegressor,
    SparseRegressorCV,
    path,
    relaxed_path,
)

GROUPS = np.arange(12) // 3
EVERY = {
    "L0": pen.L0(),
    "L1": pen.L1(),
    "MCP": pen.MCP(),
    "SCAD": pen.SCAD(),
    "CappedL1": pen.CappedL1(),
    "CompositeMCP": pen.CompositeMCP(GROUPS),
    "ElasticNet": pen.ElasticNet(),
    "Firm": pen.Firm(),
    "FusedL1": pen.FusedL1(),
    "GroupL2": pen.GroupL2(GROUPS),
    "GroupMCP": pen.GroupMCP(GROUPS),
    "GroupSCAD": pen.GroupSCAD(GROUPS),
    "LogSum": pen.LogSum(eps=0.5),
    "Lp": pen.Lp(),
    "Nuclear": pen.Nuclear(shape=(3, 4)),
    "NuclearMCP": pen.NuclearMCP(shape=(3, 4)),
    "NuclearSCAD": pen.NuclearSCAD(shape=(3, 4)),
    "Oscar": pen.Oscar(slope=0.1),
    "Slope": pen.Slope(),
    "SparseGroup": pen.SparseGroup(GROUPS),
    "TransformedL1": pen.TransformedL1(),
    # No strength makes every coefficient zero: the strengths must be given.
    "KSupport": pen.KSupport(3),
}
BASES = {"Penalty", "SeparablePenalty", "StructuredPenalty"}
GIVEN = {"KSupport": [3.0, 0.5, 0.1]}


@pytest.fixture(scope="module")
def data():
    return make_regression(80, 12, k=4, noise=0.7, seed=31)


def test_the_list_is_complete():
    assert set(EVERY) | {"Box"} | BASES == set(pen.__all__)


@pytest.mark.parametrize("name", EVERY)
def test_path_criteria_and_cross_validation(name, data):
    X, y = data
    alphas = GIVEN.get(name, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        p = path(X, y, penalty=EVERY[name], alphas=alphas, eps=0.05, max_iter=20_000)
        assert p.converged_.all()
        for criterion in ("aic", "bic", "ebic", "gic"):
            values = p.information_criterion(criterion)
            assert values.shape == p.alphas_.shape
            assert not np.isnan(values).any()
            assert 0 <= p.select(criterion) < len(p.alphas_)
        model = SparseRegressorCV(penalty=EVERY[name], alphas=alphas, eps=0.05, cv=3, max_iter=20_000).fit(X, y)
        assert model.alpha_ in model.alphas_
        assert model.score(X, y) > 0.2
        assert_certified(SparseRegressor(penalty=EVERY[name], alpha=model.alpha_, max_iter=20_000).fit(X, y), X, y)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_coefficients_are_on_the_users_scale(name, standardize, data):
    """The path's points are the fits of their own at the same strength, and their loss is that of X itself."""
    X, y = data
    X = X * np.linspace(0.8, 1.4, 12)
    alphas = GIVEN.get(name, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        p = path(X, y, penalty=EVERY[name], alphas=alphas, eps=0.1, standardize=standardize, tol=1e-9, max_iter=50_000)
        for k in range(len(p.alphas_)):
            residual = y - X @ p.coef_at(k) - p.intercepts_[k]
            assert p.loss_[k] == pytest.approx(0.5 * np.mean(residual**2), rel=1e-9)
            assert abs(residual.mean()) < 1e-6
            if EVERY[name].convex:
                alone = SparseRegressor(
                    penalty=EVERY[name], alpha=p.alphas_[k], standardize=standardize, tol=1e-9, max_iter=50_000
                ).fit(X, y)
                np.testing.assert_allclose(alone.coef_, p.coef_at(k), atol=2e-5)


@pytest.mark.parametrize("name", EVERY)
def test_relaxed_path_is_least_squares_on_each_support(name, data):
    X, y = data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refit = relaxed_path(X, y, penalty=EVERY[name], alphas=GIVEN.get(name, 3), eps=0.2, max_iter=20_000)
    for k in range(len(refit.alphas_)):
        support = np.flatnonzero(refit.coef_at(k))
        ols = np.linalg.lstsq(np.c_[np.ones(80), X[:, support]], y, rcond=None)[0]
        np.testing.assert_allclose(refit.coef_at(k)[support], ols[1:], atol=1e-6)


def test_what_has_no_path_is_refused_with_a_sentence(data):
    X, y = data
    for call in (path, relaxed_path):
        with pytest.raises(ValueError, match="Box.* has no strength to vary"):
            call(X, y, penalty=pen.Box(-1, 1))
    for penalty in (pen.KSupport(3), pen.FusedL1(l1_ratio=0.0)):
        with pytest.raises(ValueError, match="alpha_max"):
            path(X, y, penalty=penalty)


SOLVERS = {
    "GreedyBCD": sol.GreedyBCD(),
    "AcceleratedProximalGradient": sol.AcceleratedProximalGradient(),
    "ProximalCG": sol.ProximalCG(),
    "LLA": sol.LLA(),
    "IHT": sol.IHT(),
}


@pytest.mark.parametrize("loss", ["quadratic", "huber", "logistic", "poisson", "cox"])
@pytest.mark.parametrize("name", SOLVERS)
def test_every_solver_is_certified_for_every_kind_of_loss(name, loss):
    """The certificate is numpy from the formulas; a solver's own figure has no part in it."""
    penalty = pen.L0() if name == "IHT" else pen.MCP(gamma=30.0)
    options = {"penalty": penalty, "alpha": "0.3max", "solver": SOLVERS[name], "max_iter": 20_000}
    X, y = make_regression(100, 12, k=4, seed=32)
    if loss == "logistic":
        X, y = make_classification(200, 12, seed=32)
        model = SparseClassifier(**options)
    elif loss == "cox":
        X, y = make_survival(150, 12, seed=32)[:2]
        model = SparseCoxRegressor(**options)
    else:
        y = np.random.default_rng(0).poisson(np.exp(0.4 * X[:, 0])).astype(float) if loss == "poisson" else y
        model = SparseRegressor(loss, **options)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The loss has curvature")
        model.fit(X, y)
    assert np.count_nonzero(model.coef_) > 0
    assert_certified(model, X, y)
    model.coef_ = model.coef_ + 0.01
    with pytest.raises(AssertionError):
        assert_certified(model, X, y)


@pytest.mark.parametrize("penalty", [pen.MCP(), pen.SCAD()], ids=repr)
def test_momentum_and_conjugate_directions_save_gradients(penalty):
    """With correlated columns, to the same violation: at most a third of proximal gradient's evaluations."""
    rng = np.random.default_rng(34)
    X = rng.standard_normal((120, 60))
    for j in range(1, 60):
        X[:, j] = 0.9 * X[:, j - 1] + np.sqrt(0.19) * X[:, j]
    y = X[:, ::10] @ rng.standard_normal(6) + 0.5 * rng.standard_normal(120)
    count = {}
    for solver in (
        sol.AcceleratedProximalGradient(momentum="none"),
        sol.AcceleratedProximalGradient(),
        sol.ProximalCG(),
    ):
        model = SparseRegressor(penalty=penalty, alpha="0.05max", solver=solver, tol=1e-6, max_iter=50_000).fit(X, y)
        assert_certified(model, X, y, tol=1e-5)
        count[repr(solver)] = model.solver_report_.details["gradients"]
    plain, *others = count.values()
    assert max(others) <= plain / 3


# ------------------------------------------------------------------------------------------ value and prox together


@pytest.mark.parametrize("step", [0.3, 1.0, 2.7, 6.0])
@pytest.mark.parametrize("name", [*EVERY, "Box"])
def test_value_and_prox_are_of_one_function(name, step):
    """The envelope M(v) = min_x g(x) + ||x - v||^2 / 2 step has the gradient (v - prox(v)) / step: value and derivative
    agree, below and beyond the limit of weak convexity."""
    penalty = pen.Box(-0.5, 1.0) if name == "Box" else EVERY[name]
    rng = np.random.default_rng(40)

    def envelope(v):
        x = penalty.prox(v, step)
        return penalty.value(x) + (x - v) @ (x - v) / (2 * step)

    for v in rng.normal(0, 2.5, (5, 12)):
        d = rng.standard_normal(12)
        slope = (v - penalty.prox(v, step)) @ d / step
        h = 1e-6
        assert (envelope(v + h * d) - envelope(v - h * d)) / (2 * h) == pytest.approx(slope, abs=2e-5)


@pytest.mark.parametrize("step", [0.3, 1.0, 2.7, 3.0, 5.0, 9.0])
def test_both_neighbours_of_the_thresholds_of_groups_and_spectra(step):
    """A whole group, or a singular value, enters where the scalar penalty's coefficient does."""
    direction = np.array([0.6, 0.8])
    radial = {
        pen.L1(0.7): pen.GroupL2([0, 0], 0.7, group_weights=[1.0]),
        pen.MCP(0.7): pen.GroupMCP([0, 0], 0.7, group_weights=[1.0]),
        pen.SCAD(0.7): pen.GroupSCAD([0, 0], 0.7, group_weights=[1.0]),
    }
    spectral = {pen.L1(0.7): pen.Nuclear(0.7), pen.MCP(0.7): pen.NuclearMCP(0.7), pen.SCAD(0.7): pen.NuclearSCAD(0.7)}
    for (scalar, group), matrix in zip(radial.items(), spectral.values(), strict=True):
        lo, hi = 0.0, 100.0
        for _ in range(200):
            middle = 0.5 * (lo + hi)
            lo, hi = (middle, hi) if scalar.prox([middle], step)[0] == 0.0 else (lo, middle)
        for at, inside in ((lo * (1 - 1e-12), True), (hi * (1 + 1e-12), False)):
            assert (scalar.prox([at], step)[0] == 0.0) == inside
            assert (not group.prox(at * direction, step).any()) == inside
            assert (not matrix.prox(np.diag([at, 0.0]), step).any()) == inside
        np.testing.assert_allclose(group.prox(5 * direction, step), scalar.prox([5.0], step)[0] * direction, atol=1e-13)


def test_more_limits_of_structured_penalties():
    rng = np.random.default_rng(41)
    v = rng.normal(0, 2, 12)
    groups = np.arange(12) // 3
    np.testing.assert_allclose(
        pen.GroupSCAD(groups, 0.6, gamma=1e12).prox(v, 1.3), pen.GroupL2(groups, 0.6).prox(v, 1.3), atol=1e-9
    )
    for kind in (pen.NuclearMCP, pen.NuclearSCAD):
        near = kind(0.6, shape=(3, 4), gamma=1e12).prox(v, 1.3)
        np.testing.assert_allclose(near, pen.Nuclear(0.6, shape=(3, 4)).prox(v, 1.3), atol=1e-9)
    # inner and outer MCP become linear: alpha |w|
    np.testing.assert_allclose(
        pen.CompositeMCP(groups, 0.6, gamma=1e9).prox(v, 1.3), pen.L1(0.6).prox(v, 1.3), atol=1e-6
    )
    np.testing.assert_allclose(pen.KSupport(12, 0.6, groups=groups).prox(v, 1.3), v / (1 + 1.3 * 0.6), atol=1e-13)
    np.testing.assert_allclose(pen.ElasticNet(0.6, l1_ratio=1.0).prox(v, 1.3), pen.L1(0.6).prox(v, 1.3))
    np.testing.assert_allclose(pen.ElasticNet(0.6, l1_ratio=0.0).prox(v, 1.3), v / (1 + 1.3 * 0.6))
    np.testing.assert_array_equal(pen.Box(-100, 100).prox(v, 1.3), v)
