"""Time, measured the same way for everybody."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def cpu_seconds(call: Callable[[], T]) -> tuple[float, T]:
    """CPU time of the process: on one thread, what the call would take on an idle machine."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def threads() -> int:
    """How many threads everybody may use: what run.py put into the environment before numpy was imported."""
    return int(os.environ.get("OPENBLAS_NUM_THREADS", "1"))


def solve_seconds(call: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds on one thread, those of the busier one on two: what the call takes on idle cores."""
    if threads() == 1:
        return cpu_seconds(call)
    results: list[T] = []
    return busier_thread(lambda: results.append(call())), results[0]


def clock() -> str:
    return "CPU" if threads() == 1 else "busier thread's CPU"


def busier_thread(call: Callable[[], object]) -> float:
    """CPU seconds of the busier of two threads, the calling one and another: what the call takes on two idle cores.

    Exact for one parallel region; on a loaded machine one thread may do more than its share, which makes it larger.
    """
    total, own = time.process_time(), time.thread_time()
    call()
    total, own = time.process_time() - total, time.thread_time() - own
    return max(own, total - own)


def in_new_process(code: str) -> float:
    """The wall-clock seconds that `code` reports on its last line in a fresh interpreter."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])
