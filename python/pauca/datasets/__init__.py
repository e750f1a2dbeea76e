"""Data generators with known truth."""

from ._dag import make_linear_dag
from ._label_shift import make_anchored_counts, make_latent_label_shift, shift_labels

__all__ = [
    "make_anchored_counts",
    "make_latent_label_shift",
    "make_linear_dag",
    "shift_labels",
]
