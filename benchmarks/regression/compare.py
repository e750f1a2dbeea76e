"""Instructions of two commits in the compiled core, fit by fit: what noise cannot move.

    python benchmarks/regression/compare.py BASE [HEAD] [--threshold 1.05] [--define NAME=VALUE ...] [--page FILE]
        [--folder DIRECTORY]

Each commit is unpacked, compiled (for any processor, unless --define says otherwise) and run under valgrind's
callgrind, in ``build/regression/<commit>`` or a --folder of your choice. Counted are instructions executed in the
extension module itself, on one thread. Exit status 1 if a fit takes more than the threshold times those of BASE, or no
longer runs. A fit that BASE lacks is left out, and the table says so. A commit that was compiled and counted with the
same definitions is taken from there; its sources are removed.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
BASELINE = "PAUCA_MULTIARCH=OFF"  # a later definition on the command line goes before it


class Counts(NamedTuple):
    """Of one commit: instructions by fit, and why a fit has none."""

    instructions: dict[str, int]
    errors: dict[str, str]


class Row(NamedTuple):
    fit: str
    before: int
    after: int

    @property
    def ratio(self) -> float:
        return self.after / max(self.before, 1)


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def unpack(commit: str, source: Path) -> None:
    """The files of a commit, without a checkout that git would have to know of."""
    archive = source.with_suffix(".tar")
    git("archive", f"--output={archive}", commit)
    shutil.rmtree(source, ignore_errors=True)
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    archive.unlink()


def build(commit: str, folder: Path, defines: list[str]) -> Path:
    """The package of a commit, installed into a folder of its own."""
    source, site, fresh = folder.with_suffix(".source"), folder / "site", folder / "site.part"
    if site.exists():
        return site
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(fresh, ignore_errors=True)
    unpack(commit, source)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    options = [f"-Ccmake.define.{d}" for d in (BASELINE, *defines)]
    print(f"compiling {commit[:10]}", flush=True)
    try:
        subprocess.run(
            [*command, *options, "-Cbuild-dir=build/{wheel_tag}", "--target", str(fresh), "."], cwd=source, check=True
        )
    finally:
        shutil.rmtree(source)
    fresh.rename(site)
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


def count(commit: str, folder: Path, site: Path) -> Counts:
    cache, outcomes, dumps, log = (folder / name for name in ("counts.json", "outcomes.json", "dumps", "valgrind.log"))
    fits = (HERE / "fits.py").read_text()
    if cache.exists() and (known := json.loads(cache.read_text()))["fits"] == fits:
        return Counts(known["instructions"], known["errors"])
    shutil.rmtree(dumps, ignore_errors=True)
    dumps.mkdir(parents=True)
    environment = {**os.environ, **THREADS, "PYTHONHASHSEED": "0", "PAUCA_COUNTED": "1", "PYTHONPATH": ""}
    valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={dumps}/out"]
    print(f"counting {commit[:10]}", flush=True)
    with log.open("w") as file:
        ended = subprocess.run(
            [*valgrind, sys.executable, str(HERE / "fits.py"), str(site), str(outcomes)],
            env=environment, check=False, stdout=file, stderr=file, cwd=folder,
        )  # fmt: skip
    if ended.returncode:
        raise SystemExit(f"{''.join(log.read_text().splitlines(True)[-20:])}\n{commit[:10]}: see {log}")
    errors = {fit: error for fit, error in json.loads(outcomes.read_text()).items() if error is not None}
    counts = {}
    for dump in dumps.iterdir():
        found = re.search(r"^desc: Trigger: dump (.+)$", dump.read_text(), re.MULTILINE)
        if found:
            counts[found[1].strip()] = self_cost(dump)
    cache.write_text(json.dumps({"fits": fits, "instructions": counts, "errors": errors}))
    return Counts(counts, errors)


def tabulate(rows: list[Row], names: tuple[str, str], threshold: float) -> str:
    lines = [f"{'million instructions':24}{names[0][:14]:>14}{names[1][:14]:>14}{'ratio':>8}"]
    for row in rows:
        mark = "  <-" if row.ratio > threshold else ""
        lines.append(f"{row.fit:24}{row.before / 1e6:14.2f}{row.after / 1e6:14.2f}{row.ratio:8.3f}{mark}")
    return "\n".join(lines)


def write_page(page: Path, rows: list[Row], names: tuple[str, str], notes: list[str], command: str) -> None:
    sys.path.insert(0, str(HERE.parent))
    from common.machine import describe
    from common.tables import markdown

    cells = [(r.fit, f"{r.before / 1e6:.2f}", f"{r.after / 1e6:.2f}", f"{r.ratio:.3f}") for r in rows]
    version = subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    compiler = subprocess.run(
        [os.environ.get("CXX", "c++"), "--version"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[0]
    where = f"{describe(['numpy', 'scipy', 'scikit-learn'])[:-1]}; {version}, {compiler}."
    text = (
        f"# Instructions of two commits\n\n`{command}`. {where}\n\n"
        "Million instructions executed in the compiled core, Python's and numpy's left out, one fit a line. The load\n"
        "of the machine does not move them; how long an instruction takes is another matter.\n\n"
    )
    text += markdown(("fit", *names, "ratio"), cells) + "".join(f"\n{note}\n" for note in notes)
    page.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("head", nargs="?", default="HEAD")
    parser.add_argument("--threshold", type=float, default=1.05, help="largest ratio that passes (default 1.05)")
    parser.add_argument("--define", action="append", default=[], help="CMake definition for both builds")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "regression", help="where this happens")
    parser.add_argument("--page", type=Path, help="markdown file for the table")
    args = parser.parse_args()
    for tool in ("valgrind", "callgrind_control"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is not installed")
    kind = hashlib.sha256("\n".join(args.define).encode()).hexdigest()[:6] if args.define else "plain"
    counts, names = [], []
    for name in (args.base, args.head):
        commit = git("rev-parse", f"{name}^{{commit}}")
        folder = args.folder.resolve() / f"{commit[:12]}-{kind}"
        counts.append(count(commit, folder, build(commit, folder, args.define)))
        names.append(name if commit.startswith(name) else f"{name} ({commit[:7]})")
    before, after = counts
    fits = sorted(before.instructions.keys() & after.instructions.keys(), key=str.lower)
    rows = [Row(fit, before.instructions[fit], after.instructions[fit]) for fit in fits]
    worst = max((row.ratio for row in rows), default=0.0)
    broken = sorted(after.errors.keys() - before.errors.keys())
    notes = [f"Left out, not in {names[0]}: {fit} ({error})." for fit, error in sorted(before.errors.items())]
    notes += [f"Fails in {names[1]}: {fit} ({after.errors[fit]})." for fit in broken]
    notes.append(f"Worst ratio {worst:.3f}, allowed {args.threshold:g}.")
    print("", tabulate(rows, (names[0], names[1]), args.threshold), *notes, sep="\n")
    if args.page:
        defines = [word for d in args.define if "LAUNCHER" not in d for word in ("--define", d)]
        command = shlex.join(["python", "benchmarks/regression/compare.py", args.base, args.head, *defines])
        write_page(args.page, rows, (names[0], names[1]), notes, command)
    return int(worst > args.threshold or bool(broken))


if __name__ == "__main__":
    sys.exit(main())
