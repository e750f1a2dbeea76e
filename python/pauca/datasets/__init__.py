"""Data generators with known truth."""

from ._dag import make_linear_dag
from ._label_shift import make_anchored_counts, make_latent_label_shift, shift_labels
from ._sachs import load_sachs

__all__ = [
    "load_sachs",
    "make_anchored_counts",
    "make_latent_label_shift",
    "make_linear_dag",
    "shift_labels",
]
