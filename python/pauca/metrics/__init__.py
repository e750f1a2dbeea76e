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

__all__ = [
    "EdgeScores",
    "edge_scores",
    "noise_variance_error",
    "shd_cpdag",
    "structural_hamming_distance",
    "structural_intervention_distance",
    "weight_error",
]
