"""The ray-traced street canyon at 20 dB: trained and unseen patterns, floors of the grids; medians over noise draws.

python benchmarks/irs_mimo/canyon.py [--trials 5]
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import numpy as np

from pauca.bayes import OMP
from pauca.channel import IRSChannelEstimator, draw_patterns, load_street_canyon, nmse, simulate_irs_mimo


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=5)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    canyon = load_street_canyon()
    print(f"{'patterns':>8}  {'method':28} {'trained':>9} {'unseen':>9} {'floor':>9} {'CPU s':>7}")
    for n_patterns in (32, 64, 128):
        rows = {}
        for seed in range(args.trials):
            sim = simulate_irs_mimo(
                channels=(canyon.H1, canyon.H2), n_patterns=n_patterns, n_pilots=6, snr_db=20.0, random_state=seed
            )
            unseen = draw_patterns(256, 50, seed + 1000)
            shared = {"axes": sim.axes, "irs_array": canyon.irs_shape, "floor_target": None}
            methods = {
                "18 directions on a line": IRSChannelEstimator(
                    sim.patterns, sim.pilots, 18, axes=sim.axes, refine=0, floor_target=None
                ),
                "256 directions": IRSChannelEstimator(sim.patterns, sim.pilots, refine=0, **shared),
                "256 directions, refined": IRSChannelEstimator(sim.patterns, sim.pilots, **shared),
                "matching pursuit": IRSChannelEstimator(
                    sim.patterns, sim.pilots, solver=OMP(noise_variance=sim.noise_variance), **shared
                ),
            }
            for name, model in methods.items():
                start = time.process_time()
                model.fit(sim.received)
                seconds = time.process_time() - start
                errors = [nmse(sim.channel(t), model.predict(t), axis=0) for t in (sim.patterns, unseen)]
                rows.setdefault(name, []).append([*errors, model.projection_floor(sim.cascade), seconds])
            inverse = np.linalg.pinv(sim.patterns.T).T, np.linalg.pinv(sim.pilots)
            cascade = np.einsum("kpb,kr,pt->brt", sim.received, *inverse, optimize=True)
            errors = [
                nmse(sim.channel(t), np.einsum("brt,rk->kbt", cascade, t, optimize=True), axis=0)
                for t in (sim.patterns, unseen)
            ]
            rows.setdefault("least squares, no dictionary", []).append([*errors, 0.0, 0.0])
        for name, figures in rows.items():
            trained, new, floor, seconds = np.median(figures, axis=0)
            print(f"{n_patterns:8}  {name:28} {trained:9.4f} {new:9.4f} {floor:9.1e} {seconds:7.2f}", flush=True)


if __name__ == "__main__":
    main()
