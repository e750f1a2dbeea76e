"""From points to posteriors of domains and classes, once the vertices are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from .. import _core
from .._rows import missing_labels
from .._validation import FloatArray
from ..decomposition._counts import CountTable, mixture_weights
from ._correct import reweighted
from ._discriminate import aligned_proba
from ._steps import ShiftSteps, probabilities

Codes = npt.NDArray[np.intp]


class ShiftPosteriors(ShiftSteps):
    """Base of LatentLabelShift: what its fitted attributes say about points."""

    adjust: str
    domains_: npt.NDArray[Any]
    domain_share_: FloatArray
    class_share_: FloatArray
    class_prior_: FloatArray
    domain_given_class_: FloatArray
    cluster_given_class_: FloatArray
    counts_: FloatArray
    discriminator_: Any
    calibration_: Any
    _cells: Any
    _feature_centers: Any

    def _validate(self, X: Any, reset: bool) -> Any:
        raise NotImplementedError

    def _cell_posteriors(self, cells: Codes) -> FloatArray:
        """p(domain | cell) from the counts; the domains' shares for an unknown cell."""
        table = self.counts_ / self.counts_.sum(axis=1, keepdims=True)
        return np.where((cells >= 0)[:, None], table[np.maximum(cells, 0)], self.domain_share_)

    def _domain_posteriors(self, X: Any) -> tuple[FloatArray, Codes | None]:
        d = len(self.domains_)
        if self.discretizer == "categorical":
            cells = self._cells.assign(X, None)
            return self._cell_posteriors(cells), cells
        f = probabilities(X, d) if self.discriminator_ is None else aligned_proba(self.discriminator_, X, d)
        return (f if self.calibration_ is None else self.calibration_(f)), None

    def _class_posteriors(self, f: FloatArray, cells: Codes | None) -> FloatArray:
        """h: p(class | x) under the pooled prior, the weights of the vertices that give f."""
        V = self.domain_given_class_
        if self.discretizer == "categorical" and cells is not None:  # Bayes' rule in the cell itself
            joint = self.cluster_given_class_[np.maximum(cells, 0)] * self.class_share_
            return reweighted(joint, (cells >= 0).astype(float)[:, None], self.class_share_)
        if self.adjust == "kl":
            return mixture_weights(CountTable.from_matrix(f), np.ascontiguousarray(V.T), tol=1e-6)
        gram, b = np.asfortranarray(V.T @ V), np.asfortranarray((f @ V).T)
        return np.ascontiguousarray(_core.simplex_least_squares(gram, b).T)

    def _in_domain(self, h: FloatArray, codes: Codes) -> FloatArray:
        """p_d(y | x) = h_y V[d, y] / sum_y' h_y' V[d, y']."""
        return reweighted(h, self.domain_given_class_[codes], self.class_prior_.T[codes])

    def _codes(self, domain: Any, n: int) -> Codes:
        values = np.asarray(domain)
        if values.ndim == 0:
            values = np.full(n, values)
        if values.shape != (n,):
            raise ValueError(f"domain: got shape {values.shape}, expected ({n},), one domain a point")
        if missing_labels(values).any():
            raise ValueError("domain: contains NaN or None, expected a domain for every point")
        try:
            codes = np.minimum(np.searchsorted(self.domains_, values), len(self.domains_) - 1)
        except TypeError:
            known = sorted({type(d).__name__ for d in self.domains_.tolist()})
            raise ValueError(f"domain: got labels of other types than those seen in fit, {known}") from None
        unknown = self.domains_[codes] != values
        if unknown.any():
            raise ValueError(
                f"domain: {values[unknown].tolist()[0]!r} was not seen in fit; estimate its prior with adapt(X) and "
                "pass it as prior= in place of the domain"
            )
        return np.asarray(codes)

    def _pooled(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        if self._cells is None:
            half = 0.5 * (self._feature_centers**2).sum(axis=1)
            return np.asarray(np.eye(len(half))[np.argmax(X @ self._feature_centers.T - half, axis=1)])
        return self._class_posteriors(*self._domain_posteriors(X))

    def predict_proba(
        self, X: Any, domain: npt.ArrayLike | None = None, prior: npt.ArrayLike | None = None
    ) -> FloatArray:
        """Posterior of each latent class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        domain : array-like of shape (n_samples,) or one domain, default=None
            Domain of each point, seen in ``fit``. None gives the posterior under the pooled prior.
        prior : array-like of shape (n_classes,), default=None
            Class prior of the data instead of a domain, for example from ``adapt``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            p(class | x, domain).

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.predict_proba([[1]], domain="a").round(2), model.predict_proba([[1]], prior=[0.3, 0.7]).round(2)
        (array([[0.8, 0.2]]), array([[0.3, 0.7]]))
        """
        h = self._pooled(X)
        if domain is not None and prior is not None:
            raise ValueError("prior: give either a domain or a prior, not both")
        if prior is not None:
            r = np.asarray(prior, dtype=np.float64)
            if r.shape != self.class_share_.shape or (r < 0.0).any() or not np.isclose(r.sum(), 1.0):
                raise ValueError(f"prior: expected {len(self.class_share_)} probabilities that sum to one")
            weights = np.divide(r, self.class_share_, out=np.zeros_like(r), where=self.class_share_ > 0.0)
            return reweighted(h, weights, r)
        return h if domain is None else self._in_domain(h, self._codes(domain, len(h)))
