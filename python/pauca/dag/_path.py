"""The whole path of penalty strengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from .._validation import FloatArray
from ..moments import Moments
from ._colide import CoLiDE
from ._problem import from_moments
from ._settings import alpha_path, default_alphas


@dataclass(frozen=True, repr=False)
class ColidePath:
    """Graphs along a path of penalty strengths.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
        Strengths, falling.
    adjacencies : ndarray of shape (n_alphas, d, d)
        Graphs, thresholded and refitted as the estimator says.
    objectives : ndarray of shape (n_alphas,)
        CoLiDE scores of the raw weights.
    bics : ndarray of shape (n_alphas,)
        BIC of the graphs.
    """

    alphas: FloatArray
    adjacencies: FloatArray
    objectives: FloatArray
    bics: FloatArray

    def __repr__(self) -> str:
        edges = np.count_nonzero(self.adjacencies, axis=(1, 2))
        best = int(np.argmin(self.bics))
        return (
            f"<ColidePath: {len(self.alphas)} strengths from {self.alphas[0]:.4g} to {self.alphas[-1]:.4g}, "
            f"{edges.min()} to {edges.max()} edges between {self.adjacencies.shape[-1]} nodes, lowest BIC with "
            f"{edges[best]} at {self.alphas[best]:.4g}>"
        )


def colide_path(
    X: Any, alphas: npt.ArrayLike | None = None, *, n_alphas: int = 12, estimator: CoLiDE | None = None
) -> ColidePath:
    """Fit CoLiDE for a falling sequence of strengths, each fit starting from the one before.

    Parameters
    ----------
    X : array-like of shape (n_samples, d)
        Data.
    alphas : array-like, default=None
        Strengths. None is a geometric grid down from the least one at which no edge is in the graph.
    n_alphas : int, default=12
        Length of that grid.
    estimator : CoLiDE, default=None
        All other parameters; ``criterion`` is taken as "colide".

    Returns
    -------
    ColidePath
        Strengths, graphs, scores and BICs.

    Examples
    --------
    >>> from pauca.dag import colide_path
    >>> from pauca.datasets import make_linear_dag
    >>> path = colide_path(make_linear_dag(300, 6, degree=1, random_state=0).X, n_alphas=4)
    >>> [int((a != 0).sum()) for a in path.adjacencies][0]
    0
    """
    model = CoLiDE(criterion="colide") if estimator is None else clone(estimator).set_params(criterion="colide")
    model._validate_params()
    rows, past, _ = model._validate_rows(X, None)
    moments = Moments().update(rows, past)
    constraints, settings = model._prepare(moments)
    moment_set = from_moments(moments, rows.shape[1], not model.assume_centered)
    grid = default_alphas(moment_set, n_alphas) if alphas is None else np.sort(np.asarray(alphas, float))[::-1]
    fits = [fit for _, fit in alpha_path(moment_set, constraints, settings, grid)]
    d = moment_set.n_features
    return ColidePath(
        np.asarray(grid),
        np.stack([f.weights[:d] for f in fits]),
        np.array([f.objective for f in fits]),
        np.array([f.bic for f in fits]),
    )
