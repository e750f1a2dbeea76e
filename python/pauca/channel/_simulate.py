"""Uplink of a terminal to a base station over an intelligent reflecting surface."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from .._values import ShortRepr
from ..bayes._operator import as_inexact
from ._arrays import Array, angle_grid, ula_response


@dataclass(frozen=True, repr=False)
class SimulatedIRS(ShortRepr):
    """A simulated training block and the truth behind it.

    Attributes
    ----------
    received : ndarray of shape (n_patterns, n_pilots, n_bs[, n_subcarriers])
        What the base station receives; ``axes`` names the axes.
    axes : str
        ``"pattern,pilot,bs"``, or with ``",subcarrier"``.
    patterns : ndarray of shape (n_irs, n_patterns)
        Phase patterns of the surface.
    pilots : ndarray of shape (n_ms, n_pilots)
        Pilot symbols.
    cascade : ndarray of shape ([n_subcarriers,] n_bs, n_irs, n_ms)
        The cascaded channel, ``H2[b, r] * H1[r, t]``.
    direct : ndarray of shape ([n_subcarriers,] n_bs, n_ms) or None
        The direct channel.
    noise_variance : float
        E|noise|^2 of a received sample.
    clean : ndarray
        ``received`` without noise.
    angles : dict
        On a grid: indices of arrival and departure at every array.
    coef : ndarray of shape (n_grid, n_grid, n_grid) or None
        On a grid with one subcarrier: the sparse coefficients over (surface, terminal, base station) that the paper's
        dictionaries make of the cascade.

    Examples
    --------
    >>> from pauca.channel import simulate_irs_mimo
    >>> sim = simulate_irs_mimo(n_bs=4, n_irs=8, n_ms=2, n_patterns=6, n_pilots=3, random_state=0)
    >>> sim.axes, sim.received.shape
    ('pattern,pilot,bs', (6, 3, 4))
    >>> sim.channel(sim.patterns).shape
    (6, 4, 2)
    """

    received: Array
    axes: str
    patterns: Array
    pilots: Array
    cascade: Array
    direct: Array | None
    noise_variance: float
    clean: Array
    angles: dict[str, Array]
    coef: Array | None

    def channel(self, theta: npt.ArrayLike, include_direct: bool = True) -> Array:
        """The true channel under patterns of shape (n_irs,) or (n_irs, n): ([n_subcarriers,] [n,] n_bs, n_ms).

        Parameters
        ----------
        theta : array-like of shape (n_irs,) or (n_irs, n)
            Patterns.
        include_direct : bool, default=True
            Whether the direct channel, where there is one, is added.

        Returns
        -------
        ndarray of shape ([n_subcarriers,] [n,] n_bs, n_ms)
            True channels.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.channel import simulate_irs_mimo
        >>> sim = simulate_irs_mimo(n_bs=4, n_irs=8, n_ms=2, n_patterns=6, n_pilots=3, random_state=0)
        >>> H = sim.channel(np.ones(8), include_direct=False)
        >>> H.shape, np.allclose(H, sim.cascade.sum(axis=1))
        ((4, 2), True)
        """
        t = np.asarray(theta)
        out = np.einsum("...brt,rk->...kbt", self.cascade, t.reshape(len(t), -1))
        if include_direct and self.direct is not None:
            out = out + self.direct[..., None, :, :]
        return np.asarray(out if t.ndim == 2 else out[..., 0, :, :])


def draw_patterns(n_irs: int, n_patterns: int, random_state: Any = None) -> Array:
    """Patterns of independent entries +-1 / sqrt(n_irs).

    Parameters
    ----------
    n_irs : int
        Elements of the surface.
    n_patterns : int
        Number of patterns.
    random_state : int, RandomState instance or None, default=None
        Source of the signs.

    Returns
    -------
    ndarray of shape (n_irs, n_patterns)
        Patterns, one a column.

    Examples
    --------
    >>> from pauca.channel import draw_patterns
    >>> draw_patterns(4, 2, random_state=0).shape
    (4, 2)
    """
    rng = check_random_state(random_state)
    return np.asarray(rng.choice([-1.0, 1.0], (n_irs, n_patterns)) / np.sqrt(n_irs))


def draw_pilots(n_ms: int, n_pilots: int, random_state: Any = None) -> Array:
    """QPSK pilots over sqrt(n_ms).

    Parameters
    ----------
    n_ms : int
        Antennas of the terminal.
    n_pilots : int
        Number of pilot symbols.
    random_state : int, RandomState instance or None, default=None
        Source of the symbols.

    Returns
    -------
    ndarray of shape (n_ms, n_pilots)
        Pilots, one a column; each has unit power.

    Examples
    --------
    >>> from pauca.channel import draw_pilots
    >>> draw_pilots(4, 3, random_state=0).shape
    (4, 3)
    """
    rng = check_random_state(random_state)
    signs = rng.choice([-1.0, 1.0], (2, n_ms, n_pilots))
    return np.asarray((signs[0] + 1j * signs[1]) / np.sqrt(2.0 * n_ms))


def _normal(rng: Any, *shape: int) -> Array:
    return np.asarray((rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2.0))


def _paper_channel(rng: Any, n_bs: int, n_irs: int, n_ms: int, n_grid: int, n_paths: int, spread: bool, L: int) -> Any:
    """Narrowband channels with ``n_paths`` adjacent directions of arrival and one of departure at each end."""
    direction = angle_grid(n_grid)

    def arrival() -> Array:
        if spread:  # adjacent grid points
            return np.asarray((rng.randint(n_grid) + np.arange(n_paths)) % n_grid)
        return np.asarray(rng.uniform(0, n_grid, n_paths))

    def departure() -> Array:
        return np.array([rng.randint(n_grid) if spread else rng.uniform(0, n_grid)])

    angles = {
        "irs_arrival": arrival(),
        "bs_arrival": arrival(),
        "ms_departure": departure(),
        "irs_departure": departure(),
    }
    u = {k: direction[v] if spread else -1.0 + 2.0 * v / n_grid for k, v in angles.items()}
    alpha, beta = _normal(rng, L, n_paths), _normal(rng, L, n_paths)
    a_ms, a_out = ula_response(n_ms, u["ms_departure"])[:, 0], ula_response(n_irs, u["irs_departure"])[:, 0]
    H1 = np.sqrt(n_ms * n_irs / n_paths) * np.einsum(
        "rp,lp,t->lrt", ula_response(n_irs, u["irs_arrival"]), alpha, a_ms.conj()
    )
    H2 = np.sqrt(n_bs * n_irs / n_paths) * np.einsum(
        "bp,lp,r->lbr", ula_response(n_bs, u["bs_arrival"]), beta, a_out.conj()
    )
    coef = None
    if spread and L == 1:
        coef = np.zeros((n_grid, n_grid, n_grid), complex)
        scale = n_irs * np.sqrt(n_ms * n_bs) / n_paths
        first = (angles["irs_arrival"] - angles["irs_departure"][0]) % n_grid
        coef[np.ix_(first, angles["ms_departure"], angles["bs_arrival"])] = (
            scale * np.outer(alpha[0], beta[0])[:, None, :]
        )
    return H1, H2, angles, coef


def _given_channels(channels: Any) -> tuple[Array, Array]:
    if not isinstance(channels, (tuple, list)) or len(channels) != 2:
        raise ValueError("channels: expected a pair (H1, H2), of shapes (n_irs, n_ms) and (n_bs, n_irs)")
    H1, H2 = (as_inexact("channels", h) for h in channels)
    if H1.ndim != 2 or H2.ndim != 2 or H1.shape[0] != H2.shape[1]:
        raise ValueError(f"channels: got shapes {H1.shape}, {H2.shape}, expected (n_irs, n_ms), (n_bs, n_irs)")
    if not np.isfinite(H1).all() or not np.isfinite(H2).all():
        raise ValueError("channels: NaN or infinite entries")
    return H1, H2


def simulate_irs_mimo(
    n_bs: int = 16,
    n_irs: int = 256,
    n_ms: int = 6,
    *,
    n_patterns: int = 6,
    n_pilots: int = 3,
    snr_db: float = 20.0,
    n_grid: int = 18,
    n_paths: int = 3,
    on_grid: bool = True,
    n_subcarriers: int | None = None,
    channels: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    direct_power: float = 0.0,
    patterns: npt.ArrayLike | None = None,
    pilots: npt.ArrayLike | None = None,
    random_state: Any = None,
) -> SimulatedIRS:
    """Simulate a training block of the IRS-MIMO uplink.

    For pattern k the base station receives ``Y_k = (H_d + H2 diag(theta_k) H1) X + noise``.

    Parameters
    ----------
    n_bs, n_irs, n_ms : int, default=16, 256, 6
        Antennas of the base station, elements of the surface, antennas of the terminal (linear arrays).
    n_patterns, n_pilots : int, default=6, 3
        Training patterns (entries +-1 / sqrt(n_irs)) and pilots (QPSK / sqrt(n_ms)).
    snr_db : float, default=20.0
        Mean power of the noiseless received samples over the noise variance; ``inf`` for no noise.
    n_grid : int, default=18
        Grid of directions that the paths lie on.
    n_paths : int, default=3
        Adjacent directions of arrival at the surface and at the base station, at most ``n_grid`` on the grid; there is
        one of departure each.
    on_grid : bool, default=True
        False draws all directions continuously and independently.
    n_subcarriers : int, default=None
        Subcarriers with gains of their own and common directions; None: one, without an axis for it.
    channels : (array-like of shape (n_irs, n_ms), array-like of shape (n_bs, n_irs)), default=None
        Given H1 and H2 instead of drawn ones, for instance from :func:`load_street_canyon`.
    direct_power : float, default=0.0
        Power of a direct channel with independent entries, relative to the cascade's under the training patterns.
    patterns : array-like of shape (n_irs, n_patterns), default=None
        Patterns to use.
    pilots : array-like of shape (n_ms, n_pilots), default=None
        Pilots to use.
    random_state : int, RandomState instance or None, default=None
        Source of all random numbers.

    Returns
    -------
    SimulatedIRS
        The block and the truth behind it.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.

    References
    ----------
    He, Y. and Joseph, G. (2025). Bayesian algorithms for Kronecker-structured sparse vector recovery with application
    to IRS-MIMO channel estimation. IEEE Transactions on Signal Processing.

    Examples
    --------
    >>> from pauca.channel import simulate_irs_mimo
    >>> sim = simulate_irs_mimo(snr_db=10.0, random_state=0)
    >>> sim.received.shape, sim.axes
    ((6, 3, 16), 'pattern,pilot,bs')
    """
    sizes = {"n_bs": n_bs, "n_irs": n_irs, "n_ms": n_ms, "n_patterns": n_patterns, "n_pilots": n_pilots}
    sizes |= {"n_grid": n_grid, "n_paths": n_paths, "n_subcarriers": 1 if n_subcarriers is None else n_subcarriers}
    for name, n in sizes.items():
        if not isinstance(n, Integral) or n < 1:
            raise ValueError(f"{name}: got {n!r}, expected a whole number of at least 1")
    if on_grid and channels is None and n_paths > n_grid:
        raise ValueError(f"n_paths: got {n_paths}, expected at most the {n_grid} directions of the grid (n_grid)")
    if not isinstance(snr_db, Real) or not snr_db > -math.inf:
        raise ValueError(f"snr_db: got {snr_db!r}, expected decibels, or inf for no noise")
    if not isinstance(direct_power, Real) or not 0 <= direct_power < math.inf:
        raise ValueError(f"direct_power: got {direct_power!r}, expected a ratio of powers >= 0")
    rng = check_random_state(random_state)
    L = 1 if n_subcarriers is None else n_subcarriers
    angles: dict[str, Array] = {}
    coef = None
    if channels is not None:
        H1, H2 = _given_channels(channels)
        H1, H2 = np.repeat(H1[None], L, axis=0), np.repeat(H2[None], L, axis=0)
        n_bs, n_irs, n_ms = H2.shape[1], H2.shape[2], H1.shape[2]
    else:
        H1, H2, angles, coef = _paper_channel(rng, n_bs, n_irs, n_ms, n_grid, n_paths, on_grid, L)
    theta = draw_patterns(n_irs, n_patterns, rng) if patterns is None else as_inexact("patterns", patterns)
    X = draw_pilots(n_ms, n_pilots, rng) if pilots is None else as_inexact("pilots", pilots)
    for name, given, rows in (("patterns", theta, n_irs), ("pilots", X, n_ms)):
        if given.ndim != 2 or given.shape[0] != rows or not given.size or not np.isfinite(given).all():
            raise ValueError(f"{name}: got shape {given.shape}, expected finite numbers of shape ({rows}, n_{name})")
    cascade = H2[:, :, :, None] * H1[:, None]
    clean = np.einsum("lbrt,rk,tp->kpbl", cascade, theta, X, optimize=True)
    direct = None
    if direct_power > 0:
        direct = _normal(rng, L, n_bs, n_ms)
        through = np.einsum("lbt,tp->pbl", direct, X)
        direct *= np.sqrt(direct_power * np.mean(np.abs(clean) ** 2) / np.mean(np.abs(through) ** 2))
        clean = clean + np.einsum("lbt,tp->pbl", direct, X)[None]
    s2 = float(np.mean(np.abs(clean) ** 2) * 10.0 ** (-snr_db / 10.0))
    received = clean + np.sqrt(s2) * _normal(rng, *clean.shape)
    one = n_subcarriers is None
    return SimulatedIRS(
        received=received[..., 0] if one else received,
        axes="pattern,pilot,bs" + ("" if one else ",subcarrier"),
        patterns=theta,
        pilots=X,
        cascade=cascade[0] if one else cascade,
        direct=None if direct is None else (direct[0] if one else direct),
        noise_variance=s2,
        clean=clean[..., 0] if one else clean,
        angles=angles,
        coef=coef,
    )
