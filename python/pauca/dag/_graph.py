"""Small facts about directed graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._validation import FloatArray

IntArray = npt.NDArray[np.intp]


def node_labels(value: Any) -> list[Any] | None:
    """Labels of a data frame whose rows and columns have the same; None without them."""
    if not (hasattr(value, "index") and hasattr(value, "columns")):
        return None
    rows, columns = list(value.index), list(value.columns)
    same = len(set(rows)) == len(rows) == len(columns) and set(rows) == set(columns)
    return rows if same else None


def as_square(name: str, value: Any) -> FloatArray:
    """A finite square matrix, F-ordered float64; a data frame's columns in the order of its rows."""
    if hasattr(value, "nodes") and hasattr(value, "edges"):
        raise ValueError(f"{name}: got a graph object, expected a matrix; see pauca.dag.from_networkx")
    labels = node_labels(value)
    if labels is not None:
        value = value[labels]
    matrix = np.asfortranarray(value, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name}: got shape {matrix.shape}, expected a square matrix")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name}: contains NaN or infinity, expected finite numbers")
    return matrix


def topological_order(adjacency: Any, name: str = "adjacency") -> IntArray:
    """Order of the nodes in which every edge points forward.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Nonzero ``[i, j]`` is the edge i -> j.
    name : str, default="adjacency"
        What error messages call the matrix.

    Returns
    -------
    ndarray of shape (d,)
        Node numbers, causes before effects.

    Raises
    ------
    ValueError
        If the matrix is not square or not finite, or the graph has a cycle.

    Examples
    --------
    >>> from pauca.dag import topological_order
    >>> topological_order([[0, 0, 0], [1, 0, 0], [0, 1, 0]]).tolist()
    [2, 1, 0]
    """
    matrix = as_square(name, adjacency)
    order = np.array(_core.topological_order(matrix), dtype=np.intp)
    if order.size != matrix.shape[0]:
        raise ValueError(f"{name}: the graph has a cycle, expected a directed acyclic graph")
    return order


def is_dag(adjacency: Any) -> bool:
    """Whether the graph of nonzero entries has no directed cycle (Kahn's algorithm).

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Nonzero ``[i, j]`` is the edge i -> j.

    Returns
    -------
    bool
        True without a cycle.

    Raises
    ------
    ValueError
        If the matrix is not square or not finite.

    Examples
    --------
    >>> from pauca.dag import is_dag
    >>> is_dag([[0, 1], [0, 0]]), is_dag([[0, 1], [1, 0]])
    (True, False)
    """
    matrix = as_square("adjacency", adjacency)
    return bool(len(_core.topological_order(matrix)) == matrix.shape[0])


def ancestors(adjacency: Any) -> npt.NDArray[np.bool_]:
    """``A[i, j]``: there is a directed path of length >= 1 from i to j."""
    matrix = as_square("adjacency", adjacency)
    reach = np.zeros(matrix.shape, dtype=bool)
    for j in topological_order(matrix):
        parents = np.flatnonzero(matrix[:, j])
        reach[parents, j] = True
        reach[:, j] |= reach[:, parents].any(axis=1)
    return reach
