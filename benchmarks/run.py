"""Runs the benchmarks of one, several or all families and writes their report pages.

    python benchmarks/run.py [family ...] [--quick] [--repeats N]
    python benchmarks/run.py [family ...] --redraw

A family is a folder beside this file whose ``run.py`` has ``run(options)``. Results go to
``report/<family>/*.csv`` and ``report/<family>.md``; those of ``--quick``, which are no comparison, to
``build/bench-quick/``, so that the report keeps its full runs. A family that fails does not keep the others from
running; the exit status is then 1.

Peers that cannot live in one environment with the others (those of graphs) have one of their own, ``.venv-<family>``
beside this file; where it is, the family runs in it. ``--redraw`` measures nothing: it draws the pictures of families
that list them in ``pictures.py`` from the CSV files that are there, and puts those that are new into the page.
"""

import argparse
import importlib
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def families() -> list[str]:
    return sorted(path.parent.name for path in HERE.glob("*/run.py"))


def own_interpreter(family: str) -> Path | None:
    """That of the environment made for this family, unless it is the one that runs."""
    path = HERE / f".venv-{family}" / "bin" / "python"
    return path if path.exists() and Path(sys.prefix).resolve() != path.parent.parent.resolve() else None


def elsewhere(family: str, args: argparse.Namespace, parser: argparse.ArgumentParser, python: Path) -> str:
    """Runs one family by another interpreter, with the options that were given to this one."""
    words: list[str] = []
    for name in ("quick", "repeats", "seeds", "first_seed", "only", "output"):
        value = getattr(args, name)
        if value != parser.get_default(name):
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    subprocess.run([python, HERE / "run.py", family, *words], check=True)
    return f"by {python}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Benchmarks against peers.")
    parser.add_argument("family", nargs="*", help=f"of {', '.join(families())}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="small problems: a check that everything runs")
    parser.add_argument("--repeats", type=int, help="interleaved repeats a seed (default 3, 1 if quick)")
    parser.add_argument("--seeds", type=int, default=2, help="data sets a case (default 2, 1 if quick)")
    parser.add_argument("--first-seed", type=int, default=1001, help="seed of the first data set (default 1001)")
    parser.add_argument("--threads", type=int, default=1, help="for every solver that has them: linear, blocks")
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--redraw", action="store_true", help="measure nothing, draw again what the CSV files hold")
    parser.add_argument("--output", type=Path, help="where results are written (report/, build/bench-quick/ if quick)")
    args = parser.parse_args(argv)
    unknown = set(args.family) - set(families())
    if unknown:
        parser.error(f"no such family: {', '.join(sorted(unknown))}; there are {', '.join(families())}")
    for name in THREADS:  # before numpy is imported
        os.environ[name] = str(args.threads)

    from common.options import Options
    from common.plots import redraw

    options = Options(
        quick=args.quick,
        repeats=args.repeats or (1 if args.quick else 3),
        seeds=[args.first_seed + k for k in range(1 if args.quick else args.seeds)],
        only=args.only,
        output=(args.output or (HERE.parent / "build" / "bench-quick" if args.quick else HERE / "report")).resolve(),
        threads=args.threads,
    )
    chosen = args.family or families()
    if args.threads > 1:
        able = [f for f in chosen if getattr(importlib.import_module(f"{f}.run"), "TAKES_THREADS", False)]
        if args.family and able != chosen:
            parser.error(f"--threads: no comparison on several threads of {', '.join(sorted(set(chosen) - set(able)))}")
        chosen = able
    failed, begun = [], time.perf_counter()
    for family in chosen:
        print(f"== {family}", flush=True)
        start = time.perf_counter()
        try:
            python = own_interpreter(family)
            if args.redraw:
                page = redraw(family, options)
            elif python is not None:
                page = elsewhere(family, args, parser, python)
            else:
                page = importlib.import_module(f"{family}.run").run(options)
        except Exception:
            traceback.print_exc()
            failed.append(family)
            page = "failed"
        print(f"== {family}: {time.perf_counter() - start:.0f} s, {page}", flush=True)
    print(f"== in all {time.perf_counter() - begun:.0f} s", flush=True)
    if options.output == HERE / "report":
        importlib.import_module("overview").main()
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
