"""Unsupervised learning under latent label shift, and correction for known classes."""

from ._correct import adjust_to_prior, bbse, mlls
from ._latent import LatentLabelShift
from ._report import LabelShiftReport, LabelShiftWarning

__all__ = ["LabelShiftReport", "LabelShiftWarning", "LatentLabelShift", "adjust_to_prior", "bbse", "mlls"]
