"""The names by which estimators know losses."""

from __future__ import annotations

from ._cox import Cox
from ._losses import Gamma, Huber, Logistic, Loss, Poisson, Quadratic, Quantile, SquaredHinge

REGRESSION_LOSSES: dict[str, type[Loss]] = {
    "quadratic": Quadratic,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
    "gamma": Gamma,
}

CLASSIFICATION_LOSSES: dict[str, type[Loss]] = {"logistic": Logistic, "squared_hinge": SquaredHinge}

LOSS_NAMES: dict[str, type[Loss]] = {**REGRESSION_LOSSES, **CLASSIFICATION_LOSSES, "cox": Cox}


def resolve_loss(loss: str | Loss) -> Loss:
    """A loss object from a name or an object."""
    return LOSS_NAMES[loss]() if isinstance(loss, str) else loss
