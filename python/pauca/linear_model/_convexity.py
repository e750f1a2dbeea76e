"""Where along a path of a nonconvex penalty the objective is convex all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .. import penalties
from .._validation import FloatArray


def locally_convex(
    X: Any,
    weights: FloatArray,
    points: list[dict[str, Any]],
    penalty: penalties.SeparablePenalty,
    scale: FloatArray | None,
    fit_intercept: bool,
) -> npt.NDArray[np.bool_]:
    """Whether the Hessian on two neighbouring supports exceeds the penalty's concavity (Breheny and Huang 2011)."""
    answer = np.ones(len(points), dtype=bool)
    for k, point in enumerate(points):
        following = points[k + 1]["support"] if k + 1 < len(points) else point["support"]
        union = np.union1d(point["support"], following).astype(int)
        if union.size == 0:
            continue
        concavity = penalty._concavity(float(point["alpha"]))
        if not np.isfinite(concavity) or union.size >= X.shape[0]:
            answer[k:] = False
            break
        columns = X[:, union].toarray() if sparse.issparse(X) else np.asarray(X[:, union])
        columns = columns.astype(np.float64)
        if fit_intercept:
            columns = columns - weights @ columns
        if scale is not None:
            columns = columns * scale[union]
        gram = columns.T @ (weights[:, None] * columns)
        if np.linalg.eigvalsh(gram)[0] <= concavity:
            answer[k:] = False
            break
    return answer
