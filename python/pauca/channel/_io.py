"""Tensors in and out of .npz, .csv and .mat files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._arrays import Array


def check_suffix(path: str | Path) -> str:
    """The ending of a file that can be read and written, in lower case."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".mat", ".csv"):
        raise ValueError(f"{path}: expected a .npz, .mat or .csv file")
    return suffix


def read_tensors(path: str | Path) -> dict[str, Array]:
    """Named arrays of a .npz, .mat or .csv file.

    Arrays keep the order of axes they have in MATLAB, also those of version 7.3, where they are stored reversed; axes
    of one entry at the end are lost there.

    Parameters
    ----------
    path : str or Path
        The file. A .mat file of version 7.3 needs h5py. A .csv file has the columns ``name``, ``shape`` (like 6x3x16),
        ``index`` (flat, C order), ``re`` and ``im``.

    Returns
    -------
    dict of str to ndarray
        The arrays by name.

    Raises
    ------
    ValueError
        If the file has another ending or another content.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from pauca.channel import read_tensors, write_tensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_tensors(os.path.join(folder, "block.mat"), {"received": np.zeros((6, 3, 16), complex)})
    ...     read_tensors(os.path.join(folder, "block.mat"))["received"].shape
    (6, 3, 16)
    """
    suffix, path = check_suffix(path), Path(path)
    if suffix == ".npz":
        with np.load(path) as stored:
            return {k: stored[k] for k in stored.files}
    if suffix == ".mat":
        return _read_mat(path)
    return _read_csv(path)


def write_tensors(path: str | Path, tensors: Mapping[str, Any]) -> None:
    """Write named arrays to a .npz, .mat (version 5) or .csv file.

    Parameters
    ----------
    path : str or Path
        The file; its ending tells the format.
    tensors : mapping of str to array-like
        The arrays by name.

    Raises
    ------
    ValueError
        If the file has another ending.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from pauca.channel import read_tensors, write_tensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_tensors(os.path.join(folder, "block.npz"), {"pilots": np.ones((6, 3))})
    ...     sorted(read_tensors(os.path.join(folder, "block.npz")))
    ['pilots']
    """
    suffix, path = check_suffix(path), Path(path)
    arrays = {k: np.asarray(v) for k, v in tensors.items()}
    if suffix == ".npz":
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    elif suffix == ".mat":
        from scipy.io import savemat

        savemat(path, arrays)
    else:
        with path.open("w", encoding="utf-8") as out:
            out.write("name,shape,index,re,im\n")
            for name, a in arrays.items():
                shape = "x".join(map(str, a.shape)) or "1"
                for i, v in enumerate(a.ravel()):
                    out.write(f"{name},{shape},{i},{float(np.real(v))!r},{float(np.imag(v))!r}\n")


def _read_mat(path: Path) -> dict[str, Array]:
    from scipy.io import loadmat

    if not path.exists():  # scipy would speak of readers
        raise FileNotFoundError(f"{path}: no such file")
    try:
        return {k: v for k, v in loadmat(path).items() if not k.startswith("__")}
    except NotImplementedError as error:
        try:
            import h5py
        except ImportError:
            raise ImportError(
                f"{path} is a version 7.3 .mat file: reading it needs h5py (pip install pauca[matlab])"
            ) from error
        out = {}
        with h5py.File(path) as stored:
            for name, item in stored.items():
                if isinstance(item, h5py.Dataset):
                    a = item[()]
                    if a.dtype.names == ("real", "imag"):
                        a = a["real"] + 1j * a["imag"]
                    out[name] = a.T
        return out


def _read_csv(path: Path) -> dict[str, Array]:
    table = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")
    if set(table.dtype.names or ()) != {"name", "shape", "index", "re", "im"}:
        raise ValueError(f"{path}: expected the columns name, shape, index, re, im")
    table = np.atleast_1d(table)
    out = {}
    for name in dict.fromkeys(table["name"].tolist()):
        rows = table[table["name"] == name]
        shape = [int(s) for s in str(rows["shape"][0]).split("x")]
        flat = np.zeros(int(np.prod(shape)), complex)
        flat[rows["index"]] = rows["re"] + 1j * rows["im"]
        out[str(name)] = flat.reshape(shape) if flat.imag.any() else flat.real.reshape(shape)
    return out
