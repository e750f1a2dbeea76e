"""Count tables on their way to the compiled core, and the steps of a simplex factorisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .. import _core
from .._monitor import SolverCallback
from .._report import SolverReport
from .._sklearn_compat import check_array
from .._validation import FloatArray, seconds_or_inf


def rebuilt(W: Any, components: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``W @ components``, for ``inverse_transform``."""
    weights = check_array(W, dtype=[np.float64, np.float32], accept_sparse="csr", input_name="W")
    if weights.shape[1] != components.shape[0]:
        raise ValueError(f"W: got {weights.shape[1]} columns, expected {components.shape[0]}, one a component")
    return np.asarray(weights @ components)


INITS = ("auto", "spa", "fast-anchor", "anchor-words", "random")
SOLVERS = ("em", "hals", "minvol", "none")
STOPPINGS = ("auto", "short", "held-out", "converged")
SHORT = 20  # rounds of EM after an anchored start


@dataclass(frozen=True)
class CountTable:
    """Counts, documents x words, compressed by rows, in the types that the core reads."""

    values: FloatArray
    words: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    n_words: int

    @classmethod
    def from_matrix(cls, X: Any) -> CountTable:
        """From a validated dense or sparse matrix, without its zeros."""
        table = sparse.csr_array(X)
        if not table.has_canonical_format:
            table = table.copy()
            table.sum_duplicates()
        return cls(
            np.ascontiguousarray(table.data, dtype=np.float64),
            np.ascontiguousarray(table.indices, dtype=np.int32),
            np.ascontiguousarray(table.indptr, dtype=np.int64),
            int(table.shape[1]),
        )

    @property
    def n_documents(self) -> int:
        """Number of rows."""
        return len(self.starts) - 1

    @property
    def integral(self) -> bool:
        """Whether all entries are integers, so that they can be thinned."""
        return bool((self.values == np.rint(self.values)).all())

    def thin(self, share: float, rng: np.random.RandomState) -> tuple[CountTable, FloatArray]:
        """Binomial thinning: the part kept with this share, and the values of the rest at the same places."""
        kept = rng.binomial(self.values.astype(np.int64), share).astype(np.float64)
        return CountTable(kept, self.words, self.starts, self.n_words), self.values - kept

    def args(self) -> tuple[FloatArray, npt.NDArray[np.int32], npt.NDArray[np.int64], int]:
        """Positional arguments of the core's functions."""
        return self.values, self.words, self.starts, self.n_words


@dataclass(frozen=True)
class SimplexFit:
    """Factors in the core's layout: ``words`` (K, n_words), rows sum to 1; ``topics`` (K, n_documents), columns do."""

    words: FloatArray
    topics: FloatArray
    anchors: npt.NDArray[np.intp] | None
    report: SolverReport
    objective_path: FloatArray
    log_likelihood: float


def _start(counts: CountTable, k: int, init: str, seed: int) -> dict[str, Any]:
    found: dict[str, Any] = _core.simplex_start(*counts.args(), k, init, seed)
    return found


def fit_simplex(
    counts: CountTable,
    n_components: int,
    *,
    init: str,
    solver: str,
    stopping: str,
    n_init: int,
    smoothing: float,
    volume: float,
    max_iter: int,
    tol: float,
    max_time: float | None,
    n_threads: int,
    rng: np.random.RandomState,
    callback: SolverCallback | None = None,
) -> SimplexFit:
    """Start, polish and choose among starts, see :class:`SimplexNMF`."""
    limit = seconds_or_inf(max_time)
    possible = min(counts.n_documents, len(np.unique(counts.words[counts.values > 0.0]))) >= n_components
    inits = [init]
    if init == "auto":
        inits = ["spa", "fast-anchor"] if possible else ["random"]
    inits = [name for name in inits for _ in range(n_init if name == "random" else 1)]
    thinned: tuple[CountTable, FloatArray] | None = None
    if solver == "em" and stopping == "held-out" and counts.values.sum() > 0.0:
        thinned = counts.thin(0.7, rng)
    best: SimplexFit | None = None
    best_score = -np.inf
    for name in inits:
        seed = int(rng.randint(np.iinfo(np.int32).max))
        start = _start(counts, n_components, name, seed)
        anchors = np.asarray(start["anchors"], dtype=np.intp) if len(start["anchors"]) else None
        rounds, goal, score = max_iter, tol, None
        short = stopping == "short" or (stopping == "auto" and name != "random")
        if solver == "em" and (short or thinned is not None):
            goal = 0.0
            rounds = min(SHORT, max_iter)
            if thinned is not None:
                kept, rest = thinned
                first = _start(kept, n_components, name, seed)
                rounds, score = _core.simplex_held_out(
                    kept.values,
                    rest,
                    *kept.args()[1:],
                    first["words"],
                    first["topics"],
                    smoothing=smoothing,
                    n_threads=n_threads,
                    max_iter=max_iter,
                    max_time=limit,
                    callback=None,
                )
        fit = _polish(counts, start, anchors, solver, rounds, goal, smoothing, volume, limit, n_threads, callback)
        figure = fit.log_likelihood if score is None else score
        if figure > best_score or best is None:
            best, best_score = fit, figure
    assert best is not None
    return best


def _polish(
    counts: CountTable,
    start: dict[str, Any],
    anchors: npt.NDArray[np.intp] | None,
    solver: str,
    rounds: int,
    tol: float,
    smoothing: float,
    volume: float,
    limit: float,
    n_threads: int,
    callback: SolverCallback | None,
) -> SimplexFit:
    words, topics = start["words"], start["topics"]
    planned = solver == "em" and tol == 0.0
    if solver == "none" or (planned and rounds == 0):
        value = float(_core.simplex_log_likelihood(*counts.args(), words, topics))
        report = SolverReport("anchors", "converged", 1, value, 0.0, tol, 0.0, {"rounds": 0})
        return SimplexFit(words, topics, anchors, report, np.empty(0), value)
    found = _core.simplex_fit(
        *counts.args(),
        words,
        topics,
        solver=solver,
        smoothing=smoothing,
        accelerate=not planned,
        volume=volume,
        n_threads=n_threads,
        tol=tol,
        max_iter=rounds,
        max_time=limit,
        callback=callback,
    )
    if planned and found["status"] == "max_iter":  # the number of rounds was the rule, not a limit
        found["status"] = "converged"
    value = float(_core.simplex_log_likelihood(*counts.args(), found["words"], found["topics"]))
    report = SolverReport.from_core(found, rounds=int(found["n_iter"]))
    return SimplexFit(found["words"], found["topics"], anchors, report, found["objective_path"], value)


def mixture_weights(counts: CountTable, words: FloatArray, tol: float = 1e-8, n_threads: int = 1) -> FloatArray:
    """Maximum-likelihood topic weights (n_documents, K) of each document, topics (K, n_words) fixed."""
    found = _core.mixture_weights(
        counts.values, counts.words, counts.starts, np.asfortranarray(words), float(tol), int(n_threads)
    )
    return np.ascontiguousarray(found.T)
