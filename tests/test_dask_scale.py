"""Several targets, screening, resampling and many responses on dask's workers, one of which dies."""

import pickle
from contextlib import nullcontext
from importlib import import_module

import dask.array as da
import joblib
import numpy as np
import pandas as pd
import pytest
from dask_tools import at_work, killing, received, slowly
from sklearn.base import clone

from pauca import _core, _parallel
from pauca.datasets import make_multitask
from pauca.design import GenotypeMatrix
from pauca.inference import StabilitySelection, bootstrap_coefficients
from pauca.linear_model import MultiTaskSparseRegressor, SparseClassifierCV, SparseRegressor, SparseRegressorCV, paths
from pauca.moments import Moments
from pauca.multitask import MultiTaskRepresentation
from pauca.screening import MutualInformationScreener
from pauca.screening._blocks import ArrayBlocks
from pauca.screening._scan import scan
from pauca.screening._spread import ReadElsewhere, spread_scan
from pauca.screening._target import FeatureKinds

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


def announce_screening(folder):
    """Tell the scores of this process where they are waited for."""
    room = import_module("pauca.screening._spread")
    score = room._score

    def slow(*args):
        with at_work(folder, 0.05):
            return score(*args)

    room._score = slow


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


@pytest.mark.parametrize("how", ["argument", "column", "text", "one task"])
@pytest.mark.parametrize("solver", ["als", "svd"])
def test_a_shared_representation(how, solver, client):
    """The moments of every task, wherever its rows are; the task of weight zero and one in a single block included."""
    data = make_multitask(n_features=12, n_components=2, n_tasks=9, random_state=0)
    X, y, task = data.sample(40, random_state=1)
    weights = np.random.default_rng(2).uniform(0.5, 2.0, y.size)
    weights[task == 4] = 0.0
    order = np.random.default_rng(3).permutation(np.flatnonzero(task != 7))
    order = np.concatenate([order, np.flatnonzero(task == 7)])
    X, y, task, weights = X[order] + 5.0, y[order], task[order], weights[order]
    if how == "text":
        task = np.array([f"task {t}" for t in task])
    if how == "one task":
        task = None
    beside = {"sample_weight": weights}
    model = MultiTaskRepresentation(solver=solver, n_components="auto", tol=1e-12)
    if how == "column":
        model.set_params(task_column=3)
        X = np.insert(X, 3, task, axis=1)
    elif task is not None:
        beside["task"] = task
    near = clone(model).fit(X, y, **beside)
    with received(client) as arrays:
        far = clone(model).fit(da.from_array(X, chunks=(57, 5)), da.from_array(y, chunks=100), **beside)
    assert max(arrays) <= (12 + 2) ** 2
    assert far.tasks_.tolist() == near.tasks_.tolist()
    assert far.n_features_in_ == near.n_features_in_ == 12
    assert far.n_components_ == near.n_components_
    np.testing.assert_allclose(far.coef_, near.coef_, atol=1e-6)
    np.testing.assert_allclose(far.intercept_, near.intercept_, atol=1e-5)
    if how == "argument":
        few = beside | {"task": da.from_array(task, chunks=30), "sample_weight": da.from_array(weights, chunks=90)}
        np.testing.assert_array_equal(clone(model).fit(da.from_array(X, chunks=(57, 5)), y, **few).coef_, far.coef_)


def test_what_a_shared_representation_refuses_of_dask(client):
    X, y = da.ones((40, 3), chunks=10), np.arange(40.0)
    task = np.arange(40) % 4
    for arguments, message in (
        ({"task": task[:7]}, "task: got 7 rows, expected 40"),
        ({"task": task.reshape(4, 10)}, "task: got shape"),
        ({"task": np.where(task, 1.0, np.nan)}, "task: contains NaN"),
        ({"sample_weight": np.zeros(40)}, "all weights are zero"),
        ({"sample_weight": -np.ones(40)}, "expected weights >= 0"),
    ):
        with pytest.raises(ValueError, match=message):
            MultiTaskRepresentation().fit(X, y, **arguments)
    with pytest.raises(ValueError, match="loss: moments determine"):
        MultiTaskRepresentation(loss="logistic").fit(X, y > 3, task=task)
    with pytest.raises(ValueError, match="n_components: 'cv' needs rows"):
        MultiTaskRepresentation("cv").fit(X, y, task=task)
    with pytest.raises(ValueError, match="y: got shape"):
        MultiTaskRepresentation().fit(X, np.ones((40, 2)), task=task)


def test_a_worker_dies_under_a_shared_representation(kill, client):
    X, y, task = make_multitask(n_features=8, n_components=2, n_tasks=6, random_state=0).sample(60)
    blocks = da.from_array(X, chunks=(18, 8)).map_blocks(slowly, kill, dtype=float)
    found = MultiTaskRepresentation(n_components=2).fit(blocks, y, task=task)
    near = MultiTaskRepresentation(n_components=2).fit(X, y, task=task)
    np.testing.assert_allclose(found.coef_, near.coef_, atol=1e-5)


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


@pytest.mark.parametrize("name", SCREENS)
def test_screening_under_the_dask_back_end(name, client, table, tmp_path):
    """Arrays, memory maps, files and genotypes are scored by the workers, as they are here."""
    X, Y, _ = table
    X = X.copy(order="F")
    X[:, 50] = X[:, 50] > 1.0
    X[3:9, 4] = np.nan
    names = [f"gene{j}" for j in range(X.shape[1])]
    np.save(tmp_path / "all.npy", X)
    np.save(tmp_path / "first.npy", np.ascontiguousarray(X[:, :35]))
    pd.DataFrame(X[:, 35:], columns=names[35:]).to_parquet(tmp_path / "rest.parquet")
    mapped = np.load(tmp_path / "all.npy", mmap_mode="r")
    files = [str(tmp_path / "first.npy"), tmp_path / "rest.parquet"]
    screener = MutualInformationScreener(**SCREENS[name], block_size=17)
    near = clone(screener).fit(X, Y[:, 0])
    screener.set_params(n_jobs=-1)
    with joblib.parallel_config("dask"):
        found = [clone(screener).fit(given, Y[:, 0]) for given in (X, mapped, mapped[:, ::1])]
        found.append(clone(screener).fit_blocks(files, Y[:, 0]))
        found.append(clone(screener).fit_blocks([X[:, :20], X[:, 20:]], Y[:, 0]))
        labelled = clone(screener).fit(pd.DataFrame(X, columns=names), Y[:, 0])
    for far in [*found, labelled]:
        for attribute in ("scores_", "ranking_", "levels_", "n_observed_", "steps_"):
            np.testing.assert_array_equal(getattr(far, attribute), getattr(near, attribute))
        if "n_permutations" in SCREENS[name]:
            np.testing.assert_array_equal(far.p_values_, near.p_values_)
    assert labelled.feature_names_in_.tolist() == names


def test_screening_under_the_dask_back_end_sends_no_file(client, table, tmp_path):
    """A memory map travels by its name, whatever piece of it; an array does not, nor one that was written to."""
    X, Y, _ = table
    np.save(tmp_path / "all.npy", np.asfortranarray(np.tile(X, (1, 40))))
    mapped = np.load(tmp_path / "all.npy", mmap_mode="r")
    for piece in (mapped, mapped[::2, 3:], mapped[5:100:3, 7::2]):
        state = pickle.dumps(ArrayBlocks(piece, piece, None, None))
        assert len(state) < 2000
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(pickle.loads(state))).X, piece)  # and from there
    writable = np.load(tmp_path / "all.npy", mmap_mode="c")
    writable[0, 0] = 5.0
    assert pickle.loads(pickle.dumps(ArrayBlocks(writable, writable, None, None))).X[0, 0] == 5.0
    codes = GenotypeMatrix(np.asfortranarray((X > 0).astype(np.int8)))
    near = MutualInformationScreener().fit(codes, Y[:, 0])
    with joblib.parallel_config("dask"):
        far = MutualInformationScreener(n_jobs=-1).fit(codes, Y[:, 0])
    np.testing.assert_array_equal(far.scores_, near.scores_)


class ReadHere(ReadElsewhere):
    """The same calls in this process."""

    def run(self, function, calls, target):
        return [function(handle, target, *rest) for handle, *rest in calls]


@pytest.mark.parametrize("null", [{"pooled": 4}, {"pooled": None}])
def test_a_callback_stops_screening_at_the_same_block(null, table):
    """The workers have scored everything when it is asked; what it does not want is left out all the same."""
    X, Y, _ = table
    settings = {
        "kind": 0, "method": "kde", "bandwidth": "scott", "bandwidth_factor": 1.0, "grid": 32, "bins": "quantile",
        "n_bins": 0, "neighbors": 3, "bias_correction": True, "normalize": "none", "ranks": False, "max_levels": 10,
        "seed": 3,
    }  # fmt: skip
    target = np.ascontiguousarray(Y[:, 0])
    blocks, kinds = ArrayBlocks(X, X, 10, [f"x{j}" for j in range(60)]), FeatureKinds("auto")
    heard = {"here": [], "there": []}

    def until(place, last):
        def callback(done, best, *_):
            heard[place].append((done, best))
            return done >= last

        return callback

    for last in (24, 1000):
        arguments = {"n_permutations": 9, "seed": 3, **null}
        near = scan(
            _core.Screener(target, **settings), blocks, kinds, n_jobs=1, callback=until("here", last), **arguments
        )
        far = spread_scan(ReadHere(blocks, None), target, settings, kinds, callback=until("there", last), **arguments)
        assert near.complete == far.complete == (last == 1000)
        assert near.names == far.names
        for field in ("scores", "levels", "observed", "p_values"):
            np.testing.assert_array_equal(getattr(near, field), getattr(far, field))
    assert heard["here"] == heard["there"]


def test_a_worker_dies_while_screening_under_joblib(kill, client, table):
    X, Y, _ = table
    screener = MutualInformationScreener(n_permutations=9, n_null_features=5, block_size=2)
    near = clone(screener).fit(X, Y[:, 0])
    client.run(announce_screening, kill)
    with joblib.parallel_config("dask"):
        far = screener.set_params(n_jobs=-1).fit(X, Y[:, 0])
    np.testing.assert_array_equal(far.scores_, near.scores_)
    np.testing.assert_array_equal(far.p_values_, near.p_values_)


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


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (TypeError("'FutureCancelledError' object is not iterable"), True),  # joblib's, where a call was cancelled
        (OSError("Timed out"), True),
        (TypeError("unhashable type"), False),
        (FileNotFoundError(2, "No such file"), False),
    ],
)
def test_a_loop_starts_over_where_its_arguments_were_lost(client, monkeypatch, error, again):
    runs = []

    class Stumbling(joblib.Parallel):
        def __call__(self, calls):
            runs.append(self)
            if len(runs) == 1:
                raise error
            return super().__call__(calls)

    monkeypatch.setattr(_parallel, "Parallel", Stumbling)
    calls = [joblib.delayed(abs)(-k) for k in range(4)]
    with joblib.parallel_config("dask"), nullcontext() if again else pytest.raises(type(error)):
        assert _parallel.run_all(calls, -1) == [0, 1, 2, 3]
    assert len(runs) == 1 + again


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
