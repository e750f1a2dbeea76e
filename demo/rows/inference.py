"""Stability selection beside the cross-validated lasso, where it is known what is noise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.linear_model import LassoCV

from pauca.inference import StabilitySelection

from ..row import Row, timed
from .nonconvex import diabetes_with_decoys


def decoys() -> Row:
    X, _, y, _ = diabetes_with_decoys()
    stable, seconds = timed(lambda: StabilitySelection(random_state=0).fit(X, y))
    found, peer = stable.get_support(indices=True), np.flatnonzero(LassoCV(max_iter=100_000).fit(X, y).coef_)
    return Row(
        estimator="StabilitySelection",
        data=f"diabetes among decoys ({X.shape[0]} x {X.shape[1]})",
        measure="share of choice that is real",
        score=float(np.mean(found < 10)),
        peer="sklearn LassoCV",
        peer_score=float(np.mean(peer < 10)),
        nonzeros=f"{found.size} of {X.shape[1]}",
        seconds=seconds,
        certificate=f"E[false] <= {stable.error_bound_:.1f}",
    )


def rows() -> list[Callable[[], Row]]:
    return [decoys]


def pictures(folder: Path) -> list[Path]:
    return []
