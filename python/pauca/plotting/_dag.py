"""Plots of estimated DAGs."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any, Self

import numpy as np

from .._validation import FloatArray
from ..dag._graph import topological_order


def _layers(adjacency: FloatArray) -> dict[int, int]:
    """Longest path from a root: edges always go to a later layer."""
    level: dict[int, int] = {}
    for j in topological_order(adjacency):
        level[int(j)] = 1 + max((level[int(i)] for i in np.flatnonzero(adjacency[:, j])), default=-1)
    return level


def _positions(adjacency: FloatArray) -> dict[int, tuple[float, float]]:
    """Layers from left to right; within a layer by the mean height of parents (a few sweeps against crossings)."""
    level = _layers(adjacency)
    columns: dict[int, list[int]] = {}
    for j, k in level.items():
        columns.setdefault(k, []).append(j)
    height = {j: (i + 0.5) / len(c) for c in columns.values() for i, j in enumerate(c)}
    linked = (adjacency != 0.0) | (adjacency != 0.0).T
    for _ in range(8):
        for k in sorted(columns):
            want = {j: np.mean([height[int(i)] for i in np.flatnonzero(linked[j])] or [height[j]]) for j in columns[k]}
            columns[k].sort(key=lambda j: float(want[j]))
            for i, j in enumerate(columns[k]):
                height[j] = (i + 0.5) / len(columns[k])
    # A stagger of nodes and layers keeps an edge that passes a layer from running through a node.
    shift = {k: 0.28 * np.sin(2.4 * k) / (0.5 + 0.5 * len(c)) for k, c in columns.items()}
    return {
        j: (level[j] + 0.12 * (-1) ** i, height[j] + shift[level[j]]) for c in columns.values() for i, j in enumerate(c)
    }


def _named(adjacency: FloatArray, names: Sequence[str] | None) -> list[str]:
    if names is not None and len(names) != len(adjacency):
        raise ValueError(f"names: got {len(names)}, expected {len(adjacency)}")
    return [f"x{j}" for j in range(len(adjacency))] if names is None else [str(n) for n in names]


class GraphDisplay:
    """A directed acyclic graph drawn in layers, edges from left to right.

    With more than 60 nodes they carry no names; :class:`AdjacencyDisplay` shows such graphs better. Lagged edges are
    not drawn, see ``edges_``.

    Parameters
    ----------
    adjacency : ndarray of shape (d, d)
        Weights.
    names : sequence of str, default=None
        Node names; ``x0, x1, ...`` if None.
    confidence : ndarray of shape (d, d), default=None
        Share of resamples with each edge: drawn as opacity, and in the label.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Set by ``plot``.

    Examples
    --------
    >>> from pauca.plotting import GraphDisplay
    >>> display = GraphDisplay.from_estimator(model)  # doctest: +SKIP
    """

    def __init__(
        self, adjacency: FloatArray, names: Sequence[str] | None = None, confidence: FloatArray | None = None
    ) -> None:
        self.adjacency = np.asarray(adjacency, dtype=np.float64)
        self.names = _named(self.adjacency, names)
        self.confidence = confidence

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **kwargs: Any) -> Self:
        """Draw the graph of a fitted estimator with ``adjacency_``.

        Parameters
        ----------
        estimator : CoLiDE
            Fitted estimator.
        ax : matplotlib Axes, default=None
            Where to draw.
        **kwargs
            Passed to ``plot``.

        Returns
        -------
        GraphDisplay
            The display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pauca.dag import CoLiDE
        >>> from pauca.plotting import GraphDisplay
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> display = GraphDisplay.from_estimator(model, ax=Figure().subplots())
        >>> sorted(text.get_text() for text in display.ax_.texts)
        ['2', 'x0', 'x1']
        """
        confidence = getattr(estimator, "edge_frequency_", None)
        return cls(estimator.adjacency_, estimator._names(), confidence).plot(ax=ax, **kwargs)

    def plot(self, *, ax: Any = None, edge_labels: bool | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        edge_labels : bool, default=None
            Whether edges carry their weight (and confidence); None: up to 30 edges.

        Returns
        -------
        GraphDisplay
            Itself.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import GraphDisplay
        >>> display = GraphDisplay(np.array([[0.0, 2.0], [0.0, 0.0]]), names=["rain", "flood"])
        >>> sorted(text.get_text() for text in display.plot(ax=Figure().subplots(), edge_labels=False).ax_.texts)
        ['flood', 'rain']
        """
        import matplotlib.pyplot as plt
        import networkx as nx
        from matplotlib.lines import Line2D

        if ax is None:
            _, ax = plt.subplots(figsize=(9, 5.5), layout="constrained")
        graph = nx.DiGraph()
        names = [str(n) for n in self.names]
        d = self.adjacency.shape[0]
        graph.add_nodes_from(range(d))
        edges = [(int(i), int(j)) for i, j in np.argwhere(self.adjacency != 0.0)]
        graph.add_edges_from(edges)
        place = _positions(self.adjacency)
        crowded = d > 60  # labels and arrows would cover the graph
        weight = np.array([self.adjacency[e] for e in edges])
        share = np.array([1.0 if self.confidence is None else float(self.confidence[e]) for e in edges])
        size = np.abs(weight) / max(float(np.abs(weight).max(initial=0.0)), 1e-300)
        span = max([1.0, *(x for x, _ in place.values())])
        nodes = 1100 if d <= 15 else max(60, 12000 // d)
        nx.draw_networkx_nodes(graph, place, ax=ax, node_size=nodes, node_color="#f2f2f2", edgecolors="#444444")
        if edges:
            nx.draw_networkx_edges(
                graph,
                place,
                edgelist=edges,
                ax=ax,
                node_size=nodes,
                width=(0.6 + 2.4 * size) * (0.3 if crowded else 1.0),
                edge_color=["#2166ac" if w > 0 else "#b2182b" for w in weight],
                alpha=(0.15 + 0.85 * share).tolist(),
                connectionstyle="arc3,rad=0.12",
                arrowsize=5 if crowded else 14,
            )
        if edge_labels if edge_labels is not None else len(edges) <= 30:
            text = {
                e: f"{w:.2g}" + ("" if self.confidence is None else f" ({s:.0%})")
                for e, w, s in zip(edges, weight, share, strict=True)
            }
            nx.draw_networkx_edge_labels(
                graph, place, text, ax=ax, font_size=7, label_pos=0.35, connectionstyle="arc3,rad=0.12", rotate=False
            )
        if not crowded:
            box = {"boxstyle": "round,pad=0.15", "fc": "#f2f2f2", "ec": "#888888", "lw": 0.6}
            longest = max((len(n) for n in names), default=0)
            nx.draw_networkx_labels(
                graph,
                place,
                {j: fill(n, 18) for j, n in enumerate(names)},
                ax=ax,
                font_size=9 if d <= 15 else 6,
                bbox=box if longest > 8 else None,
            )
        ax.legend(
            handles=[
                Line2D([], [], color="#2166ac", label="positive"),
                Line2D([], [], color="#b2182b", label="negative"),
            ],
            loc="upper left",
            bbox_to_anchor=(0.0, -0.02),
            ncols=2,
            frameon=False,
            fontsize=8,
        )
        ax.margins(0.6 / (span + 1.0), 0.12)
        ax.set_axis_off()
        self.ax_, self.figure_ = ax, ax.figure
        return self


class AdjacencyDisplay:
    """Heat maps of adjacency matrices, in a causal order.

    Parameters
    ----------
    adjacency : ndarray of shape (d, d)
        Weights.
    names : sequence of str, default=None
        Node names; ``x0, x1, ...`` if None.
    order : ndarray of shape (d,), default=None
        Order of rows and columns; topological if None.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Set by ``plot``.

    Examples
    --------
    >>> from pauca.dag import CoLiDE
    >>> from pauca.datasets import make_linear_dag
    >>> from pauca.plotting import AdjacencyDisplay
    >>> model = CoLiDE().fit(make_linear_dag(500, 6, random_state=0).X)
    >>> display = AdjacencyDisplay.from_estimator(model)
    >>> display.figure_.savefig("adjacency.png")  # doctest: +SKIP
    """

    def __init__(self, adjacency: FloatArray, names: Sequence[str] | None = None, order: Any = None) -> None:
        self.adjacency = np.asarray(adjacency, dtype=np.float64)
        self.names = _named(self.adjacency, names)
        self.order = order

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **kwargs: Any) -> Self:
        """Draw the weights of a fitted estimator in its ``order_``.

        Parameters
        ----------
        estimator : CoLiDE
            Fitted estimator.
        ax : matplotlib Axes, default=None
            Where to draw.
        **kwargs
            Passed to ``plot``.

        Returns
        -------
        AdjacencyDisplay
            The display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pauca.dag import CoLiDE
        >>> from pauca.plotting import AdjacencyDisplay
        >>> model = CoLiDE(tiers=[[1], [0]]).fit_moments([[5.0, 2.0], [2.0, 1.0]], n_samples=200)
        >>> display = AdjacencyDisplay.from_estimator(model, ax=Figure().subplots())
        >>> [label.get_text() for label in display.ax_.get_xticklabels()]  # causes first
        ['x1', 'x0']
        """
        return cls(estimator.adjacency_, estimator._names(), estimator.order_).plot(ax=ax, **kwargs)

    def plot(self, *, ax: Any = None, cmap: str = "RdBu") -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        cmap : str, default="RdBu"
            Colour map, diverging around zero.

        Returns
        -------
        AdjacencyDisplay
            Itself.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import AdjacencyDisplay
        >>> display = AdjacencyDisplay(np.array([[0.0, -3.0], [0.0, 0.0]])).plot(ax=Figure().subplots(), cmap="PuOr")
        >>> display.ax_.images[0].get_clim()  # zero in the middle
        (-3.0, 3.0)
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(6, 5), layout="compressed")
        order = topological_order(self.adjacency) if self.order is None else np.asarray(self.order)
        shown = self.adjacency[np.ix_(order, order)]
        limit = max(float(np.abs(shown).max(initial=0.0)), 1e-12)
        image = ax.imshow(shown, cmap=cmap, vmin=-limit, vmax=limit)
        ax.figure.colorbar(image, ax=ax, label="weight")
        if order.size <= 30:
            labels = [self.names[j] for j in order]
            ax.set_xticks(range(order.size), labels, rotation=90)
            ax.set_yticks(range(order.size), labels)
        place = " (place in the order)" if order.size > 30 else ""
        ax.set(xlabel="to" + place, ylabel="from" + place)
        self.ax_, self.figure_ = ax, ax.figure
        return self


class EdgeConfidenceDisplay:
    """Edge weights with percentile intervals and frequencies over resamples.

    Parameters
    ----------
    edges : structured ndarray
        ``edges_`` of an estimator fitted with ``n_resamples > 0``.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Set by ``plot``.

    Examples
    --------
    >>> from pauca.dag import CoLiDE
    >>> from pauca.datasets import make_linear_dag
    >>> from pauca.plotting import EdgeConfidenceDisplay
    >>> model = CoLiDE(n_resamples=10, random_state=0).fit(make_linear_dag(500, 6, random_state=0).X)
    >>> display = EdgeConfidenceDisplay.from_estimator(model)
    >>> display.ax_.get_xlabel()
    'weight'
    """

    def __init__(self, edges: Any) -> None:
        self.edges = edges

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **kwargs: Any) -> Self:
        """Draw the edges of a fitted estimator.

        Parameters
        ----------
        estimator : CoLiDE
            Estimator fitted with ``n_resamples > 0``.
        ax : matplotlib Axes, default=None
            Where to draw.
        **kwargs
            Passed to ``plot``.

        Returns
        -------
        EdgeConfidenceDisplay
            The display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pauca.dag import CoLiDE
        >>> from pauca.datasets import make_linear_dag
        >>> from pauca.plotting import EdgeConfidenceDisplay
        >>> model = CoLiDE(n_resamples=3, random_state=0).fit(make_linear_dag(100, 3, random_state=0).X)
        >>> display = EdgeConfidenceDisplay.from_estimator(model, ax=Figure().subplots())
        >>> len(display.ax_.get_yticks()) == len(model.edges_)
        True
        """
        if not hasattr(estimator, "edge_frequency_"):
            raise ValueError("estimator: has no edge_frequency_, fit it with n_resamples > 0")
        return cls(estimator.edges_).plot(ax=ax, **kwargs)

    def plot(self, *, ax: Any = None, max_edges: int = 40) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        max_edges : int, default=40
            The strongest edges shown.

        Returns
        -------
        EdgeConfidenceDisplay
            Itself.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pauca.dag import CoLiDE
        >>> from pauca.datasets import make_linear_dag
        >>> from pauca.plotting import EdgeConfidenceDisplay
        >>> model = CoLiDE(n_resamples=3, random_state=0).fit(make_linear_dag(100, 3, random_state=0).X)
        >>> len(EdgeConfidenceDisplay(model.edges_).plot(ax=Figure().subplots(), max_edges=1).ax_.get_yticks())
        1
        """
        import matplotlib.pyplot as plt

        edges = self.edges[:max_edges]
        if ax is None:
            _, ax = plt.subplots(figsize=(7, max(2.2, 1.2 + 0.28 * len(edges))), layout="constrained")
        at = np.arange(len(edges))[::-1]
        ax.hlines(at, edges["low"], edges["high"], color="#888888", lw=2)
        dots = ax.scatter(
            edges["weight"],
            at,
            c=edges["frequency"],
            vmin=0.0,
            vmax=1.0,
            cmap="viridis",
            zorder=3,
            edgecolors="#333333",
        )
        ax.figure.colorbar(dots, ax=ax, label="frequency")
        past = [f" (t - {e['lag']})" if e["lag"] else "" for e in edges]
        ax.set_yticks(at, [f"{e['source']}{p} → {e['target']}" for e, p in zip(edges, past, strict=True)])
        ax.axvline(0.0, color="#bbbbbb", lw=0.8, zorder=0)
        ax.set_xlabel("weight")
        self.ax_, self.figure_ = ax, ax.figure
        return self
