"""Warnings that point at the line of the user, however many calls lie between."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

# Packages that call pauca for the user; what starts threads and processes.
_BETWEEN = frozenset(
    {
        "pauca",
        "sklearn",
        "joblib",
        "contextlib",
        "threading",
        "multiprocessing",
        "concurrent",
        "runpy",
        "dask",
        "distributed",
    }
)


def _package(frame: FrameType) -> str:
    """The package of a frame's module, also of one that runs as a program (joblib's workers)."""
    spec = frame.f_globals.get("__spec__")
    name = spec.name if spec is not None else frame.f_globals.get("__name__", "")
    return str(name).partition(".")[0]


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line that is neither pauca's nor of a package that calls it for the user.

    ``warnings.warn(skip_file_prefixes=...)`` does this from Python 3.12 on; a fixed ``stacklevel`` can not, because
    decorators, pipelines and searches add calls. Where there is no such line, as in a thread of joblib's, the warning
    is where it arose.
    """
    here = sys._getframe(1)
    frame = here
    while _package(frame) in _BETWEEN:
        if frame.f_back is None:
            frame = here
            break
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
