"""Every link of the built site that stays within it leads somewhere: ``python docs/check_links.py docs/_build/html``.

Pages, pictures, scripts and anchors are looked up in the folder; addresses elsewhere are left alone, so that no network
is needed. Links that lead nowhere are printed, and make the exit status 1.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ATTRIBUTES = ("href", "src")


class Page(HTMLParser):
    """The links and anchors of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name in ("id", "name"):
                self.anchors.add(value)
            elif name in ATTRIBUTES:
                self.links.add(value)
            elif name == "srcset":
                self.links.update(candidate.split()[0] for candidate in value.split(",") if candidate.strip())


def dead_links(site: Path) -> list[tuple[Path, str]]:
    """The links that lead nowhere, with the page each stands on."""
    written = (path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts)  # the theme's templates
    pages = {path.resolve(): Page(path) for path in written}
    dead = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            name = unquote(parts.path)
            target = path if not name else (site / name[1:] if name.startswith("/") else path.parent / name).resolve()
            if target.is_dir():
                target /= "index.html"
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].anchors):
                dead.append((path.relative_to(site.resolve()), link))
    return dead


def main() -> int:
    site = Path(sys.argv[1])
    if not (site / "index.html").is_file():
        print(f"{site} holds no built site (index.html is missing)", file=sys.stderr)
        return 1
    dead = dead_links(site)
    for page, link in dead:
        print(f"{page}: {link} leads nowhere", file=sys.stderr)
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
