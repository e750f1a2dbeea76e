"""Nonnegative matrix factorisation with scikit-learn's interface."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted, check_non_negative

from .. import _core
from .._monitor import watch
from .._parallel import n_threads
from .._report import SolverReport, warn_unless_converged
from .._sklearn_compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _fit_context,
    check_array,
    validate_data,
    with_callbacks,
)
from .._validation import seconds_or_inf
from ._counts import rebuilt

Array = npt.NDArray[np.floating[Any]]


def _rows(X: Any, transpose: bool = False) -> Any:
    """X (or its transpose) for the core, by rows: no copy of C-ordered and CSR arrays (F-ordered and CSC ones)."""
    if sparse.issparse(X):
        M = X.T if transpose else X
        M = sparse.csr_array(M)
        if not M.has_canonical_format:
            M = M.copy()
            M.sum_duplicates()
        return _core.sparse_rows(
            np.ascontiguousarray(M.data),
            np.ascontiguousarray(M.indices, dtype=np.int32),
            np.ascontiguousarray(M.indptr, dtype=np.int64),
            M.shape[1],
        )
    return _core.dense_rows(np.ascontiguousarray(X.T if transpose else X))


def _by_columns(X: Any) -> bool:
    """Whether X is stored by columns, so that its transpose is what can be read by rows without a copy."""
    if sparse.issparse(X):
        return bool(X.format == "csc")
    return bool(X.flags.f_contiguous and not X.flags.c_contiguous)


def _mean(X: Any) -> float:
    return float(X.mean())


def _check_units(X: Any, kl: bool) -> None:
    """Refuse entries whose products leave the range of the arithmetic, or of the divergence's smallest prediction."""
    single = X.dtype == np.float32
    low, high = 1e-20 if single or kl else 1e-100, 1e20 if single else 1e100
    largest = float(X.max())
    if largest > 0.0 and not low <= largest <= high:
        raise ValueError(
            f"X: its largest entry is {largest:.3g}, expected one from {low:g} to {high:g} for {X.dtype} (in other "
            "units the factors are the same but for a constant)"
        )


def initial_factors(X: Any, k: int, init: str, rng: np.random.RandomState) -> tuple[Array, Array]:
    """Starting W (n, k) and H (k, m): uniform draws, or the nonnegative double SVD of Boutsidis and Gallopoulos."""
    n, m = X.shape
    average = math.sqrt(max(_mean(X), 0.0) / k)
    if init == "random":
        H = average * np.abs(rng.standard_normal((k, m))).astype(X.dtype)
        W = average * np.abs(rng.standard_normal((n, k))).astype(X.dtype)
        return W, H
    U, S, Vt = randomized_svd(X, k, random_state=rng)
    W, H = np.zeros((n, k), dtype=X.dtype), np.zeros((k, m), dtype=X.dtype)
    W[:, 0] = math.sqrt(S[0]) * np.abs(U[:, 0])
    H[0] = math.sqrt(S[0]) * np.abs(Vt[0])
    for j in range(1, k):
        u, v = U[:, j], Vt[j]
        sides = [(np.maximum(s * u, 0.0), np.maximum(s * v, 0.0)) for s in (1.0, -1.0)]
        norms = [float(np.linalg.norm(a) * np.linalg.norm(b)) for a, b in sides]
        best = int(np.argmax(norms))
        if norms[best] <= 0.0:
            continue
        a, b = sides[best]
        scale = math.sqrt(S[j] * norms[best])
        W[:, j] = scale * a / np.linalg.norm(a)
        H[j] = scale * b / np.linalg.norm(b)
    # A zero can leave, but a component without any entry cannot: "nndsvda" fills, as "random", with what the factors of
    # X's mean have, whatever its units.
    fill = max(average, np.finfo(X.dtype).tiny) if init == "nndsvda" else 0.0
    for factor in (W, H):
        factor[factor < 1e-6 * average] = fill
    return W, H


class NMF(CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Nonnegative matrix factorisation X ~ W H, with scikit-learn's interface and a fused compiled solver.

    Minimises ``0.5 ||X - W H||^2`` (or the generalised Kullback-Leibler divergence), plus penalties
    ``alpha_W * n_features * (l1_ratio ||W||_1 + 0.5 (1 - l1_ratio) ||W||^2)`` and the same for H with ``alpha_H *
    n_samples``, over nonnegative W and H. For the Frobenius loss, hierarchical alternating least squares reads X once
    an iteration, sweeps each block of rows several times while it is in cache, and extrapolates both factors; for
    Kullback-Leibler, coordinate-wise Newton steps.

    Parameters
    ----------
    n_components : int, "auto" or None, default=None
        Number of components; None and "auto" mean the number of features, "auto" the rows of a custom H.
    init : {"random", "nndsvd", "nndsvda", "custom"} or None, default=None
        Start. None is "nndsvda" where ``n_components <= min(n_samples, n_features)``, else "random". "custom" uses
        ``W`` and ``H`` of ``fit_transform``.
    beta_loss : {"frobenius", "kullback-leibler"}, default="frobenius"
        Loss.
    tol : float, default=1e-4
        Stops when the projected gradient, summed over entries, is below ``tol`` times its first value.
    max_iter : int, default=200
        Limit on iterations.
    random_state : int, RandomState instance or None, default=None
        Seed of the start.
    alpha_W : float, default=0.0
        Penalty on W.
    alpha_H : float or "same", default="same"
        Penalty on H.
    l1_ratio : float, default=0.0
        Share of the L1 penalty.
    sweeps : int, default=8
        At most so many coordinate sweeps over a factor for one product with X.
    extrapolate : bool, default=True
        Momentum with restarts (Frobenius).
    max_time : float, default=None
        Limit in seconds.
    n_jobs : int, default=1
        Threads; -1 for all processors. Results do not depend on it.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        H.
    n_components_ : int
        Number of components.
    reconstruction_err_ : float
        ``||X - W H||`` (Frobenius), or the square root of twice the divergence, as in scikit-learn.
    objective_path_ : ndarray
        Objective at each iteration, penalties included; an extrapolated step that raises it is undone.
    n_iter_ : int
        Iterations.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If X has negative entries, or its largest lies outside 1e-100 to 1e100 (1e-20 to 1e20 in float32; not below
        1e-20 for Kullback-Leibler), or a custom start does not fit it.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    See Also
    --------
    SimplexNMF : Factors that are probabilities.

    References
    ----------
    Gillis, N. and Glineur, F. (2012). Accelerated multiplicative updates and hierarchical ALS algorithms for
    nonnegative matrix factorization. Neural Computation 24.

    Ang, A. and Gillis, N. (2019). Accelerating nonnegative matrix factorization algorithms using extrapolation.
    Neural Computation 31.

    Hsieh, C.-J. and Dhillon, I. (2011). Fast coordinate descent methods with variable selection for non-negative
    matrix factorization. KDD.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.decomposition import NMF
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((40, 3)) @ rng.random((3, 15))
    >>> model = NMF(n_components=3, tol=1e-6, max_iter=2000, random_state=0)
    >>> W = model.fit_transform(X)
    >>> bool(np.linalg.norm(X - W @ model.components_) < 1e-2 * np.linalg.norm(X))
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"}), None],
        "init": [StrOptions({"random", "nndsvd", "nndsvda", "custom"}), None],
        "beta_loss": [StrOptions({"frobenius", "kullback-leibler"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "alpha_W": [Interval(Real, 0, None, closed="left")],
        "alpha_H": [Interval(Real, 0, None, closed="left"), StrOptions({"same"})],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "sweeps": [Interval(Integral, 1, None, closed="left")],
        "extrapolate": ["boolean"],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components: int | str | None = None,
        *,
        init: str | None = None,
        beta_loss: str = "frobenius",
        tol: float = 1e-4,
        max_iter: int = 200,
        random_state: Any = None,
        alpha_W: float = 0.0,
        alpha_H: float | str = "same",
        l1_ratio: float = 0.0,
        sweeps: int = 8,
        extrapolate: bool = True,
        max_time: float | None = None,
        n_jobs: int | None = 1,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.init = init
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.sweeps = sweeps
        self.extrapolate = extrapolate
        self.max_time = max_time
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _penalties(self, X: Any) -> tuple[float, float, float, float]:
        """L1 and L2 of W, then of H."""
        alpha_H = self.alpha_W if isinstance(self.alpha_H, str) else self.alpha_H
        w, h, r = float(self.alpha_W) * X.shape[1], float(alpha_H) * X.shape[0], float(self.l1_ratio)
        return w * r, w * (1.0 - r), h * r, h * (1.0 - r)

    def _start(self, X: Any, W: Any, H: Any) -> tuple[Array, Array]:
        n, m = X.shape
        init = self.init
        k = m if self.n_components in (None, "auto") else int(self.n_components or 0)
        if self.n_components == "auto" and init == "custom" and H is not None:
            k = np.shape(H)[0]
        if init == "custom":
            if W is None or H is None:
                raise ValueError("init: 'custom' needs both W and H in fit_transform")
            W, H = (check_array(a, dtype=X.dtype, input_name=name) for a, name in ((W, "W"), (H, "H")))
            if W.shape != (n, k) or H.shape != (k, m):
                raise ValueError(f"W, H: got shapes {W.shape} and {H.shape}, expected {(n, k)} and {(k, m)}")
            check_non_negative(W, "NMF (input W)")
            check_non_negative(H, "NMF (input H)")
            return W, H
        if init is None:
            init = "nndsvda" if k <= min(n, m) else "random"
        if init != "random" and k > min(n, m):
            raise ValueError(f"init: {init!r} needs n_components <= min(n_samples, n_features), got {k}")
        return initial_factors(X, k, init, check_random_state(self.random_state))

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, W: Any = None, H: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data. C- or F-ordered arrays, CSR and CSC matrices of float64 or float32 are used without a copy
            (Kullback-Leibler keeps a transposed copy).
        y : Ignored
            Present for scikit-learn's conventions.
        W, H : array-like of shape (n_samples, n_components) and (n_components, n_features), default=None
            Start for ``init="custom"``.

        Returns
        -------
        self : NMF
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.decomposition import NMF
        >>> X = np.outer([1.0, 2.0, 3.0], [4.0, 0.0, 1.0, 2.0])
        >>> model = NMF(n_components=1, random_state=0).fit(X)
        >>> (model.components_ / model.components_[0, 2]).round(3)
        array([[4., 0., 1., 2.]])
        """
        X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32])
        check_non_negative(X, "NMF (input X)")
        kl = self.beta_loss == "kullback-leibler"
        _check_units(X, kl)
        W, H = self._start(X, W, H)
        swap = _by_columns(X) and not kl
        penalty = self._penalties(X)
        rows: Any = _rows(X, not swap) if kl else None  # the core takes None too
        left, right = (H.T, W) if swap else (W, H.T)
        with watch(self, X, y) as callback:
            found = _core.nmf_fit(
                _rows(X, swap),
                rows,
                np.ascontiguousarray(left, dtype=X.dtype),
                np.ascontiguousarray(right, dtype=X.dtype),
                kl=kl,
                penalty=(*penalty[2:], *penalty[:2]) if swap else penalty,
                sweeps=int(self.sweeps),
                extrapolate=bool(self.extrapolate),
                n_threads=n_threads(self.n_jobs),
                tol=float(self.tol),
                max_iter=int(self.max_iter),
                max_time=seconds_or_inf(self.max_time),
                callback=callback,
            )
        report = SolverReport.from_core(found)
        self.components_ = np.ascontiguousarray((found["left"] if swap else found["right"]).T)
        self.n_components_ = self.components_.shape[0]
        self.objective_path_ = found["objective_path"]
        self.solver_report_ = report
        self.n_iter_ = report.n_iter
        value = report.objective
        if any(penalty):  # the objective holds more than the misfit
            value = _core.nmf_reconstruction(_rows(X, swap), found["left"], found["right"], kl)
        self.reconstruction_err_ = math.sqrt(2.0 * float(value))
        warn_unless_converged(report, self, "the projected gradient")
        return self

    def transform(self, X: Any) -> Array:
        """Weights of the components for new rows, the components fixed.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            W, solved to high accuracy: the problem is convex.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.decomposition import NMF
        >>> model = NMF(n_components=1, random_state=0).fit(np.outer([1.0, 2.0, 3.0], [4.0, 0.0, 1.0, 2.0]))
        >>> W = model.transform([[4.0, 0.0, 1.0, 2.0], [40.0, 0.0, 10.0, 20.0]])
        >>> (W / W[0]).round(6).tolist()
        [[1.0], [10.0]]
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        check_non_negative(X, "NMF.transform (input X)")
        dtype = X.dtype
        H = np.ascontiguousarray(self.components_.T, dtype=dtype)
        start = np.full((X.shape[0], H.shape[1]), math.sqrt(max(_mean(X), 0.0) / H.shape[1]), dtype=dtype)
        l1, l2 = self._penalties(X)[:2]
        kl = self.beta_loss == "kullback-leibler"
        tol = 1e-7 if dtype == np.float64 else 1e-4 if kl else 1e-6
        return np.asarray(_core.nmf_solve_left(_rows(X), start, H, kl, l1, l2, n_threads(self.n_jobs), tol))

    def fit_transform(self, X: Any, y: Any = None, W: Any = None, H: Any = None) -> Array:
        """Fit the model and return W, the same as ``fit(X).transform(X)``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : Ignored
            Present for scikit-learn's conventions.
        W, H : array-like of shape (n_samples, n_components) and (n_components, n_features), default=None
            Start for ``init="custom"``.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            W.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.decomposition import NMF
        >>> W = NMF(n_components=1, random_state=0).fit_transform(np.outer([1.0, 2.0, 3.0], [4.0, 0.0, 1.0, 2.0]))
        >>> (W / W[0]).round(3).tolist()
        [[1.0], [2.0], [3.0]]
        """
        return np.asarray(self.fit(X, y, W=W, H=H).transform(X))

    def inverse_transform(self, W: npt.ArrayLike) -> Array:
        """Rebuild data from weights.

        Parameters
        ----------
        W : array-like of shape (n_samples, n_components)
            Weights.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            ``W @ components_``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.decomposition import NMF
        >>> X = np.outer([1.0, 2.0, 3.0], [4.0, 0.0, 1.0, 2.0])
        >>> model = NMF(n_components=1, random_state=0)
        >>> model.inverse_transform(model.fit_transform(X)).round(3)
        array([[ 4.,  0.,  1.,  2.],
               [ 8.,  0.,  2.,  4.],
               [12.,  0.,  3.,  6.]])
        """
        check_is_fitted(self)
        return rebuilt(W, self.components_)

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
