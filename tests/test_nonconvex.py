"""Nonconvex, bounded and structured fits: certificates, solvers against each other, traps."""

import warnings

import numpy as np
import pytest
from oracles import make_classification, make_regression
from scipy import sparse
from scipy.optimize import lsq_linear
from sklearn.exceptions import ConvergenceWarning

from pauca import _core, assert_certified
from pauca import penalties as pen
from pauca import solvers as sol
from pauca._certify import certificate
from pauca.linear_model import SparseClassifier, SparseRegressor

SEPARABLE = {
    "mcp": pen.MCP(),
    "scad": pen.SCAD(),
    "firm": pen.Firm(ratio=1.5),
    "capped": pen.CappedL1(threshold=0.5),
    "logsum": pen.LogSum(eps=0.5),
    "transformed": pen.TransformedL1(theta=0.5),
    "l0": pen.L0(),
    "l1/2": pen.Lp(),
    "l2/3": pen.Lp(p=2 / 3),
    "mcp-ridge": pen.MCP(ridge=0.3),
    "mcp-nonnegative": pen.MCP(nonnegative=True),
    "mcp-weights": pen.MCP(weights=np.r_[0.0, np.inf, np.linspace(0.5, 2, 18)]),
    "scad-multiply": pen.SCAD(weights=np.r_[0.0, np.inf, np.linspace(0.5, 1.5, 18)], weighting="multiply"),
    "box": pen.Box(-0.5, 0.8),
}


def assert_never_increases(model):
    path = model.objective_path_
    assert path[-1] <= path[0] + 1e-12 * abs(path[0])


@pytest.mark.filterwarnings("ignore:The loss has curvature")
@pytest.mark.parametrize("engine", ["gram", "residual"])
@pytest.mark.parametrize("name", SEPARABLE)
def test_greedy_bcd_reaches_a_certified_point(name, engine):
    X, y = make_regression(80, 20, k=5, seed=1)
    for data in (X, sparse.csc_array(X)):
        model = SparseRegressor(penalty=SEPARABLE[name], alpha="0.2max", solver=sol.GreedyBCD(engine=engine)).fit(
            data, y
        )
        assert model.solver_report_.converged
        assert_certified(model, data, y)
        assert_never_increases(model)


@pytest.mark.filterwarnings("ignore:The loss has curvature")
@pytest.mark.parametrize("alpha", ["0.5max", "0.1max", "0.02max"])
@pytest.mark.parametrize("name", ["mcp", "scad", "logsum", "l0"])
def test_more_features_than_samples(name, alpha):
    X, y = make_regression(40, 150, k=5, seed=2)
    model = SparseRegressor(penalty=SEPARABLE[name], alpha=alpha).fit(X, y)
    assert_certified(model, X, y)


@pytest.mark.parametrize("name", SEPARABLE)
def test_logistic(name):
    X, y = make_classification(200, 20, seed=3)
    y = np.where(np.random.default_rng(0).uniform(size=200) < 0.15, 1 - y, y)  # not separable
    penalty = SEPARABLE[name]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The loss has curvature")
        model = SparseClassifier(penalty=penalty, alpha="0.3max").fit(X, y)
    assert_certified(model, X, y)


CONVEX = {
    "l1": pen.L1(),
    "elasticnet": pen.ElasticNet(),
    "l1-nonnegative": pen.L1(nonnegative=True),
    "l1-weights": pen.L1(weights=np.r_[0.0, np.inf, np.linspace(0.5, 2, 18)]),
}


@pytest.mark.parametrize("loss", ["quadratic", "huber", "poisson", "logistic"])
@pytest.mark.parametrize("name", CONVEX)
def test_solvers_agree_on_convex_problems(name, loss):
    X, y = make_regression(80, 20, k=5, seed=4, offset=0.2)
    if loss == "poisson":
        y = np.random.default_rng(0).poisson(np.exp(0.3 * (y - y.mean()) / y.std())).astype(float)
    if loss == "logistic":
        y = (y + np.random.default_rng(0).normal(0, 3, 80) > np.median(y)).astype(int)
    cls = SparseClassifier if loss == "logistic" else SparseRegressor
    found = {}
    for solver in (
        sol.GreedyBCD(),
        sol.AcceleratedProximalGradient(),
        sol.AcceleratedProximalGradient(restart="none", monotone=False),
        sol.AcceleratedProximalGradient(restart="speed"),
        sol.AcceleratedProximalGradient(momentum="ghadimi-lan"),
        sol.AcceleratedProximalGradient(momentum="none"),
        sol.ProximalCG(),
        *([] if name == "elasticnet" else [sol.LLA()]),
    ):
        model = cls(loss, CONVEX[name], alpha="0.1max", solver=solver, tol=1e-9, max_iter=50000).fit(X, y)
        assert model.solver_report_.converged, solver
        found[repr(solver)] = (model.solver_report_.objective, np.ravel(model.coef_), model.alpha_max_)
    reference = found["GreedyBCD()"]
    for objective, coef, alpha_max in found.values():
        assert objective == pytest.approx(reference[0], abs=1e-8 * max(1, reference[0]))
        np.testing.assert_allclose(coef, reference[1], atol=1e-5)
        assert alpha_max == pytest.approx(reference[2], rel=1e-9)


@pytest.mark.parametrize("name", ["mcp", "scad", "logsum", "firm", "mcp-ridge", "mcp-nonnegative", "mcp-weights"])
@pytest.mark.parametrize("solver", [sol.AcceleratedProximalGradient(), sol.ProximalCG(), sol.LLA()], ids=repr)
def test_other_solvers_reach_certified_points(name, solver):
    if isinstance(solver, sol.LLA) and name == "mcp-ridge":
        return
    X, y = make_regression(80, 20, k=5, seed=5)
    model = SparseRegressor(penalty=SEPARABLE[name], alpha="0.2max", solver=solver, max_iter=20000).fit(X, y)
    assert model.solver_report_.converged
    assert_certified(model, X, y)
    assert_never_increases(model)
    # from the greedy solution they do not move
    greedy = SparseRegressor(penalty=SEPARABLE[name], alpha="0.2max", warm_start=True).fit(X, y)
    before = greedy.coef_.copy()
    greedy.set_params(solver=solver, max_iter=20000).fit(X, y)
    np.testing.assert_allclose(greedy.coef_, before, atol=1e-6)


def test_accelerated_gradient_from_a_warm_start_equals_coordinate_descent():
    X, y = make_regression(80, 20, k=5, seed=6)
    start = SparseRegressor(alpha="0.5max").fit(X, y)
    both = []
    for solver in (sol.GreedyBCD(), sol.AcceleratedProximalGradient()):
        model = SparseRegressor(alpha=0.1, solver=solver, warm_start=True, max_iter=20000)
        model.coef_, model.intercept_ = start.coef_.copy(), start.intercept_
        both.append(model.fit(X, y).solver_report_.objective)
    assert both[0] == pytest.approx(both[1], abs=1e-8)


def test_underestimated_lipschitz_constant_is_corrected():
    X, y = make_regression(80, 20, k=5, seed=7)
    reference = SparseRegressor(alpha=0.1).fit(X, y)
    for momentum in ("thesis", "none"):
        solver = sol.AcceleratedProximalGradient(momentum=momentum, lipschitz=1e-3)
        model = SparseRegressor(alpha=0.1, solver=solver, max_iter=20000).fit(X, y)
        assert_certified(model, X, y)
        np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-6)


def test_accelerated_gradient_is_deterministic_and_monotone():
    X, y = make_regression(60, 100, k=5, seed=8)
    runs = [
        SparseRegressor(penalty="scad", solver=sol.AcceleratedProximalGradient(), max_iter=20000).fit(X, y)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(runs[0].coef_, runs[1].coef_)
    assert (np.diff(runs[0].objective_path_) <= 1e-13 * runs[0].objective_path_[0]).all()
    assert runs[0].solver_report_.details["gradients"] > 0


STRUCTURED = {
    "slope": pen.Slope(),
    "oscar": pen.Oscar(slope=0.05),
    "group": pen.GroupL2(np.arange(20) // 4),
    "group-mcp": pen.GroupMCP(np.arange(20) // 4),
    "group-scad": pen.GroupSCAD(np.arange(20) // 4),
    "sparse-group": pen.SparseGroup(np.arange(20) // 4),
    "composite": pen.CompositeMCP(np.arange(20) // 4),
    "fused": pen.FusedL1(),
    "nuclear": pen.Nuclear(shape=(4, 5)),
    "nuclear-mcp": pen.NuclearMCP(shape=(4, 5)),
    "nuclear-scad": pen.NuclearSCAD(shape=(4, 5)),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_fits_are_certified(name):
    X, y = make_regression(80, 20, k=5, seed=9)
    model = SparseRegressor(penalty=STRUCTURED[name], alpha="0.2max", max_iter=20000).fit(X, y)
    by_blocks = isinstance(STRUCTURED[name], pen.GroupL2 | pen.GroupMCP | pen.GroupSCAD | pen.SparseGroup)
    assert model.solver_report_.engine == ("block gram" if by_blocks else "accelerated proximal gradient")
    assert_certified(model, X, y)
    top = model.alpha_max_
    with pytest.warns(UserWarning, match="All coefficients are zero"):
        assert not SparseRegressor(penalty=STRUCTURED[name], alpha=top * (1 + 1e-9)).fit(X, y).coef_.any()
    if STRUCTURED[name].convex:
        assert SparseRegressor(penalty=STRUCTURED[name], alpha=top * 0.99, max_iter=20000).fit(X, y).coef_.any()


def test_unpenalised_groups_belong_to_the_null_model():
    X, y = make_regression(80, 20, k=5, seed=9)
    penalty = pen.GroupL2(np.arange(20) // 4, group_weights=[0.0, 1.0, 1.0, 1.0, 1.0])
    model = SparseRegressor(penalty=penalty, alpha=1e6, max_iter=20000).fit(X, y)
    ols = np.linalg.lstsq(np.c_[np.ones(80), X[:, :4]], y, rcond=None)[0]
    np.testing.assert_allclose(model.coef_[:4], ols[1:], atol=1e-6)
    assert not model.coef_[4:].any()


def test_structured_limits_of_fits():
    X, y = make_regression(80, 20, k=5, seed=10)
    lasso = SparseRegressor(alpha=0.1, tol=1e-12).fit(X, y).coef_
    for penalty in (pen.Slope(sequence=np.ones(20)), pen.GroupL2(), pen.Oscar(slope=0.0), pen.FusedL1(l1_ratio=1.0)):
        model = SparseRegressor(penalty=penalty, alpha=0.1, tol=1e-10, max_iter=20000).fit(X, y)
        np.testing.assert_allclose(model.coef_, lasso, atol=1e-6)
    mcp = SparseRegressor(penalty="mcp", alpha="0.3max").fit(X, y)
    group = SparseRegressor(penalty=pen.GroupMCP(), alpha=mcp.alpha_, tol=1e-10, max_iter=20000).fit(X, y)
    assert_certified(group, X, y)
    np.testing.assert_allclose(group.coef_, mcp.coef_, atol=1e-5)
    ridge = SparseRegressor(penalty=pen.KSupport(20), alpha=0.1, tol=1e-10, max_iter=20000).fit(X, y)
    Xc = X - X.mean(axis=0)
    exact = np.linalg.solve(Xc.T @ Xc / 80 + 0.1 * np.eye(20), Xc.T @ (y - y.mean()) / 80)
    np.testing.assert_allclose(ridge.coef_, exact, atol=1e-7)
    far = SparseRegressor(penalty=pen.MCP(gamma=1e9), alpha=0.1, standardize=False, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(far.coef_, lasso, atol=1e-6)


def test_box_against_scipy():
    X, y = make_regression(80, 20, k=5, seed=11)
    lower = np.where(np.arange(20) % 2, 0.0, -0.3)
    exact = lsq_linear(X - X.mean(axis=0), y - y.mean(), (lower, np.full(20, 0.4)), tol=1e-14).x
    for solver in (sol.GreedyBCD(), sol.GreedyBCD(engine="residual"), sol.AcceleratedProximalGradient()):
        model = SparseRegressor(penalty=pen.Box(lower, 0.4), solver=solver, tol=1e-10, max_iter=20000).fit(X, y)
        np.testing.assert_allclose(model.coef_, exact, atol=1e-7)
        assert_certified(model, X, y)
    with pytest.raises(ValueError, match="does not contain 0"):
        SparseRegressor(penalty=pen.Box(lower=0.5)).fit(X, y)


class WrittenInPython(pen.Penalty):
    """alpha * ||w||_1, counting calls."""

    convex = True

    def __init__(self, strength=1.0):
        self.strength = strength
        self.calls = 0

    def value(self, w):
        return self.strength * np.abs(w).sum()

    def prox(self, v, step=1.0):
        self.calls += 1
        return np.sign(v) * np.maximum(np.abs(v) - step * self.strength, 0)


def test_penalty_written_in_python():
    X, y = make_regression(80, 20, k=5, seed=12)
    reference = SparseRegressor(alpha="0.1max").fit(X, y)
    penalty = WrittenInPython()
    model = SparseRegressor(penalty=penalty, alpha="0.1max", max_iter=20000).fit(X, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-6)
    assert model.alpha_max_ == pytest.approx(reference.alpha_max_, rel=1e-9)
    penalty.calls = 0
    fitted = SparseRegressor(penalty=penalty, alpha=reference.alpha_, max_iter=20000).fit(X, y)
    search = 200  # alpha_max_ is found by bisection on the prox
    assert penalty.calls <= fitted.solver_report_.details["gradients"] + search
    with pytest.raises(ValueError, match="GreedyBCD needs a separable or group penalty; WrittenInPython is neither"):
        SparseRegressor(penalty=penalty, solver=sol.GreedyBCD()).fit(X, y)


def test_error_inside_a_python_penalty_is_raised():
    class Broken(WrittenInPython):
        def prox(self, v, step=1.0):
            raise RuntimeError("my own mistake")

    X, y = make_regression(30, 5, k=2)
    with pytest.raises(RuntimeError, match="my own mistake"):
        SparseRegressor(penalty=Broken(), alpha=0.1).fit(X, y)


@pytest.mark.parametrize(
    ("penalty", "solver", "sentence"),
    [
        (pen.Slope(), sol.GreedyBCD(), "GreedyBCD needs a separable or group penalty; Slope is neither: use Accel"),
        (pen.Slope(), sol.ProximalCG(), "ProximalCG needs a separable penalty; Slope is none"),
        (pen.FusedL1(), sol.LLA(), "LLA needs a separable penalty; FusedL1 is none"),
        (pen.CappedL1(), sol.ProximalCG(), "ProximalCG needs a penalty that is convex plus smooth concave"),
        (pen.MCP(), sol.IHT(), "IHT needs the L0 penalty; MCP is another"),
        (pen.L0(), sol.LLA(), "LLA needs a penalty with a slope; L0 has none"),
        (pen.Box(), sol.LLA(), "Box is none"),
        (pen.MCP(ridge=1.0), sol.LLA(), "LLA takes no ridge part"),
        (pen.FusedL1(l1_ratio=0.0), "auto", "alpha_max was asked for, which is infinite"),
        (pen.KSupport(2), "auto", "alpha_max was asked for, which is infinite"),
        (pen.MCP(), sol.AcceleratedProximalGradient(momentum="x"), "momentum is 'x'"),
        (pen.MCP(), sol.AcceleratedProximalGradient(restart="x"), "restart is 'x'"),
        (pen.L0(), sol.IHT(0), "n_nonzero is 0"),
        (pen.MCP(), sol.LLA(0), "n_steps is 0"),
    ],
)
def test_impossible_combinations_are_refused_with_a_sentence(penalty, solver, sentence):
    X, y = make_regression(30, 5, k=2)
    with pytest.raises(ValueError, match=sentence):
        SparseRegressor(penalty=penalty, solver=solver).fit(X, y)


def test_hard_thresholding():
    X, y = make_regression(100, 30, k=5, noise=0.1, seed=13)
    model = SparseRegressor(penalty=pen.L0(), solver=sol.IHT(5), max_iter=5000).fit(X, y)
    assert (model.coef_ != 0).sum() == 5
    assert_certified(model, X, y)
    on = model.coef_ != 0
    ols = np.linalg.lstsq(np.c_[np.ones(100), X[:, on]], y, rcond=None)[0]
    np.testing.assert_allclose(model.coef_[on], ols[1:], atol=1e-6)
    assert (np.diff(model.objective_path_) <= 1e-12 * model.objective_path_[0]).all()
    priced = SparseRegressor(penalty=pen.L0(), solver=sol.IHT(), alpha="0.1max", max_iter=5000).fit(X, y)
    assert_certified(priced, X, y)
    greedy = SparseRegressor(penalty=pen.L0(), alpha="0.1max").fit(X, y)
    assert greedy.alpha_max_ == pytest.approx(priced.alpha_max_)


def test_best_subset_is_found_on_an_easy_problem():
    """Brute force over all subsets of 8 features."""
    from itertools import combinations

    X, y = make_regression(60, 8, k=3, noise=0.3, seed=14)
    Xs, yc = (X - X.mean(axis=0)) / X.std(axis=0), y - y.mean()
    model = SparseRegressor(penalty=pen.L0(), alpha="0.02max").fit(X, y)
    best = min(
        0.5 * np.mean((yc - Xs[:, s] @ np.linalg.lstsq(Xs[:, s], yc, rcond=None)[0]) ** 2) + model.alpha_ * len(s)
        for k in range(1, 9)
        for s in map(list, combinations(range(8), k))
    )
    assert model.solver_report_.objective == pytest.approx(best, rel=1e-9)


def test_lla_steps():
    X, y = make_regression(80, 20, k=5, seed=15)
    one = SparseRegressor(penalty="scad", alpha="0.1max", solver=sol.LLA(1), standardize=False).fit(X, y)
    lasso = SparseRegressor(alpha=one.alpha_, tol=1e-13).fit(X, y)
    np.testing.assert_allclose(one.coef_, lasso.coef_, atol=1e-6)
    full = SparseRegressor(penalty="scad", alpha="0.1max", solver=sol.LLA(), standardize=False).fit(X, y)
    assert_certified(full, X, y)
    assert full.solver_report_.objective <= one.solver_report_.objective


# ------------------------------------------------------------------------------------------------------------ traps


def test_columns_flatter_than_the_penalty_jump_and_are_named():
    X, y = make_regression(80, 6, k=3, seed=16)
    X[:, 2] *= 1e-3
    with pytest.warns(UserWarning, match=r"along 1 of 6 columns \(x2\).*concavity 0.333"):
        model = SparseRegressor(penalty="mcp", alpha=0.05, standardize=False).fit(X, y)
    assert model.solver_report_.converged
    assert_certified(model, X, y)
    assert_never_increases(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SparseRegressor(penalty="mcp", alpha=0.05).fit(X, y)  # standardized by default


def test_objective_never_increases_on_flat_columns():
    rng = np.random.default_rng(17)
    X, y = make_regression(60, 15, k=5, seed=17)
    X *= 10.0 ** rng.uniform(-3, 1, 15)
    for penalty in (pen.MCP(), pen.SCAD(), pen.LogSum(eps=0.1), pen.L0(), pen.Lp()):
        for engine in ("gram", "residual"):
            solver = sol.GreedyBCD(engine=engine, continuation=1.0)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="The loss has curvature")
                model = SparseRegressor(penalty=penalty, alpha=0.05, standardize=False, solver=solver).fit(X, y)
            assert (np.diff(model.objective_path_) <= 1e-12 * model.objective_path_[0]).all()
            assert_certified(model, X, y)


def test_constant_and_duplicate_columns():
    X, y = make_regression(60, 8, k=3, seed=18)
    X[:, 1], X[:, 3] = 0.0, 5.0
    wide = np.asfortranarray(np.hstack([X, X]))
    for penalty in (pen.MCP(), pen.SCAD(), pen.L0(), pen.LogSum(eps=0.5)):
        for solver in (sol.GreedyBCD(), sol.AcceleratedProximalGradient()):
            single = SparseRegressor(penalty=penalty, alpha="0.1max", solver=solver, max_iter=20000).fit(X, y)
            assert single.coef_[1] == single.coef_[3] == 0.0
            double = SparseRegressor(penalty=penalty, alpha=single.alpha_, solver=solver, max_iter=20000).fit(wide, y)
            assert_certified(double, wide, y)
            assert np.isfinite(double.coef_).all()
            assert double.solver_report_.objective <= single.solver_report_.objective * (1 + 0.2)


@pytest.mark.filterwarnings("ignore:The loss has curvature")
def test_alpha_max_gives_exact_zeros_and_just_below_does_not():
    X, y = make_regression(60, 15, k=5, seed=19)
    for name, penalty in SEPARABLE.items():
        if name in ("box", "mcp-weights", "scad-multiply"):
            continue
        top = SparseRegressor(penalty=penalty, alpha="0.5max").fit(X, y).alpha_max_
        with pytest.warns(UserWarning, match="All coefficients are zero"):
            assert not SparseRegressor(penalty=penalty, alpha=top * (1 + 1e-12)).fit(X, y).coef_.any(), name
        assert SparseRegressor(penalty=penalty, alpha=top * 0.99).fit(X, y).coef_.any(), name


def test_strength_zero_is_least_squares():
    X, y = make_regression(60, 8, k=3, seed=20)
    ols = np.linalg.lstsq(np.c_[np.ones(60), X], y, rcond=None)[0][1:]
    for penalty in (pen.MCP(), pen.SCAD(), pen.L0(), pen.Lp(), pen.LogSum(), pen.CappedL1()):
        for solver in (sol.GreedyBCD(), sol.AcceleratedProximalGradient()):
            model = SparseRegressor(penalty=penalty, alpha=0.0, solver=solver, max_iter=20000).fit(X, y)
            np.testing.assert_allclose(model.coef_, ols, atol=1e-6)


def test_column_order_changes_the_optimum_little():
    X, y = make_regression(60, 120, k=5, seed=21)
    order = np.random.default_rng(0).permutation(120)
    a = SparseRegressor(penalty="mcp").fit(X, y).solver_report_.objective
    b = SparseRegressor(penalty="mcp").fit(np.asfortranarray(X[:, order]), y).solver_report_.objective
    assert a == pytest.approx(b, rel=0.02)


def test_separable_data_end_with_a_warning_and_finite_coefficients():
    """MCP leaves large coefficients unpenalised, so that perfectly separated classes have no finite optimum."""
    X, y = make_classification(60, 10, seed=22)
    y = (X[:, 0] > np.median(X[:, 0])).astype(int)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The loss has curvature")
        with pytest.warns(ConvergenceWarning, match="did not converge"):
            model = SparseClassifier(penalty=pen.MCP(gamma=1.5), alpha="0.05max", max_iter=50, tol=1e-14).fit(X, y)
    assert np.isfinite(model.coef_).all()


def test_float32_data_give_the_coefficients_of_float64():
    X, y = make_regression(80, 20, k=5, seed=23)
    X32 = np.asfortranarray(X, dtype=np.float32)
    for solver in (sol.GreedyBCD(), sol.AcceleratedProximalGradient()):
        model = SparseRegressor(penalty="mcp", solver=solver, max_iter=20000).fit(X32, y)
        assert model.coef_.dtype == np.float64
        assert model.predict(X32).dtype == np.float32
        double = SparseRegressor(penalty="mcp", solver=solver, max_iter=20000).fit(X, y)
        np.testing.assert_allclose(model.coef_, double.coef_, atol=1e-4)


def test_layouts_agree_and_nothing_is_written():
    X, y = make_regression(60, 20, k=5, seed=24)
    X.flags.writeable = False
    reference = SparseRegressor(penalty="scad").fit(X, y).coef_
    padded = np.zeros((120, 40))
    padded[::2, ::2] = X
    for data in (np.ascontiguousarray(X), padded[::2, ::2], X[:, ::-1], sparse.csc_array(X), sparse.csr_array(X)):
        coef = SparseRegressor(penalty="scad").fit(data, y).coef_
        coef = coef[::-1] if data is not X and not sparse.issparse(data) and data.strides[1] < 0 else coef
        np.testing.assert_allclose(coef, reference, atol=1e-9)


def test_sign_flip_of_scad_middle_zone_is_right():
    """The concave part of SCAD has slope -(|b| - alpha) / (gamma - 1) between its knots; one peer has it positive."""
    X, y = make_regression(80, 3, k=3, seed=25)
    model = SparseRegressor(
        penalty=pen.SCAD(gamma=30.0), alpha="0.1max", solver=sol.AcceleratedProximalGradient(), max_iter=20000
    ).fit(X, y)
    scaled = np.abs(model.coef_ * X.std(axis=0))
    assert ((scaled > model.alpha_) & (scaled < 30 * model.alpha_)).any()  # the zone in question
    assert_certified(model, X, y)


def test_solvers_stop_on_time_and_on_request():
    X, y = make_regression(200, 400, k=20, seed=26)
    for solver in (sol.AcceleratedProximalGradient(), sol.ProximalCG(), sol.LLA(), sol.GreedyBCD()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = SparseRegressor(
                penalty="mcp", alpha="0.001max", solver=solver, max_time=0.05, max_iter=10**6, tol=1e-16
            ).fit(X, y)
        assert model.solver_report_.seconds < 5.0
        assert np.isfinite(model.coef_).all()


def test_certificate_can_fail():
    X, y = make_regression(60, 10, k=3, seed=27)
    model = SparseRegressor(penalty="mcp").fit(X, y)
    model.coef_ = model.coef_ + 1e-3
    with pytest.raises(AssertionError, match="is not stationary"):
        assert_certified(model, X, y)
    assert certificate(model, X, y).violation > 1e-4


def test_greedy_bcd_beats_its_starts():
    """The path of strengths inside a cold start gives a lower objective than a start at the final strength, mostly."""
    wins = 0
    for seed in range(10):
        X, y = make_regression(50, 100, k=8, seed=seed)
        with_path = SparseRegressor(penalty="mcp", alpha="0.1max").fit(X, y).solver_report_.objective
        cold = SparseRegressor(penalty="mcp", alpha="0.1max", solver=sol.GreedyBCD(continuation=1.0)).fit(X, y)
        wins += with_path <= cold.solver_report_.objective * (1 + 1e-9)
    assert wins >= 6


def test_core_refuses_unknown_names():
    with pytest.raises(ValueError, match="no separable penalty is called"):
        _core.penalty_value("l7", [], 1.0, 0.0, None, False, False, np.ones(2))
