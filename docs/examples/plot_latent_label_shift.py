"""
Classes from how domains differ
===============================

Points without labels, from several sources in which the classes occur with different frequency. Distances between
features mislead here; what identifies the classes is which points become frequent together.
"""

# %%
# Three classes, each made of four blobs scattered among the blobs of the others, seen in six domains. All domains
# share the blobs; only the share of each class changes.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier

from pauca.datasets import make_latent_label_shift
from pauca.label_shift import LatentLabelShift
from pauca.metrics import match_classes, matched_accuracy, prior_l1_error
from pauca.plotting import LabelShiftDisplay

data = make_latent_label_shift(4000, n_classes=3, n_domains=6, kind="blobs", n_features=2, random_state=25)

# %%
# A random forest learns to tell the domains apart (out of fold, so that no point is judged by a forest that saw its
# domain). Its posteriors lie in a polytope with one vertex a class.
forest = RandomForestClassifier(50, min_samples_leaf=5, random_state=0)
model = LatentLabelShift(n_classes=3, discriminator=forest, random_state=0).fit(data.X, data.domain)
means = KMeans(3, n_init=5, random_state=0).fit_predict(data.X)


def matched(found):
    """Classes renamed to agree with the truth as well as they can, for the colours."""
    pairs = match_classes(data.y, found)
    return np.array([pairs[k] for k in found])


figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharex=True, sharey=True, layout="constrained")
titles = {
    "the truth": data.y,
    f"k-means, accuracy {matched_accuracy(data.y, means):.2f}": matched(means),
    f"LatentLabelShift, accuracy {matched_accuracy(data.y, model.labels_):.2f}": matched(model.labels_),
}
for ax, (title, classes) in zip(axes, titles.items(), strict=True):
    ax.scatter(*data.X.T, c=classes, s=4, cmap="tab10", vmax=9)
    ax.set(title=title, xticks=[], yticks=[])
plt.show()

# %%
# The polytope: points coloured by their true class, which the method never saw, and the vertices it found.
LabelShiftDisplay.from_estimator(model, data.X, data.y)
plt.show()

# %%
# The class shares of the domains are estimated too, with bootstrap intervals; a few labelled points name the classes.
few = np.concatenate([np.flatnonzero(data.y == k)[:3] for k in range(3)])
model.name_classes(data.X[few], np.array(["ash", "birch", "cedar"])[data.y[few]], data.domain[few])
table = model.bootstrap(n_resamples=50)
print(f"L1 error of the priors a domain: {prior_l1_error(data.class_prior, model.class_prior_):.3f}")
for row in list(zip(*table.values(), strict=True))[:3]:
    print("domain {}: {:6s} {:.2f} ({:.2f} to {:.2f})".format(*row))
print(model.report_)

# %%
# When does it work? Overlapping Gaussian classes, the default discriminator, one thing varied at a time: more domains
# help, a weaker shift (larger concentration) hurts, and the number of clusters matters little while each holds enough
# points.
usual = {"n_samples": 3000, "n_classes": 4, "n_domains": 8, "kind": "gaussian", "max_condition": 50.0}


def accuracies(settings, **options):
    """Mean over two data sets: latent label shift, k-means."""
    found = []
    for seed in range(2):
        d = make_latent_label_shift(**{**usual, **settings}, random_state=seed)
        m = LatentLabelShift(4, random_state=0, **options).fit(d.X, d.domain)
        k = KMeans(4, n_init=3, random_state=0).fit_predict(d.X)
        found.append((matched_accuracy(d.y, m.labels_), matched_accuracy(d.y, k)))
    return np.mean(found, axis=0)


warnings.simplefilter("ignore")  # the hard settings warn of what makes them hard
sweeps = {
    "number of domains": [({"n_domains": v}, {}, v) for v in (4, 8, 24)],
    "concentration of the priors": [({"concentration": v}, {}, v) for v in (0.3, 3, 30)],
    "number of clusters": [({}, {"n_clusters": v}, v) for v in (4, 16, 50)],
}
figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), sharey=True, layout="constrained")
for ax, (name, settings) in zip(axes, sweeps.items(), strict=True):
    curves = np.array([accuracies(s, **o) for s, o, _ in settings])
    values = [v for _, _, v in settings]
    ax.plot(values, curves[:, 0], marker="o", label="LatentLabelShift")
    ax.plot(values, curves[:, 1], marker="s", color="0.6", label="k-means")
    ax.set(xlabel=name, xscale="log", xticks=values, xticklabels=values)
    ax.minorticks_off()
axes[0].set_ylabel("accuracy")
axes[0].legend(frameon=False)
plt.show()
