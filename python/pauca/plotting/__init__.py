"""Displays: ``from_estimator`` draws a fitted model; needs matplotlib."""

from ._label_shift import LabelShiftDisplay

__all__ = ["LabelShiftDisplay"]
