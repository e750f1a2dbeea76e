"""Label shift with known classes: the prior of a new domain, and posteriors moved to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import _core
from .._sklearn_compat import check_array
from .._validation import FloatArray


def _posteriors(name: str, value: npt.ArrayLike) -> FloatArray:
    array = np.asarray(check_array(value, dtype=np.float64, input_name=name))
    if (array < 0.0).any() or not np.allclose(array.sum(axis=1), 1.0, atol=1e-4):
        raise ValueError(f"{name}: expected probabilities, nonnegative rows that sum to one")
    return array


def _prior(name: str, value: npt.ArrayLike, size: int) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    if array.shape != (size,) or not np.isfinite(array).all() or (array < 0.0).any() or array.sum() <= 0.0:
        raise ValueError(f"{name}: expected {size} nonnegative class shares, got {value!r}")
    return np.asarray(array / array.sum())


def mlls(proba: npt.ArrayLike, source_prior: npt.ArrayLike, *, tol: float = 1e-8) -> FloatArray:
    """Class prior of unlabelled data by maximum likelihood label shift.

    Maximises ``sum_i log sum_y r_y p(y | x_i) / p(y)`` over priors r: concave, and the fixed point of the EM of
    Saerens et al. (2002), here by Newton steps. Needs calibrated posteriors.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Posteriors of the new data under the source prior.
    source_prior : array-like of shape (n_classes,)
        Prior under which ``proba`` was calibrated.
    tol : float, default=1e-8
        Bound on the distance of the mean log-likelihood from its maximum.

    Returns
    -------
    ndarray of shape (n_classes,)
        Estimated prior.

    Raises
    ------
    ValueError
        If an argument holds no probabilities.

    References
    ----------
    Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs of a classifier to new a priori
    probabilities. Neural Computation 14.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.label_shift import mlls
    >>> proba = np.repeat([[0.9, 0.1], [0.2, 0.8]], [50, 150], axis=0)
    >>> mlls(proba, [0.5, 0.5]).round(2)
    array([0.24, 0.76])
    """
    posterior = _posteriors("proba", proba)
    prior = _prior("source_prior", source_prior, posterior.shape[1])
    ratio = np.divide(posterior, prior, out=np.zeros_like(posterior), where=prior > 0.0)
    found, _ = _core.mixture_weights_one(np.full(len(ratio), 1.0 / len(ratio)), np.asfortranarray(ratio.T), float(tol))
    return np.asarray(found)


def bbse(
    y_source: npt.ArrayLike,
    pred_source: npt.ArrayLike,
    pred_target: npt.ArrayLike,
    *,
    labels: npt.ArrayLike | None = None,
) -> FloatArray:
    """Class prior of unlabelled data by black-box shift estimation.

    With ``M[c, y] = p(predicted c | class y)`` on labelled source data and ``g[c]`` the share of prediction c in the
    new data, the prior is the least-squares solution of ``M r = g`` on the simplex.

    Parameters
    ----------
    y_source, pred_source : array-like of shape (n_source,)
        Classes and held-out predictions of source data.
    pred_target : array-like of shape (n_target,)
        Predictions of the new data.
    labels : array-like, default=None
        Classes in the order wanted; None means the sorted classes of ``y_source``.

    Returns
    -------
    ndarray of shape (n_classes,)
        Estimated prior.

    Raises
    ------
    ValueError
        If a class of ``labels`` is absent from ``y_source``, or a prediction is no class.

    References
    ----------
    Lipton, Z., Wang, Y.-X. and Smola, A. (2018). Detecting and correcting for label shift with black box predictors.
    ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.label_shift import bbse
    >>> y = np.repeat([0, 1], 100)
    >>> pred = np.r_[np.repeat([0, 1], [90, 10]), np.repeat([0, 1], [20, 80])]
    >>> bbse(y, pred, np.repeat([0, 1], [75, 125])).round(3)
    array([0.25, 0.75])
    """
    classes = np.unique(y_source) if labels is None else np.asarray(labels)
    position = {c: i for i, c in enumerate(classes.tolist())}
    try:
        truth = np.array([position[c] for c in np.asarray(y_source).tolist()])
        source = np.array([position[c] for c in np.asarray(pred_source).tolist()])
        target = np.array([position[c] for c in np.asarray(pred_target).tolist()])
    except KeyError as error:
        raise ValueError(f"labels: {error.args[0]!r} is not among the classes {classes.tolist()}") from None
    if truth.shape != source.shape:
        raise ValueError(f"pred_source: got {len(source)} predictions for {len(truth)} labels")
    k = len(classes)
    counts = np.bincount(truth, minlength=k)
    if (counts == 0).any():
        raise ValueError(f"y_source: no sample of class {classes[int(np.argmin(counts))]!r}")
    confusion = np.zeros((k, k))
    np.add.at(confusion, (source, truth), 1.0)
    confusion /= counts
    share = np.bincount(target, minlength=k) / max(len(target), 1)
    gram = np.asfortranarray(confusion.T @ confusion)
    return np.asarray(_core.simplex_least_squares(gram, np.asfortranarray((confusion.T @ share)[:, None])))[:, 0]


def adjust_to_prior(proba: npt.ArrayLike, source_prior: npt.ArrayLike, prior: npt.ArrayLike) -> FloatArray:
    """Posteriors under another class prior: ``p(y | x) prior[y] / source_prior[y]``, normalised.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Posteriors under the source prior.
    source_prior, prior : array-like of shape (n_classes,)
        Old and new prior.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Posteriors under ``prior``; the prior itself where no class that it allows explains a sample.

    Raises
    ------
    ValueError
        If an argument holds no probabilities.

    Examples
    --------
    >>> from pauca.label_shift import adjust_to_prior
    >>> adjust_to_prior([[0.5, 0.5]], [0.5, 0.5], [0.9, 0.1])
    array([[0.9, 0.1]])
    """
    posterior = _posteriors("proba", proba)
    old = _prior("source_prior", source_prior, posterior.shape[1])
    new = _prior("prior", prior, posterior.shape[1])
    return reweighted(posterior, np.divide(new, old, out=np.zeros_like(new), where=old > 0.0), new)


def reweighted(h: FloatArray, weights: FloatArray, fallback: FloatArray) -> FloatArray:
    """Rows ``h * weights`` normalised; ``fallback`` where a row vanishes. Shapes broadcast."""
    out = h * weights
    total = out.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, out / np.where(total > 0.0, total, 1.0), fallback)
