"""Penalties: value objects with ``value(w)`` and ``prox(v, step)``, to be given to estimators."""

from ._base import Penalty, SeparablePenalty
from ._convex import L1, ElasticNet

__all__ = ["L1", "ElasticNet", "Penalty", "SeparablePenalty"]
