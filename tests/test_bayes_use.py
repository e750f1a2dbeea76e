"""Sparse Bayesian learning in use: limits and misuse, draws and scores, batches and interrupts, the baselines."""

import pickle
import signal
import threading
import time
import warnings

import numpy as np
import pytest
from bayes_data import dense, kron_all, make, normal, quiet_fit
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pauca.bayes import (
    OMP,
    SBL,
    DecomposedSBL,
    KroneckerOMP,
    KroneckerSBL,
    nmse,
    nmse_scorer,
    oracle_least_squares,
)

# ---------------------------------------------------------------- limits and misuse


@pytest.mark.parametrize("method", ["mm", "am", "svd"])
def test_zero_data_give_zero(method):
    H, *_ = make()
    model = KroneckerSBL(factors=H, method=method).fit(np.zeros((4, 5, 6)))
    assert not model.coef_.any()
    assert not model.variance_.any()
    assert not model.sample(2, 0).any()
    assert not model.predict(np.ones((4, 5, 6))).any()


@pytest.mark.parametrize("method", ["mm", "am", "svd"])
def test_rank_deficient_and_zero_columns(method):
    H, _, Y, s2, _ = make()
    H[0][:, 1] = 0.0
    H[1][3] = H[1][2]  # two equal rows
    H[2][:, 0] = H[2][:, 1]
    model = quiet_fit(KroneckerSBL(factors=H, method=method, noise_variance=s2, prune=0.0, max_iter=10), Y)
    mean, _, cost, _ = dense(H, Y, model.gamma_, s2)
    np.testing.assert_allclose(model.coef_, mean, atol=1e-9)
    assert model.objective_path_[-1] == pytest.approx(cost, rel=1e-9)


def test_noise_free_data_are_recovered():
    H, x, Y, _, _ = make((8, 9, 7), (12, 10, 11), snr_db=300, seed=3)
    model = quiet_fit(KroneckerSBL(factors=H), Y)
    assert nmse(x, model.coef_) < 1e-10


@pytest.mark.parametrize(
    ("params", "Y", "words"),
    [
        ({}, np.ones((4, 5)), "X: got shape"),
        ({}, np.full((4, 5, 6), np.nan), "drop the whole slice"),
        ({"prune": (0.1, 0.1)}, np.ones((4, 5, 6)), "prune: got 2 numbers"),
        ({"coupling": (0.1, 0.1, 2.0)}, np.ones((4, 5, 6)), "coupling: got"),
        ({"coupling": 0.5, "method": "svd"}, np.ones((4, 5, 6)), "has no coupled update"),
        ({"noise_covariance": [np.eye(4)]}, np.ones((4, 5, 6)), "expected one a factor"),
        ({"noise_covariance": [np.eye(3), None, None]}, np.ones((4, 5, 6)), "expected \\(4, 4\\)"),
        ({"noise_variance": -1.0}, np.ones((4, 5, 6)), "noise_variance"),
        ({"factors": np.eye(4)}, np.ones(4), "expected a sequence of matrices"),
        ({"factors": [np.zeros((4, 2))]}, np.ones(4), "factor 0 is zero"),
    ],
)
def test_misuse_names_the_argument(params, Y, words):
    H, *_ = make()
    model = KroneckerSBL(**{"factors": H, **params})
    with pytest.raises(ValueError, match=words):
        model.fit(Y)
    assert not hasattr(model, "coef_")


def test_too_few_iterations_warn_with_the_figure():
    H, _, Y, _, _ = make()
    with pytest.warns(ConvergenceWarning, match="relative change of the hyperparameters is .*max_iter"):
        KroneckerSBL(factors=H, max_iter=2).fit(Y)


def test_dtypes_inputs_and_single_snapshots():
    H, _, Y, _, _ = make()
    full = KroneckerSBL(factors=H).fit(Y)
    single = KroneckerSBL(factors=H).fit(Y[0])
    np.testing.assert_array_equal(full.coef_[0], single.coef_)
    small = KroneckerSBL(factors=[h.astype(np.complex64) for h in H]).fit(Y.astype(np.complex64))
    assert small.coef_.dtype == np.complex64
    np.testing.assert_allclose(small.coef_, full.coef_, atol=1e-3)
    H, _, Y, _, _ = make(is_complex=False)
    real = KroneckerSBL(factors=[h.astype(np.float32) for h in H]).fit(Y.astype(np.float32))
    assert real.coef_.dtype == np.float32
    locked = [h.copy() for h in H]
    for h in (*locked, Y):
        h.flags.writeable = False
    before = Y.copy()
    KroneckerSBL(factors=locked).fit(Y)
    np.testing.assert_array_equal(before, Y)


def test_real_factors_with_complex_data():
    H, _, _, _, _ = make(is_complex=False)
    rng = np.random.default_rng(0)
    Y = normal(rng, 1, 4, 5, 6)
    model = quiet_fit(KroneckerSBL(factors=H, noise_variance=0.3, prune=0.0, max_iter=5), Y)
    mean, *_ = dense(H, Y, model.gamma_, 0.3)
    np.testing.assert_allclose(model.coef_, mean, atol=1e-10)
    mixed = [H[0] * (1 + 1j), *H[1:]]
    model = quiet_fit(KroneckerSBL(factors=mixed, noise_variance=0.3, prune=0.0, max_iter=5), Y.real)
    mean, *_ = dense(mixed, Y.real, model.gamma_, 0.3)
    np.testing.assert_allclose(model.coef_, mean, atol=1e-10)


# ---------------------------------------------------------------- posterior draws, prediction, scores


def test_samples_have_the_posterior_covariance():
    H, _, Y, s2, _ = make((3, 4), (4, 3), snr_db=5)
    model = quiet_fit(KroneckerSBL(factors=H, noise_variance=s2, prune=0.0, max_iter=5), Y)
    _, _, _, covariance = dense(H, Y, model.gamma_, s2)
    draws = model.sample(40_000, random_state=0).reshape(40_000, -1) - model.coef_.ravel()
    empirical = draws.T @ draws.conj() / len(draws)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)).real)
    assert (np.abs(empirical - covariance) / scale).max() < 0.03
    np.testing.assert_array_equal(model.sample(3, random_state=1), model.sample(3, random_state=1))


def test_leave_one_out_score_is_exact():
    H, _, Y, s2, _ = make((3, 4), (4, 5), snr_db=10)
    model = KroneckerSBL(factors=H, noise_variance=s2).fit(Y)
    K, g, y = kron_all(H), kron_all(model.gamma_), Y.ravel()
    predictions = np.empty_like(y)
    for j in range(len(y)):
        rest = np.arange(len(y)) != j
        sigma = s2 * np.eye(len(y) - 1) + (K[rest] * g) @ K[rest].conj().T
        predictions[j] = (K[j] * g) @ K[rest].conj().T @ np.linalg.solve(sigma, y[rest])
    assert model.score(Y) == pytest.approx(-10 * np.log10(nmse(y, predictions)), abs=1e-8)


def test_model_selection_over_snapshots():
    H, x, Y, _, _ = make(L=6, snr_db=10)
    pipeline = make_pipeline(FunctionTransformer(), KroneckerSBL(factors=H, max_iter=1000))
    search = GridSearchCV(pipeline, {"kroneckersbl__prune": [1e-3, 1e-1]}, cv=KFold(3), scoring=nmse_scorer)
    search.fit(Y, x)
    assert search.best_score_ > 10
    own = GridSearchCV(KroneckerSBL(factors=H, max_iter=1000), {"prune": [1e-3, 1e-2]}, cv=KFold(3)).fit(Y)
    assert np.isfinite(own.cv_results_["mean_test_score"]).all()
    model = search.best_estimator_[-1]
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(Y), model.predict(Y))
    assert "KroneckerSBL" in repr(clone(model))


def test_reconstruction_and_its_uncertainty_cover():
    inside = total = 0
    for seed in range(12):
        H, x, Y, s2, _ = make((6, 7), (9, 8), snr_db=15, seed=seed)
        model = KroneckerSBL(factors=H, noise_variance=s2).fit(Y)
        mean, std = model.reconstruct(return_std=True)
        clean = np.einsum("ai,bj,lij->lab", *H, x)
        # |error|^2 / variance is exponential for complex data: 95 % lie below log(20).
        inside += np.sum(np.abs(clean - mean) ** 2 <= np.log(20) * std**2)
        total += clean.size
    assert 0.88 < inside / total < 0.995


# ---------------------------------------------------------------- batches, threads, interrupts


def test_batch_equals_single_fits_whatever_the_threads():
    H, _, _, _, _ = make()
    Y = np.stack([make(seed=s)[2][0] for s in range(7)])
    model = KroneckerSBL(factors=H, max_iter=2000)
    one = clone(model).set_params(n_jobs=1).fit_batch(Y)
    many = clone(model).set_params(n_jobs=3).fit_batch(Y)
    np.testing.assert_array_equal(one.coef, many.coef)
    np.testing.assert_array_equal(one.noise_variance, many.noise_variance)
    for b in range(7):
        model.fit(Y[b])
        np.testing.assert_array_equal(one.coef[b], model.coef_)
        np.testing.assert_array_equal(one.gamma[1][b], model.gamma_[1])
    snapshots = model.fit_batch(np.stack([Y[:3], Y[3:6]]))
    assert snapshots.coef.shape == (2, 3, 6, 7, 5)
    with pytest.warns(ConvergenceWarning, match="7 of 7 problems"):
        hurried = KroneckerSBL(factors=H, max_iter=1).fit_batch(Y)
    assert np.isfinite(hurried.coef).all()
    with pytest.raises(ValueError, match="n_problems"):
        KroneckerSBL(factors=H).fit_batch(np.ones((4, 5)))
    with pytest.raises(ValueError, match="factors: got None"):
        KroneckerSBL().fit_batch(Y)


def interrupted(call):
    """CPU seconds from a Ctrl-C, a third of a second after the start, to the exception: other work does not count."""
    main = threading.main_thread().ident
    sent = []

    def interrupt():
        time.sleep(0.3)
        sent.append(time.process_time())
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        call()
    used = time.process_time() - sent[0]
    thread.join()
    return used


def test_interrupt_and_time_limit():
    rng = np.random.default_rng(0)
    H = [rng.standard_normal((20, 32)) for _ in range(3)]
    Y = rng.standard_normal((20, 20, 20))
    model = KroneckerSBL(factors=H, tol=0.0, prune=0.0, max_iter=10**7)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        clone(model).set_params(max_time=0.2).fit(Y)
    assert interrupted(lambda: model.fit(Y)) < 0.1
    assert not hasattr(model, "coef_")
    batch = clone(model).set_params(n_jobs=2)
    assert interrupted(lambda: batch.fit_batch(np.stack([Y] * 6))) < 0.2  # of two threads


def test_interrupt_of_a_million_unknowns():
    rng = np.random.default_rng(1)
    H = [rng.standard_normal((60, 100)) for _ in range(3)]
    Y = rng.standard_normal((60, 60, 60))
    model = KroneckerSBL(factors=H, tol=0.0, prune=0.0, max_iter=10**6)
    assert interrupted(lambda: model.fit(Y)) < 0.1


# ---------------------------------------------------------------- baselines


def test_matching_pursuits_find_the_support():
    H, x, Y, _, sets = make((8, 9, 7), (12, 10, 11), snr_db=40, seed=3)
    oracle = oracle_least_squares(H, Y, sets)
    kron = KroneckerOMP(factors=H, n_nonzero_coefs=(2, 2, 2)).fit(Y)
    np.testing.assert_allclose(kron.coef_, oracle, atol=1e-10)
    plain = OMP(factors=H, n_nonzero_coefs=8).fit(Y)
    np.testing.assert_allclose(plain.coef_, oracle, atol=1e-10)
    np.testing.assert_allclose(plain.predict(Y), oracle, atol=1e-10)
    np.testing.assert_allclose(oracle_least_squares(H, Y, x[0] != 0), oracle, atol=1e-10)
    reference, *_ = np.linalg.lstsq(kron_all(H)[:, (x[0] != 0).ravel()], Y.ravel(), rcond=None)
    np.testing.assert_allclose(oracle[0][x[0] != 0], reference, atol=1e-10)


def test_omp_equals_scikit_learn_on_real_data():
    from sklearn.linear_model import orthogonal_mp

    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 50))
    X /= np.linalg.norm(X, axis=0)
    y = X[:, :4] @ [3.0, -2.0, 1.0, 0.5] + 0.1 * rng.standard_normal(30)
    ours = OMP(n_nonzero_coefs=6, tol=0.0).fit(X, y)
    np.testing.assert_allclose(ours.coef_, orthogonal_mp(X, y, n_nonzero_coefs=6), atol=1e-10)


def test_decomposition_wins_on_rank_one_and_warns_otherwise():
    ratios = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        H = [normal(rng, m, n) for m, n in [(8, 12), (9, 10), (7, 11)]]
        parts = [np.zeros(n, complex) for n in (12, 10, 11)]
        for p in parts:
            p[[2, 5]] = np.exp(2j * np.pi * rng.uniform(size=2))
        x = np.einsum("i,j,k->ijk", *parts)
        clean = np.einsum("ai,bj,ck,ijk->abc", *H, x)
        Y = clean + np.sqrt(np.mean(np.abs(clean) ** 2) * 0.1) * normal(rng, *clean.shape)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            model = DecomposedSBL(factors=H, max_iter=3000).fit(Y)
        np.testing.assert_allclose(np.einsum("i,j,k->ijk", *model.coef_parts_), model.coef_)
        ratios.append(nmse(x, model.coef_) / nmse(x, oracle_least_squares(H, Y, [[2, 5]] * 3)))
    assert np.median(ratios) < 0.5  # the oracle knows the support, not that x is of rank one
    H, _, Y, _, _ = make((8, 9, 7), (12, 10, 11), snr_db=30)
    with pytest.warns(UserWarning, match="not of rank one"):
        quiet_fit(DecomposedSBL(factors=H), Y)
    with pytest.raises(ValueError, match="2 snapshots"):
        DecomposedSBL(factors=H).fit(np.concatenate([Y, Y]))


def test_nmse():
    assert nmse([[1, 0], [0, 2]], [[0, 0], [0, 2]], axis=0) == 0.5
    with pytest.raises(ValueError, match="is zero"):
        nmse([0.0], [1.0])
    with pytest.raises(ValueError, match="shape"):
        nmse([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("factor", "name"), [((1e160, 1.0), "X"), ((1.0, 1e-170), "y")])
def test_numbers_without_squares_are_named(factor, name):
    rng = np.random.default_rng(0)
    X, y = factor[0] * rng.standard_normal((12, 5)), factor[1] * rng.standard_normal(12)
    with pytest.raises(ValueError, match=rf"^{name}: got numbers up to .*rescale it"):
        SBL().fit(X, y)
