"""Figures of merit of channel estimates."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from ..bayes._operator import Array, as_inexact


def support_recovery(true: npt.ArrayLike, estimate: npt.ArrayLike, threshold: float = 1e-3) -> float:
    """Support recovery rate ``|est n true| / |est u true|``.

    Parameters
    ----------
    true, estimate : array-like of one shape
        Coefficients; the estimated support is where the estimate exceeds ``threshold`` times its maximum.
    threshold : float, default=1e-3
        Relative threshold.

    Returns
    -------
    float
        1 if the supports agree, 0 if they are disjoint.

    Examples
    --------
    >>> from pauca.channel import support_recovery
    >>> support_recovery([0, 1, 1, 0], [0, 2, 0, 0])
    0.5
    """
    a, b = np.abs(np.asarray(true)) > 0, np.abs(np.asarray(estimate))
    if a.shape != b.shape:
        raise ValueError(f"estimate: got shape {b.shape}, expected that of true, {a.shape}")
    found = b > threshold * b.max() if b.any() else np.zeros(b.shape, dtype=bool)
    union = int(np.sum(a | found))
    return float(np.sum(a & found)) / union if union else 1.0


def projection_floor(cascade: npt.ArrayLike, irs: npt.ArrayLike, ms: npt.ArrayLike, bs: npt.ArrayLike) -> float:
    """Share of a cascade that lies outside a dictionary: no estimate over the dictionary has a smaller NMSE.

    Parameters
    ----------
    cascade : array-like of shape (..., n_bs, n_irs, n_ms)
        The cascaded channel.
    irs, ms, bs : array-like of shape (n_antennas, n_atoms)
        Dictionaries of the three sides; that of the terminals (ms) conjugated, as the model has it.

    Returns
    -------
    float
        ``||C - P C||^2 / ||C||^2`` with P the projector on the dictionary's span.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.channel import projection_floor
    >>> cascade = np.random.default_rng(0).standard_normal((4, 8, 2))
    >>> projection_floor(cascade, np.eye(8), np.eye(2), np.eye(4)) < 1e-12
    True
    >>> projection_floor(np.ones((4, 8, 2)), np.eye(8)[:, :4], np.eye(2), np.eye(4))  # half of the surface left out
    0.5
    """
    C = as_inexact("cascade", cascade)
    if C.ndim < 3 or not np.isfinite(C).all() or not C.any():
        raise ValueError(
            f"cascade: got shape {C.shape}, expected finite (..., n_bs, n_irs, n_ms) that are not all zero"
        )
    bases = []
    for name, d, n in (("bs", bs, C.shape[-3]), ("irs", irs, C.shape[-2]), ("ms", ms, C.shape[-1])):
        if np.ndim(d) != 2 or np.shape(d)[0] != n:
            raise ValueError(f"{name}: got shape {np.shape(d)}, expected ({n}, n_atoms)")
        u, s, _ = np.linalg.svd(np.asarray(d), full_matrices=False)
        bases.append(u[:, s > 1e-10 * s[0]])
    inside = np.einsum("...brt,bi,rj,tk->...ijk", C, *(b.conj() for b in bases), optimize=True)
    back = np.einsum("...ijk,bi,rj,tk->...brt", inside, *bases, optimize=True)
    return float(np.sum(np.abs(C - back) ** 2) / np.sum(np.abs(C) ** 2))


def _channels(true: npt.ArrayLike, estimate: npt.ArrayLike) -> tuple[Array, Array]:
    H, G = as_inexact("true", true), as_inexact("estimate", estimate)
    if H.ndim < 2 or not H.size:
        raise ValueError(f"true: got shape {H.shape}, expected (..., n_bs, n_ms)")
    if G.shape != H.shape:
        raise ValueError(f"estimate: got shape {G.shape}, expected that of true, {H.shape}")
    for name, array in (("true", H), ("estimate", G)):
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: contains NaN or infinity, expected finite numbers")
    return H, G


def _leading_pair(H: Array) -> tuple[Array, Array]:
    u, _, vh = np.linalg.svd(H, full_matrices=False)
    return u[..., :, 0], vh[..., 0, :].conj()


def spectral_efficiency(true: npt.ArrayLike, estimate: npt.ArrayLike, snr_db: float) -> float:
    """Mean of ``log2(1 + SNR |w^H H f|^2)`` with combiner and precoder from the estimate's leading singular pair.

    Parameters
    ----------
    true, estimate : array-like of shape (..., n_bs, n_ms)
        Channels.
    snr_db : float
        Transmit power over noise variance, in dB.

    Returns
    -------
    float
        Bits per second and hertz.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.channel import spectral_efficiency
    >>> spectral_efficiency(np.eye(2), np.eye(2), snr_db=0.0)
    1.0
    """
    H, G = _channels(true, estimate)
    w, f = _leading_pair(G)
    gain = np.abs(np.einsum("...b,...bt,...t->...", w.conj(), H, f)) ** 2
    return float(np.mean(np.log2(1.0 + 10.0 ** (snr_db / 10.0) * gain)))


def symbol_error_rate(
    true: npt.ArrayLike,
    estimate: npt.ArrayLike,
    snr_db: float,
    *,
    n_symbols: int = 1000,
    order: int = 4,
    random_state: Any = None,
) -> float:
    """Share of PSK symbols decided wrongly when the estimate serves for precoding, combining and equalising.

    Parameters
    ----------
    true, estimate : array-like of shape (..., n_bs, n_ms)
        Channels.
    snr_db : float
        Mean received SNR per antenna: the channel's mean squared entry times the transmit power over the noise.
    n_symbols : int, default=1000
        Symbols a channel.
    order : int, default=4
        Points of the constellation.
    random_state : int, RandomState instance or None, default=None
        Source of symbols and noise.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.channel import symbol_error_rate
    >>> H = np.random.default_rng(0).standard_normal((10, 4, 2))
    >>> symbol_error_rate(H, H, snr_db=30.0, random_state=0)
    0.0
    """
    for name, n, least in (("n_symbols", n_symbols, 1), ("order", order, 2)):
        if not isinstance(n, Integral) or n < least:
            raise ValueError(f"{name}: got {n!r}, expected a whole number of at least {least}")
    rng = check_random_state(random_state)
    H, G = (a.reshape(-1, *a.shape[-2:]) for a in _channels(true, estimate))
    w, f = _leading_pair(G)
    through = np.einsum("kb,kbt,kt->k", w.conj(), H, f)
    assumed = np.einsum("kb,kbt,kt->k", w.conj(), G, f)
    s2 = np.mean(np.abs(H) ** 2) * 10.0 ** (-snr_db / 10.0)
    sent = rng.randint(order, size=(len(H), n_symbols))
    noise = (rng.standard_normal(sent.shape) + 1j * rng.standard_normal(sent.shape)) * np.sqrt(s2 / 2.0)
    received = through[:, None] * np.exp(2j * np.pi * sent / order) + noise
    safe = np.where(assumed == 0, 1.0, assumed)[:, None]
    decided = np.round(np.angle(received / safe) * order / (2.0 * np.pi)).astype(int) % order
    return float(np.mean(decided != sent))
