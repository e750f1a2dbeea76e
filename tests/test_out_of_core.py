"""Files larger than the memory that a process may have: each case in an interpreter of its own under RLIMIT_DATA.

The limit counts everything but pages of files mapped read-only. Genotypes have their own test beside their others.
"""

import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

MEGABYTES = 160

PRELUDE = """
import os, resource, sys
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
import numpy as np
from pauca.linear_model import SparseRegressor
from pauca.moments import Moments
from pauca.screening import MutualInformationScreener
import pyarrow as pa, pyarrow.parquet as pq
pa.set_cpu_count(1)
pa.set_io_thread_count(1)
path, allowed = sys.argv[1], int(sys.argv[2])
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData")) >> 10
resource.setrlimit(resource.RLIMIT_DATA, ((used + allowed) << 20,) * 2)
rng = np.random.default_rng(1)
"""

WHOLE = """
try:
    np.zeros(os.path.getsize(path), dtype=np.int8)
    print("no limit")
except MemoryError:
    print("limited")
"""


def run(folder, suffix, allowed, body):
    code = PRELUDE + textwrap.dedent(body) + WHOLE
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(folder / f"data{suffix}"), str(allowed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder():
    """Gone as soon as the test is over: pytest would keep the files of three runs."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_screening_a_memory_map(folder, rng):
    n, p = 250, MEGABYTES * 1000
    X = np.lib.format.open_memmap(folder / "data.npy", mode="w+", dtype=np.float32, shape=(n, p), fortran_order=True)
    for first in range(0, p, 20_000):
        X[:, first : first + 20_000] = rng.standard_normal((n, 20_000), dtype=np.float32)
    X.flush()
    body = """
    X = np.load(path, mmap_mode="r")
    y = X[:, 777] + rng.standard_normal(len(X))
    print(MutualInformationScreener(k=1, criterion="correlation").fit(X, y).ranking_[0])
    """
    assert run(folder, ".npy", 64, body) == ["777", "limited"]


def test_screening_a_parquet_file(folder, rng):
    n, p = 20_000, MEGABYTES * 6
    table = pa.table({f"x{j}": rng.standard_normal(n) for j in range(p)})
    parquet.write_table(table, folder / "data.parquet", compression="none", use_dictionary=False)
    body = """
    y = pq.ParquetFile(path, memory_map=True).read(columns=["x77"], use_threads=False).column(0).to_numpy()
    y = y + rng.standard_normal(len(y))
    screener = MutualInformationScreener(k=1, criterion="correlation", block_size=64)
    print(screener.fit_blocks([path], y).get_feature_names_out()[0])
    """
    assert run(folder, ".parquet", 120, body) == ["x77", "limited"]


def test_moments_of_a_tall_memory_map(folder, rng):
    n, p = MEGABYTES * 2500, 50
    X = np.lib.format.open_memmap(folder / "data.npy", mode="w+", dtype=np.float64, shape=(n, p))
    for first in range(0, n, 50_000):
        X[first : first + 50_000] = rng.standard_normal((50_000, p))
    X.flush()
    body = """
    X, moments = np.load(path, mmap_mode="r"), Moments()
    for i in range(0, len(X), 20_000):
        part = X[i : i + 20_000]
        moments.update(part, part[:, 7] - part[:, 11] + rng.standard_normal(len(part)))
    print(*np.flatnonzero(SparseRegressor(alpha="0.3max").fit_moments(moments).coef_), moments.n_samples_)
    """
    assert run(folder, ".npy", 64, body) == ["7", "11", str(n), "limited"]
