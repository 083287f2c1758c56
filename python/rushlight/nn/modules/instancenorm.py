"""Normalisation of each channel of each image."""

import warnings

from .. import functional as F
from .batchnorm import _LazyNorm, _NormBase

__all__ = [
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d",
]  # fmt: skip


class _InstanceNorm(_NormBase):
    _batched = 0  # dims of an input with a batch

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *,
        bias=True,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _check_input_dim(self, input):
        if input.ndim not in (self._batched - 1, self._batched):
            allowed = f"{self._batched - 1}D or {self._batched}D"
            raise ValueError(f"expected {allowed} input (got {input.ndim}D input)")

    def forward(self, input):
        self._check_input_dim(input)
        single = input.ndim < self._batched
        dim = 0 if single else 1
        if input.shape[dim] != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: "
                    f"{input.shape[dim]}."
                )
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
                "num_features, which is not used because affine=False",
                stacklevel=2,
            )
        made = F.instance_norm(
            input.unsqueeze(0) if single else input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, self.momentum if self.momentum is not None else 0.0, self.eps,
        )  # fmt: skip
        return made.squeeze(0) if single else made

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing, unexpected, errors):
        if local_metadata.get("version") is None and not self.track_running_stats:
            stale = [name for name in ("running_mean", "running_var") if prefix + name in state_dict]
            if stale:
                names = " and ".join(f'"{prefix + name}"' for name in stale)
                errors.append(
                    f"Unexpected running stats buffer(s) {names} for {type(self).__name__} with track_running_stats=False. "
                    f"Take them out of the state, or make the module with track_running_stats=True."
                )
                for name in stale:
                    del state_dict[prefix + name]
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing, unexpected, errors)


class InstanceNorm1d(_InstanceNorm):
    """Mean 0 and variance 1 of each channel of each sample: input of shape (N, C, L) or (C, L).

    Parameters
    ----------
    num_features : int
        Channels.
    eps : float, default 1e-5
        Added to the variance.
    momentum : float, default 0.1
        How far the running statistics move towards each batch's.
    affine : bool, default False
        Are there a weight and, unless `bias` is False, a bias?
    track_running_stats : bool, default False
        Are there running statistics, for evaluation?
    """

    _batched = 3


class InstanceNorm2d(_InstanceNorm):
    """InstanceNorm1d for images: input of shape (N, C, H, W) or (C, H, W)."""

    _batched = 4


class InstanceNorm3d(_InstanceNorm):
    """InstanceNorm1d for volumes: input of shape (N, C, D, H, W) or (C, D, H, W)."""

    _batched = 5


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """:class:`InstanceNorm1d` that takes `num_features` from its first input; the other parameters are the same."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """:class:`InstanceNorm2d` that takes `num_features` from its first input; the other parameters are the same."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """:class:`InstanceNorm3d` that takes `num_features` from its first input; the other parameters are the same."""

    cls_to_become = InstanceNorm3d
