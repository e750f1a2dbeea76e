"""Calls into the compiled core as trees that can be changed and made again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pauca import _core


class Call:
    """A function of the core, or a method of an object that another call makes, with its arguments.

    `prepared`: calls on the object made here, before it is used.
    """

    def __init__(self, name: str, args: Iterable[Any], kwargs: dict[str, Any], prepared: Iterable[Call] = ()) -> None:
        self.name, self.args, self.kwargs, self.prepared = name, list(args), dict(kwargs), list(prepared)

    def slots(self) -> list[tuple[Any, Any]]:
        """Where arguments sit: (container, key), those of calls among the arguments and of entries of dicts too."""
        found = []
        for holder, keys in ((self.args, range(len(self.args))), (self.kwargs, list(self.kwargs))):
            for key in keys:
                value = holder[key]
                if isinstance(value, Call):
                    found += value.slots()
                    for call in value.prepared:
                        found += call.slots()
                if isinstance(value, dict):
                    found += [(value, k) for k in value]
                found.append((holder, key))
        return found

    def copy(self) -> Call:
        """With containers of its own; arrays are shared, because mutations replace them."""
        kwargs = {k: _copy(v) for k, v in self.kwargs.items()}
        return Call(self.name, map(_copy, self.args), kwargs, map(_copy, self.prepared))

    def run(self, on: Any = None) -> Any:
        args = [a.run() if isinstance(a, Call) else a for a in self.args]
        if on is not None:
            args.insert(0, on)
        kwargs = {k: v.run() if isinstance(v, Call) else v for k, v in self.kwargs.items()}
        function = _core._module
        for part in self.name.split("."):
            function = getattr(function, part)
        made = function(*args, **kwargs)
        for call in self.prepared:
            call.run(made)
        return made


def _copy(value: Any) -> Any:
    if isinstance(value, Call):
        return value.copy()
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return list(value) if isinstance(value, list) else value


class _Recorded:
    """An object of the core and the call that made it; methods that prepare it become part of that call."""

    def __init__(self, made: Any, origin: Call, keep: Callable[[Call], None]) -> None:
        self._made, self._origin, self._keep = made, origin, keep

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._made, name)
        if not callable(value):
            return value

        def method(*args: Any, **kwargs: Any) -> Any:
            call = Call(f"{self._origin.name}.{name}", (self._origin, *args), kwargs)
            self._keep(call)
            result = value(*args, **kwargs)
            if result is None:  # it prepared the object: later calls need what it did
                self._origin = self._origin.copy()
                self._origin.prepared = [Call(call.name, call.args[1:], call.kwargs)]
            return result

        return method


def functions() -> list[str]:
    return sorted(n for n in dir(_core._module) if not n.startswith("_") and callable(getattr(_core._module, n)))


@contextmanager
def recording(per_function: int, largest: int = 5000) -> Iterator[dict[str, list[Call]]]:
    """Collects the first calls of every function, of those whose arrays are small."""
    calls: dict[str, list[Call]] = {}
    origin: dict[int, Call] = {}
    alive: list[Any] = []

    def strip(value: Any) -> Any:
        if isinstance(value, _Recorded):
            return value._origin
        if id(value) in origin:
            return origin[id(value)]
        if isinstance(value, np.ndarray):
            return value.copy(order="K")
        return None if inspect.isroutine(value) else _copy(value)

    def keep(call: Call) -> None:
        call.args = [strip(a) for a in call.args]
        call.kwargs = {k: strip(v) for k, v in call.kwargs.items()}
        sizes = [h[k].size for h, k in call.slots() if isinstance(h[k], np.ndarray)]
        known = calls.setdefault(call.name, [])
        if len(known) < per_function and max(sizes, default=0) <= largest:
            known.append(call)

    def wrap(name: str, function: Any) -> Any:
        def recorded(*args: Any, **kwargs: Any) -> Any:
            call = Call(name, args, kwargs)
            keep(call)
            bare = [a._made if isinstance(a, _Recorded) else a for a in args]
            result = function(*bare, **{k: v._made if isinstance(v, _Recorded) else v for k, v in kwargs.items()})
            if inspect.isclass(function):
                return _Recorded(result, call, keep)
            if type(result).__module__.startswith("pauca."):
                origin[id(result)] = call
                alive.append(result)
            return result

        return recorded

    for name in functions():
        setattr(_core, name, wrap(name, getattr(_core._module, name)))
    try:
        yield calls
    finally:
        for name in functions():
            delattr(_core, name)
