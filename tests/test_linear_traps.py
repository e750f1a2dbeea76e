"""Degenerate, awkward and hostile inputs of the linear estimators; copies, threads, interrupts, callbacks."""

import _thread
import threading
import time
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oracles import make_classification, make_regression
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from pauca import _core
from pauca._sklearn_compat import aligned
from pauca._validation import check_vector
from pauca.linear_model import SparseClassifier, SparseRegressor, path
from pauca.moments import Moments
from pauca.penalties import L1
from pauca.solvers import GreedyBCD


@pytest.mark.parametrize("engine", ["gram", "residual"])
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("standardize", [False, True])
def test_zero_constant_and_near_constant_columns_get_zero(engine, is_sparse, standardize):
    X, y = make_regression(50, 6, k=3)
    X[:, 1] = 0.0
    X[:, 3] = 7.25
    data = sparse.csc_array(X) if is_sparse else X
    model = SparseRegressor(alpha="0.01max", solver=GreedyBCD(engine=engine), standardize=standardize).fit(data, y)
    assert model.coef_[1] == 0.0
    assert model.coef_[3] == 0.0
    assert np.isfinite(model.predict(data)).all()
    without = SparseRegressor(alpha=model.alpha_, standardize=standardize).fit(np.delete(X, [1, 3], axis=1), y)
    np.testing.assert_allclose(np.delete(model.coef_, [1, 3]), without.coef_, atol=1e-6)


def test_near_constant_column_is_harmless():
    X, y = make_regression(50, 5, k=3)
    X[:, 2] = 1e8 + 1e-3 * np.random.default_rng(0).standard_normal(50)
    model = SparseRegressor(alpha="0.1max").fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("form", [np.asfortranarray, sparse.csc_array])
@pytest.mark.parametrize("value", [0.0, 7.3, 1e6 / 3])
@pytest.mark.parametrize("options", [{}, {"standardize": True}, {"alpha": 0.01}], ids=["plain", "scaled", "number"])
def test_constant_data_leave_a_classifier_its_intercept(form, value, options):
    X, y = np.full((25, 3), value), np.r_[np.zeros(13, int), np.ones(12, int)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SparseClassifier(**options).fit(form(X), y)
    assert not model.coef_.any()
    assert model.intercept_[0] == pytest.approx(np.log(12 / 13), abs=1e-10)
    several = SparseClassifier(**options).fit(form(X), np.arange(25) % 3)
    np.testing.assert_allclose(several.predict_proba(X)[0], [9 / 25, 8 / 25, 8 / 25], atol=1e-10)
    assert not several.coef_.any()
    assert several.alpha_max_ == 0.0
    assert several.solver_report_.converged
    assert several.dual_gap_ <= 1e-15


def test_duplicate_columns_share_any_way_but_fit_the_same():
    X, y = make_regression(60, 8, k=4)
    twice = np.asfortranarray(np.hstack([X, X]))
    single = SparseRegressor(alpha=0.05, tol=1e-12).fit(X, y)
    double = SparseRegressor(alpha=0.05, tol=1e-12).fit(twice, y)
    np.testing.assert_allclose(double.predict(twice), single.predict(X), atol=1e-6)
    np.testing.assert_allclose(double.coef_[:8] + double.coef_[8:], single.coef_, atol=1e-6)


def test_one_sample_and_one_feature():
    one = SparseRegressor().fit(np.array([[1.0, 2.0]]), [3.0])
    assert not one.coef_.any()
    assert one.intercept_ == 3.0
    X, y = make_regression(30, 1, k=1)
    assert SparseRegressor().fit(X, y).coef_.shape == (1,)


def test_constant_target_gives_the_null_model():
    X, _ = make_regression(30, 5)
    for value in (0.0, 0.1, 1e6 / 3):
        model = SparseRegressor().fit(X, np.full(30, value))
        assert not model.coef_.any()
        assert model.intercept_ == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("engine", ["gram", "residual"])
@pytest.mark.parametrize("form", [np.asfortranarray, sparse.csc_array])
def test_more_features_than_samples_and_no_penalty(engine, form):
    X, y = make_regression(20, 50)
    model = SparseRegressor(alpha=0.0, solver=GreedyBCD(engine=engine)).fit(form(X), y)
    assert model.solver_report_.converged
    np.testing.assert_allclose(model.predict(X), y, atol=1e-9)
    labels = (y > np.median(y)).astype(int)
    classifier = SparseClassifier(alpha=0.0, solver=GreedyBCD(engine=engine))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # separable classes have no finite optimum
        classifier.fit(form(X), labels)
    assert np.isfinite(classifier.coef_).all()
    assert classifier.score(X, labels) == 1.0


def test_interpolation_without_penalty_warns_or_interpolates():
    X, y = make_regression(20, 50)
    model = SparseRegressor(alpha=1e-10, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert np.abs(model.predict(X) - y).max() < 1e-3


@pytest.mark.parametrize("is_sparse", [False, True])
def test_separable_classes_stay_finite(is_sparse):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    y = (X[:, 0] > 0).astype(int)
    data = sparse.csc_array(X) if is_sparse else X
    model = SparseClassifier(alpha=1e-6).fit(data, y)
    assert np.isfinite(model.coef_).all()
    assert model.score(data, y) == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        free = SparseClassifier(alpha=0.0, max_iter=50).fit(data, y)
    assert np.isfinite(free.coef_).all()


def test_labels_of_any_kind():
    X, y = make_classification()
    reference = SparseClassifier().fit(X, y)
    for labels in (np.where(y == 1, 1, -1), np.where(y == 1, "b", "a"), y.astype(bool), np.where(y == 1, 2.0, 1.0)):
        model = SparseClassifier().fit(X, labels)
        np.testing.assert_array_equal(model.coef_, reference.coef_)
        assert set(np.unique(model.predict(X))) <= set(np.unique(labels))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["X", "sparse X", "y", "sample_weight", "offset"])
def test_non_finite_input_is_refused(bad, where):
    X, y = make_regression(30, 5)
    weight, offset = np.ones(30), np.zeros(30)
    if where == "X":
        X[3, 2] = bad
    elif where == "sparse X":
        X = sparse.csc_array(X)
        X.data[4] = bad
    else:
        {"y": y, "sample_weight": weight, "offset": offset}[where][3] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        SparseRegressor().fit(X, y, sample_weight=weight, offset=offset)


def misaligned(array):
    """The same numbers, one byte off: as arrays come out of a byte stream."""
    order = "F" if array.flags.f_contiguous else "C"
    raw = np.zeros(array.nbytes + 1, dtype=np.uint8)[1:]
    shifted = raw.view(array.dtype).reshape(array.shape, order=order)
    shifted[...] = array
    assert not shifted.flags.aligned
    return shifted


LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, 0), 3, 1)[::2, ::3],
    "reversed": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "column slice of F": lambda X: np.asfortranarray(np.hstack([X, X, X]))[:, X.shape[1] : 2 * X.shape[1]],
    "misaligned": lambda X: misaligned(np.asfortranarray(X)),
    "list": lambda X: X.tolist(),
    "CSC": sparse.csc_array,
    "CSR": sparse.csr_array,
    "COO": sparse.coo_array,
    "CSC matrix": sparse.csc_matrix,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layout_does_not_matter(layout):
    X, y = make_regression(40, 12)
    reference = SparseRegressor(alpha=0.1, tol=1e-12).fit(X, y)
    data = LAYOUTS[layout](X)
    if hasattr(data, "flags"):
        data.flags.writeable = False
    model = SparseRegressor(alpha=0.1, tol=1e-12).fit(data, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-10)


def test_what_reaches_the_core_is_aligned():
    X, y = make_regression(40, 12)
    assert aligned(X) is X
    moved = aligned(misaligned(np.asfortranarray(X)))
    assert moved.flags.aligned
    assert moved.flags.f_contiguous
    np.testing.assert_array_equal(moved, X)
    S = sparse.csc_array(X)
    S.data = misaligned(S.data)
    assert aligned(S).data.flags.aligned
    assert not S.data.flags.aligned  # the caller's matrix stays as it was
    assert check_vector("offset", misaligned(y), 40).flags.aligned
    factor = Moments().update(misaligned(X), misaligned(y), misaligned(np.ones(40))).factor_
    np.testing.assert_array_equal(factor, Moments().update(X, y, np.ones(40)).factor_)


def test_memory_map(tmp_path):
    X, y = make_regression(40, 12)
    path = tmp_path / "X.bin"
    X.T.tofile(path)  # F order on disk
    mapped = np.memmap(path, dtype=np.float64, mode="r", shape=X.shape, order="F")
    np.testing.assert_array_equal(SparseRegressor().fit(mapped, y).coef_, SparseRegressor().fit(X, y).coef_)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool, np.float16, np.float32])
def test_dtypes(dtype):
    rng = np.random.default_rng(0)
    X = (rng.random((60, 8)) * 3 - (dtype is bool)).round().clip(0).astype(dtype)
    y = X.astype(float) @ np.arange(8.0) + rng.standard_normal(60)
    model = SparseRegressor(alpha=0.05).fit(X, y)
    reference = SparseRegressor(alpha=0.05).fit(X.astype(np.float64), y)
    assert model.coef_.dtype == np.float64
    assert model.predict(X).dtype == (np.float32 if dtype == np.float32 else np.float64)
    np.testing.assert_allclose(model.coef_, reference.coef_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_indices_unsorted_duplicated_explicit_zeros(index, dtype):
    X, y = make_regression(40, 15, density=0.3)
    X = sparse.csc_matrix(X.astype(dtype))
    reference = SparseRegressor(alpha=0.02).fit(X, y)
    shuffled = X.copy()
    for j in range(15):
        part = slice(shuffled.indptr[j], shuffled.indptr[j + 1])
        order = np.random.default_rng(j).permutation(shuffled.indices[part].size)
        shuffled.indices[part] = shuffled.indices[part][order]
        shuffled.data[part] = shuffled.data[part][order]
    coo = X.tocoo()
    doubled = sparse.csc_matrix(X.shape, dtype=dtype)
    doubled.indptr = (2 * X.indptr).astype(index)
    doubled.indices = np.repeat(X.indices, 2).astype(index)
    doubled.data = np.repeat(X.data / 2, 2)
    zeros = sparse.csc_matrix(
        (np.append(coo.data, [0.0, 0.0]).astype(dtype), (np.append(coo.row, [0, 1]), np.append(coo.col, [0, 0]))),
        X.shape,
    )
    for data in (shuffled, doubled, zeros):
        data.indices, data.indptr = data.indices.astype(index), data.indptr.astype(index)
        before = data.copy()
        model = SparseRegressor(alpha=0.02).fit(data, y)
        np.testing.assert_allclose(model.coef_, reference.coef_, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(before.data, data.data)
        np.testing.assert_array_equal(before.indices, data.indices)


def _peak_bytes(fit) -> int:
    fit()  # imports and caches
    tracemalloc.start()
    fit()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_copies_are_as_promised():
    X, y = make_regression(2000, 500)
    model = SparseRegressor(alpha="0.5max")
    before = X.copy()
    assert _peak_bytes(lambda: model.fit(X, y)) < 0.25 * X.nbytes  # F order: none
    rows = np.ascontiguousarray(X)
    peak = _peak_bytes(lambda: model.fit(rows, y))
    assert X.nbytes <= peak < 1.25 * X.nbytes  # C order: exactly one
    columns = sparse.random(2000, 4000, 0.05, format="csc", random_state=0)
    assert _peak_bytes(lambda: model.fit(columns, y)) < 0.25 * columns.data.nbytes  # CSC: none
    tall = np.ascontiguousarray(np.tile(X[:, :40], (20, 1)))
    target = np.tile(y, 20)
    assert _peak_bytes(lambda: Moments().update(tall, target)) < 0.25 * tall.nbytes  # tall C order: none
    np.testing.assert_array_equal(X, before)


def test_clones_in_threads_give_the_sequential_answer():
    X, y = make_regression(300, 400, k=20)
    labels = (y > np.median(y)).astype(int)
    models = [SparseRegressor(alpha=f"{f}max") for f in (0.05, 0.1, 0.2, 0.4)]
    models += [SparseClassifier(alpha=f"{f}max") for f in (0.05, 0.1, 0.2, 0.4)]

    def fit(model):
        target = labels if isinstance(model, SparseClassifier) else y
        return clone(model).fit(X, target).coef_

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, models))
    for one, other in zip(together, map(fit, models), strict=True):
        np.testing.assert_array_equal(one, other)


def _long_fit() -> tuple[SparseRegressor, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((2500, 6000)))
    return SparseRegressor(alpha="0.0001max", tol=0.0, max_iter=100_000), X, rng.standard_normal(2500)


def _interrupted_after(model, X, y):
    """Seconds from Ctrl-C to the end of the fit."""
    sent = []

    def interrupt():
        sent.append(time.perf_counter())
        _thread.interrupt_main()

    timer = threading.Timer(1.0, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert not hasattr(model, "coef_")
    return time.perf_counter() - sent[0]


def test_keyboard_interrupt_stops_at_once_and_leaves_nothing():
    fit = _long_fit()
    assert any(_interrupted_after(*fit) < 0.1 for _ in range(3))  # a busy machine may hold one of them up


def _moments_interrupted_after():
    """Seconds that the moments of a design of 32 GB still run after an interrupt."""
    column = np.random.default_rng(0).standard_normal(20_000)
    many = np.lib.stride_tricks.as_strided(column, (column.size, 200_000), (8, 0))  # the same one, again and again
    design = _core.dense_design(many)
    sent = []

    def interrupt():
        sent.append(time.perf_counter())
        _thread.interrupt_main()

    timer = threading.Timer(0.3, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        _core.column_moments(design, np.full(column.size, 1.0 / column.size))
    return time.perf_counter() - sent[0]


def test_moments_of_a_huge_design_can_be_interrupted():
    found = [_moments_interrupted_after() for _ in range(3)]
    assert min(found) < 0.1
    assert max(found) < 0.3  # a busy machine may hold one of them up


def test_max_time_warns_with_a_certificate():
    model, X, y = _long_fit()
    model.set_params(max_time=0.3)
    with pytest.warns(ConvergenceWarning, match=r"max_time after .* Increase max_time \(now 0.3 s\)"):
        model.fit(X, y)
    assert model.solver_report_.status == "max_time"
    assert np.isfinite(model.dual_gap_)
    assert model.dual_gap_ > 0


def test_gil_is_released():
    model, X, y = _long_fit()
    model.set_params(max_time=0.6)
    ticks = 0
    with pytest.warns(ConvergenceWarning), ThreadPoolExecutor(1) as pool:
        future = pool.submit(model.fit, X, y)
        while not future.done():
            ticks += 1
            time.sleep(0.001)
        future.result()
    assert ticks > 50


def test_scikit_learn_callbacks():
    callback = pytest.importorskip("sklearn.callback") if _has_callbacks() else None
    if callback is None:
        model = SparseRegressor()
        assert not hasattr(model, "set_callbacks")
        return
    seen = []

    class StopAfterThree:
        def setup(self, estimator, context):
            seen.append("setup")

        def teardown(self, estimator, context):
            seen.append("teardown")

        def on_fit_task_begin(self, estimator, context, **kwargs):
            seen.append(f"begin {context.task_name}")

        def on_fit_task_end(self, estimator, context, **kwargs):
            seen.append(f"end {context.task_name}")
            return sum(s == "end iteration" for s in seen) == 3

    X, y = make_regression(200, 400, k=30)
    model = SparseRegressor(alpha="0.001max", tol=1e-14).set_callbacks(StopAfterThree())
    model.fit(X, y)
    assert seen[0] == "setup"
    assert seen[-1] == "teardown"
    assert seen.count("end iteration") == 3
    assert model.solver_report_.status == "stopped"
    assert np.isfinite(model.coef_).all()


def _has_callbacks() -> bool:
    from pauca._sklearn_compat import HAS_CALLBACKS

    return HAS_CALLBACKS


def test_verbose_shows_a_bar_and_silence_is_the_default(capfd):
    X, y = make_regression()
    SparseRegressor().fit(X, y)
    assert capfd.readouterr() == ("", "")
    SparseRegressor(verbose=1).fit(X, y)
    assert "SparseRegressor" in capfd.readouterr().err


def test_weights_all_excluded():
    X, y = make_regression(30, 4, k=2)
    model = SparseRegressor(penalty=L1(weights=np.full(4, np.inf)), alpha=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(X, y)
    assert not model.coef_.any()
    assert model.intercept_ == pytest.approx(y.mean())


@pytest.mark.parametrize("penalty", ["mcp", L1(weights=[0.0, 1.0, 1.0, 1.0])])
def test_a_constant_column_is_the_intercept_where_there_is_none(penalty):
    """Standardised by its size: it has no deviation. Rows, a factor of them, moments and a path agree."""
    rng = np.random.default_rng(0)
    X = np.column_stack([np.full(100, 2.0), rng.standard_normal((100, 3))])
    y = 10.0 + X[:, 1] + 0.1 * rng.standard_normal(100)
    options = {"penalty": penalty, "standardize": True, "fit_intercept": False}
    model = SparseRegressor(alpha=0.01, **options).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.coef_[0] == pytest.approx(5.0, abs=0.05)
    by_moments = SparseRegressor(alpha=0.01, **options).fit_moments(Moments().update(X, y))
    np.testing.assert_allclose(by_moments.coef_, model.coef_, atol=1e-7)
    found = path(X, y, alphas=[0.5, 0.01], **options)
    np.testing.assert_allclose(found.coefs_[:, [1]].toarray()[:, 0], model.coef_, atol=1e-6)
