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
from ._io import check_suffix, read_tensors, write_tensors
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
    try:
        parts = [int(p) for p in text.lower().split("x")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a number of antennas, or two like 16x16") from None
    return parts[0] if len(parts) == 1 else tuple(parts)


def _output(text: str) -> str:
    """Refused before an estimate is made for nothing."""
    try:
        check_suffix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pauca.channel", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    defaults = argparse.ArgumentDefaultsHelpFormatter

    sim = commands.add_parser(
        "simulate", help="write a simulated training block (.npz, .mat or .csv)", formatter_class=defaults
    )
    sim.add_argument("output", type=_output, help="file for received, patterns, pilots, cascade, noise_variance")
    sim.add_argument("--snr", type=float, default=20.0, help="mean received power over that of the noise, dB")
    sim.add_argument("--patterns", type=int, default=16, help="phase patterns of the surface")
    sim.add_argument("--pilots", type=int, default=6, help="pilot symbols a pattern")
    sim.add_argument("--bs", type=int, default=16, help="antennas of the base station")
    sim.add_argument("--irs", type=int, default=256, help="elements of the surface")
    sim.add_argument("--ms", type=int, default=6, help="antennas of the terminal")
    sim.add_argument("--grid", type=int, default=18, help="directions that the paths lie on")
    sim.add_argument("--paths", type=int, default=3, help="directions of arrival at surface and base station")
    sim.add_argument("--off-grid", action="store_true", help="draw directions from a continuum")
    sim.add_argument("--subcarriers", type=int, default=None, help="subcarriers, a last axis of received")
    sim.add_argument("--direct-power", type=float, default=0.0, help="power of a direct channel over the cascade's")
    sim.add_argument("--random-state", type=int, default=None, help="seed")

    est = commands.add_parser(
        "estimate", help="received tensor, patterns and pilots in; cascade out", formatter_class=defaults
    )
    est.add_argument("input", help="file with the arrays received, patterns and pilots (and cascade, if known)")
    est.add_argument("output", type=_output, help="file for cascade, coef, noise_variance (and direct)")
    est.add_argument("--axes", default=None, help="names of the axes of received, e.g. bs,pilot,pattern,subcarrier")
    est.add_argument("--problem-axis", type=int, default=None, help="axis of received that counts independent blocks")
    est.add_argument("--grid", type=int, default=None, help="points an axis; None: one an antenna")
    est.add_argument("--irs-array", type=_shape, default=None, help="antennas, e.g. 16x16; None: a line")
    est.add_argument("--bs-array", type=_shape, default=None, help="the same for the base station")
    est.add_argument("--ms-array", type=_shape, default=None, help="the same for the terminal")
    est.add_argument("--method", choices=SOLVERS, default="mm", help="what solves for the coefficients")
    est.add_argument("--noise-variance", type=float, default=None, help="of a received sample; None: learned")
    est.add_argument("--eliminate-direct", action="store_true", help="an unknown direct channel is there")
    est.add_argument("--refine", type=int, default=None, help="rounds of off-grid refinement; None: as it fits")
    est.add_argument("--floor-target", type=float, default=0.1, help="warn of coarser grids; 1 never warns")
    est.add_argument("--max-time", type=float, default=None, help="seconds for a block")
    est.add_argument("--quiet", action="store_true", help="no progress bar")

    lat = commands.add_parser(
        "latency", help="p50 and p99 time of a problem on simulated blocks", formatter_class=defaults
    )
    lat.add_argument("--problems", type=int, default=200, help="blocks to solve")
    lat.add_argument("--jobs", type=int, default=1, help="threads")
    lat.add_argument("--snr", type=float, default=20.0, help="dB")
    lat.add_argument("--patterns", type=int, default=6, help="phase patterns of the surface")
    lat.add_argument("--pilots", type=int, default=3, help="pilot symbols a pattern")
    lat.add_argument("--random-state", type=int, default=0, help="seed")
    lat.add_argument("--quiet", action="store_true", help="no progress bar")
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
        n_paths=args.paths,
        on_grid=not args.off_grid,
        n_subcarriers=args.subcarriers,
        direct_power=args.direct_power,
        random_state=args.random_state,
    )
    arrays = {n: getattr(sim, n) for n in ("received", "patterns", "pilots", "cascade", "noise_variance", "direct")}
    write_tensors(args.output, {name: a for name, a in arrays.items() if a is not None})
    print(f"{args.output}: received {sim.received.shape}, axes {sim.axes}, noise variance {sim.noise_variance:.4g}")


def _estimate(args: argparse.Namespace) -> None:
    data = read_tensors(args.input)
    missing = {"received", "patterns", "pilots"} - set(data)
    if missing:
        raise ValueError(f"{args.input}: lacks {', '.join(sorted(missing))}; has {', '.join(sorted(data))}")
    received = data["received"]
    if args.problem_axis is not None and not -received.ndim <= args.problem_axis < received.ndim:
        raise ValueError(f"--problem-axis: got {args.problem_axis}, received has {received.ndim} axes")
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
        floor_target=args.floor_target,
        max_time=args.max_time,
    )
    fits, seconds = [], []
    for block in _progress(blocks, len(blocks), args.quiet or len(blocks) == 1):
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
    noise = np.mean(out["noise_variance"]) / np.mean(np.abs(received) ** 2)
    if noise > 0:
        print(f"noise and what is not explained: {noise:.1%} of the received power ({-10 * np.log10(noise):.1f} dB)")
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
            warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
            {"simulate": _simulate, "estimate": _estimate, "latency": _latency}[args.command](args)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
