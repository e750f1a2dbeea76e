"""Scale: growth on one and two workers, data beyond the memory allowed, and the plan for a hundred machines."""

import os
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

from common import tables
from common.machine import describe
from common.options import Options
from common.plots import redraw

from scale import growth
from scale.memory import memory
from scale.plan import CORES, NETWORK, costs, plan

Rows = list[dict[str, Any]]


def _table(rows: Rows) -> str:
    return tables.markdown(list(rows[0]), [list(row.values()) for row in rows]) if rows else ""


def _ratios(rows: Rows) -> Rows:
    """One worker's time over two workers', for each size."""
    found: dict[tuple[str, str], dict[int, Any]] = defaultdict(dict)
    for row in rows:
        found[row["case"], str(row["size"])][int(row["workers"])] = row
    out = []
    for (case, size), of in found.items():
        row: dict[str, Any] = {"case": case, "size": size}
        for count in (1, 2):
            row |= {f"busiest process s, {count}": of[count]["busiest s"], f"wall s, {count}": of[count]["wall s"]}
        row["client s, 2"] = of[2]["client s"]
        row["busiest process, ratio"] = f"{float(of[1]['busiest s']) / float(of[2]['busiest s']):.2f}"
        row["wall, ratio"] = f"{float(of[1]['wall s']) / float(of[2]['wall s']):.2f}"
        out.append(row)
    return out


def _load() -> str:
    """The machine's load beside its cores, and what that means for the wall clock."""
    load, cores = os.getloadavg()[1], os.cpu_count() or 1
    said = f"The machine's load was {load:.1f} on {cores} cores when the page was written."
    return said + (" Other work ran, and the wall clock below is partly that of others." if load > cores else "")


def _gains(ratios: Rows) -> str:
    """What the second worker brought, from the rows above."""
    lines = []
    for case in dict.fromkeys(r["case"] for r in ratios):
        own = [r for r in ratios if r["case"] == case]
        parts = []
        for clock in ("busiest process", "wall"):
            found = [float(r[f"{clock}, ratio"]) for r in own]
            parts.append(f"{clock} {min(found):.2f} to {max(found):.2f}")
        lines.append(f"{case}: {', '.join(parts)}")
    return f"One worker's time over two workers': {'; '.join(lines)}."


def run(options: Options) -> Path:
    warnings.simplefilter("ignore")
    folder = options.folder("scale")
    parts = (growth.growth_moments, growth.growth_screening, growth.growth_resampling)
    grown = [row for part in parts for row in tables.measured(folder / f"{part.__name__}.csv", part, options)]
    needed = tables.measured(folder / "memory.csv", memory, options)
    known = tables.measured(folder / "costs.csv", costs, options)
    planned = plan(known)
    tables.write_csv(folder / "plan.csv", planned)
    tables.write_csv(folder / "growth.csv", grown)
    machine = describe(("pauca", "dask", "distributed", "pyarrow", "numpy", "scikit-learn"), options)
    page = options.output / "scale.md"
    page.write_text(
        PAGE.format(
            machine=machine, load=_load(), growth=_table(_ratios(grown)), gains=_gains(_ratios(grown)),
            memory=_table(needed), costs=_table(known), plan=_table(planned), cores=CORES,
            gigabits=round(NETWORK * 8e-9),
        ),
        encoding="utf-8",
    )  # fmt: skip
    return redraw("scale", options)


PAGE = """# Scale

{machine}

{load}
CPU time of the busiest process stands beside the wall clock; it holds what dask's processes spend on waiting, and is an
estimate of what idle cores would take, not a measurement of it.

## One worker and two

Worker processes of one thread each, `dask.distributed.LocalCluster`; medians. Moments: `MultiTaskSparseRegressor` on a
dask array of 200 features and 5 targets, in blocks of 10 000 rows. Screening: `MutualInformationScreener` on a dask
array of 500 rows, in blocks of 1000 columns. Resampling: `StabilitySelection` by joblib's Dask back end, 10 paths on
halves of 2000 features; `parallel_config("dask")` would leave them in the calling process where there is one worker,
this benchmark sends them to it. Data of the first two are made on the workers beforehand; X of the third is sent.

{growth}
{gains}

## Beyond the memory allowed

Each case runs in an interpreter of its own under `RLIMIT_DATA`, which counts everything but pages of files mapped
read-only; more than that is a `MemoryError`. The peak is the largest resident set, with such pages, which the system
takes back when it needs them. Each case checks that it finds the right features.

{memory}
## What the plan is made of

CPU seconds on one thread, best of the repeats.

{costs}
## A hundred machines, reckoned

Not measured: the costs above for machines of {cores} cores and a network of {gigabits} Gbit/s. Rows and columns are
read where they are; reading is not counted. Larger p are reckoned by p^2 (append) and p^3 (merge). "fits of 30 s" are
folds, resamples or responses.

{plan}
- Moments: every machine sends one factor of 8 (p + 2)^2 bytes, whatever n is, if the scheduler keeps neighbouring
  blocks together, as it tries to; at worst each block's factor moves once. With few features the scheduler's tasks are
  what stops it (larger blocks help), with thousands the merges on the critical path, log2(threads) of them; never the
  network.
- Screening: 24 bytes a feature come back. The scheduler, which hands out one task at a time, is what stops it: larger
  blocks of columns help.
- Fits: X goes to every machine once. It stops at one fit for each core; a matrix of genotypes that is in a file all
  machines see is sent by name, and costs nothing here.
- One fit of a residual or logistic problem runs on one machine: nothing here spreads a single fit.
"""
