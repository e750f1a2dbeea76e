"""Paths by the R package ncvreg, where Rscript finds it: data and coefficients go through files, time is R's own."""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from nonconvex.problems import GAMMA, PathProblem

LIMIT = 300  # seconds of wall clock for one path
SCRIPT = Path(__file__).with_name("ncvreg.R")


@cache
def version() -> str | None:
    """Version of ncvreg, or None without R or without the package."""
    if shutil.which("Rscript") is None:
        return None
    done = subprocess.run(
        ["Rscript", "-e", "cat(as.character(packageVersion('ncvreg')))"], check=False, capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else None


def sentence() -> str:
    found = version()
    if found is None:
        return "ncvreg was left out: no Rscript with the package ncvreg was found (R_LIBS says where to look)."
    return (
        f"ncvreg {found} ran through Rscript, its time being R's CPU time of the call. It standardises by itself, "
        "which changes nothing here; it takes dense matrices alone, and its logistic and Poisson fits with MCP or SCAD "
        "are of another objective (the concavity is rescaled by the curvature): it has the dense quadratic case only."
    )


class NcvregPath:
    """Tolerance -> coefficients, with the CPU seconds of the last call."""

    def __init__(self, problem: PathProblem, penalty: str) -> None:
        self.problem, self.penalty, self.seconds = problem, penalty, 0.0

    def __call__(self, tol: float) -> np.ndarray:
        n, p = self.problem.X.shape
        gamma = GAMMA.get((self.problem.loss, self.penalty), 3.0)
        with tempfile.TemporaryDirectory() as folder:
            np.asfortranarray(self.problem.X).T.tofile(f"{folder}/X.bin")
            self.problem.y.tofile(f"{folder}/y.bin")
            self.problem.alphas.tofile(f"{folder}/lambda.bin")
            name = "lasso" if self.penalty == "L1" else self.penalty
            arguments = [folder, str(n), str(p), name, str(gamma), repr(tol)]
            try:
                subprocess.run(["Rscript", str(SCRIPT), *arguments], check=True, capture_output=True, timeout=LIMIT)
            except subprocess.TimeoutExpired:
                self.seconds = float(LIMIT)
                return np.full((p, len(self.problem.alphas)), np.nan)
            self.seconds = float(Path(folder, "seconds.txt").read_text().split()[0])
            return np.fromfile(f"{folder}/beta.bin").reshape(-1, p).T
