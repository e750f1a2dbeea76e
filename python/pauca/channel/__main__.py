"""Command line: simulate a training block, estimate the channel, measure the latency.

python -m pauca.channel simulate block.npz --snr 20 --patterns 16 --random-state 0
python -m pauca.channel estimate block.npz estimate.mat --axes pattern,pilot,bs --grid 18
python -m pauca.channel latency --problems 200 --jobs 2
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..bayes import OMP, DecomposedSBL, KroneckerOMP, KroneckerSBL
from ..bayes._scores import nmse
from ._estimator import IRSChannelEstimator
from ._io import read_tensors, write_tensors
from ._simulate import draw_patterns, simulate_irs_mimo

SOLVERS: dict[str, Callable[[], Any]] = {
    "mm": lambda: KroneckerSBL(method="mm", prune=1e-3),
    "am": lambda: KroneckerSBL(method="am", prune=1e-2),
    "svd": lambda: KroneckerSBL(method="svd", prune=1e-3),
    "decomposed": DecomposedSBL,
    "omp": OMP,
    "kronecker-omp": KroneckerOMP,
}


def _progress(items: Iterable[Any], total: int, quiet: bool) -> Iterable[Any]:
    if quiet:
        return items
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return items
    return tqdm(items, total=total, unit="problem")  # type: ignore[no-any-return]


def _shape(text: str) -> Any:
    parts = [int(p) for p in text.lower().split("x")]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pauca.channel", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)

    sim = commands.add_parser("simulate", help="write a simulated training block (.npz, .mat or .csv)")
    sim.add_argument("output")
    sim.add_argument("--snr", type=float, default=20.0, help="dB")
    sim.add_argument("--patterns", type=int, default=16)
    sim.add_argument("--pilots", type=int, default=6)
    sim.add_argument("--bs", type=int, default=16)
    sim.add_argument("--irs", type=int, default=256)
    sim.add_argument("--ms", type=int, default=6)
    sim.add_argument("--grid", type=int, default=18)
    sim.add_argument("--off-grid", action="store_true")
    sim.add_argument("--random-state", type=int, default=None)

    est = commands.add_parser("estimate", help="received tensor, patterns and pilots in; cascade out")
    est.add_argument("input", help="file with the arrays received, patterns and pilots (and cascade, if known)")
    est.add_argument("output", help="file for cascade, coef, noise_variance (and direct)")
    est.add_argument("--axes", default=None, help="names of the axes of received, e.g. bs,pilot,pattern,subcarrier")
    est.add_argument("--problem-axis", type=int, default=None, help="axis of received that counts independent blocks")
    est.add_argument("--grid", type=int, default=None, help="points an axis; default one an antenna")
    est.add_argument("--irs-array", type=_shape, default=None, help="e.g. 16x16")
    est.add_argument("--bs-array", type=_shape, default=None)
    est.add_argument("--ms-array", type=_shape, default=None)
    est.add_argument("--method", choices=SOLVERS, default="mm")
    est.add_argument("--noise-variance", type=float, default=None)
    est.add_argument("--eliminate-direct", action="store_true")
    est.add_argument("--refine", type=int, default=None, help="rounds of off-grid refinement")
    est.add_argument("--quiet", action="store_true")

    lat = commands.add_parser("latency", help="p50 and p99 time of a problem on simulated blocks")
    lat.add_argument("--problems", type=int, default=200)
    lat.add_argument("--jobs", type=int, default=1)
    lat.add_argument("--snr", type=float, default=20.0)
    lat.add_argument("--patterns", type=int, default=6)
    lat.add_argument("--pilots", type=int, default=3)
    lat.add_argument("--random-state", type=int, default=0)
    lat.add_argument("--quiet", action="store_true")
    return parser


def _simulate(args: argparse.Namespace) -> None:
    sim = simulate_irs_mimo(
        args.bs,
        args.irs,
        args.ms,
        n_patterns=args.patterns,
        n_pilots=args.pilots,
        snr_db=args.snr,
        n_grid=args.grid,
        on_grid=not args.off_grid,
        random_state=args.random_state,
    )
    write_tensors(
        args.output,
        {
            "received": sim.received,
            "patterns": sim.patterns,
            "pilots": sim.pilots,
            "cascade": sim.cascade,
            "noise_variance": sim.noise_variance,
        },
    )
    print(f"{args.output}: received {sim.received.shape}, axes {sim.axes}, noise variance {sim.noise_variance:.4g}")


def _estimate(args: argparse.Namespace) -> None:
    data = read_tensors(args.input)
    missing = {"received", "patterns", "pilots"} - set(data)
    if missing:
        raise ValueError(f"{args.input}: lacks {', '.join(sorted(missing))}; has {', '.join(sorted(data))}")
    received = data["received"]
    blocks = received[None] if args.problem_axis is None else np.moveaxis(received, args.problem_axis, 0)
    refine: Any = "auto" if args.refine is None else args.refine
    model = IRSChannelEstimator(
        data["patterns"],
        data["pilots"],
        args.grid,
        axes=args.axes,
        direct="eliminate" if args.eliminate_direct else None,
        noise_variance=args.noise_variance,
        irs_array=args.irs_array,
        bs_array=args.bs_array,
        ms_array=args.ms_array,
        refine=refine,
        solver=SOLVERS[args.method](),
    )
    fits, seconds = [], []
    for block in _progress(blocks, len(blocks), args.quiet):
        start = time.perf_counter()
        fits.append((model.fit(block).cascade_, model.coef_, model.noise_variance_, model.direct_))
        seconds.append(time.perf_counter() - start)
    one = args.problem_axis is None
    out: dict[str, Any] = {"cascade": fits[0][0] if one else np.stack([f[0] for f in fits])}
    if one:
        out["coef"] = fits[0][1]
    out["noise_variance"] = np.array([f[2] for f in fits])
    if fits[0][3] is not None:
        out["direct"] = fits[0][3] if one else np.stack([np.asarray(f[3]) for f in fits])
    write_tensors(args.output, out)
    p50, p99 = 1e3 * np.quantile(seconds, [0.5, 0.99])
    print(f"{len(blocks)} block(s): p50 {p50:.1f} ms, p99 {p99:.1f} ms; grid floor {model.grid_floor_:.3f}")
    if one and "cascade" in data and data["cascade"].shape == out["cascade"].shape:
        truth = data["cascade"]
        unseen = draw_patterns(truth.shape[-2], 50, 0)
        for name, t in (("trained", data["patterns"]), ("unseen", unseen)):
            true, estimate = (np.einsum("...brt,rk->k...bt", c, t) for c in (truth, out["cascade"]))
            print(f"NMSE, {name} patterns: {nmse(true, estimate, axis=0):.3e}")
        print(f"projection floor of the final dictionaries: {model.projection_floor(truth):.3e}")


def _latency(args: argparse.Namespace) -> None:
    rng = np.random.RandomState(args.random_state)
    first = simulate_irs_mimo(n_patterns=args.patterns, n_pilots=args.pilots, snr_db=args.snr, random_state=rng)
    blocks = [
        simulate_irs_mimo(patterns=first.patterns, pilots=first.pilots, snr_db=args.snr, random_state=rng).received
        for _ in _progress(range(args.problems), args.problems, args.quiet)
    ]
    model = IRSChannelEstimator(first.patterns, first.pilots, 18, axes=first.axes, refine=0, floor_target=None)
    factors = model.fit(blocks[0]).solver_.factors
    start = time.perf_counter()
    batch = KroneckerSBL(factors=factors, n_jobs=args.jobs).fit_batch(np.stack(blocks))
    total = time.perf_counter() - start
    p50, p99 = 1e3 * np.quantile(batch.seconds, [0.5, 0.99])
    print(
        f"{args.problems} problems, {args.jobs} thread(s): {1e3 * total / args.problems:.2f} ms a problem overall, "
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms; {int(batch.converged.sum())} converged"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    args = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            {"simulate": _simulate, "estimate": _estimate, "latency": _latency}[args.command](args)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
