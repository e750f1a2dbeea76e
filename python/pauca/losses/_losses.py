"""Losses as the estimators take them; the arithmetic is in the compiled core."""

from __future__ import annotations

from typing import ClassVar

from .._values import ValueObject


class Loss(ValueObject):
    """A loss l(y, eta) of the linear predictor eta, averaged over samples."""

    core_name: ClassVar[str]


class Quadratic(Loss):
    """Squared error, ``l(y, eta) = (y - eta)^2 / 2``.

    Examples
    --------
    >>> from pauca.losses import Quadratic
    >>> Quadratic()
    Quadratic()
    """

    core_name = "quadratic"

    def __init__(self) -> None:
        pass


class Logistic(Loss):
    """Logistic loss, ``l(y, eta) = log(1 + exp(eta)) - y eta`` with y in {0, 1}.

    Examples
    --------
    >>> from pauca.losses import Logistic
    >>> Logistic() == Logistic()
    True
    """

    core_name = "logistic"

    def __init__(self) -> None:
        pass
