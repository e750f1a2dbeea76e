"""How time grows with the data on one and two workers."""

import statistics
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import dask.array as da
import joblib
import numpy as np
from common import tables
from common.options import Options
from distributed import Client, wait
from joblib._dask import DaskDistributedBackend

from pauca.inference import StabilitySelection
from pauca.linear_model import MultiTaskSparseRegressor, SparseRegressor
from pauca.screening import MutualInformationScreener
from scale.cluster import spent, workers

Rows = list[dict[str, Any]]


def _normal(block_info: Any = None) -> np.ndarray:
    where = block_info[None]
    return np.random.default_rng(list(where["chunk-location"])).standard_normal(where["chunk-shape"])


def _on_workers(client: Client, rows: tuple[int, ...], columns: tuple[int, ...]) -> da.Array:
    """Random numbers made, and kept, where they are used."""
    X = client.persist(da.map_blocks(_normal, chunks=(rows, columns), dtype=float))
    wait(X)
    return X


def moments(client: Client, n: int) -> Callable[[], Any]:
    """200 features and 5 targets by moments: blocks of 10000 rows."""
    X = _on_workers(client, (10_000,) * (n // 10_000), (205,))
    return lambda: MultiTaskSparseRegressor(alpha="0.1max").fit(X[:, :200], X[:, 200:])


def screening(client: Client, p: int) -> Callable[[], Any]:
    """KDE scores of 500 rows: blocks of 1000 columns."""
    X = _on_workers(client, (500,), (1000,) * (p // 1000))
    y = np.random.default_rng(0).standard_normal(500)
    return lambda: MutualInformationScreener(k=10).fit(X, y)


def _two_at_least(backend: DaskDistributedBackend, n_jobs: int) -> int:
    """joblib leaves calls in this process where the cluster has one core; told of two, it sends them to the worker."""
    return max(2, sum(backend.client.ncores().values()))


def resampling(client: Client, n: int) -> Callable[[], Any]:
    """Stability selection, 10 halves of n rows and 2000 features, a path of 50 strengths on each."""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((n, 2000)))
    y = X[:, :5].sum(axis=1) + 2.0 * rng.standard_normal(n)
    stable = StabilitySelection(SparseRegressor(), n_pairs=5, random_state=0, n_jobs=-1)

    def call() -> Any:
        patched = patch.object(DaskDistributedBackend, "effective_n_jobs", _two_at_least)
        with patched, joblib.parallel_config("dask"):
            return stable.fit(X, y)

    return call


CASES: dict[str, tuple[Callable[[Client, int], Callable[[], Any]], list[int], list[int]]] = {
    "moments": (moments, [50_000, 100_000, 200_000, 400_000], [20_000, 40_000]),
    "screening": (screening, [10_000, 20_000, 40_000, 80_000], [2_000, 4_000]),
    "resampling": (resampling, [1_000, 2_000, 4_000, 8_000], [400, 800]),
}


def _growth(name: str, options: Options) -> Rows:
    """Medians over repeats, after a run of the smallest size that is not counted."""
    prepare, full, few = CASES[name]
    rows = []
    for count in (1, 2):
        with workers(count) as client:
            sizes = few if options.quick else full
            prepare(client, sizes[0])()  # imports
            for size in sizes:
                call = prepare(client, size)
                found = [spent(client, call) for _ in range(options.repeats)]
                row: dict[str, Any] = {"case": name, "size": size, "workers": count}
                for key in ("wall", "busiest", "client"):
                    row[f"{key} s"] = tables.seconds(statistics.median(f[key] for f in found))
                rows.append(row)
                print(row, flush=True)
                del call
    return rows


def growth_moments(options: Options) -> Rows:
    return _growth("moments", options)


def growth_screening(options: Options) -> Rows:
    return _growth("screening", options)


def growth_resampling(options: Options) -> Rows:
    return _growth("resampling", options)
