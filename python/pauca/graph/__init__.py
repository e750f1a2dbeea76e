"""Learning on graphs with few labels."""

from ._estimators import GraphPropagationClassifier, GraphPropagationRegressor

__all__ = ["GraphPropagationClassifier", "GraphPropagationRegressor"]
