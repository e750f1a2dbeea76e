"""Metadata routing through stability selection and the bootstrap, and clusters that stay together."""

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.pipeline import Pipeline

from pauca.inference import StabilitySelection, bootstrap_coefficients
from pauca.linear_model import SparseRegressor


def make_data(seed, n=150, p=20):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, X[:, 0] - X[:, 1] + rng.standard_normal(n), None


def test_stability_selection_routes_what_the_estimator_requests():
    X, y, _ = make_data(5, p=20)
    weights = np.random.default_rng(0).uniform(0.2, 2.0, len(y))
    options = {"n_pairs": 5, "random_state": 0}
    plain = StabilitySelection(**options).fit(X, y, sample_weight=weights).selection_frequencies_
    assert (plain != StabilitySelection(**options).fit(X, y).selection_frequencies_).any()
    with sklearn.config_context(enable_metadata_routing=True):
        default = StabilitySelection(**options).fit(X, y, sample_weight=weights)
        np.testing.assert_array_equal(default.selection_frequencies_, plain)
        asked = SparseRegressor().set_fit_request(sample_weight=True)
        stable = StabilitySelection(asked, **options).fit(X, y, sample_weight=weights)
        np.testing.assert_array_equal(stable.selection_frequencies_, plain)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            StabilitySelection(SparseRegressor(), **options).fit(X, y, sample_weight=weights)
        refused = SparseRegressor().set_fit_request(sample_weight=False)
        with pytest.raises(TypeError, match="not routed to any object"):
            StabilitySelection(refused, **options).fit(X, y, sample_weight=weights)
        # from a pipeline through the selector to the estimator, groups to the selector
        groups = np.arange(len(y)) // 5
        pipe = Pipeline([("select", StabilitySelection(asked, **options)), ("fit", asked)])
        pipe.fit(X, y, sample_weight=weights, groups=groups)
    inner = StabilitySelection(**options).fit(X, y, sample_weight=weights, groups=groups)
    np.testing.assert_array_equal(pipe["select"].selection_frequencies_, inner.selection_frequencies_)


def test_groups_stay_on_one_side_of_every_pair():
    X, y, _ = make_data(6, p=12)
    groups = np.random.default_rng(1).integers(0, 30, len(y))
    seen = []

    class Recorder(SparseRegressor):
        def fit(self, X, y, sample_weight=None):
            seen.append(np.asarray(sample_weight).astype(int))
            return super().fit(X, y)

    rows = np.arange(len(y)) + 1.0  # the weight tells which row it is
    StabilitySelection(Recorder(), [0.2], n_pairs=4, random_state=0, n_selected=3).fit(
        X, y, sample_weight=rows, groups=groups
    )
    assert len(seen) == 8
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        sides = set(groups[first - 1]), set(groups[second - 1])
        assert not sides[0] & sides[1]
        assert len(sides[0]) == len(sides[1]) == 15
        for side, part in zip(sides, (first, second), strict=True):
            assert len(part) == np.isin(groups, list(side)).sum()
    with pytest.raises(ValueError, match="groups: contains NaN or None"):
        StabilitySelection(n_pairs=2).fit(X, y, groups=np.where(groups > 3, groups.astype(object), None))
    with pytest.raises(ValueError, match=r"threshold: 0\.75 is too close to 1/2 for 1 pairs"):
        StabilitySelection(n_pairs=1, threshold=0.75).fit(X, y)
    with pytest.raises(ValueError, match="groups: got shape"):
        StabilitySelection(n_pairs=2).fit(X, y, groups=[1, 2])
    with pytest.raises(ValueError, match="groups: got 2 clusters"):
        StabilitySelection(n_pairs=2).fit(X, y, groups=np.arange(len(y)) % 2)


def test_bootstrap_routes_what_the_estimator_requests():
    X, y, _ = make_data(7, p=6)
    weights = np.random.default_rng(0).uniform(0.2, 2.0, len(y))
    options = {"n_resamples": 5, "random_state": 0, "sample_weight": weights}
    plain = bootstrap_coefficients(SparseRegressor(alpha=0.05), X, y, **options)
    with sklearn.config_context(enable_metadata_routing=True):
        asked = SparseRegressor(alpha=0.05).set_fit_request(sample_weight=True)
        routed = bootstrap_coefficients(asked, X, y, **options)
        np.testing.assert_array_equal(routed.samples, plain.samples)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            bootstrap_coefficients(SparseRegressor(), X, y, **options)
