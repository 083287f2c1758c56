"""Stands in for ``torchvision``."""

raise ImportError(
    "torchvision: rushlight.vision is not there yet; this version of rushlight has no datasets, models or transforms of images"
)
