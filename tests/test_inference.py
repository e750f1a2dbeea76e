"""Stability selection, false discovery rates, de-biased lasso, bootstrap: formulas, and simulations of their claims."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import sparse
from scipy.stats import norm
from sklearn.linear_model import Lasso
from sklearn.svm import LinearSVC

from pauca import penalties as pen
from pauca.inference import DebiasedLasso, StabilitySelection, bootstrap_coefficients, local_fdr, mfdr
from pauca.inference._stability import bound_factor, first_entries
from pauca.linear_model import SparseClassifier, SparseCoxRegressor, SparseRegressor, path
from pauca.losses import Huber
from pauca.plotting import StabilityDisplay


def make_data(seed, n=150, p=60, *, correlation=0.0, size=1.0, active=5, kind="quadratic"):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1 - correlation**2) * X[:, j]
    w = np.zeros(p)
    w[: 3 * active : 3] = size
    eta = X @ w
    if kind == "logistic":
        return X, (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int), w
    if kind == "cox":
        return X, np.column_stack([rng.exponential(np.exp(-eta)), rng.random(n) < 0.8]), w
    return X, eta + rng.standard_normal(n), w


# --- stability selection ----------------------------------------------------------------------------------------


def test_error_bound_is_shah_and_samworths():
    assert bound_factor(0.9, 50, "none") == pytest.approx(1 / 0.8)
    assert bound_factor(0.7, 50, "unimodal") == pytest.approx(1 / (2 * (0.4 - 0.01)))
    assert bound_factor(0.9, 50, "unimodal") == pytest.approx(4 * (0.1 + 0.01) / 1.02)
    thresholds = np.linspace(0.6, 1, 20)
    sharp = [bound_factor(t, 50, "unimodal") for t in thresholds]
    assert all(a <= bound_factor(t, 50, "none") for a, t in zip(sharp, thresholds, strict=True))


def test_no_more_than_q_features_enter():
    mask = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 1], [1, 0, 0, 0]], bool)
    np.testing.assert_array_equal(first_entries(mask, 3).sum(axis=1), [0, 1, 2, 2, 2])
    np.testing.assert_array_equal(first_entries(mask, 4).sum(axis=1), [0, 1, 2, 4, 4])


def test_frequencies_are_those_of_the_halves():
    """The same halves, drawn and fitted here one strength at a time with scikit-learn's lasso."""
    X, y, _ = make_data(0, n=60, p=20)
    alphas = np.geomspace(1.0, 0.05, 12)
    stable = StabilitySelection(SparseRegressor(), alphas, n_pairs=4, n_selected=6, random_state=3).fit(X, y)
    peer = StabilitySelection(Lasso(tol=1e-10, max_iter=100_000), alphas, n_pairs=4, n_selected=6, random_state=3)
    np.testing.assert_array_equal(peer.fit(X, y).frequencies_, stable.frequencies_)
    rng = np.random.RandomState(3)
    expected = np.zeros(20)
    for _ in range(4):
        rows = rng.permutation(60)
        for half in (np.sort(rows[:30]), np.sort(rows[30:])):
            entered = set()
            for alpha in alphas:
                now = entered | set(np.flatnonzero(Lasso(alpha=alpha, tol=1e-10).fit(X[half], y[half]).coef_).tolist())
                if len(now) > 6:
                    break
                entered = now
            expected[list(entered)] += 1 / 8
    np.testing.assert_allclose(stable.selection_frequencies_, expected)
    assert (np.diff(stable.frequencies_, axis=0) >= 0).all()
    assert stable.error_bound_ == pytest.approx(bound_factor(0.75, 4, "unimodal") * expected.sum() ** 2 / 20)


@pytest.mark.parametrize("kind", ["quadratic", "logistic", "cox"])
def test_stable_features_are_the_true_ones(kind):
    X, y, w = make_data(1, n=240, p=120, kind=kind, size=1.2)
    estimator = {"quadratic": None, "logistic": SparseClassifier(), "cox": SparseCoxRegressor()}[kind]
    stable = StabilitySelection(estimator, n_pairs=15, random_state=0).fit(X, y)
    found = stable.get_support()
    assert found[w != 0].sum() >= 4
    assert found[w == 0].sum() == 0
    np.testing.assert_array_equal(stable.transform(X), X[:, found])
    again = StabilitySelection(estimator, n_pairs=15, random_state=0, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(again.selection_frequencies_, stable.selection_frequencies_)


def test_stability_of_other_estimators_and_rows():
    X, y, _ = make_data(2, kind="logistic", size=2.0, p=30)
    machine = LinearSVC(penalty="l1", dual=False, max_iter=20000)
    strengths = np.geomspace(0.003, 0.3, 8)
    stable = StabilitySelection(machine, strengths, param_name="C", n_pairs=5, n_selected=8, random_state=0).fit(X, y)
    true = stable.selection_frequencies_[:15:3]
    assert true.min() > 0.5 > np.delete(stable.selection_frequencies_, np.arange(0, 15, 3)).mean()
    _, times, _ = make_data(2, kind="cox", p=30)
    strata = np.arange(150) % 3
    cox = StabilitySelection(SparseCoxRegressor(), n_pairs=5, random_state=0).fit(
        sparse.csc_array(X), times, strata=strata
    )
    assert cox.n_features_in_ == 30
    with pytest.raises(ValueError, match="has no path of its own"):
        StabilitySelection(Lasso()).fit(X, y)
    with pytest.raises(ValueError, match="too small"):
        StabilitySelection(threshold=0.52, n_pairs=50, n_selected=29).fit(X, y)


def test_false_selections_stay_below_their_bound():
    """Pure noise: the mean number of selected features over data sets, with its standard error."""
    counts, bounds = [], []
    for seed in range(60):
        X, _, _ = make_data(seed, n=80, p=50, active=0)
        y = np.random.default_rng(1000 + seed).standard_normal(80)
        stable = StabilitySelection(
            alphas=20, eps=0.1, threshold=0.6, max_false_selections=2.0, n_pairs=10, random_state=seed
        ).fit(X, y)
        counts.append(stable.get_support().sum())
        bounds.append(stable.error_bound_)
    assert 0 < np.mean(counts) <= np.mean(bounds) <= 2.0 + 1e-9


def test_display_draws_what_was_found():
    X, y, _ = make_data(1, n=240, p=30)
    stable = StabilitySelection(n_pairs=10, n_selected=6, random_state=0).fit(X, y)
    display = StabilityDisplay.from_estimator(stable, max_labels=2)
    drawn = [line.get_ydata()[-1] for line in display.ax_.get_lines()[:-1]]
    assert len(drawn) == np.count_nonzero(stable.selection_frequencies_)
    assert len(display.ax_.get_legend().get_texts()) == 2
    plt.close(display.figure_)


# --- false discovery rates --------------------------------------------------------------------------------------


def test_mfdr_is_the_formula():
    """Breheny (2019): 2 p Phi(-sqrt(n) lambda / sigma) on standardised columns, over the number selected."""
    X, y, _ = make_data(0, n=100, p=20)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    for penalty in ("l1", "mcp"):
        found = path(X, y, penalty=penalty, alphas=30, eps=0.1, standardize=True)
        rates = mfdr(found, X, y)
        for k in (5, 15, 29):
            residual = y - found.intercepts_[k] - X @ found.coefs_[:, [k]].toarray()[:, 0]
            sigma = np.sqrt(residual @ residual / (100 - found.df_[k] - 1))
            expected = min(2 * 20 * norm.cdf(-np.sqrt(100) * found.alphas_[k] / sigma), found.df_[k])
            assert rates.expected_false[k] == pytest.approx(expected)
            assert rates.mfdr[k] == pytest.approx(expected / found.df_[k])
    model = SparseRegressor("quadratic", "mcp", alpha=found.alphas_[15]).fit(X, y)
    assert mfdr(model, X, y).expected_false[0] == pytest.approx(rates.expected_false[15], rel=1e-6)
    # The scale of columns does not matter where the fit standardises them.
    wide = path(X * 7.0 + 3.0, y, penalty="mcp", alphas=30, eps=0.1, standardize=True)
    np.testing.assert_allclose(mfdr(wide, X * 7.0 + 3.0, y).mfdr, rates.mfdr, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("kind", "alpha"), [("quadratic", 0.14), ("logistic", 0.055), ("cox", 0.075)])
def test_mfdr_predicts_false_discoveries(kind, alpha):
    """Independent features: the expected number against the mean number over data sets.

    Within 25 % for least squares; for the other losses, whose fits are shrunken, it may only be too large, and by no
    more than a factor of 2.
    """
    estimator = {"quadratic": SparseRegressor, "logistic": SparseClassifier, "cox": SparseCoxRegressor}[kind]
    expected, realised = [], []
    for seed in range(80):
        X, y, w = make_data(seed, n=200, p=60, active=4, kind=kind)
        model = estimator(alpha=alpha, tol=1e-6).fit(X, y)
        # The formula counts all 60 features as if they were null.
        expected.append(mfdr(model, X, y).expected_false[0] * 56 / 60)
        realised.append(np.count_nonzero(np.ravel(model.coef_)[w == 0]))
    assert np.mean(realised) > 0.5
    ratio = np.mean(expected) / np.mean(realised)
    assert 0.8 <= ratio <= (1.25 if kind == "quadratic" else 2.0)


@pytest.mark.parametrize("kind", ["quadratic", "logistic", "cox"])
def test_local_fdr(kind):
    X, y, w = make_data(3, n=300, p=150, kind=kind)
    model = {
        "quadratic": SparseRegressor("quadratic", "mcp"),
        "logistic": SparseClassifier(penalty="l1"),
        "cox": SparseCoxRegressor("mcp", "0.3max"),
    }[kind].fit(X, y)
    found = local_fdr(model, X, y)
    assert (found.fdr[w != 0] < 0.2).all()
    assert np.mean(found.fdr[w == 0] > 0.5) > 0.9
    assert 0.8 < found.z[w == 0].std() < 1.3
    # A permutation of the target leaves nothing to find.
    shuffled = np.random.default_rng(0).permutation(y)
    null = local_fdr(model.set_params(alpha="0.9max").fit(X, shuffled), X, shuffled)
    assert null.fdr.mean() > 0.85


def test_rates_are_refused_where_they_mean_nothing():
    X, y, _ = make_data(0)
    with pytest.raises(ValueError, match="no false discovery rates"):
        mfdr(SparseRegressor(loss=Huber()).fit(X, y), X, y)
    with pytest.raises(ValueError, match="no false discovery rates"):
        mfdr(path(X, y, penalty=pen.L0(), alphas=[0.1]), X, y)
    with pytest.raises(ValueError, match="needs a strength"):
        local_fdr(path(X, y), X, y)
    with pytest.raises(ValueError, match="got 59 features"):
        mfdr(path(X, y), X[:, :59], y)


# --- de-biased lasso --------------------------------------------------------------------------------------------


def test_debiased_estimate_is_its_formula():
    X, y, _ = make_data(0, n=60, p=80)
    initial = SparseRegressor(alpha="0.2max").fit(X, y)
    model = DebiasedLasso(estimator=SparseRegressor(alpha="0.2max"), features=[3, "x7"], node_alpha=0.1).fit(X, y)
    residual = y - initial.predict(X)
    sigma2 = residual @ residual / (60 - np.count_nonzero(initial.coef_) - 1)
    assert model.noise_variance_ == pytest.approx(sigma2)
    others = np.delete(np.arange(80), 3)
    scaled = (X[:, others] - X[:, others].mean(axis=0)) / X[:, others].std(axis=0)
    node = Lasso(alpha=0.1 * X[:, 3].std(), tol=1e-10, max_iter=100_000).fit(scaled, X[:, 3])
    z = X[:, 3] - node.predict(scaled)
    product = z @ (X[:, 3] - X[:, 3].mean())
    assert model.coef_[3] == pytest.approx(initial.coef_[3] + z @ residual / product, rel=1e-5)
    assert model.standard_errors_[3] == pytest.approx(np.sqrt(sigma2 * z @ z) / product, rel=1e-5)
    assert np.isnan(np.delete(model.coef_, [3, 7])).all()


def test_debiased_is_least_squares_with_few_features():
    X, y, _ = make_data(0, n=200, p=5, active=1)
    model = DebiasedLasso(node_alpha=1e-6, estimator=SparseRegressor(alpha=1e-8)).fit(X, y)
    A = np.column_stack([np.ones(200), X])
    solution, rss, *_ = np.linalg.lstsq(A, y, rcond=None)
    np.testing.assert_allclose(model.coef_, solution[1:], atol=1e-4)
    errors = np.sqrt(rss[0] / 194 * np.diag(np.linalg.inv(A.T @ A)))[1:]
    np.testing.assert_allclose(model.standard_errors_, errors, rtol=1e-3)
    np.testing.assert_allclose(model.p_values_, 2 * norm.sf(np.abs(model.coef_ / errors)), rtol=0.02, atol=1e-12)
    half = norm.ppf(0.95) * model.standard_errors_
    np.testing.assert_allclose(np.diff(model.confidence_intervals(0.9))[:, 0], 2 * half)


@pytest.mark.parametrize("kind", ["quadratic", "logistic"])
def test_debiased_intervals_cover(kind):
    """Nominal 95 %, more features than samples (quadratic): between 90 and 99 % for true effects and for zeros."""
    n, p = (100, 150) if kind == "quadratic" else (300, 100)
    wanted = [0, 3, 6, 1, 4, 7, p - 4, p - 3, p - 2, p - 1]
    hits = []
    for seed in range(60):
        size = 1.0 if kind == "quadratic" else 0.7
        X, y, w = make_data(seed, n=n, p=p, correlation=0.5, active=3, size=size, kind=kind)
        model = DebiasedLasso(kind, features=wanted).fit(X, y)
        low, high = model.confidence_intervals()[wanted].T
        hits.append((low <= w[wanted]) & (w[wanted] <= high))
    hits = np.array(hits)
    assert 0.90 <= hits[:, :3].mean() <= 0.995
    assert 0.92 <= hits[:, 3:].mean() <= 0.995
    # The lasso's own estimates are biased by far more than a standard error.
    assert np.mean(np.abs(model.coef_[:7:3] - size)) < np.mean(np.abs(model.initial_coef_[:7:3] - size))


def test_debiased_weights_sparse_data_and_threads():
    X, y, _ = make_data(0, n=60, p=15)
    w = np.random.default_rng(0).integers(0, 3, 60)
    one = DebiasedLasso().fit(X, y, sample_weight=w)
    many = DebiasedLasso(n_jobs=2).fit(np.repeat(X, w, axis=0), np.repeat(y, w))
    np.testing.assert_allclose(one.coef_, many.coef_, atol=1e-5)
    np.testing.assert_allclose(one.standard_errors_, many.standard_errors_, rtol=1e-4)
    thin = DebiasedLasso().fit(sparse.csr_array(X), y)
    np.testing.assert_allclose(thin.coef_, DebiasedLasso().fit(X, y).coef_, atol=1e-5)
    X[:, 4] = 1.0
    with pytest.warns(UserWarning, match="No estimate for 1 features, the first at position 4"):
        assert np.isnan(DebiasedLasso().fit(X, y).coef_[4])
    with pytest.raises(ValueError, match="classes"):
        DebiasedLasso("logistic").fit(X, np.arange(60) % 3)
    with pytest.raises(ValueError, match="features"):
        DebiasedLasso(features=[99]).fit(X, y)
    with pytest.raises(ValueError, match=r"features: got \[\], expected at least one"):
        DebiasedLasso(features=[]).fit(X, y)


# --- bootstrap --------------------------------------------------------------------------------------------------


def test_bootstrap_draws_rows_clusters_and_blocks():
    class Rows(SparseRegressor):
        def fit(self, X, y):
            self.coef_ = np.bincount(X[:, 0].astype(int), minlength=12).astype(float)
            return self

    X, y = np.arange(12.0)[:, None], np.zeros(12)
    plain = bootstrap_coefficients(Rows(), X, y, n_resamples=200, random_state=0).samples
    assert (plain.sum(axis=1) == 12).all()
    assert plain.mean() == pytest.approx(1.0)
    cluster = np.arange(12) % 4
    drawn = bootstrap_coefficients(Rows(), X, y, n_resamples=50, cluster=cluster, random_state=0).samples
    for k in range(4):
        members = drawn[:, cluster == k]
        assert (members == members[:, :1]).all()
    blocks = bootstrap_coefficients(Rows(), X, y, n_resamples=50, block_length=3, random_state=0).samples
    assert (blocks.sum(axis=1) == 12).all()
    starts = np.diff(np.column_stack([np.zeros(50), blocks]), axis=1)
    assert ((starts > 0).sum(axis=1) <= 4).all()  # at most four runs of consecutive rows


def test_bootstrap_intervals():
    X, y, w = make_data(0, n=200, p=4, active=1)
    found = bootstrap_coefficients(SparseRegressor(alpha=0.0), X, y, n_resamples=300, random_state=0, n_jobs=1)
    A = np.column_stack([np.ones(200), X])
    _, rss, *_ = np.linalg.lstsq(A, y, rcond=None)
    errors = np.sqrt(rss[0] / 195 * np.diag(np.linalg.inv(A.T @ A)))[1:]
    np.testing.assert_allclose(found.standard_errors, errors, rtol=0.2)
    percentile, basic = found.confidence_intervals(), found.confidence_intervals(method="basic")
    np.testing.assert_allclose(percentile.sum(axis=1) + basic.sum(axis=1), 4 * found.estimate)
    assert percentile[0, 0] < w[0] < percentile[0, 1]
    same = bootstrap_coefficients(SparseRegressor(alpha=0.0), X, y, n_resamples=300, random_state=0, n_jobs=2)
    np.testing.assert_array_equal(found.samples, same.samples)
    weighted = bootstrap_coefficients(
        SparseRegressor(alpha="0.3max"), X, y, n_resamples=20, random_state=0, sample_weight=np.arange(200.0)
    )
    assert (weighted.selection_frequencies[0] == 1.0).all()
    for bad in ({"n_resamples": 1}, {"block_length": 0}, {"cluster": [1]}, {"cluster": y, "block_length": 2}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            bootstrap_coefficients(SparseRegressor(), X, y, **bad)
    with pytest.raises(ValueError, match="method"):
        found.confidence_intervals(method="bca")


def test_clusters_widen_bootstrap_errors():
    """A feature and an error that are constant within clusters: rows alone understate the error by far."""
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(40), 10)
    X = rng.standard_normal((40, 1))[cluster]
    y = X[:, 0] + rng.standard_normal(40)[cluster] + 0.1 * rng.standard_normal(400)
    by_row = bootstrap_coefficients(SparseRegressor(alpha=0.0), X, y, n_resamples=200, random_state=0)
    clustered = bootstrap_coefficients(
        SparseRegressor(alpha=0.0), X, y, n_resamples=200, cluster=cluster, random_state=0
    )
    assert clustered.standard_errors[0] > 2 * by_row.standard_errors[0]
    x = X[:, 0] - X.mean()
    residual = y - np.polyval(np.polyfit(X[:, 0], y, 1), X[:, 0])
    sandwich = np.sqrt((np.bincount(cluster, x * residual) ** 2).sum()) / (x @ x)
    assert clustered.standard_errors[0] == pytest.approx(sandwich, rel=0.2)


# -- what the fit was given --------------------------------------------------------------------------------------------


def imbalanced():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 12))
    return X, (1.5 * X[:, 0] - 2.2 + rng.logistic(size=300) > 0).astype(int)


def test_stability_selection_weighs_classes():
    X, y = imbalanced()
    options = {"n_pairs": 8, "random_state": 0, "alphas": [0.1, 0.05, 0.02]}
    weight = {0: 0.3, 1: 2.0}
    by_class = StabilitySelection(SparseClassifier(class_weight=weight), **options).fit(X, y).frequencies_
    samples = np.where(y == 1, 2.0, 0.3)
    by_sample = StabilitySelection(SparseClassifier(), **options).fit(X, y, sample_weight=samples).frequencies_
    np.testing.assert_array_equal(by_class, by_sample)
    plain = StabilitySelection(SparseClassifier(), **options).fit(X, y).frequencies_
    assert not np.array_equal(by_class, plain)
    assert not np.array_equal(
        StabilitySelection(SparseClassifier(class_weight="balanced"), **options).fit(X, y).frequencies_, plain
    )
    with pytest.raises(ValueError, match="class_weight: .* leaves one class"):
        StabilitySelection(SparseClassifier(class_weight={0: 0, 1: 1}), **options).fit(X, y)


def test_stability_selection_of_several_classes():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 8))
    y = np.argmax(X[:, :3] + 0.3 * rng.standard_normal((150, 3)), axis=1)
    options = {"alphas": [0.1, 0.05], "n_pairs": 6, "n_selected": 4, "assumption": "none", "random_state": 0}
    stable = StabilitySelection(SparseClassifier(), **options).fit(X, y)
    assert stable.get_support(indices=True).tolist() == [0, 1, 2]


def test_strengths_are_sorted_with_their_frequencies():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 20))
    y = X[:, 0] - X[:, 1] + rng.standard_normal(100)
    options = {"n_selected": 8, "n_pairs": 6, "random_state": 0, "assumption": "none"}
    for estimator in (SparseRegressor(), Lasso()):
        expected = StabilitySelection(estimator, alphas=[0.8, 0.2, 0.05], **options).fit(X, y)
        for alphas in ([0.05, 0.2, 0.8], [0.8, 0.8, 0.2, 0.05]):
            found = StabilitySelection(estimator, alphas=alphas, **options).fit(X, y)
            assert found.alphas_.tolist() == [0.8, 0.2, 0.05]
            np.testing.assert_array_equal(found.frequencies_, expected.frequencies_)


def test_false_discoveries_of_fits_with_an_offset():
    rng = np.random.default_rng(0)
    X, offset = rng.standard_normal((200, 15)), 5 * rng.standard_normal(200)
    y = X[:, 0] + offset + rng.standard_normal(200)
    given = SparseRegressor(alpha=0.1).fit(X, y, offset=offset)
    plain = SparseRegressor(alpha=0.1).fit(X, y - offset)
    assert mfdr(given, X, y, offset=offset).mfdr[0] == pytest.approx(mfdr(plain, X, y - offset).mfdr[0], rel=1e-6)
    assert mfdr(given, X, y).mfdr[0] > 1.5 * mfdr(plain, X, y - offset).mfdr[0]
    local = local_fdr(given, X, y, offset=offset)
    np.testing.assert_allclose(local.z, local_fdr(plain, X, y - offset).z, rtol=1e-6)
    counts = path(X, y - offset, alphas=20)
    by_share = local_fdr(counts, X, y - offset, alpha="0.1max")
    np.testing.assert_array_equal(by_share.z, local_fdr(counts, X, y - offset, alpha=0.1 * counts.alpha_max_).z)
    with pytest.raises(ValueError, match="alpha: got 0, expected a strength > 0"):
        local_fdr(counts, X, y - offset, alpha=0)


def test_false_discoveries_weigh_classes():
    X, y = imbalanced()
    weights = np.where(y == 1, 1 / np.count_nonzero(y == 1), 1 / np.count_nonzero(y == 0))
    balanced = SparseClassifier(class_weight="balanced", alpha=0.05).fit(X, y)
    same = SparseClassifier(alpha=0.05).fit(X, y, sample_weight=weights)
    expected = mfdr(same, X, y, sample_weight=weights)
    assert mfdr(balanced, X, y).mfdr[0] == pytest.approx(expected.mfdr[0], rel=1e-6)
