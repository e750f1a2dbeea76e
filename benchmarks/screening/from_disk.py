"""Scans a memory-mapped file and prints seconds, CPU seconds, peak and idle memory: run in an interpreter of its own.

python from_disk.py FILE CRITERION THREADS
"""

import sys
import time

import numpy as np

from pauca.screening import MutualInformationScreener


def peak_memory() -> float:
    """Megabytes; getrusage would count the parent's from before exec."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    path, criterion, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    X = np.load(path, mmap_mode="r")
    y = np.random.default_rng(0).standard_normal(X.shape[0]) + X[:, 12345 % X.shape[1]]
    screener = MutualInformationScreener(criterion=criterion, n_jobs=threads)
    screener.fit(X[:, :100], y)
    idle = peak_memory()
    start, cpu = time.perf_counter(), time.process_time()
    screener.fit(X, y)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert screener.ranking_[0] == 12345 % X.shape[1]
    print(wall, cpu, peak_memory(), idle)


if __name__ == "__main__":
    main()
