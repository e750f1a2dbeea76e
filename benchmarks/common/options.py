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

    def name(self, family: str) -> str:
        """Tables of several threads stand beside those of one."""
        return family if self.threads == 1 else f"{family}_{self.threads}_threads"

    def folder(self, family: str) -> Path:
        path = self.output / self.name(family)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def page(self, family: str) -> Path:
        return self.output / f"{self.name(family)}.md"
