"""Names of partitions, selection rules and updates, and what goes with what."""

from __future__ import annotations

from typing import Any

import numpy as np

PARTITIONS = ("variable", "order", "random", "sort", "average", "gershgorin", "gershgorin-average", "groups")
GRAPH_PARTITIONS = ("red-black", "tree")
SELECTIONS = (
    "cyclic",
    "permutation",
    "random",
    "lipschitz",
    "gs",
    "gs-s",
    "gs-r",
    "gsl-r",
    "gs-q",
    "gsl",
    "gsd",
    "gsq",
    "max-improvement",
    "cubic",
)
GRAPH_SELECTIONS = ("forest-gs", "forest-gsl", "forest-random")
UPDATES = (
    "gradient",
    "diagonal",
    "matrix",
    "newton",
    "prox-newton",
    "cubic",
    "backtracking",
    "two-metric",
    "exact-group",
)
GRAPH_UPDATES = ("message-passing",)
DIAGONALS = ("auto", "block", "scaled", "gershgorin", "coordinate")


def check_choice(argument: str, value: Any, allowed: tuple[str, ...]) -> str:
    """Return the value if it is one of the allowed names; a ValueError that lists them otherwise."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{argument}: got {value!r}, expected one of {list(allowed)}")
    return value


def check_block_size(value: int | None) -> None:
    """Refuse a block size that is not a positive integer or None."""
    if value is not None and not (isinstance(value, int | np.integer) and value >= 1):
        raise ValueError(f"block_size: got {value!r}, expected an integer >= 1 or None")


def core_rules(
    partition: str,
    block_size: int,
    selection: str,
    update: str,
    diagonal: str,
    guarantee: bool,
    random_state: int | np.random.RandomState | None,
    groups: Any = None,
) -> dict[str, Any]:
    """Rules as the compiled core takes them."""
    from sklearn.utils import check_random_state

    seed = int(check_random_state(random_state).randint(2**31)) if not isinstance(random_state, int) else random_state
    return {
        "partition": partition,
        "block_size": int(block_size),
        "selection": selection,
        "update": update,
        "diagonal": diagonal,
        "guarantee": bool(guarantee),
        "seed": seed,
        "groups": groups,
    }
