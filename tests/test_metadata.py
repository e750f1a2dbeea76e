"""What several files say of the package agrees: its version, and the oldest dependencies it works with."""

import re
import tomllib
from pathlib import Path

import pytest

import pauca

ROOT = Path(__file__).parents[1]
OLDEST = ROOT / ".ci" / "oldest.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What the suite is run with; "docs" and "dev" are tools, of which the newest is taken.
TESTED = ("plot", "progress", "matlab", "arrow", "dask", "demo", "test")


def bounds() -> dict[str, str]:
    """Package -> the least version that pyproject.toml asks for."""
    wanted = [*PROJECT["dependencies"], *(w for extra in TESTED for w in PROJECT["optional-dependencies"][extra])]
    found = {}
    for want in wanted:
        name, version = re.fullmatch(r"([\w-]+)(?:\[[\w,]*\])?(?:>=([\w.]+))?", want).groups()
        if name != "pauca":
            found[name] = version
    return found


@pytest.mark.skipif(not OLDEST.exists(), reason="continuous integration is no part of the source distribution")
def test_the_oldest_dependencies_tested_are_the_bounds():
    lines = (line.split("#")[0].strip() for line in OLDEST.read_text(encoding="utf-8").splitlines())
    pins = dict(line.split("==") for line in lines if line)
    for name, version in bounds().items():
        assert pins[name].removesuffix(".*") == version, f"{name}: bound {version}, tested {pins[name]}"


def test_versions_agree():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.*)$", citation, re.M)[1] == PROJECT["version"] == pauca.__version__
