"""Kronecker-structured sparse Bayesian learning, IRS-MIMO channels: report page from the scripts beside this file."""

import subprocess
import sys
from pathlib import Path

from common.machine import describe
from common.options import Options

HERE = Path(__file__).resolve().parent
INTRO = """# Kronecker-structured sparse Bayesian learning, IRS-MIMO channels

{machine} Each part is written by the script that its heading names, with the seeds and trials of its own arguments.

`iteration.py` times one iteration of `KroneckerSBL(method="mm")` against the same fast path written in numpy
(`reference.py`, one SVD a factor, OpenBLAS) and against dense matrices; `large.py` fits a million unknowns; `batch.py`
spreads many small problems over threads; `canyon.py` estimates a ray-traced channel; `coverage.py` counts how often
95 % regions cover; `quality.py` compares methods on the settings of the literature.
"""


def parts(quick: bool) -> dict[str, list[str]]:
    """Name of a part -> its command."""
    trials = "2" if quick else "50"
    jobs = {
        "iteration": ["iteration.py", "--repeats", "3"] if quick else ["iteration.py", "--dense"],
        "batch": ["batch.py", "--problems", "50"] if quick else ["batch.py"],
    }
    if not quick:
        jobs |= {"large": ["large.py"], "canyon": ["canyon.py"], "coverage": ["coverage.py"]}
    for setting in ["synthetic"] if quick else ["synthetic", "journal", "spawc", "overhead"]:
        jobs[setting] = ["quality.py", setting, "--trials", trials]
    return jobs


def run(options: Options) -> Path:
    folder = options.folder("irs_mimo")
    sections = [INTRO.format(machine=describe(["pauca", "numpy", "scipy"], options))]
    for name, command in parts(options.quick).items():
        text = folder / f"{name}.txt"
        if options.only in name:
            print(f"   {name}", flush=True)
            extra = ["--out", str(folder)] if command[0] == "quality.py" else []
            done = subprocess.run(
                [sys.executable, str(HERE / command[0]), *command[1:], *extra],
                stdout=subprocess.PIPE, text=True, check=True, cwd=HERE,
            )  # fmt: skip
            text.write_text(done.stdout, encoding="utf-8")
        if not text.exists():
            continue
        sections.append(f"## {' '.join(command)}\n\n```\n{text.read_text(encoding='utf-8').rstrip()}\n```\n")
        if (folder / f"{name}.png").exists():
            sections.append(f"![{name}](irs_mimo/{name}.png)\n")
    path = options.output / "irs_mimo.md"
    path.write_text("\n".join(sections), encoding="utf-8")
    return path
