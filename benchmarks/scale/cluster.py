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
    # The workers' own profiler samples stacks a hundred times a second: on a busy machine it would be what is measured.
    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),
        LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def spent(client: Client, call: Callable[[], Any], idle: float = 4.0) -> dict[str, float]:
    """Wall-clock seconds, and CPU seconds of this process, which holds the scheduler, and of the busiest of all.

    What the processes spend on waiting, measured beforehand, is taken off: a busy machine makes the wait long. joblib
    leaves calls in this process if there is one worker only.
    """

    def measure(what: Callable[[], Any]) -> tuple[float, dict[str, float]]:
        before, own, start = client.run(time.process_time), time.process_time(), time.perf_counter()
        what()
        wall, own = time.perf_counter() - start, time.process_time() - own
        after = client.run(time.process_time)
        return wall, {"client": own, **{w: after[w] - before[w] for w in before}}

    waited, rest = measure(lambda: time.sleep(idle))
    wall, used = measure(call)
    net = {who: max(cpu - rest[who] * wall / waited, 0.0) for who, cpu in used.items()}
    return {"wall": wall, "busiest": max(net.values()), "client": net["client"]}
