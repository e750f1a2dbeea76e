"""
The path of a lasso
===================

How the coefficients of a sparse regression grow as its penalty is relaxed, and how far along the path held-out data
would go.
"""

# %%
# The diabetes data: ten measurements of 442 patients, and the progression of the disease a year later.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from pauca.linear_model import SparseRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# ``alpha_max_`` is the smallest penalty at which every coefficient is zero; the path starts there. Each fit begins at
# the last one's solution.
model = SparseRegressor(alpha="0.5max", warm_start=True).fit(X_train, y_train)
alphas = model.alpha_max_ * np.geomspace(0.999, 1e-3, 60)
coefs, scores = [], []
for alpha in alphas:
    model.set_params(alpha=alpha).fit(X_train, y_train)
    coefs.append(model.coef_)
    scores.append(model.score(X_test, y_test))

# %%
# Body mass index and ``s5`` (a lipid measure) enter first. Past the best held-out score the large opposite
# coefficients of ``s1`` and ``s2``, which are correlated, explain noise.
best = int(np.argmax(scores))
figure, (top, bottom) = plt.subplots(2, sharex=True, height_ratios=[3, 1], figsize=(8, 6), layout="constrained")
for name, path in zip(X.columns, np.transpose(coefs), strict=True):
    top.plot(alphas, path, label=name)
bottom.plot(alphas, scores, color="black")
for ax in (top, bottom):
    ax.axvline(alphas[best], color="0.6", linestyle="--", linewidth=1)
top.set(ylabel="coefficient", xscale="log")
bottom.set(xlabel="alpha", ylabel="held-out R2")
bottom.invert_xaxis()
top.legend(ncols=2, fontsize="small", frameon=False)
plt.show()

# %%
# What remains at the best strength:
print(f"alpha {alphas[best]:.3f}, held-out R2 {scores[best]:.3f}")
print({name: round(float(w)) for name, w in zip(X.columns, coefs[best], strict=True) if w != 0})
