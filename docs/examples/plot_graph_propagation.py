"""
Few labels, many digits
=======================

A few labelled digits, a graph of nearest neighbours, and the harmonic function that spreads the labels; beside
scikit-learn's label spreading on the same graph.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.semi_supervised import LabelSpreading

from pauca.graph import GraphPropagationClassifier

X, y = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
order = rng.permutation(len(y))

# %%
# Accuracy on the digits without label, as labels are added.
counts = [20, 40, 80, 160, 320]
scores = {"harmonic": [], "label spreading": []}
for count in counts:
    known = np.zeros(len(y), dtype=bool)
    known[order[:count]] = True
    partly = np.where(known, y, -1)
    models = {
        "harmonic": GraphPropagationClassifier(n_neighbors=7),
        "label spreading": LabelSpreading(kernel="knn", n_neighbors=7, max_iter=200),
    }
    for name, model in models.items():
        model.fit(X, partly)
        scores[name].append(np.mean(model.transduction_[~known] == y[~known]))

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, values in scores.items():
    ax.plot(counts, values, marker="o", label=name)
ax.set(xscale="log", xlabel="labelled digits", ylabel="accuracy on the others", xticks=counts, xticklabels=counts)
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()

# %%
# The least certain digits of the last fit:
model = GraphPropagationClassifier(n_neighbors=7).fit(X, partly)
certainty = model.label_distributions_.max(axis=1)
figure, axes = plt.subplots(1, 8, figsize=(10, 1.8), layout="constrained")
for ax, i in zip(axes, np.argsort(certainty), strict=False):
    ax.imshow(X[i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{model.transduction_[i]}? is {y[i]}", fontsize="small")
    ax.axis("off")
plt.show()

# %%
# New points are averaged over their neighbours in the fit:
print(model.predict(X[:5] + rng.normal(scale=0.5, size=(5, 64))), y[:5])
