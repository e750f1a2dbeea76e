"""Solvers: value objects to be given to estimators, and plain functions for experiments."""

from ._blocks import BlockProblem, BlockResult, minimize_blocks
from ._greedy_bcd import GreedyBCD

__all__ = ["BlockProblem", "BlockResult", "GreedyBCD", "minimize_blocks"]
