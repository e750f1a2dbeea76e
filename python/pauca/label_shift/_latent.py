"""Latent classes from unlabelled data of several domains: discriminate, discretise, factorise, adjust."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.utils import ClassifierTags, check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from .._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context, validate_data
from .._validation import FloatArray
from .._warnings import warn_user
from ..decomposition import SimplexNMF
from ._discretise import k_means
from ._queries import ShiftQueries
from ._report import LabelShiftReport, LabelShiftWarning, warn_of_failures
from ._steps import emissions, split_domains

Codes = npt.NDArray[np.intp]


class LatentLabelShift(ShiftQueries, ClusterMixin, TransformerMixin, BaseEstimator):
    """Latent classes from unlabelled data of several domains that differ in class shares alone.

    Points come with a domain d and no class y. All domains share p(x | y); each has a prior p(y | d) of its own. Then
    ``p(d | x) = sum_y p(d | y) p(y | x)``: posteriors of the domain lie in a polytope whose vertices are the classes.
    DDFA finds them: **d**\\ iscriminate (a classifier of the domain, cross-fitted and calibrated), discretise (k-means
    on its output), **f**\\ actorise (counts of clusters by domains, with both factors on the simplex), **a**\\ djust
    (p(y | x, d) by Bayes' rule). Features need not cluster by class: what identifies classes is how they move together
    between domains. Needs as many domains as classes, priors of full rank, and for each class some region where it is
    alone (anchors).

    Parameters
    ----------
    n_classes : int, default=2
        Number of latent classes K, at most the number of domains.
    discriminator : classifier, "precomputed" or None, default=None
        Any classifier with ``fit(X, y)``, y the numbers of the domains, and ``predict_proba``; one that is no
        scikit-learn estimator is copied deeply for each fold. X may hold NaN if its tags say that it takes them. None
        is a multinomial ``SparseClassifier`` with a ridge, on scaled features (beyond 20,000 points the same model by
        scikit-learn, whose solver is faster there).
        "precomputed": X holds p(domain | x) itself, out of fold in ``fit``, columns in the order of the sorted domains.
    n_clusters : int or "auto", default="auto"
        Number of clusters of p(domain | x). "auto" is two to four for each class, as many as leave ten points for
        each cluster and domain. Priors are averages over three seeds of the clustering.
    discretizer : {"kmeans", "categorical"}, default="kmeans"
        "categorical" counts the distinct rows of X themselves, for finite inputs; no discriminator is used.
    factorizer : SimplexNMF or None, default=None
        Factorisation of the counts; its ``n_components`` is replaced by ``n_classes``. None is ``SimplexNMF()``.
    adjust : {"kl", "simplex"}, default="kl"
        How class posteriors are read off p(domain | x): maximum likelihood, or least squares on the simplex.
    cv : int, cross-validation generator or iterable, default=5
        Folds for out-of-fold p(domain | x). An int is stratified by domain, and grouped where rows of X repeat.
    calibrate : bool, default=True
        Whether a temperature and a bias for each domain are fitted to the out-of-fold posteriors. Without it the
        discriminator must be trained at the domains' own shares (no class weights).
    random_state : int, RandomState instance or None, default=None
        Seed of folds, clustering, factorisation.

    Attributes
    ----------
    class_prior_ : ndarray of shape (n_classes, n_domains)
        p(class | domain); columns sum to one. Classes are ordered by their pooled share.
    class_share_ : ndarray of shape (n_classes,)
        Pooled share of each class.
    domain_given_class_ : ndarray of shape (n_domains, n_classes)
        p(domain | class), the vertices; columns sum to one.
    cluster_given_class_ : ndarray of shape (n_clusters, n_classes)
        p(cluster | class); columns sum to one.
    counts_ : ndarray of shape (n_clusters, n_domains)
        Points of each cluster and domain.
    cluster_centers_ : ndarray of shape (n_clusters, n_domains)
        p(domain | x) at the centres of the clusters.
    anchors_ : ndarray of shape (n_classes,) or None
        Cluster chosen as anchor of each class.
    domains_ : ndarray of shape (n_domains,)
        Sorted domains.
    domain_share_ : ndarray of shape (n_domains,)
        Share of each domain in the sample.
    discriminator_ : classifier or None
        Discriminator fitted on all data.
    calibration_ : Calibration or None
        Its temperature and biases.
    labels_ : ndarray of shape (n_samples,)
        Latent class of each training point, from its out-of-fold posterior and its domain.
    class_names_ : ndarray of shape (n_classes,) or None
        Names given by ``name_classes``.
    report_ : LabelShiftReport
        Figures on the assumptions: misfit, anchors, conditioning, discriminator, stability.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    Raises
    ------
    ValueError
        If there are fewer domains than classes (but more than one), or a parameter is not as described.

    Warns
    -----
    LabelShiftWarning
        If there is one domain only (k-means on the features is used), or an assumption looks violated.

    See Also
    --------
    pauca.decomposition.SimplexNMF : The factorisation.
    mlls, bbse : Priors of new data for known classes.

    References
    ----------
    Roberts, M., Mani, P., Garg, S. and Lipton, Z. (2022). Unsupervised learning under latent label shift. NeurIPS.

    Examples
    --------
    >>> from pauca.datasets import make_latent_label_shift
    >>> from pauca.label_shift import LatentLabelShift
    >>> from pauca.metrics import matched_accuracy
    >>> data = make_latent_label_shift(n_samples=2000, n_classes=3, n_domains=6, kind="gaussian", random_state=0)
    >>> model = LatentLabelShift(n_classes=3, random_state=0).fit(data.X, data.domain)
    >>> bool(matched_accuracy(data.y, model.predict(data.X, data.domain)) > 0.8)
    True
    >>> model.class_prior_.shape
    (3, 6)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_classes": [Interval(Integral, 1, None, closed="left")],
        "discriminator": [StrOptions({"precomputed"}), HasMethods(["fit", "predict_proba"]), None],
        "n_clusters": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "discretizer": [StrOptions({"kmeans", "categorical"})],
        "factorizer": [SimplexNMF, None],
        "adjust": [StrOptions({"kl", "simplex"})],
        "cv": ["cv_object"],
        "calibrate": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_classes: int = 2,
        *,
        discriminator: Any = None,
        n_clusters: int | str = "auto",
        discretizer: str = "kmeans",
        factorizer: SimplexNMF | None = None,
        adjust: str = "kl",
        cv: Any = 5,
        calibrate: bool = True,
        random_state: Any = None,
    ) -> None:
        self.n_classes = n_classes
        self.discriminator = discriminator
        self.n_clusters = n_clusters
        self.discretizer = discretizer
        self.factorizer = factorizer
        self.adjust = adjust
        self.cv = cv
        self.calibrate = calibrate
        self.random_state = random_state

    # -- fit ---------------------------------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: npt.ArrayLike | None = None) -> Self:
        """Find the latent classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data; with ``discriminator="precomputed"``, out-of-fold p(domain | x).
        y : array-like of shape (n_samples,), default=None
            Domain of each point, numbers or strings, in the place of a target so that pipelines work. None is one
            domain.

        Returns
        -------
        self : LatentLabelShift
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]  # 0: one class, 2: the other, 1: both
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.class_prior_.round(2)
        array([[0.8, 0.4],
               [0.2, 0.6]])
        """
        k = int(self.n_classes)
        X = self._validate(X, reset=True)
        domains, codes = split_domains(X, y)
        if len(domains) == 1:
            return self._fit_one_domain(X, domains, k)
        if len(domains) < k:
            raise ValueError(
                f"n_classes: got {k} classes but {len(domains)} domains, expected at least as many domains"
            )
        rng = check_random_state(self.random_state)
        share = np.bincount(codes) / len(codes)
        discriminator, calibration, f = self._discriminate(X, codes, len(domains), rng)
        cells, assigned, counts = self._discretise(X, f, codes, len(domains), rng)
        if cells.n_cells < k:
            raise ValueError(
                f"n_clusters: only {cells.n_cells} distinct clusters of p(domain | x) for {k} classes; "
                "the discriminator tells too few groups of points apart"
            )
        seed = int(rng.randint(np.iinfo(np.int32).max))
        A, T, anchors = self._factorise(counts, k, seed)
        single, refits = (counts, A, T), self._refits(X, f, codes, T, seed)
        if refits:  # their average depends less on where k-means put the borders
            T = np.mean([T, *refits], axis=0)
            A = emissions(counts, A, T)
        order = np.argsort(-(T @ share), kind="stable")
        A, T = A[:, order], T[order]

        self.domains_, self.domain_share_ = domains, share
        self.discriminator_, self.calibration_ = discriminator, calibration
        self._cells = cells
        self.counts_, self.cluster_given_class_, self.class_prior_ = counts, A, T
        self.anchors_ = None if anchors is None else anchors[order]
        self.class_share_ = T @ share
        self.domain_given_class_ = (T * share).T / np.maximum(self.class_share_, 1e-300)
        if f is None:  # finite inputs: the posterior of the domain is read off the counts
            f = self._cell_posteriors(assigned)
            self.cluster_centers_ = self._cell_posteriors(np.arange(cells.n_cells))
        else:
            self.cluster_centers_ = cells.centers
        self.class_names_: npt.NDArray[Any] | None = None
        h = self._class_posteriors(f, assigned)
        self.labels_ = self._in_domain(h, codes).argmax(axis=1)
        self.report_, p_value = self._assess(f, h, codes, single, refits, seed)
        warn_of_failures(self.report_, p_value, self.discretizer == "kmeans")
        return self

    def _validate(self, X: Any, reset: bool) -> Any:
        plain = self.discretizer == "categorical" or (
            isinstance(self.discriminator, str) and self.discriminator == "precomputed"
        )
        return validate_data(
            self,
            X,
            reset=reset,
            accept_sparse=False if plain else "csr",
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan" if self._allows_nan() else True,
        )

    def _allows_nan(self) -> bool:
        """Whether missing values are the discriminator's business."""
        if self.discretizer == "categorical" or not hasattr(self.discriminator, "__sklearn_tags__"):
            return False
        return bool(get_tags(self.discriminator).input_tags.allow_nan)

    def _fit_one_domain(self, X: Any, domains: Any, k: int) -> Self:
        warn_user(
            "One domain only: classes cannot be told from shifts, k-means on the features is used instead.",
            LabelShiftWarning,
        )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        means = k_means(X, k, seed)
        sizes = np.bincount(means.labels_, minlength=k)
        order = np.argsort(-sizes, kind="stable")
        self.domains_, self.domain_share_ = domains, np.ones(1)
        self.discriminator_ = self.calibration_ = self.anchors_ = self.class_names_ = None
        self._cells = None
        self._feature_centers = np.ascontiguousarray(means.cluster_centers_[order])
        self.class_share_ = sizes[order] / sizes.sum()
        self.class_prior_ = self.class_share_[:, None].copy()
        self.domain_given_class_ = np.ones((1, k))
        self.cluster_given_class_, self.counts_ = np.eye(k), sizes[order][:, None].astype(float)
        self.cluster_centers_ = np.ones((k, 1))
        self.labels_ = np.argsort(order)[means.labels_]
        self.report_ = LabelShiftReport(
            float("nan"), float("nan"), sizes[order], float("nan"), float("nan"), 0.0, float("nan")
        )
        return self

    def fit_predict(self, X: Any, y: npt.ArrayLike | None = None, **kwargs: Any) -> Codes:
        """Fit and return the latent class of each point, ``labels_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,), default=None
            Domain of each point.
        **kwargs : dict
            Passed to ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,)
            Latent classes.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X, domain = np.repeat([5, 7, 5, 7], [80, 20, 40, 60])[:, None], np.repeat(["a", "b"], 100)
        >>> found = LatentLabelShift(discretizer="categorical", random_state=0).fit_predict(X, domain)
        >>> bool(np.all((found == found[0]) == (X[:, 0] == 5)))
        True
        """
        return np.asarray(self.fit(X, y, **kwargs).labels_)

    def predict(
        self, X: Any, domain: npt.ArrayLike | None = None, prior: npt.ArrayLike | None = None
    ) -> npt.NDArray[Any]:
        """Most probable latent class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        domain : array-like of shape (n_samples,) or one domain, default=None
            Domain of each point, see ``predict_proba``.
        prior : array-like of shape (n_classes,), default=None
            Class prior of the data instead of a domain, for example from ``adapt``.

        Returns
        -------
        ndarray of shape (n_samples,)
            Number of the class, or its name after ``name_classes``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.predict([[0], [1], [2]], domain="a"), model.predict([[0], [1], [2]], domain="b")
        (array([0, 0, 1]), array([0, 1, 1]))
        """
        classes = self.predict_proba(X, domain, prior).argmax(axis=1)
        return np.asarray(classes if self.class_names_ is None else self.class_names_[classes])

    def transform(self, X: Any) -> FloatArray:
        """Calibrated p(domain | x).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_domains)
            Posterior of each domain, columns in the order of ``domains_``.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.transform([[0], [1]]).round(2)
        array([[0.67, 0.33],
               [0.5 , 0.5 ]])
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        return np.ones((X.shape[0], 1)) if self._cells is None else self._domain_posteriors(X)[0]

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:
        """Names of the columns of ``transform``: ``domain_<domain>``.

        Parameters
        ----------
        input_features : Ignored
            Present for scikit-learn's conventions.

        Returns
        -------
        ndarray of str
            One name a domain.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> model.get_feature_names_out().tolist()
        ['domain_a', 'domain_b']
        """
        check_is_fitted(self)
        return np.array([f"domain_{d}" for d in self.domains_], dtype=object)

    def score(self, X: Any, y: npt.ArrayLike | None = None) -> float:
        """Mean log-likelihood of new points' clusters given their domains.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,), default=None
            Domains seen in ``fit``; None uses the pooled shares of the classes.

        Returns
        -------
        float
            ``mean log sum_y p(cluster | y) p(y | domain)``; the larger the better.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.label_shift import LatentLabelShift
        >>> X = np.repeat([0, 1, 2, 0, 1, 2], [40, 50, 10, 20, 50, 30])[:, None]
        >>> model = LatentLabelShift(discretizer="categorical", random_state=0).fit(X, np.repeat(["a", "b"], 100))
        >>> round(model.score([[1]], ["a"]), 2)  # the log of its share in a
        -0.69
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        if self._cells is None:
            cells = self._pooled(X).argmax(axis=1)
        else:
            f = None if self.discretizer == "categorical" else self._domain_posteriors(X)[0]
            cells = self._cells.assign(X, f)
        if y is None:
            p = (self.cluster_given_class_ @ self.class_share_)[cells]
        else:
            p = (self.cluster_given_class_ @ self.class_prior_)[cells, self._codes(y, len(cells))]
        return float(np.log(np.maximum(np.where(cells >= 0, p, 0.0), 1e-12)).mean())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        plain = self.discretizer == "categorical" or (
            isinstance(self.discriminator, str) and self.discriminator == "precomputed"
        )
        tags.input_tags.sparse = not plain
        tags.input_tags.allow_nan = self._allows_nan()
        # scikit-learn's checks read these of whatever has predict_proba; the estimator type stays "clusterer".
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags
