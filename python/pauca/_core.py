"""The compiled core: the build for this processor, or the one that PAUCA_DISPATCH names.

``PAUCA_DISPATCH`` is ``base`` (any processor) or ``v3`` (AVX2, FMA and BMI2).
"""

import importlib
import os
from types import ModuleType
from typing import Any

from ._cpu import has_x86_64_v3


def _load() -> ModuleType:
    forced = os.environ.get("PAUCA_DISPATCH", "")
    if forced not in ("", "base", "v3"):
        raise ImportError(f"PAUCA_DISPATCH={forced!r}: expected 'base' or 'v3'")
    if forced == "v3" and not has_x86_64_v3():
        raise ImportError("PAUCA_DISPATCH='v3', but this processor lacks AVX2, FMA or BMI2")
    if forced:
        return importlib.import_module(f"pauca._core_{forced}")
    if has_x86_64_v3():
        try:
            return importlib.import_module("pauca._core_v3")
        except ModuleNotFoundError:  # built with PAUCA_MULTIARCH=OFF
            pass
    return importlib.import_module("pauca._core_base")


_module = _load()


def __getattr__(name: str) -> Any:
    return getattr(_module, name)
