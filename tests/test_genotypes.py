"""int8 genotypes: the numbers of an imputed float64 array without the array."""

import pickle
import subprocess
import sys
import tempfile
import textwrap
import tracemalloc
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.model_selection import GridSearchCV, KFold

from pauca.decomposition import NMF
from pauca.design import GenotypeMatrix
from pauca.inference import StabilitySelection, bootstrap_coefficients
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    MultiTaskSparseRegressorCV,
    SparseClassifier,
    SparseClassifierCV,
    SparseCoxRegressor,
    SparseRegressor,
    SparseRegressorCV,
    path,
    paths,
)
from pauca.penalties import L1, MCP, GroupL2
from pauca.screening import MutualInformationScreener
from pauca.solvers import AcceleratedProximalGradient, GreedyBCD

N, P = 250, 150


def imputed(codes, missing=-1):
    """By the definition, column by column."""
    out = codes.astype(np.float64)
    for j in range(codes.shape[1]):
        seen = codes[:, j] != missing
        out[~seen, j] = out[seen, j].mean() if seen.any() else 0.0
    return np.asfortranarray(out)


@pytest.fixture(scope="module")
def codes():
    rng = np.random.default_rng(0)
    codes = np.asfortranarray(rng.binomial(2, rng.uniform(0.1, 0.5, P), (N, P)).astype(np.int8))
    codes[rng.random(codes.shape) < 0.1] = -1
    codes[:, 5] = -1  # nothing observed
    codes[:, 6] = 2  # constant
    codes[::3, 7], codes[1::3, 7], codes[2::3, 7] = 1, 1, -1  # constant where observed
    codes[:, 8:20] = np.abs(codes[:, 8:20])  # nothing missing
    return codes


@pytest.fixture(scope="module")
def data(codes):
    rng = np.random.default_rng(1)
    F = imputed(codes)
    y = F[:, 3] - F[:, 9] + 0.5 * F[:, 60] + rng.standard_normal(N)
    return GenotypeMatrix(codes), F, y, rng.uniform(0.5, 2.0, N)


def same(a, b, tol=1e-8):
    np.testing.assert_allclose(a.coef_, b.coef_, rtol=0, atol=tol)
    np.testing.assert_allclose(a.intercept_, b.intercept_, rtol=0, atol=10 * tol)


REGRESSORS = {
    "lasso": SparseRegressor(),
    "residual engine": SparseRegressor(solver=GreedyBCD(engine="residual")),
    "gram engine": SparseRegressor(solver=GreedyBCD(engine="gram")),
    "rules": SparseRegressor(solver=GreedyBCD(selection="gs-q", update="prox-newton"), max_iter=5000),
    "proximal": SparseRegressor(alpha="0.3max", solver=AcceleratedProximalGradient()),
    "standardized": SparseRegressor(standardize=True),
    "mcp": SparseRegressor(penalty=MCP(), alpha="0.3max"),
    "huber": SparseRegressor(loss="huber"),
    "no intercept": SparseRegressor(fit_intercept=False),
    "group": SparseRegressor(penalty=GroupL2(groups=np.arange(P) // 5)),
}


@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.parametrize("weighted", [False, True])
def test_regressors_fit_what_the_imputed_array_gives(name, weighted, data):
    G, F, y, s = data
    weights = s if weighted else None
    model = REGRESSORS[name].fit(G, y, weights)
    found, predictions = (model.coef_.copy(), model.intercept_), model.predict(G)
    model.fit(F, y, weights)
    np.testing.assert_allclose(found[0], model.coef_, rtol=0, atol=1e-8)
    assert found[1] == pytest.approx(model.intercept_, abs=1e-7)
    np.testing.assert_allclose(predictions, model.predict(F), atol=1e-7)
    assert np.count_nonzero(found[0]) >= 3
    np.testing.assert_allclose(found[0][[5, 6, 7]], 0.0, atol=1e-20)  # constant columns


def test_classifiers_targets_survival(data):
    G, F, y, s = data
    two, four = (y > np.median(y)).astype(int), np.digitize(y, np.quantile(y, [0.3, 0.6]))
    same(SparseClassifier().fit(G, two, s), SparseClassifier().fit(F, two, s))
    same(SparseClassifier().fit(G, four), SparseClassifier().fit(F, four))
    np.testing.assert_allclose(
        SparseClassifier().fit(G, four).predict_proba(G), SparseClassifier().fit(F, four).predict_proba(F), atol=1e-7
    )
    Y = np.column_stack([y, -y + F[:, 80]])
    same(MultiTaskSparseRegressor().fit(G, Y, s), MultiTaskSparseRegressor().fit(F, Y, s))
    rng = np.random.default_rng(3)
    failure = np.column_stack([rng.exponential(np.exp(-y / 2)), rng.random(N) < 0.7])
    np.testing.assert_allclose(
        SparseCoxRegressor().fit(G, failure).coef_, SparseCoxRegressor().fit(F, failure).coef_, atol=1e-8
    )


def test_cross_validation_and_paths(data):
    G, F, y, s = data
    cv = KFold(4, shuffle=True, random_state=0)
    near, far = SparseRegressorCV(alphas=15, cv=cv).fit(F, y, s), SparseRegressorCV(alphas=15, cv=cv).fit(G, y, s)
    np.testing.assert_allclose(far.cv_scores_, near.cv_scores_, atol=1e-8)
    same(far, near)
    two = y > np.median(y)
    same(SparseClassifierCV(alphas=8, cv=3).fit(G, two), SparseClassifierCV(alphas=8, cv=3).fit(F, two))
    Y = np.column_stack([y, -y])
    same(MultiTaskSparseRegressorCV(alphas=8, cv=3).fit(G, Y), MultiTaskSparseRegressorCV(alphas=8, cv=3).fit(F, Y))
    a, b = path(G, y, penalty="mcp", alphas=12), path(F, y, penalty="mcp", alphas=12)
    assert abs(a.coefs_ - b.coefs_).max() < 1e-8
    np.testing.assert_array_equal(a.locally_convex_, b.locally_convex_)
    np.testing.assert_allclose(a.predict(G), b.predict(F), atol=1e-8)
    for one, other in zip(paths(G, Y, alphas=6), paths(F, Y, alphas=6), strict=True):
        assert abs(one.coefs_ - other.coefs_).max() < 1e-8
    grid = {"alpha": ["0.1max", "0.3max"]}
    search = [GridSearchCV(SparseRegressor(), grid, cv=cv).fit(X, y) for X in (G, F)]
    np.testing.assert_allclose(*(s.cv_results_["mean_test_score"] for s in search), atol=1e-8)


def test_resampling(data):
    G, F, y, _ = data
    stable = [StabilitySelection(n_pairs=5, random_state=0).fit(X, y).selection_frequencies_ for X in (G, F)]
    np.testing.assert_array_equal(*stable)
    samples = [bootstrap_coefficients(SparseRegressor(), X, y, n_resamples=5, random_state=0).samples for X in (G, F)]
    np.testing.assert_allclose(*samples, atol=1e-8)


def test_screening_sees_missing_entries_as_missing(data, codes):
    G, _, y, _ = data
    with_nan = np.where(codes == -1, np.nan, codes.astype(float))
    a, b = MutualInformationScreener(k=20).fit(G, y), MutualInformationScreener(k=20).fit(with_nan, y)
    np.testing.assert_array_equal(a.scores_, b.scores_)
    np.testing.assert_array_equal(a.n_observed_, b.n_observed_)
    kept = a.transform(G)
    assert isinstance(kept, GenotypeMatrix)
    np.testing.assert_array_equal(kept.codes, codes[:, a.get_support()])
    blocks = MutualInformationScreener(k=20).fit_blocks([G[:, :40], G[:, 40:]], y)
    np.testing.assert_array_equal(blocks.scores_, a.scores_)


@pytest.mark.filterwarnings("ignore:GenotypeMatrix")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_products_of_any_cut(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n, p = data.draw(st.integers(2, 60)), data.draw(st.integers(1, 12))
    missing = data.draw(st.sampled_from([-1, -127, 3, 127, -128, None]))
    codes = rng.integers(-2, 3, (n, p)).astype(np.int8)
    if missing is not None:
        codes[rng.random((n, p)) < data.draw(st.sampled_from([0.0, 0.3, 1.0]))] = missing
    order = data.draw(st.sampled_from("CF"))
    G, F = GenotypeMatrix(np.array(codes, order=order), missing), imputed(codes, missing)
    rows = data.draw(st.sampled_from(["all", "slice", "list", "mask"]))
    if rows != "all":
        key = {"slice": slice(n // 3, n), "list": rng.integers(-n, n, 2 * n), "mask": rng.random(n) < 0.7}[rows]
        if isinstance(key, np.ndarray) and key.dtype == bool:
            key[0] = True
        G, F = G[key], F[key]
    columns = data.draw(st.sampled_from(["all", "slice", "list"]))
    if columns != "all":
        key = slice(p // 2, p) if columns == "slice" else rng.integers(0, p, 2 * p)
        G, F = G[:, key], F[:, key]
    both = rng.integers(0, F.shape[0], 3), slice(0, (F.shape[1] + 1) // 2)
    np.testing.assert_array_equal(G[both].toarray(), F[both])
    assert G.shape == F.shape
    np.testing.assert_array_equal(G.toarray(), F)
    B = rng.standard_normal((F.shape[1], 2)) * (rng.random((F.shape[1], 1)) < 0.6)
    np.testing.assert_allclose(G @ B, F @ B, atol=1e-12)
    np.testing.assert_allclose(G @ B[:, 0], F @ B[:, 0], atol=1e-12)
    np.testing.assert_allclose(G @ sparse.csc_array(B), F @ B, atol=1e-12)
    y = rng.standard_normal(len(F))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # all coefficients may be zero
        model, other = SparseRegressor(alpha=0.05).fit(G, y), SparseRegressor(alpha=0.05).fit(F, y)
    np.testing.assert_allclose(model.predict(G), other.predict(F), atol=1e-6)


def test_new_data_take_the_means_of_the_old(codes, data):
    y = data[2]
    G = GenotypeMatrix(np.asfortranarray(codes[:200]))
    model = SparseRegressor().fit(G, y[:200])
    fresh = GenotypeMatrix(np.asfortranarray(codes[200:]), means=G.means)
    filled = np.where(codes[200:] == -1, G.means, codes[200:])
    np.testing.assert_allclose(model.predict(fresh), model.predict(filled), atol=1e-10)


def test_names(codes, data):
    _, _, y, _ = data
    names = [f"rs{j}" for j in range(P)]
    G = GenotypeMatrix(codes, feature_names=names)
    model = SparseRegressor(penalty=L1(weights={"rs3": np.inf})).fit(G, y)
    assert list(model.feature_names_in_) == names
    assert model.coef_[3] == 0.0
    with pytest.raises(ValueError, match="feature names are not those of fit"):
        model.predict(G[:, ::-1])
    assert MutualInformationScreener(k=3).fit(G, y).get_feature_names_out().tolist()[0].startswith("rs")


def test_misuse(codes, data):
    G, _, y, _ = data
    with pytest.raises(ValueError, match="expected a two-dimensional numpy array of int8"):
        GenotypeMatrix(codes.astype(float))
    with pytest.raises(ValueError, match="missing: got 300"):
        GenotypeMatrix(codes, missing=300)
    with pytest.raises(ValueError, match="means: got shape"):
        GenotypeMatrix(codes, means=[1.0])
    with pytest.raises(ValueError, match="feature_names: got 1 names"):
        GenotypeMatrix(codes, feature_names=["a"])
    with pytest.raises(TypeError, match="not converted silently"):
        NMF().fit(G)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SparseRegressor().fit(G, y[:-1])
    with pytest.raises(ValueError, match="X has 10 features, but SparseRegressor is expecting 150"):
        SparseRegressor().fit(G, y).predict(G[:, :10])
    with pytest.raises(ValueError, match="rescale='curvature' needs columns as numbers"):
        SparseRegressor(penalty=MCP(rescale="curvature")).fit(G, y)
    with pytest.raises(IndexError, match=r"positions 0..999"):
        G[[0, 999]]


def test_an_int8_array_is_numbers(codes, data):
    _, _, y, _ = data
    same(SparseRegressor().fit(codes, y), SparseRegressor().fit(codes.astype(float), y), 0.0)


@pytest.fixture
def file(tmp_path, codes):
    stored = np.lib.format.open_memmap(
        tmp_path / "codes.npy", mode="w+", dtype=np.int8, shape=(N, P), fortran_order=True
    )
    stored[:] = codes
    stored.flush()
    return tmp_path / "codes.npy"


def test_memory_map_is_read_in_place_and_pickled_by_name(file, data):
    _, F, y, _ = data
    mapped = np.load(file, mmap_mode="r")
    G = GenotypeMatrix(mapped)
    assert G.codes is mapped
    same(SparseRegressor().fit(G, y), SparseRegressor().fit(F, y))
    for cut in (G, G[20:90], G[::2], G[:, 30:50], G[::3][:, 7:9]):
        sent = pickle.dumps(cut)
        assert b"codes.npy" in sent
        assert len(sent) < 6000
        back = pickle.loads(sent)
        np.testing.assert_array_equal(back.toarray(), cut.toarray())
        assert back.codes.base is not None
        assert not back.codes.flags.writeable
    held = pickle.loads(pickle.dumps(GenotypeMatrix(np.array(mapped))))
    np.testing.assert_array_equal(held.toarray(), F)
    with joblib.parallel_config("loky", n_jobs=2):
        spread = SparseRegressorCV(alphas=8, cv=3).fit(G, y)
    same(spread, SparseRegressorCV(alphas=8, cv=3).fit(F, y))


def test_threads_share_one_matrix(data):
    G, F, y, _ = data
    fits = joblib.Parallel(n_jobs=4, prefer="threads")(
        joblib.delayed(SparseRegressor(alpha=a).fit)(G, y) for a in (0.05, 0.1, 0.15, 0.2)
    )
    for model in fits:
        same(model, SparseRegressor(alpha=model.alpha).fit(F, y))


def test_python_allocates_no_float_copy(data):
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 3, (2000, 3000), dtype=np.int8).reshape(3000, 2000).T
    G, y = GenotypeMatrix(codes), rng.standard_normal(2000)
    tracemalloc.start()
    SparseRegressor(alpha="0.7max").fit(G, y)
    SparseRegressorCV(alphas=[0.08], cv=2).fit(G, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.02 * 8 * codes.size


@pytest.fixture
def folder():
    """Gone as soon as the test is over: pytest would keep the files of three runs."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


LIMITED = """
    import resource, sys
    import numpy as np
    from pauca.design import GenotypeMatrix
    from pauca.linear_model import SparseClassifierCV, SparseRegressor

    def own():  # megabytes that are no pages of files
        return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmData")) / 1024

    mapped = np.load(sys.argv[1], mmap_mode="r")
    n, p = mapped.shape
    y = np.load(sys.argv[2])
    limit = int(own()) + 60  # megabytes; the array of float64 has 480
    resource.setrlimit(resource.RLIMIT_DATA, (limit << 20, limit << 20))
    G = GenotypeMatrix(mapped)
    model = SparseRegressor(alpha="0.3max").fit(G, y)
    print(np.flatnonzero(model.coef_)[:2].tolist())
    cv = SparseClassifierCV(alphas=8, cv=2, tol=1e-4, eps=0.3).fit(G, y > np.median(y))
    print(sorted(np.argsort(-abs(cv.coef_[0]))[:2].tolist()))
    try:
        G.toarray()
    except MemoryError:
        print("limited")
"""


def test_a_fit_needs_no_memory_beyond_the_file(folder):
    rng = np.random.default_rng(5)
    n, p = 3000, 20000
    stored = np.lib.format.open_memmap(folder / "g.npy", mode="w+", dtype=np.int8, shape=(n, p), fortran_order=True)
    for j in range(0, p, 2000):
        stored[:, j : j + 2000] = rng.binomial(2, 0.3, (n, 2000))
    y = stored[:, 11] - 1.0 * stored[:, 17] + rng.standard_normal(n)
    stored[rng.random(n) < 0.05, 11] = -1
    stored.flush()
    np.save(folder / "y.npy", y)
    code = textwrap.dedent(LIMITED)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(folder / "g.npy"), str(folder / "y.npy")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split("\n")[:3] == ["[11, 17]", "[11, 17]", "limited"]


def test_arrays_that_begin_at_any_byte(data):
    _, F, y, _ = data
    held = np.zeros(F.nbytes + 1, dtype=np.int8)
    moved = np.ndarray(F.shape, dtype=np.float64, buffer=held, offset=1, order="F")
    moved[:] = F
    assert not moved.flags.aligned
    same(SparseRegressor().fit(moved, y), SparseRegressor().fit(F, y))
