"""What tests of dask's workers share: killing one at its work, and counting what the client receives."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import numpy as np


@contextmanager
def at_work(folder, seconds):
    """A mark with the number of this process while it works: one that is killed leaves it."""
    mark = folder / f"{os.getpid()}-{time.monotonic_ns()}"
    mark.touch()
    time.sleep(seconds)
    yield
    mark.unlink()


def slowly(block, folder):
    """A block of an array that takes its time."""
    with at_work(folder, 0.3):
        return block


def two_workers(client):
    """Wait for both, joblib keeps its calls where there is one; start new ones if a dead one is not replaced."""
    try:
        client.wait_for_workers(2, timeout=20)
    except TimeoutError:
        client.cluster.scale(0)
        client.cluster.scale(2)
        client.wait_for_workers(2, timeout=60)


def killing(client, folder):
    """A fixture's body: gives a folder; the first worker process that marks its work there is killed at it."""
    two_workers(client)
    before, over, struck = set(client.run(os.getpid).values()), threading.Event(), []

    def strike():
        while not struck and not over.wait(0.01):
            for mark in folder.iterdir():
                victim = int(mark.name.partition("-")[0])
                if victim in before:
                    os.kill(victim, signal.SIGKILL)
                    struck.append(mark)
                    break

    thread = threading.Thread(target=strike)
    thread.start()
    yield folder
    over.set()
    thread.join()
    assert struck, "nobody worked"
    assert struck[0].exists(), "it was done when it died"
    assert not lives(int(struck[0].name.partition("-")[0])), "nobody died"


def lives(process, seconds=60):
    """Whether a process is still there after so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def sizes_of(value):
    """The sizes of the arrays in what came, in objects' attributes too."""
    if isinstance(value, np.ndarray):
        return [value.size]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [size for item in value for size in sizes_of(item)]
    return sizes_of(vars(value)) if hasattr(value, "__dict__") else []


@contextmanager
def received(client):
    """A list that fills with the sizes of the arrays that the client gets from its workers."""
    sizes, gather = [], client.gather

    def counted(*args, **kwargs):
        found = gather(*args, **kwargs)
        sizes.extend(sizes_of(found))
        return found

    client.gather = counted
    try:
        yield sizes
    finally:
        client.gather = gather
