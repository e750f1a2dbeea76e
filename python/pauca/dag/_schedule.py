"""The published optimiser's schedule, as a value object."""

from __future__ import annotations

from collections.abc import Sequence

from .._values import ValueObject


class PathFollowing(ValueObject):
    """Adam along a path of shrinking scores against a log-determinant barrier: the published optimiser of CoLiDE.

    Minimises ``mu Q(W, sigma) + h_s(W)`` for mu = mu, mu * mu_factor, ..., where h_s is zero exactly on acyclic graphs.
    It stops in poor local minima more often than the order search does (see the user guide) and is kept to reproduce
    published results. Where the published code surprises, nothing is inherited silently:

    - it puts no bound below sigma, which can reach zero: here ``noise_bound``, and 0 to reproduce;
    - it lets self-loops grow and shrink again: here ``mask_diagonal``, and False to reproduce;
    - it centres the caller's data in place and changes the caller's list ``s``, or its own default: never here;
    - on leaving the domain it halves the learning rate and adds 0.1 to that stage's s, and only in a first stage with
      s > 0.9 it halves the step instead: reproduced;
    - its dtype concerns W but not the covariance, and its seed nothing: here all is float64, and nothing is random;
    - it forms ``S (I - W)`` twice and scales columns by a dense product: here one product an iteration;
    - its l1 subgradient leaves no exact zeros: sparsity comes from the threshold alone, here too (``weights_raw_`` is
      dense), and ``repair="threshold"`` is its way to a DAG;
    - its simulator draws weights from the global generator and exponential noise of nonzero mean:
      :func:`pauca.datasets.make_linear_dag` has one seed, and noise of mean zero;
    - its false positive rate is relative to unordered pairs without a true edge: so is that of
      :func:`pauca.metrics.edge_scores`.

    Parameters
    ----------
    s : sequence of float, default=(1.0, 0.9, 0.8, 0.7)
        Barrier parameter of each stage.
    mu, mu_factor : float
        Weight of the score in the first stage, and its factor from stage to stage.
    warm_iter, max_iter : int
        Limits on iterations in all stages but the last, and in the last.
    learning_rate, beta1, beta2 : float
        Adam.
    checkpoint : int, default=1000
        Iterations between looks at the objective; a stage ends when it changes by less than ``tol``, relatively.
    tol : float, default=1e-6
        See ``checkpoint``.
    mask_diagonal : bool, default=True
        Whether self-loops stay zero throughout.
    noise_bound : float, default=0.01
        Lower bound of sigma, in standard deviations of the variable.

    References
    ----------
    Saboksayr, S., Mateos, G. and Tepper, M. (2024). CoLiDE: Concomitant linear DAG estimation. ICLR, Algorithm 1.

    Bello, K., Aragam, B. and Ravikumar, P. (2022). DAGMA: Learning DAGs via M-matrices and a log-determinant acyclicity
    characterization. NeurIPS.

    Examples
    --------
    >>> from pauca.dag import PathFollowing
    >>> PathFollowing(mask_diagonal=False)
    PathFollowing(mask_diagonal=False)
    """

    def __init__(
        self,
        s: Sequence[float] = (1.0, 0.9, 0.8, 0.7),
        mu: float = 1.0,
        mu_factor: float = 0.1,
        warm_iter: int = 20000,
        max_iter: int = 70000,
        learning_rate: float = 3e-4,
        beta1: float = 0.99,
        beta2: float = 0.999,
        checkpoint: int = 1000,
        tol: float = 1e-6,
        mask_diagonal: bool = True,
        noise_bound: float = 0.01,
    ) -> None:
        self.s = s
        self.mu = mu
        self.mu_factor = mu_factor
        self.warm_iter = warm_iter
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.checkpoint = checkpoint
        self.tol = tol
        self.mask_diagonal = mask_diagonal
        self.noise_bound = noise_bound

    def _check(self) -> None:
        if len(self.s) == 0 or min(self.s) <= 0.0:
            raise ValueError(f"s: got {self.s!r}, expected positive numbers, one a stage")
        for name in ("mu", "mu_factor", "learning_rate"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected a positive number")
        for name in ("warm_iter", "max_iter", "checkpoint"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected an integer >= 1")
        for name in ("beta1", "beta2"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected 0 <= {name} < 1")
        if self.noise_bound < 0.0:
            raise ValueError(f"noise_bound: got {self.noise_bound!r}, expected >= 0")
