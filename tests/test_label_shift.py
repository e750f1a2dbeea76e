"""Latent label shift: exact cases, Bayes' rule, honesty of the folds, and the failures it must report."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca.datasets import make_latent_label_shift, shift_labels
from pauca.decomposition import SimplexNMF
from pauca.label_shift import LabelShiftWarning, LatentLabelShift, adjust_to_prior, bbse, mlls
from pauca.label_shift._discriminate import Calibration, cross_fit, folds, repeated_rows
from pauca.label_shift._steps import emissions
from pauca.metrics import match_classes, matched_accuracy, prior_l1_error


@pytest.fixture(scope="module")
def gaussian():
    data = make_latent_label_shift(3000, 3, 6, kind="gaussian", random_state=0)
    model = LatentLabelShift(3, random_state=0).fit(data.X, data.domain)
    return data, model


# -- the method ----------------------------------------------------------------------------------------------------


def test_exact_posteriors_of_the_domain_give_exact_classes():
    """With p(domain | x) known and anchors present, priors and posteriors come out as Bayes' rule has them."""
    rng = np.random.default_rng(0)
    T = 0.1 + 0.7 * rng.dirichlet(np.full(3, 0.4), size=5).T  # classes x domains
    A = np.array([[0.5, 0, 0], [0, 0.4, 0], [0, 0, 0.6], [0.3, 0.3, 0.1], [0.2, 0.3, 0.3]])  # cells x classes
    q = np.array([0.1, 0.3, 0.2, 0.25, 0.15])
    n = 200_000
    table = np.rint(n * A @ T * q).astype(int)  # cells x domains, nearly exact counts
    cell, domain = (np.repeat(i.ravel(), table.ravel()) for i in np.indices(table.shape))
    joint = A @ T * q
    f = (joint / joint.sum(axis=1, keepdims=True))[cell]
    model = LatentLabelShift(3, discriminator="precomputed", n_clusters=5, calibrate=False, random_state=0).fit(
        f, domain
    )
    assert prior_l1_error(T, model.class_prior_) < 0.01
    order = np.argsort(-(T @ q))  # classes are sorted by share
    share = (T @ q)[order]
    pooled = A[:, order] * share / (A[:, order] * share).sum(axis=1, keepdims=True)
    cells = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(cells), pooled, atol=0.02)
    for d in range(5):  # p(y | x, d) is proportional to p(x | y) p(y | d)
        bayes = A[:, order] * T[order, d]
        bayes /= bayes.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(model.predict_proba(cells, d), bayes, atol=0.03)
        r = T[order, d]
        np.testing.assert_allclose(model.predict_proba(cells, prior=r), bayes, atol=0.03)
    np.testing.assert_allclose(model.domain_given_class_.sum(axis=0), 1.0)
    np.testing.assert_allclose(model.cluster_given_class_.sum(axis=0), 1.0)


def test_adjustments_agree_on_exact_mixtures():
    rng = np.random.default_rng(1)
    V, H = rng.dirichlet(np.ones(7), size=4).T, rng.dirichlet(np.ones(4), size=50)
    model = LatentLabelShift(4)
    model.domain_given_class_ = V
    for adjust in ("kl", "simplex"):
        model.adjust = adjust
        np.testing.assert_allclose(model._class_posteriors(H @ V.T, None), H, atol=5e-3 if adjust == "kl" else 1e-9)


def test_scattered_blobs_mislead_distances_but_not_domains():
    from sklearn.cluster import KMeans

    data = make_latent_label_shift(4000, 4, 8, kind="blobs", random_state=0)
    forest = RandomForestClassifier(60, min_samples_leaf=3, random_state=0)
    model = LatentLabelShift(4, discriminator=forest, random_state=0).fit(data.X, data.domain)
    means = KMeans(4, n_init=5, random_state=0).fit_predict(data.X)
    assert matched_accuracy(data.y, model.labels_) > 0.95
    assert matched_accuracy(data.y, means) < 0.7
    assert prior_l1_error(data.class_prior, model.class_prior_) < 0.1


def test_near_bayes_on_gaussians(gaussian):
    data, model = gaussian
    bayes = (data.log_density + np.log(data.class_prior.T[data.domain] + 1e-300)).argmax(axis=1)
    assert matched_accuracy(data.y, model.labels_) > matched_accuracy(data.y, bayes) - 0.06
    assert prior_l1_error(data.class_prior, model.class_prior_) < 0.12


def test_digits():
    X, y = load_digits(return_X_y=True)
    shift = shift_labels(y, 10, 2000, max_condition=4.0, replace=True, random_state=0)
    model = LatentLabelShift(10, random_state=0).fit(X[shift.index], shift.domain)
    assert matched_accuracy(y[shift.index], model.labels_) > 0.93
    assert prior_l1_error(shift.class_prior, model.class_prior_) < 0.2


def test_categorical_inputs_skip_the_discriminator():
    rng = np.random.default_rng(0)
    T = rng.dirichlet(np.full(2, 0.5), size=4).T
    A = np.array([[0.6, 0.0], [0.0, 0.5], [0.4, 0.5]])
    domain = np.repeat(np.arange(4), 2000)
    y = np.array([rng.choice(2, p=T[:, d]) for d in domain])
    X = np.array([rng.choice(3, p=A[:, k]) for k in y])[:, None] + 10.0
    model = LatentLabelShift(2, discretizer="categorical", random_state=0).fit(X, domain)
    assert prior_l1_error(T, model.class_prior_) < 0.08
    assert model.predict([[10.0]])[0] != model.predict([[11.0]])[0]
    np.testing.assert_allclose(model.predict_proba([[99.0]])[0], model.class_share_)  # never seen
    np.testing.assert_allclose(model.transform([[99.0]])[0], model.domain_share_)


# -- honesty of the folds ------------------------------------------------------------------------------------------


class Memory(ClassifierMixin, BaseEstimator):
    """Knows the domain of every point it has seen, and nothing of others."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = {x.tobytes(): c for x, c in zip(X, y, strict=True)}
        return self

    def predict_proba(self, X):
        out = np.full((len(X), len(self.classes_)), 1.0 / len(self.classes_))
        for i, x in enumerate(X):
            if x.tobytes() in self.seen_:
                out[i] = self.classes_ == self.seen_[x.tobytes()]
        return out


def test_cross_fitting_is_out_of_fold():
    rng = np.random.RandomState(0)
    X, codes = rng.randn(100, 2), np.arange(100) % 4
    np.testing.assert_array_equal(cross_fit(Memory(), X, codes, 4, 5, rng), 0.25)
    # Copies of a row share a fold, whatever their domain.
    twice = np.repeat(X, 2, axis=0)
    np.testing.assert_array_equal(cross_fit(Memory(), twice, np.arange(200) % 4, 4, 5, rng), 0.25)
    assert repeated_rows(X) is None
    for train, test in folds(twice, np.arange(200) % 4, 5, rng):
        assert not set(map(bytes, twice[train])) & set(map(bytes, twice[test]))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array, sparse.csc_array])
def test_repeated_rows_have_the_same_numbers_in_every_process(kind):
    """In order of appearance: the folds of one random_state, and the fit, depend on them."""
    X = np.array([[3.0, 0.0], [1.0, 2.0], [3.0, 0.0], [0.0, 3.0], [1.0, 2.0], [0.0, 0.0]])
    np.testing.assert_array_equal(repeated_rows(kind(X)), [0, 1, 0, 2, 1, 3])


def test_priors_are_averages_over_clusterings(gaussian):
    """Three seeds of k-means, classes aligned; the emissions are fitted to the average on the first."""
    data, model = gaussian
    assert (np.diff(model.class_share_) <= 0).all()
    np.testing.assert_allclose(model.class_prior_.sum(axis=0), 1.0)
    np.testing.assert_allclose(model.cluster_given_class_.sum(axis=0), 1.0)
    assert model.report_.stability > 0.0
    codes = np.searchsorted(model.domains_, data.domain)
    f = model.transform(data.X)
    T = model.class_prior_
    again = model._refits(data.X, f, codes, T, 5)
    assert len(again) == 2
    for other in again:  # in the order of T, near it, and not it
        assert 0.0 < np.abs(other - T).sum(axis=0).mean() < 0.3


def test_emissions_raise_the_likelihood_alone():
    rng = np.random.default_rng(0)
    A, T = rng.dirichlet(np.ones(12), size=3).T, rng.dirichlet(np.ones(3), size=6).T
    counts = np.column_stack([rng.multinomial(400, A @ T[:, d]) for d in range(6)]).astype(float)
    last, start = -np.inf, rng.dirichlet(np.ones(12), size=3).T
    for rounds in range(8):
        found = emissions(counts, start, T, rounds)
        value = float((counts * np.log(np.maximum(found @ T, 1e-300))).sum())
        assert value >= last - 1e-9
        last = value
    exact = (A @ T) * 1e4  # counts without noise: the truth is the maximum
    np.testing.assert_allclose(emissions(exact, start, T, 20_000), A, atol=1e-4)


def test_useless_discriminator_is_reported():
    rng = np.random.default_rng(0)
    with pytest.warns(LabelShiftWarning, match="no better than the shares"):
        LatentLabelShift(2, discriminator=LogisticRegression(), random_state=0, calibrate=False).fit(
            rng.standard_normal((200, 20)), np.arange(200) % 4
        )


def test_calibration_undoes_a_distortion():
    rng = np.random.RandomState(0)
    p = rng.dirichlet(np.ones(4), size=20000)
    codes = (p.cumsum(axis=1) > rng.rand(20000, 1)).argmax(axis=1)
    distorted = p**2.5 * [1.0, 3.0, 0.5, 1.0]
    distorted /= distorted.sum(axis=1, keepdims=True)
    found = Calibration.fit(distorted, codes, rng)
    assert found.scale == pytest.approx(0.4, rel=0.05)
    assert np.abs(found(distorted) - p).mean() < 0.015


# -- interface -----------------------------------------------------------------------------------------------------


def test_string_domains_and_pipelines(gaussian):
    data, _ = gaussian
    names = np.array(["north", "east", "south", "west", "up", "down"])[data.domain]
    pipe = make_pipeline(StandardScaler(), LatentLabelShift(3, random_state=0)).fit(data.X, names)
    assert matched_accuracy(data.y, pipe.predict(data.X)) > 0.85
    assert pipe[-1].domains_.tolist() == sorted(set(names))
    assert pipe.score(data.X, names) > pipe.score(data.X)
    assert pipe[:].get_feature_names_out()[0] == "domain_down"
    with pytest.raises(ValueError, match="'moon' was not seen in fit"):
        pipe[-1].predict(data.X[:2], ["up", "moon"])


def test_training_labels_use_the_domain(gaussian):
    data, model = gaussian
    assert matched_accuracy(data.y, model.predict(data.X, data.domain)) >= matched_accuracy(
        data.y, model.predict(data.X)
    )
    again = clone(model)
    np.testing.assert_array_equal(again.fit_predict(data.X, data.domain), model.labels_)
    np.testing.assert_allclose(model.predict_proba(data.X[:5], data.domain[:5]).sum(axis=1), 1.0)
    np.testing.assert_allclose(model.transform(data.X[:5]).sum(axis=1), 1.0)


@pytest.mark.parametrize("method", ["mlls", "histogram"])
def test_adapt_finds_the_prior_of_a_new_domain(gaussian, method):
    data, model = gaussian
    pairs = match_classes(data.y, model.labels_)
    keep = np.r_[np.flatnonzero(data.y == 0)[:100], np.flatnonzero(data.y == 2)[:400]]
    prior = model.adapt(data.X[keep], method)
    truth = np.array([{0: 0.2, 1: 0.0, 2: 0.8}[pairs[k]] for k in range(3)])
    assert np.abs(prior - truth).sum() < 0.15
    assert prior.sum() == pytest.approx(1.0)
    sharper = model.predict_proba(data.X[keep], prior=prior).argmax(axis=1)
    assert matched_accuracy(data.y[keep], sharper) >= matched_accuracy(data.y[keep], model.predict(data.X[keep]))


def test_named_classes(gaussian):
    data, model = gaussian
    model = clone(model).fit(data.X, data.domain)
    labels = np.array(["ant", "bee", "cat"])[data.y]
    few = np.concatenate([np.flatnonzero(data.y == k)[:4] for k in range(3)])
    model.name_classes(data.X[few], labels[few], data.domain[few])
    assert np.mean(model.predict(data.X, data.domain) == labels) > 0.85
    with pytest.raises(ValueError, match="4 labels for 3 classes"):
        model.name_classes(data.X[:4], [1, 2, 3, 4])
    model.name_classes(data.X[few[:4]], labels[few[:4]])
    assert sum(str(c).startswith("class ") for c in model.class_names_) == 2


def test_bootstrap_table(gaussian):
    _, model = gaussian
    table = model.bootstrap(n_resamples=60)
    assert {k: len(v) for k, v in table.items()} == dict.fromkeys(["domain", "class", "prior", "low", "high"], 18)
    assert (table["low"] <= table["high"]).all()
    np.testing.assert_allclose(table["prior"], model.class_prior_.T.ravel())
    inside = (table["low"] - 1e-9 <= table["prior"]) & (table["prior"] <= table["high"] + 1e-9)
    assert inside.mean() > 0.7
    assert 0.0 < (table["high"] - table["low"]).mean() < 0.2


def test_number_of_classes():
    data = make_latent_label_shift(6000, 4, 10, kind="blobs", random_state=1)
    forest = RandomForestClassifier(40, min_samples_leaf=3, random_state=0)
    model = LatentLabelShift(4, discriminator=forest, n_clusters=14, random_state=0).fit(data.X, data.domain)
    found = model.select_n_classes(range(2, 8))
    assert found["best"] in (4, 5)
    assert found["score"][2] > found["score"][0]
    with pytest.raises(ValueError, match="numbers from 1 to 10"):
        model.select_n_classes([11])


# -- edges ---------------------------------------------------------------------------------------------------------


def test_one_domain_falls_back_to_k_means():
    X = np.random.default_rng(0).standard_normal((60, 2)) + np.repeat([[0, 0], [9, 9]], [40, 20], axis=0)
    for y in (None, np.full(60, "only")):
        with pytest.warns(LabelShiftWarning, match="One domain only"):
            model = LatentLabelShift(2, random_state=0).fit(X, y)
        np.testing.assert_array_equal(model.labels_, np.repeat([0, 1], [40, 20]))
        np.testing.assert_array_equal(model.predict(X), model.labels_)
        np.testing.assert_allclose(model.class_prior_[:, 0], [2 / 3, 1 / 3])
        np.testing.assert_allclose(model.adapt(X[:40]), [1.0, 0.0], atol=1e-6)


def test_more_classes_than_domains_is_an_error_and_leaves_no_trace(gaussian):
    data, _ = gaussian
    model = LatentLabelShift(7)
    with pytest.raises(ValueError, match="7 classes but 6 domains"):
        model.fit(data.X, data.domain)
    assert not [a for a in vars(model) if a.endswith("_") and a not in ("n_features_in_",)]


@pytest.mark.filterwarnings("ignore::pauca.label_shift.LabelShiftWarning")
def test_domains_of_two_kinds_do_not_show_three_classes():
    data = make_latent_label_shift(1500, 3, 3, kind="gaussian", max_condition=6, random_state=0)
    doubled = np.where(data.domain == 2, 0, data.domain) * 2 + np.arange(1500) % 2  # four domains of two kinds
    with pytest.warns(LabelShiftWarning, match="One class fewer fits"):
        LatentLabelShift(3, random_state=0).fit(data.X, doubled)


def test_shifted_conditionals_misfit():
    rng = np.random.default_rng(0)
    domain = np.repeat(np.arange(6), 2000)
    X = rng.integers(0, 12, size=(12000, 1)).astype(float)
    X[:, 0] = (X[:, 0] * (1 + domain % 5)) % 12 + (rng.random(12000) < 0.3) * domain  # every domain is another mixture
    with pytest.warns(LabelShiftWarning, match="misfits the counts"):
        LatentLabelShift(2, discretizer="categorical", random_state=0).fit(np.minimum(X, 12), domain)


def test_empty_clusters_and_tiny_domains():
    rng = np.random.default_rng(0)
    f = np.repeat(np.eye(3) * 0.7 + 0.1, 20, axis=0)  # three distinct rows only
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelShiftWarning)
        model = LatentLabelShift(2, discriminator="precomputed", n_clusters=9, random_state=0).fit(f, np.arange(60) % 3)
        assert model.counts_.shape == (3, 3)
        assert (model.counts_.sum(axis=1) > 0).all()
        X = rng.standard_normal((50, 3))
        tiny = np.r_[np.zeros(24, int), np.ones(24, int), 2, 3]  # domains of one point
        assert LatentLabelShift(2, random_state=0).fit(X, tiny).class_prior_.shape == (2, 4)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.ones((6, 3)), np.arange(6) % 2, "2 nonnegative columns"),
        (np.full((6, 2), 0.5), np.arange(5) % 2, "one domain a point"),
        (np.full((6, 2), 0.5), [0, 1, np.nan, 0, 1, 0], "contains NaN"),
    ],
)
def test_misuse_of_precomputed(X, y, message):
    with pytest.raises(ValueError, match=message):
        LatentLabelShift(2, discriminator="precomputed").fit(X, y)


def test_minimum_volume_factoriser_is_usable(gaussian):
    data, _ = gaussian
    model = LatentLabelShift(3, factorizer=SimplexNMF(solver="minvol", tol=1e-4), random_state=0)
    assert prior_l1_error(data.class_prior, model.fit(data.X, data.domain).class_prior_) < 0.4


# -- known classes -------------------------------------------------------------------------------------------------


def saerens(proba, prior, rounds=20000):
    r = prior.copy()
    for _ in range(rounds):
        post = proba * r / prior
        r = (post / post.sum(axis=1, keepdims=True)).mean(axis=0)
    return r


def test_mlls_is_the_fixed_point_of_saerens():
    rng = np.random.default_rng(0)
    prior = np.array([0.2, 0.3, 0.5])
    proba = rng.dirichlet([0.5, 0.4, 0.6], size=300)
    np.testing.assert_allclose(mlls(proba, prior), saerens(proba, prior), atol=1e-6)


def test_bbse_inverts_the_confusion():
    rng = np.random.default_rng(0)
    M = np.array([[0.8, 0.1, 0.2], [0.1, 0.7, 0.2], [0.1, 0.2, 0.6]])
    y = np.repeat([0, 1, 2], 1000)
    pred = np.concatenate([np.repeat([0, 1, 2], (1000 * M[:, k]).astype(int)) for k in range(3)])
    r = np.array([0.1, 0.6, 0.3])
    target = np.repeat([0, 1, 2], np.rint(10000 * M @ r).astype(int))
    np.testing.assert_allclose(bbse(y, pred, rng.permutation(target)), r, atol=1e-9)
    with pytest.raises(ValueError, match="not among the classes"):
        bbse(y, pred, [3])


def test_adjusting_to_a_prior_and_back():
    rng = np.random.default_rng(0)
    p, old, new = rng.dirichlet(np.ones(3), size=20), np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])
    np.testing.assert_allclose(adjust_to_prior(adjust_to_prior(p, old, new), new, old), p, atol=1e-12)
    np.testing.assert_allclose(adjust_to_prior([[1.0, 0.0]], [0.5, 0.5], [0.0, 1.0]), [[0.0, 1.0]])


# -- data ----------------------------------------------------------------------------------------------------------


def test_drawn_shifts_keep_their_promises():
    y = np.repeat(np.arange(4), 200)
    shift = shift_labels(y, 6, concentration=1.0, max_condition=5.0, random_state=0)
    assert np.linalg.cond(shift.class_prior) <= 5.0
    assert len(np.unique(shift.index)) == len(shift.index)
    share = np.array([[np.mean(y[shift.index[shift.domain == d]] == k) for d in range(6)] for k in range(4)])
    assert np.abs(share - shift.class_prior).max() < 0.15
    with pytest.raises(ValueError, match="no priors with a condition number"):
        shift_labels(y, 4, max_condition=1.0001)
    with pytest.raises(ValueError, match="at least n_classes=5"):
        make_latent_label_shift(100, 5, 4)


class Network:
    """What someone else's network offers: fit and predict_proba, no parameters, no classes_."""

    def __init__(self, takes_nan=False):
        self.takes_nan = takes_nan

    def fit(self, X, y):
        self.model = LogisticRegression(max_iter=300).fit(np.nan_to_num(X), y)

    def predict_proba(self, X):
        return self.model.predict_proba(np.nan_to_num(X)).astype(np.float32)


def test_a_discriminator_that_is_no_estimator():
    data = make_latent_label_shift(1500, 3, 5, kind="gaussian", random_state=0)
    network = Network()
    model = LatentLabelShift(3, discriminator=network, random_state=0).fit(data.X, data.domain)
    same = LatentLabelShift(3, discriminator=LogisticRegression(max_iter=300), random_state=0)
    assert matched_accuracy(same.fit(data.X, data.domain).labels_, model.labels_) > 0.97
    assert not hasattr(network, "model")  # copies were fitted

    class Odd(Network):
        def predict_proba(self, X):
            return super().predict_proba(X)[:, :2]

    with pytest.raises(ValueError, match=r"discriminator: predict_proba returned shape \(\d+, 2\)"):
        LatentLabelShift(3, discriminator=Odd(), random_state=0).fit(data.X, data.domain)


def test_missing_values_are_the_discriminators_business():
    data = make_latent_label_shift(600, 2, 3, kind="gaussian", random_state=0)
    X = data.X.copy()
    X[::50, 0] = np.nan
    forest = RandomForestClassifier(20, random_state=0)  # takes NaN
    model = LatentLabelShift(2, discriminator=forest, random_state=0).fit(X, data.domain)
    assert model.predict(X).shape == (600,)
    for other in (None, LogisticRegression()):
        with pytest.raises(ValueError, match="contains NaN"):
            LatentLabelShift(2, discriminator=other, random_state=0).fit(X, data.domain)


def test_predict_under_an_adapted_prior():
    data = make_latent_label_shift(1500, 3, 5, kind="gaussian", random_state=0)
    model = LatentLabelShift(3, random_state=0).fit(data.X, data.domain)
    prior = model.adapt(data.X[data.domain == 0])
    expected = model.predict_proba(data.X, prior=prior).argmax(axis=1)
    assert np.array_equal(model.predict(data.X, prior=prior), expected)


@pytest.mark.parametrize("missing", [None, np.nan])
@pytest.mark.filterwarnings("ignore::pauca.label_shift.LabelShiftWarning")
def test_domains_that_are_missing_or_of_other_types(missing):
    data = make_latent_label_shift(300, 2, 3, kind="gaussian", random_state=0)
    names = np.array(["a", "b", "c"], dtype=object)[data.domain]
    model = LatentLabelShift(2, random_state=0).fit(data.X, names)
    names[3] = missing
    with pytest.raises(ValueError, match="domain: contains NaN or None"):
        LatentLabelShift(2, random_state=0).fit(data.X, names)
    with pytest.raises(ValueError, match="domain: contains NaN or None"):
        model.predict(data.X, names)
    names[3] = 7
    with pytest.raises(ValueError, match="domain: labels of different types"):
        LatentLabelShift(2, random_state=0).fit(data.X, names)
    with pytest.raises(ValueError, match="domain: got labels of other types"):
        model.predict(data.X, names)
