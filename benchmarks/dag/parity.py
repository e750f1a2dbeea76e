"""The published optimiser: the authors' code beside the port, and the score of both beside the order search's."""

from pathlib import Path
from typing import Any

import numpy as np
from common.options import Options
from common.tables import markdown
from common.timing import cpu_seconds

from dag import official
from dag.cases import SEEDS, Rows, graph, pick, read_rows, seeds, shd, spread
from dag.methods import published
from pauca.dag import CoLiDE, varsortability
from pauca.dag._solve import nested_threshold

SIZES = (20, 50, 100)
OURS = "transcription"  # in what official.which() says without the authors' code


def measure(options: Options, folder: Path) -> None:
    if official.named() is None and any(OURS not in r["reference"] for r in read_rows(folder / "parity.csv")):
        print("parity: kept as it is, made with the authors' code, which PAUCA_COLIDE_REFERENCE does not name now")
        return
    rows = Rows(folder / "parity.csv")
    for d in (20,) if options.quick else SIZES:
        for seed in seeds(options, SEEDS):
            for variance in ("equal", "unequal"):
                if rows.have(d=d, seed=seed, variance=variance):
                    continue
                data = graph(variance, d, seed)
                equal = variance == "equal"
                slow, W = cpu_seconds(lambda X=data.X, e=equal: official.fit(X, e))
                fast, A = cpu_seconds(lambda X=data.X, e=equal: published(X, e))
                B = nested_threshold(W - np.diag(np.diag(W)), 0.3)
                score = {
                    k: CoLiDE(variance, criterion="colide", init=w, solver="topdown").fit(data.X).objective_
                    for k, w in (("official", W - np.diag(np.diag(W))), ("thresholded", B), ("truth", data.adjacency))
                }
                search_s, search = cpu_seconds(lambda X=data.X, v=variance: CoLiDE(v, criterion="colide").fit(X))
                auto_s, auto = cpu_seconds(lambda X=data.X, v=variance: CoLiDE(v).fit(X))
                rows.add(
                    d=d,
                    variance=variance,
                    seed=seed,
                    reference=official.which(),
                    official_s=slow,
                    port_s=fast,
                    search_s=search_s,
                    auto_s=auto_s,
                    official_shd=shd(data.adjacency, B),
                    port_shd=shd(data.adjacency, A),
                    search_shd=shd(data.adjacency, search.adjacency_),
                    auto_shd=shd(data.adjacency, auto.adjacency_),
                    official_score=min(score["official"], score["thresholded"]),
                    search_score=float(search.objective_),
                    true_order_score=float(score["truth"]),
                    varsortability=varsortability(data.X, data.adjacency),
                )


def outcome(official_scores: Any, ours: Any) -> str:
    """Wins, ties (one part in a million) and losses of the lower score."""
    a, b = np.asarray(official_scores, float), np.asarray(ours, float)
    tie = 1e-6 * np.abs(a)
    return f"{int((b < a - tie).sum())} / {int((np.abs(a - b) <= tie).sum())} / {int((b > a + tie).sum())}"


def tables(rows: list[dict[str, Any]]) -> str:
    speed, scores = [], []
    for d in SIZES:
        for variance in ("equal", "unequal"):
            part = pick(rows, d=d, variance=variance)
            if not part:
                continue
            ratio = [r["official_s"] / r["port_s"] for r in part]
            same = sum(r["official_shd"] == r["port_shd"] for r in part)
            speed.append(
                [
                    d,
                    variance,
                    len(part),
                    f"{np.median([r['official_s'] for r in part]):.2f} / {np.median([r['port_s'] for r in part]):.2f}",
                    f"{np.median(ratio):.1f} ({min(ratio):.1f} to {max(ratio):.1f})",
                    spread(r["official_shd"] for r in part),
                    spread(r["port_shd"] for r in part),
                    f"{same} of {len(part)}",
                    f"{np.mean([r['varsortability'] for r in part]):.2f}",
                ]
            )
            reached = [r["official_score"] for r in part]
            scores.append(
                [
                    d,
                    variance,
                    len(part),
                    outcome(reached, [r["search_score"] for r in part]),
                    outcome(reached, [r["true_order_score"] for r in part]),
                    spread(100 * (r["official_score"] / r["search_score"] - 1) for r in part),
                    spread(r["official_shd"] for r in part),
                    spread(r["search_shd"] for r in part),
                    spread(r["auto_shd"] for r in part),
                ]
            )
    excess = max(0.0, *(r["search_score"] / r["official_score"] - 1 for r in rows))
    total = outcome([r["official_score"] for r in rows], [r["search_score"] for r in rows])
    speed_header = [
        "d", "variances", "graphs", "CPU s", "ratio of CPU times (range)", "SHD published", "SHD port", "equal SHD",
        "varsortability",
    ]  # fmt: skip
    score_header = [
        "d", "variances", "graphs", "search wins / ties / losses", "true order wins / ties / losses",
        "published score above the search's, %", "SHD published", "SHD search, CoLiDE score", "SHD auto (BIC)",
    ]  # fmt: skip
    return (
        f"Both run the schedule of the paper's experiments; the first is {rows[0]['reference']}. Both results are cut "
        "at 0.3, then to the largest acyclic threshold. The published result is sensitive to rounding: another order "
        "of the same sums ends in another local minimum on hard graphs, hence equal SHD on most graphs, not on all. "
        "At d = 100 one run takes up to a minute, hence fewer graphs.\n\n"
        + markdown(speed_header, speed)
        + "\nThe exact CoLiDE score over acyclic graphs, best weights given an order (no threshold anywhere): the "
        "order search beside the better of the published result's two orders (before and after its threshold), and "
        f"beside the true order. In all: **{total}** wins, ties and losses of the search over {len(rows)} graphs, "
        f"the losses by {100 * excess:.4f} % at most.\n\n" + markdown(score_header, scores)
    )
