"""pauca: structured-sparse statistical estimation.

Fast C++ solvers behind scikit-learn estimators. Submodules are imported on first use.
"""

import importlib
from typing import Any

# The submodules users reach as pauca.<name>: one line a family.
_SUBMODULES = (
    "bayes",
    "channel",
    "dag",
    "datasets",
    "decomposition",
    "design",
    "graph",
    "inference",
    "label_shift",
    "linear_model",
    "losses",
    "metrics",
    "mixed_model",
    "moments",
    "multitask",
    "penalties",
    "plotting",
    "screening",
    "solvers",
)

__all__ = ["__version__", "assert_certified", "show_versions", *_SUBMODULES]  # noqa: PLE0604


def show_versions() -> None:
    """Print the versions of pauca, its compiled core and its dependencies.

    Examples
    --------
    >>> import pauca
    >>> pauca.show_versions()  # doctest: +ELLIPSIS
    pauca...
    """
    from ._versions import show_versions as show

    show()


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "assert_certified":
        from ._certify import assert_certified

        return assert_certified
    if name == "__version__":
        from importlib.metadata import version

        return version("pauca")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
