"""Coverage of the 95 % regions of predict(theta, return_std=True) under unseen patterns, by simulation.

OPENBLAS_NUM_THREADS=1 python benchmarks/irs_mimo/coverage.py
"""

import warnings

import numpy as np

from pauca.bayes import KroneckerSBL
from pauca.channel import IRSChannelEstimator, draw_patterns, load_street_canyon, simulate_irs_mimo


def main():
    warnings.simplefilter("ignore")
    for snr in (5, 10, 15, 20, 25):
        for name in ("on the grid", "off the grid, refined", "street canyon"):
            inside = total = 0
            for seed in range(5 if name == "street canyon" else 20):
                small = {"n_bs": 8, "n_irs": 32, "n_ms": 4, "n_patterns": 16, "n_pilots": 4, "n_grid": 16}
                solver, params = KroneckerSBL(prune=1e-3), {"refine": 3}
                if name == "street canyon":
                    c = load_street_canyon()
                    small = {"channels": (c.H1, c.H2), "n_patterns": 64, "n_pilots": 6}
                    params["irs_array"] = (16, 16)
                elif name == "on the grid":
                    params = {"refine": 0, "grids": 16, "floor_target": None}
                sim = simulate_irs_mimo(**small, on_grid=name == "on the grid", snr_db=snr, random_state=seed)
                model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes, solver=solver, **params)
                model.fit(sim.received)
                unseen = draw_patterns(len(sim.patterns), 20, seed + 99)
                H, std = model.predict(unseen, return_std=True)
                inside += np.sum(np.abs(H - sim.channel(unseen)) ** 2 <= np.log(20) * std**2)
                total += H.size
            print(f"{snr:3} dB, {name:22} {inside / total:.3f}", flush=True)


if __name__ == "__main__":
    main()
