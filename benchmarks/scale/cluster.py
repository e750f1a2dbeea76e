"""Workers of one thread each on this machine, and what they spend on a call."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, LocalCluster


@contextmanager
def workers(count: int) -> Iterator[Client]:
    # The workers' own profiler samples stacks a hundred times a second: it is no part of what is measured.
    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),
        LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def spent(client: Client, call: Callable[[], Any]) -> dict[str, float]:
    """Wall-clock seconds, and CPU seconds of this process, which holds the scheduler, and of the busiest of all."""
    before, own, start = client.run(time.process_time), time.process_time(), time.perf_counter()
    call()
    wall, own = time.perf_counter() - start, time.process_time() - own
    after = client.run(time.process_time)
    return {"wall": wall, "busiest": max(own, *(after[w] - before[w] for w in before)), "client": own}
