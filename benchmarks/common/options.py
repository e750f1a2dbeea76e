"""What the command line asked for, and how a page says it."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    quick: bool
    repeats: int
    seeds: list[int]
    only: str
    output: Path
    threads: int = 1

    def said(self) -> str:
        """The command line itself, and what it means: pages begin with it (``machine.describe``)."""
        size = "small problems: a check, not a comparison" if self.quick else "full size"
        seeds = f"seed{'s' if len(self.seeds) > 1 else ''} {', '.join(map(str, self.seeds))}"
        repeats = f"{self.repeats} repeat{'s' if self.repeats > 1 else ''}"
        kept = f"; what `--only {self.only}` leaves out is of an earlier run" if self.only else ""
        # Without the path of the interpreter, and of the clone.
        command = shlex.join(["python", "benchmarks/run.py", *sys.argv[1:]])
        return f"Written by `{command}`: {size}, {seeds}, {repeats}, unless a section says otherwise{kept}."

    def name(self, family: str) -> str:
        """Tables of several threads stand beside those of one."""
        return family if self.threads == 1 else f"{family}_{self.threads}_threads"

    def folder(self, family: str) -> Path:
        path = self.output / self.name(family)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def page(self, family: str) -> Path:
        return self.output / f"{self.name(family)}.md"
