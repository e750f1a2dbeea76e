"""Data larger than the memory that a process may have: each case in an interpreter of its own with a limit.

The limit is RLIMIT_DATA: everything but pages of files that are mapped read-only, which the system takes back when it
needs them. RLIMIT_AS would count the mapped file itself.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.options import Options

Rows = list[dict[str, Any]]

PRELUDE = """
import os, resource, sys, time
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
import numpy as np
{imports}

def field(name, file="/proc/self/status"):
    return next(int(line.split()[1]) for line in open(file) if line.startswith(name)) / 1024

path, limit = sys.argv[1], int(sys.argv[2])
start_memory = field("VmData:")
resource.setrlimit(resource.RLIMIT_DATA, (limit << 20, limit << 20))
start, cpu = time.perf_counter(), time.process_time()
{body}
print(time.perf_counter() - start, time.process_time() - cpu, start_memory, field("VmHWM:"), check)
"""


def _columns(path: Path, megabytes: int) -> None:
    n, p = 500, megabytes * 500
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, p), fortran_order=True)
    rng = np.random.default_rng(0)
    for first in range(0, p, 20_000):
        X[:, first : first + 20_000] = rng.standard_normal((n, min(20_000, p - first)), dtype=np.float32)


def _parquet(path: Path, megabytes: int) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    n, p = 25_000, megabytes * 5
    rng = np.random.default_rng(0)
    schema = pa.schema([(f"x{j}", pa.float64()) for j in range(p)])
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        writer.write_table(pa.table({f"x{j}": rng.standard_normal(n) for j in range(p)}, schema=schema))


def _rows(path: Path, megabytes: int) -> None:
    n, p = megabytes * 1250, 100
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(n, p))
    rng = np.random.default_rng(0)
    for first in range(0, n, 50_000):
        X[first : first + 50_000] = rng.standard_normal((min(50_000, n - first), p))


def _genotypes(path: Path, megabytes: int) -> None:
    n, p = 10_000, megabytes * 100
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=(n, p), fortran_order=True)
    rng = np.random.default_rng(0)
    for first in range(0, p, 1000):
        X[:, first : first + 1000] = rng.integers(-1, 3, (n, min(1000, p - first)), dtype=np.int8)


class Case:
    def __init__(self, name: str, write: Callable[[Path, int], None], suffix: str, imports: str, body: str) -> None:
        self.name, self.write, self.suffix, self.imports, self.body = name, write, suffix, imports, body
        self.growth = {_genotypes: 8, _columns: 2}.get(write, 1)  # as float64


GENOTYPE_IMPORTS = (
    "from pauca.design import GenotypeMatrix; from pauca.linear_model import SparseRegressor, SparseClassifierCV"
)
GENOTYPE_DATA = """
G = GenotypeMatrix(np.load(path, mmap_mode="r"))
y = (G[:, [7, 70, 700]] @ np.array([1.0, -1.0, 1.0])) + np.random.default_rng(1).standard_normal(len(G))
"""

CASES = [
    Case(
        "screening, memory map of float32", _columns, ".npy",
        "from pauca.screening import MutualInformationScreener",
        'X = np.load(path, mmap_mode="r"); y = X[:, 777] + np.random.default_rng(1).standard_normal(len(X))\n'
        "check = MutualInformationScreener(k=1).fit(X, y).ranking_[0] == 777",
    ),
    Case(
        "screening, Parquet", _parquet, ".parquet",
        "import pyarrow.parquet as pq, pyarrow as pa; pa.set_cpu_count(1); pa.set_io_thread_count(1)\n"
        "from pauca.screening import MutualInformationScreener",
        'y = pq.ParquetFile(path, memory_map=True).read(columns=["x77"], use_threads=False).column(0).to_numpy()\n'
        'y = y + np.random.default_rng(1).standard_normal(len(y))\n'
        'found = MutualInformationScreener(k=1, criterion="correlation").fit_blocks([path], y)\n'
        "check = found.ranking_[0] == 77",
    ),
    Case(
        "moments and lasso, memory map of rows", _rows, ".npy",
        "from pauca.moments import Moments; from pauca.linear_model import SparseRegressor",
        'X = np.load(path, mmap_mode="r"); m = Moments(); rng = np.random.default_rng(1)\n'
        "for i in range(0, len(X), 50_000):\n"
        "    part = X[i : i + 50_000]; m.update(part, part[:, 7] + rng.standard_normal(len(part)))\n"
        "check = np.flatnonzero(SparseRegressor(alpha='0.3max').fit_moments(m).coef_).tolist() == [7]",
    ),
    Case(
        "lasso of int8 genotypes, memory map", _genotypes, ".npy", GENOTYPE_IMPORTS,
        GENOTYPE_DATA + "found = SparseRegressor(alpha='0.3max').fit(G, y).coef_\n"
        "check = np.flatnonzero(found).tolist() == [7, 70, 700]",
    ),
    Case(
        "logistic lasso of int8 genotypes, 3 folds", _genotypes, ".npy", GENOTYPE_IMPORTS,
        GENOTYPE_DATA + "found = SparseClassifierCV(alphas=10, eps=0.3, cv=3, tol=1e-5).fit(G, y > 0).coef_[0]\n"
        "check = set(np.argsort(-abs(found))[:3].tolist()) == {7, 70, 700}",
    ),
]  # fmt: skip


@contextmanager
def _file(case: Case, megabytes: int, kept: dict[Any, Path], folder: Path) -> Iterator[Path]:
    path = kept.get((case.write, megabytes))
    if path is None:
        for old in kept.values():
            old.unlink()
        kept.clear()
        path = kept[case.write, megabytes] = folder / f"data{case.suffix}"
        case.write(path, megabytes)
    yield path


def memory(options: Options) -> Rows:
    """Files of 600 MB under limits of 250 and 350 MB, of which the interpreter has some 150 at the start."""
    megabytes = 60 if options.quick else 600
    rows, kept = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            with _file(case, megabytes, kept, Path(folder)) as path:
                code = PRELUDE.format(imports=case.imports, body=case.body)
                limit = 350 if "Parquet" in case.name else 250
                start = time.perf_counter()
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", code, str(path), str(limit)],
                    env=os.environ, capture_output=True, text=True, check=False,
                )  # fmt: skip
                if done.returncode:
                    raise RuntimeError(f"{case.name}: {done.stderr[-2000:]}")
                wall, cpu, idle, peak, check = done.stdout.split()[-5:]
                if check != "True":
                    raise RuntimeError(f"{case.name}: found the wrong features")
                rows.append(
                    {
                        "case": case.name,
                        "file MB": round(path.stat().st_size / 2**20),
                        "as float64 MB": round(
                            path.stat().st_size
                            / 2**20
                            * (8 if "int8" in case.name else 2 if "float32" in case.name else 1)
                        ),
                        "limit MB": limit,
                        "of which at the start": round(float(idle)),
                        "peak with pages of the file MB": round(float(peak)),
                        "wall s": tables.seconds(float(wall)),
                        "CPU s": tables.seconds(float(cpu)),
                    }
                )
                print(rows[-1], f"{time.perf_counter() - start:.0f}", flush=True)
    return rows
