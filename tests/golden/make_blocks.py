"""Writes blocks.json: solutions of peers that tests/test_block_peers.py compares with.

    python tests/golden/make_blocks.py        # needs benchmarks/requirements.txt

Group lasso by celer, skglm and adelie; L1 and ridge multinomial regression by scikit-learn (saga, lbfgs). Data are made
by `data`, which the tests call as well; no intercepts.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

SIZE = 5


def data(n=40, p=60, classes=3, seed=7):
    """Centred X, a response that two groups of SIZE make, and labels."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + 0.5 * rng.standard_normal((n, 1))
    X = np.asfortranarray(X - X.mean(axis=0))
    y = X[:, :SIZE] @ rng.standard_normal(SIZE) + X[:, -SIZE:].sum(axis=1) + rng.standard_normal(n)
    predictor = X @ (rng.standard_normal((p, classes)) * (rng.random((p, 1)) < 0.2))
    return X, y - y.mean(), np.argmax(predictor + rng.gumbel(size=predictor.shape), axis=1)


def group_alpha(X, y, fraction):
    G = (X.T @ y / len(y)).reshape(-1, SIZE)
    return fraction * np.linalg.norm(G, axis=1).max()


FRACTIONS = {"sparse": 0.3, "more columns than rows": 0.01}
L1_ALPHA, RIDGE_ALPHA = 0.02, 0.05


def main():
    import adelie
    import celer
    import skglm
    from sklearn.linear_model import LogisticRegression

    X, y, labels = data()
    golden = {"versions": {k: version(k) for k in ("celer", "skglm", "adelie", "scikit-learn", "numpy")}}
    for name, fraction in FRACTIONS.items():
        alpha = group_alpha(X, y, fraction)
        c = celer.GroupLasso(SIZE, alpha, fit_intercept=False, tol=1e-13, max_iter=1000, max_epochs=10**6)
        s = skglm.GroupLasso(SIZE, alpha, fit_intercept=False, tol=1e-11, max_iter=1000, max_epochs=10**6)
        starts = np.arange(0, X.shape[1], SIZE)
        a = adelie.grpnet(
            X, adelie.glm.gaussian(y), groups=starts, penalty=np.ones(len(starts)), early_exit=False,
            lmda_path=np.geomspace(group_alpha(X, y, 1.0), alpha, 10), tol=1e-14, intercept=False, progress_bar=False,
        )  # fmt: skip
        golden[name] = {
            "celer": c.fit(X, y).coef_.tolist(),
            "skglm": np.ravel(s.fit(X, y).coef_).tolist(),
            "adelie": a.betas[-1].toarray().ravel().tolist(),
        }
    shared = {"fit_intercept": False, "max_iter": 10**6}
    saga = LogisticRegression(C=1 / (L1_ALPHA * len(y)), l1_ratio=1.0, solver="saga", tol=1e-12, **shared)
    lbfgs = LogisticRegression(C=1 / (RIDGE_ALPHA * len(y)), solver="lbfgs", tol=1e-12, **shared)
    golden["multinomial"] = {
        "saga": saga.fit(X, labels).coef_.tolist(),
        "lbfgs": lbfgs.fit(X, labels).coef_.tolist(),
    }
    Path(__file__).with_name("blocks.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
