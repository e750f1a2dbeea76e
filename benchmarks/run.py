"""Runs the benchmarks of one, several or all families and writes their report pages.

    python benchmarks/run.py [family ...] [--quick] [--repeats N]

A family is a folder beside this file whose ``run.py`` has ``run(options)``. Results go to
``report/<family>/*.csv`` and ``report/<family>.md``.
"""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def families() -> list[str]:
    return sorted(path.parent.name for path in HERE.glob("*/run.py"))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Benchmarks against peers.")
    parser.add_argument("family", nargs="*", help=f"of {', '.join(families())}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="small problems: a check that everything runs")
    parser.add_argument("--repeats", type=int, default=3, help="interleaved repeats a seed (default 3)")
    parser.add_argument("--seeds", type=int, default=2, help="data sets a case (default 2, 1 if quick)")
    parser.add_argument("--first-seed", type=int, default=1001, help="seed of the first data set (default 1001)")
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--output", type=Path, default=HERE / "report", help="where results are written")
    args = parser.parse_args(argv)
    unknown = set(args.family) - set(families())
    if unknown:
        parser.error(f"no such family: {', '.join(sorted(unknown))}; there are {', '.join(families())}")
    for name in THREADS:  # before numpy is imported: everything below runs on one thread
        os.environ[name] = "1"

    from common.options import Options

    options = Options(
        quick=args.quick,
        repeats=args.repeats,
        seeds=[args.first_seed + k for k in range(1 if args.quick else args.seeds)],
        only=args.only,
        output=args.output,
    )
    for family in args.family or families():
        print(f"== {family}", flush=True)
        start = time.perf_counter()
        page = importlib.import_module(f"{family}.run").run(options)
        print(f"== {family}: {time.perf_counter() - start:.0f} s, {page}", flush=True)
    if options.output == HERE / "report":
        importlib.import_module("overview").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
