"""Decomposed sparse Bayesian learning: rank-one data split into one small problem a mode."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .. import _core
from .._sklearn_compat import Interval, StrOptions, _fit_context
from .._warnings import warn_user
from ._base import ComplexLinearModel
from ._operator import Array, KroneckerOperator, as_double, check_factors


def rank_one_parts(Y: Array) -> tuple[list[Array], list[float], list[float]]:
    """Nested best rank-one approximation of a tensor: vectors whose outer product it is, and two diagnostics a split.

    The first is the share of the leading singular value in the squared norm. The second compares the next one with
    what white noise would leave there: about 1 for noise, larger if there is more structure.
    """
    parts, shares, excesses = [], [], []
    rest = Y
    for m in Y.shape[:-1]:
        matrix = rest.reshape(m, -1)
        u, s, vh = np.linalg.svd(matrix, full_matrices=False)
        total, left = float(np.sum(s**2)), float(np.sum(s[1:] ** 2))
        shares.append(float(s[0] ** 2) / total if total > 0 else 1.0)
        rows, cols = matrix.shape[0] - 1, matrix.shape[1] - 1
        if left > 1e-12 * total and min(rows, cols) > 0:
            noise = min(1.0, (np.sqrt(rows) + np.sqrt(cols)) ** 2 / (rows * cols))
            excesses.append(float(s[1] ** 2) / left / noise)
        else:
            excesses.append(0.0)
        parts.append(u[:, 0])
        rest = s[0] * vh[0]
    return [*parts, rest.reshape(-1)], shares, excesses


class DecomposedSBL(ComplexLinearModel):
    """Sparse Bayesian learning for a Kronecker product of vectors: one small dense problem a mode.

    The model has ``x = x_1 (x) ... (x) x_I``. The received tensor is approximated by one of rank one, and every
    mode is solved by itself. It is the fastest method and denoises best where x itself is a Kronecker product (a
    channel with one path at the receiver or surface side), and fails where only its support is one: the diagnostic
    tells, and warns.

    Parameters
    ----------
    factors : sequence of array-like of shape (m_i, n_i), default=None
        Factors; None: ``fit(X, y)`` with a dense matrix is classic sparse Bayesian learning.
    method : {"mm", "am"}, default="mm"
        Update of the hyperparameters, as in :class:`SBL`.
    noise_variance : float, default=None
        E|noise|^2 of one received sample; None: estimated from what the rank-one approximation leaves (of a dense
        model: learned).
    prune : float, default=1e-2
        Atoms whose hyperparameter falls below this share of the mode's largest are dropped for good.
    tol : float, default=1e-4
        Relative change of the hyperparameters that ends the fit of a mode.
    max_iter : int, default=300
        Limit on iterations in a mode.

    Attributes
    ----------
    coef_ : ndarray of shape (n_1, ..., n_I), with a first axis 1 if the data had one; (n_features,) of a dense model
        Estimate, of rank one.
    coef_parts_ : list of ndarray of shape (n_i,)
        Its factors.
    gamma_ : list of ndarray of shape (n_i,)
        Hyperparameters of every mode.
    rank1_share_ : ndarray of shape (I - 1,)
        Share of the leading singular value in the squared norm at every split.
    rank1_excess_ : ndarray of shape (I - 1,)
        Second singular value against what white noise would leave there; well above 1 means x is not of rank one.
    n_iter_ : int
        Largest number of iterations of a mode.
    n_features_in_ : int
        Samples, or features of a dense model.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the X of a dense model had string column names.

    Warns
    -----
    UserWarning
        If the data are not of rank one.

    References
    ----------
    He, Y. and Joseph, G. (2023). Efficient algorithm for Kronecker-structured sparse recovery by decomposition.
    arXiv:2310.07869.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import DecomposedSBL
    >>> rng = np.random.default_rng(0)
    >>> H = [rng.standard_normal((8, 12)), rng.standard_normal((7, 10))]
    >>> y = np.outer(H[0][:, 3], H[1][:, 5]) + 0.01 * rng.standard_normal((8, 7))
    >>> model = DecomposedSBL(factors=H).fit(y)
    >>> np.unravel_index(np.argmax(abs(model.coef_)), model.coef_.shape) == (3, 5)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "factors": ["array-like", tuple, list, KroneckerOperator, None],
        "method": [StrOptions({"mm", "am"})],
        "noise_variance": [Interval(Real, 0, None, closed="neither"), None],
        "prune": [Interval(Real, 0, 1, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        factors: Any = None,
        method: str = "mm",
        noise_variance: float | None = None,
        *,
        prune: float | None = 1e-2,
        tol: float = 1e-4,
        max_iter: int = 300,
    ) -> None:
        self.factors = factors
        self.method = method
        self.noise_variance = noise_variance
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike | None = None) -> Self:
        """Split the data and solve every mode.

        Parameters
        ----------
        X : array-like of shape (m_1, ..., m_I), (1, m_1, ..., m_I) or (n_samples, n_features)
            One received snapshot, or the design matrix of a dense model.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Target of a dense model; ignored with factors.

        Returns
        -------
        self : DecomposedSBL
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import DecomposedSBL
        >>> model = DecomposedSBL([np.eye(2), np.eye(3)], noise_variance=0.01).fit(np.outer([1, 0], [0, 2, 0]))
        >>> abs(model.coef_).round(1)
        array([[0., 2., 0.],
               [0., 0., 0.]])
        """
        problem = self._problem(X, y)
        if len(problem.factors) > 1 and len(problem.data) > 1:
            raise ValueError(
                f"X: got {len(problem.data)} snapshots; the decomposition takes one: fit them one by one, or use "
                "KroneckerSBL, where they share the support"
            )
        coef, gamma, parts, shares, excesses, n_iter = self._decompose(problem.factors, problem.data)
        self._keep_coef(coef, problem)
        self.coef_parts_, self.gamma_ = parts, gamma
        self.rank1_share_, self.rank1_excess_ = np.array(shares), np.array(excesses)
        self.n_iter_ = n_iter
        bad = [i for i, (s, e) in enumerate(zip(shares, excesses, strict=True)) if s < 0.5 or (s < 0.995 and e > 1.5)]
        if bad:
            warn_user(
                f"The data are not of rank one: at split {bad[0] + 1} the leading singular value holds "
                f"{shares[bad[0]]:.0%} of the energy and the second one is {excesses[bad[0]]:.1f} times what noise "
                "would leave. Use KroneckerSBL, which needs a product support only.",
            )
        return self

    def _decompose(self, factors: tuple[Array, ...], data: Array) -> tuple[Any, ...]:
        options: dict[str, Any] = {
            "method": self.method,
            "n_inner": 1,
            "inner_tol": 1e-5,
            "prune": [self.prune or 0.0],
            "coupling": [0.0],
            "variance": False,
        }
        shares: list[float] = []
        excesses: list[float] = []
        noises: list[float | None] = [self.noise_variance]
        if len(factors) == 1:
            vectors = [data]
        else:
            vectors, shares, excesses = rank_one_parts(data[0])
            # First-order perturbation: the unit vectors carry the noise over the squared norm, the last one all of it.
            approximation = vectors[0]
            for v in vectors[1:]:
                approximation = np.multiply.outer(approximation, v)
            energy = float(np.sum(np.abs(approximation) ** 2))
            free = data.size - sum(data.shape[1:]) + len(factors) - 1
            left = float(np.sum(np.abs(data[0] - approximation) ** 2)) / max(free, 1)
            noise = left if self.noise_variance is None else self.noise_variance
            noises = [*[noise / energy if energy > 0 else 0.0] * (len(factors) - 1), noise]
            vectors = [v[None] for v in vectors]
        parts, gamma, n_iter = [], [], 1
        for f, v, s2 in zip(factors, vectors, noises, strict=True):
            options["noise"], options["noise_variance"] = ("em", 0.0) if s2 is None else ("known", float(s2))
            r = _core.sbl_solve(
                [f], np.ascontiguousarray(v).reshape(-1), len(v), options, self.tol, self.max_iter, np.inf, None
            )
            parts.append(r["mean"].reshape(len(v), -1))
            gamma.append(r["gamma"][0])
            n_iter = max(n_iter, r["n_iter"])
        coef = parts[0]
        for p in parts[1:]:
            coef = np.multiply.outer(coef, p[0])
        return coef, gamma, [p[0] for p in parts] if len(parts) > 1 else parts, shares, excesses, n_iter

    def _estimate(self, Y: Array) -> Array:
        factors = tuple(map(as_double, check_factors(self.factors)))
        return np.concatenate([self._decompose(factors, as_double(y[None]))[0] for y in Y])
