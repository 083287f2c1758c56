"""Helpers around training."""

from . import data
