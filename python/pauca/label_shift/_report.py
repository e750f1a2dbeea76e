"""What a fit says about its own assumptions, and the warnings that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from .._validation import FloatArray
from .._warnings import warn_user


class LabelShiftWarning(UserWarning):
    """An assumption of latent label shift looks violated; the message gives the figure.

    Examples
    --------
    >>> import warnings
    >>> from pauca.label_shift import LabelShiftWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", LabelShiftWarning)  # stop at a doubtful fit instead of going on
    """


@dataclass(frozen=True)
class LabelShiftReport:
    """How well the data support a fit.

    Attributes
    ----------
    chi2_per_df : float
        Pearson's statistic of the cluster counts against the factorisation, over its degrees of freedom; near 1 if
        class conditionals are shared between domains, nan without degrees of freedom.
    fewer_classes_p_value : float
        Chance of a misfit as large as that of one class fewer, if that were the truth; small if all classes are needed.
    anchors_per_class : ndarray of shape (n_classes,)
        Number of points whose pooled posterior of the class exceeds 0.95.
    least_singular_value : float
        Of ``class_prior_ * sqrt(domain_share_)``: 0 if two classes move together between domains.
    condition_number : float
        Of the same matrix.
    discriminator_gain : float
        Entropy of the domains minus out-of-fold log-loss, in nats; 0 for a discriminator that knows nothing.
    stability : float
        Mean L1 distance a domain between the priors of this fit and of refits from other seeds of the clustering.

    Examples
    --------
    >>> from pauca.datasets import make_latent_label_shift
    >>> from pauca.label_shift import LatentLabelShift
    >>> data = make_latent_label_shift(2000, n_classes=3, n_domains=6, kind="gaussian", random_state=0)
    >>> report = LatentLabelShift(n_classes=3, random_state=0).fit(data.X, data.domain).report_
    >>> report.discriminator_gain > 0, report.anchors_per_class.shape
    (True, (3,))
    """

    chi2_per_df: float
    fewer_classes_p_value: float
    anchors_per_class: Any
    least_singular_value: float
    condition_number: float
    discriminator_gain: float
    stability: float


def align_priors(reference: FloatArray, other: FloatArray) -> FloatArray:
    """Rows of ``other`` (K, D) in the order closest to ``reference`` in L1."""
    cost = np.abs(reference[:, None, :] - other[None, :, :]).sum(axis=-1)
    return np.asarray(other[linear_sum_assignment(cost)[1]])


def misfit(counts: FloatArray, A: FloatArray, T: FloatArray) -> tuple[float, float]:
    """Pearson's chi2 / df of counts (m, D) against A T, and its p-value."""
    m, d = counts.shape
    df = (d - A.shape[1]) * (m - A.shape[1])
    if df <= 0:
        return float("nan"), 1.0
    expected = (A @ T) * counts.sum(axis=0)
    statistic = float((((counts - expected) ** 2) / np.maximum(expected, 0.5)).sum())
    return statistic / df, float(chi2.sf(statistic, df))


def discriminator_gain(f: FloatArray, codes: Any, share: FloatArray) -> float:
    """Entropy of the domains minus the log-loss of f, in nats."""
    loss = -float(np.log(np.maximum(f[np.arange(len(f)), codes], 1e-12)).mean())
    return float(-(share * np.log(share)).sum()) - loss


def warn_of_failures(report: LabelShiftReport, p_value: float, checked: bool) -> None:
    """One warning for each assumption that looks violated."""

    def warn(message: str) -> None:
        warn_user(message, LabelShiftWarning)

    if checked and report.discriminator_gain <= 0.0:
        warn(
            f"The discriminator is no better than the shares of the domains (gain {report.discriminator_gain:.3g} "
            "nats): domains look alike, or it needs more data or other features."
        )
    if report.condition_number > 30.0:
        warn(
            f"The shift is ill-conditioned (condition number {report.condition_number:.3g}, least singular value "
            f"{report.least_singular_value:.3g}): two classes move together between domains; try fewer classes."
        )
    lacking = np.flatnonzero(np.asarray(report.anchors_per_class) < 3)
    if len(lacking):
        warn(
            f"No anchors for classes {lacking.tolist()}: fewer than 3 points have a posterior above 0.95, so that "
            "their priors are not identified; try factorizer=SimplexNMF(solver='minvol') or fewer classes."
        )
    if report.fewer_classes_p_value > 0.01:
        warn(
            f"One class fewer fits the counts as well (p-value {report.fewer_classes_p_value:.3g}): the shift does not "
            "show all classes; take fewer of them, more domains or more data."
        )
    if report.chi2_per_df > 2.0 and p_value < 1e-6:
        warn(
            f"The factorisation misfits the counts (chi2/df {report.chi2_per_df:.3g}): p(x | class) may differ between "
            "domains, or there are more classes."
        )
