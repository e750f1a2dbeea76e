"""Models saved by an earlier version load, predict what they predicted, and a fit today still finds the same."""

import functools
import pickle
from pathlib import Path

import numpy as np
import pytest
import skops.io
from golden_cases import CASES

FOLDER = Path(__file__).parent / "golden" / "models"
EXPECTED = dict(np.load(FOLDER / "expected.npz"))

pytestmark = pytest.mark.filterwarnings("ignore:Trying to unpickle")  # scikit-learn's word on its own versions


# Its transform is an iteration, which the two instruction sets end a little apart.
ITERATED = {"simplex_nmf": 1e-7}

fitted = functools.cache(lambda name: CASES[name]())


def same(found: np.ndarray, name: str, tol: float) -> None:
    expected = EXPECTED[name]
    if expected.dtype.kind in "fc":
        np.testing.assert_allclose(found, expected, rtol=tol, atol=tol * max(1.0, np.abs(expected).max()))
    else:
        np.testing.assert_array_equal(found, expected)


def test_every_case_has_its_files():
    assert set(EXPECTED) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_pickle_predicts_as_it_did(name):
    model = pickle.loads((FOLDER / f"{name}.pkl").read_bytes())
    same(fitted(name)[1](model), name, ITERATED.get(name, 1e-9))


@pytest.mark.parametrize("name", CASES)
def test_skops_file_needs_no_foreign_code(name):
    file = FOLDER / f"{name}.skops"
    trusted = skops.io.get_untrusted_types(file=file)
    assert all(kind.startswith(("pauca.", "sklearn.", "numpy.", "scipy.")) for kind in trusted)
    same(fitted(name)[1](skops.io.load(file, trusted=trusted)), name, ITERATED.get(name, 1e-9))


# End elsewhere since, of the many ends there are: another start (it does not depend on the units of X), and iterations
# without momentum after one that went too far. "nmf_identified" has one end.
MOVED = {"nmf", "nmf_seeded"}


@pytest.mark.parametrize("name", [name for name in CASES if name not in MOVED])
def test_a_new_fit_finds_the_same(name):
    model, output = fitted(name)
    same(output(model), name, 1e-6)
