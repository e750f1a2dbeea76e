"""Channel estimation as engineers meet it: dropped axes, an unknown direct channel, coherence blocks, time limits."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from pauca.channel import (
    IRSChannelEstimator,
    draw_patterns,
    nmse,
    projection_floor,
    simulate_irs_mimo,
    spectral_efficiency,
    symbol_error_rate,
    ula_response,
    ura_response,
)
from pauca.channel._direct import chance_of_common_part

SMALL = {"n_bs": 8, "n_irs": 32, "n_ms": 4, "n_patterns": 16, "n_pilots": 4, "n_grid": 16}


def small(**changes):
    return simulate_irs_mimo(**{**SMALL, "random_state": 0, **changes})


def estimator(sim, **params):
    return IRSChannelEstimator(sim.patterns, sim.pilots, **{"axes": sim.axes, **params})


def test_axes_of_one_entry_may_be_missing():
    sim = small(n_pilots=1)
    full = estimator(sim).fit(sim.received)
    dropped = np.asfortranarray(sim.received.transpose(2, 0, 1))[..., 0]  # as MATLAB stores (bs, pattern, pilot)
    for axes in ("bs,pattern,pilot", "bs,pattern", ["bs", "pattern"]):
        model = estimator(sim, axes=axes).fit(dropped)
        np.testing.assert_array_equal(model.cascade_, full.cascade_)
    with pytest.raises(ValueError, match="expected one name an axis"):
        estimator(sim, axes="bs,pattern,pilot").fit(dropped[0])


def test_a_direct_channel_taken_to_be_absent_is_noticed():
    with pytest.warns(UserWarning, match="direct: None takes .* 5.% of the received power"):
        sim = small(direct_power=1.0)
        estimator(sim).fit(sim.received)
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((40, 9)) @ np.diag(np.linspace(1, 3, 9)) + 0.5  # neither white nor of mean zero
    v = rng.standard_normal((2, 40, 20000))
    s = theta.T @ (v[0] + 1j * v[1])
    shares = 9 * np.abs(s.mean(axis=0)) ** 2 / (np.abs(s) ** 2).sum(axis=0)
    for k in range(5):
        share, chance = chance_of_common_part(s[:, k].reshape(1, 9, 1, 1), theta)
        assert share == pytest.approx(shares[k])
        assert chance == pytest.approx((shares > share).mean(), abs=0.015)
    assert chance_of_common_part(np.ones((1, 1, 2, 2)), theta[:, :1])[1] == 1.0  # one pattern tells nothing


def test_warm_start_follows_coherence_blocks():
    sim = small(n_patterns=20, on_grid=False, snr_db=25)
    rng = np.random.default_rng(0)
    scale = np.sqrt(sim.noise_variance / 2)

    def block(clean):
        return clean + scale * (rng.standard_normal(clean.shape) + 1j * rng.standard_normal(clean.shape))

    model = estimator(sim, warm_start=True).fit(block(sim.clean))
    cold, atoms = len(model.refine_path_), model.coef_.size
    unseen = draw_patterns(32, 20, 1)
    for _ in range(3):
        model.fit(block(1j * sim.clean))
        assert len(model.refine_path_) == 1 < cold
        assert model.coef_.size < atoms
        assert nmse(1j * sim.channel(unseen), model.predict(unseen)) < 0.03
    other = simulate_irs_mimo(
        n_bs=8, n_irs=32, n_ms=4, patterns=sim.patterns, pilots=sim.pilots, on_grid=False, snr_db=25, random_state=7
    )
    model.fit(other.received)  # other directions: the grid again
    assert len(model.refine_path_) == cold
    np.testing.assert_array_equal(model.cascade_, estimator(other).fit(other.received).cascade_)


def test_time_limit_of_all_rounds():
    sim = small(on_grid=False)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        model = estimator(sim, max_time=1e-9).fit(sim.received)
    assert model.solver_.n_iter_ <= 1
    assert len(model.refine_path_) == 1
    assert np.isfinite(model.cascade_).all()


def test_nothing_received_is_no_channel():
    sim = small()
    model = estimator(sim).fit(np.zeros_like(sim.received))
    H, std = model.predict(sim.patterns, return_std=True)
    assert not H.any()
    assert not std.any()
    with pytest.raises(ValueError, match="theta: contains NaN"):
        model.predict(np.full(32, np.nan))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_bs": 0}, "n_bs: got 0"),
        ({"n_irs": -2}, "n_irs: got -2"),
        ({"n_ms": 2.5}, "n_ms: got 2.5"),
        ({"n_subcarriers": 0}, "n_subcarriers: got 0"),
        ({"n_paths": 19}, "n_paths: got 19, expected at most the 18"),
        ({"snr_db": np.nan}, "snr_db: got nan"),
        ({"direct_power": -1.0}, "direct_power: got -1.0"),
        ({"channels": np.ones((4, 4))}, "channels: expected a pair"),
        ({"channels": (np.ones((4, 2)), np.ones((3, 5)))}, "channels: got shapes"),
        ({"patterns": np.full((256, 3), np.nan)}, "patterns: got shape"),
        ({"pilots": np.ones(6)}, "pilots: got shape"),
    ],
)
def test_simulation_names_the_argument(params, words):
    with pytest.raises(ValueError, match=words):
        simulate_irs_mimo(**params)


def test_directions_are_cosines_in_columns():
    sim = small()
    with pytest.raises(ValueError, match=r"grids\['irs'\]: expected directions as cosines"):
        estimator(sim, grids={"irs": np.linspace(-60, 60, 9)}).fit(sim.received)
    with pytest.raises(ValueError, match="u: got shape"):
        ura_response((4, 4), np.zeros((3, 4)))  # directions in columns were once read as rows
    with pytest.raises(ValueError, match="shape: got"):
        ura_response((4,), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="u: got shape"):
        ula_response(4, np.zeros((3, 2)))


def test_metrics_name_the_argument():
    H = np.random.default_rng(0).standard_normal((5, 4, 2))
    other = H.transpose(0, 2, 1)  # as many numbers: once read in another order
    for metric in (spectral_efficiency, symbol_error_rate):
        with pytest.raises(ValueError, match=r"estimate: got shape \(5, 2, 4\)"):
            metric(H, other, 10.0)
        with pytest.raises(ValueError, match="true: contains NaN"):
            metric(np.full((3, 2), np.nan), np.ones((3, 2)), 10.0)
        with pytest.raises(ValueError, match="true: got shape"):
            metric(np.ones(3), np.ones(3), 10.0)
    with pytest.raises(ValueError, match="order: got 1"):
        symbol_error_rate(H, H, 10.0, order=1)
    with pytest.raises(ValueError, match=r"irs: got shape \(7, 7\), expected \(8, n_atoms\)"):
        projection_floor(np.ones((4, 8, 2)), np.eye(7), np.eye(2), np.eye(4))
    with pytest.raises(ValueError, match="not all zero"):
        projection_floor(np.zeros((4, 8, 2)), np.eye(8), np.eye(2), np.eye(4))
