"""Tasks that share a representation, and the choice of the source tasks to sample for a target."""

from ._costs import SamplingCost
from ._head import TaskHead
from ._relevance import RelevanceLasso, TaskSelectionWarning
from ._representation import MultiTaskRepresentation
from ._selector import TaskSelector
from ._sources import SourceError

__all__ = [
    "MultiTaskRepresentation",
    "RelevanceLasso",
    "SamplingCost",
    "SourceError",
    "TaskHead",
    "TaskSelectionWarning",
    "TaskSelector",
]
