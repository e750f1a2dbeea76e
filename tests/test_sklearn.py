"""scikit-learn's own contract, for every public estimator of pauca that is fitted to a table.

One failure is expected, ``check_complex_data`` of the six estimators made for complex data (``COMPLEX``). Two
estimators are left out because their input is no table (``NO_TABLE`` of fits.py).
"""

import ast
from pathlib import Path

import pytest
from fits import public_estimators
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import pauca

# scikit-learn offers this declaration for estimators made for complex data; every other check runs.
COMPLEX = {"KroneckerSBL", "SBL", "DecomposedSBL", "KroneckerOMP", "OMP", "ComplexToReal"}


def expected_failed_checks(estimator: BaseEstimator) -> dict[str, str]:
    if type(estimator).__name__ in COMPLEX:
        return {"check_complex_data": "made for complex data"}
    return {}


@parametrize_with_checks([cls() for cls in public_estimators()], expected_failed_checks=expected_failed_checks)
@pytest.mark.filterwarnings("ignore")
def test_contract(estimator, check):
    check(estimator)


def test_every_family_is_seen():
    names = {cls.__name__ for cls in public_estimators()}
    assert {"SparseRegressor", "SparseClassifier"} <= names


def test_private_names_come_through_one_module():
    for file in sorted(Path(pauca.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sklearn":
                names = [*node.module.split("."), *(alias.name for alias in node.names)]
                private = any(name.startswith("_") for name in names)
                assert file.name == "_sklearn_compat.py" or not private, f"{file}:{node.lineno}"
