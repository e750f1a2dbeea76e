"""Numeric traps of nonconvex and structured penalties, one test each."""

import _thread
import pickle
import threading
import time
import warnings

import numpy as np
import pytest
from oracles import make_classification, make_regression, make_survival
from penalty_checks import CLOSED_THRESHOLD, SCALAR, jump, scalar_value
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import KFold

from pauca import assert_certified
from pauca import losses as los
from pauca import penalties as pen
from pauca import solvers as sol
from pauca.linear_model import SparseClassifier, SparseClassifierCV, SparseCoxRegressor, SparseRegressor, path
from pauca.screening import mutual_information

NONCONVEX = (pen.MCP(), pen.SCAD())


def quiet(model, *data, **options):
    """Fit without the warnings that a degenerate case is right to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(*data, **options)


@pytest.mark.parametrize("name", sorted(set(SCALAR) - {"box"}))
def test_trap_prox_at_thresholds_and_special_values(name):
    """Both neighbours of the threshold for t rho < 1, = 1, > 1; zeros, infinity, NaN; odd, monotone, shrinking."""
    penalty = SCALAR[name]
    bend = penalty._concavity(penalty.alpha)
    limit = 1.0 / bend if 0.0 < bend < np.inf else 1.0
    v = np.concatenate([np.linspace(-4, 4, 321), [0.0, -0.0]])
    for step in (0.5 * limit, np.nextafter(limit, 0.0), limit, np.nextafter(limit, np.inf), 1.7 * limit, 5.0 * limit):
        x = penalty.prox(v, step)
        assert np.isfinite(x).all()  # 1 - t rho = 0 divides nothing
        assert (np.abs(x) <= np.abs(v) * (1 + 1e-15)).all()
        assert (np.diff(x[:321]) >= -1e-14).all()
        assert (x[321:] == 0.0).all()
        if not penalty.nonnegative:
            np.testing.assert_array_equal(penalty.prox(-v, step), -x)
        at = jump(penalty, step)
        if name in CLOSED_THRESHOLD:
            assert at == pytest.approx(CLOSED_THRESHOLD[name](penalty, step), rel=1e-14)
        for near in (np.nextafter(at, 0.0), at, np.nextafter(at, np.inf)):
            found = penalty.prox([near], step)[0]
            for other in (0.0, near):  # at a tie either is right
                mine, theirs = (
                    step * scalar_value(penalty, np.array([z]))[0] + (z - near) ** 2 / 2 for z in (found, other)
                )
                assert mine <= theirs * (1 + 1e-12) + 1e-15
        assert np.isnan(penalty.prox([np.nan], step)[0])
        assert penalty.prox([np.inf], step)[0] == np.inf or penalty.ridge > 0 or name == "elasticnet"
        assert penalty.prox(np.float32([0.3, 3.0]), step).dtype == np.float32
    free = clone(penalty, safe=False).set_params(alpha=0.0)
    np.testing.assert_array_equal(free.prox([0.3, 3.0], 9.0), [0.3, 3.0])
    X, y = make_regression(20, 4, k=2)
    with pytest.raises(ValueError, match="NaN"):
        SparseRegressor(penalty=penalty).fit(np.where(np.eye(20, 4) > 0, np.nan, X), y)


@pytest.mark.parametrize("penalty", NONCONVEX, ids=repr)
def test_trap_columns_flatter_than_the_penalty(penalty):
    """Curvature below the concavity: a warning that names the columns, jumps, and an objective that never increases."""
    X, y = make_regression(80, 8, k=4, seed=1)
    X[:, ::2] *= 1e-3
    for engine in ("gram", "residual"):
        model = SparseRegressor(
            penalty=penalty, alpha=0.02, standardize=False, solver=sol.GreedyBCD(engine=engine, continuation=1.0)
        )
        with pytest.warns(UserWarning, match="along 4 of 8 columns"):
            model.fit(X, y)
        assert (np.diff(model.objective_path_) <= 1e-12 * model.objective_path_[0]).all()
        assert_certified(model, X, y)


@pytest.mark.parametrize("penalty", NONCONVEX, ids=repr)
def test_trap_zero_constant_near_constant_and_duplicated_columns(penalty):
    X, y = make_regression(60, 8, k=3, seed=2)
    X[:, 1], X[:, 3] = 0.0, 7.0
    X[:, 4] = 1e8 + 1e-3 * np.random.default_rng(0).standard_normal(60)
    model = quiet(SparseRegressor(penalty=penalty, alpha="0.1max"), X, y)
    assert model.coef_[1] == model.coef_[3] == 0.0
    assert np.isfinite(model.coef_).all()
    X = np.delete(X, 4, axis=1)
    single = SparseRegressor(penalty=penalty, alpha="0.1max").fit(X, y)
    double = SparseRegressor(penalty=penalty, alpha=single.alpha_).fit(np.hstack([X, X]), y)
    assert_certified(double, np.hstack([X, X]), y)
    assert double.solver_report_.objective <= single.solver_report_.objective * (1 + 0.05)
    # of duplicates the lasso identifies the sum
    lasso, twice = (SparseRegressor(alpha=0.1, tol=1e-12).fit(a, y) for a in (X, np.hstack([X, X])))
    np.testing.assert_allclose(twice.coef_[:7] + twice.coef_[7:], lasso.coef_, atol=1e-7)
    wide, y = make_regression(60, 150, k=6, seed=3)
    order = np.random.default_rng(0).permutation(150)
    a, b = (SparseRegressor(penalty=penalty).fit(z, y).solver_report_.objective for z in (wide, wide[:, order]))
    assert a == pytest.approx(b, rel=0.03)  # another local optimum, in the same band


def test_trap_strength_zero_the_largest_strength_and_lists_of_strengths():
    X, y = make_regression(60, 8, k=3, seed=4)
    ols = np.linalg.lstsq(np.c_[np.ones(60), X], y, rcond=None)[0][1:]
    wide, z = make_regression(20, 60, k=3, seed=4)
    for penalty in (*NONCONVEX, pen.L1()):
        np.testing.assert_allclose(SparseRegressor(penalty=penalty, alpha=0.0).fit(X, y).coef_, ols, atol=1e-8)
        model = quiet(SparseRegressor(penalty=penalty, alpha=0.0), wide, z)
        assert np.abs(z - model.predict(wide)).max() < 1e-3
        top = SparseRegressor(penalty=penalty, alpha="0.5max").fit(X, y).alpha_max_
        for alpha in (top, top * (1 + 1e-12), 10 * top):
            assert not quiet(SparseRegressor(penalty=penalty, alpha=alpha), X, y).coef_.any()
    mixed = path(X, y, alphas=[0.1, 0.5, 0.1, 0.3])
    assert mixed.alphas_.tolist() == [0.5, 0.3, 0.1]  # sorted, without repetitions
    np.testing.assert_allclose(mixed.coef(0.1), SparseRegressor(alpha=0.1, tol=1e-12).fit(X, y).coef_, atol=1e-6)
    with pytest.raises(ValueError, match="alphas: got"):
        path(X, y, alphas=[0.1, -0.1])


def test_trap_interpolation_and_criteria():
    """More features than samples and no noise: residuals vanish, criteria stay finite or plus infinity, never minus."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((30, 90))
    y = X[:, 0] - 2 * X[:, 1]
    for penalty in (*NONCONVEX, pen.L1(), pen.L0()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            p = path(X, y, penalty=penalty, alphas=30, eps=1e-6)
        for criterion in ("aic", "bic", "ebic", "gic"):
            values = p.information_criterion(criterion)
            assert not np.isnan(values).any()
            assert (values > -np.inf).all()
            assert (values[p.df_ + 1 >= 30] == np.inf).all()
            assert p.df_[p.select(criterion)] < 30


def test_trap_separable_classes_one_class_and_labels():
    X, y = make_classification(60, 10, seed=6)
    apart = (X[:, 0] > np.median(X[:, 0])).astype(int)
    for penalty, alpha in ((pen.MCP(gamma=1.5), "0.05max"), (pen.L1(), 0.0)):
        model = SparseClassifier(penalty=penalty, alpha=alpha, max_iter=40, tol=1e-14)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The loss has curvature")
            with pytest.warns(ConvergenceWarning, match=r"did not converge|are separable"):
                model.fit(X, apart)
        assert np.isfinite(model.coef_).all()
    with pytest.raises(ValueError, match="class"):
        SparseClassifier(penalty="mcp").fit(X, np.ones(60))
    reference = quiet(SparseClassifier(penalty="mcp", alpha="0.3max"), X, y).coef_
    for labels in (2 * y - 1, np.array(["no", "yes"])[y], y.astype(bool), y.astype(np.uint8)):
        model = quiet(SparseClassifier(penalty="mcp", alpha="0.3max"), X, labels)
        np.testing.assert_array_equal(model.coef_, reference)
        assert set(model.predict(X)) <= set(labels)


@pytest.mark.parametrize("penalty", NONCONVEX, ids=repr)
def test_trap_weights_offsets_and_overflow(penalty):
    X, y = make_regression(40, 6, k=3, seed=7)
    counts = np.random.default_rng(7).integers(0, 4, 40)
    model = SparseRegressor(penalty=penalty, alpha=0.1, tol=1e-12)
    weighted = clone(model).fit(X, y, sample_weight=counts)
    repeated = clone(model).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    dropped = clone(model).fit(X[counts > 0], y[counts > 0], sample_weight=counts[counts > 0])
    scaled = clone(model).fit(X, y, sample_weight=1e6 * counts)
    for other in (repeated, dropped, scaled):
        np.testing.assert_allclose(other.coef_, weighted.coef_, atol=1e-7)
    for bad in (np.zeros(40), -np.ones(40), np.r_[-1.0, np.ones(39)]):
        with pytest.raises(ValueError, match="[Ss]ample.weight"):
            clone(model).fit(X, y, sample_weight=bad)
    known = 3.0 * X[:, 5]
    np.testing.assert_allclose(
        clone(model).fit(X, y, offset=known).coef_, clone(model).fit(X, y - known).coef_, atol=1e-7
    )
    for target, design in ((np.full(40, 1e9), X), (np.r_[1e9, np.ones(39)], 100.0 * X), (np.ones(40), 1e3 * X)):
        huge = quiet(SparseRegressor("poisson", penalty=penalty, alpha="0.1max", max_iter=50), design, target)
        assert np.isfinite(huge.coef_).all()
        assert np.isfinite(huge.intercept_)
    with pytest.raises(ValueError, match="y"):
        SparseRegressor("poisson", penalty=penalty).fit(X, np.r_[-1.0, np.ones(39)])


@pytest.mark.parametrize("penalty", NONCONVEX, ids=repr)
def test_trap_non_finite_input_and_dtypes(penalty):
    X, y = make_regression(40, 6, k=3, seed=8)
    model = SparseRegressor(penalty=penalty, alpha="0.2max")
    for bad in (np.nan, np.inf, -np.inf):
        hole = X.copy()
        hole[3, 2] = bad
        broken = y.copy()
        broken[3] = bad
        for data, options in (((hole, y), {}), ((X, broken), {}), ((X, y), {"sample_weight": broken})):
            with pytest.raises(ValueError, match=r"NaN|[Ii]nf"):
                clone(model).fit(*data, **options)
    whole = np.clip(np.round(40 * X + 120), 0, 250)  # beyond int8's range once centred, beyond uint8's below zero
    reference = clone(model).fit(whole, y).coef_
    for dtype in (np.uint8, np.int16, np.int64):
        np.testing.assert_allclose(clone(model).fit(whole.astype(dtype), y).coef_, reference, rtol=1e-9)
    small = np.round(X).astype(np.int8)
    np.testing.assert_allclose(clone(model).fit(small, y).coef_, clone(model).fit(small.astype(float), y).coef_)
    assert np.isfinite(clone(model).fit(X > 0, y).coef_).all()
    single = clone(model).fit(X.astype(np.float32), y)
    assert single.coef_.dtype == np.float64
    np.testing.assert_allclose(single.coef_, clone(model).fit(X, y).coef_, atol=1e-4)
    assert clone(model).fit(X.astype(np.float16), y).coef_.dtype == np.float64


@pytest.mark.parametrize("penalty", NONCONVEX, ids=repr)
def test_trap_memory_layouts_and_tiny_shapes(penalty, tmp_path):
    X, y = make_regression(40, 12, k=3, seed=9)
    model = SparseRegressor(penalty=penalty, alpha="0.2max", tol=1e-12)
    reference = clone(model).fit(X, y).coef_
    padded = np.full((80, 24), np.nan)
    padded[::2, ::2] = X
    frozen = X.copy()
    frozen.flags.writeable = False
    mapped = np.memmap(tmp_path / "X.bin", dtype=float, mode="w+", shape=X.shape, order="F")
    mapped[:] = X
    mapped.flush()
    mapped = np.memmap(tmp_path / "X.bin", dtype=float, mode="r", shape=X.shape, order="F")
    for data in (np.ascontiguousarray(X), np.asfortranarray(X), padded[::2, ::2], X[::-1][::-1], frozen, mapped):
        before = np.array(data)
        np.testing.assert_allclose(clone(model).fit(data, y).coef_, reference, atol=1e-10)
        np.testing.assert_array_equal(data, before)
    np.testing.assert_allclose(clone(model).fit(X[::-1, ::-1], y[::-1]).coef_[::-1], reference, atol=1e-8)
    for empty in (np.empty((0, 3)), np.empty((3, 0))):
        with pytest.raises(ValueError, match="minimum of 1 is required"):
            clone(model).fit(empty, np.zeros(len(empty)))
    with pytest.raises(ValueError, match="2D array"):
        clone(model).fit(X[:, 0], y)
    one = quiet(clone(model).set_params(alpha=0.1), X[:1], y[:1])
    assert not one.coef_.any()
    assert one.intercept_ == pytest.approx(y[0])
    assert np.isfinite(clone(model).fit(X[:, :1], y).coef_).all()
    with pytest.warns(DataConversionWarning):
        column = clone(model).fit(X, y[:, None])
    np.testing.assert_array_equal(column.coef_, reference)


@pytest.mark.parametrize("penalty", NONCONVEX, ids=repr)
def test_trap_sparse_formats_and_implicit_centring(penalty):
    X, y = make_regression(50, 12, k=3, seed=10, density=0.3)
    X = X.toarray() if sparse.issparse(X) else X
    model = SparseRegressor(penalty=penalty, alpha="0.2max", tol=1e-12)
    reference = clone(model).fit(X, y)
    csc = sparse.csc_array(X)
    long = csc.copy()
    long.indices, long.indptr = long.indices.astype(np.int64), long.indptr.astype(np.int64)
    zeros = csc.copy()
    zeros.data[:3] = 0.0  # explicit zeros
    rows, cols = X.nonzero()
    half = 0.5 * X[rows, cols]
    doubled = sparse.coo_array((np.r_[half, half], (np.r_[rows, rows], np.r_[cols, cols])), shape=X.shape)
    shuffled = csc.copy()
    for j in range(12):
        a, b = shuffled.indptr[j : j + 2]
        shuffled.indices[a:b], shuffled.data[a:b] = shuffled.indices[a:b][::-1], shuffled.data[a:b][::-1]
    shuffled.has_sorted_indices = False
    for data in (csc, sparse.csr_array(X), sparse.coo_array(X), long, doubled, shuffled):
        fitted = clone(model).fit(data, y)
        np.testing.assert_allclose(fitted.coef_, reference.coef_, atol=1e-9)
        assert fitted.intercept_ == pytest.approx(reference.intercept_, abs=1e-9)
    np.testing.assert_allclose(clone(model).fit(zeros, y).coef_, clone(model).fit(zeros.toarray(), y).coef_, atol=1e-9)


def test_trap_groups_slope_and_k_support():
    X, y = make_regression(60, 8, k=3, seed=11)
    v = np.random.default_rng(0).normal(0, 2, 8)
    for scalar, group in ((pen.L1, pen.GroupL2), (pen.MCP, pen.GroupMCP), (pen.SCAD, pen.GroupSCAD)):
        np.testing.assert_allclose(group(None, 0.6).prox(v, 0.9), scalar(0.6).prox(v, 0.9), atol=1e-14)
    for groups, message in (([[0, 1], []], "is empty"), ([[0, 1], [1, 2]], "two groups")):
        with pytest.raises(ValueError, match=message):
            SparseRegressor(penalty=pen.GroupL2(groups)).fit(X[:, :3], y)
    flat = X.copy()
    flat[:, 1] = flat[:, 0]  # a group of rank one
    for penalty in (pen.GroupL2(np.arange(8) // 2), pen.GroupMCP(np.arange(8) // 2), pen.GroupSCAD(np.arange(8) // 2)):
        model = SparseRegressor(penalty=penalty, alpha="0.2max", max_iter=5000).fit(flat, y)
        assert_certified(model, flat, y)
    np.testing.assert_allclose(pen.Slope(0.5, sequence=np.ones(8)).prox(v), pen.L1(0.5).prox(v), atol=1e-14)
    for k in (8, 80):
        np.testing.assert_allclose(pen.KSupport(k, 0.5).prox(v), v / 1.5, atol=1e-14)
    assert pen.KSupport(1, 0.5).value(v) == pytest.approx(0.25 * np.abs(v).sum() ** 2)
    with pytest.raises(ValueError, match="must be positive"):
        pen.KSupport(1, group_weights=[0.0] * 8).prox(v)
    tied = pen.KSupport(2, 0.5).prox(np.ones(8))
    assert (tied == tied[0]).all()
    tied = pen.Slope(0.5).prox(np.ones(8))
    assert (tied == tied[0]).all()


def test_trap_cox_degenerate_targets_and_a_class_missing_in_a_fold():
    X, y = make_survival(60, 5, seed=12)[:2]
    time_, event = y.T
    model = SparseCoxRegressor(penalty="mcp", alpha="0.2max")
    with pytest.raises(ValueError, match="event"):
        clone(model).fit(X, np.c_[time_, np.zeros(60)])
    tied = quiet(clone(model), X, np.c_[np.ones(60), np.ones(60)])
    single = quiet(clone(model), X, np.c_[time_, np.arange(60) == np.argmin(time_)])
    huge = quiet(clone(model).set_params(standardize=False), 1e4 * X, np.c_[time_, event])
    layers = quiet(clone(model), X, np.c_[time_, event], strata=np.arange(60) % 4)
    for fitted in (tied, single, huge, layers):
        assert np.isfinite(fitted.coef_).all()
    distinct = np.c_[np.argsort(np.argsort(time_ + 1e-6 * np.arange(60))) + 1.0, event]
    breslow, efron = (los.Cox(ties=t).value(distinct, X[:, 0]) for t in ("breslow", "efron"))
    assert breslow == pytest.approx(efron, rel=1e-14)
    labels = np.arange(60) % 2
    labels[:5] = 2  # one fold of an unshuffled split has all of the third class
    scores = quiet(SparseClassifierCV(alphas=4, cv=KFold(3)), X, labels).cv_scores_
    assert np.isfinite(scores).all()


def test_trap_mutual_information():
    rng = np.random.default_rng(13)
    n, r = 5000, 0.6
    y = rng.standard_normal(n)
    linked = r * y + np.sqrt(1 - r**2) * rng.standard_normal(n)
    noise = rng.standard_normal(n)
    X = np.c_[np.ones(n), linked, 3.0 * linked - 7.0, noise, np.round(linked)]
    scores = mutual_information(X, y, bandwidth_factor=0.6)
    assert scores[0] == 0.0  # constant
    sampled = np.corrcoef(linked, y)[0, 1]
    assert scores[1] == pytest.approx(-0.5 * np.log(1 - sampled**2), rel=0.1, abs=0.012)
    assert scores[2] == pytest.approx(scores[1], rel=1e-6)  # affine
    assert scores[3] < 0.02
    assert np.isfinite(scores[4])  # ties
    hole = X.copy()
    hole[::7, 1] = np.nan
    found = mutual_information(hole, y, bandwidth_factor=0.6)
    assert found[1] == pytest.approx(
        mutual_information(X[np.arange(n) % 7 > 0][:, [1]], y[np.arange(n) % 7 > 0], bandwidth_factor=0.6)[0]
    )
    one, two = (mutual_information(X, y, n_jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_trap_accelerated_gradient():
    X, y = make_regression(80, 40, k=6, seed=14)
    fast = sol.AcceleratedProximalGradient()
    for penalty in (*NONCONVEX, pen.L1()):
        model = SparseRegressor(penalty=penalty, alpha="0.1max", solver=fast, max_iter=20000).fit(X, y)
        assert model.objective_path_[-1] <= model.objective_path_[0]
        again = clone(model).fit(X, y)
        np.testing.assert_array_equal(again.coef_, model.coef_)
        low = SparseRegressor(
            penalty=penalty, alpha=model.alpha_, solver=sol.AcceleratedProximalGradient(lipschitz=1e-6), max_iter=20000
        ).fit(X, y)
        assert_certified(low, X, y)  # backtracking finds the step
        with pytest.warns(ConvergenceWarning):
            stopped = clone(model).set_params(max_iter=2, tol=1e-14).fit(X, y)
        assert stopped.n_iter_ == 2
    lasso, exact = (SparseRegressor(alpha=0.1, tol=1e-12, solver=s, max_iter=50000).fit(X, y) for s in (fast, "auto"))
    assert lasso.solver_report_.objective == pytest.approx(exact.solver_report_.objective, rel=1e-8)
    rng = np.random.default_rng(0)
    eta, positive = rng.normal(size=30), rng.uniform(0.2, 3.0, 30)
    targets = {
        "logistic": (eta > 0.3) * 1.0,
        "squared_hinge": (eta > 0.3) * 1.0,
        "cox": np.c_[positive, positive > 0.5],
    }
    kinds = (los.Quadratic, los.Huber, los.Quantile, los.Logistic, los.SquaredHinge, los.Poisson, los.Gamma, los.Cox)
    for loss in (kind() for kind in kinds):
        target = targets.get(loss.core_name, positive)
        slope = loss.gradient(target, eta)
        for i in range(0, 30, 7):
            h = 1e-6 * np.eye(30)[i]
            numeric = (loss.value(target, eta + h) - loss.value(target, eta - h)) / 2e-6
            assert slope[i] == pytest.approx(numeric, abs=1e-6)


def test_trap_scikit_learn_contract():
    X, y = make_regression(60, 20, k=4, seed=15)
    model = SparseRegressor(penalty=pen.SCAD(gamma=3.0), solver=sol.AcceleratedProximalGradient(), max_iter=20000)
    assert clone(model).get_params() == model.get_params()
    first = model.fit(X, y).coef_
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    np.testing.assert_array_equal(model.fit(X, y).coef_, first)
    rng = np.random.default_rng(0)
    big, z = np.asfortranarray(rng.standard_normal((1500, 3000))), rng.standard_normal(1500)
    endless = SparseRegressor(penalty="mcp", alpha="0.001max", tol=0.0, max_iter=10**6, solver=model.solver)
    ticks = []
    thread = threading.Thread(target=lambda: [ticks.append(time.sleep(0.01)) for _ in range(40)])
    timer = threading.Timer(0.8, _thread.interrupt_main)
    thread.start()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        endless.fit(big, z)
    thread.join()
    assert len(ticks) == 40  # the interpreter was free
    assert not hasattr(endless, "coef_")


@pytest.mark.parametrize("cls", [pen.GroupSCAD, pen.GroupMCP])
def test_flat_groups_with_more_columns_than_rows(cls):
    """Nothing bends along the null space there: rounding must not be taken for a curvature. Fits stay of y's size, and
    the objective and the certificate are those of the coefficients."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((27, 36))
        y = X[:, :3].sum(axis=1) + rng.standard_normal(27)
        groups = np.arange(36) // 3 if seed % 2 else rng.integers(0, 11, 36)
        groups = np.unique(groups, return_inverse=True)[1]
        for alpha in (0.003, 0.01, 0.03):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = SparseRegressor(penalty=cls(groups=groups), alpha=alpha).fit(X, y)
            assert np.abs(model.coef_).max() < 100.0
            loss = 0.5 * np.mean((y - model.predict(X)) ** 2)
            penalty = cls(groups=groups, alpha=alpha)
            scale = X.std(axis=0)
            assert model.solver_report_.objective == pytest.approx(loss + penalty.value(model.coef_ * scale), abs=1e-9)
            if model.solver_report_.converged:
                assert_certified(model, X, y)
