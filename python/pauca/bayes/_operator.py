"""The Kronecker product of matrices as a linear operator."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import LinearOperator

from .. import _core

Array = npt.NDArray[Any]


def as_inexact(name: str, value: Any) -> Array:
    """A float or complex array (single or double precision kept); anything else but numbers is a ValueError."""
    array = np.asarray(value)
    if array.dtype.kind in "biu" or array.dtype == np.float16:
        return array.astype(np.float64)
    if array.dtype.kind not in "fc" or array.dtype.itemsize > (16 if array.dtype.kind == "c" else 8):
        try:
            return array.astype(np.float64 if array.dtype.kind != "c" else np.complex128)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: got dtype {array.dtype}, expected numbers") from error
    return array


def as_double(array: Array) -> Array:
    """The same in float64 or complex128, C-contiguous."""
    return np.ascontiguousarray(array, dtype=np.complex128 if array.dtype.kind == "c" else np.float64)


def check_factors(factors: Any) -> tuple[Array, ...]:
    """Validate the factors of a Kronecker product: a non-empty sequence of finite matrices."""
    if isinstance(factors, KroneckerOperator):
        return factors.factors
    if isinstance(factors, np.ndarray) and factors.ndim == 2:
        raise ValueError("factors: got one matrix, expected a sequence of matrices, for example (H,)")
    try:
        checked = tuple(as_inexact(f"factors[{i}]", f) for i, f in enumerate(factors))
    except TypeError as error:
        raise ValueError(f"factors: got {type(factors).__name__}, expected a sequence of matrices") from error
    if not checked:
        raise ValueError("factors: got none, expected at least one matrix")
    for i, f in enumerate(checked):
        if f.ndim != 2 or 0 in f.shape:
            raise ValueError(f"factors[{i}]: got shape {f.shape}, expected a matrix with rows and columns")
        if not np.isfinite(f).all():
            raise ValueError(f"factors[{i}]: contains NaN or infinity, expected finite numbers")
    return checked


class KroneckerOperator(LinearOperator):
    """A Kronecker product of matrices, applied by mode products and never formed.

    For ``H = H_1 (x) H_2 (x) ... (x) H_I`` the index of the last factor is the fastest (C order): ``H @ X.ravel()``
    is ``X`` multiplied by each factor along its own mode. It is a :class:`scipy.sparse.linalg.LinearOperator`:
    ``@``, ``.H``, ``.T``, ``lsqr`` and the like work.

    Parameters
    ----------
    *factors : array-like of shape (m_i, n_i)
        Any number of real or complex matrices.

    Attributes
    ----------
    factors : tuple of ndarray
        The matrices.
    shape : tuple of int
        ``(prod m_i, prod n_i)``.
    modes_out, modes_in : tuple of int
        ``(m_1, ..., m_I)`` and ``(n_1, ..., n_I)``.
    dtype : dtype
        Common type of the factors.

    Raises
    ------
    ValueError
        If a factor is no finite matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import KroneckerOperator
    >>> A, B = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> H = KroneckerOperator(A, B)
    >>> H.shape
    (3, 4)
    >>> bool(np.allclose(H @ np.arange(4.0), np.kron(A, B) @ np.arange(4.0)))
    True
    """

    def __init__(self, *factors: npt.ArrayLike) -> None:
        self.factors: tuple[Array, ...] = check_factors(factors)
        self.modes_out = tuple(f.shape[0] for f in self.factors)
        self.modes_in = tuple(f.shape[1] for f in self.factors)
        super().__init__(np.result_type(*self.factors), (math.prod(self.modes_out), math.prod(self.modes_in)))

    def __getitem__(self, key: Any) -> NoReturn:
        raise TypeError(
            "rows or columns of a KroneckerOperator are no Kronecker product: slice the factors, or to_dense()"
        )

    def __repr__(self) -> str:
        sizes = " (x) ".join(f"{m}x{n}" for m, n in zip(self.modes_out, self.modes_in, strict=True))
        return f"KroneckerOperator({sizes}, dtype={self.dtype})"

    def _matvec(self, x: Array) -> Array:
        return self._matmat(x.reshape(-1, 1)).reshape(-1)

    def _rmatvec(self, x: Array) -> Array:
        return self._rmatmat(x.reshape(-1, 1)).reshape(-1)

    def _matmat(self, X: Array) -> Array:
        X = as_inexact("X", X)
        out = _core.kron_multiply(self.factors, as_double(X), False).reshape(X.shape[1], self.shape[0]).T
        return np.asarray(out.astype(np.result_type(self.dtype, X.dtype), copy=False))

    def _rmatmat(self, X: Array) -> Array:
        X = as_inexact("X", X)
        out = _core.kron_multiply(self.factors, as_double(X.T), True).reshape(self.shape[1], X.shape[1])
        return np.asarray(out.astype(np.result_type(self.dtype, X.dtype), copy=False))

    def _adjoint(self) -> KroneckerOperator:
        return KroneckerOperator(*(f.conj().T for f in self.factors))

    def _transpose(self) -> KroneckerOperator:
        return KroneckerOperator(*(f.T for f in self.factors))

    def gram(self) -> KroneckerOperator:
        """``H^H H``, again a Kronecker product.

        Examples
        --------
        >>> from pauca.bayes import KroneckerOperator
        >>> KroneckerOperator([[1.0, 2.0]], [[3.0], [4.0]]).gram().to_dense()
        array([[ 25.,  50.],
               [ 50., 100.]])
        """
        return KroneckerOperator(*(f.conj().T @ f for f in self.factors))

    def apply(self, X: npt.ArrayLike) -> Array:
        """Multiply tensors of shape (..., n_1, ..., n_I) into tensors of shape (..., m_1, ..., m_I).

        Parameters
        ----------
        X : array-like of shape (..., n_1, ..., n_I)
            Tensors.

        Returns
        -------
        ndarray of shape (..., m_1, ..., m_I)
            ``H x`` for each of them.

        Examples
        --------
        >>> from pauca.bayes import KroneckerOperator
        >>> KroneckerOperator([[1.0, 2.0]], [[3.0], [4.0]]).apply([[1.0], [10.0]])  # A X B^T
        array([[63., 84.]])
        """
        T = self._tensor(X, self.modes_in)
        lead = T.shape[: T.ndim - len(self.modes_in)]
        return np.asarray((self @ T.reshape(-1, self.shape[1]).T).T.reshape(*lead, *self.modes_out))

    def apply_adjoint(self, Y: npt.ArrayLike) -> Array:
        """Multiply tensors of shape (..., m_1, ..., m_I) by ``H^H`` into tensors of shape (..., n_1, ..., n_I).

        Parameters
        ----------
        Y : array-like of shape (..., m_1, ..., m_I)
            Tensors.

        Returns
        -------
        ndarray of shape (..., n_1, ..., n_I)
            ``H^H y`` for each of them.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerOperator
        >>> H, x, y = KroneckerOperator([[1j, 2.0]], [[3.0], [4.0]]), [[1.0], [2j]], [[5.0, 6j]]
        >>> bool(np.isclose(np.vdot(H.apply(x), y), np.vdot(x, H.apply_adjoint(y))))
        True
        """
        T = self._tensor(Y, self.modes_out)
        lead = T.shape[: T.ndim - len(self.modes_out)]
        return np.asarray(self.rmatmat(T.reshape(-1, self.shape[0]).T).T.reshape(*lead, *self.modes_in))

    def pinv(self) -> KroneckerOperator:
        """Pseudoinverse: the Kronecker product of the factors' pseudoinverses.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerOperator
        >>> H = KroneckerOperator([[2.0, 0.0], [0.0, 4.0]], [[1.0], [1.0]])
        >>> bool(np.allclose(H.pinv().to_dense(), np.linalg.pinv(H.to_dense())))
        True
        """
        return KroneckerOperator(*(np.linalg.pinv(f) for f in self.factors))

    def to_dense(self) -> Array:
        """The matrix itself, of shape ``shape``: for small products only.

        Examples
        --------
        >>> from pauca.bayes import KroneckerOperator
        >>> KroneckerOperator([[1.0, 10.0]], [[0.0, 1.0], [2.0, 3.0]]).to_dense()
        array([[ 0.,  1.,  0., 10.],
               [ 2.,  3., 20., 30.]])
        """
        out = self.factors[0]
        for f in self.factors[1:]:
            out = np.kron(out, f)
        return out

    def _tensor(self, X: npt.ArrayLike, modes: tuple[int, ...]) -> Array:
        T = as_inexact("X", X)
        if T.ndim < len(modes) or T.shape[T.ndim - len(modes) :] != modes:
            raise ValueError(f"X: got shape {T.shape}, expected (..., {', '.join(map(str, modes))})")
        return T
