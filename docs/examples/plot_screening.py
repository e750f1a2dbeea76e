"""
Screening where correlation fails
=================================

Half of the relevant features act through their square: their correlation with the target is zero, their mutual
information is not.
"""

# %%
# Six of 5000 features matter, three linearly and three by their square, each for a tenth of the variance.
import matplotlib.pyplot as plt
import numpy as np

from pauca.screening import MutualInformationScreener

rng = np.random.default_rng(4)
n, p = 500, 5000
X = np.asfortranarray(rng.normal(size=(n, p)))
signal = X[:, :3].sum(axis=1) + ((X[:, 3:6] ** 2 - 1) / np.sqrt(2)).sum(axis=1)
y = np.sqrt(0.1) * signal + np.sqrt(0.4) * rng.normal(size=n)

# %%
# Three criteria, each with p-values from permutations of 100 random features.
criteria = ["correlation", "distance_correlation", "kde"]
screeners = {
    name: MutualInformationScreener(k=50, criterion=name, n_permutations=200, n_null_features=100).fit(X, y)
    for name in criteria
}
for name, screener in screeners.items():
    rank = np.empty(p, dtype=int)
    rank[np.argsort(-screener.scores_, kind="stable")] = np.arange(1, p + 1)
    print(f"{name:22s} ranks of the six: {rank[:6].tolist()}")

# %%
# Every dot is a feature. The dashed line is the score that one in 5000 unrelated features reaches by chance.
colors = {"rest": "0.8", "linear": "tab:blue", "square": "tab:red"}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained")
for ax, (name, screener) in zip(axes, screeners.items(), strict=True):
    ax.plot(np.arange(6, p), screener.scores_[6:], ".", color=colors["rest"], markersize=2)
    ax.plot(np.linspace(0, p / 3, 3), screener.scores_[:3], "o", color=colors["linear"], label="linear")
    ax.plot(np.linspace(0, p / 3, 3) + p / 2, screener.scores_[3:6], "s", color=colors["square"], label="square")
    by_chance = screener.scores_[screener.p_values_ > 1 / p]
    ax.axhline(by_chance.max(), color="black", linestyle="--", linewidth=1)
    ax.set(title=name.replace("_", " "), xticks=[], xlabel="features")
axes[0].set_ylabel("score")
axes[0].legend(frameon=False)
plt.show()

# %%
# The screened features feed a model that can use them: squares and all, on held-out data.
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def with_squares(Z):
    return np.hstack([Z, Z**2])


for name in criteria:
    model = make_pipeline(
        MutualInformationScreener(k=6, criterion=name), FunctionTransformer(with_squares), LinearRegression()
    )
    print(f"{name:22s} cross-validated R2 {cross_val_score(model, X, y).mean():.2f}")
