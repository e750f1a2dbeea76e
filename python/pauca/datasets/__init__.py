"""Data generators with known truth."""

from ._dag import make_linear_dag

__all__ = ["make_linear_dag"]
