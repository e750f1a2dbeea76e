"""Displays: ``from_estimator(...)`` draws a fitted model, ``plot(ax=...)`` draws again; matplotlib is needed."""

from ._graph import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay
from ._inference import StabilityDisplay
from ._label_shift import LabelShiftDisplay

__all__ = [
    "AdjacencyDisplay",
    "EdgeConfidenceDisplay",
    "GraphDisplay",
    "LabelShiftDisplay",
    "StabilityDisplay",
]
