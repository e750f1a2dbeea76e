"""Data in single precision, certificates in double: of the coefficients that are returned, and of no others."""

import warnings

import numpy as np
import pytest
from oracles import logistic_gap, make_regression, make_survival, quadratic_gap
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from pauca.linear_model import (
    MultiTaskSparseRegressor,
    SparseClassifier,
    SparseClassifierCV,
    SparseCoxRegressor,
    SparseRegressor,
    SparseRegressorCV,
)

FORMS = {"dense": np.asfortranarray, "sparse": sparse.csc_array}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tol", [1e-8, 1e-12])
def test_the_gap_is_that_of_the_coefficients(form, tol):
    X, y = make_regression(200, 300, k=20, seed=3)
    X = X.astype(np.float32)
    null = 0.5 * y.var()
    model = SparseRegressor(alpha="0.01max", tol=tol).fit(FORMS[form](X), y)
    gap = quadratic_gap(X.astype(np.float64), y, model.coef_.astype(np.float64), model.intercept_, model.alpha_)
    assert gap <= tol * null
    assert model.dual_gap_ == pytest.approx(gap, abs=1e-13 * null)


@pytest.mark.parametrize("form", FORMS)
def test_the_gap_of_a_classifier_too(form):
    X, y = make_regression(150, 40, noise=2.0)
    X, labels = X.astype(np.float32), (y > np.median(y)).astype(int)
    for model in (SparseClassifier(alpha="0.05max", tol=1e-11), SparseClassifierCV(alphas=8, cv=3, tol=1e-11)):
        model.fit(FORMS[form](X), labels)
        gap = logistic_gap(X.astype(np.float64), labels, model.coef_[0], model.intercept_, model.alpha_)
        assert gap <= 1e-11 * np.log(2)
        assert model.intercept_.dtype == np.float64


def test_a_tolerance_out_of_reach_is_no_secret():
    X, y = make_regression(200, 300, k=20, seed=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = SparseRegressor(alpha="0.01max", tol=1e-30, max_iter=20).fit(X.astype(np.float32), y)
    gap = quadratic_gap(X.astype(np.float32).astype(float), y, model.coef_, model.intercept_, model.alpha_)
    assert 0.0 < gap < 1e-12 * y.var()
    assert [w.category for w in caught] == [ConvergenceWarning]
    assert f"duality gap is {model.dual_gap_:.3g}, the tolerance asks for" in str(caught[0].message)


def test_coefficients_beyond_single_precision():
    X, y = make_regression(60, 6)
    small = (X * 1e-20).astype(np.float32)
    reference = SparseRegressor(alpha="0.1max").fit(X, y)
    model = SparseRegressor(alpha="0.1max").fit(small, y * 1e25)
    np.testing.assert_allclose(model.coef_, 1e45 * reference.coef_, rtol=1e-5)
    np.testing.assert_allclose(model.predict(small), 1e25 * reference.predict(X), rtol=1e-4)
    chosen = SparseRegressorCV(alphas=["0.1max"], cv=3).fit(small, y * 1e25)
    np.testing.assert_allclose(chosen.coef_, model.coef_, rtol=1e-5)
    classifier = SparseClassifier(alpha="0.1max").fit((X * 1e-38).astype(np.float32) * np.float32(0.01), y > y.mean())
    assert np.isfinite(classifier.coef_).all()
    assert np.isfinite(classifier.decision_function(small)).all()


def test_small_probabilities_are_not_lost():
    X, y = make_regression(60, 6)
    labels = (y > y.mean()).astype(int)
    for dtype in (np.float32, np.float64):
        model = SparseClassifier(alpha=0.01).fit(X.astype(dtype), labels)
        far = (30.0 * X).astype(dtype)
        both = model.predict_proba(far)
        assert 150 < np.abs(model.decision_function(far)).max() < 700
        np.testing.assert_allclose(np.log(both), model.predict_log_proba(far), rtol=1e-5, atol=1e-7)


def test_predictions_keep_the_precision_of_the_data():
    X, y = make_regression(60, 6)
    X32 = X.astype(np.float32)
    labels, survival = (y > y.mean()).astype(int), make_survival(60)[1]
    for model, target in (
        (SparseRegressor(), y),
        (MultiTaskSparseRegressor(), np.c_[y, -y]),
        (SparseCoxRegressor(), survival),
    ):
        model.fit(X32, target)
        assert model.coef_.dtype == np.float64
        assert model.predict(X32).dtype == np.float32
        np.testing.assert_allclose(model.predict(X32), model.predict(X32.astype(float)), rtol=1e-4, atol=1e-5)
    assert SparseClassifier().fit(X32, labels).decision_function(X32).dtype == np.float32
