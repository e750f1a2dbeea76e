"""Kronecker-structured sparse Bayesian learning, IRS-MIMO channels: report page from the scripts beside this file."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path

from common.machine import describe
from common.options import Options

HERE = Path(__file__).resolve().parent
INTRO = """# Kronecker-structured sparse Bayesian learning, IRS-MIMO channels

{machine}

`iteration.py` times one iteration of `KroneckerSBL(method="mm")` against the same fast path written in numpy
(`reference.py`, one SVD a factor, OpenBLAS) and against dense matrices; `large.py` fits a million unknowns;
`coverage.py` counts how often 95 % regions cover; `quality.py` compares methods on the settings of the literature.
"""


def script(name: str, *args: str) -> str:
    command = [sys.executable, str(HERE / name), *args]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE).stdout


def run(options: Options) -> Path:
    folder = options.folder("irs_mimo")
    page = io.StringIO()
    with contextlib.redirect_stdout(page):
        print(INTRO.format(machine=describe(["pauca", "numpy", "scipy"])))
        jobs = [("iteration.py", ["--repeats", "3" if options.quick else "9"] + ([] if options.quick else ["--dense"]))]
        if not options.quick:
            jobs += [("large.py", []), ("coverage.py", [])]
        trials = "2" if options.quick else "50"
        for setting in ["synthetic"] if options.quick else ["synthetic", "journal", "spawc", "overhead"]:
            jobs.append(("quality.py", [setting, "--trials", trials, "--out", str(folder)]))
        for name, args in jobs:
            shown = [a for a in args if a != str(folder) and a != "--out"]
            print(f"\n## {name} {' '.join(shown)}\n\n```\n{script(name, *args).rstrip()}\n```")
            if name == "quality.py":
                print(f"\n![NMSE and time](irs_mimo/{args[0]}.png)")
    path = options.output / "irs_mimo.md"
    path.write_text(page.getvalue(), encoding="utf-8")
    return path
