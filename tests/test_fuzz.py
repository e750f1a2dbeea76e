"""The compiled core under wrong arguments: a fixed set of the calls that ``make fuzz`` draws anew."""

import random
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))

from fuzz import ALLOWED, Rounds, _hang
from recording import functions
from seeds import seeds

from pauca import _core
from pauca.linear_model import SparseRegressor
from pauca.penalties import L0
from pauca.screening import mutual_information

HANDLES = {"Design", "Graph", "Rows32", "Rows64"}  # made by functions, and nothing by themselves
FUNCTIONS = [name for name in functions() if name not in HANDLES]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def calls():
    return seeds()


def test_every_function_has_seeds_that_run(calls):
    assert {name.split(".")[0] for name in calls} == set(FUNCTIONS)
    for known in calls.values():
        for call in known:
            call.run()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_wrong_arguments_raise_or_give_a_result(calls, name):
    rng = random.Random(name)
    previous = signal.signal(signal.SIGALRM, _hang)
    try:
        rounds = Rounds(calls, None)
        for method in (n for n in calls if n.split(".")[0] == name):
            for _ in range(40):
                rounds.one(rng.randrange, method)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert rounds.outcomes


# What the fuzzer found once, or what it was written for.


@pytest.mark.parametrize(
    ("indices", "indptr", "message"),
    [
        ([0, 3], [0, 1, 2], "out of range"),
        ([0, -1], [0, 1, 2], "out of range"),
        ([0, 1], [0, 1, 3], "more entries"),
        ([0, 1], [0, 2, 1], "indptr"),
        ([0, 1], [1, 1, 2], "indptr"),
        ([0, 1], [], "indptr"),
        ([0, 1], [0, 10**9, 2], "indptr"),
    ],
)
def test_inconsistent_sparse_columns(indices, indptr, message):
    for kind in (np.int32, np.int64):
        with pytest.raises(ValueError, match=message):
            _core.csc_design(np.ones(2), np.array(indices, kind), np.array(indptr, kind), 3)


def test_sizes_that_do_not_match():
    design = _core.dense_design(np.ones((4, 3), order="F"))
    with pytest.raises(ValueError, match="weights: got 3 entries, expected 4"):
        _core.column_moments(design, np.ones(3))
    with pytest.raises(ValueError, match="no multiple"):
        _core.kron_multiply([np.ones((2, 3))], np.ones(4), False)
    np.testing.assert_array_equal(_core.kron_multiply([np.ones((2, 3))], np.ones(3, np.int8), False), [3, 3])
    edge = np.array([[0, 2], [2, 0]], np.uint8, order="F")
    with pytest.raises(ValueError, match="close a cycle"):
        _core.GraphProblem([np.eye(2, order="F")], [5.0], [], edge, [0, 0], False)
    assert _core.project_simplex(np.zeros(0), 1.0).size == 0


def test_failures_are_not_swallowed():
    assert not any(issubclass(kind, ALLOWED) for kind in (AssertionError, SystemError, KeyboardInterrupt))


def test_a_target_whose_square_overflows_ends():
    X, y = np.eye(24)[:, :8] + 1.0, np.r_[np.arange(23.0), 1e300]
    SparseRegressor(penalty=L0(), alpha=0.1).fit(X, y)
    scores = mutual_information(np.c_[y, y[::-1], np.arange(24.0)], y)
    assert np.isfinite(scores).all()
