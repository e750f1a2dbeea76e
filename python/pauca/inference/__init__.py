"""What a sparse fit says about the world: stability, false discoveries, intervals."""

from ._bootstrap import BootstrapResult, bootstrap_coefficients
from ._debiased import DebiasedLasso
from ._mfdr import FalseDiscoveries, LocalFalseDiscoveries, local_fdr, mfdr
from ._stability import StabilitySelection

__all__ = [
    "BootstrapResult",
    "DebiasedLasso",
    "FalseDiscoveries",
    "LocalFalseDiscoveries",
    "StabilitySelection",
    "bootstrap_coefficients",
    "local_fdr",
    "mfdr",
]
