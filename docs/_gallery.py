"""Every example of the gallery is quick and draws something; otherwise ``make docs`` fails and says which does not.

Quick is less than ``PAUCA_GALLERY_SECONDS`` (15) of CPU time, children included, in seconds of a machine on which a
million turns of a loop with one product take 0.06 s: on a slower one, and on one that other work makes slower, the
limit grows by the ratio, which is measured beside each example. Times are kept beside the built examples, since one
that has not changed is not run again.
"""

import json
import os
import time
from pathlib import Path

from sphinx.errors import ExtensionError

LIMIT = float(os.environ.get("PAUCA_GALLERY_SECONDS") or 15)
LOOP = 0.06
TIMES = "cpu_seconds.json"
_start = 0.0


def _cpu() -> float:
    return sum(os.times()[:4])


def _slowness() -> float:
    """How many times longer than on the machine of the limit a loop takes here and now; at least 1."""
    start, total = time.process_time(), 0
    for k in range(1_000_000):
        total += k * k
    return max(1.0, (time.process_time() - start) / LOOP)


def clock(gallery_conf, fname, when) -> None:
    """Called by sphinx-gallery before and after each example that it runs (``reset_modules``)."""
    global _start  # noqa: PLW0603
    if when == "before":
        _start = _cpu()
        return
    seconds = (_cpu() - _start) / _slowness()
    path = Path(gallery_conf["src_dir"]) / "auto_examples" / TIMES
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[Path(fname).stem] = round(seconds, 2)
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def complaints(source: Path, built: Path) -> list[str]:
    """What is wrong with the examples of `source`, as they were built."""
    path = built / TIMES
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found = []
    for name in sorted(path.stem for path in source.glob("plot_*.py")):
        if not any((built / "images").glob(f"sphx_glr_{name}_[0-9]*")):
            found.append(f"{name}: draws no picture")
        if name not in known:
            found.append(f"{name}: its time is not known; remove {built} and build again")
        elif known[name] >= LIMIT:
            found.append(f"{name}: took {known[name]:g} s of CPU time, {LIMIT:g} s are allowed (PAUCA_GALLERY_SECONDS)")
    return found


def check(app) -> None:
    found = complaints(Path(app.srcdir) / "examples", Path(app.srcdir) / "auto_examples")
    if found:
        raise ExtensionError("the gallery:\n  " + "\n  ".join(found))


def setup(app) -> dict[str, bool]:
    app.connect("builder-inited", check, priority=900)  # after the gallery has been built
    return {"parallel_read_safe": True}
