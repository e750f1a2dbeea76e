"""Sources of samples: callables and pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._magnitude import check_squares
from .._sklearn_compat import _safe_indexing
from .._validation import FloatArray, check_names, numbers


class SourceError(ValueError):
    """A source failed, or returned what it should not; nothing drawn before is lost.

    Attributes
    ----------
    source : object
        Name or number of the source.

    Examples
    --------
    >>> from pauca.datasets import make_multitask
    >>> from pauca.multitask import SourceError, TaskSelector
    >>> data = make_multitask(random_state=0)
    >>> broken = [*data.sources[:-1], lambda n, seed: (_ for _ in ()).throw(OSError("no connection"))]
    >>> try:
    ...     TaskSelector(5, budget=5000, random_state=0).fit(broken, data.target(100))
    ... except SourceError as error:
    ...     print(error.source)
    49
    """

    def __init__(self, message: str, source: Any) -> None:
        super().__init__(message)
        self.source = source

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.source)


def named_sources(sources: Any) -> tuple[list[Any], list[Any]]:
    """Names and sources, of a list or a dictionary."""
    if isinstance(sources, Mapping):
        return list(sources), list(sources.values())
    if not isinstance(sources, Sequence) or isinstance(sources, str) or len(sources) == 0:
        raise ValueError(
            f"sources: got {type(sources).__name__}, expected a list or a dictionary of at least one source"
        )
    return list(range(len(sources))), list(sources)


def pool_size(name: Any, source: Any) -> float:
    """Samples that a source has in all: infinite for a callable."""
    if callable(source):
        return np.inf
    if not isinstance(source, (tuple, list)) or len(source) != 2:
        raise ValueError(f"sources: {name!r} is neither a callable draw(n_samples, random_state) nor a pool (X, y)")
    X, y = source
    if np.ndim(X) != 2 or np.shape(y) != (np.shape(X)[0],):
        raise ValueError(
            f"sources: pool {name!r} has shapes {np.shape(X)} and {np.shape(y)}, expected (n, n_features) and (n,)"
        )
    return float(np.shape(X)[0])


def check_samples(
    X: Any, y: Any, n_features: int, what: str, source: Any, names: Sequence[str] = ()
) -> tuple[FloatArray, FloatArray]:
    """Samples as float64 arrays, or a SourceError that says what is wrong with them."""
    try:
        check_names(what, X, names or None)
    except ValueError as error:
        raise SourceError(str(error), source) from error
    try:
        X, y = numbers(f"{what}: X", X), numbers(f"{what}: y", y)
    except ValueError as error:
        raise SourceError(str(error), source) from error
    if X.size == 0 and y.size == 0:
        return np.zeros((0, n_features)), np.zeros(0)
    if X.ndim != 2 or X.shape[1] != n_features or y.shape != (X.shape[0],):
        raise SourceError(f"{what} have shapes {X.shape} and {y.shape}, expected (n, {n_features}) and (n,)", source)
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise SourceError(f"{what} contain NaN or infinity", source)
    try:
        check_squares(f"{what}: X", X)
        check_squares(f"{what}: y", y)
    except ValueError as error:
        raise SourceError(str(error), source) from None
    return X, y


def draw(
    source: Any, name: Any, n: int, n_features: int, seed: tuple[int, int, int], names: Sequence[str] = ()
) -> tuple[FloatArray, FloatArray, bool]:
    """n samples of a source, and whether it has no more; ``seed`` is (seed, source, drawn before).

    The same seed gives the same samples, so that a selection that was interrupted continues as if it had not been.
    """
    what = f"source {name!r}: the {n} samples asked"
    if not callable(source):
        base, m, drawn = seed
        order = np.random.RandomState([base, m]).permutation(len(source[1]))[drawn : drawn + n]
        X, y = (_safe_indexing(part, order) for part in source)
        X, y = check_samples(X, y, n_features, what, name, names)
        return X, y, False
    try:
        found = source(n, np.random.RandomState(list(seed)))
    except Exception as error:
        raise SourceError(
            f"source {name!r} raised {type(error).__name__} when asked for {n} samples: {error}", name
        ) from error
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise SourceError(f"source {name!r} returned {type(found).__name__}, expected a pair (X, y)", name)
    X, y = check_samples(found[0], found[1], n_features, what, name, names)
    return X, y, len(y) < n
