"""Writes skglm.json: coefficients of skglm and celer that tests/test_migration.py compares with.

    python tests/golden/make_skglm.py        # needs benchmarks/requirements.txt

The data are those of ncvreg_data.csv.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ALPHA, C, GAMMA = 0.2, 0.3, 6.0


def main():
    import celer
    import skglm

    columns = np.genfromtxt(HERE / "ncvreg_data.csv", delimiter=",", names=True)
    X = np.asfortranarray(np.column_stack([columns[f"x{j}"] for j in range(30)]))
    y, labels = columns["gaussian"], columns["binomial"]
    weights = np.tile([1.0, 2.0, 0.5], 10)
    n = len(y)
    fits = {
        "skglm Lasso": skglm.Lasso(ALPHA, tol=1e-10).fit(X, y),
        "skglm MCPRegression": skglm.MCPRegression(ALPHA, gamma=GAMMA, tol=1e-10).fit(X, y),
        "skglm MCPRegression weights": skglm.MCPRegression(ALPHA, gamma=GAMMA, weights=weights, tol=1e-10).fit(X, y),
        "skglm SparseLogisticRegression": skglm.SparseLogisticRegression(1 / (n * C), tol=1e-10).fit(X, labels),
        "celer Lasso": celer.Lasso(ALPHA, tol=1e-12).fit(X, y),
        "celer GroupLasso": celer.GroupLasso(5, ALPHA, tol=1e-12).fit(X, y),
        "celer LogisticRegression": celer.LogisticRegression(C, tol=1e-12, fit_intercept=False).fit(X, labels),
    }
    golden = {"versions": {k: version(k) for k in ("celer", "skglm", "numpy")}}
    golden |= {name: np.ravel(fit.coef_).tolist() for name, fit in fits.items()}
    (HERE / "skglm.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
