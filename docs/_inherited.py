"""Plain text for the cross-references in docstrings inherited from scikit-learn: their targets are on its own site."""

import re

ROLE = re.compile(r":(?:ref|term|class|func|meth|mod|doc):`~?([^`<]+?)\s*(?:<[^`>]*>)?`")


def unlink(app, what, name, obj, options, lines) -> None:
    if (getattr(obj, "__module__", None) or "").startswith("sklearn"):
        # One text: a role may run over the end of a line.
        lines[:] = ROLE.sub(r"\1", "\n".join(lines)).split("\n")


def setup(app) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", unlink, priority=400)  # before numpydoc
    return {"parallel_read_safe": True}
