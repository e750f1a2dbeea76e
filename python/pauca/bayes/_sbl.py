"""Sparse Bayesian learning of a dense linear model."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

from .._sklearn_compat import Interval, StrOptions
from ._kronecker_sbl import KroneckerSBL


class SBL(KroneckerSBL):
    """Classic sparse Bayesian learning of a dense linear model, real or complex.

    ``y = X w + noise`` with ``w_j ~ N(0, gamma_j)``: :class:`KroneckerSBL` with one factor. Targets in the columns of
    y are snapshots that share the hyperparameters.

    Parameters
    ----------
    method : {"mm", "am"}, default="mm"
        Update of the hyperparameters: the monotone square-root step, or expectation maximisation.
    noise_variance : float, default=None
        Noise variance per (complex) sample; None: learned.
    prune : float, default=1e-3
        Features whose hyperparameter falls below this share of the largest are dropped for good.
    tol : float, default=1e-4
        Relative change of the hyperparameters that ends the fit.
    max_iter : int, default=300
        Limit on iterations.
    max_time : float, default=None
        Limit in seconds.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Posterior mean.
    variance_ : ndarray of shape (n_features,)
        Posterior variances.
    gamma_ : list of one ndarray of shape (n_features,)
        Hyperparameters.
    noise_variance_ : float
        Noise variance used or learned.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    References
    ----------
    Tipping, M. E. (2001). Sparse Bayesian learning and the relevance vector machine. JMLR 1.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.bayes import SBL
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((40, 60))
    >>> y = 3.0 * X[:, 7] - 2.0 * X[:, 50] + 0.1 * rng.standard_normal(40)
    >>> model = SBL(noise_variance=0.01).fit(X, y)
    >>> model.coef_[[7, 50]].round(1)
    array([ 3., -2.])
    """

    factors = None
    noise_covariance = None
    coupling = None
    n_inner = 1
    inner_tol = 1e-5
    n_jobs = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **{
            k: KroneckerSBL._parameter_constraints[k]
            for k in ("noise_variance", "tol", "max_iter", "max_time", "verbose")
        },
        "method": [StrOptions({"mm", "am"})],
        "prune": [Interval(Real, 0, 1, closed="left"), None],
    }

    def __init__(
        self,
        method: str = "mm",
        noise_variance: float | None = None,
        *,
        prune: float | None = 1e-3,
        tol: float = 1e-4,
        max_iter: int = 300,
        max_time: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.method = method
        self.noise_variance = noise_variance
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.max_time = max_time
        self.verbose = verbose
