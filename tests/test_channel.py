"""Channel estimation: the model against loops, contracts of the estimator, uncertainty, files, command line."""

import pickle
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from pauca.bayes import OMP, SBL, DecomposedSBL, KroneckerOMP, KroneckerSBL
from pauca.channel import (
    ComplexToReal,
    IRSChannelEstimator,
    angle_grid,
    difference_dictionary,
    draw_patterns,
    load_street_canyon,
    nmse,
    projection_floor,
    read_tensors,
    simulate_irs_mimo,
    spectral_efficiency,
    support_recovery,
    symbol_error_rate,
    ula_response,
    ura_response,
    write_tensors,
)
from pauca.channel.__main__ import main

SMALL = {"n_bs": 8, "n_irs": 32, "n_ms": 4, "n_patterns": 16, "n_pilots": 4, "n_grid": 16}


def small(**changes):
    return simulate_irs_mimo(**{**SMALL, "random_state": 0, **changes})


def estimator(sim, **params):
    params = {"grids": 16, "refine": 0, "floor_target": None, "axes": sim.axes, **params}
    return IRSChannelEstimator(sim.patterns, sim.pilots, **params)


# ---------------------------------------------------------------- arrays and simulation


def test_array_responses():
    u = np.array([-1.0, 0.25, 0.9])
    a = ula_response(5, u)
    for k, v in enumerate(u):
        for d in range(5):
            assert a[d, k] == pytest.approx(np.exp(1j * np.pi * d * v) / np.sqrt(5))
    np.testing.assert_allclose(np.linalg.norm(a, axis=0), 1.0)
    pairs = np.array([[0.1, -0.4], [0.7, 0.3]])
    b = ura_response((3, 4), pairs)
    np.testing.assert_allclose(b[:, 1], np.kron(ula_response(3, 0.7)[:, 0], ula_response(4, 0.3)[:, 0]))
    # One point an antenna: an orthonormal basis.
    full = ula_response(6, angle_grid(6))
    np.testing.assert_allclose(full.conj().T @ full, np.eye(6), atol=1e-12)


@pytest.mark.parametrize("n", [6, 7])
def test_differences_of_directions_repeat(n):
    a = ula_response(12, angle_grid(n))
    pairs = (a[:, :, None] * a.conj()[:, None, :]).reshape(12, -1)
    d = difference_dictionary(12, angle_grid(n))
    matches = np.abs(d.conj().T @ pairs) * 12
    assert (np.isclose(matches, 1.0).sum(axis=0) == 1).all()  # every pair is one of n columns


def test_simulation_equals_the_model_by_loops():
    sim = small(direct_power=0.5, snr_db=np.inf, n_subcarriers=2)
    for l in range(2):  # noqa: E741
        for k in range(16):
            H = np.zeros((8, 4), complex)
            for b in range(8):
                for t in range(4):
                    H[b, t] = sim.direct[l, b, t] + sum(sim.patterns[r, k] * sim.cascade[l, b, r, t] for r in range(32))
            np.testing.assert_allclose((H @ sim.pilots).T, sim.received[k, :, :, l], atol=1e-9)
            np.testing.assert_allclose(sim.channel(sim.patterns)[l, k], H, atol=1e-9)
    noisy = simulate_irs_mimo(snr_db=10.0, n_patterns=64, random_state=3)
    noise = noisy.received - noisy.clean
    assert np.mean(np.abs(noise) ** 2) == pytest.approx(noisy.noise_variance, rel=0.05)
    assert np.mean(np.abs(noisy.clean) ** 2) / noisy.noise_variance == pytest.approx(10.0)
    np.testing.assert_array_equal(small().received, small().received)


@pytest.mark.parametrize("n_grid", [16, 17])
def test_on_grid_channels_are_sparse_in_the_dictionaries(n_grid):
    sim = small(snr_db=np.inf, n_grid=n_grid)
    model = estimator(sim, grids=n_grid, noise_variance=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(sim.received)
    rebuilt = np.einsum("ijk,ri,tj,bk->brt", sim.coef, *model.dictionaries_.values())
    # The paper's dictionary has columns of norm 1 / sqrt(n_irs), ours of norm one.
    np.testing.assert_allclose(rebuilt / np.sqrt(32), sim.cascade, atol=1e-9)
    assert projection_floor(sim.cascade, *model.dictionaries_.values()) < 1e-20
    assert support_recovery(sim.coef, model.coef_) > 0.5


# ---------------------------------------------------------------- the estimator


def test_estimate_reaches_unseen_patterns_and_beats_matching_pursuit():
    ours, greedy = [], []
    for seed in range(5):
        sim = small(random_state=seed, snr_db=15)
        unseen = draw_patterns(32, 20, seed + 100)
        for solver, figures in ((None, ours), (OMP(), greedy)):
            model = estimator(sim, solver=solver).fit(sim.received)
            figures.append(nmse(sim.channel(unseen), model.predict(unseen), axis=0))
    assert np.median(ours) < 0.02
    assert np.median(ours) < np.median(greedy)


def test_any_order_of_axes_gives_the_same_estimate():
    sim = small(n_subcarriers=3)
    model = estimator(sim).fit(sim.received)
    assert model.cascade_.shape == (3, 8, 32, 4)
    turned = clone(model).set_params(axes="subcarrier, bs, pilot, pattern").fit(sim.received.transpose(3, 2, 1, 0))
    np.testing.assert_array_equal(turned.cascade_, model.cascade_)
    one = small()
    a = estimator(one).fit(one.received)
    b = estimator(one, axes=None).fit(one.received.transpose(2, 0, 1))
    np.testing.assert_array_equal(a.cascade_, b.cascade_)


def test_subcarriers_share_directions():
    alone, together = [], []
    for seed in range(4):
        sim = small(n_subcarriers=8, snr_db=3, random_state=seed)
        model = estimator(sim).fit(sim.received)
        together.append(nmse(sim.cascade[0], model.cascade_[0]))
        single = estimator(sim, axes="pattern,pilot,bs").fit(sim.received[..., 0])
        alone.append(nmse(sim.cascade[0], single.cascade_))
    assert np.mean(together) < np.mean(alone)


def test_direct_path_known_eliminated_or_ignored():
    sim = small(direct_power=4.0, snr_db=25)
    unseen = draw_patterns(32, 20, 1)
    H = sim.channel(unseen)
    known = estimator(sim, direct=sim.direct).fit(sim.received)
    eliminated = estimator(sim, direct="eliminate").fit(sim.received)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ignored = estimator(sim).fit(sim.received)
    assert nmse(H, known.predict(unseen), axis=0) < 0.01
    assert nmse(H, eliminated.predict(unseen), axis=0) < 0.02
    assert nmse(sim.direct, eliminated.direct_) < 0.01
    assert nmse(H, ignored.predict(unseen), axis=0) > 0.2
    cascade_only = eliminated.predict(unseen, include_direct=False)
    np.testing.assert_allclose(cascade_only + eliminated.direct_, eliminated.predict(unseen))


def test_elimination_is_blind_to_the_direct_path():
    sim = small()
    rng = np.random.default_rng(0)
    other = rng.standard_normal((8, 4)) + 1j * rng.standard_normal((8, 4))
    added = sim.received + np.einsum("bt,tp->pb", other, sim.pilots)[None]
    a = estimator(sim, direct="eliminate").fit(sim.received)
    b = estimator(sim, direct="eliminate").fit(added)
    np.testing.assert_allclose(a.cascade_, b.cascade_, atol=1e-8 * np.abs(a.cascade_).max())
    np.testing.assert_allclose(b.direct_ - a.direct_, other, atol=1e-7)


def test_uncertainty_covers_unseen_patterns():
    inside, total = 0, 0
    for seed in range(15):
        sim = small(random_state=seed, snr_db=15, n_patterns=12)
        unseen = draw_patterns(32, 10, seed + 50)
        model = estimator(sim, noise_variance=sim.noise_variance).fit(sim.received)
        H, std = model.predict(unseen, return_std=True)
        inside += np.sum(np.abs(H - sim.channel(unseen)) ** 2 <= np.log(20) * std**2)
        total += H.size
    # 95 % regions of a complex normal; the plug-in hyperparameters cost a little coverage.
    assert 0.85 < inside / total < 1.0


def test_predictive_deviation_equals_that_of_samples():
    sim = small(snr_db=5)
    model = estimator(sim, solver=KroneckerSBL(prune=1e-2)).fit(sim.received)
    theta = draw_patterns(32, 2, 0)
    H, std = model.predict(theta, return_std=True)
    draws = model.solver_.sample(4000, random_state=0)[:, 0]
    d = list(model.dictionaries_.values())
    sampled = np.einsum("sijk,qi,tj,bk->sqbt", draws, theta.T @ d[0], d[1], d[2], optimize=True)
    np.testing.assert_allclose(np.sqrt(np.mean(np.abs(sampled - H) ** 2, axis=0)), std, rtol=0.08)
    np.testing.assert_allclose(model.predict(theta[:, 0]), H[0])


def test_separable_patterns_on_a_rectangular_surface():
    rng = np.random.default_rng(0)
    tx, ty = rng.choice([-1.0, 1.0], (4, 4)), rng.choice([-1.0, 1.0], (8, 6))
    tx, ty = tx + 0.5 * rng.standard_normal(tx.shape), ty + 0.5 * rng.standard_normal(ty.shape)
    x, y = ura_response((4, 8), [[0.5, -0.25]])[:, 0], ula_response(8, 0.25)[:, 0]
    cascade = np.einsum("b,r,t->brt", y, x, ula_response(4, 0.0)[:, 0])
    theta = np.kron(tx, ty)
    pilots = np.eye(4)
    Y = np.einsum("brt,rk,tp->kpb", cascade, theta, pilots) + 1e-4 * rng.standard_normal((24, 4, 8))
    shared = {"axes": "pattern,pilot,bs", "irs_array": (4, 8), "refine": 0}
    two = IRSChannelEstimator((tx, ty), pilots, separable_patterns=True, **shared).fit(Y)
    one = IRSChannelEstimator(theta, pilots, **shared).fit(Y)
    assert two.coef_.ndim == 4
    assert nmse(cascade, two.cascade_) < 1e-3
    assert nmse(cascade, one.cascade_) < 1e-3
    H, std = two.predict(draw_patterns(32, 3, 0), return_std=True)
    assert H.shape == std.shape == (3, 8, 4)
    assert (std >= 0).all()


def test_own_dictionaries_equal_the_built_in_ones():
    sim = small()
    model = estimator(sim).fit(sim.received)
    own = estimator(sim, dictionaries=dict(model.dictionaries_)).fit(sim.received)
    np.testing.assert_allclose(own.cascade_, model.cascade_, atol=1e-10)
    assert own.directions_ == {}


def test_refinement_finds_directions_off_the_grid():
    rng = np.random.default_rng(0)
    u, v, w = 0.137, -0.411, 0.283
    cascade = np.einsum("b,r,t->brt", ula_response(8, w)[:, 0], ula_response(32, u)[:, 0], ula_response(4, v)[:, 0].conj())  # fmt: skip # noqa: E501
    theta, pilots = draw_patterns(32, 12, 0), np.eye(4)
    clean = np.einsum("brt,rk,tp->kpb", cascade, theta, pilots)
    s2 = np.mean(np.abs(clean) ** 2) / 100
    Y = clean + np.sqrt(s2 / 2) * (rng.standard_normal(clean.shape) + 1j * rng.standard_normal(clean.shape))
    fits = {r: IRSChannelEstimator(theta, pilots, axes="pattern,pilot,bs", refine=r).fit(Y) for r in (0, 4)}
    assert nmse(cascade, fits[4].cascade_) < 0.3 * nmse(cascade, fits[0].cascade_)
    assert len(fits[4].refine_path_) == 5
    power = np.sum(np.abs(fits[4].coef_) ** 2, axis=(1, 2))
    assert abs(fits[4].directions_["irs"][np.argmax(power), 0] - u) < 0.01


def test_ray_traced_canyon_under_unseen_patterns():
    canyon = load_street_canyon()
    sim = simulate_irs_mimo(channels=(canyon.H1, canyon.H2), n_patterns=64, n_pilots=6, snr_db=20, random_state=0)
    unseen = draw_patterns(256, 50, 1)
    model = IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes, irs_array=canyon.irs_shape)
    model.fit(sim.received)
    assert nmse(sim.channel(unseen), model.predict(unseen), axis=0) < 0.05
    assert np.diff(model.refine_path_[:2])[0] < 0
    # The grid of the literature cannot represent it.
    with pytest.warns(UserWarning, match="93%"):
        coarse = IRSChannelEstimator(sim.patterns, sim.pilots, {"irs": 18}, axes=sim.axes, refine=0).fit(sim.received)
    assert coarse.projection_floor(sim.cascade) > 0.5
    assert nmse(sim.channel(unseen), coarse.predict(unseen), axis=0) > 0.5
    assert "28 GHz" in canyon.DESCR


@pytest.mark.parametrize("solver", [KroneckerSBL(method="svd"), KroneckerOMP(), DecomposedSBL(), OMP()])
def test_other_solvers_fit_in(solver):
    sim = small(snr_db=20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = estimator(sim, solver=solver).fit(sim.received)
    assert nmse(sim.channel(sim.patterns), model.predict(sim.patterns), axis=0) < 0.5
    if not isinstance(solver, KroneckerSBL):
        with pytest.raises(ValueError, match="has no posterior"):
            model.predict(sim.patterns, return_std=True)


# ---------------------------------------------------------------- contract


def test_contract():
    sim = small()
    model = estimator(sim)
    assert "IRSChannelEstimator(" in repr(model)
    params = model.get_params()
    assert clone(model).get_params().keys() == params.keys()
    with pytest.raises(NotFittedError):
        model.predict(sim.patterns)
    assert model.fit(sim.received) is model
    np.testing.assert_array_equal(params["patterns"], sim.patterns)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(sim.patterns), model.predict(sim.patterns))
    first = model.cascade_
    np.testing.assert_array_equal(model.fit(sim.received).cascade_, first)  # idempotent
    assert model.set_params(refine=1).refine == 1
    assert model.score(sim.patterns, sim.channel(sim.patterns)) > 10
    locked = sim.received.copy()
    locked.flags.writeable = False
    model.fit(locked)
    single = estimator(sim).fit(sim.received.astype(np.complex64))
    assert single.cascade_.dtype == np.complex64
    assert IRSChannelEstimator().get_params()["refine"] == "auto"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"patterns": None}, "both are needed"),
        ({"axes": "pattern,pilot"}, "expected one name an axis"),
        ({"axes": "pattern,pilot,base"}, "expected one name an axis"),
        ({"axes": "pilot,pattern,bs"}, "axis 'pilot' has 16"),
        ({"grids": {"relay": 3}}, "grids: got keys"),
        ({"grids": {"irs": np.zeros((3, 2))}}, "directions of shape"),
        ({"irs_array": (5, 5)}, "irs_array: got"),
        ({"direct": np.zeros((2, 2))}, "direct: got shape"),
        ({"dictionaries": {"bs": np.ones((3, 3))}}, "dictionaries\\['bs'\\]: got shape"),
        ({"solver": OMP(), "refine": 2}, "refine: needs KroneckerSBL"),
        ({"solver": SBL()}, "solver: got"),
        ({"separable_patterns": True}, "irs_array: separable_patterns"),
        ({"pilots": np.full((4, 4), np.nan)}, "pilots: got shape"),
        ({"refine": -1}, "refine"),
    ],
)
def test_misuse_names_the_argument(params, words):
    sim = small()
    model = estimator(sim).set_params(**params)
    with pytest.raises(ValueError, match=words):
        model.fit(sim.received)
    assert not hasattr(model, "cascade_")


@pytest.mark.parametrize("factor", [1e160, 1e300, 1e-160])
@pytest.mark.parametrize("name", ["Y", "patterns", "pilots", "direct"])
def test_numbers_whose_squares_overflow_or_vanish_are_named(name, factor):
    sim = simulate_irs_mimo(4, 8, 2, n_patterns=6, n_pilots=4, n_grid=8, random_state=0)
    given = {"Y": sim.received, "patterns": sim.patterns, "pilots": sim.pilots, "direct": np.ones((4, 2))}
    given[name] = given[name] * factor
    received = given.pop("Y")
    with pytest.raises(ValueError, match=f"^{name}: got numbers up to"):
        IRSChannelEstimator(**given, axes=sim.axes).fit(received)


def test_more_than_can_be_told_apart_is_refused():
    """Every round triples the directions; after some ten the new ones differ from the old by nothing that is seen."""
    sim = simulate_irs_mimo(4, 8, 2, n_patterns=6, n_pilots=3, n_grid=8, random_state=0)
    with pytest.raises(ValueError, match="'refine' parameter .* range"):
        IRSChannelEstimator(sim.patterns, sim.pilots, axes=sim.axes, refine=11).fit(sim.received)
    for grids in (10**9, 2**63, {"irs": 10**9}):
        with pytest.raises(ValueError, match="1000000 at most in all"):
            IRSChannelEstimator(sim.patterns, sim.pilots, grids, axes=sim.axes).fit(sim.received)


def test_ambiguous_axes_are_refused():
    sim = small(n_patterns=8)  # as many patterns as antennas
    with pytest.raises(ValueError, match="MATLAB"):
        estimator(sim, axes=None).fit(sim.received)
    with pytest.raises(ValueError, match="drop the whole"):
        estimator(sim).fit(np.where(np.arange(8) == 2, np.nan, sim.received))
    with pytest.raises(ValueError, match="theta: got shape"):
        estimator(sim).fit(sim.received).predict(np.ones(5))


# ---------------------------------------------------------------- metrics and transformer


def test_metrics():
    assert support_recovery([1, 0], [0, 1]) == 0.0
    assert support_recovery([0, 0], [0, 0]) == 1.0
    sim = small()
    H = sim.channel(sim.patterns)
    assert symbol_error_rate(H, H, 30.0, random_state=0) == 0.0
    assert symbol_error_rate(H, np.roll(H, 1, axis=1), -10.0, random_state=0) > 0.1
    best = spectral_efficiency(H, H, 10.0)
    s = np.linalg.svd(H, compute_uv=False)[:, 0]
    assert best == pytest.approx(np.mean(np.log2(1 + 10 * s**2)))
    assert spectral_efficiency(H, np.roll(H, 1, axis=1), 10.0) < best
    eye = np.eye(3)
    assert projection_floor(np.ones((3, 3, 3)), eye[:, :1], eye, eye) == pytest.approx(2 / 3)


def test_complex_to_real():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 3)) + 1j * rng.standard_normal((30, 3))
    transform = ComplexToReal().fit(X)
    np.testing.assert_array_equal(transform.inverse_transform(transform.transform(X)), X)
    assert transform.get_feature_names_out(["a", "b", "c"]).tolist()[2:4] == ["re(c)", "im(a)"]
    y = X.real[:, 0] - X.imag[:, 2]
    assert make_pipeline(ComplexToReal(), Ridge(1e-6)).fit(X, y).score(X, y) > 0.999
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(ComplexToReal(), expected_failed_checks={"check_complex_data": "made for complex data"})


# ---------------------------------------------------------------- files and command line


@pytest.mark.parametrize("suffix", [".npz", ".mat", ".csv"])
def test_files_keep_their_numbers(tmp_path, suffix):
    sim = small(n_patterns=2, n_pilots=2)
    path = tmp_path / f"block{suffix}"
    write_tensors(path, {"received": sim.received, "patterns": sim.patterns})
    back = read_tensors(path)
    np.testing.assert_array_equal(back["received"], sim.received)
    np.testing.assert_array_equal(back["patterns"], sim.patterns)
    with pytest.raises(ValueError, match=r"expected a \.npz"):
        read_tensors(tmp_path / "block.txt")


def test_version_73_files_are_turned_back(tmp_path, monkeypatch):
    """Such a file is HDF5 behind a header of 512 bytes; arrays are stored reversed, complex ones as records."""
    rng = np.random.default_rng(0)
    received = rng.standard_normal((2, 3, 4)) + 1j * rng.standard_normal((2, 3, 4))
    record = np.empty((4, 3, 2), [("real", float), ("imag", float)])
    record["real"], record["imag"] = received.T.real, received.T.imag
    path = tmp_path / "block.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["received"], file["patterns"] = record, np.arange(6.0).reshape(3, 2)
        file.create_group("#refs#")["inside"] = 1.0
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    found = read_tensors(path)
    assert set(found) == {"received", "patterns"}
    np.testing.assert_array_equal(found["received"], received)
    np.testing.assert_array_equal(found["patterns"], [[0, 2, 4], [1, 3, 5]])
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"pauca\[matlab\]"):
        read_tensors(path)


def run(capsys, *args):
    status = main([str(a) for a in args])
    return status, capsys.readouterr()


def test_command_line(tmp_path, capsys):
    shown = subprocess.run(
        [sys.executable, "-m", "pauca.channel", "--help"], capture_output=True, text=True, check=True
    )
    assert "estimate" in shown.stdout
    block, out = tmp_path / "block.mat", tmp_path / "out.npz"
    sizes = ["--bs", 8, "--irs", 32, "--ms", 4, "--patterns", 16, "--pilots", 4, "--grid", 16, "--random-state", 0]
    assert run(capsys, "simulate", block, *sizes)[0] == 0
    status, text = run(capsys, "estimate", block, out, "--axes", "pattern,pilot,bs", "--refine", 0, "--quiet")
    assert status == 0
    assert "unseen patterns" in text.out
    data, found = read_tensors(block), read_tensors(out)
    direct = IRSChannelEstimator(data["patterns"], data["pilots"], axes="pattern,pilot,bs", refine=0)
    np.testing.assert_allclose(found["cascade"], direct.fit(data["received"]).cascade_, atol=1e-10)
    many = {**data, "received": np.stack([data["received"]] * 2)}
    write_tensors(tmp_path / "many.npz", many)
    args = ["--axes", "pattern,pilot,bs", "--problem-axis", 0, "--refine", 0, "--eliminate-direct"]
    assert run(capsys, "estimate", tmp_path / "many.npz", out, *args)[0] == 0
    assert read_tensors(out)["direct"].shape == (2, 8, 4)
    savemat(tmp_path / "bad.mat", {"received": data["received"]})
    status, text = run(capsys, "estimate", tmp_path / "bad.mat", out)
    assert status == 2
    assert "lacks patterns, pilots" in text.err
    assert "p99" in run(capsys, "latency", "--problems", 4, "--quiet")[1].out
    with pytest.raises(SystemExit):  # before anything is computed
        run(capsys, "estimate", block, tmp_path / "out.txt")
    assert "expected a .npz, .mat or .csv file" in capsys.readouterr().err
    status, text = run(capsys, "estimate", block, out, "--grid", 4, "--axes", "pattern,pilot,bs")
    assert text.err.startswith("warning: The grid leaves")
    assert "sklearn" not in text.err
    assert run(capsys, "simulate", tmp_path / "x.npz", "--bs", 0)[1].err == (
        "error: n_bs: got 0, expected a whole number of at least 1\n"
    )
