"""Solvers: value objects to be given to estimators, and plain functions for experiments."""

from ._blocks import BlockProblem, BlockResult, minimize_blocks
from ._greedy_bcd import GreedyBCD
from ._proximal import IHT, LLA, AcceleratedProximalGradient, ProximalCG, ProximalSolver

__all__ = [
    "IHT",
    "LLA",
    "AcceleratedProximalGradient",
    "BlockProblem",
    "BlockResult",
    "GreedyBCD",
    "ProximalCG",
    "ProximalSolver",
    "minimize_blocks",
]
