"""A million unknowns (60^3 samples, 100^3 unknowns): time, memory above import, error.

OPENBLAS_NUM_THREADS=1 python benchmarks/irs_mimo/large.py
"""

import resource
import threading
import time

import numpy as np

from pauca.bayes import KroneckerSBL, nmse


def resident():
    """Megabytes resident now."""
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * resource.getpagesize() / 2**20


def main():
    rng = np.random.default_rng(0)
    factors = [rng.standard_normal((60, 100)) for _ in range(3)]
    sets = [np.sort(rng.choice(100, 4, replace=False)) for _ in range(3)]
    core = rng.standard_normal((4, 4, 4))
    clean = np.einsum("ai,bj,ck,ijk->abc", *(f[:, s] for f, s in zip(factors, sets, strict=True)), core, optimize=True)
    noisy = clean + np.sqrt(np.mean(clean**2) / 100) * rng.standard_normal(clean.shape)
    before, peak, done = resident(), [0.0], threading.Event()

    def watch():
        while not done.wait(0.005):
            peak[0] = max(peak[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.process_time()
    model = KroneckerSBL(factors=factors).fit(noisy)
    seconds = time.process_time() - start
    done.set()
    watcher.join()
    x = np.zeros((100, 100, 100))
    x[np.ix_(*sets)] = core
    exact = all(np.array_equal(a, s) for a, s in zip(model.active_, sets, strict=True))
    print(
        f"{model.n_iter_} iterations, {seconds:.1f} CPU s, {peak[0] - before:.0f} MB above the data, "
        f"NMSE {nmse(x, model.coef_):.1e}, support exact: {exact}"
    )


if __name__ == "__main__":
    main()
