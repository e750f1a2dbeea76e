"""Instructions of two commits in the compiled core, fit by fit: what noise cannot move.

    python benchmarks/regression/compare.py BASE [HEAD] [--threshold 1.05] [--define NAME=VALUE ...]

Each commit is checked out, compiled (for any processor, unless --define says otherwise) and run under valgrind's
callgrind in ``build/regression/<commit>``. Counted are instructions executed in the extension module itself, on one
thread. Exit status 1 if a fit takes more than the threshold times those of BASE. A commit that was counted is not
counted again.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def build(commit: str, folder: Path, defines: list[str]) -> Path:
    """The package of a commit, installed into a folder of its own."""
    source, site = folder / "source", folder / "site"
    if not source.exists():
        git("worktree", "prune")
        git("worktree", "add", "--detach", "--force", str(source), commit)
    if not (site / "pauca").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
        options = [f"-Ccmake.define.{d}" for d in defines or ["PAUCA_MULTIARCH=OFF"]]
        print(f"compiling {commit[:10]}", flush=True)
        where = ["-Cbuild-dir=build/{wheel_tag}", "--target", str(site), "."]
        subprocess.run([*command, *options, *where], cwd=source, check=True)
    return site


def self_cost(dump: Path) -> int:
    """Instructions executed in the core's own code: lines of its object file that are no calls."""
    names: dict[str, str] = {}
    total, inside, skip = 0, False, False
    for line in dump.read_text().splitlines():
        if line.startswith("ob="):
            number, _, name = line[3:].partition(" ")
            inside = "_core_" in names.setdefault(number, name)
        elif line.startswith("cob="):
            number, _, name = line[4:].partition(" ")
            names.setdefault(number, name)
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"[+\-*\d]", line):
            if inside and not skip:
                total += int(line.split()[1])
            skip = False
    return total


def count(commit: str, folder: Path, site: Path) -> dict[str, int]:
    cache = folder / "counts.json"
    fits = (HERE / "fits.py").read_text()
    if cache.exists() and (known := json.loads(cache.read_text()))["fits"] == fits:
        return known["counts"]
    dumps = folder / "dumps"
    shutil.rmtree(dumps, ignore_errors=True)
    dumps.mkdir(parents=True)
    environment = {**os.environ, **THREADS, "PYTHONHASHSEED": "0", "PAUCA_COUNTED": "1", "PYTHONPATH": ""}
    valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={dumps}/out"]
    print(f"counting {commit[:10]}", flush=True)
    with (folder / "valgrind.log").open("w") as log:
        subprocess.run(
            [*valgrind, sys.executable, str(HERE / "fits.py"), str(site)],
            env=environment, check=True, stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    counts = {}
    for dump in dumps.iterdir():
        found = re.search(r"^desc: Trigger: dump (.+)$", dump.read_text(), re.MULTILINE)
        if found:
            counts[found[1].strip()] = self_cost(dump)
    cache.write_text(json.dumps({"fits": fits, "counts": counts}))
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("head", nargs="?", default="HEAD")
    parser.add_argument("--threshold", type=float, default=1.05, help="largest ratio that passes (default 1.05)")
    parser.add_argument("--define", action="append", default=[], help="CMake definition for both builds")
    args = parser.parse_args()
    for tool in ("valgrind", "callgrind_control"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is not installed")
    counts = []
    for name in (args.base, args.head):
        commit = git("rev-parse", f"{name}^{{commit}}")
        folder = ROOT / "build" / "regression" / commit[:12]
        counts.append(count(commit, folder, build(commit, folder, args.define)))
    before, after = counts
    print(f"\n{'million instructions':24}{args.base[:14]:>14}{args.head[:14]:>14}{'ratio':>8}")
    worst = 0.0
    for fit in sorted(before.keys() & after.keys()):
        ratio = after[fit] / max(before[fit], 1)
        worst = max(worst, ratio)
        print(
            f"{fit:24}{before[fit] / 1e6:14.2f}{after[fit] / 1e6:14.2f}{ratio:8.3f}{'  <-' * (ratio > args.threshold)}"
        )
    print(f"worst ratio {worst:.3f}, allowed {args.threshold:g}")
    return int(worst > args.threshold)


if __name__ == "__main__":
    sys.exit(main())
