"""Data: datasets, samplers, loaders."""

from .dataloader import DataLoader, default_collate, default_convert  # noqa: F401
from .dataset import *  # noqa: F403
from .sampler import *  # noqa: F403
