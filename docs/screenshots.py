"""Pictures of the built pages on a desktop and on a phone, and a check that they fit and that the menu opens.

    python docs/screenshots.py docs/_build/html [page ...] [--output build/screenshots]

writes ``<page>-desktop.png`` and ``<page>-phone.png`` for the pages named (``guide/linear``), or for a choice of them,
and looks at every page of the site at 390 pixels: none may scroll sideways, and where there is a button for the menu
a press on it must show links. What does not fit is named with its widest element, and makes the exit status 1.

Optional, and no part of the tests. It needs ``pip install playwright`` and a Chromium: the one on the path
(``apt-get install chromium``), or playwright's own (``playwright install chromium``).
"""

import argparse
import http.server
import shutil
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
CHOICE = ("index", "install", "guide/linear", "guide/penalties", "guide/migration", "auto_examples/index",
          "api/index", "performance/index", "performance/report/linear")  # fmt: skip

# How far the page reaches beyond the window, and the element that reaches furthest without a scrollbar of its own.
OVERHANG = """() => {
  const width = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - width;
  if (over <= 0) return [0, ""];
  const scrolls = (e) => e && (["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX)
                               || scrolls(e.parentElement));
  let widest = null, right = width;
  for (const e of document.body.querySelectorAll("*")) {
    const r = e.getBoundingClientRect().right;
    if (r > right && !scrolls(e.parentElement)) { widest = e; right = r; }
  }
  return [over, widest ? widest.outerHTML.slice(0, 100) : ""];
}"""
# pydata-sphinx-theme: the button of the menu, and the panel that it opens.
BUTTON, PANEL = ".primary-toggle:visible", "dialog[open] a:visible, .bd-sidebar-primary a:visible"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def complaints(page: Any, name: str) -> list[str]:
    """What is wrong with the page that is open, at a phone's width."""
    found = []
    over, widest = page.evaluate(OVERHANG)
    if over > 0:
        found.append(f"{name}: {over} pixels too wide; {widest}")
    button = page.locator(BUTTON)
    if button.count():
        button.first.click()
        try:
            page.locator(PANEL).first.wait_for(timeout=2000)
        except Exception as error:
            found.append(f"{name}: the menu does not open ({type(error).__name__})")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Pictures of the built pages, and whether they fit a phone.")
    parser.add_argument("site", type=Path)
    parser.add_argument("page", nargs="*", help="pages to take pictures of, without .html; a choice by default")
    parser.add_argument("--output", type=Path, default=Path("build/screenshots"))
    args = parser.parse_args()
    names = sorted(str(p.relative_to(args.site).with_suffix("")) for p in args.site.rglob("*.html")
                   if "_static" not in p.parts)  # fmt: skip
    if not names:
        parser.error(f"{args.site} holds no pages")
    if unknown := set(args.page) - set(names):
        parser.error(f"no such page: {', '.join(sorted(unknown))}")
    chosen = args.page or [name for name in CHOICE if name in names] or names[:5]
    args.output.mkdir(parents=True, exist_ok=True)

    # Over HTTP, since a page from a file may load no scripts.
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(args.site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    found = []
    with sync_playwright() as play:
        own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = play.chromium.launch(executable_path=own, args=["--no-sandbox"])
        desktop, phone = browser.new_page(viewport=DESKTOP), browser.new_page(viewport=PHONE, has_touch=True)
        for name in names:
            phone.goto(f"{address}/{name}.html")
            if name in chosen:
                plain = name.replace("/", "_")
                phone.screenshot(path=args.output / f"{plain}-phone.png")
                desktop.goto(f"{address}/{name}.html")
                desktop.screenshot(path=args.output / f"{plain}-desktop.png")
            found += complaints(phone, name)
        browser.close()
    server.shutdown()
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(names)} pages looked at, {len(found)} complaints; {2 * len(chosen)} pictures in {args.output}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
