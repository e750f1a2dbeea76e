"""Nonnegative factorisations: NMF, and topic models whose factors are probabilities."""

from ._nmf import NMF
from ._simplex_nmf import SimplexNMF

__all__ = ["NMF", "SimplexNMF"]
