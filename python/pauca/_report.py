"""What a solver did: one record for every family, and the one warning for a fit that did not converge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from ._warnings import warn_user


@dataclass(frozen=True)
class SolverReport:
    """What ran and how it ended.

    Attributes
    ----------
    engine : str
        What the solver chose to run.
    status : {"converged", "max_iter", "max_time", "stopped", "stalled"}
        Why it returned: ``stopped`` by a callback, ``stalled`` where the arithmetic allows no further progress.
    n_iter : int
        Outer iterations.
    objective : float
        Final value of the objective.
    criterion, threshold : float
        The figure that is compared with the tolerance, and the value it had to reach.
    seconds : float
        Wall-clock time spent in the solver.
    details : dict
        Further figures of this family.
    """

    engine: str
    status: str
    n_iter: int
    objective: float
    criterion: float
    threshold: float
    seconds: float
    details: Mapping[str, Any]

    @property
    def converged(self) -> bool:
        """Whether the stopping criterion was met."""
        return self.status == "converged"

    @classmethod
    def from_core(cls, report: Mapping[str, Any], **details: Any) -> SolverReport:
        """Build the record from the dictionary that the compiled core returns."""
        return cls(
            engine=str(report["engine"]),
            status=str(report["status"]),
            n_iter=max(int(report["n_iter"]), 1),
            objective=float(report["objective"]),
            criterion=float(report["criterion"]),
            threshold=float(report["threshold"]),
            seconds=float(report["seconds"]),
            details=details,
        )


_REMEDY = {
    "max_iter": "Increase max_iter (now {max_iter}), raise tol, or rescale the data.",
    "max_time": "Increase max_time (now {max_time} s) or raise tol.",
    "stalled": "The arithmetic allows no further progress: raise tol or rescale the data.",
}


def warn_unless_converged(report: SolverReport, estimator: Any, figure: str) -> None:
    """Warn with the figure reached and the remedy; a stop that the user asked for is silent."""
    if report.status in ("converged", "stopped"):
        return
    remedy = _REMEDY[report.status].format(
        max_iter=getattr(estimator, "max_iter", None), max_time=getattr(estimator, "max_time", None)
    )
    warn_user(
        f"{type(estimator).__name__} did not converge ({report.status} after {report.n_iter} iterations): {figure} is "
        f"{report.criterion:.3g}, the tolerance asks for {report.threshold:.3g}. {remedy}",
        ConvergenceWarning,
    )
