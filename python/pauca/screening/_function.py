"""The scores alone, as a function."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ._screener import MutualInformationScreener


def mutual_information(X: Any, y: npt.ArrayLike, *, criterion: str = "kde", **options: Any) -> Any:
    """Score every feature against the target.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features; NaN marks a missing value.
    y : array-like of shape (n_samples,)
        Target: numbers or labels.
    criterion : {"kde", "binning", "knn", "correlation", "distance_correlation"}, default="kde"
        What to compute, see :class:`MutualInformationScreener`.
    **options
        Further parameters of :class:`MutualInformationScreener`.

    Returns
    -------
    scores : ndarray of shape (n_features,)
        Mutual information in nats, or the other criterion; with ``n_permutations`` a pair of scores and p-values.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.screening import mutual_information
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(2000, 2))
    >>> y = 0.6 * x[:, 0] + 0.8 * rng.normal(size=2000)
    >>> mutual_information(x, y, bandwidth_factor=0.7).round(2)
    array([0.2, 0. ])
    """
    return MutualInformationScreener(criterion=criterion, **options)(X, y)
