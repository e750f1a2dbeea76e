"""Domains that differ in class shares alone, and count tables with anchors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import Bunch, check_random_state

from .._validation import FloatArray


def _priors(
    n_classes: int, n_domains: int, concentration: float, max_condition: float, rng: np.random.RandomState
) -> FloatArray:
    """Dirichlet priors (n_classes, n_domains), drawn until their condition number is at most the cap."""
    if n_domains < n_classes:
        raise ValueError(f"n_domains: got {n_domains}, expected at least n_classes={n_classes}")
    best, least = None, np.inf
    for _ in range(20_000):
        T = rng.dirichlet(np.full(n_classes, concentration / n_classes), size=n_domains).T
        if not np.isfinite(T).all():
            continue
        condition = float(np.linalg.cond(T))
        if condition <= max_condition:
            return T
        if condition < least:
            best, least = T, condition
    raise ValueError(
        f"max_condition: no priors with a condition number of at most {max_condition} in 20,000 draws; the least seen "
        f"was {least:.3g}" + ("" if best is None else ": raise it, or lower concentration")
    )


def make_latent_label_shift(
    n_samples: int = 5000,
    n_classes: int = 5,
    n_domains: int = 10,
    *,
    kind: str = "blobs",
    n_features: int = 10,
    concentration: float = 0.5,
    max_condition: float = 4.0,
    random_state: Any = None,
) -> Bunch:
    """Unlabelled domains with shared class conditionals, and the truth.

    Parameters
    ----------
    n_samples : int, default=5000
        Number of points; domains have equal size.
    n_classes, n_domains : int, default=5, 10
        Numbers of classes and of domains, at least as many domains as classes.
    kind : {"blobs", "gaussian"}, default="blobs"
        ``blobs``: each class is four blobs scattered among those of other classes, so that distances between features
        mislead. ``gaussian``: one anisotropic Gaussian a class, overlapping.
    n_features : int, default=10
        Number of features.
    concentration : float, default=0.5
        Priors are Dirichlet(concentration / n_classes): the smaller, the stronger the shift.
    max_condition : float, default=4.0
        Priors are drawn until their condition number is at most this.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Returns
    -------
    Bunch
        ``X`` (n_samples, n_features), ``y`` and ``domain`` (n_samples,), ``class_prior`` (n_classes, n_domains), and
        ``log_density`` of the points under each class (n_samples, n_classes).

    Raises
    ------
    ValueError
        If there are fewer domains than classes, or no prior meets the cap.

    Examples
    --------
    >>> from pauca.datasets import make_latent_label_shift
    >>> data = make_latent_label_shift(n_samples=100, random_state=0)
    >>> data.X.shape, data.class_prior.shape
    ((100, 10), (5, 10))
    """
    rng = check_random_state(random_state)
    T = _priors(n_classes, n_domains, concentration, max_condition, rng)
    domain = np.arange(n_samples) % n_domains
    y = np.array([rng.choice(n_classes, p=T[:, d]) for d in domain], dtype=np.intp)
    if kind == "blobs":
        n_blobs = 4
        width = 6.0 * np.sqrt(max(1.0, 10.0 / n_features))  # few features: room to scatter
        centers = rng.uniform(-width, width, size=(n_classes, n_blobs, n_features))
        X = centers[y, rng.randint(n_blobs, size=n_samples)] + rng.standard_normal((n_samples, n_features))
        square = (
            (X**2).sum(axis=1)[:, None, None] - 2.0 * np.einsum("np,kbp->nkb", X, centers) + (centers**2).sum(axis=-1)
        )
        log_density = np.log(np.exp(-0.5 * (square - square.min(axis=(1, 2), keepdims=True))).mean(axis=-1) + 1e-300)
        log_density -= 0.5 * square.min(axis=(1, 2))[:, None]
    elif kind == "gaussian":
        centers = 0.7 * rng.standard_normal((n_classes, n_features))
        factors = 0.15 * rng.standard_normal((n_classes, n_features, n_features)) + 1.1 * np.eye(n_features)
        X = rng.standard_normal((n_samples, n_features))
        for k in range(n_classes):
            X[y == k] = centers[k] + X[y == k] @ factors[k].T
        log_density = np.empty((n_samples, n_classes))
        for k in range(n_classes):
            z = np.linalg.solve(factors[k], (X - centers[k]).T)
            log_density[:, k] = -0.5 * (z**2).sum(axis=0) - np.linalg.slogdet(factors[k])[1]
    else:
        raise ValueError(f"kind: got {kind!r}, expected 'blobs' or 'gaussian'")
    return Bunch(X=X, y=y, domain=domain, class_prior=T, log_density=log_density)


def shift_labels(
    y: npt.ArrayLike,
    n_domains: int,
    n_samples: int | None = None,
    *,
    concentration: float = 0.5,
    max_condition: float = 10.0,
    replace: bool = False,
    random_state: Any = None,
) -> Bunch:
    """Semi-synthetic label shift: split a labelled set into domains with drawn class priors.

    Parameters
    ----------
    y : array-like of shape (n_points,)
        Labels of the set.
    n_domains : int
        Number of domains, at least the number of classes.
    n_samples : int, default=None
        Number of points to draw in all, equal for every domain; None draws as many as the set allows.
    concentration : float, default=0.5
        Priors are Dirichlet(concentration / n_classes).
    max_condition : float, default=10.0
        Priors are drawn until their condition number is at most this.
    replace : bool, default=False
        Whether a point may be drawn more than once.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Returns
    -------
    Bunch
        ``index`` (n_samples,) into the set, ``domain`` (n_samples,), ``class_prior`` (n_classes, n_domains) with rows
        in the order of ``classes``.

    Raises
    ------
    ValueError
        If no prior meets the cap, or the set has too few points of a class.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.datasets import shift_labels
    >>> shift = shift_labels(np.repeat([0, 1], 100), n_domains=3, n_samples=60, replace=True, random_state=0)
    >>> np.bincount(shift.domain)
    array([20, 20, 20])
    """
    rng = check_random_state(random_state)
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    T = _priors(len(classes), n_domains, concentration, max_condition, rng)
    available = np.bincount(codes)
    if n_samples is None:
        size = int((available / np.maximum(T.sum(axis=1), 1e-12)).min() * 0.95)
        size = int(available.min()) if replace else size
    else:
        size = n_samples // n_domains
    if size < 1:
        raise ValueError(f"n_samples: {n_samples} leaves no point for each of {n_domains} domains")
    drawn = np.stack([rng.multinomial(size, T[:, d]) for d in range(n_domains)], axis=1)
    index, domain = [], []
    for k in range(len(classes)):
        pool = rng.permutation(np.flatnonzero(codes == k))
        need = int(drawn[k].sum())
        if replace:
            chosen = rng.choice(pool, need)
        elif need > len(pool):
            raise ValueError(
                f"n_samples: class {classes[k]!r} has {len(pool)} points and the domains ask for {need}; lower it or "
                "use replace=True"
            )
        else:
            chosen = pool[:need]
        index.append(chosen)
        domain.append(np.repeat(np.arange(n_domains), drawn[k]))
    order = rng.permutation(size * n_domains)
    return Bunch(
        index=np.concatenate(index)[order], domain=np.concatenate(domain)[order], class_prior=T, classes=classes
    )


def make_anchored_counts(
    n_documents: int = 20,
    n_words: int = 100,
    n_topics: int = 10,
    *,
    length: int = 500,
    anchors: bool = True,
    noise: bool = True,
    random_state: Any = None,
) -> Bunch:
    """Counts of a topic model whose topics have words of their own.

    Parameters
    ----------
    n_documents, n_words, n_topics : int, default=20, 100, 10
        Sizes.
    length : int, default=500
        Words a document.
    anchors : bool, default=True
        Whether about a fifth of the words occur in one topic alone.
    noise : bool, default=True
        False gives expected counts.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Returns
    -------
    Bunch
        ``counts`` (n_documents, n_words), ``topic_weights`` (n_documents, n_topics) and ``components`` (n_topics,
        n_words), whose rows sum to one.

    Examples
    --------
    >>> from pauca.datasets import make_anchored_counts
    >>> make_anchored_counts(random_state=0).counts.sum(axis=1)[:3]
    array([500., 500., 500.])
    """
    rng = check_random_state(random_state)
    H = rng.gamma(0.5, 1.0, size=(n_topics, n_words))
    if anchors:
        own = max(1, n_words // (5 * n_topics))
        for k in range(n_topics):
            H[:, k * own : (k + 1) * own] = 0.0
            H[k, k * own : (k + 1) * own] = 0.5 + rng.gamma(2.0, 1.0, size=own)
    H /= H.sum(axis=1, keepdims=True)
    W = rng.dirichlet(np.full(n_topics, 0.5), size=n_documents)
    P = W @ H
    counts = np.array([rng.multinomial(length, p / p.sum()) for p in P], dtype=float) if noise else length * P
    return Bunch(counts=counts, topic_weights=W, components=H)
