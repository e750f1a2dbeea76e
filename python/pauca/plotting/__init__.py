"""Displays: ``from_estimator(...)`` draws, ``plot(ax=...)`` draws again."""

from ._graph import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay

__all__ = ["AdjacencyDisplay", "EdgeConfidenceDisplay", "GraphDisplay"]
