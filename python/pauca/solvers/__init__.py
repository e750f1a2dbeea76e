"""Solvers: value objects to be given to estimators, and plain functions for experiments."""

from typing import TYPE_CHECKING, Any

from ._greedy_bcd import GreedyBCD
from ._proximal import IHT, LLA, AcceleratedProximalGradient, ProximalCG, ProximalSolver

if TYPE_CHECKING:
    from ._blocks import BlockProblem, BlockResult, minimize_blocks

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

_OF_BLOCKS = ("BlockProblem", "BlockResult", "minimize_blocks")


def __getattr__(name: str) -> Any:
    """What no estimator needs is imported on first use."""
    if name not in _OF_BLOCKS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _blocks

    value = getattr(_blocks, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
