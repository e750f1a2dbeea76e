"""
All penalties and their proximal operators
==========================================

What each penalty charges for a coefficient, and what its proximal operator makes of it: a picture of bias, thresholds
and jumps.
"""

# %%
# The upper row is the penalty of one coefficient, the lower its proximal operator with step 1 (a fit of one
# standardized column), beside the identity. Where the operator meets the identity, large coefficients are left alone:
# no bias. Where it jumps, small changes of the data can move a coefficient in or out of the model.
import matplotlib.pyplot as plt
import numpy as np

from pauca import penalties as pen

families = {
    "convex": {
        "L1": pen.L1(),
        "ElasticNet": pen.ElasticNet(l1_ratio=0.5),
        "Box(-1, 2)": pen.Box(-1, 2),
    },
    "continuous, nearly unbiased": {
        "MCP, gamma 3": pen.MCP(),
        "SCAD, gamma 3.7": pen.SCAD(),
        "Firm, ratio 2": pen.Firm(),
    },
    "jumping": {
        "CappedL1, threshold 2": pen.CappedL1(threshold=2.0),
        "LogSum, eps 0.5": pen.LogSum(0.7, eps=0.5),
        "TransformedL1, theta 1": pen.TransformedL1(),
        "MCP, gamma 0.8": pen.MCP(gamma=0.8),
    },
    "counting": {
        "L0": pen.L0(),
        "Lp, p 1/2": pen.Lp(),
        "Lp, p 2/3": pen.Lp(p=2 / 3),
    },
}
x = np.linspace(-4.5, 4.5, 1201)
figure, axes = plt.subplots(2, len(families), figsize=(13, 6.5), sharex=True, layout="constrained")
for (title, members), (top, bottom) in zip(families.items(), axes.T, strict=True):
    bottom.plot(x, x, color="0.8", linewidth=1)
    for name, penalty in members.items():
        value = np.array([penalty.value([a]) for a in x])
        line = top.plot(x, np.where(np.isfinite(value), value, np.nan), label=name)[0]
        mapped = penalty.prox(x)
        mapped[1:][np.diff(mapped) > 0.3] = np.nan  # a jump is no line
        bottom.plot(x, mapped, color=line.get_color())
    top.set(title=title, ylim=(0, 4.2))
    top.legend(frameon=False, loc="upper center")
    bottom.set(xlabel="coefficient before", ylim=(-4.5, 4.5))
axes[0, 0].set_ylabel("penalty")
axes[1, 0].set_ylabel("after the proximal operator")

# %%
# Penalties of groups and of whole vectors: the level sets in two coefficients. Corners are where zeros, ties or equal
# neighbours come from.
pairs = {
    "GroupL2": pen.GroupL2([0, 0]),
    "SparseGroup": pen.SparseGroup([0, 0]),
    "GroupMCP": pen.GroupMCP([0, 0], group_weights=[1.0]),
    "GroupSCAD": pen.GroupSCAD([0, 0], group_weights=[1.0]),
    "CompositeMCP": pen.CompositeMCP([0, 0]),
    "Slope": pen.Slope(sequence=[1.0, 0.3]),
    "Oscar": pen.Oscar(slope=0.5),
    "FusedL1": pen.FusedL1(l1_ratio=0.3),
    "KSupport, k 1": pen.KSupport(1),
}
axis = np.linspace(-2, 2, 61)
figure, axes = plt.subplots(3, 3, figsize=(10, 10), sharex=True, sharey=True, layout="constrained")
for (name, penalty), ax in zip(pairs.items(), axes.flat, strict=True):
    values = np.array([[penalty.value([a, b]) for a in axis] for b in axis])
    ax.contour(axis, axis, values, levels=np.linspace(0, values.max(), 12)[1:], cmap="viridis")
    ax.set(title=name, aspect="equal")

# %%
# Their proximal operators with step 1: where a grid of points goes. Grey is the way from a point to its image; what
# ends on an axis is zero in the other coefficient, what ends on the diagonal is tied.
figure, axes = plt.subplots(3, 3, figsize=(10, 10), sharex=True, sharey=True, layout="constrained")
ticks = np.linspace(-4, 4, 13)
starts = np.array([[a, b] for a in ticks for b in ticks])
for (name, penalty), ax in zip(pairs.items(), axes.flat, strict=True):
    ends = np.array([penalty.prox(v) for v in starts])
    ax.plot([starts[:, 0], ends[:, 0]], [starts[:, 1], ends[:, 1]], color="0.85", linewidth=0.8)
    ax.plot(ends[:, 0], ends[:, 1], ".", color="#0b5fa5", markersize=5)
    ax.set(title=name, aspect="equal")

# %%
# The same for singular values: a matrix of rank two with noise, and what is left of its spectrum. The nuclear norm
# shrinks every singular value by the same amount; the nonconvex penalties leave the leading two where they were.
rng = np.random.default_rng(0)
matrix = 3 * rng.standard_normal((20, 2)) @ rng.standard_normal((2, 15)) + rng.standard_normal((20, 15))
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
before = np.linalg.svd(matrix, compute_uv=False)
ax.plot(before, "o-", color="0.6", label="before")
for name, penalty in {
    "Nuclear": pen.Nuclear(9.0),
    "NuclearMCP": pen.NuclearMCP(9.0),
    "NuclearSCAD": pen.NuclearSCAD(9.0),
}.items():
    ax.plot(np.linalg.svd(penalty.prox(matrix), compute_uv=False), ".-", label=name)
ax.set(xlabel="index", ylabel="singular value")
ax.legend(frameon=False)
plt.show()
