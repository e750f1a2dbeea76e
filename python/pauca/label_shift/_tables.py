"""Tables that a fitted LatentLabelShift makes from its counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from .._validation import FloatArray
from ._report import align_priors


def names(posteriors: FloatArray, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Label of each class by the assignment that maximises the summed posteriors; unmatched ones get a number."""
    if y.shape != (len(posteriors),):
        raise ValueError(f"y: got shape {y.shape}, expected ({len(posteriors)},)")
    labels, codes = np.unique(y, return_inverse=True)
    k = posteriors.shape[1]
    if len(labels) > k:
        raise ValueError(f"y: got {len(labels)} labels for {k} classes")
    mass = np.zeros((len(labels), k))
    np.add.at(mass, codes, posteriors)
    mass /= np.bincount(codes)[:, None]
    rows, columns = linear_sum_assignment(-mass)
    if len(labels) == k:
        out = np.empty(k, dtype=labels.dtype)
        out[columns] = labels[rows]
        return out
    out = np.array([f"class {j}" for j in range(k)], dtype=object)
    out[columns] = labels[rows]
    return out


def prior_intervals(model: Any, n_resamples: int, level: float, rng: np.random.RandomState) -> dict[str, Any]:
    """See LatentLabelShift.bootstrap."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: got {level}, expected a number between 0 and 1")
    if model._cells is None:
        raise ValueError("bootstrap: there is one domain only, nothing was factorised")
    T = model.class_prior_
    k, d = T.shape
    sizes = model.counts_.sum(axis=0).astype(int)
    shares = model.counts_ / sizes
    draws = np.empty((n_resamples, k, d))
    for b in range(n_resamples):
        counts = np.stack([rng.multinomial(sizes[j], shares[:, j]) for j in range(d)], axis=1).astype(float)
        found = model._factorise(counts, k, int(rng.randint(np.iinfo(np.int32).max)))[1]
        draws[b] = align_priors(T, found)
    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(draws, [tail, 1.0 - tail], axis=0)
    classes = np.arange(k) if model.class_names_ is None else model.class_names_
    return {
        "domain": np.repeat(model.domains_, k),
        "class": np.tile(classes, d),
        "prior": T.T.ravel(),
        "low": low.T.ravel(),
        "high": high.T.ravel(),
    }


def compare_numbers(
    model: Any, candidates: Iterable[int] | None, n_splits: int, rng: np.random.RandomState
) -> dict[str, Any]:
    """See LatentLabelShift.select_n_classes."""
    if model._cells is None:
        raise ValueError("select_n_classes: there is one domain only, nothing was factorised")
    m, d = model.counts_.shape
    if candidates is not None and np.ndim(list(candidates)) != 1:
        raise ValueError(f"candidates: got {np.ndim(list(candidates))} dimensions, expected whole numbers, not data")
    numbers = list(range(1, min(m, d) + 1)) if candidates is None else [int(c) for c in candidates]
    for number in numbers:
        if not 1 <= number <= min(m, d):
            raise ValueError(
                f"candidates: got {number}, expected numbers from 1 to {min(m, d)}, the smaller of the numbers of "
                f"clusters ({m}) and domains ({d})"
            )
    values = np.empty((n_splits, len(numbers)))
    for split in range(n_splits):
        kept = rng.binomial(model.counts_.astype(np.int64), 0.8).astype(float)
        rest = model.counts_ - kept
        kept[:, kept.sum(axis=0) == 0.0] += 1.0 / m
        for j, number in enumerate(numbers):
            A, T, _ = model._factorise(kept, number, int(rng.randint(np.iinfo(np.int32).max)))
            # One pseudo-count a cluster keeps a cluster that thinning emptied from ruling a number out.
            p = 0.995 * (A @ T) + 0.005 * (kept.sum(axis=1, keepdims=True) + 1.0) / (kept.sum() + m)
            values[split, j] = float((rest * np.log(np.maximum(p, 1e-12))).sum() / max(rest.sum(), 1.0))
    score = values.mean(axis=0)
    top = int(np.argmax(score))
    error = (values - values[:, [top]]).std(axis=0, ddof=1) if n_splits > 1 else np.zeros(len(numbers))
    within = [n for n, s, e in zip(numbers, score, error, strict=True) if s >= score[top] - e]
    return {"n_classes": np.array(numbers), "score": score, "standard_error": error, "best": min(within)}
