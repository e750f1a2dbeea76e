"""Complex features as real ones."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._sklearn_compat import validate_data
from ..bayes._base import ComplexLinearModel
from ..bayes._operator import Array


class ComplexToReal(TransformerMixin, BaseEstimator):
    """Stack real and imaginary parts as columns, so that complex data can reach any scikit-learn estimator.

    A complex matrix of shape (n_samples, n_features) becomes a real one of shape (n_samples, 2 * n_features), the real
    parts first. Real input gets zero imaginary parts.

    Attributes
    ----------
    n_features_in_ : int
        Number of complex features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.channel import ComplexToReal
    >>> ComplexToReal().fit_transform(np.array([[1 + 2j, 3 - 1j]]))
    array([[ 1.,  3.,  2., -1.]])
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the number of features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Complex or real data.
        y : None
            Ignored.

        Returns
        -------
        self : ComplexToReal

        Examples
        --------
        >>> from pauca.channel import ComplexToReal
        >>> ComplexToReal().fit([[1 + 2j, 3 - 1j]]).n_features_in_
        2
        """
        self._checked(X, True)
        return self

    def transform(self, X: Any) -> Array:
        """Stack real and imaginary parts.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Complex or real data.

        Returns
        -------
        ndarray of shape (n_samples, 2 * n_features)

        Examples
        --------
        >>> from pauca.channel import ComplexToReal
        >>> ComplexToReal().fit([[1 + 2j, 3 - 1j]]).transform([[5j, 1.0], [0.0, 2 - 1j]])
        array([[ 0.,  1.,  5.,  0.],
               [ 0.,  2.,  0., -1.]])
        """
        check_is_fitted(self)
        checked = self._checked(X, False)
        return np.hstack([checked.real, checked.imag])

    def inverse_transform(self, X: Any) -> Array:
        """Complex data of shape (n_samples, n_features) from stacked real ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, 2 * n_features)
            What ``transform`` gives.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Complex data.

        Examples
        --------
        >>> from pauca.channel import ComplexToReal
        >>> ComplexToReal().fit([[1 + 2j, 3 - 1j]]).inverse_transform([[1.0, 3.0, 2.0, -1.0]])
        array([[1.+2.j, 3.-1.j]])
        """
        check_is_fitted(self)
        X = np.asarray(X)
        n = self.n_features_in_
        if X.ndim != 2 or X.shape[1] != 2 * n:
            raise ValueError(f"X: got shape {X.shape}, expected (n_samples, {2 * n})")
        return np.asarray(X[:, :n] + 1j * X[:, n:])

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Names ``re(name)`` and ``im(name)``.

        Parameters
        ----------
        input_features : sequence of str, default=None
            Names of the complex features; those of ``fit``, or ``x0, x1, ...``, if None.

        Returns
        -------
        ndarray of str of shape (2 * n_features,)
            Names.

        Examples
        --------
        >>> from pauca.channel import ComplexToReal
        >>> ComplexToReal().fit([[1 + 2j, 3 - 1j]]).get_feature_names_out().tolist()
        ['re(x0)', 're(x1)', 'im(x0)', 'im(x1)']
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None) if input_features is None else input_features
        if names is None:
            names = [f"x{j}" for j in range(self.n_features_in_)]
        return np.array([f"re({n})" for n in names] + [f"im({n})" for n in names], dtype=object)

    def _checked(self, X: Any, reset: bool) -> Array:
        if np.asarray(X).dtype.kind != "c":
            return np.asarray(validate_data(self, X, dtype=[np.float64, np.float32], reset=reset))
        checked = ComplexLinearModel._complex_matrix(X)
        validate_data(self, X, reset=reset, skip_check_array=True)
        return checked

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
