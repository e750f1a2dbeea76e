"""Semi-supervised estimators: values spread from few labelled nodes over a graph."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from .._monitor import watch
from .._report import SolverReport, warn_unless_converged
from .._sklearn_compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _fit_context,
    check_array,
    validate_data,
    with_callbacks,
)
from .._validation import FloatArray
from .._warnings import warn_user
from ._affinity import affinity_to, check_affinity, neighbour_graph
from ._harmonic import harmonic
from ._labels import unlabelled


class _GraphPropagation(CallbackSupportMixin, BaseEstimator):
    """What both estimators share: not for users."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "affinity": [StrOptions({"knn", "rbf", "precomputed"})],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "gamma": [Interval(Real, 0, None, closed="left"), None],
        "solver": [StrOptions({"auto", "tree-cg", "red-black-cg", "tree", "red-black", "greedy-forest", "direct"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        affinity: str = "knn",
        *,
        n_neighbors: int = 7,
        gamma: float | None = None,
        solver: str = "auto",
        tol: float = 1e-6,
        max_iter: int = 10000,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.gamma = gamma
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        return validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=reset)

    def _spread(
        self, X: Any, known: npt.NDArray[np.bool_], values: FloatArray, prior: FloatArray, y: Any
    ) -> tuple[FloatArray, SolverReport]:
        if self.affinity == "precomputed":
            W, self._search, self.gamma_ = check_affinity(X), None, float("nan")
        else:
            W, self._search, self.gamma_ = neighbour_graph(X, self.affinity, self.n_neighbors, self.gamma)
        self._prior = prior
        self.affinity_matrix_ = W
        with watch(self, X, y) as callback:
            F, report = harmonic(
                W,
                known,
                values,
                prior,
                solver=self.solver,
                tol=self.tol,
                max_iter=self.max_iter,
                max_time=self.max_time,
                callback=callback,
            )
        self.solver_report_ = report
        self.n_iter_ = report.n_iter
        warn_unless_converged(report, self, "the largest residual")
        return F, report

    def _average(self, X: Any, values: FloatArray) -> FloatArray:
        """Mean of the values of the fit, weighted by affinity; the prior where a point has no neighbour."""
        if self.affinity == "precomputed":
            A = sparse.csr_array(X)
            if A.nnz and A.data.min() < 0.0:
                raise ValueError(f"X: got the negative affinity {A.data.min():.3g}, expected numbers >= 0")
        else:
            A = affinity_to(self._search, X, self.affinity, self.gamma_)
        total = np.asarray(A.sum(axis=1)).ravel()
        mean = np.asarray(A @ values) / np.where(total > 0.0, total, 1.0)[:, None]
        mean[total <= 0.0] = self._prior
        return mean

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.pairwise = self.affinity == "precomputed"
        return tags


class GraphPropagationClassifier(ClassifierMixin, _GraphPropagation):
    """Classification of the nodes of a graph of which few are labelled, by harmonic functions.

    Minimises ``1/2 sum_{i<j} W_ij ||F_i - F_j||^2`` over the class distributions F_i of unlabelled nodes, those of
    labelled nodes being fixed. The linear system is solved by sweeps over blocks that are forests (independent nodes
    among them): each is solved exactly in linear time by message passing, and little but the graph is kept in memory.

    Parameters
    ----------
    affinity : {"knn", "rbf", "precomputed"}, default="knn"
        Graph: nearest neighbours with weights 1, the same with weights ``exp(-gamma d^2)``, or X itself is a (sparse)
        affinity of shape (n_samples, n_samples), made symmetric by its mean with its transpose.
    n_neighbors : int, default=7
        Neighbours of each point; two points are joined if one is a neighbour of the other.
    gamma : float, default=None
        Of "rbf"; None takes one over the median squared distance of neighbours.
    solver : {"auto", "tree-cg", "red-black-cg", "tree", "red-black", "greedy-forest", "direct"}, default="auto"
        Sweeps over blocks: forests ("tree"), independent sets ("red-black"), or a forest grown greedily by the gradient
        in every iteration. "red-black-cg" (the default) and "tree-cg" take a symmetric sweep as preconditioner of
        conjugate gradients.
        "direct" is one sparse factorization by scipy: exact to rounding, and as fast on graphs of a few thousand nodes.
    tol : float, default=1e-6
        Stop when the largest residual of the linear system is at most ``tol`` times its largest right-hand side.
    max_iter : int, default=10000
        Limit on sweeps.
    max_time : float, default=None
        Limit in seconds.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    label_distributions_ : ndarray of shape (n_samples, n_classes)
        Class distribution of each node of the fit; nodes that no labelled node reaches have the share of each class
        among the labelled ones.
    transduction_ : ndarray of shape (n_samples,)
        Label of each node of the fit.
    affinity_matrix_ : sparse array of shape (n_samples, n_samples)
        Graph.
    gamma_ : float
        Gamma used.
    n_iter_ : int
        Sweeps.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described; the message names which.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    References
    ----------
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Zhu, X., Ghahramani, Z. and Lafferty, J. (2003). Semi-supervised learning using Gaussian fields and harmonic
    functions. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from pauca.graph import GraphPropagationClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> partly = np.where(np.arange(len(y)) < 100, y, -1)
    >>> model = GraphPropagationClassifier().fit(X, partly)
    >>> bool(np.mean(model.transduction_[100:] == y[100:]) > 0.9)
    True
    """

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike) -> Self:
        """Spread the labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data, or affinity with ``affinity="precomputed"``.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings. None, NaN and pandas.NA mark unlabelled samples, and so does -1 (or "-1" among
            strings), unless there is only one other label and no other mark (then it is a class, with a warning).

        Returns
        -------
        self : GraphPropagationClassifier
            The fitted estimator.

        Examples
        --------
        >>> from pauca.graph import GraphPropagationClassifier
        >>> X = [[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]
        >>> model = GraphPropagationClassifier(n_neighbors=2).fit(X, ["low", None, None, None, None, "high"])
        >>> model.transduction_.tolist()
        ['low', 'low', 'low', 'high', 'high', 'high']
        """
        y, missing, marked = unlabelled(y)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        labels: npt.NDArray[Any] = np.asarray(y)
        known = ~(missing | marked)
        if not known.any():
            raise ValueError("y: every sample is unlabelled (-1, None or NaN), expected at least one label")
        check_classification_targets(labels[known])
        if marked.any() and not missing.any() and len(np.unique(labels[known])) == 1:
            warn_user(
                "y holds -1 and one other label: one class alone has nothing to tell apart, so that -1 is taken as the "
                "second class here and no sample as unlabelled.",
            )
            known = np.ones(len(labels), dtype=bool)
        classes, codes = np.unique(labels[known], return_inverse=True)
        onehot = np.eye(len(classes))[codes]
        # Rows sum to one: the last class is what the others leave.
        F, _ = self._spread(X, known, onehot[:, :-1] if len(classes) > 1 else onehot, _share(onehot), y)
        if len(classes) > 1:
            F = np.clip(np.column_stack([F, 1.0 - F.sum(axis=1)]), 0.0, 1.0)
            F /= F.sum(axis=1, keepdims=True)
        self._prior = onehot.mean(axis=0)
        self.classes_ = classes
        self.label_distributions_ = F
        self.transduction_ = classes[F.argmax(axis=1)]
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Class distribution of points: the mean over their neighbours in the fit, weighted by affinity.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Points, or their affinity to those of the fit with ``affinity="precomputed"``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Distributions, columns in the order of ``classes_``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.graph import GraphPropagationClassifier
        >>> chain = np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1)
        >>> model = GraphPropagationClassifier("precomputed").fit(chain, [0, -1, -1, -1, 1])
        >>> model.predict_proba([[0.0, 1.0, 0.0, 0.0, 0.0]]).round(3)  # of a point beside the second
        array([[0.75, 0.25]])
        """
        check_is_fitted(self)
        return self._average(self._check_X(X, reset=False), self.label_distributions_)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict the class of points, of the fit or new.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Points, or their affinity to those of the fit with ``affinity="precomputed"``.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels. The labels of the fit's own samples, with the given ones kept, are in ``transduction_``.

        Examples
        --------
        >>> from pauca.graph import GraphPropagationClassifier
        >>> X = [[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]
        >>> model = GraphPropagationClassifier(n_neighbors=2).fit(X, ["low", None, None, None, None, "high"])
        >>> model.predict([[1.4], [9.0]]).tolist()
        ['low', 'high']
        """
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


def _share(onehot: FloatArray) -> FloatArray:
    mean = onehot.mean(axis=0)
    return np.asarray(mean[:-1] if mean.size > 1 else mean)


class GraphPropagationRegressor(RegressorMixin, _GraphPropagation):
    """Regression on the nodes of a graph of which few have a known value, by harmonic functions.

    Minimises ``1/2 sum_{i<j} W_ij (f_i - f_j)^2`` over the values f_i of nodes without target, those of the others
    being fixed; solved as in :class:`GraphPropagationClassifier`.

    Parameters
    ----------
    affinity : {"knn", "rbf", "precomputed"}, default="knn"
        Graph, see :class:`GraphPropagationClassifier`.
    n_neighbors : int, default=7
        Neighbours of each point.
    gamma : float, default=None
        Of "rbf"; None takes one over the median squared distance of neighbours.
    solver : {"auto", "tree-cg", "red-black-cg", "tree", "red-black", "greedy-forest", "direct"}, default="auto"
        See :class:`GraphPropagationClassifier`.
    tol : float, default=1e-6
        Relative tolerance on the residual of the linear system, for centred targets.
    max_iter : int, default=10000
        Limit on sweeps.
    max_time : float, default=None
        Limit in seconds.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    transduction_ : ndarray of shape (n_samples,)
        Value of each node of the fit; nodes that no known one reaches have the mean of the known ones.
    affinity_matrix_, gamma_, n_iter_, solver_report_, n_features_in_, feature_names_in_
        As in :class:`GraphPropagationClassifier`.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described; the message names which.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    References
    ----------
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from pauca.graph import GraphPropagationRegressor
    >>> chain = sparse.diags_array([np.ones(4), np.ones(4)], offsets=[-1, 1])
    >>> y = [0.0, np.nan, np.nan, np.nan, 4.0]
    >>> GraphPropagationRegressor(affinity="precomputed").fit(chain, y).transduction_.round(6).tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike) -> Self:
        """Spread the values.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data, or affinity with ``affinity="precomputed"``.
        y : array-like of shape (n_samples,)
            Targets; NaN marks those unknown.

        Returns
        -------
        self : GraphPropagationRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.graph import GraphPropagationRegressor
        >>> X = np.linspace(0, 4, 5)[:, None]
        >>> model = GraphPropagationRegressor(n_neighbors=2).fit(X, [0.0, np.nan, np.nan, np.nan, 4.0])
        >>> float(model.transduction_[2].round(3)), bool((np.diff(model.transduction_) > 0).all())
        (2.0, True)
        """
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        X = self._check_X(X, reset=True)
        target = check_array(
            y, ensure_2d=False, dtype=np.float64, ensure_all_finite="allow-nan", input_name="y", estimator=self
        )
        target = column_or_1d(target, warn=True)
        if target.shape[0] != X.shape[0]:
            raise ValueError(f"y: got {target.shape[0]} targets, expected one for each of {X.shape[0]} samples")
        known = ~np.isnan(target)
        if not known.any():
            raise ValueError("y: every target is unknown (NaN), expected at least one number")
        mean = float(target[known].mean())
        F, _ = self._spread(X, known, (target[known] - mean)[:, None], np.zeros(1), y)
        self._prior = np.array([mean])
        values = F[:, 0] + mean
        values[known] = target[known]
        self.transduction_ = values
        return self

    def predict(self, X: Any) -> FloatArray:
        """Predict the value of points: the mean over their neighbours in the fit, weighted by affinity.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Points, or their affinity to those of the fit with ``affinity="precomputed"``.

        Returns
        -------
        ndarray of shape (n_samples,)
            Values. Those of the fit's own samples, with the given ones kept, are in ``transduction_``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.graph import GraphPropagationRegressor
        >>> chain = np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1)
        >>> model = GraphPropagationRegressor("precomputed").fit(chain, [0.0, np.nan, np.nan, np.nan, 4.0])
        >>> model.predict([[0.0, 1.0, 1.0, 0.0, 0.0]]).round(3)  # of a point beside the second and the third
        array([1.5])
        """
        check_is_fitted(self)
        return self._average(self._check_X(X, reset=False), self.transduction_[:, None])[:, 0]
