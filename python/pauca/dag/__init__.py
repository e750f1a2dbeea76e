"""Directed acyclic graphs from observations."""

from ._colide import CoLiDE
from ._convert import (
    from_causal_learn,
    from_gml,
    from_lingam,
    from_networkx,
    from_pgmpy,
    to_causal_learn,
    to_gml,
    to_lingam,
    to_networkx,
    to_pgmpy,
)
from ._cpdag import cpdag
from ._graph import is_dag, topological_order
from ._path import colide_path
from ._schedule import PathFollowing
from ._sortability import r2_sortability, sort_and_regress, varsortability

__all__ = [
    "CoLiDE",
    "PathFollowing",
    "colide_path",
    "cpdag",
    "from_causal_learn",
    "from_gml",
    "from_lingam",
    "from_networkx",
    "from_pgmpy",
    "is_dag",
    "r2_sortability",
    "sort_and_regress",
    "to_causal_learn",
    "to_gml",
    "to_lingam",
    "to_networkx",
    "to_pgmpy",
    "topological_order",
    "varsortability",
]
