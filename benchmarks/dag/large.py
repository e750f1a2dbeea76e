"""A thousand nodes: time and peak memory, each fit in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from common.options import Options
from common.tables import markdown

from dag.cases import Rows, seeds, spread

CODE = """
import json, resource, sys, time
from pauca.dag import CoLiDE, sort_and_regress, varsortability
from pauca.datasets import make_linear_dag
from pauca.metrics import structural_hamming_distance
d, n, variance, seed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
data = make_linear_dag(n, d, degree=2, variance=variance, random_state=seed)
start = time.process_time()
model = CoLiDE(variance).fit(data.X)
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
A = data.adjacency
scaled = data.X / data.X.std(axis=0)
row = {"d": d, "n": n, "variance": variance, "seed": seed, "edges": int((A != 0).sum()),
       "shd": structural_hamming_distance(A, model.adjacency_), "seconds": seconds, "peak_gb": peak}
row["shd_scaled"] = structural_hamming_distance(A, CoLiDE().fit(scaled).adjacency_)
for by in ("variance", "r2"):
    row["shd_" + by] = structural_hamming_distance(A, sort_and_regress(data.X, by=by))
row["shd_variance_scaled"] = structural_hamming_distance(A, sort_and_regress(scaled))
row["varsortability"] = varsortability(data.X, A)
print(json.dumps(row))
"""


def measure(options: Options, folder: Path) -> None:
    rows = Rows(folder / "large.csv")
    d = 200 if options.quick else 1000
    for variance in ("equal", "unequal"):
        for seed in seeds(options, 1):
            if rows.have(variance=variance, seed=seed):
                continue
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", CODE, str(d), "1000", variance, str(seed)],
                env=os.environ,
                capture_output=True,
                text=True,
                check=True,
            )
            rows.add(**json.loads(done.stdout.splitlines()[-1]))


def tables(rows: list[dict[str, Any]]) -> str:
    table = []
    for variance in dict.fromkeys(r["variance"] for r in rows):
        part = [r for r in rows if r["variance"] == variance]
        table.append(
            [
                part[0]["d"],
                variance,
                len(part),
                f"{sum(r['edges'] for r in part) / len(part):.0f}",
                *(spread(r[k] for r in part) for k in ("shd", "shd_scaled", "shd_variance", "shd_variance_scaled")),
                spread(r["shd_r2"] for r in part),
                ", ".join(f"{r['seconds']:.1f}" for r in part),
                f"{max(r['peak_gb'] for r in part):.2f}",
                f"{sum(r['varsortability'] for r in part) / len(part):.2f}",
            ]
        )
    return "Two edges a node, 1000 samples, defaults; peak memory of the whole process.\n\n" + markdown(
        ["d", "variances", "graphs", "edges", "SHD auto", "auto, standardized", "sort-and-regress",
         "sort-and-regress, standardized", "R2-sort-and-regress", "CPU s", "peak GB", "varsortability"],
        table,
    )  # fmt: skip
