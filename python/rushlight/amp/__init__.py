"""Training with half precision."""

from .grad_scaler import GradScaler
