"""Data: datasets, samplers, loaders."""

from .dataloader import DataLoader, default_collate, default_convert
from .dataset import *
from .sampler import *
