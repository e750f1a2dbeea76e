"""Second moments of every task, which is all that least squares with a shared representation needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._magnitude import check_squares
from .._rows import RowGroups
from .._validation import FloatArray
from ..moments import Moments

CoreMoments = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class TaskMoments:
    """Cross-products of (X, y) within each task, centred at the task's own means if there are intercepts.

    Attributes
    ----------
    grams : ndarray of shape (n_tasks, n_features, n_features)
        X'SX.
    cross : ndarray of shape (n_features, n_tasks), F-ordered
        X'Sy.
    squares : ndarray of shape (n_tasks,)
        y'Sy.
    weight, n_rows : ndarray of shape (n_tasks,)
        Sum of the sample weights, and rows.
    mean_x : ndarray of shape (n_tasks, n_features)
    mean_y : ndarray of shape (n_tasks,)
        Weighted means; zero without intercepts.
    """

    grams: FloatArray
    cross: FloatArray
    squares: FloatArray
    weight: FloatArray
    n_rows: FloatArray
    mean_x: FloatArray
    mean_y: FloatArray

    @classmethod
    def empty(cls, n_tasks: int, d: int) -> TaskMoments:
        """Tasks without any sample."""
        return cls(
            np.zeros((n_tasks, d, d)),
            np.zeros((d, n_tasks), order="F"),
            np.zeros(n_tasks),
            np.zeros(n_tasks),
            np.zeros(n_tasks),
            np.zeros((n_tasks, d)),
            np.zeros(n_tasks),
        )

    @classmethod
    def from_rows(
        cls, X: FloatArray, y: FloatArray, weights: FloatArray, groups: RowGroups, centre: bool
    ) -> TaskMoments:
        """Moments of rows, by the task of each."""
        check_squares("X", X)
        check_squares("y", y)
        out = cls.empty(groups.labels.size, X.shape[1])
        for m in range(groups.labels.size):
            rows = groups.rows(m)
            Xm, ym, s = X[rows], y[rows], weights[rows]
            total = float(s.sum())
            if centre and total > 0.0:
                out.mean_x[m], out.mean_y[m] = s @ Xm / total, s @ ym / total
                Xm, ym = Xm - out.mean_x[m], ym - out.mean_y[m]
            root = np.sqrt(s)
            Xm, ym = Xm * root[:, None], ym * root
            out.grams[m] = Xm.T @ Xm
            out.cross[:, m], out.squares[m] = Xm.T @ ym, ym @ ym
            out.weight[m], out.n_rows[m] = total, np.count_nonzero(s)
        return out

    @classmethod
    def from_moments(cls, moments: Sequence[Moments], d: int, centre: bool) -> TaskMoments:
        """The same from accumulated moments; those without an update stand for tasks without samples."""
        out = cls.empty(len(moments), d)
        for m, seen in enumerate(moments):
            if not hasattr(seen, "factor_"):
                continue
            if (seen.n_features_, seen.n_targets_) != (d, 1):
                raise ValueError(
                    f"moments: those of task {m} are of {seen.n_features_} features and {seen.n_targets_} targets, "
                    f"expected {d} and 1"
                )
            factor = seen.factor_[1 if centre else 0 :, 1:]
            check_squares(f"moments: those of task {m}", seen.factor_[:, 1:])
            Rx, ry = factor[:, :d], factor[:, d]
            out.grams[m] = Rx.T @ Rx
            out.cross[:, m], out.squares[m] = Rx.T @ ry, ry @ ry
            out.weight[m], out.n_rows[m] = seen.weight_sum_, seen.n_samples_
            if centre:
                out.mean_x[m], out.mean_y[m] = seen.mean_[:d], seen.mean_[d]
        return out

    def scaled(self, factor: float) -> TaskMoments:
        """As if every sample weight had been ``factor`` times as large."""
        parts = {name: getattr(self, name) * factor for name in ("grams", "cross", "squares", "weight")}
        return replace(self, **parts)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.squares)

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self.cross.shape[0])

    def level(self) -> float:
        """Mean variance of a feature, what ridges are relative to."""
        total = float(self.weight.sum()) * self.n_features
        return float(np.trace(self.grams, axis1=1, axis2=2).sum()) / total if total > 0.0 else 0.0

    def ridge(self, alpha: float) -> FloatArray:
        """What a ridge of ``alpha`` adds to the diagonal of each Gram."""
        return np.asarray(alpha * self.level() * self.weight)

    def pooled(self) -> FloatArray:
        """Covariance of the features within tasks, made safely positive definite."""
        covariance = self.grams.sum(axis=0) / max(float(self.weight.sum()), 1e-300)
        level = max(float(np.trace(covariance)) / self.n_features, 1e-300)
        return np.asarray(covariance + 1e-8 * level * np.eye(self.n_features))

    def core(self, alpha: float) -> CoreMoments:
        """Arguments of the compiled core."""
        return self.grams, self.cross, self.squares, self.weight, self.ridge(alpha)
