"""Estimation of the cascaded channel from the received training tensor."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import null_space
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from .._magnitude import check_squares
from .._sklearn_compat import Interval, StrOptions, _fit_context
from .._validation import seconds_or_inf
from .._warnings import warn_user
from ..bayes import SBL, KroneckerOperator, KroneckerSBL
from ..bayes._base import LOST
from ..bayes._operator import Array, as_double, as_inexact
from ..bayes._scores import nmse_db
from ._axes import received_axes
from ._coherence import LastBlock, found_modes, powers, unexplained
from ._direct import warn_of_direct_channel
from ._metrics import projection_floor
from ._modes import Mode, array_shape, make_mode


class IRSChannelEstimator(BaseEstimator):
    """Cascaded channel of a link over an intelligent reflecting surface (IRS), from received pilots.

    For pattern theta_k the base station receives ``Y_k = (H_d + H2 diag(theta_k) H1) X + noise``. The cascade
    ``C[b, r, t] = H2[b, r] H1[r, t]`` gives the channel under any pattern, ``H(theta) = sum_r theta_r C[:, r, :]``.
    Over dictionaries of array responses at the three sides it is sparse with a product support, and the received tensor
    is ``(Theta^T D (x) X^T conj(A_ms) (x) A_bs) x + noise``, which :class:`pauca.bayes.KroneckerSBL` solves.

    Parameters
    ----------
    patterns : array-like of shape (n_irs, n_patterns), default=None
        Training patterns in its columns; with ``separable_patterns`` a pair of (n_x, k_x) and (n_y, k_y), the pattern
        axis running over k_x k_y in C order. Needed by ``fit``.
    pilots : array-like of shape (n_ms, n_pilots), default=None
        Pilots in its columns. Needed by ``fit``.
    grids : int, tuple or dict, default=None
        Grid of directions. None: one point an antenna along every axis, which spans everything. An int: this many
        points along every axis. A dict with keys ``"irs"``, ``"ms"``, ``"bs"``: None, an int, a pair of ints, or
        directions of shape (n,) or (n, 2), cosines in [-1, 1); at the surface differences, arrival minus departure.
    axes : str or sequence of str, default=None
        Names of the axes of Y, for example ``"bs,pilot,pattern,subcarrier"``. Axes of one entry may be missing from Y,
        as MATLAB drops the last ones. None: three axes told apart by their sizes; an error where sizes coincide.
    direct : array-like of shape ([n_subcarriers,] n_bs, n_ms), "eliminate" or None, default=None
        The direct channel. None: there is none, it is obstructed; a warning says when the data speak against that.
        An array: it is known, and subtracted. ``"eliminate"``: unknown; it is eliminated exactly by projecting the
        patterns on the complement of their common part, and estimated afterwards by least squares.
    noise_variance : float, default=None
        E|noise|^2 of a received sample, in the units of ``|Y|^2``; None: learned.
    irs_array, bs_array, ms_array : int or (int, int), default=None
        Geometry, half-wavelength spacing: None or an int for a linear array, a pair for a rectangular one.
    separable_patterns : bool, default=False
        Whether patterns are Kronecker products over the two axes of a rectangular surface: two factors, not one.
    dictionaries : dict, default=None
        Own dictionaries of shape (n_antennas, n_atoms) for ``"irs"``, ``"ms"`` (as it enters, usually conjugated),
        ``"bs"``; they are not refined.
    refine : int or "auto", default="auto"
        Rounds of off-grid refinement, at most 10: each replaces the grid by the directions found and their neighbours
        half a step away. The round of smallest type-II cost is kept. ``"auto"``: 3 with KroneckerSBL, 0 with other
        solvers.
    solver : estimator, default=None
        An estimator of :mod:`pauca.bayes` with a parameter ``factors``; None: ``KroneckerSBL(prune=1e-3)``, which keeps
        the weak atoms that a direction off the grid spreads over.
    floor_target : float, default=0.1
        Warn when directions at random would be represented by the initial grid with a larger error than this; such a
        grid fits the training patterns and fails on others. None: do not warn.
    refine_threshold : float, default=1e-3
        Directions whose power is below this share of the strongest are not refined further.
    max_time : float, default=None
        Limit in seconds for all rounds together, with KroneckerSBL: refinement ends when it is over.
    warm_start : bool, default=False
        Whether a further ``fit`` starts on the directions that the last one found and, with ``refine="auto"``, refines
        no more: for coherence blocks over which directions stay and gains change. Should twice as large a share of
        the received power be left unexplained as last time, it starts on the grid after all.

    Attributes
    ----------
    cascade_ : ndarray of shape ([n_subcarriers,] n_bs, n_irs, n_ms)
        Estimated cascade.
    direct_ : ndarray of shape ([n_subcarriers,] n_bs, n_ms) or None
        Direct channel, known or estimated.
    coef_ : ndarray of shape ([n_subcarriers,] n_irs_atoms, n_ms_atoms, n_bs_atoms)
        Coefficients over the final dictionaries (four modes with ``separable_patterns``).
    dictionaries_ : dict of str to ndarray
        Final dictionaries.
    directions_ : dict of str to ndarray of shape (n_atoms, 1 or 2)
        Their directions, where they are array responses.
    grid_floor_ : float
        Expected share of the cascade of directions at random that lies outside the initial dictionaries.
    noise_variance_ : float
        Noise variance used or learned (NaN with solvers that have none).
    solver_ : estimator
        The fitted solver of the round kept.
    refine_path_ : ndarray
        Type-II cost of every round.
    n_iter_ : int
        Iterations of the solver over all rounds.

    Raises
    ------
    ValueError
        If sizes, names or values do not fit; the message names which.

    Warns
    -----
    UserWarning
        If the grid cannot represent directions at random (``floor_target``), or if with ``direct=None`` more of the
        received power is common to all patterns than a reflection gives in one case of a thousand.
    ConvergenceWarning
        If the solver did not converge on the initial grid.

    References
    ----------
    He, Y. and Joseph, G. (2025). Bayesian algorithms for Kronecker-structured sparse vector recovery with application
    to IRS-MIMO channel estimation. IEEE Transactions on Signal Processing.

    Examples
    --------
    >>> from pauca.channel import IRSChannelEstimator, nmse, simulate_irs_mimo
    >>> sim = simulate_irs_mimo(n_bs=8, n_irs=32, n_ms=4, n_patterns=16, n_pilots=4, n_grid=32, random_state=0)
    >>> model = IRSChannelEstimator(sim.patterns, sim.pilots, axes="pattern,pilot,bs").fit(sim.received)
    >>> model.cascade_.shape
    (8, 32, 4)
    >>> nmse(sim.cascade, model.cascade_) < 0.1
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "patterns": ["array-like", tuple, list, None],
        "pilots": ["array-like", None],
        "grids": [Integral, tuple, dict, None],
        "axes": [str, list, tuple, None],
        "direct": ["array-like", StrOptions({"eliminate"}), None],
        "noise_variance": [Interval(Real, 0, None, closed="neither"), None],
        "irs_array": [Integral, tuple, list, None],
        "bs_array": [Integral, tuple, list, None],
        "ms_array": [Integral, tuple, list, None],
        "separable_patterns": ["boolean"],
        "dictionaries": [dict, None],
        "refine": [Interval(Integral, 0, 10, closed="both"), StrOptions({"auto"})],
        "solver": [BaseEstimator, None],
        "floor_target": [Interval(Real, 0, None, closed="left"), None],
        "refine_threshold": [Interval(Real, 0, 1, closed="both")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "warm_start": ["boolean"],
    }

    def __init__(
        self,
        patterns: Any = None,
        pilots: Any = None,
        grids: Any = None,
        *,
        axes: str | Sequence[str] | None = None,
        direct: Any = None,
        noise_variance: float | None = None,
        irs_array: Any = None,
        bs_array: Any = None,
        ms_array: Any = None,
        separable_patterns: bool = False,
        dictionaries: Mapping[str, Any] | None = None,
        refine: int | str = "auto",
        solver: Any = None,
        floor_target: float | None = 0.1,
        refine_threshold: float = 1e-3,
        max_time: float | None = None,
        warm_start: bool = False,
    ) -> None:
        self.patterns = patterns
        self.pilots = pilots
        self.grids = grids
        self.axes = axes
        self.direct = direct
        self.noise_variance = noise_variance
        self.irs_array = irs_array
        self.bs_array = bs_array
        self.ms_array = ms_array
        self.separable_patterns = separable_patterns
        self.dictionaries = dictionaries
        self.refine = refine
        self.solver = solver
        self.floor_target = floor_target
        self.refine_threshold = refine_threshold
        self.max_time = max_time
        self.warm_start = warm_start

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, Y: npt.ArrayLike, y: Any = None) -> Self:
        """Estimate the cascade.

        Parameters
        ----------
        Y : array-like
            Received tensor with the axes named in ``axes``: pattern, pilot, bs, and optionally subcarrier. Subcarriers
            share directions, not gains.
        y : None
            Ignored.

        Returns
        -------
        self : IRSChannelEstimator
            The fitted estimator.

        Examples
        --------
        >>> from pauca.channel import IRSChannelEstimator, simulate_irs_mimo
        >>> sim = simulate_irs_mimo(n_bs=4, n_irs=8, n_ms=2, n_patterns=6, n_pilots=3, n_grid=8, random_state=0)
        >>> IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes).fit(sim.received).cascade_.shape
        (4, 8, 2)
        """
        thetas, theta, X = self._training()
        received = as_inexact("Y", Y)
        n_bs = None if self.bs_array is None else int(np.prod(self.bs_array))
        sizes = {"pattern": theta.shape[1], "pilot": X.shape[1], "bs": n_bs}
        names, full = received_axes(self.axes, received.shape, sizes)
        received = received.reshape(full)
        if not np.isfinite(received).all():
            raise ValueError(f"Y: {LOST}")
        check_squares("Y", received)
        wide = "subcarrier" in names
        order = [names.index(a) for a in ("subcarrier", "pattern", "pilot", "bs") if a in names]
        data = as_double(received.transpose(order) if wide else received.transpose(order)[None])

        known = self._known_direct(data.shape[3], X.shape[0], wide, len(data))
        clean = data if known is None else data - np.einsum("lbt,tp->lpb", known, X)[:, None]
        modes = self._modes(thetas, X, data.shape[3])
        target = clean
        if self.direct is None:
            warn_of_direct_channel(data, theta)
        elif isinstance(self.direct, str):
            complement = null_space(np.ones((1, theta.shape[1])))  # orthonormal: white noise stays white
            if complement.shape[1] == 0:
                raise ValueError("direct: 'eliminate' needs at least two patterns")
            sensing = complement.T @ theta.T
            modes[0] = make_mode("irs", modes[0].shape, self._grid("irs"), self._own("irs"), sensing)
            target = np.einsum("qk,lkpb->lqpb", complement.T, clean)
        shape = (len(target), *(m.factor.shape[0] for m in modes))
        target = np.ascontiguousarray(target).reshape(shape)

        floor = 1.0 - float(np.prod([m.coverage() for m in modes]))
        if self.floor_target is not None and floor > self.floor_target:
            warn_user(
                f"The grid leaves {floor:.0%} of a channel with directions at random outside its span, above the "
                f"target of {self.floor_target:.0%}: the estimate can fit the training patterns and fail on others. "
                "Use at least one point an antenna (grids=None), or floor_target=None if directions lie on the grid.",
            )
        solver, modes, costs, n_iter = self._start_and_refine(modes, target)

        dtype = np.result_type(received, np.complex64)
        coef = solver.coef_
        cascade = self._combine([m.dictionary for m in modes], coef)  # (l, r, t, b)
        if isinstance(self.direct, str):
            left = data - np.einsum("lrtb,rk,tp->lkpb", cascade, theta, X, optimize=True)
            known = np.einsum("lpb,pt->lbt", left.mean(axis=1), np.linalg.pinv(X))
        cascade = cascade.transpose(0, 3, 1, 2).astype(dtype)
        self.grid_floor_ = floor
        self.coef_ = (coef if wide else coef[0]).astype(dtype)
        self.cascade_ = cascade if wide else cascade[0]
        self.direct_ = None if known is None else (known if wide else known[0]).astype(dtype)
        self.dictionaries_ = {m.name: m.dictionary for m in modes}
        self.directions_ = {m.name: m.directions for m in modes if m.directions is not None}
        self.noise_variance_ = float(getattr(solver, "noise_variance_", np.nan))
        self.solver_ = solver
        self.refine_path_ = np.array(costs)
        self.n_iter_ = n_iter
        return self

    def predict(self, theta: npt.ArrayLike, return_std: bool = False, include_direct: bool = True) -> Any:
        """Channel under any patterns, seen in training or not.

        Parameters
        ----------
        theta : array-like of shape (n_irs,) or (n_irs, n)
            Patterns.
        return_std : bool, default=False
            Whether to return posterior standard deviations as well (KroneckerSBL only): of the cascade's part, given
            the dictionaries and hyperparameters. 95 % regions cover 92 to 93 % on the grid; paths that were missed are
            not in them (on a ray-traced channel, where weak paths abound, they cover 30 to 70 %).
        include_direct : bool, default=True
            Whether to add the direct channel.

        Returns
        -------
        ndarray of shape ([n_subcarriers,] [n,] n_bs, n_ms), and one of shape ([n,] n_bs, n_ms) if ``return_std``

        Examples
        --------
        >>> from pauca.channel import IRSChannelEstimator, simulate_irs_mimo
        >>> sim = simulate_irs_mimo(n_bs=4, n_irs=8, n_ms=2, n_patterns=6, n_pilots=3, n_grid=8, random_state=0)
        >>> model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes).fit(sim.received)
        >>> H, std = model.predict(sim.patterns, return_std=True)
        >>> H.shape, std.shape
        ((6, 4, 2), (6, 4, 2))
        """
        check_is_fitted(self)
        t = as_inexact("theta", theta)
        n_irs = self.cascade_.shape[-2]
        if t.ndim not in (1, 2) or t.shape[0] != n_irs:
            raise ValueError(f"theta: got shape {t.shape}, expected ({n_irs},) or ({n_irs}, n)")
        if not np.isfinite(t).all():
            raise ValueError("theta: contains NaN or infinity, expected finite numbers")
        columns = t.reshape(n_irs, -1)
        H = np.einsum("...brt,rk->...kbt", self.cascade_, columns, optimize=True)
        if include_direct and self.direct_ is not None:
            H = H + self.direct_[..., None, :, :]
        H = H if t.ndim == 2 else H[..., 0, :, :]
        if not return_std:
            return H
        if not isinstance(self.solver_, KroneckerSBL):
            raise ValueError(f"return_std: {type(self.solver_).__name__} has no posterior")
        d = list(self.dictionaries_.values())
        surface = d[0] if len(d) == 3 else np.kron(d[0], d[1])
        groups = [(0,), (1,), (2,)] if len(d) == 3 else [(0, 1), (2,), (3,)]
        variance = self.solver_.posterior_.predictive_variance(columns.T @ surface, d[-2], d[-1], groups=groups)
        std = np.sqrt(variance.transpose(0, 2, 1))
        return H, std if t.ndim == 2 else std[0]

    def score(self, theta: npt.ArrayLike, H: npt.ArrayLike) -> float:
        """Minus the NMSE in dB of the channels predicted under the patterns theta, against the true ones.

        Parameters
        ----------
        theta : array-like of shape (n_irs,) or (n_irs, n)
            Patterns.
        H : array-like of the shape that ``predict(theta)`` has
            True channels.

        Returns
        -------
        float
            Decibels; larger is better.

        Examples
        --------
        >>> from pauca.channel import IRSChannelEstimator, simulate_irs_mimo
        >>> sim = simulate_irs_mimo(n_bs=4, n_irs=8, n_ms=2, n_patterns=6, n_pilots=3, n_grid=8, random_state=0)
        >>> model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes).fit(sim.received)
        >>> model.score(sim.patterns, sim.channel(sim.patterns)) > 10  # dB
        True
        """
        return nmse_db(H, self.predict(theta))

    def projection_floor(self, cascade: npt.ArrayLike) -> float:
        """Share of a (true) cascade that lies outside the final dictionaries.

        Parameters
        ----------
        cascade : array-like of shape ([n_subcarriers,] n_bs, n_irs, n_ms)
            The cascaded channel.

        Returns
        -------
        float
            No estimate over these dictionaries has a smaller NMSE.

        Examples
        --------
        >>> from pauca.channel import IRSChannelEstimator, nmse, simulate_irs_mimo
        >>> sim = simulate_irs_mimo(n_bs=4, n_irs=8, n_ms=2, n_patterns=6, n_pilots=3, n_grid=8, random_state=0)
        >>> model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes).fit(sim.received)
        >>> 0 < model.projection_floor(sim.cascade) <= nmse(sim.cascade, model.cascade_)
        True
        """
        check_is_fitted(self)
        d = list(self.dictionaries_.values())
        return projection_floor(cascade, d[0] if len(d) == 3 else np.kron(d[0], d[1]), d[-2], d[-1])

    def _training(self) -> tuple[list[Array], Array, Array]:
        if self.patterns is None or self.pilots is None:
            raise ValueError("patterns, pilots: both are needed, got None")
        if self.separable_patterns:
            if self.irs_array is None or np.ndim(self.irs_array) == 0:
                raise ValueError("irs_array: separable_patterns needs a rectangular surface (nx, ny)")
            if isinstance(self.direct, str):
                raise ValueError("direct: 'eliminate' breaks the product of separable patterns")
            thetas = [self._matrix("patterns", p) for p in self.patterns]
            if len(thetas) != 2:
                raise ValueError("patterns: separable_patterns expects a pair of matrices")
            return thetas, np.kron(*thetas), self._matrix("pilots", self.pilots)
        theta = self._matrix("patterns", self.patterns)
        return [theta], theta, self._matrix("pilots", self.pilots)

    @staticmethod
    def _matrix(name: str, value: Any) -> Array:
        m = as_double(as_inexact(name, value))
        if m.ndim != 2 or not np.isfinite(m).all() or 0 in m.shape:
            of = "n_irs, n_patterns" if name == "patterns" else "n_ms, n_pilots"
            raise ValueError(f"{name}: got shape {m.shape}, expected finite numbers of shape ({of})")
        check_squares(name, m)
        return m

    def _known_direct(self, n_bs: int, n_ms: int, wide: bool, n_subcarriers: int) -> Array | None:
        if self.direct is None or isinstance(self.direct, str):
            return None
        d = as_double(as_inexact("direct", self.direct))
        if d.shape == (n_bs, n_ms):
            d = np.broadcast_to(d, (n_subcarriers, n_bs, n_ms))
        if d.shape != (n_subcarriers, n_bs, n_ms):
            raise ValueError(f"direct: got shape {d.shape}, expected ({n_bs}, {n_ms})")
        if not np.isfinite(d).all():
            raise ValueError("direct: contains NaN or infinity, expected finite numbers")
        check_squares("direct", d)
        return d

    def _grid(self, name: str) -> Any:
        return self.grids.get(name) if isinstance(self.grids, dict) else self.grids

    def _own(self, name: str) -> Any:
        return None if self.dictionaries is None else self.dictionaries.get(name)

    def _modes(self, thetas: list[Array], X: Array, n_bs: int) -> list[Mode]:
        for name, d in (("grids", self.grids), ("dictionaries", self.dictionaries)):
            unknown = set(d) - {"irs", "ms", "bs"} if isinstance(d, dict) else set()
            if unknown:
                raise ValueError(f"{name}: got keys {sorted(unknown)}, expected 'irs', 'ms', 'bs'")
        modes = []
        if len(thetas) == 2:
            if self._own("irs") is not None:
                raise ValueError("dictionaries: an own dictionary for 'irs' needs separable_patterns=False")
            n_irs = thetas[0].shape[0] * thetas[1].shape[0]
            shape = array_shape("irs_array", self.irs_array, n_irs)
            if shape != (thetas[0].shape[0], thetas[1].shape[0]):
                raise ValueError(f"patterns: got {[t.shape for t in thetas]}, expected {shape[0]} and {shape[1]} rows")
            grid = self._grid("irs")
            for k, (axis, t) in enumerate(zip("xy", thetas, strict=True)):
                g = grid[k] if isinstance(grid, tuple) else grid
                modes.append(make_mode(f"irs_{axis}", (shape[k],), g, None, t.T))
        else:
            shape = array_shape("irs_array", self.irs_array, thetas[0].shape[0])
            modes.append(make_mode("irs", shape, self._grid("irs"), self._own("irs"), thetas[0].T))
        ms = array_shape("ms_array", self.ms_array, X.shape[0])
        bs = array_shape("bs_array", self.bs_array, n_bs)
        modes.append(make_mode("ms", ms, self._grid("ms"), self._own("ms"), X.T))
        modes.append(make_mode("bs", bs, self._grid("bs"), self._own("bs"), None))
        return modes

    def _start_and_refine(self, modes: list[Mode], target: Array) -> tuple[Any, list[Mode], list[float], int]:
        """Fit on the directions of the last fit if they are wanted and still good, otherwise on the grid."""
        end = time.monotonic() + seconds_or_inf(self.max_time)
        spent = 0
        last = getattr(self, "_last", None) if self.warm_start else None
        if last is not None and [m.kind for m in last.modes] == [m.kind for m in modes]:
            near = [
                m if m.directions is None else replace(m, directions=k.directions, half_steps=k.half_steps)
                for m, k in zip(modes, last.modes, strict=True)
            ]
            found = self._rounds(near, target, 0 if self.refine == "auto" else int(self.refine), end)
            left = unexplained(found[0], target)
            if left <= 2.0 * last.unexplained or time.monotonic() > end:
                self._last = last._replace(modes=found_modes(found[0], found[1]))  # the measure stays that of the grid
                return found
            spent = found[3]
        solver, modes, costs, n_iter = self._rounds(modes, target, self.refine, end)
        self._last = LastBlock(found_modes(solver, modes), unexplained(solver, target))
        return solver, modes, costs, n_iter + spent

    def _rounds(
        self, modes: list[Mode], target: Array, refine: int | str, end: float
    ) -> tuple[Any, list[Mode], list[float], int]:
        """Fit, refine, fit again; keep the round of smallest cost."""
        base = KroneckerSBL(prune=1e-3) if self.solver is None else self.solver
        if isinstance(base, SBL) or "factors" not in base.get_params(deep=False):
            raise ValueError(f"solver: got {base!r}, expected an estimator of pauca.bayes with a parameter 'factors'")
        bayesian = isinstance(base, KroneckerSBL)
        rounds = (3 if bayesian else 0) if isinstance(refine, str) else int(refine)
        if rounds and not bayesian:
            raise ValueError(f"refine: needs KroneckerSBL, whose cost compares rounds; got {type(base).__name__}")
        best: tuple[float, Any, list[Mode]] | None = None
        costs, n_iter = [], 0
        for r in range(rounds + 1):
            solver = clone(base).set_params(factors=tuple(m.factor for m in modes))
            left = end - time.monotonic()
            if r and left <= 0.0:
                break
            if bayesian and math.isfinite(left):
                solver.set_params(max_time=min(max(left, 1e-9), seconds_or_inf(base.max_time)))
            if self.noise_variance is not None and "noise_variance" in solver.get_params(deep=False):
                solver.set_params(noise_variance=self.noise_variance)
            with warnings.catch_warnings():
                if r:  # only the round on the user's grid may complain
                    warnings.simplefilter("ignore", ConvergenceWarning)
                solver.fit(target)
            cost = float(solver.objective_path_[-1]) if bayesian and solver.objective_path_.size else 0.0
            costs.append(cost)
            n_iter += solver.n_iter_
            if best is None or cost < best[0]:
                best = (cost, solver, modes)
            if r == rounds or all(m.directions is None for m in modes):
                break
            power = powers(solver)
            if not power[0].any():  # nothing was found that could be refined
                break
            finer = []
            for m, p in zip(modes, power, strict=True):
                finer.append(m.zoomed(np.flatnonzero(p >= self.refine_threshold * p.max())))
            modes = finer
        assert best is not None
        return best[1], best[2], costs, max(n_iter, 1)

    @staticmethod
    def _combine(dictionaries: list[Array], coef: Array) -> Array:
        """Cascade of shape (l, n_irs, n_ms, n_bs)."""
        out = KroneckerOperator(*dictionaries).apply(coef)
        return out if out.ndim == 4 else out.reshape(len(out), -1, *out.shape[3:])
