"""Generators with their truth attached."""

from ._label_shift import make_anchored_counts, make_latent_label_shift, shift_labels

__all__ = ["make_anchored_counts", "make_latent_label_shift", "shift_labels"]
