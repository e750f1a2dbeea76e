"""Writes python/pauca/_core.pyi, the signatures of the compiled core, for type checkers.

python python/bindings/make_stub.py           writes it (make stub)
python python/bindings/make_stub.py --check   fails if it is not what the compiled core says (make lint)
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pauca import _core

STUB = Path(__file__).parents[1] / "pauca" / "_core.pyi"
HEADER = '''"""Signatures of the compiled core, written by python/bindings/make_stub.py."""

# Overloads by dtype overlap for mypy, because arrays convert.
# mypy: disable-error-code=overload-overlap
'''
# pybind11 does not say what its containers hold.
BARE = {"dict": "dict[str, typing.Any]", "tuple": "tuple[typing.Any, ...]", "list": "list[typing.Any]"}
ANY_ARRAY = "numpy.typing.NDArray[typing.Any]"


def generated() -> str:
    module = _core._module.__name__
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pybind11_stubgen", module, "--exit-code", "--output-dir", folder],
            check=True,
            capture_output=True,
            text=True,
        )
        text = Path(folder, *module.split(".")).with_suffix(".pyi").read_text()
    text = re.sub(r'\A""".*?"""\n', "", text, flags=re.DOTALL)
    for name, full in BARE.items():
        text = re.sub(rf"(?<![\w.\[]){name}(?=[:,)\]\n ]|$)(?!\[)", full, text)
    text = re.sub(r"numpy\.ndarray(?!\[)", ANY_ARRAY, text)
    return subprocess.run(
        ["ruff", "format", "--stdin-filename", str(STUB), "-"],
        input=HEADER + text,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def main() -> int:
    text = generated()
    if "--check" in sys.argv:
        if STUB.read_text(encoding="utf-8") != text:
            print(f"{STUB} is not what the compiled core says: run make stub")
            return 1
        return 0
    STUB.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
