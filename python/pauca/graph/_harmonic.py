"""The harmonic extension of known values to the rest of a graph."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .. import _core
from .._monitor import SolverCallback
from .._report import SolverReport
from .._validation import FloatArray, as_graph, seconds_or_inf


def harmonic(
    W: sparse.csr_array,
    known: npt.NDArray[np.bool_],
    values: FloatArray,
    prior: FloatArray,
    *,
    solver: str,
    tol: float,
    max_iter: int,
    max_time: float | None,
    callback: SolverCallback | None,
) -> tuple[FloatArray, SolverReport]:
    """Minimise ``1/2 sum_{i<j} W_ij ||F_i - F_j||^2`` over the rows of F that are not known.

    Rows whose component has no known node get the prior.
    """
    n = W.shape[0]
    F = np.empty((n, values.shape[1]))
    F[known] = values
    F[~known] = prior
    _, component = sparse.csgraph.connected_components(W, directed=False)
    reached = np.zeros(component.max() + 1, dtype=bool)
    reached[component[known]] = True
    free = np.flatnonzero(~known & reached[component])
    if free.size == 0:
        nothing = {"engine": "none", "status": "converged", "n_iter": 1, "objective": 0.0, "criterion": 0.0}
        return F, SolverReport.from_core({**nothing, "threshold": 0.0, "seconds": 0.0})
    degree = np.asarray(W.sum(axis=1)).ravel()
    rows = W[free]
    Q = sparse.csr_array(sparse.diags_array(degree[free]) - rows[:, free])
    C = np.asfortranarray(rows[:, np.flatnonzero(known)] @ values)
    if solver == "direct":
        solution, found = _direct(Q, C)
    else:
        start = np.asfortranarray(np.broadcast_to(values.mean(axis=0), C.shape))
        found = _core.propagate(
            as_graph(Q),
            c=C,
            start=start,
            method="red-black-cg" if solver == "auto" else solver,
            tol=float(tol),
            max_iter=int(max_iter),
            max_time=seconds_or_inf(max_time),
            callback=callback,
        )
        solution = found["x"]
    F[free] = solution
    return F, SolverReport.from_core(found, n_free=int(free.size), n_edges=int(W.nnz // 2))


def _direct(Q: Any, C: FloatArray) -> tuple[FloatArray, dict[str, Any]]:
    """One sparse LU factorization, ordered for a symmetric pattern."""
    begin = time.perf_counter()
    factor = sparse.linalg.splu(
        sparse.csc_matrix(Q), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    X = factor.solve(C)
    residual = float(np.abs(Q @ X - C).max())
    return X, {
        "engine": "direct",
        "status": "converged",
        "n_iter": 1,
        "objective": float(0.5 * (X * (Q @ X)).sum() - (C * X).sum()),
        "criterion": residual,
        "threshold": residual,
        "seconds": time.perf_counter() - begin,
    }
