"""show_versions: what a bug report should say."""

import importlib.metadata
import platform
import sys

from . import _core


def show_versions() -> None:
    """Print versions of pauca, of its compiled core and of what it runs on."""
    info = _core.build_info()
    print(f"pauca      {info['version']}")
    print(f"core       {info['arch']} ({info['compiler']}, Eigen {info['eigen']}, {info['simd']})")
    print(f"python     {sys.version.split()[0]} on {platform.platform()}")
    for package in ("numpy", "scipy", "scikit-learn", "joblib", "matplotlib", "pandas", "networkx"):
        try:
            print(f"{package:<10} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            print(f"{package:<10} not installed")
