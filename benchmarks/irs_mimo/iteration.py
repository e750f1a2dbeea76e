"""Time of one iteration: pauca, the same fast path in numpy, dense matrices. Interleaved, one thread, CPU time.

OPENBLAS_NUM_THREADS=1 python benchmarks/irs_mimo/iteration.py [--dense]
"""

import argparse
import time
import warnings

import numpy as np
from reference import dense_em_step, fit_numpy, start

from pauca.bayes import KroneckerSBL

SIZES = {
    "paper synthetic (8,12,15 / 15^3)": ((8, 12, 15), (15, 15, 15)),
    "paper IRS (6,3,16 / 18^3)": ((6, 3, 16), (18, 18, 18)),
    "20^3 / 32^3": ((20, 20, 20), (32, 32, 32)),
}


def problem(ms, ns, is_complex, rng, k=3, snr_db=20.0):
    def draw(*s):
        z = rng.standard_normal(s)
        return (z + 1j * rng.standard_normal(s)) / np.sqrt(2) if is_complex else z

    factors = [draw(m, n) for m, n in zip(ms, ns, strict=True)]
    x = np.zeros(ns, factors[0].dtype)
    x[np.ix_(*(rng.choice(n, k, replace=False) for n in ns))] = draw(k, k, k)
    y = x
    for i, h in enumerate(factors):
        y = np.moveaxis(np.tensordot(h, y, (1, i)), 0, i)
    s2 = np.mean(np.abs(y) ** 2) * 10 ** (-snr_db / 10)
    return factors, x, y + np.sqrt(s2) * draw(*ms)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dense", action="store_true", help="time a dense iteration too (minutes)")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--iterations", type=int, default=40)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'size':36} {'type':8} {'pauca ms/it':>12} {'numpy ms/it':>12} {'numpy/pauca':>12} {'dense s/it':>11} "
          f"{'dense/pauca':>12} {'difference':>11}")  # fmt: skip
    for name, (ms, ns) in SIZES.items():
        for is_complex in (False, True):
            factors, _, y = problem(ms, ns, is_complex, np.random.default_rng(1))
            model = KroneckerSBL(factors=factors, prune=0.0, tol=0.0, max_iter=args.iterations)
            ours, theirs = [], []
            for _ in range(args.repeats):
                t0 = time.process_time()
                model.fit(y)
                t1 = time.process_time()
                estimate, _ = fit_numpy(factors, y, args.iterations)
                t2 = time.process_time()
                ours.append((t1 - t0) / (args.iterations + 1))
                theirs.append((t2 - t1) / (args.iterations + 1))
            ratio = np.median(np.array(theirs) / np.array(ours))
            difference = np.abs(estimate - model.coef_).max() / np.abs(model.coef_).max()
            dense, dense_ratio = "", ""
            if args.dense and np.prod(ns) < 10_000:
                fs, yy, gs, s2, _ = start(factors, y)
                h, g = fs[0], gs[0]
                for f, gg in zip(fs[1:], gs[1:], strict=True):
                    h, g = np.kron(h, f), np.kron(g, gg)
                t0 = time.process_time()
                dense_em_step(h, yy.ravel(), g, s2)
                seconds = time.process_time() - t0
                dense, dense_ratio = f"{seconds:.3f}", f"{seconds / np.median(ours):.0f}"
            print(
                f"{name:36} {'complex' if is_complex else 'real':8} {1e3 * np.median(ours):12.3f} "
                f"{1e3 * np.median(theirs):12.3f} {ratio:12.2f} {dense:>11} {dense_ratio:>12} {difference:11.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
