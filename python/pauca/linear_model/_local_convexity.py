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
    scale = column_scale(as_design(X), weights, None, path.fit_intercept) if path.standardize else None
    rescaled = getattr(penalty, "rescale", None) is not None
    own = float(penalty.alpha)
    supports = [path.coefs_.indices[a:b] for a, b in zip(path.coefs_.indptr[:-1], path.coefs_.indptr[1:], strict=True)]
    answer = np.ones(len(supports), dtype=bool)
    gram = _Gram(X, weights, scale, path.fit_intercept) if isinstance(loss, losses.Quadratic) else None
    for k, support in enumerate(supports):
        following = min(k + 1, len(supports) - 1)
        union = np.union1d(support, supports[following]).astype(int)
        if union.size == 0:
            continue
        concavity = shape(float(path.alphas_[following]) * own, union)
        if not np.isfinite(concavity).all() or union.size >= X.shape[0]:
            answer[k:] = False
            break
        if gram is not None:
            if not _positive_definite(gram.of(union) - np.diag(concavity)):
                answer[k:] = False
                break
            continue
        raw = _columns(X, union)
        columns = raw - weights @ raw if path.fit_intercept or isinstance(loss, losses.Cox) else raw
        if scale is not None:
            columns = columns * scale[union]
        eta = raw @ path.coef_at(following)[union] + path.intercepts_[following]
        eta = np.ascontiguousarray(eta if offset is None else eta + offset)
        if rescaled:
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


def _columns(X: Any, which: npt.NDArray[np.int_]) -> FloatArray:
    return np.asarray(X[:, which].toarray() if hasattr(X, "toarray") else X[:, which], dtype=np.float64)


class _Gram:
    """Hessian of the quadratic loss, which is the same at every strength: each entry is computed once."""

    def __init__(self, X: Any, weights: FloatArray, scale: FloatArray | None, center: bool) -> None:
        self.X, self.weights, self.scale, self.center = X, weights, scale, center
        self.position = np.full(X.shape[1], -1)
        self.columns, self.matrix = np.empty((X.shape[0], 0)), np.empty((0, 0))

    def of(self, which: npt.NDArray[np.int_]) -> FloatArray:
        """The rows and columns of these features."""
        new = which[self.position[which] < 0]
        if new.size:
            self.position[new] = len(self.matrix) + np.arange(new.size)
            fresh = _columns(self.X, new)
            fresh = fresh - self.weights @ fresh if self.center else fresh
            fresh = fresh * np.sqrt(self.weights)[:, None] * (1.0 if self.scale is None else self.scale[new])
            cross = self.columns.T @ fresh
            self.matrix = np.block([[self.matrix, cross], [cross.T, fresh.T @ fresh]])
            self.columns = np.hstack([self.columns, fresh])
        at = self.position[which]
        return np.asarray(self.matrix[np.ix_(at, at)])


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
    return lambda alpha, columns: penalty._concavities(alpha, weights[columns])
