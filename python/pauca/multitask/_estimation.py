"""Representation, heads and relevance from the samples of sources and target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit

from .._rows import group_rows
from .._validation import FloatArray
from ..moments import Moments
from ._factors import FitOptions, SharedFit, TaskRows, choose_rank, fit_head, fit_shared
from ._session import Session
from ._task_moments import TaskMoments


@dataclass(frozen=True)
class Estimate:
    """What is known after some samples."""

    basis: FloatArray  # (d, k)
    heads: FloatArray  # (k, tasks); zero for tasks without samples
    target: FloatArray  # (k,)
    intercept: float
    joined: bool  # whether the target's samples had a part in the basis


class Estimator:
    """Fits the basis to the sources, with or without samples of the target as one more task."""

    def __init__(self, session: Session, n_components: Any, options: FitOptions, logistic: bool) -> None:
        self.session, self.options, self.logistic = session, options, logistic
        self.X, self.y = session.target_X, session.target_y
        self.sampled = np.flatnonzero(session.drawn)
        self.k = choose_rank(self._moments(()), n_components, options)
        self.plain = self._fit((), options)

    def _moments(self, rows: Sequence[int]) -> TaskMoments:
        seen = [self.session.moments[m] for m in self.sampled]
        if len(rows):
            seen = [*seen, Moments().update(self.X[rows], self.y[rows])]
        return TaskMoments.from_moments(seen, self.session.n_features, self.options.fit_intercept)

    def _fit(self, rows: Sequence[int], options: FitOptions) -> SharedFit:
        """Fit the basis to all sources and these rows of the target, which come last among the tasks."""
        start = self.plain.basis if len(rows) else None
        if not self.logistic:
            return fit_shared(self._moments(rows), self.k, options, start=start)
        X, y, task = self.session.table()
        if len(rows):
            X, y = np.vstack([X, self.X[rows]]), np.concatenate([y, self.y[rows]])
            task = np.concatenate([task, np.full(len(rows), self.session.n_tasks)])
        groups = group_rows(task, len(y), "task")
        table = TaskRows.of(X, y, np.ones(len(y)), groups)
        return fit_shared(self._moments(rows), self.k, options, rows=table, start=start)

    def _head(self, fit: SharedFit, rows: Any) -> tuple[FloatArray, float]:
        weights = np.ones(len(rows))
        return fit_head(fit.basis, self.X[rows], self.y[rows], weights, self.options, self.logistic, "cv")

    def _losses(self, fit: SharedFit, train: Any, test: Any) -> FloatArray:
        w, c = self._head(fit, train)
        eta, y = self.X[test] @ (fit.basis @ w) + c, self.y[test]
        if not self.logistic:
            return np.asarray((y - eta) ** 2)
        p = np.clip(expit(eta), 1e-12, 1.0 - 1e-12)
        return np.asarray(-(y * np.log(p) + (1.0 - y) * np.log(1.0 - p)))

    def joining_helps(self) -> bool:
        """Five-fold cross-validation on the target: is it predicted better if its other samples are in the basis?

        Better by a standard error: joining by chance overfits the target, which costs more than not joining.
        """
        n = len(self.y)
        if n < 10:
            return False
        fold = np.random.RandomState(self.session.seed).permutation(n) % 5
        gain, rough = np.zeros(n), replace(self.options, tol=10.0 * self.options.tol, max_iter=20)
        for f in range(5):
            train, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
            joined = self._fit(train, rough)  # type: ignore[arg-type]
            gain[test] = self._losses(self.plain, train, test) - self._losses(joined, train, test)
        return bool(gain.mean() > gain.std(ddof=1) / np.sqrt(n))

    def estimate(self, join: str | bool) -> Estimate:
        """Basis and heads; the target takes part in the basis always, never, or where that helps ("auto")."""
        everything = np.arange(len(self.y))
        joined = self.joining_helps() if join == "auto" else bool(join)
        fit = self._fit(everything, self.options) if joined else self.plain  # type: ignore[arg-type]
        heads = np.zeros((self.k, self.session.n_tasks))
        heads[:, self.sampled] = fit.heads[:, : self.sampled.size]
        w, c = self._head(fit, everything)
        return Estimate(fit.basis, heads, w, c, joined)
