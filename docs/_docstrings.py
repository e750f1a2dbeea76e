"""Docstrings made fit for Sphinx: no links into scikit-learn's own site, and shapes named after fitted attributes."""

import re

ROLE = re.compile(r":(?:ref|term|class|func|meth|mod|doc):`~?([^`<]+?)\s*(?:<[^`>]*>)?`")
SHAPE = re.compile(r"shape \([^)]*\)")


def mend(app, what, name, obj, options, lines) -> None:
    text = "\n".join(lines)
    if (getattr(obj, "__module__", None) or "").startswith("sklearn"):
        text = ROLE.sub(r"\1", text)  # inherited: the targets are elsewhere
    # docutils would read n_features_in_ as a link.
    text = SHAPE.sub(lambda shape: re.sub(r"(?<=\w)_(?=[,)\s])", r"\\_", shape[0]), text)
    lines[:] = text.split("\n")


def setup(app) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", mend, priority=400)  # before numpydoc
    return {"parallel_read_safe": True}
