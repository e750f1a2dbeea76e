"""What is screened against: the target, and which variables are discrete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray, match_features

UNKNOWN, CONTINUOUS, DISCRETE = -1, 0, 1


def numeric_target(y: npt.NDArray[Any], discrete_target: bool | str) -> tuple[FloatArray, int]:
    """The target as numbers, and its kind; labels that are no numbers become codes."""
    if y.dtype.kind in "OUSb":
        try:
            if y.dtype.kind != "O":
                raise ValueError
            y = y.astype(np.float64)
        except (TypeError, ValueError):
            if discrete_target is False:
                raise ValueError(f"discrete_target: got False, but y has labels of type {y.dtype}") from None
            return np.unique(y, return_inverse=True)[1].astype(np.float64), DISCRETE
    kind = UNKNOWN if isinstance(discrete_target, str) else DISCRETE if discrete_target else CONTINUOUS
    return np.ascontiguousarray(y, dtype=np.float64), kind


class FeatureKinds:
    """``discrete_features`` as given, resolved block by block."""

    def __init__(self, given: Any) -> None:
        self.given = given
        self.mask: npt.NDArray[np.bool_] | None = None
        self.positions: npt.NDArray[np.intp] | None = None
        self.patterns: list[str] | None = None
        self.matched: set[str] = set()
        if isinstance(given, (str, bool, np.bool_)):
            return
        array = np.asarray(given)
        if array.ndim == 1 and array.dtype == bool:
            self.mask = array
        elif array.ndim == 1 and (array.dtype.kind in "iu" or array.size == 0):
            self.positions = array.astype(np.intp)
        elif array.ndim == 1 and array.dtype.kind in "UO":
            self.patterns = [str(p) for p in array]
        else:
            raise ValueError(
                f"discrete_features: got {given!r}, expected 'auto', a bool, a mask, positions or feature names"
            )

    def block(self, first: int, width: int, names: Sequence[str] | None) -> npt.NDArray[np.int8] | None:
        """Kinds of the features of one block; None if all are to be told from their values."""
        if isinstance(self.given, str):
            return None
        if isinstance(self.given, (bool, np.bool_)):
            return np.full(width, DISCRETE if self.given else CONTINUOUS, dtype=np.int8)
        if self.mask is not None:
            if self.mask.size < first + width:
                raise ValueError(f"discrete_features: the mask has {self.mask.size} entries, X has more features")
            return self.mask[first : first + width].astype(np.int8)
        kinds = np.zeros(width, dtype=np.int8)
        if self.positions is not None:
            inside = self.positions[(self.positions >= first) & (self.positions < first + width)]
            kinds[inside - first] = DISCRETE
            return kinds
        names = [f"x{first + j}" for j in range(width)] if names is None else names
        for pattern in self.patterns or ():
            try:
                kinds[match_features("discrete_features", pattern, names)] = DISCRETE
                self.matched.add(pattern)
            except ValueError:
                continue
        return kinds

    def check(self, n_features: int) -> None:
        """After the last block: whatever was given must have fitted the data."""
        if self.mask is not None and self.mask.size != n_features:
            raise ValueError(
                f"discrete_features: the mask has {self.mask.size} entries, expected {n_features} as X has features"
            )
        if self.positions is not None and self.positions.size:
            low, high = int(self.positions.min()), int(self.positions.max())
            if low < 0 or high >= n_features:
                raise ValueError(f"discrete_features: positions {low}..{high}, expected numbers in [0, {n_features})")
        missing = set(self.patterns or ()) - self.matched
        if missing:
            raise ValueError(f"discrete_features: {sorted(missing)[0]!r} matches no feature name")
