"""Sparse Bayesian learning with Kronecker-structured hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .. import _core
from .._monitor import watch
from .._parallel import n_threads
from .._report import SolverReport, warn_unless_converged
from .._sklearn_compat import Interval, StrOptions, _fit_context, with_callbacks
from .._validation import seconds_or_inf
from .._warnings import warn_user
from ._base import LOST, ComplexLinearModel
from ._operator import Array, KroneckerOperator, as_double, as_inexact, check_factors
from ._posterior import KroneckerPosterior

PerMode = float | Sequence[float | None] | None


def per_mode(name: str, value: PerMode, n_modes: int, below: float) -> list[float]:
    """One number >= 0 a mode; None is 0."""
    if value is None or isinstance(value, (float, int, Real)):
        numbers = [0.0 if value is None else float(value)] * n_modes
    else:
        numbers = [0.0 if v is None else float(v) for v in value]
    if len(numbers) != n_modes:
        raise ValueError(f"{name}: got {len(numbers)} numbers, expected one or {n_modes} (one a factor)")
    if not all(0.0 <= v < below for v in numbers):
        raise ValueError(f"{name}: got {value!r}, expected numbers in [0, {below:g})")
    return numbers


@dataclass(frozen=True)
class BatchResult:
    """What :meth:`KroneckerSBL.fit_batch` found, one entry a problem.

    Attributes
    ----------
    coef : ndarray of shape (n_problems, [n_snapshots,] n_1, ..., n_I)
        Posterior means.
    gamma : list of ndarray of shape (n_problems, n_i)
        Hyperparameters.
    noise_variance : ndarray of shape (n_problems,)
        Noise variances.
    n_iter : ndarray of shape (n_problems,)
        Iterations.
    converged : ndarray of bool of shape (n_problems,)
        Whether the tolerance was reached.
    seconds : ndarray of shape (n_problems,)
        Time each problem took on its thread.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import KroneckerSBL
    >>> rng = np.random.default_rng(0)
    >>> H = [rng.standard_normal((6, 8)), rng.standard_normal((5, 7))]
    >>> problems = rng.standard_normal((3, 6, 5))
    >>> found = KroneckerSBL(factors=H).fit_batch(problems)
    >>> found.coef.shape, found.noise_variance.shape
    ((3, 8, 7), (3,))
    """

    coef: Array
    gamma: list[Array]
    noise_variance: Array
    n_iter: Array
    converged: Array
    seconds: Array


class KroneckerSBL(ComplexLinearModel):
    """Sparse Bayesian learning in a linear model whose matrix is a Kronecker product, real or complex.

    The model is ``y = (H_1 (x) H_2 (x) ... (x) H_I) x + noise``; the prior of x is ``N(0, diag(g_1 (x) ... (x)
    g_I))`` with one vector of hyperparameters a factor, so that the support is a product of supports, one a factor;
    the values on it are free. The hyperparameters minimise the type-II cost ``L log det Sigma_y + sum_l y_l^H
    Sigma_y^-1 y_l`` over the L snapshots, which share them. Every step is exact and works on one singular value
    decomposition a factor: no matrix of the size of the product is ever formed.

    Data come first, because scikit-learn slices X by rows: ``KroneckerSBL(factors=(H1, H2, H3)).fit(Y)`` with one
    snapshot a row. Without factors, ``fit(X, y)`` is classic sparse Bayesian learning of a dense model.

    Parameters
    ----------
    factors : sequence of array-like of shape (m_i, n_i), or KroneckerOperator, default=None
        The factors; None for a dense model.
    method : {"mm", "am", "svd"}, default="mm"
        How hyperparameters are updated. ``"mm"``: majorise the log determinant by its tangent, the square-root update
        in every mode (monotone, fast). ``"am"``: expectation maximisation by alternating minimisation (monotone,
        slow). ``"svd"``: the nearest Kronecker product to the unstructured update of expectation maximisation (no
        monotonicity).
    noise_variance : float, default=None
        E|noise|^2 of one (complex) sample, in the units of the data squared; None: learned.
    noise_covariance : sequence of array-like of shape (m_i, m_i), default=None
        Covariance of the noise along every mode, None entries for white ones: the noise has covariance
        ``noise_variance * (C_1 (x) ... (x) C_I)``. Data and factors are whitened with it.
    coupling : float or sequence of float, default=None
        Block sparsity: ``g_i = C gamma_i`` where C has ones on and this number (0.5 and 0.8 are published) off the
        diagonal, one number a mode, 0 or None for modes that are not coupled. With ``method="mm"`` the update is
        monotone, with ``"am"`` the published nonnegative least squares step runs.
    prune : "auto", float or sequence of float, default="auto"
        In every mode, atoms whose hyperparameter (a power) falls below this share of the mode's largest are dropped
        for good. ``"auto"``: 0.3 times the noise's share of the received power, 1e-2 at most, which regularises where
        there is noise and keeps weak atoms where there is little. Lower it for many weak atoms, such as those of a
        dense dictionary around directions off its grid.
    n_inner : int, default=1
        Most sweeps over the modes in one update of ``method="am"``; 1 is generalised expectation maximisation.
    inner_tol : float, default=1e-5
        Relative change that ends those sweeps.
    tol : float, default=1e-4
        The fit stops once the hyperparameters' product moves by less than this, relative to its norm.
    max_iter : int, default=300
        Limit on iterations.
    max_time : float, default=None
        Limit in seconds.
    n_jobs : int, default=None
        Threads of :meth:`fit_batch`, -1 for all processors; the problems are spread over them.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    coef_ : ndarray of shape (n_snapshots, n_1, ..., n_I)
        Posterior mean; without the first axis if one snapshot was given without it. A dense model has
        (n_features,) or (n_targets, n_features).
    variance_ : ndarray of shape (n_1, ..., n_I)
        Posterior variances, the same for every snapshot.
    gamma_ : list of ndarray of shape (n_i,)
        Hyperparameters, zero where pruned; all but the last have unit norm.
    active_ : list of ndarray
        Indices of the atoms left in every mode.
    noise_variance_ : float
        Noise variance used or learned.
    posterior_ : KroneckerPosterior
        Draws, predictive variances and means for new snapshots.
    objective_path_ : ndarray
        Type-II cost at every iteration and at the end; ``active_path_`` has the number of atoms left beside it.
    n_iter_ : int
        Iterations.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Samples of one snapshot, or features of a dense model.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the X of a dense model had string column names.

    Raises
    ------
    ValueError
        If a parameter or the data are not as described; the message names which.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    Notes
    -----
    For real data the model is real Gaussian and the cost is twice the usual one. Single precision is accepted, and
    coefficients are returned in it; variances and the computation are in double precision.

    References
    ----------
    He, Y. and Joseph, G. (2025). Bayesian algorithms for Kronecker-structured sparse vector recovery with application
    to IRS-MIMO channel estimation. IEEE Transactions on Signal Processing. (Methods "am" and "svd" and the coupled
    step; "mm" and the exact per-factor posterior are pauca's.)

    Tipping, M. E. (2001). Sparse Bayesian learning and the relevance vector machine. JMLR 1.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import KroneckerSBL
    >>> rng = np.random.default_rng(0)
    >>> H = [rng.standard_normal((m, n)) + 1j * rng.standard_normal((m, n)) for m, n in [(6, 10), (5, 8), (7, 12)]]
    >>> x = np.zeros((10, 8, 12), complex)
    >>> x[np.ix_([2, 7], [1], [3, 4])] = 1.0
    >>> y = np.einsum("ai,bj,ck,ijk->abc", *H, x) + 0.1 * rng.standard_normal((6, 5, 7))
    >>> model = KroneckerSBL(factors=H).fit(y)
    >>> [a.tolist() for a in model.active_]
    [[2, 7], [1], [3, 4]]
    >>> bool(np.abs(model.coef_ - x).max() < 0.1)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "factors": ["array-like", tuple, list, KroneckerOperator, None],
        "method": [StrOptions({"mm", "am", "svd"})],
        "noise_variance": [Interval(Real, 0, None, closed="neither"), None],
        "noise_covariance": ["array-like", tuple, list, None],
        "coupling": [Interval(Real, 0, 1, closed="both"), tuple, list, None],
        "prune": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left"), tuple, list, None],
        "n_inner": [Interval(Integral, 1, None, closed="left")],
        "inner_tol": [Interval(Real, 0, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        factors: Any = None,
        method: str = "mm",
        noise_variance: float | None = None,
        *,
        noise_covariance: Any = None,
        coupling: PerMode = None,
        prune: PerMode | str = "auto",
        n_inner: int = 1,
        inner_tol: float = 1e-5,
        tol: float = 1e-4,
        max_iter: int = 300,
        max_time: float | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.factors = factors
        self.method = method
        self.noise_variance = noise_variance
        self.noise_covariance = noise_covariance
        self.coupling = coupling
        self.prune = prune
        self.n_inner = n_inner
        self.inner_tol = inner_tol
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.n_jobs = n_jobs
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike | None = None) -> Self:
        """Learn the hyperparameters and the posterior.

        Parameters
        ----------
        X : array-like of shape (n_snapshots, m_1, ..., m_I), (m_1, ..., m_I) or (n_samples, n_features)
            Received snapshots, or the design matrix of a dense model (``factors=None``).
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Target of a dense model; with factors it is ignored, and there to hold the true coefficients for scorers.

        Returns
        -------
        self : KroneckerSBL
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerSBL
        >>> model = KroneckerSBL([np.eye(2), np.eye(3)], noise_variance=0.01).fit([[0.0, 0.0, 4.0], [0.01, 0.0, 0.0]])
        >>> abs(model.coef_).round(1)
        array([[0., 0., 4.],
               [0., 0., 0.]])
        """
        problem = self._problem(X, y)
        factors, data = self._whitened(problem.factors, problem.data)
        with watch(self, X, y) as callback:
            result = _core.sbl_solve(
                list(factors),
                np.ascontiguousarray(data).reshape(-1),
                len(data),
                self._options(len(factors), True),
                self.tol,
                self.max_iter,
                seconds_or_inf(self.max_time),
                callback,
            )
        shape = tuple(f.shape[1] for f in factors)
        report = SolverReport.from_core(result)
        self._keep_coef(result["mean"].reshape(len(data), *shape), problem)
        self.variance_ = result["variance"].reshape(shape)
        self.gamma_ = list(result["gamma"])
        self.active_ = [np.flatnonzero(g) for g in self.gamma_]
        self.noise_variance_ = float(result["noise_variance"])
        self.posterior_ = KroneckerPosterior(factors, self.gamma_, self.noise_variance_)
        self.objective_path_ = result["objective_path"]
        self.active_path_ = result["active_path"]
        self.n_iter_ = report.n_iter
        self.solver_report_ = report
        warn_unless_converged(report, self, "the relative change of the hyperparameters")
        return self

    def fit_batch(self, Y: npt.ArrayLike) -> BatchResult:
        """Solve many problems over the same factors, each with hyperparameters of its own.

        The fitted state of the estimator is not touched. Threads are set by ``n_jobs``; results do not depend on it.

        Parameters
        ----------
        Y : array-like of shape (n_problems, m_1, ..., m_I) or (n_problems, n_snapshots, m_1, ..., m_I)
            Received data.

        Returns
        -------
        BatchResult

        Warns
        -----
        ConvergenceWarning
            With the number of problems that did not converge.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerSBL
        >>> rng = np.random.default_rng(0)
        >>> H = [rng.standard_normal((6, 9)), rng.standard_normal((5, 7))]
        >>> Y = np.einsum("i,j->ij", H[0][:, 2], H[1][:, 3]) + 0.01 * rng.standard_normal((20, 6, 5))
        >>> batch = KroneckerSBL(factors=H).fit_batch(Y)
        >>> batch.coef.shape, bool(batch.converged.all())
        ((20, 9, 7), True)
        """
        self._validate_params()
        if self.factors is None:
            raise ValueError("factors: got None, expected the factors that all problems share")
        factors = check_factors(self.factors)
        modes = tuple(f.shape[0] for f in factors)
        data = as_inexact("Y", Y)
        single = data.ndim == len(modes) + 1
        if single:
            data = data[:, None]
        if data.ndim != len(modes) + 2 or data.shape[2:] != modes or 0 in data.shape:
            raise ValueError(f"Y: got shape {np.shape(Y)}, expected (n_problems, [n_snapshots,] *{modes})")
        if not np.isfinite(data).all():
            raise ValueError(f"Y: {LOST}")
        n, L = data.shape[:2]
        dtype = np.result_type(data, *factors)
        white, flat = self._whitened(tuple(map(as_double, factors)), as_double(data).reshape(n * L, *modes))
        results = _core.sbl_solve_batch(
            list(white),
            np.ascontiguousarray(flat).reshape(-1),
            n,
            L,
            self._options(len(modes), False),
            self.tol,
            self.max_iter,
            seconds_or_inf(self.max_time),
            n_threads(self.n_jobs),
        )
        shape = tuple(f.shape[1] for f in factors)
        late = [r["status"] != "converged" for r in results]
        if any(late):
            warn_user(
                f"{sum(late)} of {n} problems did not converge: increase max_iter (now {self.max_iter}) or max_time "
                f"(now {self.max_time}), or raise tol. Those that max_time cut short are NaN.",
                ConvergenceWarning,
            )
        for r in results:
            if r["mean"].size == 0:
                r["mean"] = np.full(L * math.prod(shape), np.nan)
                r["gamma"], r["noise_variance"] = [np.full(k, np.nan) for k in shape], np.nan
        coef = np.stack([r["mean"] for r in results]).reshape(n, L, *shape).astype(dtype, copy=False)
        return BatchResult(
            coef=coef[:, 0] if single else coef,
            gamma=[np.stack([r["gamma"][i] for r in results]) for i in range(len(modes))],
            noise_variance=np.array([r["noise_variance"] for r in results]),
            n_iter=np.array([r["n_iter"] for r in results]),
            converged=np.array([r["status"] == "converged" for r in results]),
            seconds=np.array([r["seconds"] for r in results]),
        )

    def reconstruct(self, return_std: bool = False) -> Any:
        """Noiseless received data ``H coef_`` of the training snapshots.

        Parameters
        ----------
        return_std : bool, default=False
            Whether to return posterior standard deviations of its entries as well, of shape (m_1, ..., m_I).

        Returns
        -------
        ndarray of shape (n_snapshots, m_1, ..., m_I), and ndarray of shape (m_1, ..., m_I) if ``return_std``

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerSBL
        >>> model = KroneckerSBL([np.ones((4, 1)), np.eye(3)], noise_variance=0.01).fit(np.outer(np.ones(4), [0, 2, 0]))
        >>> model.coef_.shape, model.reconstruct().shape, model.reconstruct(return_std=True)[1].shape
        ((1, 3), (4, 3), (4, 3))
        """
        check_is_fitted(self)
        factors = self._plain_factors()
        mean = KroneckerOperator(*factors).apply(self.coef_)
        if not return_std:
            return mean
        return mean, np.sqrt(self.posterior_.predictive_variance(*factors))

    def sample(self, n_samples: int = 1, random_state: Any = None) -> Array:
        """Draw coefficients from the posterior.

        Parameters
        ----------
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=None
            Source of randomness.

        Returns
        -------
        ndarray of shape (n_samples, n_snapshots, n_1, ..., n_I)

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.bayes import KroneckerSBL
        >>> model = KroneckerSBL([np.ones((4, 1)), np.eye(3)], noise_variance=0.01).fit(np.outer(np.ones(4), [0, 2, 0]))
        >>> draws = model.sample(50, random_state=0)
        >>> draws.shape, bool(abs(draws.mean(axis=0) - model.coef_).max() < 0.1)
        ((50, 1, 3), True)
        """
        check_is_fitted(self)
        core = len(self.gamma_)
        means = self.coef_.reshape(-1, *self.coef_.shape[self.coef_.ndim - core :])
        rng = check_random_state(random_state)
        draws = [self.posterior_.sample(mean, n_samples, rng) for mean in means]
        return np.stack(draws, axis=1).reshape(n_samples, *self.coef_.shape)

    def _plain_factors(self) -> tuple[Array, ...]:
        return self.posterior_.factors if self.factors is None else check_factors(self.factors)

    def _estimate(self, Y: Array) -> Array:
        white = self._whitened(self.posterior_.factors, as_double(Y), data_only=True)[1]
        return self.posterior_.mean(white).astype(np.result_type(Y, self.coef_), copy=False)

    def _cross_prediction(self, Y: Array) -> Array:
        if self.noise_covariance is not None:
            raise ValueError("score: with noise_covariance y, the true coefficients, is needed")
        return self.posterior_.leave_one_out(as_double(Y))

    def _noise_step(self) -> str:
        return "known" if self.noise_variance is not None else "em"

    def _prune_levels(self, n_modes: int) -> list[float]:
        if isinstance(self.prune, str):
            return [-1.0] * n_modes  # the solver's own rule
        return per_mode("prune", self.prune, n_modes, 1.0)

    def _options(self, n_modes: int, variance: bool) -> dict[str, Any]:
        coupling = per_mode("coupling", self.coupling, n_modes, 1.0 + 1e-12)
        if self.method == "svd" and any(coupling):
            raise ValueError("coupling: method='svd' has no coupled update, use 'mm' or 'am'")
        return {
            "method": self.method,
            "noise": self._noise_step(),
            "noise_variance": float(self.noise_variance or 0.0),
            "n_inner": self.n_inner,
            "inner_tol": self.inner_tol,
            "prune": self._prune_levels(n_modes),
            "coupling": coupling,
            "variance": variance,
        }

    def _whitened(
        self, factors: tuple[Array, ...], data: Array, data_only: bool = False
    ) -> tuple[tuple[Array, ...], Array]:
        """Factors and data of shape (n, m_1, ..., m_I) multiplied by the inverse Cholesky factors of the noise."""
        if self.noise_covariance is None:
            return factors, data
        covariances = list(self.noise_covariance)
        if len(covariances) != len(factors):
            raise ValueError(f"noise_covariance: got {len(covariances)} matrices, expected one a factor")
        out = list(factors)
        for i, given in enumerate(covariances):
            if given is None:
                continue
            c = as_inexact(f"noise_covariance[{i}]", given)
            m = factors[i].shape[0]
            if c.shape != (m, m):
                raise ValueError(f"noise_covariance[{i}]: got shape {c.shape}, expected ({m}, {m})")
            try:
                root = np.linalg.cholesky(c)
            except np.linalg.LinAlgError as error:
                raise ValueError(f"noise_covariance[{i}]: is not positive definite") from error
            if not data_only:
                out[i] = np.linalg.solve(root, factors[i])
            moved = np.moveaxis(data, i + 1, 0)
            white = np.linalg.solve(root, moved.reshape(m, -1)).reshape(moved.shape)
            data = np.moveaxis(white, 0, i + 1)
        return tuple(out), data
