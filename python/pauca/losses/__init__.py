"""Losses: value objects to be given to estimators."""

from ._losses import Gamma, Huber, Logistic, Loss, Poisson, Quadratic, Quantile, SquaredHinge

__all__ = ["Gamma", "Huber", "Logistic", "Loss", "Poisson", "Quadratic", "Quantile", "SquaredHinge"]
