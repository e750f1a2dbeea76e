"""Figures of merit."""

from ._dag import (
    EdgeScores,
    edge_scores,
    noise_variance_error,
    shd_cpdag,
    structural_hamming_distance,
    structural_intervention_distance,
    weight_error,
)
from ._label_shift import match_classes, matched_accuracy, prior_l1_error
from ._survival import brier_score_survival, concordance_index, integrated_brier_score_survival

__all__ = [
    "EdgeScores",
    "brier_score_survival",
    "concordance_index",
    "edge_scores",
    "integrated_brier_score_survival",
    "match_classes",
    "matched_accuracy",
    "noise_variance_error",
    "prior_l1_error",
    "shd_cpdag",
    "structural_hamming_distance",
    "structural_intervention_distance",
    "weight_error",
]
