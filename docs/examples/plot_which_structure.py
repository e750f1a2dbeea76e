"""
Which structure? Groups, order, ties and rank
=============================================

One simulation for each piece of advice on structured penalties: the error of the penalty that knows the structure,
beside the lasso's, each tuned on a validation set as large as the training set.
"""

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np

from pauca import penalties as pen
from pauca.linear_model import SparseRegressor, path

warnings.simplefilter("ignore")  # strengths at which nothing enters are part of the grid
N = 80


def error(penalty, X, y, w):
    """Relative squared error of the point of the path with the least loss on the other half of the data."""
    top = SparseRegressor(penalty=penalty, alpha="1max", tol=1e-5).fit(X[:N], y[:N]).alpha_max_
    found = path(X[:N], y[:N], penalty=penalty, alphas=top * np.geomspace(0.9, 0.01, 15), tol=1e-5, max_iter=5000)
    losses = ((y[N:, None] - found.predict(X[N:])) ** 2).mean(axis=0)
    return float(np.sum((found.coef_at(int(losses.argmin())) - w) ** 2) / np.sum(w**2))


def data(rng, w, correlation=0.0):
    X = rng.standard_normal((2 * N, w.size))
    shared = rng.standard_normal((2 * N, 1))
    X = np.asfortranarray(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * X)
    signal = X @ w
    return X, signal + rng.standard_normal(2 * N) * signal.std() / np.sqrt(3)


def grouped(rng):
    w = np.zeros(100)
    w[:5], w[5:10] = rng.standard_normal(5), rng.standard_normal(5)
    return w, {"GroupL2": pen.GroupL2(np.arange(100) // 5), "GroupMCP": pen.GroupMCP(np.arange(100) // 5)}


def sparse_in_groups(rng):
    w = np.zeros(100)
    w[[0, 1, 10, 11]] = rng.choice([-1, 1], 4) * rng.uniform(0.5, 1.5, 4)
    labels = np.arange(100) // 10
    return w, {
        "GroupL2": pen.GroupL2(labels),
        "SparseGroup": pen.SparseGroup(labels, l1_ratio=0.7),
        "CompositeMCP": pen.CompositeMCP(labels),
    }


def ordered(rng):
    w = np.zeros(100)
    w[20:35], w[60:70] = 1.0, -1.5
    return w, {"FusedL1": pen.FusedL1(l1_ratio=0.3)}


def tied(rng):
    w = np.zeros(60)
    w[:12] = 1.0
    return w, {"Slope": pen.Slope(), "Oscar": pen.Oscar(slope=0.05)}


def low_rank(rng):
    w = (rng.standard_normal((10, 1)) @ rng.standard_normal((1, 10))).ravel()
    return w, {"Nuclear": pen.Nuclear(shape=(10, 10)), "NuclearMCP": pen.NuclearMCP(shape=(10, 10))}


cases = {
    "whole groups": grouped,
    "few within groups": sparse_in_groups,
    "blocks of neighbours": ordered,
    "equal effects, correlated": tied,
    "a matrix of rank one": low_rank,
}
results = {}
for title, make in cases.items():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        w, candidates = make(rng)
        X, y = data(rng, w, 0.5 if make is tied else 0.0)
        for name, penalty in {"lasso": pen.L1(), **candidates}.items():
            results.setdefault((title, name), []).append(error(penalty, X, y, w))

# %%
# Medians over five data sets, with the range. Each structure pays where it holds. With only two effects in a group of
# ten the plain group penalty is worse than the lasso, the mixture of the two about level with it, and only the
# composite penalty, which selects at both levels without shrinking much, ahead.
figure, axes = plt.subplots(1, len(cases), figsize=(12.5, 3.8), layout="constrained")
for ax, title in zip(axes, cases, strict=True):
    mine = {name: values for (case, name), values in results.items() if case == title}
    medians = np.array([np.median(v) for v in mine.values()])
    spread = np.array([[m - min(v), max(v) - m] for m, v in zip(medians, mine.values(), strict=True)]).T
    ax.bar(range(len(mine)), medians, yerr=spread, color=["0.7", *["C0"] * (len(mine) - 1)])
    ax.set_xticks(range(len(mine)), list(mine), rotation=25)
    ax.set_title(title, fontsize="medium")
axes[0].set_ylabel("relative squared error")
for (title, name), values in results.items():
    print(f"{title:27s} {name:13s} {np.median(values):.3f}")
plt.show()
