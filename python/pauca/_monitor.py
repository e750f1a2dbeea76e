"""Watching a running solver: scikit-learn's callbacks, a progress bar, nothing at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SolverCallback = Callable[[int, float, float, float], bool]


@contextmanager
def watch(
    estimator: Any, X: Any = None, y: Any = None, *, total: int | None = None, unit: str = "it"
) -> Iterator[SolverCallback | None]:
    """Give the callback to hand to a solver of the compiled core, or None if nobody watches.

    The callback gets (iteration, objective, criterion, threshold) and returns True to stop. It serves scikit-learn's
    callbacks (>= 1.9, set with ``set_callbacks``) and, with ``verbose``, a tqdm progress bar, which counts ``unit`` up
    to ``total`` if that is known; figures that are NaN are not shown.
    """
    has_callbacks = bool(getattr(estimator, "_skl_callbacks", None)) or hasattr(estimator, "_parent_callback_ctx")
    context = None
    if has_callbacks and hasattr(estimator, "_init_callback_context"):
        context = estimator._init_callback_context(max_subtasks=None)
        context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
    bar = _progress_bar(estimator, total, unit) if getattr(estimator, "verbose", 0) else None

    def callback(iteration: int, objective: float, criterion: float, threshold: float) -> bool:
        if bar is not None:
            figures = {"objective": objective, "criterion": criterion, "goal": threshold}
            bar.set_postfix({name: f"{value:.4g}" for name, value in figures.items() if not math.isnan(value)})
            bar.update(iteration + 1 - bar.n)
        if context is None:
            return False
        task = context.subcontext(task_name="iteration")
        task.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
        return bool(task.call_on_fit_task_end(estimator=estimator, X=X, y=y))

    try:
        yield callback if (bar is not None or context is not None) else None
    finally:
        if bar is not None:
            bar.close()
    if context is not None:
        context.call_on_fit_task_end(estimator=estimator, X=X, y=y)


def _progress_bar(estimator: Any, total: int | None, unit: str) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("verbose=1 shows a progress bar and needs tqdm: pip install pauca[progress]") from error
    return tqdm(desc=type(estimator).__name__, total=total, unit=unit)
