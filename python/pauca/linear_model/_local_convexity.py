"""Whether the objective is convex on the support of a solution: beyond the first failure optima may be many."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core, losses, penalties
from .._validation import FloatArray, as_design
from ._fit import column_scale
from ._regularization_path import RegularizationPath
from ._rescaled import _curvature


def locally_convex(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    path: RegularizationPath,
    offset: FloatArray | None,
) -> npt.NDArray[np.bool_] | None:
    """For every strength, whether the loss bends more than the penalty on the support of its solution and the next.

    The Hessian of the loss at the next solution (the criterion of Breheny and Huang 2011, as their program ncvreg has
    it), with the intercept profiled out, is compared with the penalty's largest concavity; after the first strength
    that fails none is convex. None for penalties and losses that it does not apply to.
    """
    penalty, loss = path.penalty, path.loss
    if penalty.convex or not isinstance(loss, losses.Loss):
        return None
    shape = _concavity(penalty, X.shape[1], path.feature_names_)
    if shape is None:
        return None
    scale = column_scale(as_design(X), weights, None) if path.standardize else None
    rescaled = getattr(penalty, "rescale", None) is not None
    own = float(penalty.alpha)
    supports = [path.coefs_.indices[a:b] for a, b in zip(path.coefs_.indptr[:-1], path.coefs_.indptr[1:], strict=True)]
    answer = np.ones(len(supports), dtype=bool)
    for k, support in enumerate(supports):
        following = min(k + 1, len(supports) - 1)
        union = np.union1d(support, supports[following]).astype(int)
        if union.size == 0:
            continue
        concavity = shape(float(path.alphas_[following]) * own, union)
        if not np.isfinite(concavity).all() or union.size >= X.shape[0]:
            answer[k:] = False
            break
        raw = np.asarray(X[:, union].toarray() if hasattr(X, "toarray") else X[:, union], dtype=np.float64)
        columns = raw - weights @ raw if path.fit_intercept or isinstance(loss, losses.Cox) else raw
        if scale is not None:
            columns = columns * scale[union]
        eta = raw @ path.coef_at(following)[union] + path.intercepts_[following]
        eta = np.ascontiguousarray(eta if offset is None else eta + offset)
        if isinstance(loss, losses.Quadratic):
            h = weights
            hessian = columns.T @ (h[:, None] * columns)
        elif rescaled:
            h = _curvature(loss, y, weights, eta)
            hessian = columns.T @ (h[:, None] * columns)
            concavity = concavity * np.diag(hessian)
        else:
            h = loss._at(y, eta, weights)[2]
            hessian = _core.loss_hessian(loss.core_name, loss._shape(), y, weights, eta, np.asfortranarray(columns))
        if path.fit_intercept and not isinstance(loss, losses.Cox) and h.sum() > 0.0:
            mean = h @ columns
            hessian = hessian - np.outer(mean, mean) / h.sum()
        if not _positive_definite(hessian - np.diag(concavity)):
            answer[k:] = False
            break
    return answer


def _positive_definite(matrix: FloatArray) -> bool:
    try:
        np.linalg.cholesky(matrix)  # a tenth of the cost of the smallest eigenvalue
    except np.linalg.LinAlgError:
        return False
    return True


def _concavity(penalty: Any, n_features: int, feature_names: list[str] | None) -> Any:
    """(strength, columns) -> largest second derivative of minus the penalty along each of the columns."""
    if isinstance(penalty, penalties.GroupMCP | penalties.GroupSCAD):
        # along the radius of a group; across it the penalty is convex
        largest = 1.0 / (float(penalty.gamma) - float(isinstance(penalty, penalties.GroupSCAD)))
        return lambda alpha, columns: np.full(columns.size, largest)
    if not isinstance(penalty, penalties.SeparablePenalty):
        return None
    weights = penalty._weights(n_features, feature_names)
    weights = np.ones(n_features) if weights is None else weights
    multiply, ridge = penalty._multiply(), float(getattr(penalty, "ridge", 0.0))

    def bend(alpha: float) -> float:
        if isinstance(penalty, penalties.LogSum):
            return alpha / float(penalty.eps) ** 2
        if isinstance(penalty, penalties.TransformedL1):
            return 2.0 * alpha * (1.0 + float(penalty.theta)) / float(penalty.theta) ** 2
        return penalty._concavity(alpha)

    def along(alpha: float, columns: npt.NDArray[np.int_]) -> FloatArray:
        w = weights[columns]
        bends = [0.0 if v == 0.0 else bend(alpha * (1.0 if multiply else v)) for v in w]
        return np.array(bends) * (w if multiply else 1.0) - ridge * alpha * w

    return along
