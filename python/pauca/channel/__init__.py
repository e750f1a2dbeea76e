"""Channel estimation for links with an intelligent reflecting surface (IRS): simulation, estimation, metrics.

``python -m pauca.channel --help`` is the same from the command line.
"""

from ..bayes._scores import nmse, nmse_scorer
from ._arrays import angle_grid, difference_dictionary, ula_response, ura_response
from ._canyon import load_street_canyon
from ._estimator import IRSChannelEstimator
from ._io import read_tensors, write_tensors
from ._metrics import projection_floor, spectral_efficiency, support_recovery, symbol_error_rate
from ._simulate import SimulatedIRS, draw_patterns, draw_pilots, simulate_irs_mimo
from ._transform import ComplexToReal

__all__ = [
    "ComplexToReal",
    "IRSChannelEstimator",
    "SimulatedIRS",
    "angle_grid",
    "difference_dictionary",
    "draw_patterns",
    "draw_pilots",
    "load_street_canyon",
    "nmse",
    "nmse_scorer",
    "projection_floor",
    "read_tensors",
    "simulate_irs_mimo",
    "spectral_efficiency",
    "support_recovery",
    "symbol_error_rate",
    "ula_response",
    "ura_response",
    "write_tensors",
]
