"""The mixed model as biostatisticians meet it: units of slopes, tables, intervals, labels, pictures."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from mixed_data import make
from scipy.stats import norm, t
from sklearn.metrics import r2_score

from pauca.mixed_model import StudentMixedRegressor as Regressor
from pauca.plotting import MixedModelDisplay

mpl.use("Agg")
EFFECTS = ["intercept", 0]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    return make(degrees=4.0, sizes=rng.geometric(0.25, size=80), seed=1)


@pytest.mark.parametrize("degrees", ["estimate", np.inf])
@pytest.mark.parametrize(("scale", "origin"), [(60.0, 0.0), (1 / 365, 2000.0), (1.0, 1e6)])
def test_units_and_origin_of_a_slope_do_not_matter(data, degrees, scale, origin):
    X, y, cluster, _ = data
    other = X.copy()
    other[:, 0] = origin + scale * X[:, 0]
    a, b = (Regressor(EFFECTS, degrees).fit(design, y, cluster=cluster) for design in (X, other))
    assert b.log_likelihood_ == pytest.approx(a.log_likelihood_, abs=1e-6)
    np.testing.assert_allclose(b.predict(other, cluster), a.predict(X, cluster), atol=1e-4)
    np.testing.assert_allclose(b.coef_[0] * scale, a.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(b.standard_errors_[0] * scale, a.standard_errors_[0], rtol=1e-5)
    np.testing.assert_allclose(b.covariance_[1, 1] * scale**2, a.covariance_[1, 1], rtol=1e-4)
    change = np.array([[1.0, origin], [0.0, scale]])
    np.testing.assert_allclose(change @ b.covariance_ @ change.T, a.covariance_, atol=1e-4 * max(1, origin / 1e4))


def dense(model, X, y, cluster, label):
    """Residual, Z and scale matrix of a cluster's rows."""
    rows = cluster == label
    Z = np.column_stack([np.ones(rows.sum()), X[rows, 0]])
    S = model.scale_ * np.eye(rows.sum()) + Z @ model.covariance_ @ Z.T
    return y[rows] - model.predict(X[rows]), Z, S


@pytest.mark.parametrize("degrees", [5.0, np.inf])
def test_intervals_and_distances_equal_dense_formulas(data, degrees):
    X, y, cluster, _ = data
    model = Regressor(EFFECTS, degrees).fit(X, y, cluster=cluster)
    new = np.array([[0.7, -1.0, 2.0]])
    z = np.array([1.0, 0.7])
    x = np.append(new[0], 1.0)
    of_mean = x @ model.fixed_effects_covariance_ @ x
    D = model.covariance_
    for i in (0, 3, int(np.argmax(model.cluster_sizes_))):
        r, Z, S = dense(model, X, y, cluster, model.clusters_[i])
        inverse = np.linalg.inv(S)
        n, d = r.size, r @ inverse @ r
        assert model.cluster_sizes_[i] == n
        assert model.cluster_distances_[i] == pytest.approx(d, rel=1e-8)
        left = D - D @ Z.T @ inverse @ Z @ D
        np.testing.assert_allclose(model.random_effects_covariance_[i], left, atol=1e-10)
        spread = model.scale_ + z @ left @ z
        quantile = norm.ppf(0.95)
        if np.isfinite(degrees):
            spread *= (degrees + d) / (degrees + n)
            quantile = t.ppf(0.95, degrees + n)
        low, high = model.predict_interval(new, [model.clusters_[i]], level=0.9)[0]
        assert (low + high) / 2 == pytest.approx(model.predict(new, [model.clusters_[i]])[0])
        assert (high - low) / 2 == pytest.approx(quantile * np.sqrt(spread + of_mean), rel=1e-8)
    low, high = model.predict_interval(new, level=0.9)[0]
    quantile = t.ppf(0.95, degrees) if np.isfinite(degrees) else norm.ppf(0.95)
    assert (high - low) / 2 == pytest.approx(quantile * np.sqrt(model.scale_ + z @ D @ z + of_mean), rel=1e-8)
    np.testing.assert_array_equal(model.predict_interval(new, [10**6], level=0.9)[0], [low, high])
    with pytest.raises(ValueError, match="level: got 95"):
        model.predict_interval(new, level=95)


@pytest.mark.parametrize("degrees", [5.0, np.inf])
def test_clusters_added_later_equal_those_of_the_fit(data, degrees):
    X, y, cluster, _ = data
    model = Regressor(EFFECTS, degrees).fit(X, y, cluster=cluster)
    later = np.isin(cluster, [3, 8, 20])
    grown = model.with_clusters(X[later], y[later], cluster[later] - 1000)
    assert grown.clusters_[:4].tolist() == [-997, -992, -980, 0]
    for name in ("random_effects_", "random_effects_covariance_", "cluster_distances_", "cluster_weights_"):
        np.testing.assert_allclose(getattr(grown, name)[:3], getattr(model, name)[[3, 8, 20]], rtol=1e-7, atol=1e-9)
        np.testing.assert_array_equal(getattr(grown, name)[3:], getattr(model, name))
    new = X[:3] + 1.0
    np.testing.assert_allclose(grown.predict(new, [-997] * 3), model.predict(new, [3] * 3))
    np.testing.assert_allclose(grown.predict_interval(new, [-992] * 3), model.predict_interval(new, [8] * 3))
    assert model.clusters_.size == grown.clusters_.size - 3
    with pytest.raises(ValueError, match="cluster: .*3.* is known already"):
        model.with_clusters(X[later], y[later], cluster[later])
    with pytest.raises(ValueError, match="cluster: expected labels"):
        model.with_clusters(X, y)


def test_intervals_cover_rows_of_seen_and_unseen_clusters():
    seen, unseen = [], []
    for seed in range(15):
        X, y, cluster, _ = make(45, 8, 2, degrees=5.0, seed=seed)
        train, new = (cluster < 40) & (np.arange(y.size) % 8 < 6), cluster >= 40
        same = (cluster < 40) & ~train
        model = Regressor(EFFECTS).fit(X[train], y[train], cluster=cluster[train])
        for rows, covered in ((same, seen), (new, unseen)):
            low, high = model.predict_interval(X[rows], cluster[rows]).T
            covered.append(np.mean((low <= y[rows]) & (y[rows] <= high)))
    assert np.mean(seen) == pytest.approx(0.95, abs=0.02)
    assert np.mean(unseen) == pytest.approx(0.95, abs=0.04)


def test_table_covariance_and_criteria(data):
    X, y, cluster, _ = data
    frame = pd.DataFrame(X, columns=["age", "dose", "sex"])
    model = Regressor(["intercept", "age"]).fit(frame, y, cluster=cluster)
    table = model.summary(level=0.9)
    assert table.index.tolist() == ["intercept", "age", "dose", "sex"]
    errors = np.append(model.standard_errors_, model.intercept_standard_error_)
    np.testing.assert_allclose(np.sqrt(np.diag(model.fixed_effects_covariance_)), errors, rtol=1e-12)
    dose = table.loc["dose"]
    z = model.coef_[1] / model.standard_errors_[1]
    assert dose["z"] == pytest.approx(z)
    assert dose["p_value"] == pytest.approx(2 * norm.sf(abs(z)))
    assert dose["upper"] - dose["lower"] == pytest.approx(2 * 1.6448536 * model.standard_errors_[1])
    shifted = Regressor(["intercept", "age"]).fit(frame.add([1.0, 5.0, -3.0]), y, cluster=cluster)
    at = np.array([1.0, 5.0, -3.0, 1.0])  # the intercept of the one is a contrast of the other
    variance = at @ shifted.fixed_effects_covariance_ @ at
    assert np.sqrt(variance) == pytest.approx(model.intercept_standard_error_, rel=1e-4)
    assert model.aic_ == pytest.approx(2 * (4 + 3 + 1 + 1) - 2 * model.log_likelihood_)
    assert model.bic_ - model.aic_ == pytest.approx(9 * (np.log(y.size) - 2))
    sparse = Regressor(penalty="l1").fit(frame, y, cluster=cluster)
    assert sparse.summary().loc["age"].isna().sum() == 5  # all but the estimate


def test_score_knows_clusters(data):
    X, y, cluster, _ = data
    model = Regressor(EFFECTS).fit(X, y, cluster=cluster)
    assert model.score(X, y, cluster=cluster) == pytest.approx(r2_score(y, model.predict(X, cluster)))
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
    assert model.score(X, y, cluster=cluster) > model.score(X, y)


def test_labels_of_another_type_or_none_are_refused(data):
    X, y, cluster, _ = data
    model = Regressor().fit(X, y, cluster=cluster)
    with pytest.raises(ValueError, match="cluster: the labels are text, those of fit were numbers"):
        model.predict(X[:2], cluster=["0", "1"])  # once taken to be new clusters
    for missing in (None, pd.NA, np.nan, pd.NaT):
        labels = np.array([f"s{c}" for c in cluster], dtype=object)
        labels[3] = missing
        with pytest.raises(ValueError, match="cluster: contains NaN or None"):
            Regressor().fit(X, y, cluster=labels)
    mixed = cluster.astype(object)
    mixed[0] = "a"
    with pytest.raises(ValueError, match="cluster: labels of different types"):
        Regressor().fit(X, y, cluster=mixed)


def test_known_correlation_has_a_table_and_no_intervals(data):
    X, y, cluster, _ = data
    model = Regressor().fit(X, y, cluster=cluster).fit(X, y, correlation=np.eye(y.size))
    assert model.summary().shape == (4, 6)
    assert model.cluster_distances_.size == 0
    with pytest.raises(ValueError, match="predict_interval: there is none"):
        model.predict_interval(X[:2])
    with pytest.raises(ValueError, match="expected a model with clusters"):
        MixedModelDisplay.from_estimator(model)


def test_display(data):
    X, y, cluster, _ = data
    off = y.copy()
    off[cluster == 7] += 100.0 * (-1.0) ** np.arange((cluster == 7).sum())
    model = Regressor(EFFECTS).fit(X, off, cluster=cluster)
    display = MixedModelDisplay.from_estimator(model, n_labels=1)
    assert [text.get_text() for text in display.ax_.texts] == ["7"]
    assert display.ax_.get_yscale() == "log"
    gaussian = MixedModelDisplay.from_estimator(Regressor(EFFECTS, np.inf).fit(X, off, cluster=cluster), n_labels=1)
    assert [text.get_text() for text in gaussian.ax_.texts] == ["7"]
    effects = display.plot(kind="effects", effect=1, n_labels=3)
    assert effects.ax_.get_xlabel() == "x0"
    assert len(effects.ax_.texts) == 3
    with pytest.raises(ValueError, match="kind: got 'residuals'"):
        display.plot(kind="residuals")
    with pytest.raises(ValueError, match="effect: got 2"):
        display.plot(kind="effects", effect=2)
    mpl.pyplot.close("all")
