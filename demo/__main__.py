"""Runs the rows of every family, prints the table, draws the pictures; fails at the end if anything failed."""

import argparse
import importlib
import pkgutil
import sys
import traceback
from pathlib import Path

import matplotlib as mpl
from tqdm import tqdm

from . import rows as families
from .table import render

OUTPUT = Path(__file__).parent / "output"


def main(argv: list[str] | None = None) -> int:
    names = sorted(info.name for info in pkgutil.iter_modules(families.__path__))
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="pauca on real data (channels: simulated from a street canyon), beside its peers.",
    )
    parser.add_argument("family", nargs="*", default=[], help=f"of {', '.join(names)}; all of them by default")
    args = parser.parse_args(argv)
    if unknown := set(args.family) - set(names):
        parser.error(f"no such family: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    mpl.use("Agg")
    OUTPUT.mkdir(exist_ok=True)

    failures: list[str] = []

    def attempt(what, call):
        try:
            return call()
        except Exception:
            failures.append(f"{what} failed:\n{traceback.format_exc()}")
            return None

    tasks = []
    for name in args.family or names:
        module = attempt(name, lambda name=name: importlib.import_module(f"{families.__name__}.{name}"))
        if module is not None:
            tasks += [(f"{name}: {row.__name__.strip('_')}", row, True) for row in module.rows()]
            if hasattr(module, "pictures"):
                tasks.append((f"{name}: pictures", lambda module=module: module.pictures(OUTPUT), False))

    table, paths = [], []
    # The bar appears once a second has gone by.
    with tqdm(tasks, delay=1, unit="fit", leave=False, dynamic_ncols=True) as bar:
        for label, call, is_row in bar:
            bar.set_postfix_str(label, refresh=False)
            result = attempt(label, call)
            if result is not None:
                table.append(result) if is_row else paths.extend(result)

    if table:
        print(render(table))
    if paths:
        print("\npictures:")
        for path in paths:
            print(f"  {path}")
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    if failures:
        print(f"demo: {len(failures)} of {len(tasks)} failed", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
