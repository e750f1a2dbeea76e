"""Value objects: penalties, losses and solvers are their parameters and nothing else."""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy as np


def _parameters(cls: type) -> list[tuple[str, Any]]:
    return [(p.name, p.default) for p in inspect.signature(cls).parameters.values()]


def _key(value: Any) -> Any:
    """What parameters are compared and hashed by: numbers in an array, a list or a tuple are the same numbers."""
    if isinstance(value, ValueObject):
        return (type(value), *((name, _key(v)) for name, v in value.get_params(deep=False).items()))
    if isinstance(value, dict):
        return frozenset((_key(k), _key(v)) for k, v in value.items())
    if hasattr(value, "__array__"):
        index = getattr(value, "index", None)  # of a pandas Series
        plain = _key(np.asarray(value).tolist())
        return plain if index is None else ("labelled", _key(list(index)), plain)
    if isinstance(value, list | tuple):
        return tuple(_key(v) for v in value)
    return value


def _same(a: Any, b: Any) -> bool:
    return bool(a is b or _key(a) == _key(b))


class ValueObject:
    """Parameters with equality, a readable repr and scikit-learn's ``get_params`` / ``set_params``.

    A subclass stores its constructor's arguments unchanged under their own names, so that it can be cloned,
    pickled and tuned (``GridSearchCV(..., {"penalty__l1_ratio": [...]})``).
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with ``deep``, those of nested objects as ``name__inner`` too.

        Parameters
        ----------
        deep : bool, default=True
            Whether parameters of nested objects are listed too.

        Returns
        -------
        dict
            Name -> value.

        Examples
        --------
        >>> from pauca.penalties import ElasticNet
        >>> sorted(ElasticNet(alpha=0.3).get_params())
        ['alpha', 'l1_ratio', 'nonnegative', 'weights']
        """
        params = {name: getattr(self, name) for name, _ in _parameters(type(self))}
        if deep:
            for name, value in list(params.items()):
                if hasattr(value, "get_params") and not isinstance(value, type):
                    params.update({f"{name}__{k}": v for k, v in value.get_params().items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, nested ones as ``name__inner``.

        Parameters
        ----------
        **params
            Name = value; an unknown name is a ValueError.

        Returns
        -------
        ValueObject
            Itself.

        Examples
        --------
        >>> from pauca.penalties import MCP
        >>> MCP().set_params(alpha=0.5, gamma=4.0)
        MCP(alpha=0.5, gamma=4.0)
        """
        names = [name for name, _ in _parameters(type(self))]
        for key, value in params.items():
            name, _, inner = key.partition("__")
            if name not in names:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; expected one of {sorted(names)}")
            if inner:
                getattr(self, name).set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, ValueObject):
            return NotImplemented
        return _same(self, other)

    def __hash__(self) -> int:
        try:
            return hash(_key(self))
        except TypeError:  # a parameter of the user's own type
            return hash(type(self))

    def __repr__(self) -> str:
        shown = []
        for name, default in _parameters(type(self)):
            value = getattr(self, name)
            if default is inspect.Parameter.empty or not _same(value, default):
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


class ShortRepr:
    """Results whose arrays are shown by their shapes; a dataclass of this base says ``repr=False``."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_brief(value)}" for name, value in vars(self).items())
        return f"{type(self).__name__}({shown})"


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return f"<{' x '.join(map(str, value.shape))}>"
    if isinstance(value, list | tuple) and any(isinstance(v, np.ndarray) for v in value):
        return f"[{', '.join(map(_brief, value))}]"
    if isinstance(value, dict) and len(value) > 3:
        return f"{{{', '.join(repr(key) + ': ...' for key in list(value)[:2])}, ... {len(value)} in all}}"
    return repr(value)
