"""Data generators with known truth."""

from ._dag import make_linear_dag
from ._label_shift import make_anchored_counts, make_latent_label_shift, shift_labels
from ._multitask import MultiTaskProblem, make_multitask

__all__ = [
    "MultiTaskProblem",
    "make_anchored_counts",
    "make_latent_label_shift",
    "make_linear_dag",
    "make_multitask",
    "shift_labels",
]
