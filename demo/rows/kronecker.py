"""Channel over a reflecting surface, simulated from a ray-traced street canyon: no measurement, unlike the other rows.

Beside pauca: matching pursuit and least squares.
"""

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pauca.bayes import OMP
from pauca.channel import IRSChannelEstimator, load_street_canyon, nmse, simulate_irs_mimo

from ..row import Row, timed

N_PATTERNS, SNR_DB = 64, 20.0


@cache
def training() -> Any:
    """64 random patterns and 6 pilots at 20 dB, the canyon's channels, and 50 patterns that were never sent."""
    canyon = load_street_canyon()
    sim = simulate_irs_mimo(
        channels=(canyon.H1, canyon.H2), n_patterns=N_PATTERNS, n_pilots=6, snr_db=SNR_DB, random_state=0
    )
    unseen = np.random.default_rng(1).choice([-1.0, 1.0], (256, 50)) / 16.0
    return canyon, sim, unseen


def estimator(sim: Any, **params: Any) -> IRSChannelEstimator:
    return IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes, irs_array=(16, 16), **params)


@cache
def fitted() -> tuple[IRSChannelEstimator, float]:
    _, sim, _ = training()
    return timed(lambda: estimator(sim).fit(sim.received))


@cache
def pursuit() -> IRSChannelEstimator:
    _, sim, _ = training()
    return estimator(sim, solver=OMP(noise_variance=sim.noise_variance)).fit(sim.received)


def least_squares() -> np.ndarray:
    """Minimum-norm least squares: no dictionary, the cascade in the span of the training patterns and pilots."""
    _, sim, _ = training()
    return np.einsum("kpb,kr,pt->brt", sim.received, np.linalg.pinv(sim.patterns.T).T, np.linalg.pinv(sim.pilots))


def under(cascade: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return np.einsum("brt,rk->kbt", cascade, theta, optimize=True)


def decibels(cascade: np.ndarray, theta: np.ndarray) -> float:
    _, sim, _ = training()
    return 10.0 * np.log10(nmse(sim.channel(theta), under(cascade, theta), axis=0))


def channel_row(which: str, peer: str) -> Callable[[], Row]:
    def fit() -> Row:
        _, sim, unseen = training()
        theta = unseen if which == "unseen" else sim.patterns
        model, seconds = fitted()
        other = pursuit().cascade_ if peer == "OMP" else least_squares()
        directions = sum(len(a) for a in model.solver_.active_)
        floor = model.projection_floor(sim.cascade)
        return Row(
            estimator="IRSChannelEstimator",
            data=f"simulated street canyon, {which} patterns (64 x 6 x 16)",
            measure="NMSE dB",
            score=decibels(model.cascade_, theta),
            peer=peer,
            peer_score=decibels(other, theta),
            nonzeros=f"{directions} of {sum(d.shape[1] for d in model.dictionaries_.values())}",
            seconds=seconds,
            certificate=f"grid floor {floor:.0e}",
        )

    fit.__name__ = f"street canyon, {which}, {peer}"
    return fit


def rows() -> list[Callable[[], Row]]:
    return [channel_row(which, peer) for which in ("trained", "unseen") for peer in ("OMP", "least squares")]


def pictures(folder: Path) -> list[Path]:
    """Power over the directions at the surface, of the true and the estimated cascade."""
    import matplotlib.pyplot as plt

    _, sim, unseen = training()
    model, _ = fitted()

    def spectrum(cascade: np.ndarray) -> np.ndarray:
        fine = np.fft.fft2(cascade.transpose(1, 0, 2).reshape(16, 16, -1), s=(128, 128), axes=(0, 1))
        power = np.fft.fftshift(np.sum(np.abs(fine) ** 2, axis=-1))
        return 10.0 * np.log10(np.maximum(power / power.max(), 1e-4))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panels = {
            "true": sim.cascade,
            f"pauca ({decibels(model.cascade_, unseen):.1f} dB on unseen patterns)": model.cascade_,
            f"OMP ({decibels(pursuit().cascade_, unseen):.1f} dB)": pursuit().cascade_,
            f"least squares ({decibels(least_squares(), unseen):.1f} dB)": least_squares(),
        }
    figure, axes = plt.subplots(1, 4, figsize=(15, 4), sharey=True, layout="constrained")
    power = np.sum(np.abs(model.coef_) ** 2, axis=(1, 2))
    found = model.directions_["irs"][power > 1e-3 * power.max()]
    for axis, (title, cascade) in zip(axes, panels.items(), strict=True):
        shown = axis.imshow(
            spectrum(cascade).T, extent=(-1, 1, -1, 1), origin="lower", vmin=-30, vmax=0, cmap="magma", aspect="equal"
        )
        axis.set(title=title, xlabel="direction along x")
    axes[0].set_ylabel("direction along y")
    axes[1].plot(found[:, 0], found[:, 1], "c+", ms=5, label="directions found")
    axes[1].legend(loc="lower left", fontsize="small")
    figure.colorbar(shown, ax=axes, label="power at the surface, dB")
    path = folder / "kronecker_canyon.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]
