"""The mistake finder: one training step, watched, and what is probably wrong with it in plain words."""

from ._report import Finding, Report
from ._step import check

__all__ = ["Finding", "Report", "check"]
