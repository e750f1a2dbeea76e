"""The protein signalling data of Sachs et al., read from the user's own copy."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

PROTEINS = ("Raf", "Mek", "Plcg", "PIP2", "PIP3", "Erk", "Akt", "PKA", "PKC", "P38", "Jnk")
EDGES = (
    ("PKC", "PKA"), ("PKC", "Raf"), ("PKC", "Mek"), ("PKC", "Jnk"), ("PKC", "P38"),
    ("PKA", "Raf"), ("PKA", "Mek"), ("PKA", "Erk"), ("PKA", "Akt"), ("PKA", "Jnk"), ("PKA", "P38"),
    ("Raf", "Mek"), ("Mek", "Erk"), ("Erk", "Akt"),
    ("Plcg", "PIP2"), ("Plcg", "PIP3"), ("PIP3", "PIP2"),
)  # fmt: skip
# The measured phosphorylation sites, as some copies name the columns.
SYNONYMS = {"praf": "raf", "pmek": "mek", "p44/42": "erk", "pakts473": "akt", "pjnk": "jnk", "plcγ": "plcg"}


def _installed() -> Path:
    spec = importlib.util.find_spec("cdt")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "data" / "resources" / "cyto_full_data.csv"
        if path.exists():
            return path
    raise FileNotFoundError(
        "load_sachs: the data are not shipped with pauca, their licence being unclear. Pass the path of a CSV file "
        f"with the columns {', '.join(PROTEINS)}, or install the package cdt, which carries one."
    )


def load_sachs(path: Any = None, *, n_rows: int | None = 853) -> Bunch:
    """Flow cytometry of eleven phosphorylated proteins and phospholipids in human T cells (Sachs et al. 2005).

    The data are not part of pauca: their licence is unclear. They are read from a file, or from the copy in the package
    cdt if that is installed (it is not imported). Be careful with conclusions: lists of "true" edges differ, feedback
    is known to exist, and by SHD all common methods are nearer to the graph without edges than to such a list.

    Parameters
    ----------
    path : str or path-like, default=None
        CSV file with a header that names the eleven columns, in any order and case; further columns are ignored. None
        looks for the package cdt.
    n_rows : int, default=853
        How many rows to keep: in the usual order of the file the first 853 are the condition without specific
        interventions (that is told by their number; the file does not say it). None keeps all, conditions pooled.

    Returns
    -------
    Bunch
        ``X`` of shape (n_rows, 11), ``feature_names``, and ``adjacency`` of shape (11, 11): 1 for each of the 17 edges
        of the network that most comparisons use.

    Raises
    ------
    FileNotFoundError
        If no path is given and the package cdt is not installed.
    ValueError
        If a column is missing or a value is no positive number.

    References
    ----------
    Sachs, K., Perez, O., Pe'er, D., Lauffenburger, D. and Nolan, G. (2005). Causal protein-signaling networks derived
    from multiparameter single-cell data. Science 308.

    Examples
    --------
    >>> from pauca.datasets import load_sachs
    >>> data = load_sachs("sachs.csv")  # doctest: +SKIP
    >>> CoLiDE().fit(np.log(data.X))  # doctest: +SKIP
    """
    if n_rows is not None and not n_rows >= 2:
        raise ValueError(f"n_rows: got {n_rows!r}, expected an integer >= 2 or None")
    source = _installed() if path is None else Path(path)
    with source.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        header = [name.strip().lower() for name in next(lines, [])]
        header = [SYNONYMS.get(name, name) for name in header]
        missing = [p for p in PROTEINS if p.lower() not in header]
        if missing:
            raise ValueError(f"path: {source} has no column for {', '.join(missing)}, expected {', '.join(PROTEINS)}")
        columns = [header.index(p.lower()) for p in PROTEINS]
        rows = [[line[c] for c in columns] for line in lines if line]
    try:
        X = np.array(rows[:n_rows], dtype=np.float64).reshape(-1, len(PROTEINS))
    except ValueError as error:
        raise ValueError(f"path: {source} has entries that are no numbers ({error})") from None
    if not (np.isfinite(X) & (X > 0.0)).all():
        raise ValueError(f"path: {source} has entries that are not positive, expected fluorescence intensities")
    place = {p: k for k, p in enumerate(PROTEINS)}
    adjacency = np.zeros((len(PROTEINS), len(PROTEINS)))
    for source_name, target_name in EDGES:
        adjacency[place[source_name], place[target_name]] = 1.0
    return Bunch(X=X, feature_names=list(PROTEINS), adjacency=adjacency)
