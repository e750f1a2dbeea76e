"""Matrices that estimators read where they are: genotypes of one byte an entry, in memory or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from . import _core
from ._mapped_file import reference, reopen
from ._sklearn_compat import aligned
from ._warnings import warn_user

__all__ = ["GenotypeMatrix"]

_BLOCK_BYTES = 32 * 2**20


class GenotypeMatrix:
    """A matrix of int8 codes with missing entries, which the solvers read without ever making numbers of it.

    Entry (i, j) is the code, or the mean of what is observed in column j where the code says "missing". Conversion,
    imputation, centring and scaling happen inside the products with columns: a fit needs the codes (in memory or in a
    memory-mapped file), a few vectors of n_samples and of n_features, and matrices of the size of the working set.

    Linear estimators take it as X: :class:`~pauca.linear_model.SparseRegressor`,
    :class:`~pauca.linear_model.SparseClassifier`, :class:`~pauca.linear_model.MultiTaskSparseRegressor`, their
    cross-validated forms, :func:`~pauca.linear_model.path`, :class:`~pauca.inference.StabilitySelection` and
    :func:`~pauca.inference.bootstrap_coefficients`; so does
    :class:`~pauca.screening.MutualInformationScreener`, to which missing entries are missing.
    An int8 array that is given to an estimator as it is has no missing code and is converted to float64 as any array.

    Parameters
    ----------
    codes : ndarray or memmap of int8, shape (n_samples, n_features)
        Allele counts 0, 1, 2 or other small numbers. Column-major (F-ordered) arrays, read-only ones and memory maps
        among them, are used without a copy; others are copied once, as int8.
    missing : int, default=-1
        The code of a missing entry (PLINK's readers use -127 or 3); None if there is none.
    means : array-like of shape (n_features,), default=None
        What stands for missing entries. None is the mean of the observed entries of each column, over all rows and
        without weights, and 0 for a column without any. New data take those of the data that were fitted,
        ``means=X.means``.
    feature_names : sequence of str, default=None
        Names of the columns, for penalties by name and ``feature_names_in_``.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_features).
    means : ndarray of shape (n_features,)
        What stands for missing entries; the codes are read once for it.
    n_missing : ndarray of shape (n_features,)
        Missing entries of each column, over the rows of the matrix it was cut from.
    codes : ndarray
        The codes, not yet cut by rows.
    feature_names : list of str or None
        Names of the columns.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.
    TypeError
        If a function that does not know the class tries to convert it: ``toarray()`` does so on request.

    Notes
    -----
    ``X[rows]`` is a view with a list of rows, in any order and with repetitions, whatever their number: folds and
    resamples copy nothing. It keeps the means of the whole matrix, as if missing entries had been replaced beforehand;
    ``X[:, slice]`` is a view, too, and other choices of columns copy those. A view of a read-only memory map is pickled
    as the name of its file: processes on other machines open the file themselves.

    References
    ----------
    Prive, F., Aschard, H., Ziyatdinov, A. and Blum, M. (2018). Efficient analysis of large-scale genome-wide data with
    two R packages: bigstatsr and bigsnpr. Bioinformatics 34, 2781-2787.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.design import GenotypeMatrix
    >>> from pauca.linear_model import SparseRegressor
    >>> rng = np.random.default_rng(0)
    >>> codes = np.asfortranarray(rng.binomial(2, 0.3, (200, 500)).astype(np.int8))
    >>> y = codes[:, 7] - 0.8 * codes[:, 30] + rng.standard_normal(200)
    >>> codes[rng.random(codes.shape) < 0.05] = -1
    >>> X = GenotypeMatrix(codes)
    >>> model = SparseRegressor(alpha="0.4max").fit(X, y)
    >>> np.flatnonzero(model.coef_).tolist(), X.nbytes == codes.size
    ([7, 30], True)
    """

    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(
        self,
        codes: npt.NDArray[np.int8],
        missing: int | None = -1,
        means: npt.ArrayLike | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        if not isinstance(codes, np.ndarray) or codes.dtype != np.int8 or codes.ndim != 2:
            found = f"{type(codes).__name__} of {getattr(codes, 'dtype', 'no dtype')}, {np.ndim(codes)} dimensions"
            raise ValueError(f"codes: got {found}, expected a two-dimensional numpy array of int8")
        if 0 in codes.shape:
            raise ValueError(f"codes: got shape {codes.shape}, expected at least one row and one column")
        if missing is not None and (
            isinstance(missing, bool) or not isinstance(missing, Integral) or not -128 <= missing <= 127
        ):
            raise ValueError(f"missing: got {missing!r}, expected a number of int8 or None")
        readable = codes.strides[0] == 1 and (codes.shape[1] == 1 or codes.strides[1] >= codes.shape[0])
        self.codes = codes if readable or (codes.shape[0] == 1 and codes.strides[1] > 0) else np.asfortranarray(codes)
        self.missing = None if missing is None else int(missing)
        self._rows: npt.NDArray[np.intp] | None = None
        self._n_missing: npt.NDArray[np.int64] | None = None
        self._means: npt.NDArray[np.float64] | None = None
        if means is not None:
            given = np.ascontiguousarray(means, dtype=np.float64)
            if given.shape != (codes.shape[1],) or not np.isfinite(given).all():
                raise ValueError(f"means: got shape {given.shape}, expected {codes.shape[1]} finite numbers")
            self._means = given
        if feature_names is not None and len(feature_names) != codes.shape[1]:
            raise ValueError(f"feature_names: got {len(feature_names)} names, expected {codes.shape[1]}")
        self.feature_names = None if feature_names is None else [str(name) for name in feature_names]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.design import GenotypeMatrix
        >>> GenotypeMatrix(np.zeros((4, 3), dtype=np.int8, order="F"))[:2].shape
        (2, 3)
        """
        return (self.codes.shape[0] if self._rows is None else self._rows.size, self.codes.shape[1])

    @property
    def nbytes(self) -> int:
        """Bytes of the codes, which are all that grows with rows times columns.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.design import GenotypeMatrix
        >>> X = GenotypeMatrix(np.zeros((4, 3), dtype=np.int8, order="F"))
        >>> X.nbytes, X.toarray().nbytes
        (12, 96)
        """
        return int(self.codes.shape[0]) * int(self.codes.shape[1])

    @property
    def means(self) -> npt.NDArray[np.float64]:
        """What stands for missing entries, one number a column.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.design import GenotypeMatrix
        >>> GenotypeMatrix(np.array([[0, 1], [-1, 1], [1, 2], [2, -1]], dtype=np.int8, order="F")).means.round(3)
        array([1.   , 1.333])
        """
        self._count()
        assert self._means is not None
        return self._means

    @property
    def n_missing(self) -> npt.NDArray[np.int64]:
        """Missing entries of each column, over the rows of the matrix it was cut from.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.design import GenotypeMatrix
        >>> GenotypeMatrix(np.array([[0, 1], [-1, 1], [-1, 2], [2, -1]], dtype=np.int8, order="F")).n_missing
        array([2, 1])
        """
        self._count()
        assert self._n_missing is not None
        return self._n_missing

    def _count(self) -> None:
        if self._n_missing is None:
            means, self._n_missing = _core.genotype_means(self.codes, self._missing_code())
            if self._means is None:
                self._means = means
            self._warn_of_negative_codes()

    def _warn_of_negative_codes(self) -> None:
        """Another code for "missing" would count as a number; the first columns are looked at."""
        some = self.codes[:, : max(1, 2**16 // self.codes.shape[0])]
        odd = np.unique(some[(some < 0) & (some != self._missing_code())])
        if odd.size:
            warn_user(
                f"GenotypeMatrix: the codes have {odd[0]}, which counts as a number; if it stands for missing entries, "
                f"say missing={odd[0]}",
            )

    def _missing_code(self) -> int:
        return 1000 if self.missing is None else self.missing  # no int8 is 1000

    def _design(self) -> Any:
        """The core's view of it."""
        return _core.genotype_design(self.codes, self._missing_code(), self.means, self.n_missing, self._rows)

    def _with(self, codes: npt.NDArray[np.int8], rows: Any, columns: Any = None) -> GenotypeMatrix:
        cut = object.__new__(GenotypeMatrix)
        cut.__dict__.update(self.__dict__)
        cut.codes, cut._rows = codes, rows
        if columns is not None:
            cut._means = None if self._means is None else self._means[columns]
            cut._n_missing = None if self._n_missing is None else self._n_missing[columns]
            names = self.feature_names
            cut.feature_names = None if names is None else np.asarray(names, dtype=object)[columns].tolist()
        return cut

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> GenotypeMatrix:
        """Rows and columns by slices, positions or masks; always a matrix."""
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if columns is Ellipsis:
            columns = slice(None)
        if not isinstance(columns, slice) or columns != slice(None):
            if not isinstance(columns, slice) or (columns.step or 1) != 1:
                columns = _positions(columns, self.shape[1])
            part = self._with(self.codes[:, columns], self._rows, columns)
            if part.codes.strides[0] != 1 and len(part.codes) > 1:
                part.codes = np.asfortranarray(part.codes)
            return part if isinstance(rows, slice) and rows == slice(None) else part[rows]
        if isinstance(rows, slice) and rows == slice(None):
            return self
        self._count()  # once, for all that is cut from it
        if self._rows is None and isinstance(rows, slice) and (rows.step or 1) == 1:
            return self._with(self.codes[rows], None)
        chosen = _positions(rows, self.shape[0])
        return self._with(self.codes, chosen if self._rows is None else np.ascontiguousarray(self._rows[chosen]))

    def toarray(self, impute: bool = True) -> npt.NDArray[np.float64]:
        """The matrix as float64, F-ordered: eight times the memory of the codes.

        Parameters
        ----------
        impute : bool, default=True
            Whether means stand for missing entries; otherwise NaN does.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The numbers.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.design import GenotypeMatrix
        >>> X = GenotypeMatrix(np.array([[0, 1], [-1, 1], [2, 2]], dtype=np.int8, order="F"))
        >>> X.toarray().tolist(), X.toarray(impute=False).tolist()
        ([[0.0, 1.0], [1.0, 1.0], [2.0, 2.0]], [[0.0, 1.0], [nan, 1.0], [2.0, 2.0]])
        """
        codes = self.codes if self._rows is None else self.codes[self._rows]
        out = np.asfortranarray(codes, dtype=np.float64)
        if self.missing is not None:
            for j in np.flatnonzero(self.n_missing):
                out[codes[:, j] == self.missing, j] = self.means[j] if impute else np.nan
        return out

    def __matmul__(self, other: Any) -> Any:
        """Product with coefficients, block of columns by block: those of zero coefficients are not read."""
        if sparse.issparse(other):
            right = other.tocsr()
            used = np.flatnonzero(np.diff(right.indptr))
        else:
            right = np.asarray(other)
            used = np.flatnonzero(right if right.ndim == 1 else right.any(axis=1))
        if right.shape[0] != self.shape[1]:
            raise ValueError(f"product: got {right.shape[0]} rows, expected {self.shape[1]}")
        out = np.zeros((self.shape[0], *right.shape[1:]))
        width = max(1, _BLOCK_BYTES // (8 * max(1, self.shape[0])))
        for first in range(0, used.size, width):
            columns = used[first : first + width]
            some = right[columns]
            out += self[:, columns].toarray() @ (some.toarray() if sparse.issparse(some) else some)
        return out

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            "GenotypeMatrix: it is taken by the linear estimators and the screener and not converted silently; "
            "toarray() makes an array of it, with eight times the memory"
        )

    def __sizeof__(self) -> int:
        """What has to be sent to another process."""
        return 1000 if reference(self.codes) else object.__sizeof__(self) + self.nbytes

    def __getstate__(self) -> dict[str, Any]:
        self._count()
        state = dict(self.__dict__)
        file = reference(self.codes)
        if file is not None:
            state["codes"] = file
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Vectors from another process may begin at any byte.
        self.__dict__.update((k, aligned(v) if isinstance(v, np.ndarray) else v) for k, v in state.items())
        if isinstance(self.codes, dict):
            self.codes = reopen(**self.codes)

    def __repr__(self) -> str:
        where = "in a file" if reference(self.codes) else "in memory"
        return f"<GenotypeMatrix of {self.shape[0]} samples, {self.shape[1]} features, {where}>"


def _positions(key: Any, size: int) -> npt.NDArray[np.intp]:
    """Positions >= 0 from a slice, a mask, positions or one position."""
    if isinstance(key, slice):
        return np.arange(size)[key]
    index = np.atleast_1d(np.asarray(key))
    if index.dtype == bool:
        if index.size != size:
            raise IndexError(f"GenotypeMatrix: got a mask of {index.size}, expected {size}")
        return np.flatnonzero(index)
    if index.size == 0:
        return np.zeros(0, dtype=np.intp)
    if index.ndim != 1 or index.dtype.kind not in "iu":
        raise IndexError("GenotypeMatrix: expected slices, masks or positions")
    if index.min() < -size or index.max() >= size:
        raise IndexError(f"GenotypeMatrix: positions {index.min()}..{index.max()}, expected numbers below {size}")
    return np.ascontiguousarray(np.where(index < 0, index + size, index), dtype=np.intp)
