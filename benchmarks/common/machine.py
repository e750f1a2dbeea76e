"""What a report has to say about where its numbers come from."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from common.timing import threads


def processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = {line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")}
        return ", ".join(sorted(names)) or platform.processor()
    except OSError:
        return platform.processor() or platform.machine()


def describe(packages: Sequence[str]) -> str:
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} (absent)")
    used = "one thread" if threads() == 1 else f"{threads()} threads"
    return (
        f"{processor()}, {os.cpu_count()} cores ({used} used), {platform.system()}, "
        f"Python {platform.python_version()}; {', '.join(versions)}."
    )
