"""Digits without labels, in ten domains that differ in their shares of digits, beside k-means."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from pauca.datasets import shift_labels
from pauca.label_shift import LatentLabelShift
from pauca.metrics import matched_accuracy
from pauca.plotting import LabelShiftDisplay

from ..row import Row, timed


def shifted_digits() -> tuple[Any, Any, Any, Any]:
    X, y = load_digits(return_X_y=True)
    shift = shift_labels(y, 10, 2500, concentration=0.5, max_condition=4.0, replace=True, random_state=0)
    return X[shift.index], y[shift.index], shift.domain, shift.class_prior


def digits() -> Row:
    X, y, domain, _ = shifted_digits()
    model, seconds = timed(lambda: LatentLabelShift(10, random_state=0).fit(X, domain))
    peer = KMeans(10, n_init=5, random_state=0).fit_predict(X)
    return Row(
        estimator="LatentLabelShift",
        data=f"digits in 10 domains ({X.shape[0]} x {X.shape[1]}), no labels",
        measure="accuracy, matched",
        score=matched_accuracy(y, model.labels_),
        peer="sklearn KMeans",
        peer_score=matched_accuracy(y, peer),
        nonzeros="10 classes",
        seconds=seconds,
        certificate=f"stability {model.report_.stability:.1g}",
    )


def rows() -> list[Callable[[], Row]]:
    return [digits]


def pictures(folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    X, y, domain, prior = shifted_digits()
    model = LatentLabelShift(10, random_state=0).fit(X, domain)
    few = np.concatenate([np.flatnonzero(y == k)[:3] for k in range(10)])
    model.name_classes(X[few], y[few], domain[few])
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
    LabelShiftDisplay.from_estimator(model, X, kind="polytope", ax=left)
    order = np.argsort(model.class_names_)
    truth = LabelShiftDisplay(X, model.domain_given_class_, prior, y, domains=range(10), classes=range(10))
    truth.class_prior = np.abs(model.class_prior_[order] - prior)
    truth.plot(kind="priors", ax=right)
    right.set(title="error of the estimated p(digit | domain)", ylabel="digit")
    path = folder / "label_shift.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return [path]
