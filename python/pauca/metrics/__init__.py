"""Figures of merit."""

from ._graph import (
    EdgeScores,
    edge_scores,
    noise_variance_error,
    shd_cpdag,
    structural_hamming_distance,
    structural_intervention_distance,
    weight_error,
)
from ._label_shift import match_classes, matched_accuracy, prior_l1_error

__all__ = [
    "EdgeScores",
    "edge_scores",
    "match_classes",
    "matched_accuracy",
    "noise_variance_error",
    "prior_l1_error",
    "shd_cpdag",
    "structural_hamming_distance",
    "structural_intervention_distance",
    "weight_error",
]
