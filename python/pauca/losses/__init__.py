"""Losses: value objects to be given to estimators."""

from ._losses import Expectile, Gamma, Huber, Logistic, Loss, Poisson, Quadratic, Quantile, SquaredHinge

__all__ = ["Expectile", "Gamma", "Huber", "Logistic", "Loss", "Poisson", "Quadratic", "Quantile", "SquaredHinge"]
