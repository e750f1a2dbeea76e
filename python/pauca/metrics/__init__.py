"""Figures of merit."""

from ._label_shift import match_classes, matched_accuracy, prior_l1_error

__all__ = ["match_classes", "matched_accuracy", "prior_l1_error"]
