"""The state of a running selection: what has been drawn, what is asked, and how it is written to a file."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray
from ..moments import Moments
from ._costs import IntArray


@dataclass
class Session:
    """Everything a selection knows between two samples."""

    target_X: FloatArray
    target_y: FloatArray
    names: list[Any]
    seed: int
    moments: list[Moments]
    drawn: IntArray
    capacity: FloatArray  # samples left; infinite where unknown, 0 once exhausted
    rows: list[list[tuple[FloatArray, FloatArray]]] | None = None  # kept where moments are not enough
    spent: float = 0.0
    epoch: int = -1
    budget: float = 0.0  # of the epoch
    budget_end: float = 0.0  # what may have been spent at its end
    closed: bool = True  # whether the epoch is in the history
    norm: str = "uniform"
    share: FloatArray = field(default_factory=lambda: np.zeros(0))
    asked: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    epoch_drawn: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    history: list[dict[str, Any]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    feature_names: list[str] = field(default_factory=list)  # none if the target had none
    finding: Any = None  # of all samples so far, if known; not written

    @classmethod
    def begin(
        cls, X: FloatArray, y: FloatArray, names: list[Any], capacity: FloatArray, seed: int, keep_rows: bool
    ) -> Session:
        """A selection without any sample yet."""
        tasks = len(names)
        return cls(
            X,
            y,
            names,
            seed,
            [Moments() for _ in range(tasks)],
            np.zeros(tasks, dtype=np.int64),
            capacity,
            [[] for _ in range(tasks)] if keep_rows else None,
            share=np.zeros(tasks),
            asked=np.zeros(tasks, dtype=np.int64),
            epoch_drawn=np.zeros(tasks, dtype=np.int64),
        )

    @contextmanager
    def changing(self) -> Iterator[Session]:
        """A draft to change; the changes come all at once, so that an error or Ctrl-C between them leaves none."""
        draft = copy.copy(self)
        for name in CHANGING:
            setattr(draft, name, copy.copy(getattr(self, name)))
        yield draft
        vars(self).update(vars(draft))

    def name_columns(self, estimator: Any) -> None:
        """Give an estimator the number of features and, if the target had them, their names."""
        estimator.n_features_in_ = self.n_features
        if self.feature_names:
            estimator.feature_names_in_ = np.array(self.feature_names, dtype=object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_

    @property
    def n_tasks(self) -> int:
        """Number of sources."""
        return len(self.names)

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self.target_X.shape[1])

    def position(self, task: Any) -> int:
        """Number of the source of this name."""
        for m, name in enumerate(self.names):
            if name == task:
                return m
        raise ValueError(f"task: {task!r} is none of the {self.n_tasks} sources")

    def add(self, m: int, X: FloatArray, y: FloatArray) -> None:
        """Keep samples of source m."""
        if len(y):
            self.finding = None
            self.moments[m] = copy.copy(self.moments[m]).update(X, y)
            if self.rows is not None:
                self.rows[m] = [*self.rows[m], (X, y)]
        self.drawn[m] += len(y)
        self.epoch_drawn[m] += len(y)
        self.asked[m] = max(int(self.asked[m]) - len(y), 0)
        self.capacity[m] = max(self.capacity[m] - len(y), 0.0)

    def exhaust(self, m: int) -> None:
        """Source m has no more samples."""
        self.capacity[m] = 0.0
        self.asked[m] = 0

    def table(self) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
        """All rows kept, and the source of each."""
        assert self.rows is not None
        pairs = [(X, y, m) for m, parts in enumerate(self.rows) for X, y in parts]
        if not pairs:
            return np.zeros((0, self.n_features)), np.zeros(0), np.zeros(0, dtype=np.int64)
        task = np.concatenate([np.full(len(y), m, dtype=np.int64) for _, y, m in pairs])
        return np.vstack([X for X, _, _ in pairs]), np.concatenate([y for _, y, _ in pairs]), task

    # -- files ---------------------------------------------------------------------------------------------------------

    def write(self, file: Any) -> None:
        """Write to a numpy archive, without pickles."""
        size = 2 + self.n_features
        factors = np.zeros((self.n_tasks, size, size))
        sums = np.zeros((self.n_tasks, 2))
        for m, seen in enumerate(self.moments):
            if hasattr(seen, "factor_"):
                factors[m] = seen.factor_
                sums[m] = seen.weight_sum_, seen.n_samples_
        arrays = {name: getattr(self, name) for name in ARRAYS}
        if self.rows is not None:
            arrays["rows_X"], arrays["rows_y"], arrays["rows_task"] = self.table()
        plain = {name: getattr(self, name) for name in PLAIN}
        plain["history"] = [{k: _listed(v) for k, v in record.items()} for record in self.history]
        np.savez(file, version=np.array(1), factors=factors, sums=sums, plain=np.array(json.dumps(plain)), **arrays)

    @classmethod
    def read(cls, file: Any) -> Session:
        """Read what `write` wrote."""
        if isinstance(file, (str, os.PathLike)) and not os.path.exists(file):
            named = f"{os.fspath(file)}.npz"  # the ending that `write` added
            file = named if os.path.exists(named) else file
        with np.load(file, allow_pickle=False) as found:
            if "version" not in found or int(found["version"]) != 1:
                raise ValueError("file: no state of a TaskSelector that this version can read")
            plain = json.loads(str(found["plain"]))
            plain["history"] = [{k: _restored(v) for k, v in record.items()} for record in plain["history"]]
            arrays = {name: found[name].copy() for name in ARRAYS}
            moments = []
            for factor, (weight, rows) in zip(found["factors"], found["sums"], strict=True):
                seen = Moments()
                if rows > 0:
                    seen.factor_ = np.asfortranarray(factor)
                    seen.weight_sum_, seen.n_samples_ = float(weight), int(rows)
                    seen.n_features_, seen.n_targets_ = factor.shape[0] - 2, 1
                moments.append(seen)
            session = cls(moments=moments, **arrays, **plain)
            if "rows_X" in found:
                X, y, task = found["rows_X"], found["rows_y"], found["rows_task"]
                session.rows = [[(X[task == m], y[task == m])] for m in range(session.n_tasks)]
        return session


CHANGING = ("moments", "rows", "drawn", "capacity", "asked", "epoch_drawn", "history", "warned")
ARRAYS = ("target_X", "target_y", "drawn", "capacity", "share", "asked", "epoch_drawn")
PLAIN = ("names", "seed", "spent", "epoch", "budget", "budget_end", "closed", "norm", "warned", "feature_names")


def _listed(value: Any) -> Any:
    return {"array": value.tolist(), "dtype": value.dtype.str} if isinstance(value, np.ndarray) else value


def _restored(value: Any) -> Any:
    return np.array(value["array"], dtype=value["dtype"]) if isinstance(value, dict) and "array" in value else value
