"""Coherence blocks: what one leaves for the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..bayes import KroneckerOperator
from ..bayes._operator import Array, check_factors
from ._modes import Mode


class LastBlock(NamedTuple):
    """What the next block starts from: the modes with the directions found, and the share of power left over."""

    modes: list[Mode]
    unexplained: float


def powers(solver: Any) -> list[Array]:
    """Power of the coefficients at every atom of every mode."""
    power = np.sum(np.abs(solver.coef_) ** 2, axis=0)
    return [power.sum(axis=tuple(k for k in range(power.ndim) if k != i)) for i in range(power.ndim)]


def found_modes(solver: Any, modes: list[Mode]) -> list[Mode]:
    """The modes with those of their directions that carry power; all of them if none does."""
    kept = [p > 0 if p.any() else np.ones(len(p), bool) for p in powers(solver)]
    return [
        m if m.directions is None else replace(m, directions=m.directions[k]) for m, k in zip(modes, kept, strict=True)
    ]


def unexplained(solver: Any, target: Array) -> float:
    """Share of the power of the data that the fit leaves over."""
    fit = KroneckerOperator(*check_factors(solver.factors)).apply(solver.coef_)
    total = float(np.sum(np.abs(target) ** 2))
    return float(np.sum(np.abs(target - fit) ** 2)) / total if total > 0.0 else 0.0
