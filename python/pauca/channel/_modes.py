"""One mode of the channel model: an array, its dictionary, and how it is observed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from ..bayes._operator import Array, as_inexact
from ._arrays import angle_grid, ula_response

MANY = 10**6


@dataclass(frozen=True)
class Mode:
    """Dictionary over one array: own columns, or responses at directions of shape (n, 1 or 2).

    The factor of the model is ``sensing @ dictionary``; ``conjugate`` for the terminal, whose response enters
    conjugated; ``half_steps`` is half the grid's step along each axis.
    """

    name: str
    shape: tuple[int, ...]
    sensing: Array | None
    directions: Array | None
    half_steps: tuple[float, ...]
    own: Array | None = None
    conjugate: bool = False

    @property
    def kind(self) -> tuple[str, tuple[int, ...], bool]:
        """What has to agree for directions of one mode to serve another."""
        return self.name, self.shape, self.directions is None

    @property
    def dictionary(self) -> Array:
        """Matrix of shape (n_antennas, n_atoms)."""
        if self.own is not None:
            return self.own
        assert self.directions is not None
        out = np.ones((1, len(self.directions)))
        for n, u in zip(self.shape, self.directions.T, strict=True):
            out = (out[:, None, :] * ula_response(n, u)[None]).reshape(-1, len(self.directions))
        return np.asarray(out.conj() if self.conjugate else out)

    @property
    def factor(self) -> Array:
        """The factor of the Kronecker-structured model."""
        return self.dictionary if self.sensing is None else np.asarray(self.sensing @ self.dictionary)

    def coverage(self) -> float:
        """Mean share of the response to a direction drawn at random that the dictionary holds."""
        basis, s, _ = np.linalg.svd(self.dictionary, full_matrices=False)
        basis = basis[:, s > 1e-10 * s[0]]
        # The mean of a a^H over all directions is the identity over the number of antennas.
        return min(1.0, float(np.linalg.norm(basis) ** 2) / math.prod(self.shape))

    def zoomed(self, active: Array) -> Mode:
        """The mode with, for each active direction, that direction and its neighbours half a step away."""
        if self.directions is None:
            return self
        offsets = np.zeros((1, 0))
        for h in self.half_steps:
            steps = np.array([-h, 0.0, h])
            offsets = np.hstack([np.repeat(offsets, 3, axis=0), np.tile(steps, len(offsets))[:, None]])
        fine = (self.directions[active][:, None, :] + offsets[None]).reshape(-1, len(self.half_steps))
        fine = np.unique(np.round((fine + 1.0) % 2.0 - 1.0, 9), axis=0)
        halves = tuple(h / 2 for h in self.half_steps)
        return Mode(self.name, self.shape, self.sensing, fine, halves, None, self.conjugate)


def array_shape(name: str, value: Any, n_antennas: int) -> tuple[int, ...]:
    """(n,) for a linear array, (nx, ny) for a rectangular one; None is linear."""
    if value is None:
        return (n_antennas,)
    shape = (int(value),) if np.ndim(value) == 0 else tuple(int(v) for v in value)
    if len(shape) not in (1, 2) or math.prod(shape) != n_antennas:
        raise ValueError(f"{name}: got {value!r}, expected {n_antennas} antennas as an int or (nx, ny)")
    return shape


def make_mode(name: str, shape: tuple[int, ...], grid: Any, own: Any, sensing: Array | None) -> Mode:
    """A mode from its grid (None, points an axis, or directions) or its own dictionary."""
    conjugate = name == "ms"
    antennas = math.prod(shape)
    if own is not None:
        d = as_inexact(f"dictionaries[{name!r}]", own)
        if d.ndim != 2 or d.shape[0] != antennas or not np.isfinite(d).all():
            raise ValueError(f"dictionaries[{name!r}]: got shape {d.shape}, expected finite ({antennas}, n_atoms)")
        return Mode(name, shape, sensing, None, (), d, conjugate)
    if grid is None:
        grid = shape
    if np.ndim(grid) == 0:
        grid = (int(grid),) * len(shape)
    if isinstance(grid, tuple) and len(grid) == len(shape) and all(isinstance(g, Integral) for g in grid):
        if min(grid) < 1 or math.prod(map(int, grid)) > MANY:
            raise ValueError(f"grids[{name!r}]: got {grid}, expected positive numbers of points, {MANY} at most in all")
        # The surface sees differences of directions: multiples of the step, zero among them.
        axes = [(2.0 * np.arange(g) / g + 1.0) % 2.0 - 1.0 if name.startswith("irs") else angle_grid(g) for g in grid]
        directions = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(shape))
        return Mode(name, shape, sensing, directions, tuple(1.0 / g for g in grid), None, conjugate)
    directions = np.asarray(grid, dtype=np.float64)
    if directions.ndim == 1 and len(shape) == 1:
        directions = directions[:, None]
    if directions.ndim != 2 or directions.shape[1] != len(shape) or not np.isfinite(directions).all():
        raise ValueError(
            f"grids[{name!r}]: got shape {directions.shape}, expected a number of points, or directions of shape "
            f"(n, {len(shape)})"
        )
    if directions.size == 0 or np.abs(directions).max() > 1.0:
        raise ValueError(f"grids[{name!r}]: expected directions as cosines in [-1, 1), not as degrees or radians")
    halves = []
    for u in directions.T:
        gaps = np.diff(np.unique(u))
        halves.append(float(np.median(gaps)) / 2 if len(gaps) else 1.0)
    return Mode(name, shape, sensing, directions, tuple(halves), None, conjugate)
