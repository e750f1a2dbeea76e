"""How far an estimated graph is from the true one. Edges are nonzero entries, ``[i, j]`` is i -> j."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..dag._cpdag import cpdag
from ..dag._graph import ancestors, as_square, node_labels, topological_order

BoolArray = npt.NDArray[np.bool_]


def _aligned(true: Any, estimate: Any) -> tuple[Any, Any]:
    """Two labelled data frames in one order of the nodes; anything else as it is."""
    labels, others = node_labels(true), node_labels(estimate)
    if labels is None or others is None:
        return true, estimate
    if set(labels) != set(others):
        raise ValueError(f"estimate: got a data frame of other rows or columns than the true nodes {labels}")
    return true, estimate.loc[labels, labels]


def _pair(true: Any, estimate: Any, allow_cycles: bool) -> tuple[BoolArray, BoolArray]:
    true, estimate = _aligned(true, estimate)
    matrices = []
    for name, value in (("true", true), ("estimate", estimate)):
        matrix = as_square(name, value)
        if not allow_cycles:
            topological_order(matrix, name)
        matrices.append(matrix != 0.0)
        if np.diag(matrices[-1]).any():
            raise ValueError(f"{name}: has self-loops, expected a zero diagonal")
    if matrices[0].shape != matrices[1].shape:
        raise ValueError(f"estimate: got shape {matrices[1].shape}, expected {matrices[0].shape}")
    return matrices[0], matrices[1]


def structural_hamming_distance(
    true: Any, estimate: Any, *, normalize: str | None = None, allow_cycles: bool = False
) -> float:
    """Pairs of nodes on which two graphs differ: missing, extra and reversed edges, each counted once.

    Parameters
    ----------
    true, estimate : array-like of shape (d, d)
        Adjacency matrices; data frames with node names on both sides are aligned by them.
    normalize : {"nodes", "edges", "pairs"}, default=None
        Divide by d, by the number of true edges, or by d (d - 1) / 2.
    allow_cycles : bool, default=False
        Whether cyclic graphs are accepted.

    Returns
    -------
    float
        The distance.

    Examples
    --------
    >>> from pauca.metrics import structural_hamming_distance
    >>> structural_hamming_distance([[0, 1], [0, 0]], [[0, 0], [1, 0]])
    1.0
    """
    a, b = _pair(true, estimate, allow_cycles)
    differ = (a != b) | (a != b).T
    return _normalized(float(np.triu(differ).sum()), a, normalize)


def _normalized(distance: float, true: BoolArray, normalize: str | None) -> float:
    d = true.shape[0]
    divisors = {None: 1.0, "nodes": d, "edges": float(true.sum()), "pairs": d * (d - 1) / 2.0}
    if normalize not in divisors:
        raise ValueError(f"normalize: got {normalize!r}, expected None, 'nodes', 'edges' or 'pairs'")
    return distance / divisors[normalize] if divisors[normalize] > 0.0 else float("nan")


def shd_cpdag(true: Any, estimate: Any) -> float:
    """Structural Hamming distance between Markov equivalence classes (SHD-C).

    Parameters
    ----------
    true, estimate : array-like of shape (d, d)
        DAGs.

    Returns
    -------
    float
        Pairs of nodes on which the completed partially directed graphs differ.

    Examples
    --------
    >>> from pauca.metrics import shd_cpdag, structural_hamming_distance
    >>> forward, backward = [[0, 1], [0, 0]], [[0, 0], [1, 0]]
    >>> structural_hamming_distance(forward, backward), shd_cpdag(forward, backward)  # data cannot tell them apart
    (1.0, 0.0)
    """
    a, b = _pair(true, estimate, False)
    differ = cpdag(a) != cpdag(b)
    return float(np.triu(differ | differ.T).sum())


@dataclass(frozen=True)
class EdgeScores:
    """Shares of directed edges.

    Attributes
    ----------
    true_positive_rate : float
        Correctly directed edges / true edges.
    false_discovery_rate : float
        Reversed and false edges / estimated edges.
    false_positive_rate : float
        Reversed and false edges / pairs without a true edge.
    precision, f1 : float
        Precision and F1 of directed edges.
    n_edges : int
        Estimated edges.

    Examples
    --------
    >>> from pauca.metrics import edge_scores
    >>> edge_scores([[0, 1, 1], [0, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 0, 0], [0, 0, 0]]).precision
    1.0
    """

    true_positive_rate: float
    false_discovery_rate: float
    false_positive_rate: float
    precision: float
    f1: float
    n_edges: int


def edge_scores(true: Any, estimate: Any, *, allow_cycles: bool = False) -> EdgeScores:
    """Rates of true and false directed edges.

    Parameters
    ----------
    true, estimate : array-like of shape (d, d)
        Adjacency matrices; data frames with node names on both sides are aligned by them.
    allow_cycles : bool, default=False
        Whether cyclic graphs are accepted.

    Returns
    -------
    EdgeScores
        The rates; empty denominators count as 1 (F1 of two empty graphs is 1).

    Examples
    --------
    >>> from pauca.metrics import edge_scores
    >>> scores = edge_scores([[0, 1, 1], [0, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    >>> scores.true_positive_rate, scores.false_discovery_rate, scores.n_edges
    (0.5, 0.0, 1)
    """
    a, b = _pair(true, estimate, allow_cycles)
    d, hits, found, truth = a.shape[0], int((a & b).sum()), int(b.sum()), int(a.sum())
    wrong = found - hits
    return EdgeScores(
        true_positive_rate=hits / max(truth, 1),
        false_discovery_rate=wrong / max(found, 1),
        false_positive_rate=wrong / max(d * (d - 1) / 2.0 - truth, 1.0),
        precision=hits / max(found, 1),
        f1=2.0 * hits / (found + truth) if found + truth else 1.0,
        n_edges=found,
    )


def _d_connected(adjacency: BoolArray, ancestor: BoolArray, source: int, given: BoolArray) -> BoolArray:
    """Nodes d-connected to ``source`` given a set (the reachability search of Bayes-ball)."""
    d = adjacency.shape[0]
    opens = given | ancestor[:, given].any(axis=1)  # colliders with a descendant in the set, or in it themselves
    # State 0: arrived from a child (or start); 1: arrived from a parent.
    seen = np.zeros((2, d), dtype=bool)
    stack = [(0, source)]
    while stack:
        state, node = stack.pop()
        if seen[state, node]:
            continue
        seen[state, node] = True
        if state == 0:
            if not given[node]:
                stack += [(0, int(p)) for p in np.flatnonzero(adjacency[:, node])]
                stack += [(1, int(c)) for c in np.flatnonzero(adjacency[node])]
        else:
            if not given[node]:
                stack += [(1, int(c)) for c in np.flatnonzero(adjacency[node])]
            if opens[node]:
                stack += [(0, int(p)) for p in np.flatnonzero(adjacency[:, node])]
    return np.asarray(seen.any(axis=0))


def structural_intervention_distance(true: Any, estimate: Any) -> int:
    """Ordered pairs (i, j) whose effect the estimate gets wrong by adjusting for its parents of i (SID).

    Parameters
    ----------
    true, estimate : array-like of shape (d, d)
        DAGs.

    Returns
    -------
    int
        Between 0 and d (d - 1); not symmetric.

    References
    ----------
    Peters, J. and Bühlmann, P. (2015). Structural intervention distance for evaluating causal graphs. Neural
    Computation 27.

    Examples
    --------
    >>> from pauca.metrics import structural_intervention_distance
    >>> structural_intervention_distance([[0, 1], [0, 0]], [[0, 0], [1, 0]])
    2
    """
    a, b = _pair(true, estimate, False)
    d = a.shape[0]
    ancestor = ancestors(a)
    wrong = 0
    for i in range(d):
        given = b[:, i]
        # Adjustment for Z is valid for j iff Z has no descendant of a node (but i) on a directed path i ~> j, and
        # blocks all paths from i to j that are not directed: all in the graph without the first edges of directed ones.
        for targets, graph in _cut_graphs(a, ancestor, i):
            reach = _d_connected(graph, ancestors(graph), i, given)
            for j in targets:
                if given[j]:
                    wrong += int(ancestor[i, j])  # the estimate says i has no effect on its parent j
                    continue
                on_path = (ancestor[i] | (np.arange(d) == i)) & (ancestor[:, j] | (np.arange(d) == j))
                on_path[i] = False
                forbidden = on_path | ancestor[on_path].any(axis=0)
                wrong += int(bool((forbidden & given).any() and ancestor[i, j]) or bool(reach[j]))
    return wrong


def _cut_graphs(a: BoolArray, ancestor: BoolArray, i: int) -> list[tuple[list[int], BoolArray]]:
    """For groups of targets j, the graph without the edges i -> c that begin a directed path from i to j."""
    groups: dict[bytes, list[int]] = {}
    children = a[i]
    for j in range(a.shape[0]):
        if j == i:
            continue
        leads = children & (ancestor[:, j] | (np.arange(a.shape[0]) == j))
        groups.setdefault(leads.tobytes(), []).append(j)
    out = []
    for key, targets in groups.items():
        graph = a.copy()
        graph[i, np.frombuffer(key, dtype=bool)] = False
        out.append((targets, graph))
    return out


def weight_error(true: Any, estimate: Any) -> float:
    """Relative Frobenius error ``||W^ - W|| / ||W||`` of edge weights (its square is the NMSE).

    Parameters
    ----------
    true, estimate : array-like of shape (d, d)
        Weights.

    Returns
    -------
    float
        The error.

    Examples
    --------
    >>> from pauca.metrics import weight_error
    >>> weight_error([[0.0, 2.0], [0.0, 0.0]], [[0.0, 1.5], [0.0, 0.0]])
    0.25
    """
    true, estimate = _aligned(true, estimate)
    a, b = as_square("true", true), as_square("estimate", estimate)
    if a.shape != b.shape:
        raise ValueError(f"estimate: got shape {b.shape}, expected {a.shape}")
    norm = float(np.linalg.norm(a))
    return float(np.linalg.norm(a - b)) / norm if norm > 0.0 else float("nan")


def noise_variance_error(true: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """Relative error ``||v^ - v|| / ||v||`` of noise variances.

    Parameters
    ----------
    true, estimate : array-like of shape (d,) or float
        Variances (not standard deviations).

    Returns
    -------
    float
        The error.

    Examples
    --------
    >>> from pauca.metrics import noise_variance_error
    >>> noise_variance_error([3.0, 4.0], [3.0, 5.0])
    0.2
    """
    a, b = np.atleast_1d(np.asarray(true, float)), np.atleast_1d(np.asarray(estimate, float))
    if a.shape != b.shape:
        raise ValueError(f"estimate: got shape {b.shape}, expected {a.shape}")
    return float(np.linalg.norm(a - b) / np.linalg.norm(a))
