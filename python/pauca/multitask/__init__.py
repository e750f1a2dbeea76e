"""Tasks that share a representation, and the choice of the source tasks to sample for a target."""

from ._head import TaskHead
from ._relevance import RelevanceLasso, TaskSelectionWarning
from ._representation import MultiTaskRepresentation

__all__ = ["MultiTaskRepresentation", "RelevanceLasso", "TaskHead", "TaskSelectionWarning"]
