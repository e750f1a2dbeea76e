"""Pictures of a mixed model: which clusters are far off, and the random effects."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, f
from sklearn.utils.validation import check_is_fitted

from .._validation import FloatArray

KINDS = ("clusters", "effects")


class MixedModelDisplay:
    """Clusters of a robust mixed model: their distances from the fit, or their random effects.

    Use :meth:`from_estimator`.

    Parameters
    ----------
    labels : sequence
        Labels of the clusters.
    sizes : ndarray of shape (n_clusters,)
        Rows of each cluster.
    distances : ndarray of shape (n_clusters,)
        Their squared Mahalanobis distances.
    weights : ndarray of shape (n_clusters,)
        Their weights in the fit.
    degrees_of_freedom : float
        Of the fitted model.
    effects, deviations : ndarray of shape (n_clusters, n_effects)
        Random effects and their conditional deviations.
    effect_names : sequence of str
        Names of the random effects.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes drawn on.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> import numpy as np
    >>> from pauca.mixed_model import StudentMixedRegressor
    >>> from pauca.plotting import MixedModelDisplay
    >>> rng = np.random.default_rng(0)
    >>> cluster = np.repeat(np.arange(30), 5)
    >>> X = rng.normal(size=(150, 1))
    >>> y = X[:, 0] + rng.normal(size=30)[cluster] + rng.normal(size=150)
    >>> model = StudentMixedRegressor().fit(X, y, cluster=cluster)
    >>> MixedModelDisplay.from_estimator(model, kind="effects").ax_.get_xlabel()
    'intercept'
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        labels: npt.NDArray[Any],
        sizes: npt.NDArray[np.intp],
        distances: FloatArray,
        weights: FloatArray,
        degrees_of_freedom: float,
        effects: FloatArray,
        deviations: FloatArray,
        effect_names: list[str],
    ) -> None:
        self.labels = labels
        self.sizes = sizes
        self.distances = distances
        self.weights = weights
        self.degrees_of_freedom = degrees_of_freedom
        self.effects = effects
        self.deviations = deviations
        self.effect_names = effect_names

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, kind: str = "clusters", effect: int = 0, n_labels: int = 5, ax: Any = None
    ) -> Self:
        """Draw a fitted StudentMixedRegressor.

        Parameters
        ----------
        estimator : StudentMixedRegressor
            Fitted model with clusters.
        kind : {"clusters", "effects"}, default="clusters"
            ``"clusters"``: the mean squared distance of a cluster's rows from the fixed effects against its size, with
            the quantiles that the model lets expect, coloured by weight. ``"effects"``: predicted random effects in
            order, with conditional 95 % intervals (normal approximation).
        effect : int, default=0
            Which random effect, for ``"effects"``.
        n_labels : int, default=5
            At most so many clusters are named: the farthest beyond the 95 % quantile, or the outermost effects.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        MixedModelDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If an argument is not as described, or the model has no clusters.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> from pauca.plotting import MixedModelDisplay
        >>> X, y = np.random.default_rng(0).normal(size=(40, 2)), np.random.default_rng(1).normal(size=40)
        >>> model = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster=np.repeat(["a", "b", "c", "d"], 10))
        >>> display = MixedModelDisplay.from_estimator(model, ax=Figure().subplots())
        >>> display.ax_.get_xlabel()
        'rows of the cluster'
        """
        check_is_fitted(estimator)
        if not estimator.clusters_.size:
            raise ValueError("estimator: fitted with a known correlation, expected a model with clusters")
        intercept, slopes = estimator._effects
        names = getattr(estimator, "feature_names_in_", None)
        features = [f"x{j}" if names is None else str(names[j]) for j in slopes]
        display = cls(
            estimator.clusters_,
            estimator.cluster_sizes_,
            estimator.cluster_distances_,
            estimator.cluster_weights_,
            estimator.degrees_of_freedom_,
            estimator.random_effects_,
            np.sqrt(np.diagonal(estimator.random_effects_covariance_, axis1=1, axis2=2)),
            (["intercept"] if intercept else []) + features,
        )
        return display.plot(kind=kind, effect=effect, n_labels=n_labels, ax=ax)

    def plot(self, *, kind: str = "clusters", effect: int = 0, n_labels: int = 5, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        kind : {"clusters", "effects"}, default="clusters"
            What to draw.
        effect : int, default=0
            Which random effect.
        n_labels : int, default=5
            At most so many clusters are named.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        MixedModelDisplay
            Itself.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> from pauca.plotting import MixedModelDisplay
        >>> X, y = np.random.default_rng(0).normal(size=(40, 2)), np.random.default_rng(1).normal(size=40)
        >>> model = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster=np.repeat(["a", "b", "c", "d"], 10))
        >>> display = MixedModelDisplay.from_estimator(model, ax=Figure().subplots())
        >>> display.plot(kind="effects", ax=Figure().subplots()).ax_.get_xlabel()
        'intercept'
        """
        import matplotlib.pyplot as plt

        if kind not in KINDS:
            raise ValueError(f"kind: got {kind!r}, expected 'clusters' or 'effects'")
        if kind == "effects" and not 0 <= effect < len(self.effect_names):
            raise ValueError(f"effect: got {effect}, the model has the random effects {self.effect_names}")
        if ax is None:
            _, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
        if kind == "clusters":
            self._plot_clusters(ax, n_labels)
        else:
            self._plot_effects(ax, effect, n_labels)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _quantile(self, level: float, sizes: FloatArray) -> FloatArray:
        """Of d / n for clusters of these sizes."""
        if np.isfinite(self.degrees_of_freedom):
            return np.asarray(f.ppf(level, sizes, self.degrees_of_freedom))
        return np.asarray(chi2.ppf(level, sizes) / sizes)

    def _plot_clusters(self, ax: Any, n_labels: int) -> None:
        mean = self.distances / self.sizes
        bottom = max(0.01 * float(np.median(mean)), 1e-12)  # what fits still better is drawn on the edge
        mean = np.maximum(mean, bottom)
        sizes = np.unique(self.sizes)
        grid = np.unique(np.linspace(sizes[0] - 0.5, sizes[-1] + 0.5, 200).clip(0.5))
        for level, style in ((0.5, ":"), (0.95, "--"), (0.99, "-")):
            ax.plot(grid, self._quantile(level, grid), color="0.5", linewidth=0.9, ls=style, label=f"{level:.0%}")
        shift = np.zeros(mean.size)  # clusters of one size side by side, in their order
        for size in sizes:
            members = np.flatnonzero(self.sizes == size)
            shift[members] = np.linspace(-0.3, 0.3, members.size) if members.size > 1 else 0.0
        x = self.sizes + shift
        points = ax.scatter(x, mean, c=self.weights, s=22, cmap="viridis", vmin=0.0, edgecolor="none")
        ax.figure.colorbar(points, ax=ax, label="weight in the fit")
        excess = mean / self._quantile(0.95, self.sizes.astype(float))
        chosen = np.flatnonzero(excess > 1.0)
        for i in chosen[np.argsort(-excess[chosen])][:n_labels]:
            ax.annotate(str(self.labels[i]), (x[i], mean[i]), (4, 3), textcoords="offset points", fontsize="x-small")
        ax.set(yscale="log", xlabel="rows of the cluster", ylabel="mean squared distance from the fixed effects")
        ax.set_ylim(mean.min() / 1.5, max(mean.max(), self._quantile(0.99, grid).max()) * 8.0)
        if sizes[-1] - sizes[0] < 12:
            ax.set_xticks(sizes)
        ax.legend(title="of clusters lie below", frameon=False, fontsize="small", title_fontsize="small", ncols=3)

    def _plot_effects(self, ax: Any, effect: int, n_labels: int) -> None:
        order = np.argsort(self.effects[:, effect], kind="stable")
        value, rank = self.effects[order, effect], np.arange(order.size)
        half = 1.96 * self.deviations[order, effect]
        ax.errorbar(value, rank, xerr=half, fmt=".", color="tab:blue", ecolor="0.75", elinewidth=1)
        ax.axvline(0.0, color="black", linewidth=0.8)
        ax.set(xlabel=self.effect_names[effect], ylabel="clusters")
        if order.size <= 40:
            ax.set_yticks(rank, [str(label) for label in self.labels[order]], fontsize="x-small")
            return
        ax.set_yticks([])
        outer = np.sort(np.argsort(-np.abs(value), kind="stable")[:n_labels])
        low, high = outer[value[outer] < 0], outer[value[outer] >= 0][::-1]
        # The corners that a rising curve leaves free.
        places = [(i, 0.7, 0.04 + 0.05 * k, "left") for k, i in enumerate(low)]
        places += [(i, 0.3, 0.96 - 0.05 * k, "right") for k, i in enumerate(high)]
        for i, u, v, align in places:
            ax.annotate(
                str(self.labels[order[i]]),
                (value[i], rank[i]),
                (u, v),
                textcoords="axes fraction",
                ha=align,
                va="center",
                fontsize="x-small",
                arrowprops={"arrowstyle": "-", "color": "0.6", "linewidth": 0.6},
            )
