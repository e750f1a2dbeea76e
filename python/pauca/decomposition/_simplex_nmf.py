"""Topic model on counts: nonnegative factorisation whose factors are probabilities."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, check_non_negative

from .. import _core
from .._monitor import watch
from .._parallel import n_threads
from .._report import warn_unless_converged
from .._sklearn_compat import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    _fit_context,
    validate_data,
    with_callbacks,
)
from ._counts import INITS, SOLVERS, STOPPINGS, CountTable, fit_simplex, mixture_weights, rebuilt


class SimplexNMF(CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Topic model: factorises the word shares of documents with both factors on the simplex.

    For counts X (documents x words), the share of word c in document d is modelled as ``sum_k W[d, k] H[k, c]`` with
    rows of W and of H (``components_``) that are probabilities. Anchors (words that occur in one topic alone) give a
    start that needs no luck: with them the factorisation is unique up to the order of topics. The start is then
    polished.

    Parameters
    ----------
    n_components : int, default=10
        Number of topics K.
    init : {"auto", "spa", "fast-anchor", "anchor-words", "random"}, default="auto"
        Start. ``spa`` is the successive projection algorithm on denoised p(document | word), ``fast-anchor`` the same
        with distances to affine spans, ``anchor-words`` the co-occurrence method of Arora et al. (memory
        n_words ** 2). ``auto`` tries spa and fast-anchor and keeps the better of the two polished fits, or uses
        random starts where there are fewer documents or words than topics.
    solver : {"em", "hals", "minvol", "none"}, default="em"
        Polish. ``em`` maximises the multinomial likelihood (PLSA), ``hals`` least squares of the word shares,
        ``minvol`` adds a penalty on the volume of the topics' simplex, for data without anchors; ``none`` keeps the
        start.
    stopping : {"auto", "short", "held-out", "converged"}, default="auto"
        When ``em`` stops. A converged fit inflates the topics' simplex to swallow the noise of the counts when there
        are few documents; the first rounds after an anchored start are what helps. ``short`` is 20 rounds;
        ``held-out`` thins the counts binomially, finds the number of rounds on 70 % of them that helps the other
        30 %, and runs that many on all; ``converged`` runs (accelerated) rounds to the tolerance. ``auto`` is
        ``short`` after anchors and ``converged`` after a random start.
    n_init : int, default=5
        Number of random starts, where starts are random.
    smoothing : float, default=0.0
        Pseudo-count added to the topic weights of each document in every round of ``em``.
    volume : float, default=0.1
        Weight of the volume in ``minvol``, relative to the misfit of the start.
    max_iter : int, default=1000
        Limit on rounds.
    tol : float, default=1e-6
        ``em`` with ``stopping="converged"``: gain of log-likelihood a count and round. ``hals``, ``minvol``: decrease
        of the objective an iteration, relative to its first value.
    max_time : float, default=None
        Limit in seconds for each solve.
    n_jobs : int, default=1
        Threads; -1 for all processors. Results do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seed of random starts, of thinning and of the randomised subspace.
    verbose : int, default=0
        1 shows a progress bar (needs tqdm).

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        p(word | topic); rows sum to one.
    topic_share_ : ndarray of shape (n_components,)
        Share of each topic among all counts.
    anchors_ : ndarray of shape (n_components,) or None
        Columns of X chosen as anchors, None for a random start.
    log_likelihood_ : float
        ``sum X log(W H)`` at the fit.
    objective_path_ : ndarray
        Objective of the polish over its rounds (log-likelihood a count; or misfit).
    n_iter_ : int
        Rounds of the polish.
    solver_report_ : SolverReport
        What ran and how it ended.
    n_features_in_ : int
        Number of words.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the words, if X had string column names.

    Raises
    ------
    ValueError
        If X has negative entries, or anchors are asked of too few documents or words.

    Warns
    -----
    ConvergenceWarning
        If the tolerance was not reached.

    See Also
    --------
    NMF : Factorisation without constraints on sums.
    pauca.label_shift.LatentLabelShift : Latent classes from shifted domains, which uses this model.

    References
    ----------
    Hofmann, T. (1999). Probabilistic latent semantic indexing. SIGIR.

    Arora, S. et al. (2013). A practical algorithm for topic modeling with provable guarantees. ICML.

    Gillis, N. and Vavasis, S. (2014). Fast and robust recursive algorithms for separable nonnegative matrix
    factorization. IEEE TPAMI 36.

    Leplat, V., Ang, A. and Gillis, N. (2019). Minimum-volume rank-deficient nonnegative matrix factorizations. ICASSP.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.decomposition import SimplexNMF
    >>> rng = np.random.default_rng(0)
    >>> H = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.3, 0.7]])
    >>> W = rng.dirichlet([1, 1], size=30)
    >>> X = np.array([rng.multinomial(500, p) for p in W @ H])
    >>> model = SimplexNMF(n_components=2, random_state=0).fit(X)
    >>> order = np.argsort(-model.components_[:, 0])
    >>> bool(np.abs(model.components_[order] - H).max() < 0.02)
    True
    >>> model.transform(X).shape
    (30, 2)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions(set(INITS))],
        "solver": [StrOptions(set(SOLVERS))],
        "stopping": [StrOptions(set(STOPPINGS))],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "smoothing": [Interval(Real, 0, None, closed="left")],
        "volume": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components: int = 10,
        *,
        init: str = "auto",
        solver: str = "em",
        stopping: str = "auto",
        n_init: int = 5,
        smoothing: float = 0.0,
        volume: float = 0.1,
        max_iter: int = 1000,
        tol: float = 1e-6,
        max_time: float | None = None,
        n_jobs: int | None = 1,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.init = init
        self.solver = solver
        self.stopping = stopping
        self.n_init = n_init
        self.smoothing = smoothing
        self.volume = volume
        self.max_iter = max_iter
        self.tol = tol
        self.max_time = max_time
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_documents, n_words)
            Counts, or other nonnegative weights; the layout of scikit-learn's CountVectorizer.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        self : SimplexNMF
            The fitted estimator.

        Examples
        --------
        >>> from pauca.decomposition import SimplexNMF
        >>> model = SimplexNMF(n_components=2, random_state=0).fit([[50, 50, 0, 0], [0, 0, 30, 70], [25, 25, 15, 35]])
        >>> sorted(model.components_.round(2).tolist())
        [[0.0, 0.0, 0.3, 0.7], [0.5, 0.5, 0.0, 0.0]]
        """
        X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32])
        check_non_negative(X, "SimplexNMF (input X)")
        counts = CountTable.from_matrix(X)
        if self.stopping == "held-out" and not counts.integral:
            raise ValueError("stopping: 'held-out' thins counts and needs integers in X; use 'short' or 'converged'")
        with watch(self, X, y) as callback:
            fit = fit_simplex(
                counts,
                int(self.n_components),
                init=self.init,
                solver=self.solver,
                stopping=self.stopping,
                n_init=int(self.n_init),
                smoothing=float(self.smoothing),
                volume=float(self.volume),
                max_iter=int(self.max_iter),
                tol=float(self.tol),
                max_time=self.max_time,
                n_threads=n_threads(self.n_jobs),
                rng=check_random_state(self.random_state),
                callback=callback,
            )
        lengths = np.bincount(
            np.repeat(np.arange(counts.n_documents), np.diff(counts.starts)), counts.values, counts.n_documents
        )
        share = fit.topics @ lengths
        self.components_ = np.ascontiguousarray(fit.words.astype(X.dtype, copy=False))
        self.topic_share_ = share / share.sum() if share.sum() > 0.0 else np.full(len(share), 1.0 / len(share))
        self.anchors_ = fit.anchors
        self.log_likelihood_ = fit.log_likelihood
        self.objective_path_ = fit.objective_path
        self.solver_report_ = fit.report
        self.n_iter_ = fit.report.n_iter
        warn_unless_converged(fit.report, self, "the gain of an iteration")
        return self

    def transform(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Topic weights of documents, by maximum likelihood with the topics fixed.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_documents, n_words)
            Counts.

        Returns
        -------
        ndarray of shape (n_documents, n_components)
            p(topic | document); rows sum to one. The weights of a document without counts are equal.

        Examples
        --------
        >>> from pauca.decomposition import SimplexNMF
        >>> model = SimplexNMF(n_components=2, random_state=0).fit([[50, 50, 0, 0], [0, 0, 30, 70], [25, 25, 15, 35]])
        >>> sorted(model.transform([[10, 10, 18, 42]])[0].round(2).tolist())
        [0.25, 0.75]
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        check_non_negative(X, "SimplexNMF.transform (input X)")
        weights = mixture_weights(
            CountTable.from_matrix(X), self.components_.astype(np.float64), n_threads=n_threads(self.n_jobs)
        )
        return weights.astype(X.dtype, copy=False)

    def fit_transform(self, X: Any, y: Any = None) -> npt.NDArray[np.floating[Any]]:
        """Fit the model and return the topic weights of its documents, the same as ``fit(X).transform(X)``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_documents, n_words)
            Counts.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        ndarray of shape (n_documents, n_components)
            p(topic | document); rows sum to one.

        Examples
        --------
        >>> from pauca.decomposition import SimplexNMF
        >>> W = SimplexNMF(n_components=2, random_state=0).fit_transform([[5, 5, 0, 0], [0, 0, 3, 7], [5, 5, 3, 7]])
        >>> W[2].round(2).tolist(), W.sum(axis=1).round(6).tolist()
        ([0.5, 0.5], [1.0, 1.0, 1.0])
        """
        return np.asarray(self.fit(X, y).transform(X))

    def inverse_transform(self, W: npt.ArrayLike) -> npt.NDArray[np.floating[Any]]:
        """Word shares of documents with these topic weights.

        Parameters
        ----------
        W : array-like of shape (n_documents, n_components)
            Topic weights.

        Returns
        -------
        ndarray of shape (n_documents, n_words)
            ``W @ components_``.

        Examples
        --------
        >>> from pauca.decomposition import SimplexNMF
        >>> model = SimplexNMF(n_components=2, random_state=0).fit([[50, 50, 0, 0], [0, 0, 30, 70], [25, 25, 15, 35]])
        >>> model.inverse_transform([[0.5, 0.5]]).round(2)
        array([[0.25, 0.25, 0.15, 0.35]])
        """
        check_is_fitted(self)
        return rebuilt(W, self.components_)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log-likelihood of a count in new documents, topic weights fitted to them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_documents, n_words)
            Counts.
        y : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        float
            ``sum X log(W H) / sum X``; the larger the better, and ``exp(-score)`` is the perplexity. Weights are
            fitted to the counts that are scored, so that more topics rarely score worse: do not choose their number by
            this score.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.decomposition import SimplexNMF
        >>> model = SimplexNMF(n_components=2, random_state=0).fit([[50, 50, 0, 0], [0, 0, 30, 70], [25, 25, 15, 35]])
        >>> round(float(np.exp(-model.score([[7, 7, 0, 0]]))), 2)  # perplexity: two words, equally frequent
        2.0
        """
        weights = self.transform(X)
        X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], reset=False)
        counts = CountTable.from_matrix(X)
        value = _core.simplex_log_likelihood(
            *counts.args(),
            np.asfortranarray(self.components_, dtype=np.float64),
            np.asfortranarray(weights.T, dtype=np.float64),
        )
        return float(value) / max(float(counts.values.sum()), 1e-300)

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
