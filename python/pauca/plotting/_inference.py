"""Pictures of stability selection."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._validation import FloatArray


class StabilityDisplay:
    """Selection frequencies along the strengths, with the threshold.

    Use :meth:`from_estimator`.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Strengths.
    frequencies : ndarray of shape (n_alphas, n_features)
        Share of the halves on which each feature has entered.
    threshold : float
        Share that selects a feature.
    names : list of str
        Names of the features.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes drawn on.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.inference import StabilitySelection
    >>> from pauca.plotting import StabilityDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> stable = StabilitySelection(n_selected=4, n_pairs=10, random_state=0).fit(X, y)
    >>> StabilityDisplay.from_estimator(stable).ax_.get_xlabel()
    'alpha'
    """

    ax_: Any
    figure_: Any

    def __init__(self, alphas: FloatArray, frequencies: FloatArray, threshold: float, names: list[str]) -> None:
        self.alphas = alphas
        self.frequencies = frequencies
        self.threshold = threshold
        self.names = names

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, max_labels: int = 12) -> Self:
        """Draw a fitted StabilitySelection.

        Parameters
        ----------
        estimator : StabilitySelection
            Fitted selector.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        max_labels : int, default=12
            At most so many selected features are named, the most frequent first.

        Returns
        -------
        StabilityDisplay
            The drawn display.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.inference import StabilitySelection
        >>> from pauca.plotting import StabilityDisplay
        >>> X = np.random.default_rng(0).normal(size=(60, 10))
        >>> stable = StabilitySelection(alphas=10, n_pairs=5, random_state=0).fit(X, X[:, 3] - X[:, 7])
        >>> display = StabilityDisplay.from_estimator(stable, ax=Figure().subplots())
        >>> sorted(text.get_text() for text in display.ax_.get_legend().get_texts())
        ['x3', 'x7']
        """
        check_is_fitted(estimator)
        given = getattr(estimator, "feature_names_in_", None)
        names = [f"x{j}" for j in range(estimator.n_features_in_)] if given is None else [str(f) for f in given]
        display = cls(estimator.alphas_, estimator.frequencies_, estimator.threshold, names)
        return display.plot(ax=ax, max_labels=max_labels)

    def plot(self, *, ax: Any = None, max_labels: int = 12) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        max_labels : int, default=12
            At most so many selected features are named.

        Returns
        -------
        StabilityDisplay
            Itself.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import StabilityDisplay
        >>> frequencies = np.array([[0.5, 0.0], [0.9, 0.2]])  # at two strengths, of two features
        >>> display = StabilityDisplay(np.array([1.0, 0.5]), frequencies, threshold=0.75, names=["age", "height"])
        >>> [text.get_text() for text in display.plot(ax=Figure().subplots()).ax_.get_legend().get_texts()]
        ['age']
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
        final = self.frequencies[-1]
        chosen = np.flatnonzero(final >= self.threshold - 1e-12)
        chosen = chosen[np.argsort(-final[chosen], kind="stable")]
        rest = np.setdiff1d(np.flatnonzero(final > 0), chosen)
        if rest.size:
            ax.plot(self.alphas, self.frequencies[:, rest], color="0.75", linewidth=0.7)
        colours = plt.get_cmap("tab10" if chosen.size <= 10 else "tab20")
        for k, j in enumerate(chosen):
            label = self.names[j] if k < max_labels else None
            ax.plot(self.alphas, self.frequencies[:, j], color=colours(k % colours.N), linewidth=1.6, label=label)
        ax.axhline(self.threshold, color="black", linestyle="--", linewidth=0.9)
        ax.set(xscale="log", xlabel="alpha", ylabel="share of the halves", ylim=(-0.02, 1.02))
        ax.invert_xaxis()
        if chosen.size:
            ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
        self.ax_, self.figure_ = ax, ax.figure
        return self
