"""Simplex factorisations of counts: exact recovery, optimality, monotonicity, and the traps on the way."""

import _thread
import itertools
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse
from sklearn.decomposition import NMF as SklearnNMF

from pauca import _core
from pauca.datasets import make_anchored_counts
from pauca.decomposition import SimplexNMF
from pauca.decomposition._counts import CountTable
from pauca.metrics import prior_l1_error

UNFINISHED = "ignore:SimplexNMF did not converge:sklearn.exceptions.ConvergenceWarning"


def l1(data, model):
    return prior_l1_error(data.topic_weights.T, model.transform(data.counts).T)


def component_error(data, model):
    return prior_l1_error(data.components, model.components_, total=True) / len(data.components)


# -- exact recovery ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(8, 15, 3), (20, 60, 6), (200, 40, 5)])
@pytest.mark.parametrize(
    "arguments",
    [
        {"init": "spa", "solver": "none"},
        {"init": "fast-anchor", "solver": "none"},
        {"init": "spa", "solver": "hals"},
        {"init": "spa", "solver": "minvol"},
        {"init": "auto"},
        {"init": "fast-anchor", "stopping": "converged"},
    ],
    ids=lambda a: "-".join(a.values()),
)
def test_noiseless_anchored_counts_are_recovered(sizes, arguments):
    data = make_anchored_counts(*sizes, noise=False, random_state=1)
    model = SimplexNMF(sizes[2], random_state=0, **arguments).fit(data.counts)
    tol = 1e-6 if arguments.get("solver") == "none" else 2e-3  # EM lifts the zeros it starts from
    assert component_error(data, model) < tol
    assert l1(data, model) < tol


def test_anchor_words_recover_from_exact_cooccurrence():
    # Unbiased co-occurrence subtracts the diagonal of real counts: long documents stand in for exact moments.
    data = make_anchored_counts(400, 30, 3, length=20000, random_state=1)
    model = SimplexNMF(3, init="anchor-words", solver="none").fit(data.counts)
    assert component_error(data, model) < 0.03
    assert sorted(np.argmax(data.components[:, model.anchors_], axis=0)) == [0, 1, 2]


def test_anchors_are_words_of_one_topic():
    data = make_anchored_counts(30, 50, 5, noise=False, random_state=0)
    for init in ("spa", "fast-anchor"):
        anchors = SimplexNMF(5, init=init, solver="none").fit(data.counts).anchors_
        assert ((data.components[:, anchors] > 0).sum(axis=0) == 1).all()
        assert len(set(np.argmax(data.components[:, anchors], axis=0))) == 5


@pytest.mark.filterwarnings(UNFINISHED)
def test_minimum_volume_without_anchors():
    """A cloud that touches every facet but no vertex: the start cannot be right, the least simplex is."""
    rng = np.random.default_rng(0)
    k, d = 3, 12
    V = rng.dirichlet(np.ones(d), size=k).T
    edges = [
        np.eye(k)[list(p)].T @ [w, 1 - w] for p in itertools.combinations(range(k), 2) for w in (0.2, 0.35, 0.65, 0.8)
    ]
    S = (V @ np.array(edges).T).T * 1000.0  # words x documents
    truth = V.T / V.T.sum(axis=1, keepdims=True)

    def error(model):
        W = model.transform(S.T)  # p(topic | document)
        V_hat = (W * S.sum(axis=0)[:, None]).T
        return prior_l1_error(truth, V_hat / V_hat.sum(axis=1, keepdims=True), total=True) / k

    anchored = SimplexNMF(k, init="spa", solver="none").fit(S.T)
    least = SimplexNMF(k, init="spa", solver="minvol", volume=0.05, max_iter=3000, tol=1e-9).fit(S.T)
    assert error(least) < 0.5 * error(anchored)


# -- EM ------------------------------------------------------------------------------------------------------------


def em(counts, words, topics, **options):
    settings = {"smoothing": 0.0, "accelerate": False, "max_iter": 50, "tol": 0.0, "n_threads": 1, **options}
    table = CountTable.from_matrix(counts)
    return _core.simplex_fit(
        *table.args(), np.asfortranarray(words), np.asfortranarray(topics), solver=settings.pop("solver", "em"),
        volume=0.1, max_time=np.inf, callback=None, **settings,
    )  # fmt: skip


@pytest.mark.parametrize("accelerate", [False, True])
def test_a_round_over_many_counts_can_be_interrupted(accelerate):
    n, each, words, k = 10_000, 1000, 2000, 40  # a second a round
    rng = np.random.default_rng(0)
    idx = np.tile(np.arange(each, dtype=np.int32), n)
    starts = np.arange(n + 1, dtype=np.int64) * each
    A, T = (np.asfortranarray(rng.random((k, size))) for size in (words, n))
    sent = []

    def interrupt():
        sent.append(time.perf_counter())
        _thread.interrupt_main()

    threading.Timer(1.0, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        _core.simplex_fit(
            np.ones(n * each), idx, starts, words, A, T, solver="em", smoothing=0.0, accelerate=accelerate, volume=0.1,
            n_threads=1, tol=0.0, max_iter=50, max_time=np.inf, callback=None,
        )  # fmt: skip
    assert time.perf_counter() - sent[0] < 0.3


def naive_em(C, A, T, rounds):
    """The update as printed: C (words x documents) ~ A T."""
    for _ in range(rounds):
        R = np.divide(C, A @ T, out=np.zeros_like(C), where=C > 0)
        A, T = A * (R @ T.T), T * (A.T @ R)
        A, T = A / A.sum(axis=0), T / T.sum(axis=0)
    return A, T


@pytest.mark.parametrize("k", [2, 3, 5, 10])
def test_rounds_match_the_formula(k):
    rng = np.random.default_rng(k)
    C = rng.poisson(3.0, size=(9, 14)).astype(float)  # documents x words
    A, T = rng.dirichlet(np.ones(14), size=k).T, rng.dirichlet(np.ones(k), size=9).T
    found = em(C, A.T, T, max_iter=7)
    A0, T0 = np.maximum(A, 1e-4 / 14), np.maximum(T, 1e-3 / k)
    expected = naive_em(C.T, A0 / A0.sum(axis=0), T0 / T0.sum(axis=0), 7)
    np.testing.assert_allclose(found["words"].T, expected[0], atol=1e-12)
    np.testing.assert_allclose(found["topics"], expected[1], atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_likelihood_never_falls(seed, accelerate):
    rng = np.random.default_rng(seed)
    k, d, m = rng.integers(1, 6), rng.integers(1, 12), rng.integers(1, 15)
    C = rng.poisson(rng.gamma(0.5, 3.0, size=(d, m))).astype(float)
    C[0, 0] += 1.0
    found = em(
        C, rng.dirichlet(np.ones(m), size=k), rng.dirichlet(np.ones(k), size=d).T, accelerate=accelerate, max_iter=200
    )
    assert (np.diff(found["objective_path"]) >= -1e-12).all()
    np.testing.assert_allclose(found["words"].sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(found["topics"].sum(axis=0), 1.0, atol=1e-12)


def test_acceleration_reaches_the_same_maximum_sooner():
    data = make_anchored_counts(60, 40, 4, random_state=0)
    start = SimplexNMF(4, init="spa", solver="none").fit(data.counts)
    topics = start.transform(data.counts).T
    slow = em(data.counts, start.components_, topics, max_iter=5000, tol=1e-9)
    fast = em(data.counts, start.components_, topics, max_iter=5000, tol=1e-9, accelerate=True)
    assert fast["objective"] >= slow["objective"] - 1e-6
    assert fast["n_iter"] < 0.7 * slow["n_iter"]


@pytest.mark.filterwarnings(UNFINISHED)
def test_held_out_stopping_beats_convergence_where_documents_are_few():
    gain = []
    for seed in range(5):
        data = make_anchored_counts(12, 60, 10, length=300, random_state=seed)
        fits = [
            SimplexNMF(10, init="spa", stopping=s, random_state=seed).fit(data.counts)
            for s in ("held-out", "converged")
        ]
        gain.append(l1(data, fits[1]) - l1(data, fits[0]))
    assert np.mean(gain) > 0.0


def test_threads_do_not_change_a_bit():
    data = make_anchored_counts(400, 1000, 6, length=3000, random_state=0)
    one, two = (SimplexNMF(6, random_state=0, n_jobs=j).fit(data.counts) for j in (1, 2))
    assert CountTable.from_matrix(data.counts).values.size > 200_000  # more than one chunk
    np.testing.assert_array_equal(one.components_, two.components_)


# -- least squares on the simplex ----------------------------------------------------------------------------------


def quadratic(G, b, h):
    return 0.5 * h @ G @ h - b @ h


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6))
def test_simplex_least_squares_is_optimal(seed):
    rng = np.random.default_rng(seed)
    k = rng.integers(1, 9)
    V = rng.random((rng.integers(1, 12), k))  # also rank-deficient
    G = np.asfortranarray(V.T @ V)
    b = np.asfortranarray(V.T @ rng.random((len(V), 3)) * rng.choice([0.3, 1.0, 3.0]))
    H = _core.simplex_least_squares(G, b)
    for j in range(3):
        h, g = H[:, j], G @ H[:, j] - b[:, j]
        assert (h >= 0).all()
        assert h.sum() == pytest.approx(1.0, abs=1e-9)
        # Frank-Wolfe gap: the objective is within h'g - min g of its minimum.
        assert h @ g - g.min() <= 1e-7 * (1.0 + np.abs(b).max())


def test_projection_trap():
    """Dividing a HALS column by its sum in place of projecting it does not descend; the projected sweep does."""
    data = make_anchored_counts(10, 30, 10, length=2000, random_state=0)
    Q = (data.counts / data.counts.sum(axis=1, keepdims=True)).T
    start = SimplexNMF(10, init="random", solver="none", random_state=0).fit(data.counts)
    A, T = start.components_.T, start.transform(data.counts).T

    found = em(data.counts, A.T, T, solver="hals", max_iter=200)
    path = found["objective_path"]
    assert (np.diff(path) <= 1e-12 * path[0]).all()
    R = Q - found["words"].T @ found["topics"]
    assert found["objective"] == pytest.approx(0.5 * (R**2).sum(), abs=1e-10)

    rose = 0
    A, T = A.copy(), T.copy()
    for _ in range(20):
        for k in range(10):
            before = np.linalg.norm(Q - A @ T)
            A[:, k] = np.maximum(A[:, k] + (Q - A @ T) @ T[k] / max(T[k] @ T[k], 1e-12), 1e-12)
            A[:, k] /= A[:, k].sum()
            rose += np.linalg.norm(Q - A @ T) > before * (1 + 1e-9)
    assert rose > 0


# -- transform -----------------------------------------------------------------------------------------------------


def test_transform_maximises_the_likelihood():
    rng = np.random.default_rng(0)
    H = rng.dirichlet(np.full(12, 0.5), size=4)
    X = rng.poisson(2.0, size=(6, 12)).astype(float)
    model = SimplexNMF(4, random_state=0).fit(X)
    model.components_ = H
    W = model.transform(X)
    for x, w in zip(X, W, strict=True):
        gradient = H @ (x / (w @ H))
        assert gradient.max() <= x.sum() * (1 + 1e-7)  # the bound on the distance from the maximum
        found = optimize.minimize(
            lambda z, x=x: -x @ np.log(np.exp(z - np.logaddexp.reduce(z)) @ H), np.zeros(4), method="BFGS"
        )
        assert x @ np.log(w @ H) >= -found.fun - 1e-6


def test_new_documents_and_formats():
    data = make_anchored_counts(40, 50, 4, random_state=0)
    model = SimplexNMF(4, random_state=0)
    W = model.fit_transform(data.counts)
    np.testing.assert_array_equal(W, model.transform(data.counts))
    np.testing.assert_allclose(model.transform(sparse.csc_matrix(data.counts)), W, atol=1e-12)
    np.testing.assert_allclose(model.transform(5.0 * data.counts[:3]), W[:3], atol=1e-6)
    np.testing.assert_allclose(model.transform(np.zeros((1, 50))), 0.25)
    same = SimplexNMF(4, random_state=0).fit(sparse.csr_array(data.counts))
    np.testing.assert_allclose(same.components_, model.components_, atol=1e-12)
    assert model.score(data.counts) == pytest.approx(
        (data.counts * np.log(np.maximum(W @ model.components_, 1e-300))).sum() / data.counts.sum(), rel=1e-9
    )
    small = SimplexNMF(4, random_state=0).fit(data.counts.astype(np.float32))
    assert small.components_.dtype == np.float32


def test_permuting_documents_permutes_weights():
    data = make_anchored_counts(30, 40, 4, random_state=3)
    order = np.random.default_rng(0).permutation(30)
    one, two = (SimplexNMF(4, init="spa", random_state=0) for _ in range(2))
    W = one.fit_transform(data.counts)
    np.testing.assert_allclose(two.fit_transform(data.counts[order]), W[order], atol=1e-8)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations:sklearn.exceptions.ConvergenceWarning")
def test_never_worse_than_the_papers_factoriser():
    """scikit-learn's NMF from one random start, rescaled, is what Roberts et al. (2022) run."""
    for d, m, k, length in [(10, 30, 5, 500), (10, 30, 10, 2000), (20, 100, 10, 500), (100, 100, 10, 500)]:
        ours, theirs = [], []
        for seed in range(3):
            data = make_anchored_counts(d, m, k, length=length, random_state=seed)
            ours.append(l1(data, SimplexNMF(k, random_state=seed).fit(data.counts)))
            plain = SklearnNMF(k, init="random", random_state=seed, max_iter=1000)
            T = plain.fit_transform(data.counts / length) * plain.components_.sum(axis=1)
            theirs.append(prior_l1_error(data.topic_weights.T, (T / T.sum(axis=1, keepdims=True)).T))
        assert np.mean(ours) <= np.mean(theirs)


# -- edges ---------------------------------------------------------------------------------------------------------


def test_degenerate_counts():
    X = make_anchored_counts(20, 30, 3, random_state=0).counts
    X[4], X[:, 7] = 0.0, 0.0
    for arguments in ({}, {"init": "anchor-words"}, {"solver": "hals", "tol": 1e-3}, {"solver": "minvol", "tol": 1e-3}):
        model = SimplexNMF(3, random_state=0, **arguments).fit(X)
        assert np.isfinite(model.components_).all()
        np.testing.assert_allclose(model.components_.sum(axis=1), 1.0, atol=1e-9)
    few = SimplexNMF(4, random_state=0).fit(X[:2])  # fewer documents than topics: random starts
    assert few.anchors_ is None


@pytest.mark.parametrize(
    ("arguments", "X", "message"),
    [
        ({"init": "spa"}, np.ones((2, 9)), "at least n_components documents"),
        ({"stopping": "held-out"}, np.full((9, 9), 0.5), "needs integers"),
        ({}, -np.ones((9, 9)), "Negative values"),
        ({"init": "magic"}, np.ones((9, 9)), "init"),
    ],
)
def test_misuse(arguments, X, message):
    with pytest.raises(ValueError, match=message):
        SimplexNMF(3, **arguments).fit(X)
