"""The random effects' design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from .._validation import FloatArray, match_features

INTERCEPT = "intercept"


def effect_columns(given: Any, n_features: int, names: Sequence[str] | None) -> tuple[bool, list[int]]:
    """Whether there is a random intercept, and the features with random slopes."""
    if given is None:
        return False, []
    items: list[Any] = [given] if isinstance(given, (str, int, np.integer)) else list(given)
    known = [f"x{j}" for j in range(n_features)] if names is None else [str(f) for f in names]
    intercept, columns = False, []
    for item in items:
        if isinstance(item, str) and item == INTERCEPT:
            intercept = True
        elif isinstance(item, str):
            columns += match_features("random_effects", item, known)
        elif isinstance(item, (int, np.integer)) and 0 <= item < n_features:
            columns.append(int(item))
        else:
            raise ValueError(
                f"random_effects: got {item!r}, expected 'intercept', a feature name or a position below {n_features}"
            )
    return intercept, list(dict.fromkeys(columns))


def effect_design(X: FloatArray, intercept: bool, columns: list[int]) -> FloatArray:
    """Z: a column of ones if there is a random intercept, then the features with random slopes."""
    parts = [np.ones((X.shape[0], 1))] if intercept else []
    return np.asfortranarray(np.hstack([*parts, X[:, columns]]))


def orthonormal_effects(Z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Z A with columns that are orthonormal on average over the rows, and A.

    The model with an unstructured covariance is the same for every basis of the columns of Z; the iteration is not,
    and slopes in years since Christ lie nearly along the intercept. Columns that are dependent are only scaled.
    """
    n, q = Z.shape
    length = np.sqrt((Z**2).mean(axis=0))
    length[length == 0.0] = 1.0
    triangle = np.linalg.qr(Z / length, mode="r") / np.sqrt(n) if n >= q else np.zeros((q, q))
    if q and np.abs(np.diag(triangle)).min() > 1e-9:
        A = solve_triangular(triangle, np.eye(q)) / length[:, None]
    else:
        A = np.diag(1.0 / length)
    return np.asfortranarray(Z @ A), A
