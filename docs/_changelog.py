"""Shows CHANGELOG.md, which is plain Markdown (headings, bullets, code), as the page ``changelog``."""

import re
from pathlib import Path

UNDERLINES = {1: "=", 2: "-", 3: "~"}


def to_rst(markdown: str) -> str:
    lines = []
    for line in re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", markdown).splitlines():
        if match := re.match(r"(#{1,3}) (.*)", line):
            title = match[2].replace("[", "").replace("]", "")
            lines += [title, UNDERLINES[len(match[1])] * len(title)]
        else:
            lines.append(line)
    return "\n".join(lines)


def fill_page(app, name: str, source: list[str]) -> None:
    if name == "changelog":
        path = Path(app.srcdir).parent / "CHANGELOG.md"
        app.env.note_dependency(str(path))
        source[0] = to_rst(path.read_text(encoding="utf-8"))


def setup(app) -> dict[str, bool]:
    app.connect("source-read", fill_page)
    return {"parallel_read_safe": True}
