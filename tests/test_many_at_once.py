"""Fits in several threads find what they find alone; a fit that is interrupted leaves nothing behind."""

import random
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fits import ESTIMATORS, assert_same_fit, count_calls, interrupted, make, problem, state
from sklearn import get_config
from sklearn.base import clone

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def hurried():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_clones_fitted_in_threads_find_what_one_thread_finds(name, hurried):
    data = [problem(name, seed) for seed in range(3)]
    alone = [make(name).fit(*d) for d in data]
    together = threading.Barrier(4)

    def fit(k):
        together.wait(60)
        return clone(alone[k % 3]).fit(*data[k % 3])

    with ThreadPoolExecutor(4) as pool:
        for k, fitted in enumerate(pool.map(fit, range(4))):
            assert_same_fit(fitted, alone[k % 3])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_interrupted_at_any_call_leaves_nothing_behind(name):
    X, y = problem(name)
    reference = make(name).fit(X, y)
    fresh, fitted = make(name), make(name).fit(*problem(name, 1))
    for estimator in (fresh, fitted):
        estimator.get_params()
    calls = count_calls(lambda: make(name).fit(X, y))
    rng = random.Random(name)
    stopped = 0
    for at in [calls // 2, *(rng.randrange(1, calls + 1) for _ in range(12 if calls < 30000 else 4))]:
        for estimator in (fresh, fitted):
            before = state(estimator)
            if interrupted(lambda estimator=estimator: estimator.fit(X, y), at):
                stopped += 1
                assert state(estimator) == before, f"call {at} of {calls}"
            else:  # swallowed where nothing can be raised (a destructor), or beyond the last call
                estimator.__dict__.clear()
                estimator.__dict__.update(vars(make(name) if estimator is fresh else make(name).fit(*problem(name, 1))))
    assert stopped > 4
    assert_same_fit(fresh.fit(X, y), reference)
    assert_same_fit(fitted.fit(X, y), reference)


@pytest.mark.parametrize("name", ["SparseClassifier", "NMF"])
def test_interrupted_at_every_call(name):
    """Those of scikit-learn's decorators after the fit itself too, and its switch for validation goes back."""
    X, y = problem(name)
    make(name).fit(X, y)
    estimator, config = make(name), get_config()
    before = state(estimator)
    calls = count_calls(lambda: make(name).fit(X, y))
    for at in range(1, calls + 1):
        if not interrupted(lambda estimator=estimator: estimator.fit(X, y), at):
            estimator = make(name)
        assert state(estimator) == before, f"call {at} of {calls}"
        assert get_config() == config, f"call {at} of {calls}"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_signal_in_the_middle_leaves_nothing_behind(name):
    """At moments of the clock, which the core too must notice."""
    X, y = problem(name)
    reference, estimator = make(name).fit(X, y), make(name)
    before = state(estimator)
    start = time.perf_counter()
    make(name).fit(X, y)
    length = time.perf_counter() - start
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for part in (0.1, 0.4, 0.8):
            try:
                signal.setitimer(signal.ITIMER_REAL, max(part * length, 1e-5))
                estimator.fit(X, y)
                signal.setitimer(signal.ITIMER_REAL, 0)
                estimator = make(name)  # it was faster than the clock
            except KeyboardInterrupt:
                signal.setitimer(signal.ITIMER_REAL, 0)
                if state(estimator) != before:  # the signal came after the fit
                    assert_same_fit(estimator, reference)
                    estimator = make(name)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert_same_fit(estimator.fit(X, y), reference)
