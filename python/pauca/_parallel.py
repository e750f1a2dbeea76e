"""Outer loops, in threads of this process or wherever joblib's back end has workers; threads of the core."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.parallel import get_active_backend

from ._sklearn_compat import aligned

Call = tuple[Any, tuple[Any, ...], dict[str, Any]]  # what joblib's delayed makes


_ATTEMPTS = 3


class _Calls:
    """All calls of a loop in one object: what they share is sent once."""

    def __init__(self, calls: list[Call]) -> None:
        self.calls = calls
        self.token = uuid.uuid4().hex

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What comes from another process may begin at any byte: aligned once, for all calls that share it."""
        known: dict[int, Any] = {}

        def once(value: Any) -> Any:
            if id(value) not in known:
                known[id(value)] = aligned(value)
            return known[id(value)]

        self.token = state["token"]
        self.calls = [
            (function, tuple(once(a) for a in args), {key: once(a) for key, a in kwargs.items()})
            for function, args, kwargs in state["calls"]
        ]

    def __dask_tokenize__(self) -> str:
        return self.token


def _call(calls: _Calls, k: int) -> Any:
    function, args, kwargs = calls.calls[k]
    return function(*args, **kwargs)


def run_all(calls: Iterable[Call], n_jobs: int | None, prefer: str | None = "threads") -> list[Any]:
    """The results of ``delayed(function)(...)`` calls, in their order.

    Under joblib's Dask back end the arguments go to every worker, once, before the first call: joblib by itself would
    leave each on a single worker, and what only a dead worker had is lost with it. Calls whose arguments are lost all
    the same start over, at most twice.
    """
    if not _dask_is_active():
        return list(Parallel(n_jobs=n_jobs, prefer=prefer)(calls))
    return _on_dask(_Calls(list(calls)), n_jobs)


def goes_to_dask(n_jobs: int | None) -> bool:
    """Whether joblib's Dask back end takes a loop that has threads of the core otherwise; with n_jobs=1 it does not."""
    return n_jobs != 1 and _dask_is_active()


def _dask_is_active() -> bool:
    return type(get_active_backend()[0]).__name__ == "DaskDistributedBackend" and not _on_worker()


def n_threads(n_jobs: int | None) -> int:
    """Threads for the compiled core from scikit-learn's ``n_jobs``: None is one, -1 all of this machine's processors.

    joblib's back end of the moment has no say: the core's threads are those of this process.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs: got 0, expected a number of threads, -1 for all processors, or None for one")
    if n_jobs is None:
        return 1
    return int(n_jobs) if n_jobs > 0 else max(int(cpu_count()) + 1 + int(n_jobs), 1)


def _on_dask(together: _Calls, n_jobs: int | None) -> list[Any]:
    from dask.distributed import CancelledError

    backend = get_active_backend()[0]
    client = getattr(backend, "client", None)
    options = dict(getattr(backend, "submit_kwargs", None) or {})
    for left in reversed(range(_ATTEMPTS)):
        try:
            with parallel_config("dask", client=client, scatter=[together], **options):
                return list(Parallel(n_jobs=n_jobs)(delayed(_call)(together, k) for k in range(len(together.calls))))
        except (OSError, CancelledError, TypeError) as error:
            if not left or not _arguments_were_lost(error):
                raise
            together = _Calls(together.calls)
    raise AssertionError("unreachable")


def _arguments_were_lost(error: Exception) -> bool:
    """Whether a worker died while the arguments were on their way, or with the last copy.

    Errors of the operating system that a call met have a number, those of dask's connections have not. joblib can take
    the error of a cancelled call for its results, and stumbles.
    """
    if isinstance(error, TypeError):
        return "CancelledError' object is not iterable" in str(error)
    return getattr(error, "errno", None) is None


def _on_worker() -> bool:
    """Whether this is a call within a call: its arguments stay where they are."""
    from dask.distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True
