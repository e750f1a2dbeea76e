"""The screener: sources of columns, missing values, p-values, selection, iteration, threads, interrupts."""

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather
from sklearn.feature_selection import SelectFdr, SelectKBest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from pauca.screening import MutualInformationScreener as Screener
from pauca.screening import _arrow, mutual_information

CRITERIA = ("kde", "binning", "knn", "correlation", "distance_correlation")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 300))
    X[:, 100:150] = rng.integers(3, size=(200, 50))
    y = X[:, 7] + 2 * X[:, 120] + X[:, 250] ** 2 + 0.3 * rng.normal(size=200)
    return X, y


def test_selects_what_matters(data):
    X, y = data
    screener = Screener(k=3).fit(X, y)
    assert set(screener.get_support(indices=True)) == {7, 120, 250}
    assert set(screener.ranking_) == {7, 120, 250}
    assert (np.diff(screener.scores_[screener.ranking_]) <= 0).all()
    assert screener.levels_[120] == 3
    assert screener.levels_[7] == 0
    np.testing.assert_array_equal(screener.transform(X), X[:, [7, 120, 250]])
    assert screener.get_feature_names_out().tolist() == ["x7", "x120", "x250"]


def test_auto_k_is_n_over_log_n(data):
    assert Screener().fit(*data).k_ == int(200 / np.log(200))
    with pytest.warns(UserWarning, match="k=9999 is greater"):
        assert Screener(k=9999).fit(*data).k_ == 300


def test_ties_go_to_the_earlier_feature():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 1))
    assert Screener(k=3).fit(np.repeat(x, 8, axis=1), x[:, 0]).ranking_.tolist() == [0, 1, 2]


def test_threshold_and_empty_selection(data):
    X, y = data
    assert (
        Screener(k="all", threshold=0.1).fit(X, y).scores_[Screener(k="all", threshold=0.1).fit(X, y).ranking_] >= 0.1
    ).all()
    assert Screener(threshold=99.0).fit(X, y).k_ == 0


# --- layouts and sources -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", CRITERIA)
def test_sources_agree(data, criterion, tmp_path):
    X, y = data
    X = X.copy()
    X[3, 5] = X[8, 7] = np.nan
    base = Screener(k=5, criterion=criterion)
    reference = base.fit(X, y).scores_
    paths = []
    for start in (0, 90, 200):
        paths.append(tmp_path / f"block{start}.npy")
        np.save(paths[-1], X[:, start : {0: 90, 90: 200, 200: 300}[start]])
    np.save(tmp_path / "c.npy", X)
    np.save(tmp_path / "f.npy", np.asfortranarray(X))
    frozen = X.copy()
    frozen.flags.writeable = False
    for other in (
        np.asfortranarray(X),
        frozen,
        np.repeat(X, 2, axis=1)[:, ::2],
        X[::-1][::-1],
        np.load(tmp_path / "c.npy", mmap_mode="r"),
        np.load(tmp_path / "f.npy", mmap_mode="r"),
    ):
        np.testing.assert_array_equal(base.fit(other, y).scores_, reference)
    for width in (1, 7, 64):
        found = Screener(k=5, criterion=criterion, block_size=width, n_jobs=3).fit(X, y)
        np.testing.assert_array_equal(found.scores_, reference)
    blocks = base.fit_blocks(paths, y)
    np.testing.assert_array_equal(blocks.scores_, reference)
    assert blocks.n_features_in_ == 300
    np.testing.assert_array_equal(blocks.transform_blocks(paths), X[:, blocks.get_support()])
    generated = Screener(k=5, criterion=criterion).fit_blocks((X[:, j : j + 50] for j in range(0, 300, 50)), y)
    np.testing.assert_array_equal(generated.scores_, reference)


FILES = {
    "plain.parquet": lambda table, path: pq.write_table(table, path, compression="none"),
    "row groups.PQ": lambda table, path: pq.write_table(table, path, row_group_size=70),
    "lz4.feather": lambda table, path: feather.write_feather(table, path, compression="lz4"),
    "zstd.feather": lambda table, path: feather.write_feather(table, path, compression="zstd"),
    "plain.feather": lambda table, path: feather.write_feather(table, path, compression="uncompressed"),
    "plain.arrow": lambda table, path: write_ipc(pa.ipc.new_file, table, path, None),
    "lz4.ipc": lambda table, path: write_ipc(pa.ipc.new_file, table, path, "lz4"),
}


def write_ipc(make, table, path, compression):
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with make(str(path), table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=70)


@pytest.fixture
def widths(monkeypatch):
    """How many columns each access to a file reads."""
    read, seen = _arrow.ArrowColumns.__getitem__, []

    def counted(self, key):
        found = read(self, key)
        seen.append(found.shape[1])
        return found

    monkeypatch.setattr(_arrow.ArrowColumns, "__getitem__", counted)
    return seen


@pytest.mark.parametrize("name", FILES)
def test_columns_of_files(data, tmp_path, widths, name):
    X, y = data
    frame = pd.DataFrame(X[:, :40]).add_prefix("g")
    frame.iloc[5:9, 3] = np.nan
    tables = [pa.Table.from_pandas(part, preserve_index=False) for part in (frame.iloc[:, :25], frame.iloc[:, 25:])]
    column = pa.array([None if np.isnan(v) else v for v in frame["g3"]])  # missing, not NaN
    tables[0] = tables[0].set_column(3, "g3", column)
    paths = [tmp_path / f"{k} {name}" for k in range(2)]
    for table, path in zip(tables, paths, strict=True):
        FILES[name](table, path)
    found = Screener(k=5, block_size=10).fit_blocks(paths, y)
    reference = Screener(k=5).fit(frame, y)
    np.testing.assert_array_equal(found.scores_, reference.scores_)
    assert found.feature_names_in_.tolist() == list(frame)
    assert max(widths) == 10  # never the whole file
    np.testing.assert_array_equal(found.transform_blocks(paths), reference.transform(frame))
    FILES[name](tables[0].set_column(3, "g3", pa.array(["a"] * len(y))), paths[0])
    with pytest.raises(ValueError, match="column 'g3' cannot be read as numbers"):
        Screener().fit_blocks(paths[:1], y)


@pytest.mark.parametrize("compression", [None, "lz4"])
@pytest.mark.parametrize("ending", ["ipc", "arrow", "parquet", "feather"])
def test_streams_are_refused_with_a_sentence(data, tmp_path, ending, compression):
    X, y = data
    table = pa.table({"a": X[:, 0], "b": X[:, 1]})
    write_ipc(pa.ipc.new_stream, table, tmp_path / f"stream.{ending}", compression)
    with pytest.raises(ValueError, match=f"blocks: .*stream.{ending} is neither a Parquet file nor"):
        Screener().fit_blocks([tmp_path / f"stream.{ending}"], y)


def test_files_need_pyarrow(data, tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(_arrow, "import_module", absent)
    with pytest.raises(ImportError, match="needs pyarrow"):
        Screener().fit_blocks([tmp_path / "a.parquet"], data[1])


def test_nothing_is_written(data, tmp_path):
    X, y = data
    copy, copy_y = X.copy(), y.copy()
    Screener(rank_transform=True, n_permutations=2, criterion="knn").fit(X, y)
    np.testing.assert_array_equal(X, copy)
    np.testing.assert_array_equal(y, copy_y)
    np.save(tmp_path / "x.npy", X)
    changed = np.load(tmp_path / "x.npy", mmap_mode="c")
    changed[:, 7] = 0.0  # private pages must survive the scan
    assert Screener().fit(changed, y).scores_[7] == 0.0


def test_pages_of_a_memory_map_are_given_back(monkeypatch, tmp_path):
    """A scan over more than the release limit reads every page right, before and after it was given back."""
    from pauca.screening import _blocks

    monkeypatch.setattr(_blocks, "RELEASE_BYTES", 4096)
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(40, 500)), rng.normal(size=40)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    screener = Screener(block_size=16)
    np.testing.assert_array_equal(screener.fit(mapped, y).scores_, screener.fit(X, y).scores_)
    np.testing.assert_array_equal(mapped, X)


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.uint16, bool, np.float16, ">f8"])
def test_types(dtype):
    rng = np.random.default_rng(3)
    X = rng.integers(2 if dtype is bool else 100, size=(80, 6)).astype(dtype)
    y = X[:, 2].astype(float) + rng.normal(size=80)
    for criterion in CRITERIA:
        found = mutual_information(X, y, criterion=criterion)
        np.testing.assert_allclose(found, mutual_information(X.astype(float), y, criterion=criterion), atol=1e-12)


def test_frames_and_names():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(100, 4)), columns=["a", "b", "snp1", "snp2"])
    frame[["snp1", "snp2"]] = rng.integers(40, size=(100, 2))
    y = frame["b"] + 0.1 * frame["snp2"]
    screener = Screener(k=2, discrete_features=["snp*"]).fit(frame, y).set_output(transform="pandas")
    assert (screener.levels_ > 0).tolist() == [False, False, True, True]
    assert "b" in screener.transform(frame).columns
    blocks = Screener(k=2, discrete_features=["snp*"]).fit_blocks([frame[["a", "b"]], frame[["snp1", "snp2"]]], y)
    np.testing.assert_array_equal(blocks.scores_, screener.scores_)
    assert blocks.feature_names_in_.tolist() == list(frame.columns)
    for other in ([2, 3], [False, False, True, True], np.array([3, 2])):
        np.testing.assert_array_equal(Screener(discrete_features=other).fit(frame, y).scores_, screener.scores_)


def test_labels_of_any_type(data):
    X, _ = data
    y = (X[:, 7] > 0).astype(int)
    reference = mutual_information(X, y)
    for labels in (np.array(["no", "yes"])[y], y.astype(bool), y.astype(object), np.array(["u", "v"], dtype=object)[y]):
        np.testing.assert_array_equal(mutual_information(X, labels), reference)


# --- missing values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("labels", [False, True])
def test_pairwise_deletion(data, criterion, labels):
    X, y = data[0][:, 90:130].copy(), data[1]
    y = np.digitize(y, [0.0, 2.0]) if labels else y
    rng = np.random.default_rng(5)
    X[rng.uniform(size=X.shape) < 0.2] = np.nan
    screener = Screener(criterion=criterion, rank_transform=criterion == "kde").fit(X, y)
    options = {"criterion": criterion, "rank_transform": criterion == "kde", "discrete_target": labels}
    for j in (0, 15, 29):
        seen = ~np.isnan(X[:, j])
        alone = mutual_information(X[seen][:, [j]], y[seen], **options)
        assert screener.scores_[j] == pytest.approx(alone[0], abs=1e-12)
        assert screener.n_observed_[j] == seen.sum()


# --- permutations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", ["pooled", "feature"])
def test_p_values(data, null):
    X, y = data
    screener = Screener(n_permutations=60, null=null, n_null_features=20).fit(X, y)
    p = screener.p_values_
    assert ((p > 0) & (p <= 1)).all()
    resolution = 1 / 61 if null == "feature" else 1 / (60 * 20 + 1)
    np.testing.assert_allclose(p[[7, 120, 250]], resolution, rtol=1e-9)
    rest = np.delete(p, [7, 120, 250])
    for level in (0.1, 0.3):  # uniform under the null, three binomial standard deviations
        assert abs((rest <= level).mean() - level) < 3 * np.sqrt(level * (1 - level) / rest.size) + 0.02
    again = Screener(n_permutations=60, null=null, n_null_features=20, block_size=13, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(p, again.p_values_)
    kept = Screener(k="all", n_permutations=60, null=null, n_null_features=20, max_p_value=resolution).fit(X, y)
    assert {7, 120, 250} <= set(kept.ranking_)
    assert kept.k_ < 12


def test_feature_null_is_a_permutation_test():
    """Against a permutation test written out: the same distribution of the score."""
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(60, 1)), rng.normal(size=60)
    y += 0.25 * x[:, 0]
    observed = mutual_information(x, y, criterion="correlation")[0]
    drawn = [abs(np.corrcoef(x[:, 0], rng.permutation(y))[0, 1]) for _ in range(4000)]
    p = Screener(criterion="correlation", n_permutations=4000, null="feature").fit(x, y).p_values_[0]
    exact = np.mean(np.array(drawn) >= observed)
    assert p == pytest.approx(exact, abs=4 * np.sqrt(2 * exact * (1 - exact) / 4000))


def test_seed(data):
    X, y = data
    p = [Screener(n_permutations=20, random_state=s).fit(X, y).p_values_ for s in (0, 0, 1)]
    np.testing.assert_array_equal(p[0], p[1])
    assert not np.array_equal(p[0], p[2])


# --- inside scikit-learn -------------------------------------------------------------------------------------------


def test_score_func(data):
    X, y = data
    best = SelectKBest(Screener(), k=3).fit(X, y)
    assert set(best.get_support(indices=True)) == {7, 120, 250}
    fdr = SelectFdr(Screener(n_permutations=200), alpha=0.05).fit(X, y)
    assert set(fdr.get_support(indices=True)) >= {7, 120, 250}
    model = make_pipeline(Screener(k=3), LinearRegression()).fit(X, y)
    assert model.score(X, y) > 0.5


# --- iteration -----------------------------------------------------------------------------------------------------


def test_iterative_screening_finds_the_hidden_feature():
    """y = x0 + x1 + x2 - c x3 with cov(x3, y) = 0: marginally irrelevant (Fan and Lv 2008, section 4.2.2)."""
    rng = np.random.default_rng(7)
    n, p, r = 300, 1000, 0.5
    X = np.sqrt(r) * rng.normal(size=(n, 1)) + np.sqrt(1 - r) * rng.normal(size=(n, p))
    X[:, 3] = np.sqrt(r) * (X[:, 3] - X[:, 3].mean()) / X[:, 3].std()
    y = 5 * X[:, 0] + 5 * X[:, 1] + 5 * X[:, 2] + rng.normal(size=n)
    y = y - X[:, 3] * ((X[:, 3] - X[:, 3].mean()) @ (y - y.mean()) / (n * X[:, 3].var()))
    once = Screener(k=20, criterion="correlation").fit(X, y)
    assert 3 not in once.ranking_
    twice = Screener(k=20, criterion="correlation", n_steps=4).fit(X, y)
    assert {0, 1, 2, 3} <= set(twice.ranking_)
    assert twice.k_ == 20
    assert twice.steps_.max() == 4
    blocks = [X[:, :400], X[:, 400:]]
    np.testing.assert_array_equal(
        Screener(k=20, criterion="correlation", n_steps=4).fit_blocks(blocks, y).ranking_, twice.ranking_
    )


# --- misuse --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_p_value": 0.1}, "n_permutations"),
        ({"normalize": "entropy"}, "criterion='binning'"),
        ({"normalize": "linfoot", "criterion": "correlation"}, "no information"),
        ({"discrete_features": ["nothing"]}, "matches no feature name"),
        ({"discrete_features": [400]}, r"\[0, 300\)"),
        ({"discrete_features": [True]}, "mask"),
        ({"discrete_features": [1.5]}, "discrete_features"),
        ({"criterion": "kd"}, "criterion"),
        ({"k": 0}, "k"),
        ({"grid_size": 4}, "grid_size"),
    ],
)
def test_misuse(data, options, message):
    with pytest.raises(ValueError, match=message):
        Screener(**options).fit(*data)


def test_bad_data(data):
    X, y = data
    infinite = X.copy()
    infinite[3, 217] = np.inf
    for jobs in (1, 2):
        with pytest.raises(ValueError, match="feature 217 contains infinity"):
            Screener(n_jobs=jobs, block_size=50).fit(infinite, y)
    with pytest.raises(ValueError, match="expected a list"):
        Screener(n_steps=2).fit_blocks(iter([X]), y)
    with pytest.raises(ValueError, match="got a block of shape"):
        Screener().fit_blocks([X[:50]], y)
    with pytest.raises(ValueError, match="got no block"):
        Screener().fit_blocks([], y)
    with pytest.raises(ValueError, match="numeric or binary"):
        Screener(n_steps=2).fit(X, np.array(list("abc"))[np.arange(200) % 3])
    with pytest.raises(ValueError, match="but y has labels"):
        Screener(discrete_target=False).fit(X, np.array(list("ab"))[np.arange(200) % 2])


def test_failed_fit_leaves_the_last_one(data):
    X, y = data
    screener = Screener(k=3).fit(X, y)
    kept = screener.scores_.copy()
    infinite = X.copy()
    infinite[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        screener.fit(infinite, y)
    np.testing.assert_array_equal(screener.scores_, kept)


def test_interrupt():
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(3000, 400)), rng.normal(size=3000)
    sent = []

    def interrupt():
        sent.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        Screener(criterion="knn", n_permutations=100, null="feature", n_jobs=2).fit(X, y)
    assert time.process_time() - sent[0] < 0.2  # CPU seconds of two threads: other work does not count
    timer.join()


def test_progress_bar(data, capsys):
    Screener(verbose=1, block_size=100).fit(*data)
    shown = capsys.readouterr()
    assert "300/300" in shown.err
    assert shown.out == ""
