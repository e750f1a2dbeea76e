"""Greedy block coordinate descent as a value object."""

from __future__ import annotations

from typing import Any

from .._values import ValueObject
from ._rules import DIAGONALS, PARTITIONS, SELECTIONS, UPDATES, check_block_size, check_choice, core_rules


class GreedyBCD(ValueObject):
    """Greedy block coordinate descent with working sets and exact steps on the identified support.

    Left alone, each outer iteration computes the gradient, certifies the point (duality gap, KKT violation), and takes
    the support with the coordinates that violate optimality most as the next block. On that block cheap coordinate
    sweeps find the signs, and a Newton step on the support finishes exactly.

    With ``working_set=False``, or as soon as a partition, block size, selection rule or update is given, the iteration
    of the paper runs instead: choose a block by the rule, update it, and nothing else. It is there to compare rules;
    the default is the fast one. An outer iteration is then an epoch, as many block updates as there are blocks, and
    the fit stops on the same numbers.

    Parameters
    ----------
    partition : {"auto", "variable", "order", "random", "sort", "average", "gershgorin", "gershgorin-average"}, \
default="auto"
        Blocks: any coordinates, chosen anew every iteration ("variable"), or fixed ones: consecutive, at random, sorted
        by curvature, smallest and largest curvature in turn, and the last two with Gershgorin's bound of it.
    block_size : int, default=None
        Coordinates in a block; it need not divide their number. None takes 100.
    selection : {"auto", "cyclic", "permutation", "random", "lipschitz", "gs", "gs-s", "gs-r", "gsl-r", "gs-q", "gsl", \
"gsd", "gsq", "max-improvement", "cubic"}, default="auto"
        Rule that chooses a block, see :doc:`/guide/greedy_bcd`.
    update : {"auto", "gradient", "diagonal", "matrix", "newton", "prox-newton", "cubic", "backtracking", \
"two-metric"}, default="auto"
        Update of the chosen block.
    diagonal : {"auto", "block", "scaled", "gershgorin", "coordinate"}, default="auto"
        Diagonal of the rules "gs-r", "gsl-r", "gs-q" and "gsd" and of the update "diagonal": largest eigenvalue of the
        block, ``block_size * L_i``, Gershgorin's row sums, or L_i.
    guarantee : bool, default=True
        Whether an update without a majoriser gives way to "gradient" where the objective decreases by less than that
        one promises.
    working_set : bool, default=True
        False runs the paper's iteration whatever the other arguments.
    engine : {"auto", "gram", "residual"}, default="auto"
        How a block is solved: through its Gram matrix and Cholesky factors, or through the residual and conjugate
        gradients. "auto" takes the Gram for dense data while it fits in ``gram_memory``. Not used by explicit rules.
    continuation : float, default=0.4
        A cold start walks down a coarse path of strengths with this ratio; 1 starts at the final strength. Not used by
        explicit rules.
    gram_memory : float, default=512
        Largest Gram matrix, in MB.
    random_state : int, RandomState or None, default=0
        Seed of random partitions and rules.

    References
    ----------
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import SparseRegressor
    >>> from pauca.solvers import GreedyBCD
    >>> GreedyBCD(engine="gram")
    GreedyBCD(engine='gram')
    >>> X, y = load_diabetes(return_X_y=True)
    >>> rules = GreedyBCD(partition="sort", block_size=3, selection="gs-q", update="two-metric")
    >>> model = SparseRegressor(solver=rules).fit(X, y)
    >>> model.solver_report_.engine
    'sort x 3, gs-q, two-metric'
    """

    def __init__(
        self,
        partition: str = "auto",
        block_size: int | None = None,
        selection: str = "auto",
        update: str = "auto",
        *,
        diagonal: str = "auto",
        guarantee: bool = True,
        working_set: bool = True,
        engine: str = "auto",
        continuation: float = 0.4,
        gram_memory: float = 512,
        random_state: Any = 0,
    ) -> None:
        self.partition = partition
        self.block_size = block_size
        self.selection = selection
        self.update = update
        self.diagonal = diagonal
        self.guarantee = guarantee
        self.working_set = working_set
        self.engine = engine
        self.continuation = continuation
        self.gram_memory = gram_memory
        self.random_state = random_state

    def _check(self) -> None:
        if self.engine not in ("auto", "gram", "residual"):
            raise ValueError(f"GreedyBCD: engine is {self.engine!r}, expected 'auto', 'gram' or 'residual'")
        if not 0.0 < self.continuation <= 1.0:
            raise ValueError(f"GreedyBCD: continuation is {self.continuation!r}, expected a number in (0, 1]")
        if not self.gram_memory >= 0.0:
            raise ValueError(f"GreedyBCD: gram_memory is {self.gram_memory!r}, expected a number >= 0")
        check_choice("GreedyBCD: partition", self.partition, ("auto", *PARTITIONS[:-1]))
        check_choice("GreedyBCD: selection", self.selection, ("auto", *SELECTIONS))
        check_choice("GreedyBCD: update", self.update, ("auto", *UPDATES))
        check_choice("GreedyBCD: diagonal", self.diagonal, DIAGONALS)
        check_block_size(self.block_size)

    @property
    def _explicit(self) -> bool:
        """Whether the plain iteration runs."""
        named = any(v != "auto" for v in (self.partition, self.selection, self.update, self.diagonal))
        return named or self.block_size is not None or not self.working_set

    def _rules(self, n_features: int, quadratic: bool) -> dict[str, Any]:
        """Rules for the core, every "auto" resolved."""
        selection = "gs-q" if self.selection == "auto" else self.selection
        partition = self.partition
        if partition == "auto":
            partition = "sort" if selection in ("gsl", "cubic") else "variable"
        update = self.update
        if update == "auto":
            update = "matrix" if quadratic else "prox-newton"
        size = min(100 if self.block_size is None else int(self.block_size), n_features)
        return core_rules(partition, size, selection, update, self.diagonal, self.guarantee, self.random_state)
