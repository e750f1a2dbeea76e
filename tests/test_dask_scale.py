"""Several targets, screening, resampling and many responses on dask's workers, one of which dies."""

from contextlib import nullcontext
from importlib import import_module

import dask.array as da
import joblib
import numpy as np
import pytest
from dask_tools import at_work, killing, received, slowly

from pauca.design import GenotypeMatrix
from pauca.inference import StabilitySelection, bootstrap_coefficients
from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifierCV, SparseRegressor, SparseRegressorCV, paths
from pauca.moments import Moments
from pauca.screening import MutualInformationScreener

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # dask's and tornado's own
    pytest.mark.xdist_group("dask"),
]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((400, 60)) + 1.0)
    Y = X[:, :3] @ rng.standard_normal((3, 4)) + 0.3 * rng.standard_normal((400, 4))
    return X, Y, rng.uniform(0.5, 2.0, 400)


@pytest.fixture
def kill(client, tmp_path):
    yield from killing(client, tmp_path)


class SlowScore:
    """Takes its time, and says that it runs."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, estimator, X, y):
        with at_work(self.folder, 0.05) if self.folder else nullcontext():
            return estimator.score(X, y)


class SlowRegressor(SparseRegressor):
    """Takes its time, and says that it runs if its process was told where."""

    folder = None

    def fit(self, X, y, sample_weight=None, offset=None):
        with at_work(self.folder, 0.05) if self.folder else nullcontext():
            return super().fit(X, y, sample_weight, offset)


def announce(folder):
    """Tell the fits of this process where they are waited for."""
    SlowRegressor.folder = folder
    rooms = import_module("pauca.linear_model._path")
    solve = rooms.solve_path

    def slow(*args, **kwargs):
        with at_work(folder, 0.05):
            return solve(*args, **kwargs)

    rooms.solve_path = slow


def test_several_targets(client, table):
    X, Y, s = table
    blocks, targets = da.from_array(X, chunks=(90, 25)), da.from_array(Y, chunks=(150, 2))
    for settings in ({}, {"standardize": True}, {"fit_intercept": False}, {"penalty": "mcp", "alpha": "0.3max"}):
        near = MultiTaskSparseRegressor(**settings).fit(X, Y, s)
        far = MultiTaskSparseRegressor(**settings).fit(blocks, targets, da.from_array(s, chunks=100))
        np.testing.assert_allclose(far.coef_, near.coef_, atol=1e-7)
        np.testing.assert_allclose(far.intercept_, near.intercept_, atol=1e-6)
        assert far.alpha_max_ == pytest.approx(near.alpha_max_)
    one = MultiTaskSparseRegressor().fit(blocks, targets[:, 0])
    np.testing.assert_allclose(one.coef_, SparseRegressor().fit(X, Y[:, 0]).coef_, atol=1e-7)
    assert one.coef_.shape == (60,)
    with pytest.raises(ValueError, match="expected Moments of features and targets"):
        MultiTaskSparseRegressor().fit_moments(Moments().update(X))


SCREENS = {
    "kde": {"criterion": "kde"},
    "correlation": {"criterion": "correlation"},
    "pooled null": {"n_permutations": 19, "n_null_features": 7},
    "own null": {"criterion": "correlation", "n_permutations": 9, "null": "feature"},
    "some are discrete": {"discrete_features": [2, 50], "n_permutations": 9},
    "three steps": {"n_steps": 3, "k": 9},
}


@pytest.mark.parametrize("name", SCREENS)
def test_screening_by_blocks_of_columns(name, client, table):
    X, Y, _ = table
    X = X.copy()
    X[:, 50] = X[:, 50] > 1.0
    X[3:9, 4] = np.nan
    near = MutualInformationScreener(**SCREENS[name]).fit(X, Y[:, 0])
    blocks = da.from_array(X, chunks=(130, 17))
    far = MutualInformationScreener(**SCREENS[name]).fit(blocks, da.from_array(Y[:, 0], chunks=100))
    for attribute in ("scores_", "ranking_", "levels_", "n_observed_", "steps_"):
        np.testing.assert_array_equal(getattr(far, attribute), getattr(near, attribute))
    if "n_permutations" in SCREENS[name]:
        np.testing.assert_array_equal(far.p_values_, near.p_values_)
    kept = far.transform(blocks)
    assert isinstance(kept, da.Array)
    np.testing.assert_array_equal(kept.compute(), near.transform(X))


def test_screening_never_collects(client):
    """The blocks come to be on the workers; what the client gets is small."""

    def block(block_info=None):
        (n, first), width = (200, block_info[None]["array-location"][1][0]), block_info[None]["chunk-shape"][1]
        return np.random.default_rng(first).standard_normal((n, width))

    X = da.map_blocks(block, chunks=((200,), (500,) * 40), dtype=float)
    y = np.asarray(X[:, 12345])
    with received(client) as arrays:
        found = MutualInformationScreener(k=5, criterion="correlation").fit(X, y)
    assert found.ranking_[0] == 12345
    assert arrays
    assert sum(arrays) <= 4 * 20000
    with pytest.raises(ValueError, match="y: got 3 rows, expected 200"):
        MutualInformationScreener().fit(X, y[:3])
    with pytest.raises(ValueError, match="dimensions, expected 2"):
        MutualInformationScreener().fit(X[:, 0], y)


def test_a_worker_dies_while_screening(kill, client, table):
    X, Y, _ = table
    blocks = da.from_array(X, chunks=(400, 5)).map_blocks(slowly, kill, dtype=float)
    found = MutualInformationScreener(n_permutations=9).fit(blocks, Y[:, 0])
    near = MutualInformationScreener(n_permutations=9).fit(X, Y[:, 0])
    np.testing.assert_array_equal(found.scores_, near.scores_)
    np.testing.assert_array_equal(found.p_values_, near.p_values_)


def test_a_worker_dies_under_several_targets(kill, client, table):
    X, Y, s = table
    blocks = da.from_array(X, chunks=(20, 60)).map_blocks(slowly, kill, dtype=float)
    found = MultiTaskSparseRegressor().fit(blocks, Y, s)
    np.testing.assert_allclose(found.coef_, MultiTaskSparseRegressor().fit(X, Y, s).coef_, atol=1e-7)


def test_a_worker_dies_in_cross_validation(kill, client, table):
    X, Y, _ = table
    local = SparseRegressorCV(alphas=15, cv=8, scoring=SlowScore(None)).fit(X, Y[:, 0])
    with joblib.parallel_config("dask"):
        spread = SparseRegressorCV(alphas=15, cv=8, scoring=SlowScore(kill), n_jobs=-1).fit(X, Y[:, 0])
    np.testing.assert_array_equal(spread.cv_scores_, local.cv_scores_)
    np.testing.assert_array_equal(spread.coef_, local.coef_)


def test_a_worker_dies_in_stability_selection(kill, client, table):
    X, Y, _ = table
    stable = StabilitySelection(SlowRegressor(), alphas=[0.5, 0.2], n_pairs=8, random_state=0)
    local = stable.fit(X, Y[:, 0]).frequencies_
    client.run(announce, kill)
    with joblib.parallel_config("dask"):
        spread = stable.set_params(n_jobs=-1).fit(X, Y[:, 0]).frequencies_
    np.testing.assert_array_equal(spread, local)


def test_a_worker_dies_in_a_bootstrap(kill, client, table):
    X, Y, _ = table
    local = bootstrap_coefficients(SlowRegressor(), X, Y[:, 0], n_resamples=16, random_state=0)
    client.run(announce, kill)
    with joblib.parallel_config("dask"):
        spread = bootstrap_coefficients(SlowRegressor(), X, Y[:, 0], n_resamples=16, random_state=0, n_jobs=-1)
    np.testing.assert_array_equal(spread.samples, local.samples)


def test_a_worker_dies_among_many_responses(kill, client, table):
    X, Y, _ = table
    many = np.hstack([Y, -Y, Y[::-1]])
    client.run(announce, kill)
    with joblib.parallel_config("dask"):
        spread = paths(X, many, alphas=9, n_jobs=-1)
    for far, near in zip(spread, paths(X, many, alphas=9), strict=True):
        np.testing.assert_array_equal(far.coefs_.toarray(), near.coefs_.toarray())


def test_resampling_and_many_responses(client, table):
    X, Y, _ = table
    bootstrap = {"n_resamples": 12, "random_state": 0}
    stable = StabilitySelection(n_pairs=6, random_state=0)
    near = (
        stable.fit(X, Y[:, 0]).frequencies_,
        bootstrap_coefficients(SparseRegressor(), X, Y[:, 0], **bootstrap).samples,
        np.stack([p.coefs_.toarray() for p in paths(X, Y, alphas=9)]),
    )
    with joblib.parallel_config("dask"):
        far = (
            stable.set_params(n_jobs=-1).fit(X, Y[:, 0]).frequencies_,
            bootstrap_coefficients(SparseRegressor(), X, Y[:, 0], n_jobs=-1, **bootstrap).samples,
            np.stack([p.coefs_.toarray() for p in paths(X, Y, alphas=9, n_jobs=-1)]),
        )
    for a, b in zip(near, far, strict=True):
        np.testing.assert_array_equal(a, b)


def test_genotypes_on_the_workers(client, tmp_path):
    rng = np.random.default_rng(2)
    codes = np.asfortranarray(rng.integers(-1, 3, (300, 200)).astype(np.int8))
    np.save(tmp_path / "codes.npy", codes)
    y = codes[:, 3] + rng.standard_normal(300) > 1.0
    near = SparseClassifierCV(alphas=8, cv=3).fit(GenotypeMatrix(codes), y)
    for X in (GenotypeMatrix(np.load(tmp_path / "codes.npy", mmap_mode="r")), GenotypeMatrix(codes)):
        with joblib.parallel_config("dask"):
            far = SparseClassifierCV(alphas=8, cv=3, n_jobs=-1).fit(X, y)
        np.testing.assert_array_equal(far.coef_, near.coef_)
