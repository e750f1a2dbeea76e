"""Graphs: parity and speed of the published optimiser, recovery, scores reached, one strength at many noise levels."""

import os
import resource
from pathlib import Path

import numpy as np
from common.machine import describe
from common.options import Options
from common.tables import markdown, write_csv
from common.timing import cpu_seconds

from dag import official
from dag.methods import methods, published
from dag.pictures import noise_picture, recovery_picture
from pauca.dag import CoLiDE, r2_sortability, varsortability
from pauca.dag._solve import nested_threshold
from pauca.datasets import make_linear_dag
from pauca.metrics import noise_variance_error, structural_hamming_distance

# Which report figures need more seeds than the command line's: spread matters, single graphs say nothing.
SEEDS = 10


def shd(true: np.ndarray, W: np.ndarray) -> int:
    return int(structural_hamming_distance(true, W, allow_cycles=True))


def spread(values: list[float]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values):.1f}"


def milliseconds(values: list[float]) -> str:
    return f"{1000 * np.median(values):.3g}"


def seeds(options: Options, count: int = SEEDS) -> range:
    return range(options.seeds[0], options.seeds[0] + (2 if options.quick else count))


def parity(options: Options) -> tuple[str, list[dict]]:
    """CPU time and SHD of the official code and of the port, interleaved."""
    rows = []
    sizes = [(20, SEEDS)] if options.quick else [(20, SEEDS), (50, SEEDS), (100, 2)]
    for d, count in sizes:
        for variance in ("equal", "unequal"):
            for seed in seeds(options, count):
                data = make_linear_dag(1000, d, variance=variance, random_state=seed)
                equal = variance == "equal"
                slow, W = cpu_seconds(lambda X=data.X, e=equal: official.fit(X, e))
                fast, A = cpu_seconds(lambda X=data.X, e=equal: published(X, e))
                B = nested_threshold(W - np.diag(np.diag(W)), 0.3)
                exact = {
                    k: CoLiDE(variance, criterion="colide", init=w, solver="topdown").fit(data.X).objective_
                    for k, w in (("official", B), ("port", A))
                }
                searched = CoLiDE(variance, criterion="colide").fit(data.X).objective_ if d <= 50 else np.nan
                rows.append(
                    {
                        "d": d,
                        "variance": variance,
                        "seed": seed,
                        "official_s": slow,
                        "port_s": fast,
                        "official_shd": shd(data.adjacency, B),
                        "port_shd": shd(data.adjacency, A),
                        "official_score": exact["official"],
                        "search_score": searched,
                    }
                )
                print(rows[-1], flush=True)
    table = []
    for d, _ in sizes:
        for variance in ("equal", "unequal"):
            part = [r for r in rows if r["d"] == d and r["variance"] == variance]
            ratio = [r["official_s"] / r["port_s"] for r in part]
            same = sum(r["official_shd"] == r["port_shd"] for r in part)
            gain = [r["official_score"] - r["search_score"] for r in part if np.isfinite(r["search_score"])]
            tie = 1e-6 * part[0]["official_score"]
            table.append(
                [
                    d,
                    variance,
                    len(part),
                    f"{np.median(ratio):.1f} ({min(ratio):.1f} to {max(ratio):.1f})",
                    spread([r["official_shd"] for r in part]),
                    spread([r["port_shd"] for r in part]),
                    f"{same} of {len(part)}",
                    f"{sum(g > tie for g in gain)} / {sum(abs(g) <= tie for g in gain)} / {sum(g < -tie for g in gain)}"
                    if gain
                    else "-",
                ]
            )
    header = [
        "d", "variance", "graphs", "CPU official / port", "SHD official", "SHD port", "equal SHD",
        "score: search wins / ties / losses",
    ]  # fmt: skip
    return markdown(header, table), rows


CASES = {
    "equal": {"variance": "equal"},
    "unequal": {"variance": "unequal"},
    "unequal, weak weights": {"variance": "unequal", "weight_range": (0.25, 1.0)},
    "unequal, exponential": {"variance": "unequal", "noise": "exponential"},
    "unequal, Laplace": {"variance": "unequal", "noise": "laplace"},
    "unequal, scale-free": {"variance": "unequal", "graph": "sf"},
}


def recovery(options: Options) -> tuple[str, list[dict]]:
    """SHD and CPU time, original columns and standardized ones."""
    rows, table = [], []
    sizes = [20] if options.quick else [20, 50, 100, 200]
    for d in sizes:
        for case, setting in CASES.items():
            if d != 50 and case not in ("equal", "unequal"):
                continue
            count = SEEDS if d < 200 else 5
            sets = [make_linear_dag(1000, d, random_state=s, **setting) for s in seeds(options, count)]
            equal = setting["variance"] == "equal"
            sortable = np.mean([varsortability(s.X, s.adjacency) for s in sets])
            r2 = np.mean([r2_sortability(s.X, s.adjacency) for s in sets])
            for name, fit in methods(d, slow=case in ("equal", "unequal", "unequal, weak weights")).items():
                cells = []
                for standardized in (False, True):
                    if name in ("published optimiser", "dagma", "causal-learn BOSS") and (standardized or d > 50):
                        cells.append("-")
                        continue
                    distances, times = [], []
                    few = sets[:3] if name in ("dagma", "causal-learn BOSS", "published optimiser") else sets
                    for data in few:
                        X = data.X / data.X.std(axis=0) if standardized else data.X
                        seconds, W = cpu_seconds(lambda X=X, f=fit, e=equal and not standardized: f(X, e))
                        distances.append(shd(data.adjacency, W))
                        times.append(seconds)
                    rows.append(
                        {
                            "d": d, "case": case, "method": name, "standardized": standardized, "graphs": len(few),
                            "shd_mean": np.mean(distances), "shd_sd": np.std(distances), "seconds": np.median(times),
                        }
                    )  # fmt: skip
                    print(rows[-1], flush=True)
                    cells += (
                        [f"{spread(distances)} ({len(few)})", milliseconds(times)]
                        if not standardized
                        else [spread(distances)]
                    )
                table.append([d, case, name, *cells, f"{sortable:.2f} / {r2:.2f}"])
    header = ["d", "case", "method", "SHD (graphs)", "ms", "SHD standardized", "var- / R2-sortability"]
    return markdown(header, table), rows


def noise_levels(options: Options) -> tuple[str, list[dict]]:
    """One alpha at several noise variances: the concomitant score beside least squares, on the same order search."""
    rows = []
    for level in (0.5, 1.0, 2.0, 5.0, 10.0):
        for seed in seeds(options):
            data = make_linear_dag(1000, 20, noise_variance=level, degree=2, random_state=seed)
            for name, alpha in (("concomitant", 0.05), ("least squares", 0.05 / np.sqrt(level))):
                # At sigma fixed to one, the score is least squares: alpha is then worth alpha / sigma.
                model = CoLiDE("equal", criterion="colide", alpha=alpha, threshold=0.0, refit=False).fit(data.X)
                rows.append(
                    {
                        "variance": level, "score": name, "seed": seed,
                        "shd": shd(data.adjacency, np.where(np.abs(model.adjacency_) > 0.3, model.adjacency_, 0.0)),
                        "edges": int(np.count_nonzero(model.adjacency_)),
                        "noise_error": noise_variance_error(data.noise_variances, model.noise_variances_),
                    }
                )  # fmt: skip
    table = []
    for level in (0.5, 1.0, 2.0, 5.0, 10.0):
        part = {
            n: [r for r in rows if r["variance"] == level and r["score"] == n] for n in ("concomitant", "least squares")
        }
        table.append([level, *(spread([r[k] for r in part[n]]) for k in ("shd", "edges") for n in part)])
    header = [
        "noise variance",
        "SHD concomitant",
        "SHD least squares",
        "edges before threshold, concomitant",
        "least squares",
    ]
    return markdown(header, table), rows


def large(options: Options) -> tuple[str, list[dict]]:
    d = 200 if options.quick else 1000
    data = make_linear_dag(2000, d, degree=2, variance="unequal", random_state=options.seeds[0])
    seconds, model = cpu_seconds(lambda: CoLiDE().fit(data.X))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    row = {
        "d": d,
        "edges": int((data.adjacency != 0).sum()),
        "shd": shd(data.adjacency, model.adjacency_),
        "seconds": seconds,
        "peak_gb": peak,
    }
    print(row, flush=True)
    return markdown(list(row), [[f"{v:.3g}" if isinstance(v, float) else v for v in row.values()]]), [row]


def run(options: Options) -> Path:
    folder = options.folder("dag")
    parts = {"parity": parity, "recovery": recovery, "noise": noise_levels, "large": large}
    text = [
        "# Directed acyclic graphs\n",
        f"{describe(['pauca', 'numpy', 'scipy', 'dagma', 'causal-learn'])}\n",
        "Samples 1000, four edges a node (Erdős-Rényi unless named), Gaussian noise unless named; SHD as mean ± "
        "standard deviation over graphs. CPU time on one thread.\n",
        f"The official optimiser is {official.which()}.\n",
    ]
    titles = {
        "parity": "The published optimiser, and the score it reaches",
        "recovery": "Recovery",
        "noise": "One strength at several noise levels (d = 20, two edges a node)",
        "large": "A large sparse graph (two edges a node)",
    }
    for name, part in parts.items():
        if options.only and options.only not in name:
            continue
        table, rows = part(options)
        write_csv(folder / f"{name}.csv", rows)
        text += [f"\n## {titles[name]}\n", table]
        if name == "recovery":
            text.append(f"\n![SHD and time]({recovery_picture(rows, folder)})\n")
        if name == "noise":
            text.append(f"\n![Noise levels]({noise_picture(rows, folder)})\n")
    page = options.output / (f"dag-{options.only}.md" if options.only else "dag.md")
    page.write_text("\n".join(text), encoding="utf-8")
    return page


os.environ.setdefault("TQDM_DISABLE", "1")
