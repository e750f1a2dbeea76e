"""Losses: value objects to be given to estimators."""

from ._cox import Cox
from ._losses import Expectile, Gamma, Huber, Logistic, Loss, Poisson, Quadratic, Quantile, SquaredHinge

__all__ = ["Cox", "Expectile", "Gamma", "Huber", "Logistic", "Loss", "Poisson", "Quadratic", "Quantile", "SquaredHinge"]
