"""Data: datasets, samplers, loaders."""

from .dataloader import DataLoader, default_collate, default_convert, get_worker_info
from .dataset import *
from .sampler import *
