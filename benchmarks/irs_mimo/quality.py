"""NMSE of every method against SNR or pilot overhead on the settings of the literature: medians, means, time.

    python benchmarks/irs_mimo/quality.py journal --trials 50 --out benchmarks/report/irs_mimo

Settings: synthetic (8,12,15 / 15^3, full core of 3 x 3 x 3), journal (K_P = 3, K_I = 6), spawc (K_P = 4, K_I = 10),
overhead (K_P = 6, K_I = 4..10, 15 dB). Columns: NMSE over the training patterns, over 50 patterns never sent, support
recovery, CPU milliseconds. The grids hold the true directions, so that their projection floor is zero.
"""

import argparse
import csv
import pathlib
import time
import warnings

import numpy as np
from iteration import problem

from pauca.bayes import OMP, DecomposedSBL, KroneckerOMP, KroneckerSBL, nmse, oracle_least_squares
from pauca.channel import IRSChannelEstimator, draw_patterns, simulate_irs_mimo, support_recovery

METHODS = {
    "mm": KroneckerSBL(),
    "mm, prune 1e-3": KroneckerSBL(method="mm", prune=1e-3),
    "mm, prune 1e-2": KroneckerSBL(method="mm", prune=1e-2),
    "svd": KroneckerSBL(method="svd"),
    "svd, prune 1e-3": KroneckerSBL(method="svd", prune=1e-3),
    "am, prune 1e-3": KroneckerSBL(method="am", prune=1e-3),
    "am, prune 1e-2": KroneckerSBL(method="am", prune=1e-2),
    "mm, coupled .8": KroneckerSBL(coupling=(0.8, 0.0, 0.8)),
    "DecomposedSBL": DecomposedSBL(),
    "OMP": OMP(),
    "KroneckerOMP, true K": KroneckerOMP(n_nonzero_coefs=(3, 1, 3)),
}
SETTINGS = {
    "synthetic": [{"snr_db": s} for s in (5, 10, 15, 20, 25, 30)],
    "journal": [{"snr_db": s, "n_pilots": 3, "n_patterns": 6} for s in (4, 8, 12, 16, 20)],
    "spawc": [{"snr_db": s, "n_pilots": 4, "n_patterns": 10} for s in (5, 10, 15, 20, 25, 30)],
    "overhead": [{"snr_db": 15, "n_pilots": 6, "n_patterns": k} for k in (4, 6, 8, 10)],
}


def irs_trial(point, seed):
    sim = simulate_irs_mimo(**point, random_state=seed)
    unseen = draw_patterns(256, 50, seed + 1)
    H, H_new = sim.channel(sim.patterns), sim.channel(unseen)

    def figures(model_like):
        return nmse(H, model_like(sim.patterns), axis=0), nmse(H_new, model_like(unseen), axis=0)

    for name, solver in METHODS.items():
        model = IRSChannelEstimator(
            sim.patterns, sim.pilots, 18, axes=sim.axes, solver=solver, refine=0, floor_target=None
        )
        start = time.process_time()
        model.fit(sim.received)
        seconds = time.process_time() - start
        yield (
            name,
            *figures(model.predict),
            support_recovery(sim.coef, model.coef_, 1e-4),
            seconds,
            model.projection_floor(sim.cascade),
        )
    factors = [a @ d for a, d in zip((sim.patterns.T, sim.pilots.T, np.eye(16)), model.dictionaries_.values(), strict=True)]  # fmt: skip # noqa: E501
    support = [np.flatnonzero(np.abs(sim.coef).sum(axis=tuple(k for k in range(3) if k != i))) for i in range(3)]
    model.coef_ = oracle_least_squares(factors, sim.received, support)
    model.cascade_ = np.einsum("ijk,ri,tj,bk->brt", model.coef_, *model.dictionaries_.values(), optimize=True)
    yield "oracle least squares", *figures(model.predict), 1.0, 0.0, 0.0


def synthetic_trial(point, seed):
    factors, x, y = problem((8, 12, 15), (15, 15, 15), False, np.random.default_rng(seed), snr_db=point["snr_db"])
    for name, solver in METHODS.items():
        if "coupled" in name:
            continue
        start = time.process_time()
        params = {"factors": factors} | ({"n_nonzero_coefs": (3, 3, 3)} if "KroneckerOMP" in name else {})
        coef = type(solver)(**{**solver.get_params(), **params}).fit(y).coef_
        seconds = time.process_time() - start
        yield name, nmse(x, coef), np.nan, support_recovery(x, coef), seconds, 0.0
    support = [np.flatnonzero(np.abs(x).sum(axis=tuple(k for k in range(3) if k != i))) for i in range(3)]
    yield "oracle least squares", nmse(x, oracle_least_squares(factors, y, support)), np.nan, 1.0, 0.0, 0.0


def picture(rows, setting, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    colours = dict(zip(dict.fromkeys(r["method"] for r in rows), plt.get_cmap("tab20").colors, strict=False))
    columns = {"median": "NMSE, median", "mean": "NMSE, mean", "ms": "CPU ms, median"}
    if setting != "synthetic":
        columns = {
            "median": "trained patterns, median",
            "mean": "trained patterns, mean",
            "unseen_median": "unseen patterns, median",
            "unseen_mean": "unseen patterns, mean",
            "ms": "CPU ms, median",
        }
    figure, axes = plt.subplots(1, len(columns), figsize=(2 + 4 * len(columns), 4.5), layout="constrained")
    key = "n_patterns" if setting == "overhead" else "snr_db"
    for axis, (column, title) in zip(axes, columns.items(), strict=True):
        for name in dict.fromkeys(r["method"] for r in rows):
            points = [r for r in rows if r["method"] == name and r[column] > 0]
            style = (
                {"color": "black", "ls": "--"} if "oracle" in name else {"marker": "o", "ms": 3, "color": colours[name]}
            )
            axis.semilogy([p[key] for p in points], [p[column] for p in points], label=name, **style)
        axis.set(title=title, xlabel="patterns" if key == "n_patterns" else "SNR (dB)")
        axis.grid(alpha=0.3)
    floor = max(float(r["floor"]) for r in rows)
    figure.suptitle(
        f"{setting}: NMSE" + ("" if setting == "synthetic" else f"; projection floor of the grids {floor:.0e}")
    )
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=8, loc="outside right upper")
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("setting", choices=SETTINGS)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--out", default=None, help="folder for a CSV and a picture")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for point in SETTINGS[args.setting]:
        results = {}
        for seed in range(args.trials):
            trial = synthetic_trial if args.setting == "synthetic" else irs_trial
            for name, *numbers in trial(point, seed):
                results.setdefault(name, []).append(numbers)
        print(point)
        oracle = np.median(np.array(results["oracle least squares"])[:, 0])
        for name, numbers in results.items():
            a = np.array(numbers)
            row = {
                **point, "method": name, "median": np.median(a[:, 0]), "mean": a[:, 0].mean(),
                "unseen_median": np.median(a[:, 1]), "unseen_mean": a[:, 1].mean(), "srr": a[:, 2].mean(),
                "ms": 1e3 * np.median(a[:, 3]), "p99_ms": 1e3 * np.quantile(a[:, 3], 0.99), "floor": a[:, 4].max(),
            }  # fmt: skip
            rows.append(row)
            print(
                f"  {name:22} median {row['median']:.2e} ({row['median'] / oracle:5.2f} x oracle) "
                f"mean {row['mean']:.2e} "
                f"| unseen median {row['unseen_median']:.2e} mean {row['unseen_mean']:.2e} | SRR {row['srr']:.2f} "
                f"| {row['ms']:.1f} ms, p99 {row['p99_ms']:.1f}",
                flush=True,
            )
    if args.out:
        folder = pathlib.Path(args.out)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{args.setting}.csv").open("w", newline="") as handle:
            writer = csv.DictWriter(handle, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        picture(rows, args.setting, folder / f"{args.setting}.png")


if __name__ == "__main__":
    main()
