"""The partial likelihood in plain numpy, for certificates: O(n) work for every event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ._survival import SurvivalTarget
from ._validation import FloatArray


@dataclass(frozen=True)
class _Term:
    """``w log sum_j e_j`` of one event time (one of its terms, for Efron's ties): p are the shares e_j / sum e."""

    weight: float
    log_sum: float
    p: FloatArray


def _terms(target: SurvivalTarget, s: FloatArray, eta: FloatArray, efron: bool) -> Iterator[_Term]:
    """All terms; sums are taken over n times the weights, as the estimators do."""
    count = np.count_nonzero(s)
    events = target.event & (s > 0.0)
    for g in range(target.strata.size):
        for t in np.unique(target.time[events & (target.stratum == g)]):
            risk = (target.stratum == g) & (target.entry < t) & (target.time >= t) & (s > 0.0)
            tied = risk & events & (target.time == t)
            top = eta[risk].max()
            e = np.where(risk, count * s * np.exp(np.where(risk, eta - top, 0.0)), 0.0)
            d, weight = int(tied.sum()), float(s[tied].sum())
            for share in np.arange(d) / d if efron else np.zeros(1):
                part = np.where(tied, (1.0 - share) * e, e)
                yield _Term(weight / d if efron else weight, float(np.log(part.sum()) + top), part / part.sum())


def cox_terms(
    target: SurvivalTarget, s: FloatArray, eta: FloatArray, efron: bool
) -> tuple[float, FloatArray, FloatArray]:
    """Value, gradient in eta, and the diagonal ``sum_t w_t p_t`` that majorises the Hessian."""
    events = np.where(target.event, s, 0.0)
    value, diagonal = -float(events @ eta), np.zeros_like(eta)
    for term in _terms(target, s, eta, efron):
        value += term.weight * term.log_sum
        diagonal += term.weight * term.p
    return value, diagonal - events, diagonal


def cox_information(target: SurvivalTarget, s: FloatArray, eta: FloatArray, efron: bool, X: FloatArray) -> FloatArray:
    """Diagonal of X' H X: the variances of the columns within risk sets, summed over terms."""
    terms = list(_terms(target, s, eta, efron))
    weights, p = np.array([t.weight for t in terms]), np.array([t.p for t in terms])
    return np.asarray(np.maximum(weights @ (p @ X**2 - (p @ X) ** 2), 0.0))
