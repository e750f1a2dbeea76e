"""
Which block, and which update
=============================

Block coordinate descent has three choices: how coordinates are put into blocks, which block is next, and how it is
updated. Each comparison below takes seconds; ``benchmarks/greedy_bcd`` runs all of them at the sizes of the paper.
"""

# %%
# A least-squares problem after Nutini, Laradji and Schmidt: columns of very different length, few entries.
import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse

from pauca.solvers import BlockProblem, minimize_blocks

rng = np.random.default_rng(0)
n, p = 150, 900
A = (rng.normal(size=(n, p)) + 1) * (10 * rng.normal(size=p))
A *= rng.random((n, p)) < 10 * np.log(n) / n
w = rng.normal(size=p) * (rng.random(p) < 0.1)
squares = BlockProblem("least_squares", A, A @ w + rng.normal(size=n))


def draw(ax, problem, rules, updates, title, best):
    """Relative gap to the minimum, which is known from a long run, against block updates."""
    runs = {name: minimize_blocks(problem, max_iter=updates, **rule) for name, rule in rules.items()}
    for name, run in runs.items():
        gap = (run.objective_path - best) / (run.objective_path[0] - best)
        ax.semilogy(np.maximum(gap, 1e-16), label=name)
    ax.set(xlabel="block updates", ylabel="relative gap", title=title, ylim=(1e-13, 1.5))
    ax.legend(fontsize="x-small", frameon=False)
    return runs


# %%
# Left: gradient updates of blocks of five. A greedy rule that knows the blocks' curvature (``gsl``, ``gsd``) is far
# ahead of random and cyclic order. Right: the same rules when the block is minimised exactly.
best = 0.0  # more columns than rows: the data are fitted exactly
figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
for ax, update in zip(axes, ("gradient", "matrix"), strict=True):
    fixed = {
        f"sorted, {s}": {"partition": "sort", "selection": s, "update": update, "block_size": 5}
        for s in ("cyclic", "random", "gs", "gsl")
    }
    free = {f"variable, {s}": {"selection": s, "update": update, "block_size": 5} for s in ("gs", "gsd")}
    draw(ax, squares, fixed | free, 400, f"{update} updates", best)
plt.show()

# %%
# With a penalty the support is found after finitely many updates. Blocks that can hold it, minimised exactly or by
# two-metric projection, then end at once; a gradient step only keeps its linear rate.
strength = 0.1 * np.max(A.T @ squares.y)
nonnegative = BlockProblem("least_squares", A, squares.y, l1=strength, lower=0.0)
rules = {
    f"{selection}, {update}": {"selection": selection, "update": update, "block_size": 60}
    for selection in ("random", "gs-q")
    for update in ("gradient", "matrix", "two-metric")
}
best = minimize_blocks(nonnegative, block_size=150, max_iter=100).objective_path.min()
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
runs = draw(ax, nonnegative, rules, 80, "nonnegative lasso, blocks of 60", best)
plt.show()
print("coefficients in the support:", np.count_nonzero(runs["gs-q, matrix"].x))

# %%
# On a graph a block may be as large as a forest and is still solved exactly in linear time, by passing messages
# along its trees.
side = 40
chain = sparse.diags_array([np.ones(side - 1), np.ones(side - 1)], offsets=[-1, 1])
W = sparse.csr_array(sparse.kron(chain, sparse.eye_array(side)) + sparse.kron(sparse.eye_array(side), chain))
known = rng.choice(side * side, 60, replace=False)
free = np.setdiff1d(np.arange(side * side), known)
laplacian = sparse.csr_array(sparse.diags_array(np.asarray(W.sum(axis=1)).ravel()) - W)
lattice = BlockProblem("graph", laplacian[free][:, free], W[free][:, known] @ rng.normal(size=60))
rules = {
    "12 nodes, exact": {"selection": "gs", "block_size": 12},
    "red-black": {"partition": "red-black", "selection": "cyclic", "update": "message-passing"},
    "tree partition": {"partition": "tree", "selection": "cyclic", "update": "message-passing"},
    "greedy forest": {"selection": "forest-gs", "update": "message-passing"},
}
best = -0.5 * lattice.y @ sparse.linalg.spsolve(lattice.X.tocsc(), lattice.y)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
draw(ax, lattice, rules, 250, "label propagation on a lattice", best)
plt.show()
