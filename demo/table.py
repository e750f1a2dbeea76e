"""Rows as aligned text."""

from collections.abc import Sequence

from .row import Row

HEADINGS = ("estimator", "data", "measure", "score", "peer", "its score", "nonzeros", "time", "certificate")
RIGHT = {"score", "its score", "nonzeros", "time"}


def seconds(t: float) -> str:
    return f"{1000 * t:.0f} ms" if t < 1 else f"{t:.1f} s"


def cells(row: Row) -> tuple[str, ...]:
    return (
        row.estimator,
        row.data,
        row.measure,
        f"{row.score:.4f}",
        row.peer,
        f"{row.peer_score:.4f}",
        row.nonzeros,
        seconds(row.seconds),
        row.certificate,
    )


def render(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(HEADINGS))]

    def text(line: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if heading in RIGHT else cell.ljust(width)
            for cell, width, heading in zip(line, widths, HEADINGS, strict=True)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join([text(HEADINGS), "  ".join("-" * w for w in widths), *(text(line) for line in lines[1:])])
