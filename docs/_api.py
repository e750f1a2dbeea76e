"""Writes one API page a public module, from the module's own ``__all__``: the pages cannot fall behind the code."""

import importlib
import inspect
from pathlib import Path

import pauca

PAGE = """{title}
{line}

.. automodule:: {module}
   :no-members:

.. currentmodule:: {module}
"""


def heading(module) -> str:
    return (inspect.getdoc(module) or "").split("\n", 1)[0]


def section(title: str, names: list[str], template: str) -> str:
    if not names:
        return ""
    entries = "\n".join(f"   {name}" for name in names)
    return f"\n.. rubric:: {title}\n\n.. autosummary::\n   :toctree: .\n   :template: {template}\n\n{entries}\n"


def home(thing) -> str:
    """The public module whose page documents it."""
    return ".".join(part for part in thing.__module__.split(".") if not part.startswith("_"))


def page(name: str) -> str:
    module = importlib.import_module(name)
    public = sorted(getattr(module, "__all__", []))
    homes = {n: home(getattr(module, n)) for n in public}
    own = [n for n in public if homes[n] == name]
    classes = [n for n in own if inspect.isclass(getattr(module, n))]
    functions = [n for n in own if inspect.isfunction(getattr(module, n))]
    guests = ", ".join(f":obj:`{homes[n]}.{n}`" for n in public if homes[n] != name)
    text = PAGE.format(title=name, line="=" * len(name), module=name)
    text += section("Classes", classes, "class.rst") + section("Functions", functions, "function.rst")
    return text + (f"\n.. rubric:: From other modules\n\n{guests}\n" if guests else "")


def index(names: list[str]) -> str:
    """Modules and the first lines of their docstrings, as a table and in the navigation."""
    rows = [f"   * - :doc:`generated/{n}`\n     - {heading(importlib.import_module(n))}" for n in sorted(names)]
    pages = [f"   generated/{n}" for n in sorted(names)]
    head = ".. list-table::\n   :widths: 30 70\n   :class: stacked\n\n"
    return head + "\n".join(rows) + "\n\n.. toctree::\n   :hidden:\n\n" + "\n".join(pages) + "\n"


def write_if_new(target: Path, text: str) -> None:
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def write_pages(app) -> None:
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"pauca.{name}" for name in pauca._SUBMODULES]
    for name in names:
        write_if_new(folder / f"{name}.rst", page(name))
    write_if_new(folder / "modules.inc", index(names))
    # autosummary's stubs come from these pages: they must exist before it looks.
    app.config.autosummary_generate = [str(folder / f"{name}.rst") for name in names]


def setup(app) -> dict[str, bool]:
    app.connect("builder-inited", write_pages, priority=100)
    return {"parallel_read_safe": True}
