"""Numbers whose squares overflow or vanish."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LEAST, MOST = 1e-150, 1e150


def check_squares(name: str, values: npt.NDArray[Any]) -> None:
    """A ValueError that names the array if sums of its squares are no numbers, or all of them nothing."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest > MOST or 0.0 < largest < LEAST:
        raise ValueError(
            f"{name}: got numbers up to {largest:.3g}, expected magnitudes from {LEAST:g} to {MOST:g}, whose squares "
            "are numbers too: rescale it"
        )
