"""Losses: value objects to be given to estimators."""

from ._cox import Cox
from ._losses import Gamma, Huber, Logistic, Loss, Poisson, Quadratic, Quantile, SquaredHinge

__all__ = ["Cox", "Gamma", "Huber", "Logistic", "Loss", "Poisson", "Quadratic", "Quantile", "SquaredHinge"]
