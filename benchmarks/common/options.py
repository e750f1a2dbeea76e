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

    def folder(self, family: str) -> Path:
        path = self.output / family
        path.mkdir(parents=True, exist_ok=True)
        return path
