"""Time of one iteration: pauca, the same fast path in numpy, dense matrices. Interleaved, one thread, CPU time.

An iteration is the difference between a fit of 41 iterations and a fit of one, over 40; "whole fit" is a fit of 41,
with the validation of its arguments, the posterior at the end and the estimator around it, beside bare numpy functions.

OPENBLAS_NUM_THREADS=1 python benchmarks/irs_mimo/iteration.py [--dense]
"""

import argparse
import os
import time
import warnings
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import numpy as np
from reference import dense_em_step, fit_numpy, start
from sklearn.base import clone

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


def seconds(call):
    """CPU seconds of a call."""
    before = time.process_time()
    call()
    return time.process_time() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dense", action="store_true", help="time a dense iteration too (minutes)")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--iterations", type=int, default=40)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'size':33} {'type':8} {'pauca us/it':>12} {'numpy us/it':>12} {'numpy/pauca':>12} {'whole fit':>10} "
          f"{'dense s/it':>11} {'dense/pauca':>12} {'difference':>11}")  # fmt: skip
    for name, (ms, ns) in SIZES.items():
        for is_complex in (False, True):
            factors, _, y = problem(ms, ns, is_complex, np.random.default_rng(1))
            base = KroneckerSBL(factors=factors, prune=0.0, tol=0.0)
            short, long = clone(base).set_params(max_iter=1), clone(base).set_params(max_iter=1 + args.iterations)
            calls = [
                partial(short.fit, y),
                partial(long.fit, y),
                partial(fit_numpy, factors, y, 1),
                partial(fit_numpy, factors, y, 1 + args.iterations),
            ]
            times = np.array([[seconds(call) for call in calls] for _ in range(args.repeats)])
            ours, theirs = (times[:, k + 1] - times[:, k] for k in (0, 2))
            estimate, _ = calls[3]()
            difference = np.abs(estimate - long.coef_).max() / np.abs(long.coef_).max()
            one = np.median(ours) / args.iterations
            dense, dense_ratio = "", ""
            if args.dense and np.prod(ns) < 10_000:
                fs, yy, gs, s2, _ = start(factors, y)
                h, g = fs[0], gs[0]
                for f, gg in zip(fs[1:], gs[1:], strict=True):
                    h, g = np.kron(h, f), np.kron(g, gg)
                slow = seconds(partial(dense_em_step, h, yy.ravel(), g, s2))
                dense, dense_ratio = f"{slow:.3f}", f"{slow / one:.0f}"
            print(
                f"{name:33} {'complex' if is_complex else 'real':8} {1e6 * one:12.1f} "
                f"{1e6 * np.median(theirs) / args.iterations:12.1f} {np.median(theirs / ours):12.2f} "
                f"{np.median(times[:, 3] / times[:, 1]):10.2f} {dense:>11} {dense_ratio:>12} {difference:11.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
