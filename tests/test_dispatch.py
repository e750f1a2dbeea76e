"""A model that one build of the compiled core made is pickled, and loaded in a process that runs the other."""

import importlib.util
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pauca._cpu import has_x86_64_v3

SAVE = """
import pickle, sys, warnings
sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")
from golden_cases import CASES
from pauca import _core
made = {name: make() for name, make in CASES.items()}
with open(sys.argv[2], "wb") as file:
    pickle.dump({name: (pickle.dumps(model), output(model)) for name, (model, output) in made.items()}, file)
print(_core.build_info()["arch"])
"""

LOAD = """
import pickle, sys, warnings
sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")
import numpy as np
from golden_cases import CASES
from pauca import _core
with open(sys.argv[2], "rb") as file:
    saved = pickle.load(file)
assert set(saved) == set(CASES)
for name, (dumped, expected) in saved.items():
    model = pickle.loads(dumped)
    found = CASES[name]()[1](model)
    if expected.dtype.kind in "fc":
        # transform of SimplexNMF is an iteration, which the two instruction sets end a little apart
        bound = (1e-7 if name == "simplex_nmf" else 1e-10) * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=bound, err_msg=name)
    else:
        np.testing.assert_array_equal(found, expected, err_msg=name)
print(_core.build_info()["arch"])
"""


def builds() -> list[str]:
    """Those installed that this processor can run; PAUCA_ARCHS and PAUCA_MULTIARCH=OFF compile one alone."""
    installed = [name for name in ("base", "v3") if importlib.util.find_spec(f"pauca._core_{name}")]
    return [name for name in installed if name != "v3" or has_x86_64_v3()]


PAIRS = list(itertools.permutations(builds(), 2)) or [(name, name) for name in builds()]


def run(program: str, build: str, file: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent), str(file)],
        env={**os.environ, "PAUCA_DISPATCH": build}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_there_is_a_build_for_this_processor():
    assert PAIRS


@pytest.mark.parametrize(("saver", "loader"), PAIRS)
def test_a_model_of_one_build_loads_under_the_other(saver, loader, tmp_path):
    assert run(SAVE, saver, tmp_path / "models.pkl") == saver
    assert run(LOAD, loader, tmp_path / "models.pkl") == loader
