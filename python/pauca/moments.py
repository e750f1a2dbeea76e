"""Second moments of data that need not fit in memory, as a triangular factor that merges."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from . import _core
from ._sklearn_compat import check_array, column_names
from ._validation import FloatArray, check_names, check_vector

__all__ = ["Moments"]


class Moments:
    """Weighted second moments of (X, y), accumulated by blocks of rows and kept as a triangular factor.

    With A the matrix whose rows are ``sqrt(s_i) [1, x_i, y_i]``, the factor R is upper triangular with R'R = A'A. It is
    merged by QR, which loses no digits where accumulated cross-products lose half of them. Estimators with a
    ``fit_moments`` method fit from it, whatever the number of rows that went in.

    Attributes
    ----------
    factor_ : ndarray of shape (1 + n_features + n_targets, 1 + n_features + n_targets)
        Upper triangular factor with a non-negative diagonal; the first column belongs to the intercept.
    weight_sum_ : float
        Sum of the sample weights.
    n_samples_ : int
        Rows seen.
    n_features_, n_targets_ : int
        Columns of X and of y.
    feature_names_in_ : ndarray of shape (n_features_,)
        Names of the columns, if the first rows came in a data frame; later ones must have the same.

    References
    ----------
    Golub, G. and Van Loan, C. (2013). Matrix Computations, 4th ed., section 6.5 (updating QR factorizations).

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.moments import Moments
    >>> X = np.arange(12.0).reshape(6, 2) ** 1.5
    >>> whole = Moments().update(X)
    >>> parts = Moments().update(X[:2]).merge(Moments().update(X[2:]))
    >>> np.allclose(whole.factor_, parts.factor_)
    True
    >>> np.allclose(whole.covariance(), np.cov(X.T, bias=True))
    True
    """

    factor_: FloatArray
    weight_sum_: float
    n_samples_: int
    n_features_: int
    n_targets_: int
    feature_names_in_: npt.NDArray[np.object_]  # of a data frame

    def update(self, X: Any, y: npt.ArrayLike | None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Add rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; arrays of float64 or float32 in any order are read without a copy.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets, if the moments are for regression.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0, on one scale for all updates. None gives each row weight one.

        Returns
        -------
        self : Moments
            Itself.

        Examples
        --------
        >>> from pauca.moments import Moments
        >>> Moments().update([[1.0, 2.0], [3.0, 4.0]], y=[1.0, 0.0]).update([[5.0, 6.0]], y=[1.0])
        <Moments of 3 samples, 2 features, 1 target>
        """
        names = column_names(X)
        check_names("X", X, getattr(self, "feature_names_in_", None))
        X = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32], order=None)
        n, p = X.shape
        targets = np.zeros((n, 0))
        if y is not None:
            targets = np.ascontiguousarray(check_array(y, ensure_2d=False, dtype=np.float64))
            targets = targets.reshape(targets.shape[0], -1)
        if targets.shape[0] != n:
            raise ValueError(f"y: got {targets.shape[0]} rows, expected {n}")
        weights = np.ones(n) if sample_weight is None else check_vector("sample_weight", sample_weight, n)
        if (weights < 0.0).any():
            raise ValueError(f"sample_weight: got {weights.min()}, expected weights >= 0")
        known = hasattr(self, "factor_")
        if known and (p, targets.shape[1]) != (self.n_features_, self.n_targets_):
            raise ValueError(
                f"X, y: got {p} features and {targets.shape[1]} targets, expected {self.n_features_} and "
                f"{self.n_targets_} as in the first update"
            )
        size = 1 + p + targets.shape[1]
        factor = self.factor_ if known else np.zeros((size, size), order="F")
        for start in range(0, n, self._rows_at_once(X)):
            rows = slice(start, start + self._rows_at_once(X))
            block = X[rows].toarray() if sparse.issparse(X) else X[rows]
            factor = _core.moments_append(factor, block, targets[rows], weights[rows], None)
        self.factor_ = factor
        self.weight_sum_ = (self.weight_sum_ if known else 0.0) + float(weights.sum())
        self.n_samples_ = (self.n_samples_ if known else 0) + n
        self.n_features_, self.n_targets_ = p, targets.shape[1]
        if names is not None and not known:
            self.feature_names_in_ = np.array(names, dtype=object)
        return self

    @staticmethod
    def _rows_at_once(X: Any) -> int:
        """All rows of an array; of a sparse matrix as many as make about 32 MB when dense."""
        n, p = X.shape
        return max(1, 2**22 // p) if sparse.issparse(X) else max(1, int(n))

    def merge(self, other: Moments) -> Self:
        """Add the rows that another accumulator has seen.

        Parameters
        ----------
        other : Moments
            Moments of the same features and targets.

        Returns
        -------
        self : Moments
            Itself.

        Examples
        --------
        >>> from pauca.moments import Moments
        >>> here, there = Moments().update([[1.0, 2.0], [3.0, 4.0]]), Moments().update([[5.0, 9.0]])
        >>> here.merge(there).mean_.round(6)
        array([3., 5.])
        """
        if not hasattr(other, "factor_"):
            return self
        if not hasattr(self, "factor_"):
            self.__dict__.update(other.__dict__)
            return self
        if (other.n_features_, other.n_targets_) != (self.n_features_, self.n_targets_):
            raise ValueError(
                f"other: got {other.n_features_} features and {other.n_targets_} targets, expected "
                f"{self.n_features_} and {self.n_targets_}"
            )
        names, others = (getattr(m, "feature_names_in_", None) for m in (self, other))
        if names is not None and others is not None and list(names) != list(others):
            raise ValueError("other: the names of its features, or their order, are not those of before")
        self.factor_ = _core.moments_merge(self.factor_, other.factor_)
        self.weight_sum_ += other.weight_sum_
        self.n_samples_ += other.n_samples_
        return self

    @classmethod
    def from_dask(cls, X: Any, y: Any = None, sample_weight: Any = None) -> Moments:
        """Moments of a dask array, block by block where the blocks are: X is never collected.

        Parameters
        ----------
        X : dask.array.Array of shape (n_samples, n_features)
            Rows, in chunks of known size; each chunk of rows, with all its columns, must fit a worker's memory.
        y : dask.array.Array or array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets.
        sample_weight : dask.array.Array or array-like of shape (n_samples,), default=None
            Weights >= 0.

        Returns
        -------
        Moments
            The merged moments, the same whatever the number of workers.

        Examples
        --------
        >>> import dask.array as da
        >>> from pauca.moments import Moments
        >>> Moments.from_dask(da.arange(12, chunks=12).reshape(6, 2).rechunk((3, 2))).mean_.round(6)
        array([5., 6.])
        """
        from ._dask import moments_of

        return moments_of(X, y, sample_weight)

    @property
    def mean_(self) -> FloatArray:
        """Weighted means of features, then targets.

        Examples
        --------
        >>> from pauca.moments import Moments
        >>> Moments().update([[1.0, 2.0], [3.0, 4.0]], sample_weight=[3.0, 1.0]).mean_.round(6)
        array([1.5, 2.5])
        """
        return np.asarray(self.factor_[0, 1:] / self.factor_[0, 0])

    def centered_factor(self) -> FloatArray:
        """Factor of the centred features and targets; divided by ``sqrt(weight_sum_)`` it is that of the covariance.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.moments import Moments
        >>> X = np.random.default_rng(0).normal(size=(20, 3))
        >>> R = Moments().update(X).centered_factor()
        >>> R.shape, bool(np.allclose(R.T @ R, 20 * np.cov(X.T, bias=True)))
        ((3, 3), True)
        """
        return np.asfortranarray(self.factor_[1:, 1:])

    def covariance(self) -> FloatArray:
        """Weighted covariance of features, then targets (divided by the sum of weights).

        Examples
        --------
        >>> from pauca.moments import Moments
        >>> Moments().update([[0.0, 1.0], [2.0, 5.0]]).covariance().round(6)
        array([[1., 2.],
               [2., 4.]])
        """
        factor = self.centered_factor()
        return np.asarray(factor.T @ factor / self.weight_sum_)

    def __repr__(self) -> str:
        if not hasattr(self, "factor_"):
            return "Moments()"
        targets = f"{self.n_targets_} target" + "s" * (self.n_targets_ != 1)
        return f"<Moments of {self.n_samples_} samples, {self.n_features_} features, {targets}>"


def check_moments(moments: Any, n_targets: int | None = None) -> None:
    """Moments with finite rows of one or more targets, or of this many; otherwise a ValueError."""
    good = isinstance(moments, Moments) and hasattr(moments, "factor_")
    if not good or (moments.n_targets_ < 1 if n_targets is None else moments.n_targets_ != n_targets):
        wanted = "targets" if n_targets is None else "one target"
        raise ValueError(f"moments: got {moments!r}, expected Moments of features and {wanted}")
    if not np.isfinite(moments.factor_).all():
        raise ValueError("moments: the factor contains NaN or infinity")


def is_constant(mean: Any, variance: Any) -> Any:
    """Whether columns vary by rounding errors only."""
    return np.sqrt(np.maximum(variance, 0.0)) <= 64.0 * np.finfo(np.float64).eps * np.abs(mean)


class Rows(NamedTuple):
    """As many rows as columns, of which every quadratic loss is that of the samples."""

    X: FloatArray
    y: FloatArray  # with a column for every target
    weights: FloatArray
    means: FloatArray  # of the columns of X, then of y; zero without an intercept
    variance: FloatArray  # of the columns of X; of constant ones, without an intercept, their square


def rows_of_factor(factor: FloatArray, p: int, weight_sum: float, fit_intercept: bool) -> Rows:
    """Rows of the factor of (1, X, y), X having p columns: as good as samples, and centred with an intercept."""
    mean = factor[0, 1:] / factor[0, 0]
    variance = np.sum(np.square(factor[1:, 1 : p + 1]), axis=0) / weight_sum
    constant = is_constant(mean[:p], variance)
    variance[constant] = 0.0 if fit_intercept else np.square(mean[:p][constant])  # see column_scale
    rows = factor[1 if fit_intercept else 0 :].copy()  # the first row is the mean's
    rows[-len(factor) + 1 :, 1 : p + 1][:, constant] = 0.0
    left, right = np.asfortranarray(rows[:, 1 : p + 1]), np.ascontiguousarray(rows[:, p + 1 :])
    return Rows(left, right, np.full(len(rows), 1.0 / weight_sum), mean if fit_intercept else 0.0 * mean, variance)


def take_names(estimator: Any, moments: Moments) -> None:
    """Names and number of the features of an estimator fitted from moments."""
    estimator.n_features_in_ = moments.n_features_
    estimator.__dict__.pop("feature_names_in_", None)
    if hasattr(moments, "feature_names_in_"):
        estimator.feature_names_in_ = moments.feature_names_in_
