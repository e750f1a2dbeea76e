"""Screening: mutual information and other measures of dependence for very many features."""

from ._function import mutual_information
from ._screener import MutualInformationScreener

__all__ = ["MutualInformationScreener", "mutual_information"]
