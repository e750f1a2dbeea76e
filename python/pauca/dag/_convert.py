"""Graphs to and from other libraries. All functions use ``adjacency[i, j]`` for the edge i -> j."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._validation import FloatArray
from ._graph import as_square


def _default_names(d: int, names: Sequence[str] | None) -> list[str]:
    if names is not None and len(names) != d:
        raise ValueError(f"names: got {len(names)}, expected {d}")
    return [f"x{j}" for j in range(d)] if names is None else [str(n) for n in names]


def to_networkx(adjacency: Any, names: Sequence[str] | None = None) -> Any:
    """A ``networkx.DiGraph`` with ``weight`` on the edges.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Weights; nonzero ``[i, j]`` is the edge i -> j.
    names : sequence of str, default=None
        Node names; ``x0, x1, ...`` if None.

    Returns
    -------
    networkx.DiGraph
        The graph.

    Examples
    --------
    >>> from pauca.dag import to_networkx
    >>> list(to_networkx([[0.0, 1.5], [0.0, 0.0]], ["rain", "mud"]).edges(data="weight"))
    [('rain', 'mud', 1.5)]
    """
    import networkx as nx

    matrix = as_square("adjacency", adjacency)
    names = _default_names(matrix.shape[0], names)
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_weighted_edges_from((names[i], names[j], float(matrix[i, j])) for i, j in np.argwhere(matrix != 0.0))
    return graph


def from_networkx(graph: Any) -> tuple[FloatArray, list[str]]:
    """Adjacency and node names of a ``networkx.DiGraph``; edges without ``weight`` get 1.

    Parameters
    ----------
    graph : networkx.DiGraph
        The graph.

    Returns
    -------
    adjacency : ndarray of shape (d, d)
        Weights.
    names : list of str
        Node names in the graph's order.

    Examples
    --------
    >>> import networkx
    >>> from pauca.dag import from_networkx
    >>> weights, names = from_networkx(networkx.DiGraph([("rain", "mud")]))
    >>> weights.tolist(), names
    ([[0.0, 1.0], [0.0, 0.0]], ['rain', 'mud'])
    """
    nodes = list(graph.nodes)
    place = {n: k for k, n in enumerate(nodes)}
    matrix = np.zeros((len(nodes), len(nodes)))
    for a, b, data in graph.edges(data=True):
        weight = data.get("weight")
        matrix[place[a], place[b]] = 1.0 if weight is None else weight
    return matrix, [str(n) for n in nodes]


def to_lingam(adjacency: Any) -> FloatArray:
    """The matrix B of lingam, ``x = B x + e``: the transpose.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Weights; nonzero ``[i, j]`` is the edge i -> j.

    Returns
    -------
    ndarray of shape (d, d)
        B.

    Examples
    --------
    >>> from pauca.dag import to_lingam
    >>> to_lingam([[0.0, 1.5], [0.0, 0.0]]).tolist()
    [[0.0, 0.0], [1.5, 0.0]]
    """
    return np.ascontiguousarray(as_square("adjacency", adjacency).T)


def from_lingam(matrix: Any) -> FloatArray:
    """Adjacency from lingam's ``adjacency_matrix_``: the transpose.

    Parameters
    ----------
    matrix : array-like of shape (d, d)
        lingam's matrix.

    Returns
    -------
    ndarray of shape (d, d)
        Weights.

    Examples
    --------
    >>> from pauca.dag import from_lingam
    >>> from_lingam([[0.0, 0.0], [1.5, 0.0]]).tolist()  # x1 = 1.5 x0 + e
    [[0.0, 1.5], [0.0, 0.0]]
    """
    return to_lingam(matrix)


def to_causal_learn(adjacency: Any, names: Sequence[str] | None = None) -> Any:
    """A causal-learn ``GeneralGraph`` with directed edges (weights have no place in it).

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Weights; nonzero ``[i, j]`` is the edge i -> j.
    names : sequence of str, default=None
        Node names.

    Returns
    -------
    causallearn.graph.GeneralGraph.GeneralGraph
        The graph.

    Examples
    --------
    >>> from pauca.dag import to_causal_learn
    >>> W = [[0.0, 1.5], [0.0, 0.0]]  # x0 -> x1
    >>> print(to_causal_learn(W, ["rain", "mud"]).get_graph_edges()[0])  # doctest: +SKIP
    rain --> mud
    """
    from causallearn.graph.Edge import Edge
    from causallearn.graph.Endpoint import Endpoint
    from causallearn.graph.GeneralGraph import GeneralGraph
    from causallearn.graph.GraphNode import GraphNode

    matrix = as_square("adjacency", adjacency)
    nodes = [GraphNode(n) for n in _default_names(matrix.shape[0], names)]
    graph = GeneralGraph(nodes)
    for i, j in np.argwhere(matrix != 0.0):
        graph.add_edge(Edge(nodes[i], nodes[j], Endpoint.TAIL, Endpoint.ARROW))
    return graph


def from_causal_learn(graph: Any) -> FloatArray:
    """0/1 adjacency of a causal-learn graph, from its endpoint matrix; an undirected edge is refused.

    Parameters
    ----------
    graph : causallearn.graph.GeneralGraph.GeneralGraph
        The graph; its ``graph[j, i] = 1, graph[i, j] = -1`` is the edge i -> j.

    Returns
    -------
    ndarray of shape (d, d)
        The adjacency.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> from pauca.dag import from_causal_learn
    >>> endpoints = np.array([[0, -1], [1, 0]])  # what causal-learn keeps of x0 -> x1
    >>> from_causal_learn(SimpleNamespace(graph=endpoints))
    array([[0., 1.],
           [0., 0.]])
    """
    ends = np.asarray(graph.graph)
    directed = (ends.T == 1) & (ends == -1)
    if np.any((ends != 0) & ~(directed | directed.T)):
        raise ValueError("graph: has edges without one direction, expected a directed acyclic graph")
    return np.asarray(directed, dtype=np.float64)


def to_pgmpy(adjacency: Any, names: Sequence[str] | None = None) -> Any:
    """A pgmpy ``DAG``.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Weights; nonzero ``[i, j]`` is the edge i -> j.
    names : sequence of str, default=None
        Node names.

    Returns
    -------
    pgmpy.base.DAG
        The graph, with ``weight`` on the edges.

    Examples
    --------
    >>> from pauca.dag import to_pgmpy
    >>> W = [[0.0, 1.5], [0.0, 0.0]]  # x0 -> x1
    >>> to_pgmpy(W, ["rain", "mud"]).edges  # doctest: +SKIP
    OutEdgeView([('rain', 'mud')])
    """
    from pgmpy.base import DAG

    graph = to_networkx(adjacency, names)
    dag = DAG()
    dag.add_nodes_from(list(graph.nodes))
    for a, b, data in graph.edges(data=True):
        dag.add_edge(a, b, weight=data["weight"])
    return dag


def from_pgmpy(graph: Any) -> tuple[FloatArray, list[str]]:
    """Adjacency and node names of a pgmpy ``DAG`` or network; edges without ``weight`` get 1.

    Parameters
    ----------
    graph : pgmpy.base.DAG
        The graph.

    Returns
    -------
    adjacency : ndarray of shape (d, d)
        Weights.
    names : list of str
        Node names in the graph's order.

    Examples
    --------
    >>> import networkx
    >>> from pauca.dag import from_pgmpy
    >>> weights, names = from_pgmpy(networkx.DiGraph([("rain", "mud")]))  # a pgmpy DAG is a networkx graph
    >>> weights.tolist(), names
    ([[0.0, 1.0], [0.0, 0.0]], ['rain', 'mud'])
    """
    return from_networkx(graph)  # they are networkx graphs, with weight None where none was given


def to_gml(adjacency: Any, names: Sequence[str] | None = None) -> str:
    """The graph in GML as DoWhy reads it.

    Parameters
    ----------
    adjacency : array-like of shape (d, d)
        Weights; nonzero ``[i, j]`` is the edge i -> j.
    names : sequence of str, default=None
        Node names.

    Returns
    -------
    str
        GML.

    Examples
    --------
    >>> from pauca.dag import to_gml
    >>> "directed 1" in to_gml([[0.0, 1.5], [0.0, 0.0]], ["rain", "mud"])
    True
    """
    matrix = as_square("adjacency", adjacency)
    names = _default_names(matrix.shape[0], names)
    lines = ["graph [", "  directed 1"]
    for j, n in enumerate(names):
        text = n.replace("&", "&amp;").replace('"', "&quot;")
        lines.append(f'  node [ id {j} label "{text}" ]')
    for i, j in np.argwhere(matrix != 0.0):
        lines.append(f"  edge [ source {i} target {j} weight {float(matrix[i, j])!r} ]")
    return "\n".join([*lines, "]"])


def from_gml(text: str) -> tuple[FloatArray, list[str]]:
    """Adjacency and node names from GML.

    Parameters
    ----------
    text : str
        GML of a directed graph.

    Returns
    -------
    adjacency : ndarray of shape (d, d)
        Weights; 1 where the file has none.
    names : list of str
        Node names.

    Examples
    --------
    >>> from pauca.dag import from_gml, to_gml
    >>> weights, names = from_gml(to_gml([[0.0, 1.5], [0.0, 0.0]], ["rain", "mud"]))
    >>> weights.tolist(), names
    ([[0.0, 1.5], [0.0, 0.0]], ['rain', 'mud'])
    """
    import networkx as nx

    return from_networkx(nx.parse_gml(text))
