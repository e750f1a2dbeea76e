"""Pictures of regularisation paths and of their cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from .._validation import FloatArray


class PathDisplay:
    """Coefficients along a regularisation path, with names; where a nonconvex path is not locally convex, shaded.

    Use :meth:`from_path` or :meth:`from_estimator`.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Strengths, decreasing.
    coefs : ndarray of shape (n_features, n_alphas)
        Coefficients.
    df : ndarray of shape (n_alphas,)
        Number of nonzero coefficients, written above.
    feature_names : sequence of str or None
        Names.
    locally_convex : ndarray of shape (n_alphas,) or None
        Where the solution is the only one on its support; the rest is shaded.
    marks : dict of str to float or None
        Strengths to mark by a vertical line, by their label.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes drawn on.
    figure_ : matplotlib Figure
        Their figure.
    lines_ : list of matplotlib Line2D
        One line for every feature that is ever nonzero.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("Agg")
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import path
    >>> from pauca.plotting import PathDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> display = PathDisplay.from_path(path(X, y, penalty="mcp"))
    >>> len(display.lines_)
    10
    """

    ax_: Any
    figure_: Any
    lines_: list[Any]

    def __init__(
        self,
        alphas: FloatArray,
        coefs: FloatArray,
        *,
        df: npt.NDArray[np.int64] | None = None,
        feature_names: Sequence[str] | None = None,
        locally_convex: npt.NDArray[np.bool_] | None = None,
        marks: dict[str, float] | None = None,
    ) -> None:
        self.alphas = alphas
        self.coefs = coefs
        self.df = df
        self.feature_names = feature_names
        self.locally_convex = locally_convex
        self.marks = marks

    @classmethod
    def from_path(
        cls,
        path: Any,
        *,
        feature_names: Sequence[str] | None = None,
        output: int = 0,
        marks: dict[str, float] | None = None,
        n_labels: int = 10,
        ax: Any = None,
    ) -> Self:
        """Draw a RegularizationPath.

        Parameters
        ----------
        path : RegularizationPath
            What :func:`pauca.linear_model.path` returns.
        feature_names : sequence of str, default=None
            Names of the features; None takes those of the path.
        output : int, default=0
            Target or class to draw, if there are several.
        marks : dict of str to float, default=None
            Strengths to mark, by their label.
        n_labels : int, default=10
            How many of the largest coefficients at the end of the path are named.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        PathDisplay
            The drawn display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import path
        >>> from pauca.plotting import PathDisplay
        >>> found = path(*load_diabetes(return_X_y=True, as_frame=True), alphas=5, eps=0.5)
        >>> display = PathDisplay.from_path(found, ax=Figure().subplots())
        >>> sorted(line.get_label() for line in display.lines_)
        ['bmi', 's5']
        """
        p = path.coefs_.shape[0] // path.n_outputs_
        if not 0 <= output < path.n_outputs_:
            raise ValueError(f"output: got {output}, expected 0 to {path.n_outputs_ - 1}")
        names = path.feature_names_ if feature_names is None else [str(f) for f in feature_names]
        if names is not None and len(names) != p:
            raise ValueError(f"feature_names: got {len(names)} names, expected {p}")
        display = cls(
            path.alphas_,
            path.coefs_[output * p : (output + 1) * p].toarray(),
            df=path.df_,
            feature_names=names,
            locally_convex=path.locally_convex_,
            marks=marks,
        )
        return display.plot(n_labels=n_labels, ax=ax)

    @classmethod
    def from_estimator(cls, estimator: Any, *, output: int = 0, n_labels: int = 10, ax: Any = None) -> Self:
        """Draw the path of a fitted cross-validated estimator, with the strength it chose.

        Parameters
        ----------
        estimator : SparseRegressorCV, SparseClassifierCV or MultiTaskSparseRegressorCV
            Fitted estimator.
        output, n_labels, ax
            As in :meth:`from_path`.

        Returns
        -------
        PathDisplay
            The drawn display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import SparseRegressorCV
        >>> from pauca.plotting import PathDisplay
        >>> model = SparseRegressorCV(alphas=5, eps=0.5).fit(*load_diabetes(return_X_y=True))
        >>> PathDisplay.from_estimator(model, ax=Figure().subplots()).marks == {"chosen": model.alpha_}
        True
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "path_"):
            raise ValueError(f"estimator: got {estimator!r}, expected a cross-validated one, which has a path_")
        marks = {"chosen": float(estimator.alpha_)}
        return cls.from_path(estimator.path_, output=output, marks=marks, n_labels=n_labels, ax=ax)

    def plot(self, *, n_labels: int = 10, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        n_labels : int, default=10
            How many of the largest coefficients at the end of the path are named.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        PathDisplay
            Itself, with ``ax_``, ``figure_`` and ``lines_``.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import PathDisplay
        >>> display = PathDisplay(np.array([1.0, 0.1]), np.array([[0.0, 2.0], [0.0, -3.0], [0.0, 0.0]]))
        >>> [line.get_label() for line in display.plot(ax=Figure().subplots()).lines_]  # largest at the end first
        ['x1', 'x0']
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        ever = np.flatnonzero(np.abs(self.coefs).max(axis=1, initial=0.0) > 0.0)
        order = ever[np.argsort(-np.abs(self.coefs[ever, -1]))]
        colours = plt.get_cmap("tab10")
        self.lines_ = []
        for rank, j in enumerate(order):
            named = rank < n_labels
            style: dict[str, Any] = {"color": colours(rank % 10), "lw": 1.6} if named else {"color": "0.7", "lw": 0.8}
            label = f"x{j}" if self.feature_names is None else str(self.feature_names[j])
            self.lines_ += ax.plot(self.alphas, self.coefs[j], label=label, zorder=3 if named else 2, **style)
        ax.axhline(0.0, color="0.3", linewidth=0.8, zorder=1)
        _strength_axis(ax, self.alphas, self.df)
        ax.set_ylabel("coefficient")
        if self.locally_convex is not None and not np.all(self.locally_convex):
            first = int(np.flatnonzero(~np.asarray(self.locally_convex))[0])
            ax.axvspan(self.alphas[first], self.alphas[-1], color="0.92", zorder=0)
            ax.annotate(
                "not locally convex",
                (0.99, 0.02),
                xycoords="axes fraction",
                ha="right",
                fontsize="small",
                color="0.4",
            )
        _marks(ax, self.marks)
        self._names(ax, order[:n_labels])
        return self

    def _names(self, ax: Any, which: npt.NDArray[np.int_]) -> None:
        """Names right of the last strength, moved apart where they would overlap."""
        if len(which) == 0:
            return
        low, high = ax.get_ylim()
        gap = 0.042 * (high - low)
        ranks = np.argsort(self.coefs[which, -1])
        at = self.coefs[which, -1][ranks].astype(float)
        for _ in range(100):
            close = np.flatnonzero(np.diff(at) < gap * 0.999)
            if close.size == 0:
                break
            for k in close:
                push = (gap - (at[k + 1] - at[k])) / 2.0
                if push > 0.0:
                    at[k] -= push
                    at[k + 1] += push
        for rank, y in zip(ranks, at, strict=True):
            line = self.lines_[rank]
            ax.annotate(
                line.get_label(),
                (1.01, y),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize="small",
                color=line.get_color(),
                annotation_clip=False,
            )


class CVDisplay:
    """The cross-validation curve: mean over folds, a standard error to each side, and the strengths two rules choose.

    Use :meth:`from_estimator`.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Strengths, decreasing.
    fold_scores : ndarray of shape (n_alphas, n_folds)
        What to draw: the held-out loss, or a score.
    standard_error : ndarray of shape (n_alphas,)
        Of the mean over folds.
    alpha_min, alpha_1se : float
        The strength of the best mean, and the largest within one standard error of it.
    df : ndarray of shape (n_alphas,) or None
        Number of nonzero coefficients, written above.
    name : str
        Label of the vertical axis.

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
    >>> from pauca.linear_model import SparseRegressorCV
    >>> from pauca.plotting import CVDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> display = CVDisplay.from_estimator(SparseRegressorCV(alphas=30).fit(X, y))
    >>> display.ax_.get_ylabel()
    'held-out loss'
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        alphas: FloatArray,
        fold_scores: FloatArray,
        standard_error: FloatArray,
        *,
        alpha_min: float,
        alpha_1se: float,
        df: npt.NDArray[np.int64] | None = None,
        name: str = "held-out loss",
    ) -> None:
        self.alphas = alphas
        self.fold_scores = fold_scores
        self.standard_error = standard_error
        self.alpha_min = alpha_min
        self.alpha_1se = alpha_1se
        self.df = df
        self.name = name

    @classmethod
    def from_estimator(cls, estimator: Any, *, folds: bool = False, ax: Any = None) -> Self:
        """Draw a fitted cross-validated estimator.

        Parameters
        ----------
        estimator : SparseRegressorCV, SparseClassifierCV or MultiTaskSparseRegressorCV
            Fitted estimator.
        folds : bool, default=False
            Whether to draw the curve of each fold as well.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        CVDisplay
            The drawn display.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from sklearn.datasets import load_diabetes
        >>> from pauca.linear_model import SparseRegressorCV
        >>> from pauca.plotting import CVDisplay
        >>> model = SparseRegressorCV(alphas=5, eps=0.5).fit(*load_diabetes(return_X_y=True))
        >>> CVDisplay.from_estimator(model, ax=Figure().subplots()).fold_scores.shape
        (5, 5)
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "cv_scores_"):
            raise ValueError(f"estimator: got {estimator!r}, expected a cross-validated one, which has cv_scores_")
        if len(estimator.alphas_) == 1 and estimator.alphas_[0] == 0.0:
            raise ValueError("estimator: it chose a number of features, no strength; its scores are in cv_table_")
        scoring = getattr(estimator, "scoring", None)
        name = scoring if isinstance(scoring, str) else "held-out loss" if scoring is None else "score"
        display = cls(
            estimator.alphas_,
            -estimator.cv_scores_ if scoring is None else estimator.cv_scores_,
            estimator.cv_standard_error_,
            alpha_min=estimator.alpha_min_,
            alpha_1se=estimator.alpha_1se_,
            df=estimator.path_.df_,
            name=name,
        )
        return display.plot(folds=folds, ax=ax)

    def plot(self, *, folds: bool = False, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        folds : bool, default=False
            Whether to draw the curve of each fold as well.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        CVDisplay
            Itself, with ``ax_`` and ``figure_``.

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pauca.plotting import CVDisplay
        >>> alphas, scores = np.array([1.0, 0.5, 0.1]), np.array([[3.0, 4.0], [1.0, 2.0], [2.0, 3.0]])  # two folds
        >>> display = CVDisplay(alphas, scores, np.array([0.5, 0.5, 0.5]), alpha_min=0.5, alpha_1se=0.5, name="error")
        >>> display.plot(ax=Figure().subplots(), folds=True).ax_.get_ylabel()
        'error'
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        mean, error = self.fold_scores.mean(axis=1), self.standard_error
        if folds:
            ax.plot(self.alphas, self.fold_scores, color="0.8", linewidth=0.8, zorder=1)
        ax.fill_between(self.alphas, mean - error, mean + error, color="C0", alpha=0.2, linewidth=0, zorder=2)
        ax.plot(self.alphas, mean, color="C0", linewidth=1.8, zorder=3, label="mean over folds, one standard error")
        _strength_axis(ax, self.alphas, self.df)
        ax.set_ylabel(self.name)
        ax.axvline(self.alpha_min, color="C3", linestyle="--", linewidth=1.2, label="alpha_min")
        ax.axvline(self.alpha_1se, color="C2", linestyle=":", linewidth=1.6, label="alpha_1se")
        ax.legend(fontsize="small", frameon=False)
        return self


def _strength_axis(ax: Any, alphas: FloatArray, df: npt.NDArray[np.int64] | None) -> None:
    """Strengths falling to the right, on a logarithmic scale; numbers of nonzero coefficients above."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if (alphas > 0.0).all():
        ax.set_xscale("log")
        short = alphas.max() < 50.0 * alphas.min()
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if short else (1.0,)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    if len(alphas) > 1:
        ax.set_xlim(alphas[0], alphas[-1])
    ax.set_xlabel("alpha")
    if df is None:
        return
    shown = np.unique(np.linspace(0, len(alphas) - 1, min(7, len(alphas))).astype(int))
    for k in shown:
        ax.annotate(
            str(int(df[k])),
            (alphas[k], 1.02),
            xycoords=("data", "axes fraction"),
            ha="center",
            fontsize="small",
            color="0.35",
            annotation_clip=False,
        )
    ax.set_title("nonzero coefficients", fontsize="small", color="0.35", pad=20)


def _marks(ax: Any, marks: dict[str, float] | None) -> None:
    for label, alpha in (marks or {}).items():
        ax.axvline(alpha, color="0.35", linestyle="--", linewidth=1.0, zorder=1)
        ax.annotate(
            label,
            (alpha, 0.98),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            va="top",
            fontsize="small",
            color="0.35",
        )
