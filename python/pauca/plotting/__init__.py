"""Displays: ``from_estimator(...)`` draws a fitted model, ``plot(ax=...)`` draws again; matplotlib is needed."""

from ._dag import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay
from ._inference import StabilityDisplay
from ._label_shift import LabelShiftDisplay
from ._mixed_model import MixedModelDisplay
from ._path import CVDisplay, PathDisplay
from ._task_selection import TaskAllocationDisplay

__all__ = [
    "AdjacencyDisplay",
    "CVDisplay",
    "EdgeConfidenceDisplay",
    "GraphDisplay",
    "LabelShiftDisplay",
    "MixedModelDisplay",
    "PathDisplay",
    "StabilityDisplay",
    "TaskAllocationDisplay",
]
