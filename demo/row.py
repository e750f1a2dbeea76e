"""One line of the table."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Row:
    """One fitted model beside its peer.

    Attributes
    ----------
    estimator, data : str
        What was fitted to what, the shape of the data included.
    measure : str
        What the scores are: ``"R2"``, ``"accuracy"``, ``"NMSE dB"``; on held-out data where that makes sense.
    score, peer_score : float
        The estimator's figure and the peer's.
    peer : str
        The peer: an equivalent where there is one, what one would use otherwise where not.
    nonzeros : str
        How few parts the model has, ``"13 of 500"``.
    seconds : float
        Time of the fit alone.
    certificate : str
        What vouches for the optimum: ``"gap 1e-9"``, ``"kkt 3e-10"``.
    """

    estimator: str
    data: str
    measure: str
    score: float
    peer: str
    peer_score: float
    nonzeros: str
    seconds: float
    certificate: str


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Result of the call and the seconds it took."""
    start = perf_counter()
    result = call()
    return result, perf_counter() - start
