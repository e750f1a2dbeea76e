"""The fits whose instructions are counted: one or two a family, under a tenth of a second each.

Run by compare.py under callgrind, which collects nothing until a fit begins; every fit leaves a dump of its own.
"""

import os
import subprocess
import sys
import warnings

import numpy as np
from scipy import sparse


def table(n=300, p=1000, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, X[:, :10] @ np.linspace(1, 2, 10) + rng.standard_normal(n)


def fits():
    from pauca import (
        bayes,
        dag,
        datasets,
        decomposition,
        graph,
        linear_model,
        mixed_model,
        multitask,
        penalties,
        screening,
        solvers,
    )

    X, y = table()
    rng = np.random.default_rng(2)
    thin = sparse.random_array((2000, 1000), density=0.01, rng=rng, format="csc")
    z = thin @ np.r_[np.ones(10), np.zeros(990)] + 0.1 * rng.standard_normal(2000)
    yield "lasso", lambda: linear_model.SparseRegressor(alpha="0.05max", tol=1e-8).fit(X, y)
    yield "lasso, sparse", lambda: linear_model.SparseRegressor(alpha="0.05max", tol=1e-8).fit(thin, z)
    yield "logistic", lambda: linear_model.SparseClassifier(alpha="0.05max", tol=1e-8).fit(X, y > 0)
    yield "MCP path", lambda: linear_model.path(X, y, penalty="mcp", alphas=50)
    slope = penalties.Slope()
    fista = solvers.AcceleratedProximalGradient()
    yield "SLOPE", lambda: linear_model.SparseRegressor(penalty=slope, alpha="0.1max", solver=fista).fit(X, y)
    grouped = penalties.GroupL2(groups=np.arange(1000) // 4)
    yield "groups", lambda: linear_model.SparseRegressor(penalty=grouped, alpha="0.1max").fit(X, y)
    yield "several tasks", lambda: linear_model.MultiTaskSparseRegressor(alpha="0.1max").fit(X, np.c_[y, -y, X[:, 0]])
    rules = solvers.GreedyBCD(block_size=4, selection="gs-q", update="matrix")
    yield "block rules", lambda: linear_model.SparseRegressor(alpha="0.2max", solver=rules).fit(X[:, :100], y)
    event = np.c_[np.exp(y / 8), rng.random(300) < 0.7]
    yield "Cox", lambda: linear_model.SparseCoxRegressor(alpha="0.1max").fit(X, event)
    nodes = datasets.make_linear_dag(400, 12, degree=4, random_state=0).X
    yield "DAG", lambda: dag.CoLiDE().fit(nodes)
    factors = [rng.standard_normal((m, n)) + 1j * rng.standard_normal((m, n)) for m, n in ((8, 16), (6, 12))]
    received = np.einsum("i,j->ij", factors[0][:, 2], factors[1][:, 3])[None]
    yield "Kronecker SBL", lambda: bayes.KroneckerSBL(factors=factors, noise_variance=0.01, max_iter=40).fit(received)
    counts = datasets.make_anchored_counts(150, 120, 5, random_state=0).counts
    yield "simplex NMF", lambda: decomposition.SimplexNMF(5, random_state=0, max_iter=40).fit(counts)
    positive = np.abs(X[:, :200])
    yield "NMF", lambda: decomposition.NMF(8, random_state=0, max_iter=40).fit(positive)
    yield "screening", lambda: screening.MutualInformationScreener(k=10).fit(X[:, :300], y)
    yield "mixed model", lambda: mixed_model.StudentMixedRegressor().fit(X[:, :5], y, cluster=np.arange(300) // 6)
    yield "shared basis", lambda: multitask.MultiTaskRepresentation(3).fit(X[:, :20], y, task=np.arange(300) % 6)
    labels = np.where(np.arange(300) % 5, -1, y > 0)
    yield "graph", lambda: graph.GraphPropagationClassifier(n_neighbors=8).fit(X[:, :5], labels)


def control(*options: str) -> None:
    subprocess.run(["callgrind_control", *options, str(os.getpid())], check=True, stdout=subprocess.DEVNULL)


def main(site: str) -> None:
    # An editable installation must not come before the one that is measured.
    sys.meta_path = [f for f in sys.meta_path if "ScikitBuild" not in type(f).__name__]
    sys.path.insert(0, site)
    import pauca

    assert pauca.__file__.startswith(site), f"measured {pauca.__file__} instead of {site}"
    warnings.simplefilter("ignore")
    counted = os.environ.get("PAUCA_COUNTED") == "1"
    for name, fit in fits():
        try:
            fit()  # imports, caches
        except Exception as error:  # an older commit may lack it
            print(f"{name}: {error!r}"[:300], flush=True)
            continue
        if counted:
            control("--instr=on")
            control("--zero")
        fit()
        if counted:
            control(f"--dump={name}")
            control("--instr=off")
        print(name, flush=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
