"""Fuzzing of the compiled core: calls with wrong arguments may raise, but never crash, hang or read foreign memory.

    python tests/fuzz/fuzz.py [--seconds 60] [--seed 0] [--atheris] [--only NAME]

Seeds are the calls that small fits make; each round changes one to three of their arguments. With ``--atheris`` a
coverage-guided fuzzer chooses (Linux, ``pip install atheris``), otherwise a generator with this seed. A call that may
end the process is written to ``--log`` before it is made.
"""

from __future__ import annotations

import argparse
import collections
import faulthandler
import random
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutations import mutant
from recording import Call
from seeds import seeds

# Misuse is a ValueError or a TypeError. A dict without an entry, an array without its dimension, a penalty without its
# methods or a size beyond memory speaks for itself.
ALLOWED = (ValueError, TypeError, OverflowError, KeyError, IndexError, AttributeError, MemoryError)
PATIENCE = 5.0


class Hang(BaseException):
    """The call took longer than its patience."""


def _hang(*_: Any) -> None:
    raise Hang


def attempt(call: Call, patience: float = PATIENCE) -> str:
    """Makes the call: 'result' or the name of the exception. What is not allowed comes through."""
    signal.setitimer(signal.ITIMER_REAL, patience)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call.run()
        return "result"
    except ALLOWED as error:
        return type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def describe(value: Any) -> str:
    if isinstance(value, Call):
        parts = [describe(a) for a in value.args] + [f"{k}={describe(v)}" for k, v in value.kwargs.items()]
        prepared = "".join(f".then({describe(c)})" for c in value.prepared)
        return f"{value.name}({', '.join(parts)}){prepared}"
    text = repr(value) if not hasattr(value, "tolist") else f"np.array({value.tolist()!r}, {value.dtype.str!r})"
    flags = getattr(value, "flags", None)
    return text + (f"<{value.shape} strides {value.strides}>" if flags is not None else "")


class Rounds:
    """One mutant after another, chosen by `draw`."""

    def __init__(self, calls: dict[str, list[Call]], log: Path | None) -> None:
        self.calls, self.log = calls, log
        self.names = sorted(calls)
        self.outcomes: collections.Counter[str] = collections.Counter()

    def one(self, draw: Any, name: str | None = None) -> None:
        known = self.calls[name or self.names[draw(len(self.names))]]
        call = mutant(known[draw(len(known))], draw)
        if self.log is not None:
            self.log.write_text(describe(call))
        faulthandler.dump_traceback_later(6 * PATIENCE, exit=True)
        try:
            self.outcomes[attempt(call)] += 1
        except BaseException:
            print("FAILED:", describe(call), file=sys.stderr)
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()


def with_generator(rounds: Rounds, seconds: float, seed: int, only: str | None) -> None:
    rng, end = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        rounds.one(rng.randrange, only)


def with_atheris(rounds: Rounds, seconds: float, seed: int, only: str | None) -> None:
    import atheris

    def test_one_input(data: bytes) -> None:
        source = atheris.FuzzedDataProvider(data)
        rounds.one(lambda n: source.ConsumeIntInRange(0, n - 1), only)

    atheris.instrument_func(mutant)
    options = [f"-max_total_time={max(int(seconds), 1)}", f"-seed={seed + 1}", "-timeout=30", "-max_len=256"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", "-rss_limit_mb=0"], test_one_input)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true")
    parser.add_argument("--only", help="a function of the core")
    parser.add_argument("--log", type=Path, help="file that holds the call under way")
    args = parser.parse_args()
    faulthandler.enable()
    signal.signal(signal.SIGALRM, _hang)
    rounds = Rounds(seeds(), args.log)
    run = with_atheris if args.atheris else with_generator
    print(f"fuzz: {sum(map(len, rounds.calls.values()))} seeds of {len(rounds.calls)} functions", flush=True)
    try:
        run(rounds, args.seconds, args.seed, args.only)
    finally:
        print(f"fuzz: {sum(rounds.outcomes.values())} calls: {dict(rounds.outcomes.most_common())}", flush=True)


if __name__ == "__main__":
    main()
