"""Responses of antenna arrays with half-wavelength spacing, and dictionaries of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def ula_response(n_antennas: int, u: npt.ArrayLike) -> Array:
    """Response of a uniform linear array, ``a(u)_d = exp(j pi u d) / sqrt(n)`` for d = 0, ..., n - 1.

    Parameters
    ----------
    n_antennas : int
        Number of antennas.
    u : array-like of shape (n,), or float
        Directions as cosines of the angle to the array's axis (0 is broadside), in [-1, 1); u and u + 2 are the same.

    Returns
    -------
    ndarray of shape (n_antennas, n)
        Columns of unit norm.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.

    Examples
    --------
    >>> from pauca.channel import ula_response
    >>> ula_response(2, [0.0]).ravel().real.round(3)
    array([0.707, 0.707])
    """
    if n_antennas < 1:
        raise ValueError(f"n_antennas: got {n_antennas}, expected at least 1")
    directions = np.atleast_1d(np.asarray(u, dtype=np.float64))
    if directions.ndim != 1 or not np.isfinite(directions).all():
        raise ValueError(f"u: got shape {directions.shape}, expected finite directions of shape (n,)")
    return np.asarray(np.exp(1j * np.pi * np.outer(np.arange(n_antennas), directions)) / math.sqrt(n_antennas))


def ura_response(shape: tuple[int, int], u: npt.ArrayLike) -> Array:
    """Response of a uniform rectangular array: the Kronecker product of two linear ones.

    Parameters
    ----------
    shape : (int, int)
        Antennas along x and y; the index along y is the fastest.
    u : array-like of shape (n, 2)
        Directions along x and y.

    Returns
    -------
    ndarray of shape (shape[0] * shape[1], n)
        Columns of unit norm.

    Examples
    --------
    >>> from pauca.channel import ura_response
    >>> ura_response((2, 3), [[0.0, 0.5], [0.25, -0.5]]).shape
    (6, 2)
    """
    directions = np.atleast_2d(np.asarray(u, dtype=np.float64))
    if np.ndim(shape) != 1 or len(shape) != 2:
        raise ValueError(f"shape: got {shape!r}, expected the numbers of antennas along x and y")
    if directions.ndim != 2 or directions.shape[1] != 2:
        raise ValueError(f"u: got shape {np.shape(u)}, expected directions of shape (n, 2)")
    x, y = ula_response(shape[0], directions[:, 0]), ula_response(shape[1], directions[:, 1])
    return np.asarray((x[:, None, :] * y[None, :, :]).reshape(shape[0] * shape[1], -1))


def angle_grid(n: int) -> Array:
    """Directions ``-1 + 2 k / n``, k = 0, ..., n - 1.

    Parameters
    ----------
    n : int
        Number of directions, at least 1.

    Returns
    -------
    ndarray of shape (n,)
        Directions as cosines, evenly spaced.

    Examples
    --------
    >>> from pauca.channel import angle_grid
    >>> angle_grid(4)
    array([-1. , -0.5,  0. ,  0.5])
    """
    if n < 1:
        raise ValueError(f"n: got {n}, expected at least 1")
    return np.asarray(-1.0 + 2.0 * np.arange(n) / n)


def difference_dictionary(n_antennas: int, grid: npt.ArrayLike) -> Array:
    """Dictionary of the cascade at the surface: ``a(u_k) * conj(a(u_0))``, the products of arrival and departure.

    A path that arrives from direction u and leaves towards v acts on the patterns through u - v alone, so that a grid
    of n directions has n distinct differences among its n^2 pairs.

    Parameters
    ----------
    n_antennas : int
        Elements of the surface.
    grid : array-like of shape (n,)
        Directions on a regular grid.

    Returns
    -------
    ndarray of shape (n_antennas, n)
        Columns of norm ``1 / sqrt(n_antennas)``.

    Examples
    --------
    >>> from pauca.channel import angle_grid, difference_dictionary
    >>> difference_dictionary(16, angle_grid(8)).shape
    (16, 8)
    """
    a = ula_response(n_antennas, grid)
    return np.asarray(a * a[:, :1].conj())
