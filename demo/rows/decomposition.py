"""Parts of digits: a nonnegative factorization beside scikit-learn's."""

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import NMF as SklearnNMF

from pauca.decomposition import NMF

from ..row import Row, timed


def parts() -> Row:
    X = load_digits().data
    model, seconds = timed(lambda: NMF(16, init="nndsvda", random_state=0).fit(X))
    peer = SklearnNMF(16, init="nndsvda", random_state=0, max_iter=2000).fit(X)
    norm = float(np.linalg.norm(X))
    return Row(
        estimator="NMF",
        data=f"digits, 16 parts ({X.shape[0]} x {X.shape[1]})",
        measure="error, share of norm",
        score=model.reconstruction_err_ / norm,
        peer="sklearn NMF",
        peer_score=peer.reconstruction_err_ / norm,
        nonzeros=f"{np.count_nonzero(model.components_)} of {model.components_.size}",
        seconds=seconds,
        certificate=f"{model.n_iter_} sweeps",
    )


def rows() -> list[Callable[[], Row]]:
    return [parts]
