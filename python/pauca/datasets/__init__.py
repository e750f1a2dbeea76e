"""Data generators with known truth."""

from ._corrupted_digits import CorruptedDigits, make_corrupted_digits
from ._dag import make_linear_dag
from ._label_shift import make_anchored_counts, make_latent_label_shift, shift_labels
from ._multitask import MultiTaskProblem, make_multitask
from ._sachs import load_sachs

__all__ = [
    "CorruptedDigits",
    "MultiTaskProblem",
    "load_sachs",
    "make_anchored_counts",
    "make_corrupted_digits",
    "make_latent_label_shift",
    "make_linear_dag",
    "make_multitask",
    "shift_labels",
]
