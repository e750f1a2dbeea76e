"""The report page and its pictures, from the CSV files."""

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from common import peers, tables
from common.machine import describe
from common.options import Options
from common.plots import style

from nonconvex import by_ncvreg, first_order, paths

Rows = list[dict[str, str]]
ORDER = ["pauca", "pauca, thresholding alone", "skglm", "pycasso", "ncvreg", "abess", "scikit-learn"]


def write(options: Options, folder: Path) -> Path:
    found = {name: tables.read_csv(folder / f"{name}.csv") for name in ("paths", "selection", "evaluations", "fits")}
    parts: dict[str, Callable[[Rows, Path], list[str]]] = {
        "paths": path_part,
        "selection": selection_part,
        "evaluations": evaluation_part,
        "fits": fit_part,
    }
    lines = [
        "# Nonconvex penalties",
        "",
        "Its parts can be measured one by one, with `--only` and one data set each (`--seeds 1`).",
        "",
        describe(["pauca", "numpy", "scikit-learn", "skglm", "pycasso", "abess"], options),
        "",
        by_ncvreg.sentence(),
        "",
        *([said, ""] if (said := peers.sentence(r for rows in found.values() for r in rows)) else []),
    ]
    lines += ["## Where peers win and goals are missed", "", *(losses(found) or ["Nowhere."]), ""]
    for name, part in parts.items():
        if found[name]:
            lines += part(found[name], folder)
    page = options.output / "nonconvex.md"
    page.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return page


def losses(found: dict[str, Rows]) -> list[str]:
    """Sentences about every comparison that pauca does not win, computed from the rows."""
    lines = []
    rows = found["paths"]
    for key in dict.fromkeys((r["case"], r["penalty"], r["target"]) for r in rows):
        here = [r for r in rows if (r["case"], r["penalty"], r["target"]) == key]
        seconds = {
            n: statistics.median(float(r["seconds"]) for r in here if r["solver"] == n)
            for n in {r["solver"] for r in here}
        }
        ahead = [n for n, v in seconds.items() if v < seconds.get("pauca", float("inf"))]
        name = f"{key[0]}, {key[1]}, KKT {float(key[2]):g}"
        lines += [f"- Time, {name}: {n} {seconds[n]:.3g} s, pauca {seconds.get('pauca', 0.0):.3g} s." for n in ahead]
        if not ahead and float(key[2]) == 1e-7 and seconds.get("skglm", float("inf")) < 2.0 * seconds["pauca"]:
            lines.append(f"- Time, {name}: less than twice as fast as skglm.")
    for case, penalty in dict.fromkeys((r["case"], r["penalty"]) for r in rows):
        mine = [float(r["target"]) for r in rows if (r["case"], r["penalty"], r["solver"]) == (case, penalty, "pauca")]
        missed = [t for t in paths.TARGETS if t not in mine]
        lines += [f"- Accuracy, {case}, {penalty}: pauca does not reach a violation of {t:g}." for t in missed]
    rows = found["selection"]
    for case, rule, penalty in dict.fromkeys((r["case"], r["rule"], r["penalty"]) for r in rows):
        here = [r for r in rows if (r["case"], r["rule"], r["penalty"]) == (case, rule, penalty)]
        for figure, sign in (("F1", 1.0), ("error", -1.0)):
            mean = {
                n: statistics.fmean(float(r[figure]) for r in here if r["solver"] == n)
                for n in {r["solver"] for r in here}
            }
            best = max((n for n in mean if not n.startswith("pauca")), key=lambda n: sign * mean[n], default=None)
            if best is not None and sign * (mean[best] - mean["pauca"]) > 0.002:
                shown = f"{best} {mean[best]:.3f}, pauca {mean['pauca']:.3f}"
                lines.append(f"- {figure}, {case}, {penalty} chosen by {rule}: {shown}.")
    rows = found["evaluations"]
    for case, penalty in dict.fromkeys((r["case"], r["penalty"]) for r in rows):
        here = [r for r in rows if (r["case"], r["penalty"]) == (case, penalty)]
        count = {
            n: statistics.median(float(r["gradients"]) for r in here if r["solver"] == n)
            for n in first_order.FIRST_ORDER
        }
        share = count["AG, gradient restart"] / count["proximal gradient"]
        if share > 0.2:
            lines.append(f"- Gradients, {case}, {penalty}: AG needs {share:.2f} of proximal gradient's, goal .20.")
    return lines


def known(names: set[str]) -> list[str]:
    return [n for n in ORDER if n in names] + sorted(names - set(ORDER))


def path_part(rows: Rows, folder: Path) -> list[str]:
    names = known({r["solver"] for r in rows})
    cells = []
    for key in dict.fromkeys((r["case"], r["penalty"], r["target"]) for r in rows):
        here = [r for r in rows if (r["case"], r["penalty"], r["target"]) == key]
        median = {
            n: statistics.median(float(r["seconds"]) for r in here if r["solver"] == n)
            for n in names
            if any(r["solver"] == n for r in here)
        }
        peers = [v for n, v in median.items() if n != "pauca"]
        ratio = f"{min(peers) / median['pauca']:.2f}" if peers and "pauca" in median else "-"
        shown = [tables.seconds(median[n]) if n in median else "-" for n in names]
        cells.append([key[0], key[1], f"{float(key[2]):g}", *shown, ratio])
    draw_paths(rows, names, folder / "paths.png")
    return [
        "## Paths: time at equal worst KKT violation",
        "",
        "Dense: n = 1000, p = 5000, AR(0.5), signal to noise 3, 50 effects, 100 strengths to .05 of the largest;",
        "sparse: CSC, n = 1000, p = 50 000, density .01, 50 strengths to .1. Logistic and Poisson: the dense design,",
        "effects scaled to a linear predictor of standard deviation 3 and 1, gamma 12 (MCP) and 13",
        "(SCAD), no intercept for anybody. Logistic strengths end at .15: below a tenth MCP and SCAD, which",
        "are flat far out, let fits separate the classes, and there is no minimiser to reach.",
        "",
        "CPU seconds on one thread, median over repeats; the violation is the largest distance of the negative",
        "gradient to the penalty's subdifferential over alpha, over the whole path, by one numpy",
        "function for everybody.",
        "Each solver runs at the largest power of ten as its tolerance that reaches the target; a dash means that none",
        "did, or that a path took more than 30 s (100 in the quadratic cases) before. Ratio:",
        "fastest peer over pauca.",
        "",
        tables.markdown(["case", "penalty", "KKT", *names, "ratio"], cells),
        "![CPU seconds of whole paths against the worst KKT violation](nonconvex/paths.png)",
        "",
    ]


def draw_paths(rows: Rows, names: list[str], file: Path) -> None:
    cases = list(dict.fromkeys(r["case"] for r in rows))
    figure, axes = plt.subplots(
        len(cases), 3, figsize=(11, 2.6 * len(cases) + 0.5), sharex=True, squeeze=False, layout="constrained"
    )
    for line, case in zip(axes, cases, strict=True):
        for ax, penalty in zip(line, paths.PENALTIES, strict=True):
            for name in names:
                points = []
                for target in paths.TARGETS:
                    here = [
                        r
                        for r in rows
                        if (r["case"], r["penalty"], r["solver"]) == (case, penalty, name)
                        and float(r["target"]) == target
                    ]
                    if here:
                        points.append((target, statistics.median(float(r["seconds"]) for r in here)))
                if points:
                    ax.loglog(*zip(*points, strict=True), label=name, **look(name))
            ax.set(title=f"{case}, {penalty}")
            ax.grid(alpha=0.25)
        line[0].set_ylabel("CPU seconds")
    for ax in axes[-1]:
        ax.set_xlabel("worst KKT violation / alpha")
    axes[0, 0].invert_xaxis()
    handles = {label: h for ax in axes.flat for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=6, frameon=False)
    figure.savefig(file, dpi=110)
    plt.close(figure)


EXTRA = {"pycasso": ("#4f9d69", "^"), "ncvreg": ("#b03a48", "v"), "abess": ("#caa02c", "P")}


def look(name: str) -> dict[str, Any]:
    shown = style(name)
    if name in EXTRA:
        shown |= {"color": EXTRA[name][0], "marker": EXTRA[name][1]}
    if "alone" in name:
        shown |= {"linestyle": ":", "linewidth": 1.4, "marker": "x", "color": "#5f9bcf"}
    return shown


def selection_part(rows: Rows, folder: Path) -> list[str]:
    n_sets = len({r["seed"] for r in rows})
    lines = [
        "## What is selected, by the same rule",
        "",
        "Data as above; the point of each path, or the size of the subset (2, 4, ..., 100; logistic to 40), where a",
        "rule is least: the loss on 1000 fresh rows (validation), BIC, GIC (`df log p log log n`) or EBIC (gamma .5),",
        "all by one function for everybody. Relative error of the coefficients, F1 of the support, number selected:",
        f"mean over {n_sets} data sets, in brackets the standard error of the F1. L0 by pauca is `IHT`, each size",
        "started from the last; by abess its own fit of each size.",
        "",
    ]
    rules = list(dict.fromkeys(r["rule"] for r in rows))
    for case in dict.fromkeys(r["case"] for r in rows):
        cells = []
        here = [r for r in rows if r["case"] == case]
        for penalty in ("L0", "MCP", "SCAD", "L1"):
            for name in known({r["solver"] for r in here if r["penalty"] == penalty}):
                line = [penalty, name]
                for rule in rules:
                    mine = [r for r in here if (r["penalty"], r["solver"], r["rule"]) == (penalty, name, rule)]
                    f1 = [float(r["F1"]) for r in mine]
                    spread = statistics.stdev(f1) / len(f1) ** 0.5 if len(f1) > 1 else 0.0
                    error = statistics.fmean(float(r["error"]) for r in mine)
                    count = statistics.fmean(float(r["selected"]) for r in mine)
                    line.append(f"{error:.3f}, {statistics.fmean(f1):.3f} ({spread:.3f}), {count:.0f}")
                cells.append(line)
        lines += [f"### {case.capitalize()}", "", "Error, F1 (standard error), selected:", ""]
        lines.append(tables.markdown(["penalty", "solver", *rules], cells))
    draw_selection(rows, folder / "selection.png")
    return [*lines, "![F1 of the support by rule and penalty](nonconvex/selection.png)", ""]


def draw_selection(rows: Rows, file: Path) -> None:
    cases = list(dict.fromkeys(r["case"] for r in rows))
    rules = list(dict.fromkeys(r["rule"] for r in rows))
    figure, axes = plt.subplots(
        len(cases), len(rules), figsize=(11, 3.0 * len(cases) + 0.4), sharey=True, squeeze=False, layout="constrained"
    )
    for line, case in zip(axes, cases, strict=True):
        for ax, rule in zip(line, rules, strict=True):
            here = [r for r in rows if (r["case"], r["rule"]) == (case, rule)]
            for at, penalty in enumerate(("L0", "MCP", "SCAD", "L1")):
                names = known({r["solver"] for r in here if r["penalty"] == penalty})
                for k, name in enumerate(names):
                    f1 = [float(r["F1"]) for r in here if (r["penalty"], r["solver"]) == (penalty, name)]
                    place = at + 0.14 * (k - (len(names) - 1) / 2)
                    shown = look(name)
                    ax.plot([place] * len(f1), f1, ".", color=shown["color"], alpha=0.35, markersize=4)
                    ax.plot(place, statistics.fmean(f1), shown["marker"], color=shown["color"], label=name, ms=7)
            ax.set_xticks(range(4), ["L0", "MCP", "SCAD", "L1"])
            ax.set(title=f"{case}: {rule}")
            ax.grid(axis="y", alpha=0.25)
        line[0].set_ylabel("F1 of the support")
    handles = {label: h for ax in axes.flat for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=7, frameon=False)
    figure.savefig(file, dpi=110)
    plt.close(figure)


def evaluation_part(rows: Rows, folder: Path) -> list[str]:
    cells, bars = [], {}
    for case in dict.fromkeys(r["case"] for r in rows):
        for penalty in first_order.PENALTIES:
            here = [r for r in rows if (r["case"], r["penalty"]) == (case, penalty)]
            base = statistics.median(float(r["gradients"]) for r in here if r["solver"] == "proximal gradient")
            for name in first_order.FIRST_ORDER:
                mine = [r for r in here if r["solver"] == name]
                gradients = statistics.median(float(r["gradients"]) for r in mine)
                bars[case, penalty, name] = gradients / base
                capped = sum(int(r["capped"]) for r in mine)
                cells.append([case, penalty, name, f"{gradients:.0f}", f"{gradients / base:.3f}", capped])
    groups = list(dict.fromkeys((case, penalty) for case, penalty, _ in bars))
    figure, ax = plt.subplots(figsize=(11, 4), layout="constrained")
    width = 0.8 / len(first_order.FIRST_ORDER)
    for k, name in enumerate(first_order.FIRST_ORDER):
        ax.bar([g + k * width for g in range(len(groups))], [bars[(*g, name)] for g in groups], width, label=name)
    ax.axhline(0.2, color="0.3", linewidth=1, linestyle="--")
    ax.set_xticks([g + 0.4 - width / 2 for g in range(len(groups))], [f"{p}, {c.split()[0]}" for c, p in groups])
    ax.set(ylabel="gradients / proximal gradient's", ylim=(0, 1.35))
    ax.legend(frameon=False, ncols=4, fontsize="small")
    figure.savefig(folder / "evaluations.png", dpi=110)
    plt.close(figure)
    return [
        "## Gradient evaluations along a path",
        "",
        "Design of Yang, Asgharian and Bhatnagar (2024): n = 1000, p = 2050, five blocks of ten effects, Toeplitz",
        "correlation tau; 20 strengths from the largest to a tenth of it, warm starts, KKT violation",
        f"{first_order.TOL:g} of alpha, at most {first_order.CAP} iterations a fit. The ratio is to",
        "proximal gradient; the",
        "line in the picture is one fifth.",
        "",
        tables.markdown(["case", "penalty", "method", "gradients", "ratio", "fits capped"], cells),
        "![Gradient evaluations relative to proximal gradient](nonconvex/evaluations.png)",
        "",
    ]


def fit_part(rows: Rows, folder: Path) -> list[str]:
    cells = []
    for key in dict.fromkeys((r["case"], r["penalty"], r["target"], r["solver"]) for r in rows):
        mine = [r for r in rows if (r["case"], r["penalty"], r["target"], r["solver"]) == key]
        spent = tables.seconds(statistics.median(float(r["seconds"]) for r in mine))
        cells.append([*key, spent, f"{max(float(r['kkt']) for r in mine):.0e}"])
    return [
        "## One cold fit at a fifth of alpha_max",
        "",
        "The same design; median CPU seconds, and worst KKT violation over alpha.",
        "",
        tables.markdown(["case", "penalty", "tol", "solver", "seconds", "KKT / alpha"], cells),
    ]
