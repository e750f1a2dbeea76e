"""Questions to a fitted mixed model."""

from __future__ import annotations

from copy import copy
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from .._rows import positions_of, split_column
from .._sklearn_compat import validate_data
from .._validation import FloatArray
from ._inference import add_clusters, coefficient_table, half_widths


class MixedModelQueries:
    """Base class: not for users."""

    cluster_column: Any
    clusters_: npt.NDArray[Any]
    coef_: FloatArray
    random_effects_: FloatArray
    _fixed: tuple[npt.NDArray[np.intp], FloatArray]
    predict: Any
    _new_rows: Any

    def predict_interval(self, X: Any, cluster: npt.ArrayLike | None = None, level: float = 0.95) -> FloatArray:
        """Intervals for the target in new rows.

        A row of a cluster seen in ``fit`` is, given the cluster's other rows, Student with :math:`m + n_i` degrees of
        freedom around ``predict(X, cluster)``; a row of another cluster, or without a label, has the random effects'
        spread as well and m degrees of freedom. The uncertainty of the fixed effects is added as if normal; that of
        the variances and of m is left out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the cluster column if ``cluster_column`` names one.
        cluster : array-like of shape (n_samples,), default=None
            Cluster labels, as in ``predict``.
        level : float, default=0.95
            Probability that an interval holds the target of its row.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Lower and upper ends, in the units of y.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, y = rng.normal(size=(60, 1)), 3 * rng.normal(size=20)[cluster] + rng.normal(size=60)
        >>> model = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster)
        >>> known, new = model.predict_interval(X, cluster), model.predict_interval(X)
        >>> known.shape, bool((np.diff(known) < np.diff(new)).all())  # narrower for clusters seen in fit
        ((60, 2), True)
        """
        center = self.predict(X, cluster)
        if hasattr(self, "dual_coef_"):
            raise ValueError("predict_interval: there is none for a model fitted with a known correlation")
        X, cluster = self._new_rows(X, cluster)
        row = (
            np.full(X.shape[0], -1) if cluster is None else positions_of(cluster, self.clusters_, X.shape[0], "cluster")
        )
        half = half_widths(self, X, row, level)
        return np.column_stack([center - half, center + half])

    def with_clusters(self, X: Any, y: npt.ArrayLike, cluster: npt.ArrayLike | None = None) -> Self:
        """A copy that knows further clusters by rows of theirs: a new patient after the first visits.

        The parameters stay; ``predict`` and ``predict_interval`` of the copy use the new clusters' random effects, and
        its ``cluster_distances_`` and ``cluster_weights_`` tell how unusual they are.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, with the cluster column if ``cluster_column`` names one.
        y : array-like of shape (n_samples,)
            Target.
        cluster : array-like of shape (n_samples,), default=None
            Labels, none of which was in ``fit``; needed unless there is a cluster column.

        Returns
        -------
        StudentMixedRegressor
            The copy.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, y = rng.normal(size=(60, 1)), 3 * rng.normal(size=20)[cluster] + rng.normal(size=60)
        >>> model = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster)
        >>> wider = model.with_clusters(X[:2], [8.0, 9.0], cluster=[20, 20])
        >>> bool((wider.predict(X, np.full(60, 20)) > model.predict(X) + 4).all())
        True
        """
        check_is_fitted(self)
        X, column = split_column(X, self.cluster_column, "cluster_column")
        cluster = column if cluster is None else cluster
        if cluster is None or not self.random_effects_.size:
            raise ValueError("cluster: expected labels, and a model with random effects")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, reset=False)
        other = copy(self)
        add_clusters(other, X, np.asarray(y, dtype=np.float64), cluster)
        return other

    def summary(self, level: float = 0.95) -> Any:
        """Table of the fixed effects, one row a term, the intercept first.

        Parameters
        ----------
        level : float, default=0.95
            Coverage of the confidence intervals.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, standard_error, z, p_value (two-sided, normal approximation), lower, upper. NaN where
            there is no standard error: penalised coefficients. Needs pandas.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, y = rng.normal(size=(60, 2)), 3 * rng.normal(size=20)[cluster] + rng.normal(size=60)
        >>> StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster).summary().index.tolist()
        ['intercept', 'x0', 'x1']
        """
        check_is_fitted(self)
        return coefficient_table(self, level)

    @property
    def fixed_effects_covariance_(self) -> FloatArray:
        """Covariance of (coefficients, intercept), of shape (n_features + 1, n_features + 1).

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.mixed_model import StudentMixedRegressor
        >>> rng, cluster = np.random.default_rng(0), np.repeat(np.arange(20), 3)
        >>> X, y = rng.normal(size=(60, 2)), 3 * rng.normal(size=20)[cluster] + rng.normal(size=60)
        >>> V = StudentMixedRegressor(degrees_of_freedom=4).fit(X, y, cluster).fixed_effects_covariance_
        >>> V.shape, bool(np.allclose(V, V.T)), bool(V[2, 2] > V[0, 0])  # the intercept is the least certain
        ((3, 3), True, True)
        """
        columns, covariance = self._fixed
        full = np.full((self.coef_.size + 1,) * 2, np.nan)
        full[np.ix_(columns, columns)] = covariance
        return full
