"""The benchmarks' reports as pages of the documentation: copied, so that the two cannot differ."""

import shutil
from pathlib import Path

from docutils import nodes


def copy_reports(app) -> None:
    source, target = Path(app.srcdir).parent / "benchmarks" / "report", Path(app.srcdir) / "performance" / "report"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.csv"))


def mark_tables(app, doctree) -> None:
    """Tables of figures, whose cells are not broken (pauca.css)."""
    if app.env.docname.startswith("performance/report/"):
        for table in doctree.findall(nodes.table):
            table["classes"].append("figures")


def setup(app) -> dict[str, bool]:
    app.connect("builder-inited", copy_reports, priority=100)
    app.connect("doctree-read", mark_tables)
    return {"parallel_read_safe": True}
