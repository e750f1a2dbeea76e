"""Pictures of latent label shift."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from .._validation import FloatArray


class LabelShiftDisplay:
    """The polytope of p(domain | x) with its vertices, or the class priors of the domains.

    Use :meth:`from_estimator`.

    Parameters
    ----------
    posteriors : ndarray of shape (n_samples, n_domains)
        p(domain | x) of points.
    vertices : ndarray of shape (n_domains, n_classes)
        p(domain | class).
    class_prior : ndarray of shape (n_classes, n_domains)
        p(class | domain).
    labels : ndarray of shape (n_samples,)
        Class of each point, its colour.
    centers : ndarray of shape (n_clusters, n_domains) or None
        Centres of the clusters.
    domains, classes : sequence
        Names for axes and legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes drawn on.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from pauca.datasets import make_latent_label_shift
    >>> from pauca.label_shift import LatentLabelShift
    >>> from pauca.plotting import LabelShiftDisplay
    >>> data = make_latent_label_shift(n_samples=1500, n_classes=3, n_domains=6, kind="gaussian", random_state=0)
    >>> model = LatentLabelShift(n_classes=3, random_state=0).fit(data.X, data.domain)
    >>> display = LabelShiftDisplay.from_estimator(model, data.X)
    >>> display.ax_.get_title()
    'p(domain | x), seen along its two widest directions'
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        posteriors: FloatArray,
        vertices: FloatArray,
        class_prior: FloatArray,
        labels: npt.NDArray[Any],
        *,
        centers: FloatArray | None = None,
        domains: Any = None,
        classes: Any = None,
    ) -> None:
        self.posteriors = posteriors
        self.vertices = vertices
        self.class_prior = class_prior
        self.labels = labels
        self.centers = centers
        self.domains = domains
        self.classes = classes

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        labels: npt.ArrayLike | None = None,
        *,
        kind: str = "polytope",
        ax: Any = None,
        max_points: int = 3000,
    ) -> Self:
        """Draw a fitted LatentLabelShift.

        Parameters
        ----------
        estimator : LatentLabelShift
            Fitted model.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Points to show.
        labels : array-like of shape (n_samples,), default=None
            Their colours, for example true classes; None is the predicted class.
        kind : {"polytope", "priors"}, default="polytope"
            What to draw.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.
        max_points : int, default=3000
            At most so many points are drawn, evenly spaced in X.

        Returns
        -------
        LabelShiftDisplay
            The drawn display.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.label_shift import LatentLabelShift
        >>> from pauca.plotting import LabelShiftDisplay
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> display = LabelShiftDisplay.from_estimator(model, X, kind="priors", ax=Figure().subplots())
        >>> [label.get_text() for label in display.ax_.get_xticklabels()]
        ['a', 'b']
        """
        check_is_fitted(estimator)
        shown = np.unique(np.linspace(0, X.shape[0] - 1, min(X.shape[0], max_points)).astype(int))
        points = X[shown]
        names = estimator.class_names_
        found = estimator.predict(points) if labels is None else np.asarray(labels)[shown]
        display = cls(
            estimator.transform(points),
            estimator.domain_given_class_,
            estimator.class_prior_,
            found,
            centers=estimator.cluster_centers_,
            domains=estimator.domains_,
            classes=np.arange(len(estimator.class_share_)) if names is None else names,
        )
        return display.plot(kind=kind, ax=ax)

    def plot(self, *, kind: str = "polytope", ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        kind : {"polytope", "priors"}, default="polytope"
            What to draw.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        LabelShiftDisplay
            Itself, with ``ax_`` and ``figure_``.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import LabelShiftDisplay
        >>> prior = np.array([[0.8, 0.4], [0.2, 0.6]])  # two classes, two domains
        >>> display = LabelShiftDisplay(prior.T, prior.T, prior, np.array([0, 1]))
        >>> display.plot(kind="priors", ax=Figure().subplots()).ax_.get_title()
        'p(class | domain)'
        """
        import matplotlib.pyplot as plt

        if kind not in ("polytope", "priors"):
            raise ValueError(f"kind: got {kind!r}, expected 'polytope' or 'priors'")
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        if kind == "polytope":
            self._polytope(ax)
        else:
            self._priors(ax)
        return self

    def _polytope(self, ax: Any) -> None:
        import matplotlib.pyplot as plt
        from scipy.spatial import ConvexHull, QhullError

        V = self.vertices.T
        middle = V.mean(axis=0)
        axes = np.linalg.svd(V - middle)[2][:2]
        corners = (V - middle) @ axes.T
        points = (self.posteriors - middle) @ axes.T
        flat = V.shape[1] < 3  # two domains: posteriors lie on a line, and are spread over its other side to be seen
        if flat:
            spread = np.random.RandomState(0)
            corners[:, 1], points[:, 1] = 0.0, spread.uniform(-1.0, 1.0, len(points))
        colours = plt.get_cmap("tab10")
        for j, label in enumerate(np.unique(self.labels)):
            own = points[self.labels == label]
            ax.scatter(*own.T, s=6, alpha=0.5, color=colours(j % 10), linewidths=0, label=str(label))
        if self.centers is not None:
            centers = (self.centers - middle) @ axes.T
            centers[:, 1] *= not flat
            ax.scatter(*centers.T, s=22, marker="x", color="0.25", label="cluster centre")
        try:
            hull = np.append(ConvexHull(corners).vertices, ConvexHull(corners).vertices[0])
            ax.plot(*corners[hull].T, color="black", linewidth=1)
        except QhullError:  # fewer than three classes
            ax.plot(*corners.T, color="black", linewidth=1)
        ax.scatter(*corners.T, s=90, marker="*", color="black", zorder=3, label="p(domain | class)")
        title = "two widest directions" if not flat else "line (height: chance)"
        ax.set(
            title=f"p(domain | x), seen along its {title}",
            xlabel="first direction",
            ylabel="" if flat else "second direction",
        )
        if flat:
            ax.set(yticks=[], ylim=(-1.5, 1.5))
        legend = ax.legend(fontsize="small", frameon=False, bbox_to_anchor=(1, 1), loc="upper left")
        for handle in legend.legend_handles[: len(np.unique(self.labels))]:
            handle.set(sizes=[30], alpha=1.0)

    def _priors(self, ax: Any) -> None:
        picture = ax.imshow(self.class_prior, vmin=0.0, vmax=1.0, cmap="Blues", aspect="auto")
        k, d = self.class_prior.shape
        domains = [str(name) for name in (range(d) if self.domains is None else self.domains)]
        upright = sum(len(name) for name in domains) > 40
        ax.set_xticks(range(d), domains, rotation=90 if upright else 0, fontsize="small" if upright else None)
        ax.set_yticks(range(k), [str(name) for name in (range(k) if self.classes is None else self.classes)])
        ax.set(title="p(class | domain)", xlabel="domain", ylabel="latent class")
        self.figure_.colorbar(picture, ax=ax)
