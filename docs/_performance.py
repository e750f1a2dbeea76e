"""The benchmarks' reports as pages of the documentation: copied, so that the two cannot differ."""

import shutil
from pathlib import Path


def copy_reports(app) -> None:
    source, target = Path(app.srcdir).parent / "benchmarks" / "report", Path(app.srcdir) / "performance" / "report"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.csv"))


def setup(app) -> dict[str, bool]:
    app.connect("builder-inited", copy_reports, priority=100)
    return {"parallel_read_safe": True}
