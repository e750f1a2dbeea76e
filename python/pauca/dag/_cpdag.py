"""Markov equivalence classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._graph import as_square, topological_order


def cpdag(adjacency: Any, known: Any = None) -> npt.NDArray[np.intp]:
    """Completed partially directed graph of a DAG: the edges on which all Markov equivalent DAGs agree.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        DAG; nonzero ``[i, j]`` is the edge i -> j.
    known : array-like of bool of shape (d, d), default=None
        ``[i, j]`` is true where an edge between i and j, if there is one, can only be i -> j. The graphs of the class
        that contradict this are left out, and what then follows is directed too.

    Returns
    -------
    ndarray of int of shape (d, d)
        ``[i, j] = 1, [j, i] = 0`` for a compelled edge, both 1 for a reversible one.

    Raises
    ------
    ValueError
        If the graph has a cycle, or an edge against what is known.

    References
    ----------
    Meek, C. (1995). Causal inference and causal explanation with background knowledge. UAI (the four rules).

    Chickering, D. (1995). A transformational characterization of equivalent Bayesian network structures. UAI
    (algorithms Order-Edges and Label-Edges).

    Examples
    --------
    >>> from pauca.dag import cpdag
    >>> cpdag([[0, 1, 0], [0, 0, 1], [0, 0, 0]]).tolist()
    [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    >>> cpdag([[0, 0, 1], [0, 0, 1], [0, 0, 0]]).tolist()
    [[0, 0, 1], [0, 0, 1], [0, 0, 0]]
    >>> cpdag([[0, 1, 0], [0, 0, 1], [0, 0, 0]], known=[[0, 1, 0], [0, 0, 0], [0, 0, 0]]).tolist()
    [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    """
    matrix = as_square("adjacency", adjacency) != 0.0
    order = topological_order(matrix)
    rank = np.empty(order.size, dtype=np.intp)
    rank[order] = np.arange(order.size)
    parents = [sorted(np.flatnonzero(matrix[:, j]), key=lambda i: -rank[i]) for j in range(order.size)]
    unknown, compelled, reversible = 0, 1, 2
    label = np.zeros(matrix.shape, dtype=np.intp)
    # Edges in order: children by rank, parents of a child by falling rank.
    for y in order:
        for x in parents[y]:
            if label[x, y] != unknown:
                continue
            settled = False
            for w in parents[x]:
                if label[w, x] != compelled:
                    continue
                if not matrix[w, y]:
                    label[parents[y], y] = compelled
                    settled = True
                    break
                label[w, y] = compelled
            if settled:
                continue
            others = [z for z in parents[y] if z != x and not matrix[z, x]]
            mark = compelled if others else reversible
            for z in parents[y]:
                if label[z, y] == unknown:
                    label[z, y] = mark
    out = matrix.astype(np.intp)
    out[(label == reversible).T] = 1
    return np.asarray(out) if known is None else _oriented(out, matrix, np.asarray(known, dtype=bool))


def _oriented(
    out: npt.NDArray[np.intp], dag: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Direct what is known and, by Meek's rules, what follows. A direction that follows is the one of ``dag``."""
    if known.shape != dag.shape:
        raise ValueError(f"known: got shape {known.shape}, expected {dag.shape}")
    if (dag & known.T).any():
        i, j = np.argwhere(dag & known.T)[0]
        raise ValueError(f"known: the edge {i} -> {j} of the graph is against it")
    linked = dag | dag.T
    loose = dag & (out != 0) & (out.T != 0)  # undirected, in the direction they have in the graph
    changed = bool((loose & known).any())
    loose &= ~known
    fixed = dag & ~loose
    while changed:
        changed = False
        for a, b in np.argwhere(loose):
            if _follows(a, b, fixed, loose | loose.T, linked):
                loose[a, b], fixed[a, b], changed = False, True, True
    return np.asarray((fixed | loose | loose.T).astype(np.intp))


def _follows(
    a: int, b: int, fixed: npt.NDArray[np.bool_], loose: npt.NDArray[np.bool_], linked: npt.NDArray[np.bool_]
) -> bool:
    """Whether a -> b follows: else there were a new collider, a cycle, or (rules 3 and 4) either."""
    far = ~linked[:, b]
    far[b] = False
    if (fixed[:, a] & far).any() or (fixed[a] & fixed[:, b]).any():
        return True
    sides = np.flatnonzero(loose[a] & fixed[:, b])
    if sides.size > 1 and (~linked[np.ix_(sides, sides)]).sum() > sides.size:
        return True
    return bool(fixed[np.ix_(loose[a] & far, linked[a] & fixed[:, b])].any())
