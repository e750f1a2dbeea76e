"""Peers that may not be installed: a run without them keeps the rows that an earlier one measured, and marks them.

The mark is the column ``earlier``: what an old row was measured with, ``dagma 1.1.1``; it is empty in new rows.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from common.tables import read_csv, write_csv


def absent(peers: Mapping[str, str]) -> dict[str, str]:
    """Of solver -> distribution, those whose distribution is not installed."""

    def missing(package: str) -> bool:
        try:
            version(package)
        except PackageNotFoundError:
            return True
        return False

    return {solver: package for solver, package in peers.items() if missing(package)}


def mark(path: Path, column: str, peers: Mapping[str, str], page: Path) -> None:
    """Marks the rows of solvers among `peers`, which are absent now, by the versions that the page of last time names.

    To be called before that page is written anew.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    rows = read_csv(path)
    for row in rows:
        row.setdefault("earlier", "")
        package = peers.get(row[column])
        if package is not None and not row["earlier"]:
            named = re.search(rf"\b{re.escape(package)} (\d[\w.]*\w)", text)
            row["earlier"] = f"{package} {named[1]}" if named else f"{package}, version unknown"
    if any(row["earlier"] for row in rows):
        write_csv(path, rows)


def sentence(rows: Iterable[Mapping[str, Any]]) -> str:
    """What a page says of such rows; nothing where there are none."""
    old = sorted({str(row["earlier"]) for row in rows if row.get("earlier")})
    if not old:
        return ""
    return (
        f"**Of an earlier run, because they were not installed in this one: {', '.join(old)}.** Their times were "
        "measured beside another version of pauca, perhaps on another machine."
    )
