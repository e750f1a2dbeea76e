"""Concordance and Brier scores against their definitions."""

import time as clock

import numpy as np
import pytest
from oracles import SURVIVAL, make_survival

from pauca.metrics import brier_score_survival, concordance_index, integrated_brier_score_survival


def pairs(y, risk, w, strata):
    entry = y[:, 0] if y.shape[1] == 3 else np.full(len(y), -np.inf)
    time, event = y[:, -2], y[:, -1]
    good = total = 0.0
    for i in range(len(y)):
        for j in range(len(y)):
            later = time[j] > time[i] or (time[j] == time[i] and not event[j])
            if i != j and event[i] and later and entry[j] < time[i] and strata[i] == strata[j]:
                total += w[i] * w[j]
                good += w[i] * w[j] * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return good / total


@pytest.mark.parametrize("case", SURVIVAL)
def test_concordance_is_the_count_of_pairs(case):
    X, y, strata = make_survival(80, **SURVIVAL[case])
    rng = np.random.default_rng(0)
    risk, w = np.round(X[:, 0], 1), rng.integers(0, 3, len(y)).astype(float)
    labels = np.zeros(len(y)) if strata is None else strata
    expected = pairs(y, risk, w, labels)
    assert concordance_index(y, risk, sample_weight=w, strata=strata) == pytest.approx(expected, rel=1e-12)
    assert concordance_index(y, -risk, sample_weight=w, strata=strata) == pytest.approx(1 - expected, rel=1e-12)


def test_concordance_is_fast():
    rng = np.random.default_rng(0)
    y = np.column_stack([rng.exponential(size=200_000), rng.integers(0, 2, 200_000)])
    start = clock.process_time()
    assert concordance_index(y, rng.normal(size=200_000)) == pytest.approx(0.5, abs=0.01)
    assert clock.process_time() - start < 5.0


def test_brier_score_is_the_definition():
    _, y, _ = make_survival(60)
    _, train, _ = make_survival(90, seed=1)
    rng = np.random.default_rng(0)
    times = np.array([0.4, 0.8])
    survival = rng.random((60, 2))

    def censoring(t, before):
        g = 1.0
        for u in np.unique(train[:, 0]):
            if u < t or (u == t and not before):
                leaving = ((train[:, 0] == u) & (train[:, 1] == 0)).sum()
                g *= (
                    1 - leaving / ((train[:, 0] > u) | ((train[:, 0] == u) & (train[:, 1] == 0))).sum()
                    if leaving
                    else 1.0
                )
        return g

    for k, t in enumerate(times):
        total = 0.0
        for i in range(60):
            if y[i, 0] <= t and y[i, 1]:
                total += survival[i, k] ** 2 / censoring(y[i, 0], True)
            elif y[i, 0] > t:
                total += (1 - survival[i, k]) ** 2 / censoring(t, False)
        assert brier_score_survival(train, y, survival, times)[k] == pytest.approx(total / 60, rel=1e-12)
    half = np.full((60, 2), 0.5)
    middle = 0.5 * brier_score_survival(train, y, survival, times).sum()
    assert integrated_brier_score_survival(train, y, survival, times) == pytest.approx(middle)
    everyone = np.column_stack([y[:, 0], np.ones(60)])
    np.testing.assert_allclose(brier_score_survival(everyone, everyone, half, times), 0.25)
