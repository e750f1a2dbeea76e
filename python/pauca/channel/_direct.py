"""The direct channel: what a reflection cannot explain."""

from __future__ import annotations

import numpy as np

from .._warnings import warn_user
from ._arrays import Array

UNLIKELY = 1e-3


def chance_of_common_part(data: Array, theta: Array) -> tuple[float, float]:
    """Share of the power of data (l, k, p, b) that all patterns theta (r, k) have in common, and how likely it is.

    Over one direction v drawn at random, pattern k receives ``s_k = theta_k^T v``, a complex normal vector with
    covariance G = Theta^T conj(Theta). The share exceeds tau if the form of ``u u^H - tau I`` is positive, u being
    constant: a weighted exponential against a sum of others, as only one eigenvalue is positive. Several directions,
    and noise, make large shares rarer still.
    """
    total = float(np.sum(np.abs(data) ** 2))
    n = data.shape[1]
    if not total > 0.0 or n < 2:
        return 0.0, 1.0
    share = n * float(np.sum(np.abs(data.mean(axis=1)) ** 2)) / total
    values, vectors = np.linalg.eigh(theta.T @ theta.conj())
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    u = root.conj().T @ np.full(n, 1.0 / np.sqrt(n))
    weights = np.linalg.eigvalsh(np.outer(u, u.conj()) - share * (root.conj().T @ root))
    if not weights[-1] > 0.0:
        return share, 0.0
    return share, float(np.exp(-np.sum(np.log1p(np.maximum(-weights[:-1], 0.0) / weights[-1]))))


def warn_of_direct_channel(data: Array, theta: Array) -> None:
    """Warn if the data speak against an absent direct channel."""
    share, chance = chance_of_common_part(data, theta)
    if chance < UNLIKELY:
        warn_user(
            f"direct: None takes the direct channel to be absent, but {share:.0%} of the received power is common to "
            "all patterns, which a reflection hardly gives under these patterns. Pass direct='eliminate', or the "
            "direct channel if it is known.",
        )
