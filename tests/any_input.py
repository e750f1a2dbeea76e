"""What users hand to a fit, and what no one means: tables, targets, other arguments of fit, hyperparameters."""

import inspect
import warnings

import numpy as np
from fits import ESTIMATORS, make, problem
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import is_classifier, is_clusterer
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut
from sklearn.utils import get_tags
from sklearn.utils._param_validation import StrOptions

# Numbers that solvers meet in practice and those that overflow a square or vanish in it.
NUMBERS = st.one_of(
    st.floats(-10, 10, width=32),
    st.sampled_from([0.0, 0.0, 1.0, -1.0, 1e-12, 1e8, -1e8]),
)
EXTREME = st.sampled_from([1e-300, 1e300, -1e300, 5e-324, 1e160])
BAD = st.sampled_from([np.nan, np.inf, -np.inf])
DTYPES = ["float64"] * 8 + ["float32", "int64", "int8", "uint8", "bool", "object", "complex128", "text"]
LAYOUTS = ["C", "F", "strided", "readonly", "csr", "csc", "list"]


def as_dtype(array, dtype):
    with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        if dtype == "complex128":
            return array + 1j * np.flip(array)
        if dtype == "text":
            return np.array([f"{value}" for value in array.ravel()], dtype=object).reshape(array.shape)
        if np.dtype(dtype).kind in "iu":
            return np.clip(np.nan_to_num(array), -100 if dtype != "uint8" else 0, 100).astype(dtype)
        return array.astype(dtype)


@st.composite
def tables(draw):
    """X of 1 to 20 rows and 1 to 6 columns, now and then of none, and y in numbers."""
    n = draw(st.one_of(st.integers(1, 12), st.integers(9, 20)))
    p = draw(st.integers(1, 6))
    empty = draw(st.integers(0, 20))
    n, p = 0 if empty == 1 else n, 0 if empty == 2 else p
    values = st.one_of(NUMBERS, NUMBERS, NUMBERS, EXTREME) if draw(st.integers(0, 4)) == 0 else NUMBERS
    X = np.array(draw(st.lists(values, min_size=n * p, max_size=n * p)), float).reshape(n, p)
    y = np.array(draw(st.lists(NUMBERS, min_size=n, max_size=n)), float)
    if p and draw(st.booleans()):
        X[:, draw(st.integers(0, p - 1))] = draw(NUMBERS)
    if p and draw(st.booleans()):
        X[:, draw(st.integers(0, p - 1))] = X[:, draw(st.integers(0, p - 1))]
    if X.size and draw(st.integers(0, 7)) == 0:
        X[draw(st.integers(0, n - 1)), draw(st.integers(0, p - 1))] = draw(BAD)
    if draw(st.integers(0, 3)) == 0:
        X = np.abs(X)
    return laid_out(draw, as_dtype(X, draw(st.sampled_from(DTYPES)))), y


def laid_out(draw, X):
    layout = draw(st.sampled_from(LAYOUTS))
    if layout == "strided":
        wide = np.zeros((2 * X.shape[0], 2 * X.shape[1]), X.dtype)
        wide[::2, ::2] = X
        return wide[::2, ::2]
    if layout == "list":
        return X.tolist()
    if layout in ("csr", "csc") and X.dtype != object:
        return sparse.csr_array(X) if layout == "csr" else sparse.csc_array(X)
    X = np.array(X, order="F" if layout == "F" else "C")
    X.flags.writeable = layout != "readonly"
    return X


def target_of(draw, name, y):
    """The target that this estimator is for, in one of the types that users have it in."""
    estimator = ESTIMATORS[name]()
    kind = draw(st.sampled_from(["float64"] * 20 + ["int8", "bool", "object", "text", "complex128", "float32"]))
    if is_classifier(estimator):
        y = np.sign(y)
    elif is_clusterer(estimator):
        y = y > 0
    elif get_tags(estimator).target_tags.multi_output and not get_tags(estimator).target_tags.single_output:
        y = np.c_[y, -y]
    return as_dtype(y, kind) if kind != "float64" else y


def others_of(draw, name, n):
    """Some of the further arguments of fit: weights and offsets, labels of rows, starting points."""
    given = {}
    for argument in list(inspect.signature(ESTIMATORS[name].fit).parameters)[3:]:
        if argument == "params" or not draw(st.booleans()):
            continue
        size = n if draw(st.integers(0, 12)) else n + 1
        if argument in ("sample_weight", "offset", "correlation"):
            number = draw(st.sampled_from([0.0, 1.0, 0.5, 2, 5, 1e-300, 1e300, -1.0, np.nan, np.inf]))
            plain = st.lists(st.sampled_from([0, 1, 2, 0.5, 3.0]), min_size=size, max_size=size)
            few = [number, *draw(plain)][:size]
            given[argument] = draw(st.sampled_from([few, np.array(few, float), np.array(few, object), [1.0] * size]))
        elif argument == "intervened":
            given[argument] = draw(st.sampled_from([np.zeros((size, 2), bool), [[0]] * size, [1] * size, "x"]))
        else:
            kinds = [[0, 1], [0, 1, 2, 3], ["a", "b"], [0.5, 2.0], [0, "a", None, np.nan, 1.5, True, 2**63]]
            labels = draw(st.sampled_from(kinds))
            given[argument] = draw(st.lists(st.sampled_from(labels), min_size=size, max_size=size))
            if draw(st.booleans()):
                given[argument] = np.array(given[argument])
    return given


@st.composite
def fits(draw, name):
    """The arguments of a fit: (positional, by name)."""
    if name == "IRSChannelEstimator":
        received = problem(name)[0]
        if draw(st.integers(0, 3)) == 0:
            shape = draw(st.lists(st.integers(0, 6), min_size=0, max_size=4))
            received = np.resize(received, shape)
        with np.errstate(all="ignore"):
            received = received * draw(st.sampled_from([1.0, 1.0, 1e-100, 0.0, 1e-300, 1e160, np.nan]))
        return (as_dtype(received.real, draw(st.sampled_from(DTYPES))) if draw(st.booleans()) else received,), {}
    if name == "TaskSelector":
        target, other = draw(tables()), draw(tables())
        if draw(st.booleans()):
            return ([*problem(name)[0], draw(st.sampled_from([problem(name)[0][0], other, "x"]))], problem(name)[1]), {}
        pools = draw(st.lists(st.sampled_from([target, target, target, other]), min_size=0, max_size=4))
        return ([draw(st.sampled_from([pool, lambda n, rng, pool=pool: pool])) for pool in pools], target), {}
    X, y = draw(tables())
    return (X, target_of(draw, name, y)), others_of(draw, name, len(y))


# Values that no one means, and some that are meant elsewhere.
ADVERSARIAL = [
    None, True, False, -1, 0, 1, 2, 10**9, 2**63, -0.5, 0.0, 0.5, 1e-300, 1e300, np.nan, np.inf, -np.inf, "", "nope",
    "auto", "0.1max", "-1max", "nanmax", [], [0.1], [np.nan], (1, 2), {}, b"x", 1j, np.array([1.0, -1.0]), object(),
]  # fmt: skip
# Honest demands for work, threads and folds have values of their own: large numbers are meant.
SMALL = [None, True, False, -1, 0, 1, 2, 3, -0.5, 0.5, np.nan, np.inf, "", "nope", [], (1, 2), {}, b"x", 1j, object()]
OWN = {
    **dict.fromkeys(["n_permutations", "n_init"], SMALL),
    "n_pairs": SMALL,
    "eps": [*SMALL, 1e-3],  # a path to strengths that rounding hides runs all its iterations, and warns
    "n_jobs": [*SMALL, -2, -1000],
    "cv": [
        *SMALL, 10**9, 2**63, KFold(2), GroupKFold(2), LeaveOneOut(), [(np.arange(20), np.arange(20, 30))],
        [(np.arange(20), np.arange(50))], [(np.arange(0), np.arange(5))], iter([]), np.array([1.0, -1.0]),
    ],
    "alphas": [
        *SMALL, [1.0], [0.5, 0.1], [0.1, 0.5], [0.1, 0.1], [0.0], [-1.0], [np.nan], [np.inf], [1e300, 1e-300],
        ["0.1max"], ["1max", "0.1max"], ["nope"], [[0.1, 0.2]], [None], [1j], "0.1max", 1e300,
        np.array([1.0, 0.1], np.float32),
    ],
}  # fmt: skip
# They draw bars and call back.
UNTOUCHED = {"verbose", "callbacks"}


def choices(estimator, argument):
    """The names that an argument takes, beside what none takes."""
    constraints = getattr(estimator, "_parameter_constraints", {}).get(argument)
    strings = [c.options for c in constraints if isinstance(c, StrOptions)] if isinstance(constraints, list) else []
    return st.sampled_from(OWN.get(argument, ADVERSARIAL) + sorted(set().union(*strings)))


@st.composite
def odd_estimators(draw, name):
    """An estimator of which one to three hyperparameters are odd."""
    estimator = make(name)
    arguments = sorted(set(estimator.get_params(deep=False)) - UNTOUCHED)
    most = draw(st.sampled_from([1, 1, 1, 2, 3]))
    for argument in draw(st.sets(st.sampled_from(arguments or ["none"]), min_size=1, max_size=most)) & set(arguments):
        estimator.set_params(**{argument: draw(choices(estimator, argument))})
    if "max_iter" in arguments and isinstance(estimator.max_iter, int) and estimator.max_iter > 1000:
        estimator.set_params(max_iter=1000)
    return estimator
