"""Proximal methods as value objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._values import ValueObject


class ProximalSolver(ValueObject):
    """What the solvers that take proximal steps on all coefficients at once share: they fit structured penalties too.

    Examples
    --------
    >>> from pauca.solvers import AcceleratedProximalGradient, GreedyBCD, ProximalSolver
    >>> isinstance(AcceleratedProximalGradient(), ProximalSolver), isinstance(GreedyBCD(), ProximalSolver)
    (True, False)
    """

    _method = ""

    def _check(self) -> None:
        """Refuse bad parameters."""

    def _options(self) -> dict[str, Any]:
        """What the core takes."""
        return {}


class AcceleratedProximalGradient(ProximalSolver):
    """Accelerated proximal gradient for convex and nonconvex penalties; takes any penalty with ``value`` and ``prox``.

    A penalty that is convex plus smooth concave (MCP, SCAD, log-sum) is split so that only its convex part goes through
    a prox. A penalty written in Python (a :class:`pauca.penalties.Penalty` with ``value(w)`` and ``prox(v, step)``)
    costs one call of each an iteration.

    Parameters
    ----------
    momentum : {"thesis", "ghadimi-lan", "none"}, default="thesis"
        "thesis": ``a_k = 2 / (1 + sqrt(1 + 4 / a_{k-1}^2))``, step ``.99 / L`` and ``lambda_k = step / a_k`` of Yang,
        Asgharian and Bhatnagar; "ghadimi-lan": ``a_k = 2 / (k + 1)``, step ``1 / (2 L)``, ``lambda_k = k step / 2``;
        "none": proximal gradient.
    restart : {"gradient", "speed", "none"}, default="gradient"
        When momentum starts again: when the last move points uphill, when steps get shorter (the rule of Yang,
        Asgharian and Bhatnagar's program), or never.
    monotone : bool, default=True
        Whether a point that does not lower the objective is replaced by a plain proximal gradient step.
    split : bool, default=True
        Whether a concave part of the penalty is taken to the loss.
    lipschitz : float, default=None
        First estimate of the Lipschitz constant L of the gradient, corrected by backtracking; None: power iteration.

    References
    ----------
    Ghadimi, S. and Lan, G. (2016). Accelerated gradient methods for nonconvex nonlinear and stochastic programming.
    Mathematical Programming 156, 59-99.
    O'Donoghue, B. and Candes, E. (2015). Adaptive restart for accelerated gradient schemes. Foundations of
    Computational Mathematics 15, 715-732.
    Yang, K., Asgharian, M. and Bhatnagar, S. (2024). Accelerated gradient methods for sparse statistical learning with
    nonconvex penalties. Statistics and Computing 34, 59.

    Examples
    --------
    >>> from pauca.solvers import AcceleratedProximalGradient
    >>> AcceleratedProximalGradient(restart="speed")
    AcceleratedProximalGradient(restart='speed')
    """

    _method = "accelerated"

    def __init__(
        self,
        momentum: str = "thesis",
        restart: str = "gradient",
        monotone: bool = True,
        split: bool = True,
        lipschitz: float | None = None,
    ) -> None:
        self.momentum = momentum
        self.restart = restart
        self.monotone = monotone
        self.split = split
        self.lipschitz = lipschitz

    def _check(self) -> None:
        if self.momentum not in ("thesis", "ghadimi-lan", "none"):
            raise ValueError(
                f"AcceleratedProximalGradient: momentum is {self.momentum!r}, "
                "expected 'thesis', 'ghadimi-lan' or 'none'"
            )
        if self.restart not in ("gradient", "speed", "none"):
            raise ValueError(
                f"AcceleratedProximalGradient: restart is {self.restart!r}, expected 'gradient', 'speed' or 'none'"
            )
        if self.lipschitz is not None and not (np.isfinite(self.lipschitz) and self.lipschitz > 0.0):
            raise ValueError(
                f"AcceleratedProximalGradient: lipschitz is {self.lipschitz!r}, expected a positive number or None"
            )

    def _options(self) -> dict[str, Any]:
        return {
            "momentum": self.momentum,
            "restart": self.restart,
            "monotone": bool(self.monotone),
            "split": bool(self.split),
            "lipschitz": 0.0 if self.lipschitz is None else float(self.lipschitz),
        }


class ProximalCG(ProximalSolver):
    """Proximal nonlinear conjugate gradients with Hager and Zhang's direction.

    For penalties that are convex plus smooth concave (L1, elastic net, MCP, SCAD, log-sum): the proximal gradient
    residual takes the place of the gradient, and steps are accepted by the forward-backward envelope. A direction along
    which the envelope does not fall is replaced by a proximal gradient step. Hager and Zhang's lower bound on
    the direction's weight has their eta = 0.01; directions restart after as many steps as there are features.

    References
    ----------
    Hager, W. and Zhang, H. (2005). A new conjugate gradient method with guaranteed descent and an efficient line
    search. SIAM Journal on Optimization 16, 170-192.
    Stella, L., Themelis, A. and Patrinos, P. (2017). Forward-backward quasi-Newton methods for nonsmooth optimization
    problems. Computational Optimization and Applications 67, 443-487.

    Examples
    --------
    >>> from pauca.solvers import ProximalCG
    >>> ProximalCG()
    ProximalCG()
    """

    _method = "conjugate_gradient"

    def __init__(self) -> None:
        pass


class LLA(ProximalSolver):
    """Local linear approximation: lasso fits weighted by the penalty's slope at the fit before.

    Parameters
    ----------
    n_steps : int, default=None
        Number of fits: 2 is the one-step estimate from the lasso. None: until the point is stationary.

    References
    ----------
    Zou, H. and Li, R. (2008). One-step sparse estimates in nonconcave penalized likelihood models. Annals of Statistics
    36, 1509-1533.

    Examples
    --------
    >>> from pauca.solvers import LLA
    >>> LLA(n_steps=2)
    LLA(n_steps=2)
    """

    _method = "lla"

    def __init__(self, n_steps: int | None = None) -> None:
        self.n_steps = n_steps

    def _check(self) -> None:
        if self.n_steps is not None and (int(self.n_steps) != self.n_steps or self.n_steps < 1):
            raise ValueError(f"LLA: n_steps is {self.n_steps!r}, expected a whole number >= 1 or None")

    def _options(self) -> dict[str, Any]:
        return {"n_steps": 0 if self.n_steps is None else int(self.n_steps)}


class IHT(ProximalSolver):
    """Best subsets for the :class:`pauca.penalties.L0` penalty: hard thresholding and a local search over supports.

    Hard thresholding keeps the largest coefficients of gradient steps; whenever the support settles, the coefficients
    on it are fitted without penalty. It ends in many a poor optimum, which the search leaves: the best addition,
    removal or exchange of one feature by the exact change of the quadratic model of the loss, over all pairs, until
    none helps, and attempts to drop two, four and eight at once. The result can not be improved by any one such move.

    Parameters
    ----------
    n_nonzero : int, default=None
        Number of nonzero coefficients to keep, apart from those of features whose penalty weight is zero; the
        estimator's ``alpha`` has no effect then. None: the L0 penalty with strength ``alpha``. Cross-validated by
        ``SparseRegressorCV(penalty=L0(), solver=IHT(), param_grid={"n_nonzero": range(1, 11)})``.
    exchange : bool, default=True
        Whether supports are searched; False is iterative hard thresholding alone. A penalty with a ridge part or a
        sign constraint, more than 500 nonzeros, and Gram columns of more than a gigabyte are not searched.

    References
    ----------
    Blumensath, T. and Davies, M. (2009). Iterative hard thresholding for compressed sensing. Applied and Computational
    Harmonic Analysis 27, 265-274.
    Foucart, S. (2011). Hard thresholding pursuit: an algorithm for compressive sensing. SIAM Journal on Numerical
    Analysis 49, 2543-2563 (the fit on the support).
    Hazimeh, H. and Mazumder, R. (2020). Fast best subset selection: coordinate descent and local combinatorial
    optimization algorithms. Operations Research 68, 1517-1537 (exchanges of one feature).
    Zhu, J. et al. (2020). A polynomial algorithm for best-subset selection problem. PNAS 117, 33117-33123 (several at
    once).

    Examples
    --------
    >>> from pauca.solvers import IHT
    >>> IHT(n_nonzero=10)
    IHT(n_nonzero=10)
    """

    _method = "iht"

    def __init__(self, n_nonzero: int | None = None, exchange: bool = True) -> None:
        self.n_nonzero = n_nonzero
        self.exchange = exchange

    def _check(self) -> None:
        if self.n_nonzero is not None and (int(self.n_nonzero) != self.n_nonzero or self.n_nonzero < 1):
            raise ValueError(f"IHT: n_nonzero is {self.n_nonzero!r}, expected a whole number >= 1 or None")

    def _options(self) -> dict[str, Any]:
        return {"n_nonzero": 0 if self.n_nonzero is None else int(self.n_nonzero), "exchange": bool(self.exchange)}
