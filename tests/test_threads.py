"""Threads of the compiled core: ``n_jobs`` means the same everywhere, and a system that refuses threads is endured."""

import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

from pauca._parallel import n_threads
from pauca.bayes import KroneckerSBL
from pauca.datasets import make_anchored_counts
from pauca.decomposition import NMF, SimplexNMF
from pauca.screening import MutualInformationScreener

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _nmf(n_jobs):
    X = np.abs(np.random.default_rng(0).standard_normal((60, 20)))
    return NMF(3, random_state=0, max_iter=20, n_jobs=n_jobs).fit(X).components_


def _simplex_nmf(n_jobs):
    counts = make_anchored_counts(30, 20, 3, random_state=0).counts
    return SimplexNMF(3, random_state=0, max_iter=20, n_jobs=n_jobs).fit(counts).components_


def _batch(n_jobs):
    rng = np.random.default_rng(0)
    factors, received = [rng.standard_normal((4, 6)), rng.standard_normal((5, 7))], rng.standard_normal((6, 4, 5))
    return KroneckerSBL(factors=factors, max_iter=10, n_jobs=n_jobs).fit_batch(received).coef


def _screener(n_jobs):
    X = np.random.default_rng(0).standard_normal((50, 40))
    return MutualInformationScreener(k=3, n_jobs=n_jobs).fit(X, X[:, 3]).scores_


USERS = [_nmf, _simplex_nmf, _batch, _screener]


def test_what_n_jobs_means():
    processors = joblib.cpu_count()
    assert [n_threads(n) for n in (None, 1, 3, -1)] == [1, 1, 3, processors]
    assert n_threads(-2) == max(processors - 1, 1)
    assert n_threads(-processors - 5) == 1
    with pytest.raises(ValueError, match="n_jobs: got 0"):
        n_threads(0)


@pytest.mark.parametrize("use", USERS)
def test_every_n_jobs_gives_the_same(use):
    one = use(1)
    for n_jobs in (None, 3, -1, -2):
        np.testing.assert_array_equal(use(n_jobs), one)
    with pytest.raises(ValueError, match="n_jobs"):
        use(0)


# Every thread gets a stack as large as the limit, 64 TB here: the system cannot give one.
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (2**46, resource.RLIM_INFINITY))
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""

WITHOUT_THREADS = """
import sys, threading
sys.path.insert(0, sys.argv[1])
try:
    threading.Thread(target=int).start()
except RuntimeError:
    print("refused")
import numpy as np
from test_threads import USERS
for use in USERS:
    assert np.array_equal(use(4), use(1)), use
print("endured")
"""


def test_threads_that_the_system_refuses_are_done_without():
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, WITHOUT_THREADS, str(Path(__file__).parent)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["refused", "endured"]
