"""Pictures of a task selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._validation import FloatArray


class TaskAllocationDisplay:
    """Samples of each source by epoch, or the relevance found after each epoch.

    Use :meth:`from_estimator`.

    Parameters
    ----------
    samples : ndarray of shape (n_epochs, n_tasks)
        Samples drawn in each epoch.
    relevance : ndarray of shape (n_epochs, n_tasks)
        Relevance found after each epoch.
    names : sequence of str
        Names of the tasks.
    norms : sequence of str
        What each epoch followed.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes drawn on.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from pauca.datasets import make_multitask
    >>> from pauca.multitask import TaskSelector
    >>> from pauca.plotting import TaskAllocationDisplay
    >>> data = make_multitask(n_features=10, n_components=2, n_tasks=12, random_state=0)
    >>> selector = TaskSelector(n_components=2, budget=600, random_state=0).fit(data.sources, data.target(40))
    >>> TaskAllocationDisplay.from_estimator(selector).ax_.get_ylabel()
    'samples'
    """

    ax_: Any
    figure_: Any

    def __init__(self, samples: FloatArray, relevance: FloatArray, names: Sequence[str], norms: Sequence[str]) -> None:
        self.samples = samples
        self.relevance = relevance
        self.names = names
        self.norms = norms

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, kind: str = "samples", max_tasks: int | None = 30, ax: Any = None
    ) -> Self:
        """Draw a fitted TaskSelector.

        Parameters
        ----------
        estimator : TaskSelector
            Fitted selector.
        kind : {"samples", "relevance"}, default="samples"
            What to draw.
        max_tasks : int, default=30
            At most so many tasks, those with most samples; None shows all.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        TaskAllocationDisplay
            The drawn display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pauca.datasets import make_multitask
        >>> from pauca.multitask import TaskSelector
        >>> from pauca.plotting import TaskAllocationDisplay
        >>> data = make_multitask(n_features=5, n_components=1, n_tasks=4, random_state=0)
        >>> selector = TaskSelector(n_components=1, budget=200, random_state=0).fit(data.sources, data.target(20))
        >>> TaskAllocationDisplay.from_estimator(selector, kind="relevance", ax=Figure().subplots()).ax_.get_ylabel()
        'relevance'
        """
        check_is_fitted(estimator)
        samples = np.array([record["n_samples"] for record in estimator.history_], dtype=np.float64)
        norms = [record["norm"] for record in estimator.history_]
        names = [str(name) for name in estimator.task_names_]
        display = cls(samples, estimator.relevance_path_, names, norms)
        return display.plot(kind=kind, max_tasks=max_tasks, ax=ax)

    def plot(self, *, kind: str = "samples", max_tasks: int | None = 30, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        kind : {"samples", "relevance"}, default="samples"
            What to draw.
        max_tasks : int, default=30
            At most so many tasks, those with most samples; None shows all.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        TaskAllocationDisplay
            Itself, with ``ax_`` and ``figure_``.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import TaskAllocationDisplay
        >>> samples = np.array([[10, 10, 10], [0, 5, 40]])  # two epochs, three tasks
        >>> display = TaskAllocationDisplay(samples, samples / 50, ["a", "b", "c"], ["l2", "l1"])
        >>> [label.get_text() for label in display.plot(ax=Figure().subplots(), max_tasks=2).ax_.get_xticklabels()]
        ['c', 'b']
        """
        import matplotlib.pyplot as plt

        if kind not in ("samples", "relevance"):
            raise ValueError(f"kind: got {kind!r}, expected 'samples' or 'relevance'")
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        order = np.argsort(-self.samples.sum(axis=0), kind="stable")[:max_tasks]
        place = np.arange(order.size)
        colours = plt.get_cmap("viridis")(np.linspace(0.85, 0.15, len(self.samples)))
        if kind == "samples":
            bottom = np.zeros(order.size)
            for epoch, (row, norm) in enumerate(zip(self.samples[:, order], self.norms, strict=True)):
                ax.bar(place, row, bottom=bottom, color=colours[epoch], label=f"epoch {epoch + 1}: {norm}", width=0.8)
                bottom += row
        else:
            for epoch, row in enumerate(self.relevance[:, order]):
                ax.plot(place, row, "o", color=colours[epoch], markersize=4, label=f"after epoch {epoch + 1}")
            ax.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
        ax.set_xticks(place, [self.names[m] for m in order], rotation=90, fontsize="small")
        hidden = len(self.names) - order.size
        ax.set(xlabel="source task" + (f" ({hidden} more with fewer samples)" if hidden else ""), ylabel=kind)
        ax.legend(fontsize="small", frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)  # above the bars
        return self
