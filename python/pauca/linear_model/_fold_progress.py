"""Progress of a cross-validation through scikit-learn's callbacks and the progress bar, and its end before the end."""

from __future__ import annotations

import math
from typing import Any

from joblib import effective_n_jobs

from .._monitor import SolverCallback
from .._parallel import Call, run_all


class FoldProgress:
    """Counts paths; ``stopped`` once a callback asked for the end."""

    def __init__(self, callback: SolverCallback | None) -> None:
        self.callback, self.done, self.stopped = callback, 0, False

    def step(self, paths: int) -> None:
        """So many paths more are done."""
        for _ in range(paths):
            self.done += 1
            if self.callback is not None:
                nothing = math.nan
                self.stopped = self.callback(self.done - 1, nothing, nothing, nothing) or self.stopped

    def run(self, jobs: list[Call], n_jobs: int | None, least: int) -> list[Any]:
        """Results of the jobs in their order; of at least so many, and of those done, if a callback ends it.

        Callbacks hear from this thread, between rounds of as many jobs as run at a time.
        """
        if self.callback is None:
            return run_all(jobs, n_jobs)
        results: list[Any] = []
        width = max(int(effective_n_jobs(n_jobs)), 1)
        while len(results) < len(jobs) and not (self.stopped and len(results) >= least):
            part = run_all(jobs[len(results) : len(results) + width], n_jobs)
            results += part
            self.step(len(part))
        return results
