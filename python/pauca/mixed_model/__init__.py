"""Mixed models that outlying clusters do not spoil."""

from ._student import StudentMixedRegressor

__all__ = ["StudentMixedRegressor"]
