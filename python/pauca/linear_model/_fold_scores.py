"""What scikit-learn's scorers say of the folds of a cross-validation, and what the folds say together."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import check_scoring

from .._sklearn_compat import _safe_indexing
from .._validation import FloatArray
from ._regularization_path import RegularizationPath


@dataclass(frozen=True)
class FoldScorer:
    """A scorer, and an estimator that is a point of a path: it knows the offset of the rows that it is judged on."""

    scorer: Any
    plain: Any
    sample_weight: FloatArray | None

    def __call__(
        self, path: RegularizationPath, X: Any, y: Any, rows: npt.NDArray[np.intp], offset: FloatArray | None
    ) -> list[float]:
        """Scores at every strength on rows of the data."""
        data, target = _safe_indexing(X, rows), _safe_indexing(y, rows)
        weights = {} if self.sample_weight is None else {"sample_weight": self.sample_weight[rows]}
        self.plain.known_offset = None if offset is None else offset[rows]
        scores = []
        for k in range(len(path.alphas_)):
            self.plain._take(path, k, y)
            scores.append(float(self.scorer(self.plain, data, target, **weights)))
        return scores


def fold_scorer(scoring: Any, plain: Any, sample_weight: FloatArray | None) -> FoldScorer:
    """A scorer for the user's ``scoring``; a ValueError if there are weights and it takes none."""
    scorer = check_scoring(plain, scoring=scoring)
    if sample_weight is not None and not _takes_weights(scorer):
        raise ValueError(
            f"scoring: got {scoring!r}, which takes no sample_weight, but fit got one; expected a scorer whose "
            "function has an argument sample_weight, or scoring=None for the weighted loss"
        )
    return FoldScorer(scorer, plain, sample_weight)


def _takes_weights(scorer: Any) -> bool:
    try:
        parameters = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters.values()
    except (TypeError, ValueError):  # no signature: the call will tell
        return True
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters)


def summarize(scores: Sequence[FloatArray], scoring: Any) -> tuple[list[FloatArray], list[FloatArray]]:
    """Mean over the folds and its standard error at every strength, for the (n_alphas, n_folds) scores of every shape.

    Folds whose score is nowhere defined are left out. A strength whose score is undefined in one of the others has no
    mean: over fewer folds it would not be comparable.
    """
    defined = ~np.all([np.isnan(s).all(axis=0) for s in scores], axis=0)
    n = int(np.count_nonzero(defined))
    means = [s[:, defined].mean(axis=1) for s in scores] if n else []
    if not any((~np.isnan(m)).any() for m in means):
        raise ValueError(
            f"scoring: got {scoring!r}, whose value is undefined in the test folds (as R^2 of a single sample is, or "
            "the area under the curve of a single class, or any score of samples of weight 0); expected another "
            "scoring, or a cv with other folds"
        )
    with np.errstate(invalid="ignore"):  # of scores of minus infinity
        errors = [s[:, defined].std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(len(s)) for s in scores]
    return means, errors


def best_of(means: FloatArray) -> int:
    """Position of the largest mean that is defined."""
    return int(np.argmax(np.where(np.isnan(means), -np.inf, means)))
