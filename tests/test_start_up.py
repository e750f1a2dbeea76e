"""What a new process pays before its first fit."""

import subprocess
import sys

import pauca
import pauca.linear_model

PROGRAM = """
import sys
import numpy as np
from pauca.linear_model import SparseRegressor
X = np.eye(3)
SparseRegressor(alpha=0.1).fit(X, X[:, 0])
print(*sys.modules)
"""


def test_a_first_fit_imports_nothing_it_does_not_use() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not [name for name in loaded if name.split(".")[0] in ("matplotlib", "numba", "dask")]
    assert "sklearn.linear_model" not in loaded
    families = {name for name in pauca._SUBMODULES if f"pauca.{name}" in loaded}
    assert families == {"design", "linear_model", "losses", "moments", "penalties", "solvers"}
    rooms = {name.rpartition(".")[2] for name in loaded if name.startswith("pauca.linear_model.")}
    assert rooms == {"_base", "_fit", "_regressor"}


def test_lazy_names_are_the_public_ones() -> None:
    assert set(pauca.linear_model._ROOM_OF) == set(pauca.linear_model.__all__) == set(dir(pauca.linear_model))
    for name in pauca.linear_model.__all__:
        assert getattr(pauca.linear_model, name).__name__ == name
