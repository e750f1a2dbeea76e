"""Every penalty: prox against brute force, thresholds, derivatives, limits, invariances, misuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penalty_checks import CLOSED_THRESHOLD, SCALAR, check_value_object, jump, scalar_value
from sklearn.base import clone

from pauca import penalties as pen
from pauca._certify import _derivative

# Steps below, at and beyond the weak-convexity limit of each penalty.
STEPS = [0.05, 0.5, 1.0, 1.1, 2.0, 2.7, 3.0, 3.1, 4.7, 9.0]


def grid(v):
    reach = max(1.5 * abs(v), 2.0)
    return np.unique(np.concatenate([np.linspace(-reach, reach, 20001), [0.0, v]]))


@pytest.mark.parametrize("name", SCALAR)
def test_value_is_the_definition(name):
    x = np.linspace(-5, 5, 201)
    penalty = SCALAR[name]
    expected = scalar_value(penalty, x)
    found = np.array([penalty.value([a]) for a in x])
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
    inside = x[np.isfinite(expected)]
    np.testing.assert_allclose(penalty.value(inside), scalar_value(penalty, inside).sum(), rtol=1e-13)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", SCALAR)
def test_prox_is_the_global_minimiser(name, step):
    penalty = SCALAR[name]
    rng = np.random.default_rng(3)
    v = np.concatenate([rng.normal(0, 3, 25), [0.0, -0.0, 1e-9, 30.0]])
    x = penalty.prox(v, step)
    for a, b in zip(v, x, strict=True):
        points = grid(a)
        objective = step * scalar_value(penalty, points) + (points - a) ** 2 / 2
        mine = step * scalar_value(penalty, np.array([b]))[0] + (b - a) ** 2 / 2
        assert mine <= objective.min() + 1e-12 * max(1.0, a * a), (a, b, points[objective.argmin()])


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(set(SCALAR) - {"box"})),
    v=st.floats(-50, 50),
    step=st.floats(1e-3, 20),
    alpha=st.floats(0.0, 5.0),
)
def test_prox_properties(name, v, step, alpha):
    """Odd, shrinking, monotone, never above the objective at 0 or at v."""
    penalty = clone(SCALAR[name], safe=False).set_params(alpha=alpha)
    x = float(penalty.prox([v], step)[0])
    assert abs(x) <= abs(v) * (1 + 1e-12)
    assert x == 0.0 or np.sign(x) == np.sign(v)
    if not penalty.nonnegative:
        assert float(penalty.prox([-v], step)[0]) == -x
    for other in (0.0, v):
        if penalty.nonnegative and other < 0:
            continue
        best = step * scalar_value(penalty, np.array([other]))[0] + (other - v) ** 2 / 2
        mine = step * scalar_value(penalty, np.array([x]))[0] + (x - v) ** 2 / 2
        assert mine <= best + 1e-12 * (1 + v * v)
    above = float(penalty.prox([v + 0.1], step)[0])
    assert above >= x - 1e-12
    if alpha == 0.0:
        assert x == (max(v, 0.0) if penalty.nonnegative else v)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", CLOSED_THRESHOLD)
def test_thresholds_and_both_neighbours(name, step):
    """At the threshold zero is returned (a tie goes to the smaller magnitude), just beyond it is not."""
    penalty = SCALAR[name]
    at = CLOSED_THRESHOLD[name](penalty, step)
    assert jump(penalty, step) == pytest.approx(at, rel=1e-14)
    below, above = at * (1 - 4e-16), at * (1 + 1e-12)
    assert penalty.prox([below], step)[0] == 0.0
    assert penalty.prox([above], step)[0] > 0.0


@pytest.mark.parametrize("name", sorted(set(SCALAR) - {"box", "l0"}))
def test_smaller_magnitude_at_ties_and_continuity_elsewhere(name):
    """Around every jump the two sides have the same objective: the jump is where it must be."""
    penalty = SCALAR[name]
    for step in STEPS:
        at = jump(penalty, step)
        after = np.nextafter(at, np.inf) * (1 + 1e-13)
        x = penalty.prox([after], step)[0]
        value = step * scalar_value(penalty, np.array([x]))[0] + (x - after) ** 2 / 2
        assert value == pytest.approx(after**2 / 2, rel=1e-10)


@pytest.mark.parametrize(("penalty", "limit"), [(pen.MCP(0.7, 3.0), 3.0), (pen.SCAD(0.7, 3.7), 2.7)])
def test_step_exactly_at_the_weak_convexity_limit(penalty, limit):
    """1 - step / gamma = 0 must not be divided by; the prox is continuous in the step there."""
    v = np.linspace(-6, 6, 241)
    at = penalty.prox(v, limit)
    assert np.isfinite(at).all()
    for near in (np.nextafter(limit, 0), np.nextafter(limit, 9)):
        other = penalty.prox(v, near)
        f = [limit * scalar_value(penalty, x) + (x - v) ** 2 / 2 for x in (at, other)]
        np.testing.assert_allclose(f[0], f[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SCALAR)
def test_prox_of_nan_infinity_and_float32(name):
    penalty = SCALAR[name]
    assert np.isnan(penalty.prox([np.nan])[0])
    if name not in ("box", "mcp-ridge", "scad-nonnegative", "elasticnet"):
        assert penalty.prox([np.inf])[0] == np.inf
    assert penalty.prox(np.float32([1.0, 2.0])).dtype == np.float32
    assert penalty.prox(np.ones((2, 3))).shape == (2, 3)
    v = np.array([1.0, 2.0])
    v.flags.writeable = False
    penalty.prox(v)


@pytest.mark.parametrize("name", sorted(set(SCALAR) - {"box", "elasticnet"}))
def test_slope_is_the_derivative_of_the_value(name):
    penalty = SCALAR[name]
    h = 1e-6
    for a in (0.11, 0.43, 0.813, 1.3, 2.7, 6.0):
        numeric = (penalty.value([a + h]) - penalty.value([a - h])) / (2 * h)
        slope = _derivative(penalty)(np.array([a]), np.array([penalty.alpha]))[0]
        assert numeric == pytest.approx(slope + penalty.alpha * getattr(penalty, "ridge", 0.0) * a, abs=1e-7)


def test_both_conventions_for_weights():
    v, w = np.array([0.5, 2.0, 4.0]), np.array([0.5, 2.0, 0.0])
    strength, multiply = pen.MCP(0.7, weights=w), pen.MCP(0.7, weights=w, weighting="multiply")
    for k in range(3):
        assert strength.prox(v, 0.8)[k] == pen.MCP(0.7 * w[k]).prox([v[k]], 0.8)[0]
        expected = v[k] if w[k] == 0 else pen.MCP(0.7).prox([v[k]], 0.8 * w[k])[0]
        assert multiply.prox(v, 0.8)[k] == expected
    assert multiply.value(v) == pytest.approx(sum(w[k] * pen.MCP(0.7).value([v[k]]) for k in range(3)))
    assert strength.value(v) == pytest.approx(sum(pen.MCP(0.7 * w[k]).value([v[k]]) for k in range(3)))
    for cls in (pen.L1, pen.L0, pen.CappedL1, pen.LogSum, pen.Lp):
        np.testing.assert_allclose(
            cls(0.7, weights=w).prox(v), [v[k] if w[k] == 0 else cls(0.7 * w[k]).prox([v[k]])[0] for k in range(3)]
        )
    with pytest.raises(ValueError, match="weighting is 'both'"):
        pen.MCP(weighting="both").prox([1.0])


def test_infinite_weight_excludes_and_zero_weight_frees():
    for name, penalty in SCALAR.items():
        if name == "box":
            continue
        free = clone(penalty, safe=False).set_params(weights=[0.0, np.inf])
        np.testing.assert_array_equal(free.prox([2.0, 1e6], 5.0), [2.0, 0.0], err_msg=name)


def test_limits_between_penalties():
    v = np.linspace(-5, 5, 101)
    lasso = pen.L1(0.7).prox(v, 1.3)
    np.testing.assert_allclose(pen.MCP(0.7, gamma=1e12).prox(v, 1.3), lasso, atol=1e-10)
    np.testing.assert_allclose(pen.SCAD(0.7, gamma=1e12).prox(v, 1.3), lasso, atol=1e-10)
    np.testing.assert_allclose(pen.CappedL1(0.7, threshold=1e6).prox(v, 1.3), lasso)
    np.testing.assert_allclose(pen.LogSum(0.7e6, eps=1e6).prox(v, 1.3), lasso, atol=1e-5)
    np.testing.assert_allclose(pen.TransformedL1(0.7, theta=1e7).prox(v, 1.3), lasso, atol=1e-5)
    np.testing.assert_allclose(pen.TransformedL1(0.7, theta=1e-12).prox(v, 1.3), pen.L0(0.7).prox(v, 1.3), atol=1e-9)
    np.testing.assert_allclose(pen.Lp(0.7, p=1 - 1e-9).prox(v, 1.3), lasso, atol=1e-7)
    np.testing.assert_array_equal(pen.Firm(0.7, ratio=2.5).prox(v), pen.MCP(0.7, gamma=2.5).prox(v))
    # gamma -> 0 with alpha^2 gamma fixed: every nonzero costs alpha^2 gamma / 2
    gamma = 1e-8
    np.testing.assert_allclose(pen.MCP(np.sqrt(2 * 0.7 / gamma), gamma=gamma).prox(v), pen.L0(0.7).prox(v))
    for p, tight in ((0.5, pen.Lp(0.7, p=0.5 + 1e-9)), (2 / 3, pen.Lp(0.7, p=2 / 3 + 1e-9))):
        np.testing.assert_allclose(pen.Lp(0.7, p=p).prox(v), tight.prox(v), atol=1e-7)


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (pen.MCP(gamma=0.0), "gamma is 0.0, expected a number > 0"),
        (pen.MCP(alpha=-1.0), "alpha is -1.0"),
        (pen.MCP(ridge=-1.0), "ridge is -1.0"),
        (pen.SCAD(gamma=2.0), "expected a number > 2"),
        (pen.Firm(ratio=1.0), "expected a number > 1"),
        (pen.CappedL1(threshold=0.0), "threshold is 0.0"),
        (pen.LogSum(eps=np.nan), "eps is nan"),
        (pen.TransformedL1(theta=0.0), "theta is 0.0"),
        (pen.Lp(p=1.0), r"expected a number in \(0, 1\)"),
        (pen.Box(1.0, 0.0), "exceeds its upper bound"),
    ],
)
def test_misuse_is_named(penalty, message):
    with pytest.raises(ValueError, match=message):
        penalty.prox([1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        penalty.value([1.0, 2.0])


def test_bad_steps_are_refused():
    for penalty in (pen.MCP(), pen.Slope(), pen.Box()):
        for step in (0.0, -1.0, np.nan):
            with pytest.raises(ValueError, match="step"):
                penalty.prox([1.0, 2.0], step)


@pytest.mark.parametrize("name", SCALAR)
def test_value_objects(name):
    check_value_object(SCALAR[name])
