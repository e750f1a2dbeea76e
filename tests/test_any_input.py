"""Whatever comes in: a fit that is finite, or says what is wrong; never a crash, never a NaN without a warning."""

import warnings

import numpy as np
import pytest
from fits import make, problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import is_classifier, is_clusterer
from sklearn.utils import get_tags
from sklearn.utils._param_validation import StrOptions
from test_sklearn import public_estimators

ESTIMATORS = {cls.__name__: cls for cls in public_estimators()}
# Numbers that solvers meet in practice and those that overflow a square or vanish in it.
NUMBERS = st.one_of(
    st.floats(-10, 10, width=32),
    st.sampled_from([0.0, 0.0, 1.0, -1.0, 1e-12, 1e8, -1e8]),
)
EXTREME = st.sampled_from([1e-300, 1e300, -1e300, 5e-324, 1e160])
BAD = st.sampled_from([np.nan, np.inf, -np.inf])
# NaN says that there is no such figure, as documented: a BIC search has no strength, a nonconvex fit no gap.
NOT_APPLICABLE = {"alpha_", "alpha_max_", "dual_gap_"}
SLOW = {
    "LatentLabelShift",
    "SparseClassifierCV",
    "SparseCoxRegressorCV",
    "StabilitySelection",
    "SparseRegressorCV",
    "SimplexNMF",
    "StudentMixedRegressor",
}
STRENGTHS = {"alpha": [0.0, 1e-8, "0.5max", "1max", 1e6], "n_components": [1, 2, 50], "k": [1, 3], "max_iter": [1, 3]}


@st.composite
def tables(draw):
    n, p = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    values = st.one_of(NUMBERS, NUMBERS, NUMBERS, EXTREME) if draw(st.integers(0, 4)) == 0 else NUMBERS
    X = np.array(draw(st.lists(values, min_size=n * p, max_size=n * p)), float).reshape(n, p)
    y = np.array(draw(st.lists(NUMBERS, min_size=n, max_size=n)), float)
    if draw(st.booleans()):
        X[:, draw(st.integers(0, p - 1))] = draw(NUMBERS)
    if draw(st.booleans()):
        X[:, draw(st.integers(0, p - 1))] = X[:, draw(st.integers(0, p - 1))]
    if draw(st.integers(0, 7)) == 0:
        X[draw(st.integers(0, n - 1)), draw(st.integers(0, p - 1))] = draw(BAD)
    if draw(st.integers(0, 3)) == 0:
        X = np.abs(X)
    with np.errstate(over="ignore"):
        X = X.astype(draw(st.sampled_from([np.float64, np.float64, np.float32])))
    layout = draw(st.sampled_from(["C", "F", "strided", "readonly", "csr", "csc", "list"]))
    if layout == "strided":
        wide = np.zeros((2 * n, 2 * p), X.dtype)
        wide[::2, ::2] = X
        X = wide[::2, ::2]
    elif layout in ("C", "F"):
        X = np.array(X, order=layout)
    elif layout == "readonly":
        X = X.copy()
        X.flags.writeable = False
    elif layout == "list":
        X = X.tolist()
    else:
        X = sparse.csr_array(X) if layout == "csr" else sparse.csc_array(X)
    return X, y


def floats_of(estimator):
    for name, value in vars(estimator).items():
        if name.endswith("_") and not name.startswith("_"):
            dense = value.toarray() if sparse.issparse(value) else value
            if isinstance(dense, float | np.ndarray) and np.asarray(dense).dtype.kind in "fc":
                yield name, np.asarray(dense)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_fit_is_finite_or_refused(name):
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    examples = settings(max_examples=4 if name in SLOW else 20, suppress_health_check=health)
    examples(given(st.data())(lambda data: check_fit(name, data)))()


def check_fit(name, data):
    estimator = ESTIMATORS[name]()
    X, y = data.draw(tables())
    if is_classifier(estimator):
        y = np.sign(y)
    elif is_clusterer(estimator):
        y = y > 0
    elif get_tags(estimator).target_tags.multi_output and not get_tags(estimator).target_tags.single_output:
        y = np.c_[y, -y]
    for argument, values in STRENGTHS.items():
        if argument in estimator.get_params() and data.draw(st.booleans()):
            estimator.set_params(**{argument: data.draw(st.sampled_from(values))})
    before = set(vars(estimator))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator.fit(X, y)
        except (ValueError, TypeError):
            assert set(vars(estimator)) == before, "a failed fit left attributes"
            return
    if not caught:
        for attribute, value in floats_of(estimator):
            if attribute in NOT_APPLICABLE:
                continue
            assert not np.isnan(value).any(), f"{attribute} has NaN and nothing warned"


# Values that no one means, and some that are meant elsewhere.
ADVERSARIAL = [
    None, True, False, -1, 0, 1, 2, 10**9, 2**63, -0.5, 0.0, 0.5, 1e-300, 1e300, np.nan, np.inf, -np.inf, "", "nope",
    "auto", "0.1max", "-1max", "nanmax", [], [0.1], [np.nan], (1, 2), {}, b"x", 1j, np.array([1.0, -1.0]), object(),
]  # fmt: skip
# Left alone: they start processes, draw bars, or are an honest demand for work.
UNTOUCHED = {"n_jobs", "verbose", "callbacks", "n_bootstraps", "n_permutations", "n_perm", "n_init", "cv", "alphas"}


def choices(estimator, argument):
    """The names that an argument takes, beside what none takes."""
    constraints = getattr(estimator, "_parameter_constraints", {}).get(argument)
    strings = [c.options for c in constraints if isinstance(c, StrOptions)] if isinstance(constraints, list) else []
    return st.sampled_from(ADVERSARIAL + sorted(set().union(*strings)))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_any_hyperparameter_is_used_or_refused(name):
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    examples = settings(max_examples=12 if name in SLOW else 60, suppress_health_check=health)
    examples(given(st.data())(lambda data: check_hyperparameters(name, data)))()


def check_hyperparameters(name, data):
    X, y = problem(name)
    estimator = make(name)
    arguments = sorted(set(estimator.get_params(deep=False)) - UNTOUCHED)
    for argument in data.draw(st.sets(st.sampled_from(arguments or ["none"]), min_size=1, max_size=3)) & set(arguments):
        estimator.set_params(**{argument: data.draw(choices(estimator, argument))})
    if "max_iter" in arguments and isinstance(estimator.max_iter, int) and estimator.max_iter > 1000:
        estimator.set_params(max_iter=1000)
    before = set(vars(estimator))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator.fit(X, y)
        except (ValueError, TypeError):
            assert set(vars(estimator)) == before, "a failed fit left attributes"
            return
    if not caught:
        for attribute, value in floats_of(estimator):
            assert attribute in NOT_APPLICABLE or not np.isnan(value).any(), f"{attribute} has NaN and nothing warned"
