"""Displays: ``from_estimator(...)`` draws a fitted model, ``plot(ax=...)`` draws again; matplotlib is needed."""

from ._label_shift import LabelShiftDisplay
from ._graph import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay

__all__ = [
    "AdjacencyDisplay",
    "EdgeConfidenceDisplay",
    "GraphDisplay",
    "LabelShiftDisplay",
]
