"""What a path of 100 strengths costs beside its last one alone: dense lasso, n = 1000, p = 10 000, AR(0.6).

python benchmarks/nonconvex/path_cost.py
"""

import os
import statistics
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from pauca.linear_model import SparseRegressor, path


def main() -> None:
    rng = np.random.default_rng(0)
    n, p = 1000, 10_000
    X = np.empty((n, p), order="F")
    X[:, 0] = rng.standard_normal(n)
    for j in range(1, p):
        X[:, j] = 0.6 * X[:, j - 1] + 0.8 * rng.standard_normal(n)
    w = np.zeros(p)
    w[rng.choice(p, 100, replace=False)] = rng.standard_normal(100)
    y = X @ w + rng.standard_normal(n) * (X @ w).std() / np.sqrt(5.0)
    whole, last = [], []
    for _ in range(5):
        start = time.process_time()
        found = path(X, y, alphas=100, eps=0.01)
        middle = time.process_time()
        SparseRegressor(alpha=found.alphas_[-1]).fit(X, y)
        whole.append(middle - start)
        last.append(time.process_time() - middle)
    ratio = statistics.median(a / b for a, b in zip(whole, last, strict=True))
    a, b = statistics.median(whole), statistics.median(last)
    print(f"path {a:.2f} s, last point alone {b:.2f} s, ratio {ratio:.2f}; {found.df_[-1]} nonzero at the end")


if __name__ == "__main__":
    main()
