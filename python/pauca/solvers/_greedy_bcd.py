"""Greedy block coordinate descent as a value object."""

from __future__ import annotations

from .._values import ValueObject


class GreedyBCD(ValueObject):
    """Greedy block coordinate descent with working sets and exact steps on the identified support.

    Each outer iteration computes the gradient, certifies the point (duality gap, KKT violation), and takes the
    support with the coordinates that violate optimality most as the next block. On that block cheap coordinate
    sweeps find the signs, and a Newton step on the support finishes exactly.

    Parameters
    ----------
    engine : {"auto", "gram", "residual"}, default="auto"
        How a block is solved: through its Gram matrix and Cholesky factors, or through the residual and conjugate
        gradients. "auto" takes the Gram for dense data while it fits in ``gram_memory``.
    continuation : float, default=0.4
        A cold start walks down a coarse path of strengths with this ratio; 1 starts at the final strength.
    gram_memory : float, default=512
        Largest Gram matrix, in MB.

    References
    ----------
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> from pauca.solvers import GreedyBCD
    >>> GreedyBCD(engine="gram")
    GreedyBCD(engine='gram')
    """

    def __init__(self, engine: str = "auto", continuation: float = 0.4, gram_memory: float = 512) -> None:
        self.engine = engine
        self.continuation = continuation
        self.gram_memory = gram_memory

    def _check(self) -> None:
        if self.engine not in ("auto", "gram", "residual"):
            raise ValueError(f"GreedyBCD: engine is {self.engine!r}, expected 'auto', 'gram' or 'residual'")
        if not 0.0 < self.continuation <= 1.0:
            raise ValueError(f"GreedyBCD: continuation is {self.continuation!r}, expected a number in (0, 1]")
        if not self.gram_memory >= 0.0:
            raise ValueError(f"GreedyBCD: gram_memory is {self.gram_memory!r}, expected a number >= 0")
