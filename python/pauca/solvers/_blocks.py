"""Block coordinate descent by explicit rules on a problem of one's own: for experiments."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .. import _core
from .._sklearn_compat import check_array
from .._validation import FloatArray, as_design, as_graph, check_vector, seconds_or_inf
from ._rules import (
    DIAGONALS,
    GRAPH_PARTITIONS,
    GRAPH_SELECTIONS,
    GRAPH_UPDATES,
    PARTITIONS,
    SELECTIONS,
    UPDATES,
    check_block_size,
    check_choice,
    core_rules,
)

LOSSES = ("least_squares", "logistic", "squared_hinge", "softmax", "graph")
_CORE_LOSS = {"least_squares": "quadratic", "logistic": "logistic", "squared_hinge": "squared_hinge"}


@dataclass(frozen=True)
class BlockProblem:
    """A problem F(x) = f(x) + ridge ||x||^2 / 2 + g(x) for :func:`minimize_blocks`; sums are not divided by n.

    Parameters
    ----------
    loss : {"least_squares", "logistic", "squared_hinge", "softmax", "graph"}
        The function f: ``sum_i s_i (x_i'w - y_i)^2 / 2``; ``sum_i s_i log(1 + exp(-z_i x_i'w))`` and ``sum_i s_i max(0,
        1 - z_i x_i'w)^2 / 2`` with z = 2 y - 1; ``sum_i s_i [logsumexp(W'x_i) - (W'x_i)_{y_i}]``; or ``x'Qx / 2 - y'x``
        with Q in the place of the design.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Design, or the sparse symmetric matrix Q.
    y : array-like of shape (n_samples,)
        Target; labels 0 and 1, or 0, ..., k - 1; the linear term of a graph problem.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights s; ones if None.
    fit_intercept : bool, default=False
        Whether f is minimised over an intercept too (not softmax, not graph).
    ridge : float, default=0.0
        Strength of the ridge penalty (not graph: add it to Q).
    l1 : float or array-like of shape (n_coordinates,), default=0.0
        Strength of the L1 penalty.
    lower, upper : float or array-like of shape (n_coordinates,), default=None
        Bounds.
    group : float or array-like of shape (n_groups,), default=None
        Strength of the penalty ``sum_b group_b ||x_b||_2``; needs ``groups``, and excludes ``l1`` and bounds.
    groups : array-like of shape (n_coordinates,), default=None
        Labels 0, ..., m - 1 of the coordinates; also what ``partition="groups"`` uses.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.solvers import BlockProblem, minimize_blocks
    >>> nonnegative = BlockProblem("least_squares", np.eye(2), [1.0, -1.0], lower=0.0)
    >>> minimize_blocks(nonnegative, block_size=1, update="matrix", tol=1e-12).x.tolist()
    [1.0, 0.0]
    """

    loss: str
    X: Any
    y: npt.ArrayLike
    sample_weight: npt.ArrayLike | None = None
    fit_intercept: bool = False
    ridge: float = 0.0
    l1: Any = 0.0
    lower: Any = None
    upper: Any = None
    group: Any = None
    groups: Any = None


@dataclass(frozen=True)
class BlockResult:
    """What :func:`minimize_blocks` returns.

    Attributes
    ----------
    x : ndarray of shape (n_coordinates,)
        The last point; for softmax ``x.reshape(n_features, n_classes)``.
    intercept : float
        Intercept, if the problem has one.
    objective_path : ndarray of shape (n_updates + 1,)
        F at the start and after every block update.
    seconds_path : ndarray of shape (n_updates + 1,)
        Seconds since the start, likewise; the preparation of partition and constants is before the first.
    cpu_seconds_path : ndarray of shape (n_updates + 1,)
        The same in processor time of the thread, which other programs on the machine do not lengthen.
    block_sizes : ndarray of shape (n_updates,)
        Sizes of the chosen blocks.
    violation : float
        Largest distance of the negative gradient to the subdifferential of g.
    fallbacks : int
        Updates that gave way to the gradient update.
    status : str
        "converged" (tol or target reached), "max_iter", "max_time" or "stopped".

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.solvers import BlockProblem, minimize_blocks
    >>> X = np.random.default_rng(0).normal(size=(30, 10))
    >>> result = minimize_blocks(BlockProblem("least_squares", X, X[:, 0], l1=0.5), block_size=2, max_iter=20)
    >>> bool((np.diff(result.objective_path) <= 1e-12).all())
    True
    """

    x: FloatArray
    intercept: float
    objective_path: FloatArray
    seconds_path: FloatArray
    cpu_seconds_path: FloatArray
    block_sizes: npt.NDArray[np.int64]
    violation: float
    fallbacks: int
    status: str
    rules: dict[str, Any] = field(repr=False, default_factory=dict)

    @property
    def n_updates(self) -> int:
        """Block updates made.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.solvers import BlockProblem, minimize_blocks
        >>> problem = BlockProblem("least_squares", np.eye(4), np.ones(4), l1=0.1)
        >>> result = minimize_blocks(problem, block_size=2, max_iter=3)
        >>> result.n_updates, len(result.objective_path)
        (3, 4)
        """
        return len(self.block_sizes)


def _per_coordinate(name: str, value: Any, size: int) -> FloatArray | None:
    if value is None:
        return None
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 0:
        array = np.full(size, float(array))
    if array.shape != (size,) or np.isnan(array).any():
        raise ValueError(f"{name}: got shape {array.shape}, expected a number or {size} of them, without NaN")
    return np.ascontiguousarray(array)


def minimize_blocks(
    problem: BlockProblem,
    *,
    partition: str = "variable",
    block_size: int = 1,
    selection: str = "gs-q",
    update: str = "matrix",
    diagonal: str = "auto",
    guarantee: bool = True,
    max_iter: int = 500,
    tol: float = 0.0,
    target: float = -math.inf,
    max_time: float | None = None,
    x0: npt.ArrayLike | None = None,
    gram_memory: float = 512,
    random_state: int | np.random.RandomState | None = 0,
) -> BlockResult:
    """Minimise a problem by block coordinate descent, exactly as the paper's iteration does.

    ``repeat: b <- selection(partition); x_b <- update(x_b)``, with the objective recorded after every update.

    Parameters
    ----------
    problem : BlockProblem
        The problem.
    partition : str, default="variable"
        As in :class:`GreedyBCD`, and "groups", "red-black", "tree" (the last two for graphs).
    block_size : int, default=1
        Coordinates in a block.
    selection : str, default="gs-q"
        As in :class:`GreedyBCD`, and "forest-gs", "forest-gsl", "forest-random" for graphs.
    update : str, default="matrix"
        As in :class:`GreedyBCD`, and "exact-group" for a group penalty, "message-passing" for graphs.
    diagonal : str, default="auto"
        As in :class:`GreedyBCD`.
    guarantee : bool, default=True
        As in :class:`GreedyBCD`.
    max_iter : int, default=500
        Block updates.
    tol : float, default=0.0
        Stop at this violation, if positive.
    target : float, default=-inf
        Stop at this objective.
    max_time : float, default=None
        Stop after so many seconds.
    x0 : array-like of shape (n_coordinates,), default=None
        Start; zeros if None.
    gram_memory : float, default=512
        Largest cache of Gram columns, in MB.
    random_state : int, RandomState or None, default=0
        Seed of random partitions and rules.

    Returns
    -------
    BlockResult
        The last point and the path of the objective.

    Raises
    ------
    ValueError
        If an argument or a combination of rules cannot work; the sentence names the missing part.

    References
    ----------
    Nutini, J., Laradji, I. and Schmidt, M. (2022). Let's make block coordinate descent converge faster. JMLR 23.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.solvers import BlockProblem, minimize_blocks
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(30, 10))
    >>> problem = BlockProblem("least_squares", X, X[:, 0] - X[:, 1], l1=0.5)
    >>> result = minimize_blocks(problem, block_size=3, selection="gs-q", update="matrix", tol=1e-9)
    >>> result.status, np.flatnonzero(result.x).tolist()
    ('converged', [0, 1])
    """
    check_choice("loss", problem.loss, LOSSES)
    check_choice("partition", partition, PARTITIONS + GRAPH_PARTITIONS)
    check_choice("selection", selection, SELECTIONS + GRAPH_SELECTIONS)
    check_choice("update", update, UPDATES + GRAPH_UPDATES)
    check_choice("diagonal", diagonal, DIAGONALS)
    check_block_size(block_size)
    if not (problem.ridge >= 0.0 and math.isfinite(problem.ridge)):
        raise ValueError(f"ridge: got {problem.ridge!r}, expected a finite number >= 0")
    X = check_array(problem.X, accept_sparse=("csr", "csc"), dtype=np.float64, order="F")
    X = X.tocsc() if sparse.issparse(X) else X
    n, p = X.shape
    y = check_vector("y", problem.y, n)
    weights = np.ones(n) if problem.sample_weight is None else check_vector("sample_weight", problem.sample_weight, n)
    if (weights < 0.0).any() or not weights.any():
        raise ValueError("sample_weight: expected numbers >= 0, not all zero")
    n_classes = int(y.max()) + 1 if problem.loss == "softmax" else 0
    size = p * n_classes if problem.loss == "softmax" else p
    groups = None
    if problem.groups is not None:
        groups = np.ascontiguousarray(problem.groups, dtype=np.int64)
        if groups.shape != (size,):
            raise ValueError(f"groups: got shape {groups.shape}, expected one label for each of {size} coordinates")
    l1 = _per_coordinate("l1", problem.l1, size)
    if l1 is not None and (l1 < 0.0).any():
        raise ValueError(f"l1: got {l1.min()}, expected numbers >= 0")
    lower, upper = (_per_coordinate(k, getattr(problem, k), size) for k in ("lower", "upper"))
    if lower is not None and upper is not None and (lower > upper).any():
        raise ValueError("lower, upper: a lower bound lies above the upper bound")
    if l1 is not None and not l1.any():
        l1 = None
    group = problem.group
    if group is not None:
        if groups is None:
            raise ValueError("group: a group penalty needs groups, a label for each coordinate")
        if l1 is not None or lower is not None or upper is not None:
            raise ValueError("group: a group penalty cannot be combined with l1 or bounds here")
        group = _per_coordinate("group", group, int(groups.max()) + 1)
    start = np.zeros(size) if x0 is None else check_vector("x0", x0, size)
    if x0 is None and (lower is not None or upper is not None):
        start = np.clip(
            start, -np.inf if lower is None else lower, np.inf if upper is None else upper
        )  # zero, or the bound nearest to it
    rules = core_rules(partition, block_size, selection, update, diagonal, guarantee, random_state, groups)
    common = {
        "l1": l1,
        "lower": lower,
        "upper": upper,
        "group": group,
        "rules": rules,
        "start": start,
        "updates": int(max_iter),
        "tol": float(tol),
        "target": float(target),
        "max_time": seconds_or_inf(max_time),
        "callback": None,
    }
    if problem.loss == "graph":
        if problem.ridge != 0.0 or problem.fit_intercept or problem.sample_weight is not None:
            raise ValueError("loss: 'graph' takes no ridge, intercept or sample_weight; add a ridge to Q")
        if n != p or abs(X - X.T).max() > 1e-10 * abs(X).max():
            raise ValueError("X: a graph problem needs a symmetric matrix Q")
        found = _core.blocks_graph(as_graph(X), c=y, **common)
    elif problem.loss == "softmax":
        if (y != np.round(y)).any() or y.min() < 0:
            raise ValueError("y: softmax needs labels 0, 1, ..., k - 1")
        if problem.fit_intercept:
            raise ValueError("fit_intercept: softmax has none here; append a column of ones to X")
        found = _core.blocks_softmax(
            as_design(X), labels=y.astype(np.int64), n_classes=n_classes, weights=weights, ridge=float(problem.ridge),
            **common,
        )  # fmt: skip
    else:
        if problem.loss != "least_squares" and not np.isin(y, (0.0, 1.0)).all():
            raise ValueError(f"y: {problem.loss} needs labels 0 and 1")
        found = _core.blocks_linear(
            as_design(X), loss=_CORE_LOSS[problem.loss], y=y, weights=weights, ridge=float(problem.ridge),
            fit_intercept=bool(problem.fit_intercept), gram_bytes=float(gram_memory) * 2.0**20, **common,
        )  # fmt: skip
    return BlockResult(
        x=found["x"],
        intercept=float(found.get("intercept", 0.0)),
        objective_path=found["objective_path"],
        seconds_path=found["seconds_path"],
        cpu_seconds_path=found["cpu_seconds_path"],
        block_sizes=found["sizes"],
        violation=float(found["violation"]),
        fallbacks=int(found["fallbacks"]),
        status=str(found["status"]),
        rules=rules,
    )
