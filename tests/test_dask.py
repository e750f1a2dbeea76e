"""Engines that take over where one process ends: moments of dask arrays, joblib's Dask back end, a worker that dies."""

import dask.array as da
import joblib
import numpy as np
import pytest
from dask_tools import killing, received, slowly

from pauca.dag import CoLiDE
from pauca.datasets import make_linear_dag
from pauca.decomposition import NMF
from pauca.inference import StabilitySelection
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseClassifier,
    SparseCoxRegressor,
    SparseRegressor,
    SparseRegressorCV,
    path,
    paths,
)
from pauca.losses import Huber
from pauca.mixed_model import StudentMixedRegressor
from pauca.moments import Moments
from pauca.multitask import MultiTaskRepresentation

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # dask's and tornado's own
    pytest.mark.xdist_group("dask"),
]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1000, 12)) + 3.0
    return X, X[:, :3] @ [1.0, -2.0, 0.5] + 0.1 * rng.standard_normal(1000), rng.uniform(0.5, 2.0, 1000)


@pytest.fixture
def kill(client, tmp_path):
    yield from killing(client, tmp_path)


def test_moments_are_those_of_the_rows(client, table):
    X, y, s = table
    whole = Moments().update(X, y, s)
    cut = Moments.from_dask(da.from_array(X, chunks=(170, 5)), da.from_array(y, chunks=300), s)
    np.testing.assert_allclose(cut.factor_, whole.factor_, atol=1e-10)
    assert (cut.n_samples_, cut.n_targets_) == (1000, 1)
    assert cut.weight_sum_ == pytest.approx(s.sum())


def test_estimators_fit_dask_arrays(client, table):
    X, y, s = table
    blocks = da.from_array(X, chunks=(250, 12))
    near = SparseRegressor(alpha=0.05).fit(X, y, s)
    far = SparseRegressor(alpha=0.05).fit(blocks, da.from_array(y, chunks=250), s)
    np.testing.assert_allclose(far.coef_, near.coef_, atol=1e-7)
    assert far.intercept_ == pytest.approx(near.intercept_, abs=1e-6)
    data = make_linear_dag(500, 8, degree=2, random_state=1)
    graph = CoLiDE("equal").fit(da.from_array(data.X, chunks=(100, 8)))
    np.testing.assert_allclose(graph.adjacency_, CoLiDE("equal").fit(data.X).adjacency_, atol=1e-7)


def test_what_moments_cannot_do_is_refused(client, table):
    X, y, _ = table
    blocks = da.from_array(X, chunks=(250, 12))
    with pytest.raises(ValueError, match="needs the quadratic loss"):
        SparseRegressor(loss=Huber()).fit(blocks, y)
    with pytest.raises(ValueError, match="y: got 10 rows, expected 1000"):
        SparseRegressor().fit(blocks, y[:10])
    with pytest.raises(ValueError, match="contains NaN"):
        SparseRegressor().fit(da.where(blocks > 5.5, np.nan, blocks), y)
    with pytest.raises(ValueError, match="chunk sizes are unknown"):
        SparseRegressor().fit(blocks[blocks[:, 0] > 3.0], y)


def test_cross_validation_on_the_workers(client, table):
    X, y, _ = table
    local = SparseRegressorCV(alphas=10, cv=3).fit(X, y)
    with joblib.parallel_config("dask"):
        spread = SparseRegressorCV(alphas=10, cv=3, n_jobs=-1).fit(X, y)
    np.testing.assert_array_equal(spread.coef_, local.coef_)
    assert spread.alpha_ == local.alpha_


def test_a_worker_that_dies_changes_nothing(kill, client, table):
    X, y, _ = table
    blocks = da.from_array(X, chunks=(50, 12)).map_blocks(slowly, kill, dtype=X.dtype)
    model = SparseRegressor(alpha=0.05).fit(blocks, y)
    np.testing.assert_allclose(model.coef_, SparseRegressor(alpha=0.05).fit(X, y).coef_, atol=1e-7)


def fit_tasks(X, y):
    task = da.arange(X.shape[0], chunks=X.chunks[0]) % 4
    return MultiTaskRepresentation(n_components=1).fit(X, y, task=task)


TAKERS = {  # and the numbers in what comes back, of 10 features: triangles, one for each task
    "moments": (Moments.from_dask, 12 * 12),
    "regressor": (SparseRegressor(alpha=0.05).fit, 12 * 12),
    "several targets": (lambda X, y: MultiTaskSparseRegressor(alpha=0.05).fit(X, da.stack([y, -y], axis=1)), 13 * 13),
    "graph": (lambda X, y: CoLiDE().fit(X), 11 * 11),
    "representation": (fit_tasks, 4 * 12 * 12),
}


@pytest.mark.parametrize("name", TAKERS)
def test_moments_never_collect(client, name):
    """The blocks come to be on the workers; what the client gets is a triangle."""

    def rows(block_info=None):
        first, n = block_info[None]["array-location"][0][0], block_info[None]["chunk-shape"][0]
        return np.random.default_rng(first).standard_normal((n, 10))

    X = da.map_blocks(rows, chunks=((1000,) * 40, (10,)), dtype=float)
    with received(client) as arrays:
        fit, size = TAKERS[name]
        found = fit(X, X[:, 3] - X[:, 7])
    assert size <= sum(arrays) <= 2 * size
    if name in ("regressor", "several targets"):
        np.testing.assert_array_equal(np.flatnonzero(np.atleast_2d(found.coef_).any(axis=0)), [3, 7])


@pytest.mark.parametrize(
    "estimator",
    [
        SparseClassifier(),
        SparseRegressorCV(),
        SparseCoxRegressor(),
        StabilitySelection(),
        StudentMixedRegressor(),
        NMF(),
    ],
)
def test_what_would_be_collected_is_refused(estimator):
    X, y = da.ones((20, 3), chunks=5), np.arange(20) % 2
    with pytest.raises(ValueError, match=r"X: got a dask Array, which would be collected here.*X\.compute\(\)"):
        estimator.fit(X, y)
    assert not hasattr(estimator, "n_features_in_")


def test_paths_refuse_what_would_be_collected():
    X, y = da.ones((20, 3), chunks=5), np.arange(20.0)
    for call in (path, lambda X, y: paths(X, y[:, None])):
        with pytest.raises(ValueError, match="X: got a dask Array"):
            call(X, y)
