"""What a report has to say about where its numbers come from."""

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from common.options import Options
from common.timing import threads


def processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = {line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")}
        return ", ".join(sorted(names)) or platform.processor()
    except OSError:
        return platform.processor() or platform.machine()


def commit() -> str:
    """Of the checkout that holds this file, and whether files differ from it; nothing where there is no checkout."""

    def git(*arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()

    name = git("rev-parse", "--short", "HEAD")
    # Reports change while they are written.
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":(top)", ":(top,exclude)benchmarks/report")
    return f"commit {name}{' and changes that were not committed' if changed else ''}" if name else ""


def describe(packages: Sequence[str], options: Options | None = None) -> str:
    """The command, the commit, the machine, the versions, and which of the packages are not there."""
    versions, absent = [], []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            absent.append(package)
    used = "one thread" if threads() == 1 else f"{threads()} threads"
    where = (
        f"{processor()}, {os.cpu_count()} cores ({used} used), {platform.system()}, "
        f"Python {platform.python_version()}; {', '.join(versions)}"
    )
    if options is None:
        return f"{where}."
    missing = f" **Not installed, so not measured by this run: {', '.join(absent)}.**" if absent else ""
    return f"{options.said()} {'; '.join(part for part in (where, commit()) if part)}.{missing}"
