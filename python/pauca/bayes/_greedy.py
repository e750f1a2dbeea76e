"""Baselines: orthogonal matching pursuit, plain and Kronecker-structured, and least squares on a known support."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from .._sklearn_compat import Interval, _fit_context
from ._base import ComplexLinearModel
from ._operator import Array, KroneckerOperator, as_double, check_factors


def oracle_least_squares(factors: Any, Y: npt.ArrayLike, support: Sequence[npt.ArrayLike] | npt.ArrayLike) -> Array:
    """Least squares on the true support: what no estimator that has to find the support can be expected to beat.

    Parameters
    ----------
    factors : sequence of array-like of shape (m_i, n_i)
        Factors.
    Y : array-like of shape (..., m_1, ..., m_I)
        Received snapshots.
    support : sequence of I index arrays, or boolean array of shape (n_1, ..., n_I)
        One set of atoms a mode, or any support.

    Returns
    -------
    ndarray of shape (..., n_1, ..., n_I)
        Coefficients, zero off the support.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import oracle_least_squares
    >>> oracle_least_squares([np.eye(3), np.eye(2)], np.ones((3, 2)), [[0, 2], [1]])
    array([[0., 1.],
           [0., 0.],
           [0., 1.]])
    """
    checked = check_factors(factors)
    Y = np.asarray(Y)
    modes_in = tuple(f.shape[1] for f in checked)
    lead = Y.shape[: Y.ndim - len(checked)]
    out = np.zeros((int(np.prod(lead)), *modes_in), np.result_type(Y, *checked))
    flat = Y.reshape(-1, *Y.shape[len(lead) :])
    if isinstance(support, np.ndarray) and support.dtype == bool:
        atoms = np.argwhere(support)
        columns = _atoms(checked, atoms)
        values = np.linalg.lstsq(columns, flat.reshape(len(flat), -1).T, rcond=None)[0].T
        out[(slice(None), *atoms.T)] = values
    else:
        sets = [np.atleast_1d(np.asarray(s, dtype=np.intp)) for s in cast("Sequence[Any]", support)]
        inverse = KroneckerOperator(*(np.linalg.pinv(f[:, s]) for f, s in zip(checked, sets, strict=True)))
        out[np.ix_(np.arange(len(out)), *sets)] = inverse.apply(flat)
    return out.reshape(*lead, *modes_in)


def _atoms(factors: Sequence[Array], atoms: Array) -> Array:
    """Columns of the Kronecker product, one a row of ``atoms`` (n_atoms, I)."""
    out = factors[0][:, atoms[:, 0]]
    for f, a in zip(factors[1:], atoms.T[1:], strict=True):
        out = (out[:, None, :] * f[None, :, a]).reshape(-1, len(atoms))
    return np.asarray(out)


def _column_norms(factors: Sequence[Array]) -> list[Array]:
    norms = [np.linalg.norm(f, axis=0) for f in factors]
    return [np.where(n > 0, n, np.inf) for n in norms]


class _Pursuit(ComplexLinearModel):
    """Base class: not for users."""

    _support: Any

    def _estimate(self, Y: Array) -> Array:
        return oracle_least_squares(check_factors(self.factors), as_double(Y), self._support)


class OMP(_Pursuit):
    """Orthogonal matching pursuit for real or complex data, dense or over a Kronecker product.

    Adds the atom most correlated with the residual (over all snapshots), refits by least squares, and stops at
    ``n_nonzero_coefs`` atoms or once the residual is explained by noise.

    Parameters
    ----------
    factors : sequence of array-like of shape (m_i, n_i), default=None
        Factors; None: ``fit(X, y)`` with a dense matrix.
    n_nonzero_coefs : int, default=None
        Most atoms; None: 50, or fewer where there are fewer samples or atoms.
    noise_variance : float, default=None
        If given, stops once the mean squared residual is below it.
    tol : float, default=1e-2
        Stops once the residual's norm is below this share of that of the data.

    Attributes
    ----------
    coef_ : ndarray of shape (n_snapshots, n_1, ..., n_I), (n_features,) or (n_targets, n_features)
        Coefficients.
    support_ : ndarray of shape (n_atoms, I)
        Indices of the chosen atoms, in the order of their choice.
    n_iter_ : int
        Number of atoms.
    n_features_in_ : int
        Samples of one snapshot, or features of a dense model.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the X of a dense model had string column names.

    References
    ----------
    Pati, Y. C., Rezaiifar, R. and Krishnaprasad, P. S. (1993). Orthogonal matching pursuit. Asilomar Conference.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import OMP
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((30, 50))
    >>> OMP().fit(X, X[:, 4] - 2.0 * X[:, 9]).support_.ravel().tolist()
    [9, 4]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "factors": ["array-like", tuple, list, KroneckerOperator, None],
        "n_nonzero_coefs": [Interval(Integral, 1, None, closed="left"), None],
        "noise_variance": [Interval(Real, 0, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        factors: Any = None,
        n_nonzero_coefs: int | None = None,
        *,
        noise_variance: float | None = None,
        tol: float = 1e-2,
    ) -> None:
        self.factors = factors
        self.n_nonzero_coefs = n_nonzero_coefs
        self.noise_variance = noise_variance
        self.tol = tol

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike | None = None) -> Self:
        """Choose atoms and fit their coefficients; X and y as for :class:`KroneckerSBL`.

        Parameters
        ----------
        X : array-like of shape (n_snapshots, m_1, ..., m_I), (m_1, ..., m_I) or (n_samples, n_features)
            Received snapshots, or the design matrix of a dense model.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Target of a dense model; ignored with factors.

        Returns
        -------
        self : OMP
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import OMP
        >>> OMP(n_nonzero_coefs=2).fit(np.eye(4), [0.0, 5.0, 0.1, -3.0]).coef_.round(6).tolist()
        [0.0, 5.0, 0.0, -3.0]
        """
        problem = self._problem(X, y)
        factors, Y = problem.factors, problem.data
        op = KroneckerOperator(*factors)
        norms = _column_norms(factors)
        target = Y.reshape(len(Y), -1).T
        residual = target.copy()
        energy = float(np.sum(np.abs(target) ** 2))
        stop = energy * self.tol**2
        if self.noise_variance is not None:
            stop = max(stop, self.noise_variance * target.size)
        limit = min(50 if self.n_nonzero_coefs is None else self.n_nonzero_coefs, *op.shape)
        basis = np.zeros((op.shape[0], limit), np.result_type(target, op.dtype))
        chosen: list[tuple[int, ...]] = []
        while len(chosen) < limit and float(np.sum(np.abs(residual) ** 2)) > stop:
            match = np.abs(op.apply_adjoint(residual.T.reshape(Y.shape))) ** 2
            match = match.sum(axis=0)
            for i, n in enumerate(norms):
                match /= n.reshape([-1 if k == i else 1 for k in range(match.ndim)]) ** 2
            for atom in chosen:
                match[atom] = 0.0
            atom = tuple(int(a) for a in np.unravel_index(int(np.argmax(match)), match.shape))
            column = _atoms(factors, np.array([atom]))[:, 0]
            scale = np.linalg.norm(column)
            k = len(chosen)
            for _ in range(2):  # Gram-Schmidt, twice is enough
                column = column - basis[:, :k] @ (basis[:, :k].conj().T @ column)
            if match[atom] <= 0.0 or np.linalg.norm(column) <= 1e-10 * scale:
                break
            basis[:, k] = column / np.linalg.norm(column)
            residual = residual - np.outer(basis[:, k], basis[:, k].conj() @ residual)
            chosen.append(atom)
        support = np.zeros(op.modes_in, dtype=bool)
        for atom in chosen:
            support[atom] = True
        self._keep_coef(oracle_least_squares(factors, Y, support), problem)
        self._support = support
        self.support_ = np.array(chosen, dtype=np.intp).reshape(len(chosen), len(factors))
        self.n_iter_ = max(len(chosen), 1)
        return self


class KroneckerOMP(_Pursuit):
    """Kronecker orthogonal matching pursuit: a set of atoms in every mode, grown by the best-matching product atom.

    Parameters
    ----------
    factors : sequence of array-like of shape (m_i, n_i), default=None
        Factors; None: ``fit(X, y)`` with a dense matrix, one mode.
    n_nonzero_coefs : int or sequence of int, default=None
        Most atoms in every mode; None: 10, or fewer where a factor has fewer rows or columns.
    tol : float, default=1e-2
        Stops once the residual's norm is below this share of that of the data.

    Attributes
    ----------
    coef_ : ndarray of shape (n_snapshots, n_1, ..., n_I), (n_features,) or (n_targets, n_features)
        Coefficients, zero off the product of the sets.
    support_ : list of ndarray
        The set of every mode, in the order of choice.
    n_iter_ : int
        Number of product atoms tried.
    n_features_in_ : int
        Samples of one snapshot, or features of a dense model.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the X of a dense model had string column names.

    References
    ----------
    Caiafa, C. F. and Cichocki, A. (2013). Computing sparse representations of multidimensional signals using Kronecker
    bases. Neural Computation 25, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import KroneckerOMP
    >>> rng = np.random.default_rng(0)
    >>> H = [rng.standard_normal((8, 12)), rng.standard_normal((7, 10))]
    >>> y = np.outer(H[0][:, 3], H[1][:, 5] + 0.5 * H[1][:, 6])
    >>> [s.tolist() for s in KroneckerOMP(factors=H, n_nonzero_coefs=(1, 2)).fit(y).support_]
    [[3], [5, 6]]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "factors": ["array-like", tuple, list, KroneckerOperator, None],
        "n_nonzero_coefs": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self, factors: Any = None, n_nonzero_coefs: int | Sequence[int] | None = None, *, tol: float = 1e-2
    ) -> None:
        self.factors = factors
        self.n_nonzero_coefs = n_nonzero_coefs
        self.tol = tol

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike | None = None) -> Self:
        """Grow the sets and fit the coefficients; X and y as for :class:`KroneckerSBL`.

        Parameters
        ----------
        X : array-like of shape (n_snapshots, m_1, ..., m_I), (m_1, ..., m_I) or (n_samples, n_features)
            Received snapshots, or the design matrix of a dense model.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Target of a dense model; ignored with factors.

        Returns
        -------
        self : KroneckerOMP
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerOMP
        >>> model = KroneckerOMP([np.eye(2), np.eye(3)], n_nonzero_coefs=1).fit([[0.0, 0.0, 4.0], [0.1, 0.0, 0.0]])
        >>> abs(np.squeeze(model.coef_)).round(6)
        array([[0., 0., 4.],
               [0., 0., 0.]])
        """
        problem = self._problem(X, y)
        factors, Y = problem.factors, problem.data
        op = KroneckerOperator(*factors)
        norms = _column_norms(factors)
        limits = self._limits(factors)
        sets: list[list[int]] = [[] for _ in factors]
        residual, energy = Y, float(np.sum(np.abs(Y) ** 2))
        coef = np.zeros((len(Y), *op.modes_in), np.result_type(Y, op.dtype))
        n_iter = 0
        while float(np.sum(np.abs(residual) ** 2)) > self.tol**2 * energy:
            match = (np.abs(op.apply_adjoint(residual)) ** 2).sum(axis=0)
            for i, n in enumerate(norms):
                match /= n.reshape([-1 if k == i else 1 for k in range(match.ndim)]) ** 2
            # Modes whose set is full may only repeat what they have.
            for i, (s, limit) in enumerate(zip(sets, limits, strict=True)):
                if len(s) >= limit:
                    mask = np.ones(match.shape[i], dtype=bool)
                    mask[s] = False
                    match[(slice(None),) * i + (mask,)] = 0.0
            atom = np.unravel_index(int(np.argmax(match)), match.shape)
            if match[atom] <= 0.0 or all(int(a) in s for a, s in zip(atom, sets, strict=True)):
                break
            for a, s in zip(atom, sets, strict=True):
                if int(a) not in s:
                    s.append(int(a))
            coef = oracle_least_squares(factors, Y, sets)
            residual = Y - op.apply(coef)
            n_iter += 1
        self._keep_coef(coef, problem)
        self.support_ = [np.array(s, dtype=np.intp) for s in sets]
        self._support = self.support_
        self.n_iter_ = max(n_iter, 1)
        return self

    def _limits(self, factors: Sequence[Array]) -> list[int]:
        wanted = 10 if self.n_nonzero_coefs is None else self.n_nonzero_coefs
        numbers = [int(wanted)] * len(factors) if isinstance(wanted, (int, Integral)) else [int(w) for w in wanted]
        if len(numbers) != len(factors) or min(numbers) < 1:
            raise ValueError(
                f"n_nonzero_coefs: got {self.n_nonzero_coefs!r}, expected a positive number or one for each of "
                f"{len(factors)} factors"
            )
        return [min(n, *f.shape) for n, f in zip(numbers, factors, strict=True)]
