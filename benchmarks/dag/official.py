"""The published optimiser: the authors' code where a checkout is named, a plain numpy transcription where not.

``PAUCA_COLIDE_REFERENCE`` names the folder of a checkout of the authors' repository (the figures in the report are for
commit f369759). Both run the schedule of the paper's experiments.
"""

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np

SCHEDULE = {"s": [1.0, 0.9, 0.8, 0.7], "warm": 20_000, "last": 70_000, "rate": 3e-4, "alpha": 0.05}


def named() -> Path | None:
    """The authors' ``model.py``, if a checkout is named and has it."""
    folder = os.environ.get("PAUCA_COLIDE_REFERENCE", "")
    path = Path(folder) / "model.py"
    return path if folder and path.exists() else None


def which() -> str:
    path = named()
    if path is None:
        return "a plain numpy transcription of it (no checkout of the authors' code was named)"
    return f"the authors' code (model.py with SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"


def fit(X: np.ndarray, equal: bool) -> np.ndarray:
    if named():
        return _authors(X, equal)
    return _transcription(X, equal)


def _authors(X: np.ndarray, equal: bool) -> np.ndarray:
    os.environ["TQDM_DISABLE"] = "1"
    path = Path(os.environ["PAUCA_COLIDE_REFERENCE"]) / "model.py"
    spec = importlib.util.spec_from_file_location("colide_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.colide_ev() if equal else module.colide_nv()
    W, _ = model.fit(
        X.copy(),  # it centres its argument in place
        lambda1=SCHEDULE["alpha"],
        T=4,
        s=list(SCHEDULE["s"]),  # and changes this list
        warm_iter=SCHEDULE["warm"],
        max_iter=SCHEDULE["last"],
        lr=SCHEDULE["rate"],
    )
    return np.asarray(W)


def _transcription(X: np.ndarray, equal: bool) -> np.ndarray:
    X = X - X.mean(axis=0)
    n, d = X.shape
    S, eye = X.T @ X / n, np.eye(d)
    W, mu = np.zeros((d, d)), 1.0
    norms = np.linalg.norm(X, axis=0) / np.sqrt(n)
    sigma = np.full(d, norms.min()) if equal else norms

    def residuals(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        SD = S @ (eye - W)
        q = ((eye - W) * SD).sum(axis=0)
        return SD, np.full(d, np.sqrt(q.mean())) if equal else np.sqrt(q)

    for k, s in enumerate(SCHEDULE["s"]):
        m = v = np.zeros((d, d))
        previous, rate = 1e16, SCHEDULE["rate"]
        SD, _ = residuals(W)
        for t in range(1, (SCHEDULE["last"] if k == 3 else SCHEDULE["warm"]) + 1):
            M = np.linalg.inv(s * eye - W * W)
            if (M < -1e-6).any():
                raise ArithmeticError("left the domain: the transcription has no back-off")
            G = mu * (SCHEDULE["alpha"] * np.sign(W) - SD / sigma) + 2 * W * M.T
            m, v = 0.99 * m + 0.01 * G, 0.999 * v + 0.001 * G**2
            W = W - rate * (m / (1 - 0.99**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            SD, sigma = residuals(W)
            if t % 1000 == 0:
                q = ((eye - W) * SD).sum(axis=0)
                score = 0.5 * (q / sigma + sigma).sum() + SCHEDULE["alpha"] * np.abs(W).sum()
                new = mu * score + d * np.log(s) - np.linalg.slogdet(s * eye - W * W)[1]
                if abs((previous - new) / previous) <= 1e-6:
                    break
                previous = new
        mu *= 0.1
    return W
