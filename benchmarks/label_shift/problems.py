"""Data sets whose classes, priors and held-out points are known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca.datasets import make_latent_label_shift, shift_labels


@dataclass(frozen=True)
class Problem:
    """Training points with domains, held-out points with domains and classes, true priors."""

    X: Any
    domain: Any
    y: Any
    X_test: Any
    domain_test: Any
    y_test: Any
    prior: Any
    bayes: float  # accuracy of Bayes' rule on the held-out points, nan where unknown


def synthetic(kind: str, seed: int) -> Problem:
    data = make_latent_label_shift(7000, 5, 10, kind=kind, random_state=seed)
    train, test = slice(0, 5000), slice(5000, None)
    log_prior = np.log(np.maximum(data.class_prior, 1e-300)).T[data.domain[test]]
    bayes = float(np.mean((data.log_density[test] + log_prior).argmax(axis=1) == data.y[test]))
    return Problem(
        data.X[train], data.domain[train], data.y[train], data.X[test], data.domain[test], data.y[test],
        data.class_prior, bayes,
    )  # fmt: skip


def digits(seed: int, n_domains: int, concentration: float, max_condition: float) -> Problem:
    """1200 images drawn 2500 times with replacement for training; 60 held-out draws a domain from the others."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.RandomState(seed)
    order = rng.permutation(len(y))
    train, test = order[:1200], order[1200:]
    shift = shift_labels(
        y[train], n_domains, 2500, concentration=concentration, max_condition=max_condition, replace=True,
        random_state=seed,
    )  # fmt: skip
    domain_test = np.repeat(np.arange(n_domains), 60)
    classes = np.array([rng.choice(10, p=shift.class_prior[:, d]) for d in domain_test])
    index = np.array([rng.choice(test[y[test] == k]) for k in classes])
    source = train[shift.index]
    return Problem(X[source], shift.domain, y[source], X[index], domain_test, y[index], shift.class_prior, float("nan"))


PROBLEMS = {
    "blobs, K=5 D=10": lambda seed: synthetic("blobs", seed),
    "overlap, K=5 D=10": lambda seed: synthetic("gaussian", seed),
    "digits, K=10 D=10, condition <= 4": lambda seed: digits(seed, 10, 0.5, 4.0),
    "digits, K=10 D=20, condition <= 8": lambda seed: digits(seed, 20, 3.0, 8.0),
}


def discriminator(name: str, seed: int) -> Any:
    if name == "forest":
        return RandomForestClassifier(200, min_samples_leaf=3, random_state=seed)
    if name == "perceptron":
        return make_pipeline(
            StandardScaler(), MLPClassifier((100,), early_stopping=True, max_iter=100, random_state=seed)
        )
    return None
