"""What the tests of scalar and of structured penalties share."""

import pickle

import numpy as np
from sklearn.base import clone

from pauca import penalties as pen


def scalar_value(penalty, x):
    """The penalty's value from its definition, for arrays."""
    a, lam = np.abs(x), penalty.alpha
    out = np.zeros_like(a)
    if isinstance(penalty, pen.L1):
        out = lam * a
    elif isinstance(penalty, pen.ElasticNet):
        out = lam * (penalty.l1_ratio * a + (1 - penalty.l1_ratio) * a**2 / 2)
    elif isinstance(penalty, pen.MCP | pen.Firm):
        g = penalty.gamma if isinstance(penalty, pen.MCP) else penalty.ratio
        out = np.where(a <= g * lam, lam * a - a**2 / (2 * g), g * lam**2 / 2)
    elif isinstance(penalty, pen.SCAD):
        s = penalty.gamma
        middle = (2 * s * lam * a - a**2 - lam**2) / (2 * (s - 1))
        out = np.where(a <= lam, lam * a, np.where(a <= s * lam, middle, lam**2 * (s + 1) / 2))
    elif isinstance(penalty, pen.CappedL1):
        out = lam * np.minimum(a, penalty.threshold)
    elif isinstance(penalty, pen.LogSum):
        out = lam * np.log1p(a / penalty.eps)
    elif isinstance(penalty, pen.TransformedL1):
        out = lam * (1 + penalty.theta) * a / (penalty.theta + a)
    elif isinstance(penalty, pen.L0):
        out = lam * (a > 0)
    elif isinstance(penalty, pen.Lp):
        out = lam * a**penalty.p
    elif isinstance(penalty, pen.Box):
        out = np.where((x < penalty.lower) | (x > penalty.upper), np.inf, 0.0)
    out = out + lam * getattr(penalty, "ridge", 0.0) * a**2 / 2
    return np.where((x < 0) & penalty.nonnegative, np.inf, out)


def check_value_object(penalty):
    """Pickles, clones and its own repr give an equal penalty; another strength an unequal one."""
    assert pickle.loads(pickle.dumps(penalty)) == penalty
    assert clone(penalty, safe=False) == penalty
    assert eval(repr(penalty), {k: getattr(pen, k) for k in pen.__all__}) == penalty
    if "alpha" in penalty.get_params():
        assert clone(penalty, safe=False).set_params(alpha=0.123) != penalty
