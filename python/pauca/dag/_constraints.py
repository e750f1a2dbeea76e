"""What the user knows about the graph, by feature name, position or glob, as the core wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray, match_features
from ._graph import IntArray, is_dag

Edges = Any  # pairs (source, target), a boolean matrix, or a callable of the feature names

EXCLUDED, INCLUDED = 1, 2


@dataclass(frozen=True)
class Constraints:
    """Constraints over all features; ``nodes`` are those that may have parents."""

    excluded: npt.NDArray[np.bool_]
    included: npt.NDArray[np.bool_]
    tier: IntArray
    exogenous: npt.NDArray[np.bool_]
    nonnegative: bool

    @property
    def nodes(self) -> IntArray:
        """Positions of the features that are not exogenous."""
        return np.flatnonzero(~self.exogenous)

    def orientations(self) -> npt.NDArray[np.bool_]:
        """``[i, j]``: an edge between i and j, if there is one, can only be i -> j."""
        earlier = self.tier[:, None] < self.tier[None, :]
        settled = self.included | self.excluded.T | earlier | self.exogenous[:, None]
        return np.asarray(settled & ~self.included.T & ~np.eye(self.tier.size, dtype=bool))

    def for_core(self, n_extra: int) -> tuple[npt.NDArray[np.uint8], list[int]]:
        """Edge states (nodes, exogenous features, extra variables; nodes) and one tier a node."""
        nodes, outside = self.nodes, np.flatnonzero(self.exogenous)
        rows = np.concatenate([nodes, outside])
        state = np.zeros((rows.size + n_extra, nodes.size), dtype=np.uint8, order="F")
        state[: rows.size][self.excluded[np.ix_(rows, nodes)]] = EXCLUDED
        state[: rows.size][self.included[np.ix_(rows, nodes)]] = INCLUDED
        return state, [int(t) for t in self.tier[nodes]]


def positions(argument: str, key: Any, names: Sequence[str]) -> list[int]:
    """Positions of the features that a name, glob or position means."""
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        if not 0 <= key < len(names):
            raise ValueError(f"{argument}: got feature {key}, expected 0 <= feature < {len(names)}")
        return [int(key)]
    return match_features(argument, str(key), names)


def listed(keys: Any) -> list[Any]:
    """Features given as a list, one name, or None."""
    return [] if keys is None else ([keys] if isinstance(keys, str) else list(keys))


def labelled_matrix(argument: str, frame: Any, names: Sequence[str]) -> npt.NDArray[Any]:
    """A data frame over features, rows and columns in their order."""
    rows, columns = [[str(v) for v in axis] for axis in (frame.index, frame.columns)]
    if sorted(rows) != sorted(names) or sorted(columns) != sorted(names):
        raise ValueError(f"{argument}: got a data frame of other rows or columns than the features {list(names)}")
    values = np.asarray(frame)
    return values[np.ix_([rows.index(n) for n in names], [columns.index(n) for n in names])]


def edge_mask(argument: str, edges: Edges, names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Boolean matrix from a matrix, from (source, target) pairs of names, globs or positions, or from a callable."""
    d = len(names)
    if callable(edges):
        edges = edges(names)
    mask = np.zeros((d, d), dtype=bool)
    if edges is None:
        return mask
    if hasattr(edges, "columns") and hasattr(edges, "index"):
        edges = labelled_matrix(argument, edges, names)
    if isinstance(edges, np.ndarray) and edges.ndim == 2 and edges.dtype.kind in "bif" and edges.shape == (d, d):
        mask = edges != 0
    else:
        for pair in edges:
            if isinstance(pair, str) or len(pair) != 2:
                raise ValueError(f"{argument}: got {pair!r}, expected pairs (source, target) or a ({d}, {d}) matrix")
            if argument == "include" and pair[0] == pair[1]:
                raise ValueError(f"include: got {pair!r}, an edge from a feature to itself")
            mask[np.ix_(positions(argument, pair[0], names), positions(argument, pair[1], names))] = True
    np.fill_diagonal(mask, False)
    return mask


def edge_multipliers(value: Any, names: Sequence[str]) -> FloatArray:
    """Penalty multipliers of all edges: a matrix, or {(source, target): multiplier}."""
    d = len(names)
    matrix = np.ones((d, d), order="F")
    if callable(value):
        value = value(names)
    if isinstance(value, Mapping):
        for (source, target), number in value.items():
            rows = positions("edge_penalties", source, names)
            matrix[np.ix_(rows, positions("edge_penalties", target, names))] = number
    elif hasattr(value, "columns") and hasattr(value, "index"):
        matrix = np.asfortranarray(labelled_matrix("edge_penalties", value, names), dtype=np.float64)
    elif value is not None:
        matrix = np.array(value, dtype=np.float64, order="F")
    if matrix.shape != (d, d) or not np.isfinite(matrix).all() or (matrix < 0.0).any():
        raise ValueError(f"edge_penalties: expected ({d}, {d}) finite numbers >= 0, or {{(source, target): number}}")
    return matrix


def resolve_tiers(tiers: Any, names: Sequence[str]) -> IntArray:
    """One tier a feature: a list of tiers (each a list of features), {feature: tier}, or an array."""
    d = len(names)
    if tiers is None:
        return np.zeros(d, dtype=np.intp)
    if callable(tiers):
        tiers = tiers(names)
    tier = np.full(d, -1, dtype=np.intp)

    def assign(key: Any, level: int) -> None:
        for j in positions("tiers", key, names):
            if tier[j] not in (-1, level):
                raise ValueError(f"tiers: {names[j]!r} is in tier {tier[j]} and in tier {level}")
            tier[j] = level

    if isinstance(tiers, Mapping):
        for key, level in tiers.items():
            assign(key, int(level))
    elif len(tiers) and all(isinstance(t, int | np.integer) for t in tiers):
        if len(tiers) != d:
            raise ValueError(f"tiers: got {len(tiers)} tiers, expected one for each of {d} features")
        return np.array(tiers, dtype=np.intp)
    else:
        for level, members in enumerate(tiers):
            for key in [members] if isinstance(members, str) else members:
                assign(key, level)
    if (tier < 0).any():
        missing = [names[int(j)] for j in np.flatnonzero(tier < 0)]
        raise ValueError(f"tiers: no tier is given for {missing}, expected one for each feature")
    return tier


def resolve(
    names: Sequence[str], *, exclude: Edges, include: Edges, tiers: Any, exogenous: Any, nonnegative: bool
) -> Constraints:
    """All constraints, checked against each other."""
    d = len(names)
    excluded, included = edge_mask("exclude", exclude, names), edge_mask("include", include, names)
    tier = resolve_tiers(tiers, names)
    outside = np.zeros(d, dtype=bool)
    for key in listed(exogenous):
        outside[positions("exogenous", key, names)] = True
    if outside.all() and d:
        raise ValueError("exogenous: all features are exogenous, expected at least one that may have parents")
    both = np.argwhere(excluded & included)
    if both.size:
        i, j = both[0]
        raise ValueError(f"include, exclude: the edge {names[i]} -> {names[j]} is in both")
    against = np.argwhere(included & ((tier[:, None] > tier[None, :]) | outside[None, :]))
    if against.size:
        i, j = against[0]
        raise ValueError(f"include: the edge {names[i]} -> {names[j]} contradicts tiers or exogenous")
    if not is_dag(included):
        raise ValueError("include: the included edges have a cycle, expected a directed acyclic graph")
    return Constraints(excluded, included, tier, outside, bool(nonnegative))
