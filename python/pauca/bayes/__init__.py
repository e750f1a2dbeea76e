"""Sparse Bayesian learning for dense and Kronecker-structured linear models, real or complex."""

from ._decomposed import DecomposedSBL
from ._greedy import OMP, KroneckerOMP, oracle_least_squares
from ._kronecker_sbl import BatchResult, KroneckerSBL
from ._operator import KroneckerOperator
from ._posterior import KroneckerPosterior
from ._sbl import SBL
from ._scores import nmse, nmse_scorer

__all__ = [
    "OMP",
    "SBL",
    "BatchResult",
    "DecomposedSBL",
    "KroneckerOMP",
    "KroneckerOperator",
    "KroneckerPosterior",
    "KroneckerSBL",
    "nmse",
    "nmse_scorer",
    "oracle_least_squares",
]
