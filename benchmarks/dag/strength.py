"""One strength for noise variances from 0.5 to 10: the concomitant score beside least squares, on one order search."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from common.options import Options
from common.tables import markdown

from dag.cases import Rows, distinct, graph, pick, seeds, shd
from dag.pictures import strengths
from pauca.dag import CoLiDE, varsortability

LEVELS = (0.5, 1.0, 2.0, 5.0, 10.0)
STRENGTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SCORES = ("concomitant", "least squares")
NODES, DEGREE, SAMPLES, THRESHOLD = 20, 2.0, 100, 0.3


def concomitant(X: np.ndarray, variance: str, alpha: float) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = CoLiDE(variance, criterion="colide", alpha=alpha, threshold=THRESHOLD, refit=False).fit(X)
    return model.weights_raw_


def least_squares(X: np.ndarray, strength: float) -> np.ndarray:
    """Minimises ``sum_j q_j / 2 + strength |W|``: the concomitant score of equal variances with alpha sigma = strength,
    found by fixed-point iteration on sigma."""
    S, eye = np.cov(X.T, bias=True), np.eye(X.shape[1])
    sigma = np.sqrt(np.diag(S).min())
    for _ in range(12):
        W = concomitant(X, "equal", strength / sigma)
        before, sigma = sigma, np.sqrt(np.einsum("ij,ik,kj->", eye - W, S, eye - W) / len(S))
        if abs(sigma - before) <= 1e-4 * sigma:
            break
    return W


def measure(options: Options, folder: Path) -> None:
    rows = Rows(folder / "strength.csv")
    for case in ("equal", "unequal"):
        for level in LEVELS:
            noise = level if case == "equal" else (0.5 * level, 10.0 * level)
            for seed in seeds(options):
                if rows.have(case=case, level=level, seed=seed):
                    continue
                data = graph(case, NODES, seed, SAMPLES, noise_variance=noise, degree=DEGREE)
                for score in SCORES:
                    for alpha in STRENGTHS:
                        first = score == SCORES[0]
                        W = concomitant(data.X, case, alpha) if first else least_squares(data.X, alpha)
                        kept = np.where(np.abs(W) > THRESHOLD, W, 0.0)
                        rows.add(
                            case=case,
                            level=level,
                            seed=seed,
                            score=score,
                            alpha=alpha,
                            shd=shd(data.adjacency, kept),
                            varsortability=varsortability(data.X, data.adjacency),
                        )


def _means(part: list[dict[str, Any]]) -> dict[float, float]:
    return {a: float(np.mean([r["shd"] for r in pick(part, alpha=a)])) for a in distinct(part, "alpha")}


def _near(means: dict[float, float]) -> list[float]:
    """Strengths within 1 of the least SHD."""
    return [a for a, v in means.items() if v <= min(means.values()) + 1.0]


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def tables(rows: list[dict[str, Any]]) -> str:
    text = (
        f"d = {NODES}, {DEGREE:g} edges a node, {SAMPLES} samples; both scores by the same search, weights cut at "
        f"{THRESHOLD} without refit. With unequal variances the range 0.5 to 10 is multiplied by the level. A strength "
        "is tuned at level 1 (the middle of those within 1 of the least mean SHD) and then kept. For data cX, c "
        "times the strength gives the concomitant score the same graph, c squared times least squares: neither is "
        "free of units, the concomitant one needs half the retuning on the logarithmic scale.\n"
    )
    for case in distinct(rows, "case"):
        table = []
        kept = {s: _middle(_near(_means(pick(rows, case=case, score=s, level=1)))) for s in SCORES}
        for level in distinct(pick(rows, case=case), "level"):
            line: list[Any] = [f"{level:g}"]
            for s in SCORES:
                means = _means(pick(rows, case=case, score=s, level=level))
                near = _near(means)
                line += [f"{means[kept[s]]:.1f}", f"{min(means.values()):.1f}", f"{min(near):g} to {max(near):g}"]
            line.append(f"{np.mean([r['varsortability'] for r in pick(rows, case=case, level=level)]):.2f}")
            table.append(line)
        text += f"\n{case} variances, {len(distinct(pick(rows, case=case), 'seed'))} graphs a level:\n\n" + markdown(
            ["level"]
            + [
                cell
                for s in SCORES
                for cell in (f"{s}: SHD at {kept[s]:g}", "SHD at the best strength", "strengths within 1 of it")
            ]
            + ["varsortability"],
            table,
        )
    return text


def picture(rows: list[dict[str, Any]], folder: Path) -> list[tuple[str, str]]:
    return [("SHD by strength", strengths(rows, folder))]
