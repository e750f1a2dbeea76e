"""
The path of a lasso
===================

How the coefficients of a sparse regression grow as its penalty is relaxed, how far along the path cross-validation
goes, and what refitting and a nonconvex penalty make of it.
"""

# %%
# The diabetes data: ten measurements of 442 patients, and the progression of the disease a year later. The path starts
# at ``alpha_max_``, the smallest strength at which every coefficient is zero; each fit begins at the last one's
# solution.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import RepeatedKFold

from pauca.linear_model import SparseRegressorCV, path, relaxed_path
from pauca.plotting import CVDisplay, PathDisplay

X, y = load_diabetes(return_X_y=True, as_frame=True)
cv = RepeatedKFold(n_splits=10, n_repeats=3, random_state=0)
model = SparseRegressorCV(cv=cv, rule="1se").fit(X, y)

# %%
# Body mass index and ``s5`` (a lipid measure) enter first. The best mean score lies far down the path; the largest
# strength within one standard error of it keeps fewer features.
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
PathDisplay.from_estimator(model, ax=left)
CVDisplay.from_estimator(model, ax=right)
print(f"chosen: alpha {model.alpha_:.3f}, {(model.coef_ != 0).sum()} features; best mean: {model.alpha_min_:.3f}")
print({name: round(float(w)) for name, w in zip(X.columns, model.coef_, strict=True) if w != 0})

# %%
# **Refitting** keeps the selection and drops the shrinkage: while the selection stays, so do the coefficients. The
# refit's standard errors would be too small, since the same data chose the features; pauca prints none.
#
# **A nonconvex penalty** does both at once. Where the objective is no longer convex on the selected features the
# solution may be one of several, and the region is shaded.
rng = np.random.default_rng(0)
A = rng.standard_normal((100, 200))
b = A[:, :6] @ np.array([3.0, -2.0, 2.0, 1.0, -1.0, 0.5]) + 2.0 * rng.standard_normal(100)
figure, axes = plt.subplots(1, 3, figsize=(12.5, 4.2), layout="constrained")
found = {"lasso": path(A, b), "refitted lasso": relaxed_path(A, b, eps=0.2), "MCP": path(A, b, penalty="mcp")}
for ax, (title, each) in zip(axes, found.items(), strict=True):
    PathDisplay.from_path(each, n_labels=6, ax=ax)
    ax.set_ylim(-4, 5)
    ax.text(0.02, 0.93, title, transform=ax.transAxes)
plt.show()
