"""Golden results of R's ncvreg on data made here: python make_ncvreg.py (needs Rscript and the R package ncvreg)."""

import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def data() -> dict[str, np.ndarray]:
    """The columns of ncvreg_data.csv: 120 rows, 30 features, four targets."""
    rng = np.random.default_rng(20110301)
    X = rng.standard_normal((120, 30))
    X[:, 1:] = 0.4 * X[:, :-1] + X[:, 1:]
    X = (X * np.linspace(0.5, 2.0, 30) + 1.0).round(6)
    eta = 0.8 * (X[:, 0] - 1) * 2 - 0.7 * (X[:, 7] - 1) + 0.5 * (X[:, 20] - 1)
    columns = {f"x{j}": X[:, j] for j in range(30)}
    columns["gaussian"] = (eta + rng.standard_normal(120)).round(6)
    columns["binomial"] = (rng.random(120) < 1 / (1 + np.exp(-eta))).astype(int)
    columns["poisson"] = rng.poisson(np.exp(0.4 * eta))
    failure, censoring = rng.exponential(np.exp(-eta)), rng.exponential(2.0, 120)
    columns["time"] = np.minimum(failure, censoring).round(9)
    columns["event"] = (failure <= censoring).astype(int)
    return columns


if __name__ == "__main__":
    columns = data()
    lines = [",".join(columns)] + [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    (HERE / "ncvreg_data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(["Rscript", "make_ncvreg.R"], cwd=HERE, capture_output=True, text=True, check=True)
    (HERE / "ncvreg.json").write_text(done.stdout, encoding="utf-8")
