"""Solvers: value objects to be given to estimators."""

from ._greedy_bcd import GreedyBCD

__all__ = ["GreedyBCD"]
