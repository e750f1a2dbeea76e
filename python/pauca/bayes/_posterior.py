"""Exact Gaussian posterior of a Kronecker-structured model at given hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from ._operator import Array, KroneckerOperator


def _outer(vectors: Sequence[Array]) -> Array:
    out = np.ones(())
    for v in vectors:
        out = np.multiply.outer(out, v)
    return out


def _padded(v: Array, n: int) -> Array:
    return np.concatenate([v, np.zeros(n - len(v))])


class KroneckerPosterior:
    """The exact posterior of x in a Kronecker-structured linear model with a Kronecker-structured Gaussian prior.

    The model is ``y = (H_1 (x) ... (x) H_I) x + noise`` with prior ``x ~ N(0, diag(g_1 (x) ... (x) g_I))``. One SVD
    a factor, ``H_i diag(sqrt g_i) = U_i S_i V_i^H``, diagonalises everything; no matrix of the size of the product
    is formed. Estimators keep one as ``posterior_``.

    Parameters
    ----------
    factors : sequence of ndarray of shape (m_i, n_i)
        Factors; with coloured noise the whitened ones.
    gamma : sequence of ndarray of shape (n_i,)
        Hyperparameters >= 0.
    noise_variance : float
        Variance of the noise per (complex) sample.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import KroneckerPosterior
    >>> posterior = KroneckerPosterior([np.eye(2), np.eye(3)], [np.ones(2), np.ones(3)], noise_variance=1.0)
    >>> posterior.shape
    (2, 3)
    """

    def __init__(self, factors: Sequence[Array], gamma: Sequence[Array], noise_variance: float) -> None:
        self.factors = tuple(np.asarray(f) for f in factors)
        self.gamma = tuple(np.asarray(g, dtype=np.float64) for g in gamma)
        self.noise_variance = float(noise_variance)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape (n_1, ..., n_I) of x.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerPosterior
        >>> KroneckerPosterior([np.ones((4, 2)), np.ones((5, 3))], [np.ones(2), np.ones(3)], noise_variance=1.0).shape
        (2, 3)
        """
        return tuple(len(g) for g in self.gamma)

    def _parts(self) -> tuple[list[Array], list[Array], list[Array], list[Array]]:
        """Active atoms, U, s and the weighted full V = diag(sqrt g) V of every factor."""
        active, left, values, right = [], [], [], []
        for f, g in zip(self.factors, self.gamma, strict=True):
            keep = np.flatnonzero(g)
            u, s, vh = np.linalg.svd(f[:, keep] * np.sqrt(g[keep]), full_matrices=True)
            active.append(keep)
            left.append(u)
            values.append(s)
            right.append(np.sqrt(g[keep])[:, None] * vh.conj().T)
        return active, left, values, right

    def _remaining(self, values: list[Array], right: list[Array]) -> Array:
        """``s2 / (lambda + s2)`` on the right singular vectors, null space included."""
        lam = _outer([_padded(s, v.shape[1]) ** 2 for s, v in zip(values, right, strict=True)])
        return np.asarray(self.noise_variance / (lam + self.noise_variance)) if self.noise_variance else lam * 0.0

    def mean(self, Y: npt.ArrayLike) -> Array:
        """Posterior means of snapshots Y of shape (..., m_1, ..., m_I) -> (..., n_1, ..., n_I).

        Parameters
        ----------
        Y : array-like of shape (..., m_1, ..., m_I)
            Snapshots.

        Returns
        -------
        ndarray of shape (..., n_1, ..., n_I)
            Posterior means.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerPosterior
        >>> posterior = KroneckerPosterior([np.eye(2)], [np.array([1.0, 3.0])], noise_variance=1.0)
        >>> posterior.mean([4.0, 4.0]).round(6)  # shrunk by gamma / (gamma + noise)
        array([2., 3.])
        """
        Y = np.asarray(Y)
        active, left, values, right = self._parts()
        lead = Y.shape[: Y.ndim - len(self.factors)]
        dtype = np.result_type(Y, *self.factors)
        out = np.zeros((math.prod(lead), *self.shape), dtype)
        if all(len(a) for a in active) and self.noise_variance > 0:
            T = KroneckerOperator(*(u[:, : len(s)].conj().T for u, s in zip(left, values, strict=True))).apply(
                Y.reshape(-1, *Y.shape[len(lead) :])
            )
            s = _outer(values)
            T = T * (s / (s**2 + self.noise_variance))
            mu = KroneckerOperator(*(v[:, : len(x)] for v, x in zip(right, values, strict=True))).apply(T)
            out[np.ix_(np.arange(len(out)), *active)] = mu
        return out.reshape(*lead, *self.shape)

    def variance(self) -> Array:
        """Posterior variances, shape (n_1, ..., n_I).

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerPosterior
        >>> KroneckerPosterior([np.eye(2)], [np.array([1.0, 3.0])], noise_variance=1.0).variance().round(6)
        array([0.5 , 0.75])
        """
        out = np.zeros(self.shape)
        active, _, values, right = self._parts()
        if all(len(a) for a in active):
            power = KroneckerOperator(*(np.abs(v) ** 2 for v in right))
            out[np.ix_(*active)] = power.apply(self._remaining(values, right))
        return out

    def predictive_variance(self, *factors: npt.ArrayLike, groups: Sequence[Sequence[int]] | None = None) -> Array:
        """Variances of ``(B_1 (x) ... (x) B_G) x`` given the data, noise not included.

        Parameters
        ----------
        *factors : array-like of shape (p_g, n_g)
            The B_g; none means the model's own factors.
        groups : sequence of sequences of int, default=None
            Consecutive modes that each B_g acts on, flattened in C order; None: one mode each.

        Returns
        -------
        ndarray of shape (p_1, ..., p_G)

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerPosterior
        >>> posterior = KroneckerPosterior([np.eye(2)], [np.array([1.0, 3.0])], noise_variance=1.0)
        >>> posterior.predictive_variance([[1.0, 1.0]]).round(6)  # of the sum of both coefficients
        array([1.25])
        """
        used = [np.asarray(f) for f in (factors or self.factors)]
        active, _, values, right = self._parts()
        if not all(len(a) for a in active):
            return np.zeros([f.shape[0] for f in used])
        maps = []
        for b, group in zip(used, groups or [(i,) for i in range(len(right))], strict=True):
            index: Array = np.zeros(1, dtype=np.intp)
            v: Array = np.ones((1, 1))
            for i in group:
                index = (index[:, None] * self.shape[i] + active[i]).ravel()
                v = np.kron(v, right[i])
            maps.append(np.abs(b[:, index] @ v) ** 2)
        remaining = self._remaining(values, right)
        return KroneckerOperator(*maps).apply(remaining.reshape([m.shape[1] for m in maps]))

    def sample(self, mean: npt.ArrayLike, n_samples: int = 1, random_state: Any = None) -> Array:
        """Draw from the posterior around a mean of shape (n_1, ..., n_I) -> (n_samples, n_1, ..., n_I).

        Parameters
        ----------
        mean : array-like of shape (n_1, ..., n_I)
            Centre, as :meth:`mean` gives it.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=None
            Source of the draws.

        Returns
        -------
        ndarray of shape (n_samples, n_1, ..., n_I)
            Draws.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerPosterior
        >>> posterior = KroneckerPosterior([np.eye(2)], [np.array([1.0, 3.0])], noise_variance=1.0)
        >>> draws = posterior.sample(posterior.mean([4.0, 4.0]), 2000, random_state=0)
        >>> draws.shape, bool(abs(draws.mean(axis=0) - [2.0, 3.0]).max() < 0.1)
        ((2000, 2), True)
        """
        rng = check_random_state(random_state)
        mean = np.asarray(mean)
        active, _, values, right = self._parts()
        out = np.broadcast_to(mean, (n_samples, *mean.shape)).astype(np.result_type(mean, np.float64))
        if not all(len(a) for a in active):
            return out
        shape = (n_samples, *(v.shape[1] for v in right))
        w = rng.standard_normal(shape)
        if np.iscomplexobj(mean):
            w = (w + 1j * rng.standard_normal(shape)) / np.sqrt(2.0)
        noise = KroneckerOperator(*right).apply(w * np.sqrt(self._remaining(values, right)))
        out[np.ix_(np.arange(n_samples), *active)] += noise
        return out

    def leave_one_out(self, Y: npt.ArrayLike) -> Array:
        """Predictions of every sample of Y (..., m_1, ..., m_I) from all the other samples of its snapshot.

        Exact at fixed hyperparameters: ``y_j - [Sigma_y^-1 y]_j / [Sigma_y^-1]_jj``.

        Parameters
        ----------
        Y : array-like of shape (..., m_1, ..., m_I)
            Snapshots.

        Returns
        -------
        ndarray of shape (..., m_1, ..., m_I)
            Predictions.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerPosterior
        >>> posterior = KroneckerPosterior([np.ones((2, 1))], [np.ones(1)], noise_variance=1.0)
        >>> posterior.leave_one_out([4.0, 2.0]).round(6)  # half of the other sample
        array([1., 2.])
        """
        Y = np.asarray(Y)
        _, left, values, _ = self._parts()
        lam = _outer([_padded(s, u.shape[0])[: u.shape[0]] ** 2 for s, u in zip(values, left, strict=True)])
        inverse = 1.0 / (lam + max(self.noise_variance, np.finfo(float).tiny))
        U = KroneckerOperator(*left)
        weighted = U.apply(U.apply_adjoint(Y) * inverse)
        diagonal = KroneckerOperator(*(np.abs(u) ** 2 for u in left)).apply(inverse)
        return np.asarray(Y - weighted / diagonal)
