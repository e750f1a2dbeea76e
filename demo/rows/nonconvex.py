"""MCP beside the lasso, where the answer is known: real measurements among permuted copies that mean nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from sklearn.model_selection import train_test_split

from pauca.linear_model import SparseRegressor

from ..row import Row, timed


def diabetes_with_decoys() -> tuple[Any, ...]:
    """The ten diabetes measurements and 190 permutations of them: whatever is chosen there is wrong."""
    X, y = load_diabetes(return_X_y=True)
    rng = np.random.default_rng(0)
    decoys = np.hstack([rng.permutation(X) for _ in range(19)])
    both = np.hstack([X, decoys])
    both = (both - both.mean(axis=0)) / both.std(axis=0)
    return train_test_split(both, y, random_state=0)


def validated(fit: Callable[[float], Any], alphas: np.ndarray, X: Any, y: Any) -> Any:
    train, held, y_train, y_held = train_test_split(X, y, random_state=1, test_size=0.33)
    scores = [fit(alpha).fit(np.asfortranarray(train), y_train).score(held, y_held) for alpha in alphas]
    return fit(alphas[int(np.argmax(scores))])


def real_share(coef: np.ndarray) -> float:
    """Share of the chosen columns that are measurements and no decoys."""
    return float(np.mean(np.flatnonzero(coef) < 10))


def decoys() -> Row:
    X, _, y, _ = diabetes_with_decoys()
    X = np.asfortranarray(X)
    top = SparseRegressor(alpha="0.5max").fit(X, y).alpha_max_
    alphas = top * np.geomspace(0.9, 0.05, 30)
    model = validated(lambda a: SparseRegressor(penalty="mcp", alpha=a), alphas, X, y)
    model, seconds = timed(lambda: model.fit(X, y))
    peer = validated(lambda a: Lasso(alpha=a, max_iter=100_000), alphas, X, y).fit(X, y)
    return Row(
        estimator="SparseRegressor MCP",
        data=f"diabetes among decoys ({X.shape[0]} x {X.shape[1]})",
        measure="share of choice that is real",
        score=real_share(model.coef_),
        peer="sklearn Lasso",
        peer_score=real_share(peer.coef_),
        nonzeros=f"{np.count_nonzero(model.coef_)} of {X.shape[1]}",
        seconds=seconds,
        certificate=f"kkt/alpha {model.kkt_violation_ / model.alpha_:.0e}",
    )


def rows() -> list[Callable[[], Row]]:
    return [decoys]


def pictures(folder: Path) -> list[Path]:
    return []
