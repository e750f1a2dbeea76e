"""Writes models/: a pickle and a skops file of each case in golden_cases.py, and expected.npz, what they predict.

python tests/golden/make_models.py, in an environment with pauca and skops. Run it when a case is added; existing files
stay, so that what an old version saved goes on being tested.
"""

import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import skops.io

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from golden_cases import CASES  # noqa: E402


def main() -> None:
    folder = HERE / "models"
    folder.mkdir(exist_ok=True)
    archive = folder / "expected.npz"
    expected = dict(np.load(archive)) if archive.exists() else {}
    for name, make in CASES.items():
        if name in expected:
            continue
        model, output = make()
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, protocol=4))
        skops.io.dump(model, folder / f"{name}.skops", compression=zipfile.ZIP_DEFLATED)
        expected[name] = output(model)
    np.savez_compressed(archive, **expected)


if __name__ == "__main__":
    main()
