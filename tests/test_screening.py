"""Screening criteria against closed forms, scikit-learn and plain numpy; invariances; independence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma, ndtri
from scipy.stats import rankdata
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score

from pauca.screening import mutual_information as score

INFORMATION = ("kde", "binning", "knn")
ALL = (*INFORMATION, "correlation", "distance_correlation")
PLAIN = {"bias_correction": False}


def gaussian_pair(n, r, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x[:, None], r * x + np.sqrt(1 - r**2) * rng.normal(size=n)


# --- closed forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [0.4, 0.6, 0.8, 0.95])
@pytest.mark.parametrize(
    ("criterion", "options"),
    [
        ("kde", {"bandwidth_factor": 0.6}),
        ("kde", {"bandwidth_factor": 0.6, "bandwidth": "scott", "grid_size": 128}),
        ("knn", {"n_neighbors": 5}),
        ("binning", {"bins": "quantile"}),
    ],
)
def test_bivariate_gaussian(criterion, options, r):
    if criterion == "kde" and r > 0.9:
        options = {**options, "bandwidth_factor": 0.3}  # near a line any smoothing costs information
    X, y = gaussian_pair(5000, r)
    exact = -0.5 * np.log(1 - np.corrcoef(X[:, 0], y)[0, 1] ** 2)
    assert score(X, y, criterion=criterion, **options)[0] == pytest.approx(exact, rel=0.1, abs=0.012)


def test_default_width_loses_what_the_notes_say():
    X, y = gaussian_pair(5000, 0.6, seed=3)
    exact = -0.5 * np.log(1 - 0.6**2)
    assert 0.8 * exact < score(X, y)[0] < 0.95 * exact


@pytest.mark.parametrize("criterion", INFORMATION)
def test_mixture_of_two_classes(criterion):
    """I(x; c) = H(x) - H(x | c) by quadrature, for two normals at +-1 with equal weights."""
    rng = np.random.default_rng(1)
    c = rng.integers(2, size=4000)
    x = rng.normal(size=4000) + 2.0 * c
    t = np.linspace(-8, 10, 20001)
    f = 0.5 * (np.exp(-0.5 * t**2) + np.exp(-0.5 * (t - 2) ** 2)) / np.sqrt(2 * np.pi)
    exact = np.sum(-f * np.log(f)) * (t[1] - t[0]) - 0.5 * np.log(2 * np.pi * np.e)
    assert score(x[:, None], c, criterion=criterion)[0] == pytest.approx(exact, rel=0.07)
    # the other way round: a discrete feature, a continuous target
    assert score(c[:, None], x, criterion=criterion)[0] == pytest.approx(exact, rel=0.07)


@pytest.mark.parametrize("criterion", INFORMATION)
def test_discrete_pairs_are_the_table(criterion):
    rng = np.random.default_rng(2)
    X = rng.integers(4, size=(300, 5))
    y = (X[:, 1] + rng.integers(3, size=300)) % 5
    found = score(X, y, criterion=criterion, **PLAIN)
    np.testing.assert_allclose(found, [mutual_info_score(x, y) for x in X.T], atol=1e-12)
    corrected = np.maximum(found - 3 * 4 / 600, 0)
    np.testing.assert_allclose(score(X, y, criterion=criterion), corrected, atol=1e-12)


def test_normalized_information():
    rng = np.random.default_rng(3)
    y = rng.integers(3, size=400)
    X = np.column_stack([y, rng.integers(3, size=400)])
    own = score(X, y, criterion="binning", normalize="entropy", **PLAIN)
    entropy = [mutual_info_score(x, x) for x in X.T]
    np.testing.assert_allclose(own[0], 1.0, atol=1e-12)
    np.testing.assert_allclose(own[1], mutual_info_score(X[:, 1], y) / np.sqrt(entropy[1] * entropy[0]), atol=1e-12)
    X, y = gaussian_pair(4000, 0.7)
    assert score(X, y, criterion="knn", normalize="linfoot")[0] == pytest.approx(0.7, abs=0.03)


# --- plain numpy versions ------------------------------------------------------------------------------------------


def naive_kde(x, y, grid, factor):
    """The grid estimate, value by value: Scott's widths, dense smoothing matrices."""

    def smooth(v):
        s = v.std()
        low, high = max(v.min(), v.mean() - 6 * s), min(v.max(), v.mean() + 6 * s)
        half = 2.2138 * s * v.size ** (-1 / 6) * factor
        radius = int(np.ceil(half / ((high - low + 2 * half) / (grid - 1))))
        step = (high - low) / (grid - 1 - 2 * radius)
        k = np.maximum(1 - (np.arange(-radius, radius + 1) * step / half) ** 2, 0)
        k[radius] = 1
        k /= k.sum()
        t = np.clip((v - low) / step, 0, grid - 1 - 2 * radius) + radius
        rows = np.zeros((v.size, grid))
        for i, ti in enumerate(t):
            c = min(int(ti), grid - 2 - radius)
            for cell, mass in ((c, 1 - (ti - c)), (c + 1, ti - c)):
                rows[i, cell - radius : cell + radius + 1] += mass * k
        return rows

    a, b = smooth(x), smooth(y)
    p = a.T @ b / x.size
    px, py = p.sum(1), p.sum(0)
    outer = np.outer(px, py)
    positive = p > 0
    information = np.sum(p[positive] * np.log(p[positive] / outer[positive]))

    def resolution(rows):
        first, second = rows.mean(0), (rows**2).mean(0)
        return np.sum(second[first > 0] / first[first > 0])

    return information, (resolution(a) - 1) * (resolution(b) - 1) / (2 * x.size)


@pytest.mark.parametrize(("grid", "factor"), [(64, 1.0), (32, 0.5), (128, 2.0), (16, 1.0)])
def test_kde_is_its_formula(grid, factor):
    X, y = gaussian_pair(400, 0.7, seed=5)
    information, bias = naive_kde(X[:, 0], y, grid, factor)
    options = {"bandwidth": "scott", "grid_size": grid, "bandwidth_factor": factor}
    np.testing.assert_allclose(score(X, y, **options, **PLAIN)[0], information, atol=2e-6)
    np.testing.assert_allclose(score(X, y, **options)[0], information - bias, atol=3e-6)


def test_every_bandwidth_rule_is_applied():
    """A reference implementation computes a width and smooths with another: here each rule moves the estimate."""
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.normal(-3, 0.3, 500), rng.normal(3, 0.3, 500)])
    y = x + rng.normal(size=1000)
    found = [score(x[:, None], y, bandwidth=rule, **PLAIN)[0] for rule in ("scott", "silverman", "isj")]
    wider = [score(x[:, None], y, bandwidth=rule, bandwidth_factor=1.5, **PLAIN)[0] for rule in ("scott", "isj")]
    assert found[2] > found[0] + 0.05  # two narrow humps: the plug-in width is far smaller
    assert wider[0] < found[0] - 0.01
    assert wider[1] < found[2] - 0.01
    heavy = np.sinh(1.5 * rng.normal(size=1000))
    target = heavy + 0.1 * rng.normal(size=1000)
    assert score(heavy[:, None], target)[0] > score(heavy[:, None], target, bandwidth="scott")[0] + 0.05


def test_improved_sheather_jones_matches_silverman_for_a_normal():
    X, y = gaussian_pair(3000, 0.6, seed=7)
    isj, silverman = (score(X, y, bandwidth=rule, **PLAIN)[0] for rule in ("isj", "silverman"))
    assert isj == pytest.approx(silverman, rel=0.05)


def test_birge_rozenholc_bins_are_the_best():
    rng = np.random.default_rng(8)
    x, y = rng.gamma(2.0, size=300), rng.integers(3, size=300)

    def cut(bins):
        return np.minimum(((x - x.min()) * (bins / (x.max() - x.min()))).astype(int), bins - 1)

    def penalized(bins):
        counts = np.bincount(cut(bins), minlength=bins)
        counts = counts[counts > 0]
        return np.sum(counts * np.log(counts * bins / x.size)) - (bins - 1 + np.log(bins) ** 2.5)

    best = max(range(2, int(300 / np.log(300)) + 1), key=penalized)
    expected = mutual_info_score(cut(best), y)
    np.testing.assert_allclose(score(x[:, None], y, criterion="binning", **PLAIN)[0], expected, atol=1e-12)


def test_quantile_bins():
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=240), rng.integers(2, size=240)
    codes = np.argsort(np.argsort(x)) // 30
    found = score(x[:, None], y, criterion="binning", bins=8, **PLAIN)[0]
    np.testing.assert_allclose(found, mutual_info_score(codes, y), atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_neighbours_equal_sklearn(k):
    rng = np.random.default_rng(10)
    X = rng.normal(size=(250, 6))
    y = X[:, 0] ** 2 + X[:, 1] + 0.3 * rng.normal(size=250)
    peer = mutual_info_regression(X, y, n_neighbors=k, random_state=0)
    np.testing.assert_allclose(score(X, y, criterion="knn", n_neighbors=k), peer, atol=1e-9)
    classes = (y > 0).astype(int) + (y > 1)
    peer = mutual_info_classif(X, classes, n_neighbors=k, random_state=0)
    np.testing.assert_allclose(score(X, classes, criterion="knn", n_neighbors=k), peer, atol=1e-9)
    peer = mutual_info_regression(classes[:, None], y, discrete_features=True, n_neighbors=k, random_state=0)
    np.testing.assert_allclose(score(classes[:, None], y, criterion="knn", n_neighbors=k), peer, atol=1e-9)


def test_neighbours_are_their_formula():
    rng = np.random.default_rng(11)
    x, y = rng.exponential(size=80), rng.normal(size=80)
    y += x
    a, b = x / x.std(), y / y.std()
    dx, dy = np.abs(a[:, None] - a), np.abs(b[:, None] - b)
    d = np.maximum(dx, dy)
    eps = np.sort(d + np.diag(np.full(80, np.inf)), axis=1)[:, 3]
    nx, ny = (dx < eps[:, None]).sum(1) - 1, (dy < eps[:, None]).sum(1) - 1
    exact = digamma(4) + digamma(80) - np.mean(digamma(nx + 1) + digamma(ny + 1))
    assert score(x[:, None], y, criterion="knn", n_neighbors=4)[0] == pytest.approx(max(exact, 0), abs=1e-10)


def naive_distance_correlation(x, y, unbiased, discrete=False):
    n = len(x)
    a = np.abs(x[:, None] - x)
    b = (y[:, None] != y).astype(float) if discrete else np.abs(y[:, None] - y)

    def center(m):
        if not unbiased:
            return m - m.mean(0) - m.mean(1)[:, None] + m.mean()
        u = m - m.sum(0) / (n - 2) - m.sum(1)[:, None] / (n - 2) + m.sum() / ((n - 1) * (n - 2))
        return u - np.diag(np.diag(u))

    A, B = center(a), center(b)
    ratio = np.sum(A * B) / np.sqrt(np.sum(A * A) * np.sum(B * B))
    return ratio if unbiased else np.sqrt(ratio)


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_distance_correlation_is_its_formula(unbiased, ties):
    rng = np.random.default_rng(12)
    X = rng.normal(size=(70, 4)) * [1, 1e-6, 1e6, 1] + [0, 5, -1e7, 1]
    if ties:
        X = np.round(X * [2, 2e6, 2e-6, 2])
    y = X[:, 0] ** 2 + 0.2 * rng.normal(size=70)
    y = np.round(y) if ties else y
    options = {"criterion": "distance_correlation", "bias_correction": unbiased}
    exact = [naive_distance_correlation(x, y, unbiased) for x in X.T]
    np.testing.assert_allclose(score(X, y, discrete_target=False, **options), exact, atol=1e-9)
    labels = rng.integers(3, size=70)
    exact = [naive_distance_correlation(x, labels, unbiased, discrete=True) for x in X.T]
    np.testing.assert_allclose(score(X, labels, **options), exact, atol=1e-9)


def test_correlation():
    rng = np.random.default_rng(13)
    X = rng.normal(size=(90, 5)) + np.array([0, 1e8, 0, 0, 0])
    y = X[:, 0] + rng.normal(size=90)
    exact = np.abs(np.corrcoef(X.T, y)[-1, :-1])
    np.testing.assert_allclose(score(X, y, criterion="correlation"), exact, atol=1e-7)
    labels = rng.integers(3, size=90)
    dummies = np.eye(3)[labels]
    centred = X - X.mean(0)
    fit = dummies @ np.linalg.lstsq(dummies, centred, rcond=None)[0]
    exact = np.sqrt((fit**2).sum(0) / (centred**2).sum(0))
    np.testing.assert_allclose(score(X, labels, criterion="correlation"), exact, atol=1e-7)


# --- independence --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ["kde", "binning", "knn", "distance_correlation"])
@pytest.mark.parametrize("kind", ["continuous", "features", "target"])
def test_bias_under_independence(criterion, kind):
    """The first-order correction takes the mean under independence close to zero (informations are clipped at 0)."""
    rng = np.random.default_rng(14)
    X = rng.integers(3, size=(500, 150)).astype(float) if kind == "features" else rng.normal(size=(500, 150))
    y = rng.integers(4, size=500) if kind == "target" else rng.normal(size=500)
    options = {"criterion": criterion, "bins": "quantile", "n_neighbors": 10}
    raw, corrected = score(X, y, **options, **PLAIN), score(X, y, **options)
    limit = {"kde": 0.0025, "binning": 0.009, "knn": 0.011, "distance_correlation": 0.002}[criterion]
    assert abs(corrected.mean()) < limit
    if criterion != "knn":
        assert raw.mean() > 1.5 * abs(corrected.mean())


def test_first_order_bias_of_the_kernel_estimate():
    """The mean over permutations, for strong smoothing, is the predicted (R_x - 1)(R_y - 1) / 2n."""
    rng = np.random.default_rng(15)
    X, y = rng.uniform(size=(400, 300)), rng.uniform(size=400)
    options = {"bandwidth_factor": 1.5, "bandwidth": "scott"}
    raw = score(X, y, **options, **PLAIN)
    predicted = np.mean([naive_kde(x, y, 64, 1.5)[1] for x in X.T[:20]])
    assert raw.mean() == pytest.approx(predicted, rel=0.12)


# --- invariances ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ALL)
def test_affine_invariance(criterion):
    rng = np.random.default_rng(16)
    X = rng.gamma(2.0, size=(200, 8))
    y = X[:, 0] - np.sin(X[:, 1]) + 0.3 * rng.normal(size=200)
    reference = score(X, y, criterion=criterion)
    scale, shift = rng.choice([1e-3, 0.5, 700.0], 8), rng.normal(size=8)
    np.testing.assert_allclose(score(X * scale + shift, 3 * y - 2, criterion=criterion), reference, atol=2e-5)
    if criterion != "binning":  # intervals are half open: a reflection moves values on an edge
        np.testing.assert_allclose(score(-X, -y, criterion=criterion), reference, atol=2e-5)


@pytest.mark.parametrize("criterion", ALL)
def test_monotone_invariance_with_ranks(criterion):
    rng = np.random.default_rng(17)
    X = rng.normal(size=(150, 5))
    y = X[:, 0] ** 3 + rng.normal(size=150)
    options = {"criterion": criterion, "rank_transform": True}
    reference = score(X, y, **options)
    np.testing.assert_allclose(score(np.exp(X), np.arctan(y), **options), reference, atol=1e-6)
    if criterion != "knn":  # scores of ranks lie at equal distances, and rounding breaks the ties
        normal = ndtri(rankdata(X, axis=0) / 151)
        plain = score(normal, ndtri(rankdata(y) / 151), criterion=criterion)
        np.testing.assert_allclose(reference, plain, atol=1e-6)


def test_quantile_bins_are_monotone_invariant():
    X, y = gaussian_pair(301, 0.5, seed=18)
    options = {"criterion": "binning", "bins": 7}
    assert score(X, y, **options)[0] == score(np.exp(X), y**3, **options)[0]


@pytest.mark.parametrize("criterion", ALL)
def test_order_of_rows_does_not_matter(criterion):
    rng = np.random.default_rng(19)
    X = rng.normal(size=(120, 4))
    y = X[:, 0] + rng.normal(size=120)
    order = rng.permutation(120)
    a, b = score(X, y, criterion=criterion), score(X[order], y[order], criterion=criterion)
    np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("criterion", ["knn", "distance_correlation", "correlation", "binning", "kde"])
def test_symmetry(criterion):
    X, y = gaussian_pair(200, 0.5, seed=20)
    options = {"criterion": criterion, "bandwidth": "scott"}
    a, b = score(X, y, **options)[0], score(y[:, None], X[:, 0], **options)[0]
    assert a == pytest.approx(b, abs=1e-5)


@given(
    st.integers(5, 60),
    st.integers(0, 2**31),
    st.sampled_from(ALL),
    st.sampled_from(["normal", "ties", "cauchy", "two"]),
    st.sampled_from(["normal", "ties", "labels"]),
    st.booleans(),
)
def test_scores_are_finite_and_bounded(n, seed, criterion, feature, target, correct):
    rng = np.random.default_rng(seed)
    draw = {
        "normal": lambda: rng.normal(size=(n, 3)),
        "ties": lambda: np.round(rng.normal(size=(n, 3))),
        "cauchy": lambda: rng.standard_cauchy(size=(n, 3)) * 1e6,
        "two": lambda: rng.integers(2, size=(n, 3)).astype(float),
    }
    X = draw[feature]()
    y = rng.integers(3, size=n) if target == "labels" else draw[target]()[:, 0]
    for discrete in ("auto", False):
        found = score(X, y, criterion=criterion, discrete_features=discrete, bias_correction=correct)
        assert np.isfinite(found).all()
        assert (found >= (-1 if criterion == "distance_correlation" and correct else 0)).all()
        if criterion in ("correlation", "distance_correlation"):
            assert (found <= 1).all()


@pytest.mark.parametrize("criterion", ALL)
def test_degenerate_columns(criterion):
    rng = np.random.default_rng(21)
    y = rng.normal(size=50)
    X = np.column_stack(
        [np.full(50, 3.7), 1e8 + 1e-9 * y, y, np.full(50, np.nan), np.r_[1.0, 2, 3, np.full(47, np.nan)]]
    )
    for discrete in ("auto", False):
        found = score(X, y, criterion=criterion, discrete_features=discrete)
        assert np.array_equal(np.delete(found, 2), np.zeros(4))
        assert found[2] > 0.2
    assert np.array_equal(score(X, np.ones(50), criterion=criterion), np.zeros(5))


@pytest.mark.parametrize("criterion", ALL)
def test_outliers_do_not_break_the_scores(criterion):
    X, y = gaussian_pair(300, 0.8, seed=22)
    X[0] = 1e12
    assert np.isfinite(score(X, y, criterion=criterion)[0])
    if criterion == "kde":  # the width follows the quartiles
        assert score(X, y, criterion="kde")[0] > 0.1
    assert score(X, y, criterion=criterion, rank_transform=True)[0] > 0.15
