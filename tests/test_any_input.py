"""Whatever comes in: a fit that is finite, or says what is wrong; never a crash, never a NaN without a warning."""

import warnings

import numpy as np
import pytest
from any_input import fits, odd_estimators
from fits import ESTIMATORS, KEPT, floats_of, make, problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# NaN says that there is no such figure, as documented: a BIC search has no strength, a nonconvex fit no gap, a channel
# from another solver no noise variance.
NOT_APPLICABLE = {"alpha_", "alpha_max_", "dual_gap_", "noise_variance_"}
# The same, where a hyperparameter leaves them out.
LEFT_OUT = {
    "features": {"coef_", "standard_errors_", "p_values_"},
    "penalty": {"standard_errors_"},
    "fit_intercept": {"intercept_standard_error_"},
}
SLOW = {
    "LatentLabelShift",
    "MultiTaskSparseRegressorCV",
    "SparseClassifierCV",
    "SparseCoxRegressorCV",
    "StabilitySelection",
    "SparseRegressorCV",
    "SimplexNMF",
    "StudentMixedRegressor",
    "TaskSelector",
}
STRENGTHS = {"alpha": [0.0, 1e-8, "0.5max", "1max", 1e6], "n_components": [1, 2, 50], "k": [1, 3], "max_iter": [1, 3]}


def examples(slow, fast, name):
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=slow if name in SLOW else fast, suppress_health_check=health)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_fit_is_finite_or_refused(name):
    examples(12, 40, name)(given(st.data())(lambda data: check_fit(name, data)))()


def check_fit(name, data):
    estimator = make(name)
    for argument, values in STRENGTHS.items():
        if argument in estimator.get_params() and data.draw(st.booleans()):
            estimator.set_params(**{argument: data.draw(st.sampled_from(values))})
    positional, named = data.draw(fits(name))
    check(estimator, positional, named)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_any_hyperparameter_is_used_or_refused(name):
    examples(15, 60, name)(given(st.data())(lambda data: check(data.draw(odd_estimators(name)), problem(name), {})))()


def check(estimator, positional, named):
    before = set(vars(estimator))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator.fit(*positional, **named)
        except (ValueError, TypeError) as error:
            assert set(vars(estimator)) - KEPT == before, "a failed fit left attributes"
            assert_says_something(error)
            return
    if not caught:
        plain = type(estimator)().get_params(deep=False)
        odd = [name for name, value in estimator.get_params(deep=False).items() if value is not plain[name]]
        absent = NOT_APPLICABLE.union(*(LEFT_OUT.get(name, ()) for name in odd))
        for attribute, value in floats_of(estimator).items():
            if attribute not in absent and value.dtype.kind in "fc":
                assert not np.isnan(value).any(), f"{attribute} has NaN and nothing warned"


def assert_says_something(error):
    """A sentence, and not that of a matrix routine."""
    assert not isinstance(error, np.linalg.LinAlgError), repr(error)
    assert len(str(error).split()) > 3, repr(error)
