"""Which rules the paper sets beside each other, and on what: one entry a figure of its experiments."""

from __future__ import annotations

from dataclasses import dataclass

from pauca.solvers import BlockProblem

from . import problems

Rules = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Panel:
    """One column of a picture: a problem and the rules that run on it."""

    title: str
    problem: BlockProblem
    rules: Rules


def block(partition: str, selection: str, update: str, size: int, diagonal: str = "auto") -> dict[str, object]:
    return {
        "partition": partition,
        "selection": selection,
        "update": update,
        "block_size": size,
        "diagonal": diagonal,
    }


def gradient_rules(size: int) -> Rules:
    """Figures 4 and 8: gradient updates, fixed and variable blocks."""
    rules = {f"FB {s}": block("sort", s, "gradient", size) for s in ("cyclic", "random", "lipschitz", "gs", "gsl")}
    return rules | {f"VB {s}": block("variable", s, "gradient", size) for s in ("random", "gs", "gsd")}


def matrix_rules(size: int, update: str = "matrix") -> Rules:
    """Figures 5 and 11: matrix updates; figure 12: Newton steps with a line search."""
    rules = {f"FB {s}": block("sort", s, update, size) for s in ("cyclic", "gs", "gsl", "gsd", "gsq")}
    return rules | {f"VB {s}": block("variable", s, update, size) for s in ("gs", "gsd", "gsq")}


def update_rules(size: int) -> Rules:
    """Updates beside each other, with the same rule."""
    names = ("gradient", "diagonal", "backtracking", "matrix", "newton", "cubic", "two-metric")
    return {f"VB gsd, {u}": block("variable", "gsd", u, size) for u in names}


def backtracking_rules(size: int) -> Rules:
    """Figure 9: L_b computed or estimated by doubling."""
    return {
        f"{'VB' if p == 'variable' else 'FB'} {s}, {'estimated' if u == 'backtracking' else 'computed'}": block(
            p, s, u, size
        )
        for p, s in (("sort", "gs"), ("variable", "gs"), ("variable", "gsd"))
        for u in ("gradient", "backtracking")
    }


def partition_rules(size: int) -> Rules:
    """Figure 10: which partition."""
    names = ("order", "random", "sort", "average", "gershgorin", "gershgorin-average")
    return {f"{s}, {p}": block(p, s, "gradient", size) for s in ("gsl", "gs") for p in names}


def constrained_rules(size: int) -> Rules:
    """Figures 7 and 13: nonnegative L1; random or greedy blocks, and three updates."""
    return {
        f"{s}, {u}": block("variable", s, u, size)
        for s in ("random", "gs-q")
        for u in ("gradient", "matrix", "two-metric")
    }


def graph_rules(size: int) -> Rules:
    """Figure 6: huge blocks by message passing, beside small exact ones of about the same cost."""
    return {
        "general, exact": block("variable", "gs", "matrix", size),
        "red-black": block("red-black", "cyclic", "message-passing", 1),
        "tree partition": block("tree", "cyclic", "message-passing", 1),
        "tree partition, greedy": block("tree", "gs", "message-passing", 1),
        "random forest": block("variable", "forest-random", "message-passing", 1),
        "greedy forest": block("variable", "forest-gs", "message-passing", 1),
        "greedy forest, scaled": block("variable", "forest-gsl", "message-passing", 1),
    }


def plan(scale: float) -> dict[str, list[Panel]]:
    """The pictures, by name, and their columns; sizes are those of the paper times the scale."""
    n, p = int(1000 * scale), int(10000 * scale)
    smooth = {
        "least squares": problems.least_squares(n, p),
        "logistic": problems.logistic(n, p),
        "softmax": problems.softmax(n, n, max(3, int(50 * scale))),
    }
    constrained = problems.nonnegative(n, p)
    pictures: dict[str, list[Panel]] = {}
    for name, rules in {
        "gradient_5": gradient_rules(5),
        "gradient_50": gradient_rules(50),
        "matrix_5": matrix_rules(5),
        "updates_5": update_rules(5),
        "backtracking_5": backtracking_rules(5),
        "partitions_5": partition_rules(5),
    }.items():
        pictures[name] = [Panel(title, problem, rules) for title, problem in smooth.items()]
    pictures["newton_5"] = [Panel(t, smooth[t], matrix_rules(5, "newton")) for t in ("logistic", "softmax")]
    # The support has 118 coordinates at 0.3 times the sizes of the paper.
    pictures["nonnegative"] = [
        Panel(f"nonnegative L1, blocks of {size}", constrained, constrained_rules(size)) for size in (5, 50, 150)
    ]
    graphs = {"lattice": problems.lattice(), "two moons": problems.moons()}
    pictures["graphs"] = [Panel(t, g, graph_rules(round(g.X.shape[0] ** (1 / 3)))) for t, g in graphs.items()]
    return pictures
