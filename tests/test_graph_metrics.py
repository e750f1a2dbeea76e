"""Graph metrics and equivalence classes against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pauca import metrics
from pauca.dag import cpdag, is_dag, r2_sortability, varsortability
from pauca.datasets import make_linear_dag


def random_dag(rng, d, share=0.5):
    A = np.triu(rng.uniform(size=(d, d)) < share, k=1).astype(float)
    p = rng.permutation(d)
    return A[np.ix_(p, p)]


def v_structures(A):
    d = len(A)
    return {
        (min(i, k), j, max(i, k))
        for j in range(d)
        for i, k in itertools.combinations(np.flatnonzero(A[:, j]), 2)
        if not A[i, k] and not A[k, i]
    }


def brute_cpdag(A):
    """Union of all DAGs with the same skeleton and v-structures."""
    pairs = [(i, j) for i, j in itertools.combinations(range(len(A)), 2) if A[i, j] or A[j, i]]
    out = np.zeros(A.shape, dtype=int)
    for flips in itertools.product([False, True], repeat=len(pairs)):
        B = np.zeros_like(A)
        for (i, j), flip in zip(pairs, flips, strict=True):
            B[(j, i) if flip else (i, j)] = 1.0
        if is_dag(B) and v_structures(B) == v_structures(A):
            out |= (B != 0).astype(int)
    return out


@pytest.mark.parametrize("seed", range(25))
def test_cpdag_is_the_union_of_the_class(seed):
    rng = np.random.RandomState(seed)
    A = random_dag(rng, rng.randint(1, 6), rng.choice([0.4, 0.7]))
    assert np.array_equal(cpdag(A), brute_cpdag(A))


@pytest.mark.parametrize("seed", range(25))
def test_sid_counts_wrong_regression_effects(seed):
    """In a generic linear model, adjusting for Z is valid iff the population regression gives the total effect."""
    rng = np.random.RandomState(seed)
    d = rng.randint(2, 7)
    true, estimate = random_dag(rng, d), random_dag(rng, d)
    W = true * rng.uniform(0.5, 1.5, (d, d)) * rng.choice([-1, 1], (d, d))
    T = np.linalg.inv(np.eye(d) - W)
    S = T.T @ np.diag(rng.uniform(0.5, 2.0, d)) @ T
    wrong = 0
    for i, j in itertools.permutations(range(d), 2):
        parents = np.flatnonzero(estimate[:, i]).tolist()
        if j in parents:
            effect = 0.0
        else:
            z = [i, *parents]
            effect = np.linalg.solve(S[np.ix_(z, z)], S[z, j])[0]
        wrong += abs(effect - T[i, j]) > 1e-8
    assert metrics.structural_intervention_distance(true, estimate) == wrong


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_distance_properties(seed):
    rng = np.random.RandomState(seed)
    d = rng.randint(2, 8)
    A, B, C = (random_dag(rng, d) for _ in range(3))
    shd = metrics.structural_hamming_distance
    by_pairs = sum((A[i, j], A[j, i]) != (B[i, j], B[j, i]) for i, j in itertools.combinations(range(d), 2))
    assert shd(A, B) == shd(B, A) == by_pairs
    assert shd(A, C) <= shd(A, B) + shd(B, C)
    assert shd(A, A) == metrics.shd_cpdag(A, A) == metrics.structural_intervention_distance(A, A) == 0
    p = rng.permutation(d)
    assert shd(A[np.ix_(p, p)], B[np.ix_(p, p)]) == shd(A, B)
    assert metrics.structural_intervention_distance(A[np.ix_(p, p)], B[np.ix_(p, p)]) == (
        metrics.structural_intervention_distance(A, B)
    )
    s = metrics.edge_scores(A, B)
    hits = ((A != 0) & (B != 0)).sum()
    assert s.true_positive_rate == pytest.approx(hits / max(A.sum(), 1))
    assert s.false_discovery_rate == pytest.approx((B.sum() - hits) / max(B.sum(), 1))


def test_normalisation_weights_and_refusals():
    A = np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0.0]])
    B = np.zeros((3, 3))
    assert metrics.structural_hamming_distance(A, B, normalize="nodes") == pytest.approx(2 / 3)
    assert metrics.structural_hamming_distance(A, B, normalize="edges") == 1.0
    assert metrics.structural_hamming_distance(A, B, normalize="pairs") == pytest.approx(2 / 3)
    assert metrics.weight_error(A, 1.1 * A) == pytest.approx(0.1)
    assert metrics.noise_variance_error([1.0, 2.0], [1.0, 2.0]) == 0.0
    cycle = np.array([[0, 1], [1, 0]])
    with pytest.raises(ValueError, match=r"estimate.*cycle"):
        metrics.structural_hamming_distance(np.zeros((2, 2)), cycle)
    assert metrics.structural_hamming_distance(np.zeros((2, 2)), cycle, allow_cycles=True) == 1.0
    with pytest.raises(ValueError, match="self-loops"):
        metrics.edge_scores(np.eye(2), np.zeros((2, 2)), allow_cycles=True)


def test_sortability_limits():
    data = make_linear_dag(2000, 15, degree=2, random_state=0)
    assert varsortability(data.X, data.adjacency) > 0.9
    standard = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    assert varsortability(standard, data.adjacency) == pytest.approx(0.5, abs=1e-9)
    assert r2_sortability(standard, data.adjacency) == pytest.approx(r2_sortability(data.X, data.adjacency), abs=1e-9)
    chain = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0.0]])
    X = np.random.RandomState(0).standard_normal((500, 3)) * [1.0, 3.0, 2.0]
    # Paths 0-1 (up), 1-2 (down), 0-2 (up)
    assert varsortability(X, chain) == pytest.approx(2 / 3)
