"""The fits whose instructions are counted: one or two a family, under a tenth of a second each.

Run by compare.py under callgrind, which collects nothing until a fit begins; every fit leaves a dump of its own. A
fit that the measured version lacks is reported with its error and does not keep the others from being counted.

    python fits.py SITE OUTCOMES      the package in SITE; {fit: error or null} goes to the JSON file OUTCOMES
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse

Fit = Callable[[], object]
FITS: dict[str, Callable[[], Fit]] = {}  # each prepares its data, which is not counted, and gives the fit


def fit(name: str) -> Callable[[Callable[[], Fit]], Callable[[], Fit]]:
    def register(prepare: Callable[[], Fit]) -> Callable[[], Fit]:
        FITS[name] = prepare
        return prepare

    return register


def table(n: int = 300, p: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, p))
    return X, X[:, :10] @ np.linspace(1, 2, 10) + rng.standard_normal(n)


X, Y = table()


@fit("lasso")
def _lasso() -> Fit:
    from pauca.linear_model import SparseRegressor

    return lambda: SparseRegressor(alpha="0.05max", tol=1e-8).fit(X, Y)


@fit("lasso, sparse")
def _lasso_sparse() -> Fit:
    from pauca.linear_model import SparseRegressor

    rng = np.random.default_rng(2)
    thin = sparse.random_array((2000, 1000), density=0.01, rng=rng, format="csc")
    z = thin @ np.r_[np.ones(10), np.zeros(990)] + 0.1 * rng.standard_normal(2000)
    return lambda: SparseRegressor(alpha="0.05max", tol=1e-8).fit(thin, z)


@fit("logistic")
def _logistic() -> Fit:
    from pauca.linear_model import SparseClassifier

    return lambda: SparseClassifier(alpha="0.05max", tol=1e-8).fit(X, Y > 0)


@fit("MCP path")
def _mcp_path() -> Fit:
    from pauca.linear_model import path

    return lambda: path(X, Y, penalty="mcp", alphas=50)


@fit("SLOPE")
def _slope() -> Fit:
    from pauca.linear_model import SparseRegressor
    from pauca.penalties import Slope
    from pauca.solvers import AcceleratedProximalGradient

    solver = AcceleratedProximalGradient()
    return lambda: SparseRegressor(penalty=Slope(), alpha="0.1max", solver=solver).fit(X, Y)


@fit("groups")
def _groups() -> Fit:
    from pauca.linear_model import SparseRegressor
    from pauca.penalties import GroupL2

    return lambda: SparseRegressor(penalty=GroupL2(groups=np.arange(1000) // 4), alpha="0.1max").fit(X, Y)


@fit("several tasks")
def _several_tasks() -> Fit:
    from pauca.linear_model import MultiTaskSparseRegressor

    return lambda: MultiTaskSparseRegressor(alpha="0.1max").fit(X, np.c_[Y, -Y, X[:, 0]])


@fit("three classes")
def _three_classes() -> Fit:
    from pauca.linear_model import SparseClassifier

    return lambda: SparseClassifier(alpha="0.1max").fit(X, np.digitize(Y, [-2, 2]))


@fit("block rules")
def _block_rules() -> Fit:
    from pauca.linear_model import SparseRegressor
    from pauca.solvers import GreedyBCD

    solver = GreedyBCD(block_size=4, selection="gs-q", update="matrix")
    return lambda: SparseRegressor(alpha="0.2max", solver=solver).fit(X[:, :100], Y)


@fit("Cox")
def _cox() -> Fit:
    from pauca.linear_model import SparseCoxRegressor

    event = np.c_[np.exp(Y / 8), np.random.default_rng(3).random(300) < 0.7]
    return lambda: SparseCoxRegressor(alpha="0.1max").fit(X, event)


@fit("de-biased lasso")
def _debiased() -> Fit:
    from pauca.inference import DebiasedLasso

    return lambda: DebiasedLasso().fit(X[:, :60], Y)


@fit("graph")
def _graph() -> Fit:
    from pauca.graph import GraphPropagationClassifier

    labels = np.where(np.arange(300) % 5, -1, Y > 0)
    return lambda: GraphPropagationClassifier(n_neighbors=8).fit(X[:, :5], labels)


@fit("DAG")
def _dag() -> Fit:
    from pauca.dag import CoLiDE
    from pauca.datasets import make_linear_dag

    nodes = make_linear_dag(400, 12, degree=4, random_state=0).X
    return lambda: CoLiDE().fit(nodes)


@fit("Kronecker SBL")
def _kronecker() -> Fit:
    from pauca.bayes import KroneckerSBL

    rng = np.random.default_rng(4)
    factors = [rng.standard_normal((m, n)) + 1j * rng.standard_normal((m, n)) for m, n in ((8, 16), (6, 12))]
    received = np.einsum("i,j->ij", factors[0][:, 2], factors[1][:, 3])[None]
    return lambda: KroneckerSBL(factors=factors, noise_variance=0.01, max_iter=40).fit(received)


@fit("simplex NMF")
def _simplex_nmf() -> Fit:
    from pauca.datasets import make_anchored_counts
    from pauca.decomposition import SimplexNMF

    counts = make_anchored_counts(150, 120, 5, random_state=0).counts
    return lambda: SimplexNMF(5, random_state=0, max_iter=40).fit(counts)


@fit("NMF")
def _nmf() -> Fit:
    from pauca.decomposition import NMF

    return lambda: NMF(8, random_state=0, max_iter=40).fit(np.abs(X[:, :200]))


@fit("screening")
def _screening() -> Fit:
    from pauca.screening import MutualInformationScreener

    return lambda: MutualInformationScreener(k=10).fit(X[:, :300], Y)


@fit("mixed model")
def _mixed_model() -> Fit:
    from pauca.mixed_model import StudentMixedRegressor

    return lambda: StudentMixedRegressor().fit(X[:, :5], Y, cluster=np.arange(300) // 6)


@fit("shared basis")
def _shared_basis() -> Fit:
    from pauca.multitask import MultiTaskRepresentation

    return lambda: MultiTaskRepresentation(3).fit(X[:, :20], Y, task=np.arange(300) % 6)


def control(*options: str) -> None:
    subprocess.run(["callgrind_control", *options, str(os.getpid())], check=True, stdout=subprocess.DEVNULL)


def main(site: str, outcomes: Path) -> None:
    # An editable installation must not come before the one that is measured.
    sys.meta_path = [f for f in sys.meta_path if "ScikitBuild" not in type(f).__name__]
    sys.path.insert(0, site)
    import pauca

    assert pauca.__file__.startswith(site), f"measured {pauca.__file__} instead of {site}"
    warnings.simplefilter("ignore")
    counted = os.environ.get("PAUCA_COUNTED") == "1"
    found: dict[str, str | None] = {}
    for name, prepare in FITS.items():
        try:
            run = prepare()
            run()  # imports, caches
        except Exception as error:  # this version may lack it
            found[name] = f"{type(error).__name__}: {error}".partition(" (/")[0][:200]  # without the file
            continue
        if counted:
            control("--instr=on")
            control("--zero")
        run()
        if counted:
            control(f"--dump={name}")
            control("--instr=off")
        found[name] = None
    outcomes.write_text(json.dumps(found))


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), Path(sys.argv[2]))
