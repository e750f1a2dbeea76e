"""The simulation of Yang, Asgharian and Bhatnagar (2024): five blocks of ten effects between blocks of zeros."""

from dataclasses import dataclass

import numpy as np

BLOCKS = [(0.5, 1.0), (5.0, 2.0), (10.0, 3.0), (20.0, 4.0), (50.0, 5.0)]  # mean and standard deviation of the effects


@dataclass(frozen=True)
class Simulation:
    name: str
    X: np.ndarray
    y: np.ndarray
    coef: np.ndarray


def simulate(seed: int, *, n: int, gap: int, correlation: float, snr: float) -> Simulation:
    """n rows, five blocks of ten effects each followed by `gap` zeros, Toeplitz correlation, var(X w) / var(noise)."""
    rng = np.random.default_rng(seed)
    coef = np.concatenate([np.r_[rng.normal(mean, sd, 10), np.zeros(gap)] for mean, sd in BLOCKS])
    p = coef.size
    X = rng.standard_normal((n, p))
    for j in range(1, p):  # an AR(1) process has Toeplitz correlation
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1 - correlation**2) * X[:, j]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    signal = X @ coef
    y = signal + rng.standard_normal(n) * signal.std() / np.sqrt(snr)
    return Simulation(f"tau={correlation} SNR={snr:g}", np.asfortranarray(X), y / y.std(), coef / y.std())
