"""Markov equivalence classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._graph import as_square, topological_order


def cpdag(adjacency: Any) -> npt.NDArray[np.intp]:
    """Completed partially directed graph of a DAG: the edges on which all Markov equivalent DAGs agree.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        DAG; nonzero ``[i, j]`` is the edge i -> j.

    Returns
    -------
    ndarray of int of shape (d, d)
        ``[i, j] = 1, [j, i] = 0`` for a compelled edge, both 1 for a reversible one.

    References
    ----------
    Chickering, D. (1995). A transformational characterization of equivalent Bayesian network structures. UAI
    (algorithms Order-Edges and Label-Edges).

    Examples
    --------
    >>> from pauca.dag import cpdag
    >>> cpdag([[0, 1, 0], [0, 0, 1], [0, 0, 0]]).tolist()
    [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    >>> cpdag([[0, 0, 1], [0, 0, 1], [0, 0, 0]]).tolist()
    [[0, 0, 1], [0, 0, 1], [0, 0, 0]]
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
    return np.asarray(out)
