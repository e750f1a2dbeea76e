"""Penalties: value objects with ``value(w)`` and ``prox(v, step)``, to be given to estimators."""

from ._base import Penalty, SeparablePenalty
from ._box import Box
from ._convex import L1, ElasticNet
from ._groups import CompositeMCP, GroupL2, GroupMCP, GroupSCAD, KSupport, SparseGroup
from ._nonconvex import L0, MCP, SCAD, CappedL1, Firm, LogSum, Lp, TransformedL1
from ._structured import FusedL1, Nuclear, NuclearMCP, NuclearSCAD, Oscar, Slope, StructuredPenalty

__all__ = [
    "L0",
    "L1",
    "MCP",
    "SCAD",
    "Box",
    "CappedL1",
    "CompositeMCP",
    "ElasticNet",
    "Firm",
    "FusedL1",
    "GroupL2",
    "GroupMCP",
    "GroupSCAD",
    "KSupport",
    "LogSum",
    "Lp",
    "Nuclear",
    "NuclearMCP",
    "NuclearSCAD",
    "Oscar",
    "Penalty",
    "SeparablePenalty",
    "Slope",
    "SparseGroup",
    "StructuredPenalty",
    "TransformedL1",
]
