"""What a fitted LatentLabelShift answers beyond the domains it was fitted to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .. import _core
from .._validation import FloatArray
from . import _tables
from ._correct import mlls
from ._posteriors import ShiftPosteriors


class ShiftQueries(ShiftPosteriors):
    """Priors of new domains, names and number of the classes, intervals."""

    class_names_: npt.NDArray[Any] | None

    def adapt(self, X: Any, method: str = "mlls") -> FloatArray:
        """Class prior of a new domain from its unlabelled points.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data of one new domain.
        method : {"mlls", "histogram"}, default="mlls"
            Maximum likelihood from the class posteriors, or least squares of the cluster shares.

        Returns
        -------
        ndarray of shape (n_classes,)
            Prior to pass to ``predict_proba``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.adapt([[0], [1], [1], [0]]).round(2)  # no sign of the second class
        array([1., 0.])
        """
        if method == "mlls":
            return mlls(self._pooled(X), self.class_share_)
        if method != "histogram":
            raise ValueError(f"method: got {method!r}, expected 'mlls' or 'histogram'")
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        if self._cells is None:
            return np.asarray(self._pooled(X).mean(axis=0))
        f = None if self.discretizer == "categorical" else self._domain_posteriors(X)[0]
        cells = self._cells.assign(X, f)
        A = self.cluster_given_class_
        share = np.bincount(cells[cells >= 0], minlength=len(A)) / max(int((cells >= 0).sum()), 1)
        return np.asarray(
            _core.simplex_least_squares(np.asfortranarray(A.T @ A), np.asfortranarray((A.T @ share)[:, None]))
        )[:, 0]

    def name_classes(self, X: Any, y: npt.ArrayLike, domain: npt.ArrayLike | None = None) -> Self:
        """Name the latent classes from a few labelled points.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data; a handful of points a class are enough.
        y : array-like of shape (n_samples,)
            Their classes.
        domain : array-like of shape (n_samples,) or one domain, default=None
            Their domains, see ``predict_proba``.

        Returns
        -------
        self : LatentLabelShift
            With ``class_names_`` set to the assignment of labels that agrees best; ``predict`` returns names.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.name_classes([[0], [2]], ["well", "ill"]).predict([[2], [2], [0]]).tolist()
        ['ill', 'ill', 'well']
        """
        self.class_names_ = _tables.names(self.predict_proba(X, domain), np.asarray(y))
        return self

    def bootstrap(self, n_resamples: int = 200, level: float = 0.95, random_state: Any = 0) -> dict[str, Any]:
        """Bootstrap intervals of the class priors, the clusters held fixed.

        Parameters
        ----------
        n_resamples : int, default=200
            Multinomial resamples of the counts of each domain, factorised anew.
        level : float, default=0.95
            Coverage aimed at.
        random_state : int, RandomState instance or None, default=0
            Seed.

        Returns
        -------
        dict of arrays
            Columns ``domain``, ``class``, ``prior``, ``low``, ``high``, one row a pair: ``pandas.DataFrame`` takes it.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> table = model.bootstrap(n_resamples=20)
        >>> table["domain"].tolist(), bool((table["low"] <= table["prior"]).all())
        (['a', 'a', 'b', 'b'], True)
        """
        check_is_fitted(self)
        return _tables.prior_intervals(self, int(n_resamples), float(level), check_random_state(random_state))

    def select_n_classes(
        self, candidates: Iterable[int] | None = None, n_splits: int = 10, random_state: Any = 0
    ) -> dict[str, Any]:
        """Compare numbers of classes by count splitting.

        Counts are thinned binomially: factors are fitted to 80 % and scored on the other 20 %, which are independent
        under the model. Fit with ``n_clusters`` well above the largest candidate.

        Parameters
        ----------
        candidates : iterable of int, default=None
            Numbers of classes, at most the numbers of clusters and domains; None is all of them from 1.
        n_splits : int, default=10
            Number of thinnings.
        random_state : int, RandomState instance or None, default=0
            Seed.

        Returns
        -------
        dict
            ``n_classes`` and ``score`` (held-out log-likelihood a count), ``standard_error`` of the difference to the
            best, and ``best``: the smallest number within one standard error of the best.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.select_n_classes([1, 2], n_splits=5)["best"]
        2
        """
        check_is_fitted(self)
        return _tables.compare_numbers(self, candidates, int(n_splits), check_random_state(random_state))
