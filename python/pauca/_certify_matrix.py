"""Certificates of models of several targets or classes, in plain numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax, xlogy

from . import penalties
from ._validation import FloatArray


def column_variance(matrix: Any, s: FloatArray, mean: FloatArray) -> FloatArray:
    """Of deviations from the mean; entries that are not stored are zeros."""
    if not sparse.issparse(matrix):
        return np.asarray(s @ (matrix - mean) ** 2)
    stored = matrix.tocoo()
    found = np.bincount(stored.col, s[stored.row] * (stored.data - mean[stored.col]) ** 2, minlength=len(mean))
    counts = np.bincount(stored.col, minlength=len(mean))
    weight = np.bincount(stored.col, s[stored.row], minlength=len(mean))
    return np.asarray(found + np.where(counts == matrix.shape[0], 0.0, np.maximum(1.0 - weight, 0.0)) * mean**2)


@dataclass(frozen=True)
class MatrixFigures:
    """What a Certificate is made of."""

    violation: float
    intercept_violation: float
    unit: float
    null_loss: float
    curvature: float


def matrix_figures(
    estimator: Any,
    matrix: Any,
    y: npt.ArrayLike,
    s: FloatArray,
    penalty: penalties.Penalty,
    derivative: Callable[[Any], Callable[[FloatArray, FloatArray], FloatArray]],
) -> MatrixFigures:
    """Figures of ``sum_i s_i loss(y_i, b + W x_i) + sum of g over entries or over groups of columns of W``.

    A group of features is a block of all their coefficients, for every target; its gradient is taken in scaled columns
    if the fit scaled them.
    """
    target, constant = _target(estimator, y, s)
    p = matrix.shape[1]
    mean = np.asarray(s @ matrix).reshape(-1)
    variance = column_variance(matrix, s, mean)
    scale = np.ones(p)
    if (not penalty.convex) if estimator.standardize is None else estimator.standardize:
        flat = variance <= (64 * np.finfo(float).eps * mean) ** 2
        scale = np.where(flat, 0.0, 1.0 / np.sqrt(np.where(flat, 1.0, variance)))
    classes = hasattr(estimator, "classes_")
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=float)).T
    eta = np.asarray(matrix @ coef) + np.asarray(estimator.intercept_, dtype=float)
    slope = s[:, None] * ((softmax(eta, axis=1) if classes else eta) - target)
    gradient = scale[:, None] * np.asarray(matrix.T @ slope)
    w = np.divide(coef, scale[:, None], out=np.zeros_like(coef), where=scale[:, None] > 0)

    null = constant if estimator.fit_intercept else np.full(len(constant), 1.0 / len(constant) if classes else 0.0)
    null_gradient = scale[:, None] * np.asarray(matrix.T @ (s[:, None] * (null - target)))
    null_loss = (
        float(-s @ xlogy(target, null).sum(axis=1)) if classes else float(0.5 * s @ ((target - null) ** 2).sum(axis=1))
    )
    bend = (0.5 if classes else 1.0) * scale**2 * (variance if estimator.fit_intercept else variance + mean**2)

    lam = float(estimator.alpha_) * float(penalty.alpha)
    names = getattr(estimator, "feature_names_in_", None)
    curvature = float(bend.max(initial=0.0))
    if isinstance(penalty, penalties.SeparablePenalty):
        given = penalty._weights(p, names)
        strength = lam * (np.ones(p) if given is None else given)[:, None] * np.ones_like(w)
        slope_at = derivative(penalty)
        away = np.abs(gradient + np.sign(w) * slope_at(np.abs(w), strength))
        at_zero = np.maximum(np.abs(gradient) - slope_at(np.zeros_like(w), strength), 0.0)
        violation = np.where(w != 0, away, at_zero).max(initial=0.0)
        unit = float(slope_at(np.zeros(1), np.array([lam]))[0]) or float(np.abs(null_gradient).max(initial=0.0))
    else:
        violation, curvature = _groups_violation(penalty, p, names, w, gradient, lam, bend)
        unit = lam
    return MatrixFigures(
        violation=float(violation),
        intercept_violation=float(np.abs(slope.sum(axis=0)).max()) if estimator.fit_intercept else 0.0,
        unit=unit,
        null_loss=null_loss,
        curvature=curvature,
    )


def _target(estimator: Any, y: npt.ArrayLike, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Targets, or indicators of the classes, and their weighted means."""
    if hasattr(estimator, "classes_"):
        target = (np.asarray(y)[:, None] == estimator.classes_).astype(float)
    else:
        target = np.asarray(y, dtype=float).reshape(len(s), -1)
    return target, np.asarray(s @ target)


def _groups_violation(
    penalty: Any, p: int, names: Any, w: FloatArray, gradient: FloatArray, lam: float, bend: FloatArray
) -> tuple[float, float]:
    """Largest distance to the subdifferential over groups (of a sparse group, where it has no closed form, the residual
    of a proximal step), and a bound on the largest curvature along a group."""
    if not isinstance(penalty, penalties.GroupL2 | penalties.SparseGroup):
        raise ValueError(f"no certificate for the penalty {penalty!r} of several targets")
    spec = penalty._unit_spec(p, names)
    labels, weights = np.asarray(spec["labels"]), np.asarray(spec["sequence"], dtype=float)
    share = float(penalty.l1_ratio) if isinstance(penalty, penalties.SparseGroup) else 0.0
    worst, curvature = 0.0, 0.0
    for k, weight in enumerate(weights):
        rows = labels == k
        curvature = max(curvature, float(bend[rows].sum()))
        block, slope, radius = w[rows], gradient[rows], lam * (1.0 - share) * weight
        if share == 0.0:
            norm = np.linalg.norm(block)
            distance = np.linalg.norm(slope + radius * block / norm) if norm else np.linalg.norm(slope) - radius
        else:
            step = 1.0 / max(float(bend[rows].sum()), 1e-300)
            moved = block - step * slope
            moved = np.sign(moved) * np.maximum(np.abs(moved) - step * lam * share, 0.0)
            size = np.linalg.norm(moved)
            moved = moved * max(0.0, 1.0 - step * radius / size) if size else moved
            distance = float(np.abs(block - moved).max()) / step
        worst = max(worst, float(distance))
    return worst, curvature
