"""Coherence blocks on the street canyon with and without a warm start, and what a direct channel does that is left out.

python benchmarks/irs_mimo/coherence.py
"""

from __future__ import annotations

import time
import warnings

import numpy as np

from pauca.channel import IRSChannelEstimator, draw_patterns, load_street_canyon, nmse, simulate_irs_mimo

N_BLOCKS = 8


def blocks() -> None:
    """Directions stay, a common phase and the noise change: CPU seconds and NMSE under unseen patterns."""
    canyon = load_street_canyon()
    sim = simulate_irs_mimo(channels=(canyon.H1, canyon.H2), n_patterns=64, n_pilots=6, random_state=0)
    unseen = draw_patterns(256, 50, 1)
    for warm in (False, True):
        rng = np.random.default_rng(0)
        model = IRSChannelEstimator(
            sim.patterns, sim.pilots, axes=sim.axes, irs_array=canyon.irs_shape, warm_start=warm
        )
        seconds, errors = [], []
        for _ in range(N_BLOCKS):
            phase = np.exp(2j * np.pi * rng.uniform())
            noise = rng.standard_normal((2, *sim.clean.shape)) * np.sqrt(sim.noise_variance / 2)
            start = time.process_time()
            model.fit(phase * sim.clean + noise[0] + 1j * noise[1])
            seconds.append(time.process_time() - start)
            errors.append(nmse(phase * sim.channel(unseen), model.predict(unseen)))
        print(
            f"warm_start={warm!s:5}: first block {seconds[0]:.2f} s, NMSE {errors[0]:.4f}; "
            f"median of the others {np.median(seconds[1:]):.2f} s, NMSE {np.median(errors[1:]):.4f}"
        )


def direct() -> None:
    """NMSE under unseen patterns, direct channel included, medians of 20 channels; and how often a warning came."""
    for power in (0.0, 0.1, 1.0, 10.0):
        errors: dict[str, list[float]] = {"absent": [], "eliminated": []}
        warned = 0
        for seed in range(20):
            sim = simulate_irs_mimo(n_patterns=32, n_pilots=6, on_grid=False, direct_power=power, random_state=seed)
            unseen = draw_patterns(256, 50, seed)
            for name, how in (("absent", None), ("eliminated", "eliminate")):
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes, direct=how).fit(sim.received)
                warned += any(str(w.message).startswith("direct:") for w in caught)
                errors[name].append(nmse(sim.channel(unseen), model.predict(unseen)))
        print(
            f"direct channel of {power:4.1f} times the cascade's power: "
            + ", ".join(f"taken to be {n} {np.median(e):.4f}" for n, e in errors.items())
            + f"; warned {warned} of 20"
        )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="KroneckerSBL did not converge")
    blocks()
    direct()
