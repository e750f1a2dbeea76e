"""Solvers: value objects to be given to estimators."""

from ._greedy_bcd import GreedyBCD
from ._proximal import IHT, LLA, AcceleratedProximalGradient, ProximalCG, ProximalSolver

__all__ = ["IHT", "LLA", "AcceleratedProximalGradient", "GreedyBCD", "ProximalCG", "ProximalSolver"]
