"""Losses: value objects to be given to estimators."""

from ._losses import Logistic, Loss, Quadratic

__all__ = ["Logistic", "Loss", "Quadratic"]
