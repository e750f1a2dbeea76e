"""A hundred machines, reckoned from what one costs: measured rates, assumed machines."""

import math
from typing import Any

import numpy as np
from common import tables
from common.options import Options
from common.timing import cpu_seconds
from distributed import Client

from pauca.moments import Moments
from pauca.screening import MutualInformationScreener
from scale.cluster import workers

Rows = list[dict[str, Any]]

CORES = 8  # of each machine
NETWORK = 1.25e9  # bytes a second: 10 Gbit/s
MACHINES = (1, 10, 100, 1000)


def _best(call: Any, repeats: int) -> float:
    return min(cpu_seconds(call)[0] for _ in range(repeats))


def costs(options: Options) -> Rows:
    """What the plan is made of: CPU seconds on one thread, best of the repeats."""
    rng, rows = np.random.default_rng(0), []
    for p in (50, 100) if options.quick else (200, 1000, 2000):
        block = rng.standard_normal((max(2 * p, 4000), p + 1))
        append = _best(lambda block=block: Moments().update(block[:, :-1], block[:, -1]), options.repeats)
        one = Moments().update(block[:, :-1], block[:, -1])
        merge = _best(lambda one=one: Moments().merge(one).merge(one), options.repeats)
        rows.append({"what": "append, s a row", "p": p, "value": f"{append / len(block):.2e}"})
        rows.append({"what": "merge of two factors, s", "p": p, "value": f"{merge:.2e}"})
    X = rng.standard_normal((500, 1000))
    y = rng.standard_normal(500)
    score = _best(lambda: MutualInformationScreener(k=1).fit(X, y), options.repeats)
    rows.append({"what": "kde score of a feature (n = 500), s", "p": "", "value": f"{score / 1000:.2e}"})
    with workers(2) as client:
        rows.append({"what": "task, s of the scheduler", "p": "", "value": f"{_task(client):.2e}"})
    return rows


def _task(client: Client, count: int = 2000) -> float:
    """CPU seconds of the scheduler, in this process, for a task that does nothing: it hands out one at a time."""
    client.gather(client.map(abs, range(100), pure=False))
    return cpu_seconds(lambda: client.gather(client.map(abs, range(count), pure=False)))[0] / count


def _rate(rows: Rows, what: str, p: int, power: int) -> float:
    """The value at p, or, of another p, that of the largest one times (p / it)^power."""
    known = {int(r["p"]): float(r["value"]) for r in rows if r["what"].startswith(what) and r["p"] != ""}
    if p in known:
        return known[p]
    largest = max(known)
    return known[largest] * (p / largest) ** power


def _single(rows: Rows, what: str) -> float:
    return next(float(r["value"]) for r in rows if r["what"].startswith(what))


def moments_seconds(rows: Rows, n: float, p: int, machines: int) -> dict[str, float]:
    """Blocks of max(10^5, 20 p) rows; a tree of merges, first on each machine, then between machines."""
    append, merge, task = _rate(rows, "append", p, 2), _rate(rows, "merge", p, 3), _single(rows, "task")
    blocks = math.ceil(n / max(1e5, 20 * p))
    threads = min(machines * CORES, blocks)
    factor = 8.0 * (p + 2) ** 2
    levels = math.ceil(math.log2(max(threads, 1)))
    between = math.ceil(math.log2(machines)) if machines > 1 else 0
    parts = {
        "rows": n * append / threads,
        "merges": (blocks / threads - 1) * merge + levels * merge,
        "network": between * factor / NETWORK,
        "scheduler": 2 * blocks * task,
    }
    return {**parts, "total": sum(parts.values()), "bytes": factor if machines > 1 else 0.0}


def loop_seconds(rows: Rows, fits: int, seconds: float, size: float, machines: int) -> dict[str, float]:
    """Independent fits; the data go from machine to machine in a tree."""
    between = math.ceil(math.log2(machines)) if machines > 1 else 0
    rounds = math.ceil(fits / (machines * CORES))
    parts = {"fits": rounds * seconds, "network": between * size / NETWORK, "scheduler": fits * _single(rows, "task")}
    return {**parts, "total": sum(parts.values())}


def screening_seconds(rows: Rows, n: int, p: float, machines: int) -> dict[str, float]:
    """Blocks of 1000 columns, read where they are; a score, a kind and a count come back for each."""
    blocks = p / 1000
    work = p * _single(rows, "kde") * n / 500
    parts = {"scores": work / (machines * CORES), "scheduler": 3 * blocks * _single(rows, "task")}
    return {**parts, "total": sum(parts.values()), "bytes": 24.0 * p / machines}


def stops_paying(total: Any) -> int:
    """Machines beyond which twice as many save less than a tenth."""
    machines = 1
    while machines < 2**20 and total(2 * machines) < 0.9 * total(machines):
        machines *= 2
    return machines


def plan(rows: Rows) -> Rows:
    out = []

    def add(job: str, of: Any, sent: Any) -> None:
        row: dict[str, Any] = {"job": job}
        for machines in MACHINES:
            row[f"s on {machines}"] = tables.seconds(of(machines)["total"])
        parts = of(100)
        row["of which on 100"] = ", ".join(
            f"{key} {tables.seconds(value)}" for key, value in parts.items() if key not in ("total", "bytes")
        )
        row["bytes a machine sends, of 100"] = f"{sent(parts):.2g}"
        row["doubling saves < 10 % from"] = stops_paying(lambda machines: of(machines)["total"])
        out.append(row)

    for n, p in ((1e9, 200), (1e9, 1000), (1e8, 5000)):
        add(f"moments, n = {n:.0e}, p = {p}", lambda m, n=n, p=p: moments_seconds(rows, n, p, m), lambda x: x["bytes"])
    for p in (1e6, 1e8):
        add(
            f"screening, n = 5000, p = {p:.0e}", lambda m, p=p: screening_seconds(rows, 5000, p, m),
            lambda x: x["bytes"],
        )  # fmt: skip
    for fits, size in ((1000, 1e9), (20_000, 1e9), (1000, 1e11)):
        add(
            f"{fits} fits of 30 s, X of {size / 1e9:.0f} GB",
            lambda m, fits=fits, size=size: loop_seconds(rows, fits, 30.0, size, m),
            lambda _, size=size: size,
        )
    return out
