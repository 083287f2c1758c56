"""Parametrizations that are there already: weights of norm 1 in one sense or another."""

from rushlight.autograd import no_grad
from rushlight.tensor import Tensor

from ..modules.module import Module
from . import parametrize
from .spectral_norm import as_matrix, normalized, output_dim
from .weight_norm import norm_except_dim, normed

__all__ = ["spectral_norm", "weight_norm"]


class _WeightNorm(Module):
    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        return normed(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Train a weight as a length (``original0``, over all dims but one) and a direction (``original1``)."""
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def older_names(state_dict, prefix, *_):
        if prefix + name + "_g" in state_dict and prefix + name + "_v" in state_dict:
            for place, end in enumerate(("_g", "_v")):
                state_dict[f"{prefix}parametrizations.{name}.original{place}"] = state_dict.pop(prefix + name + end)

    module._register_load_state_dict_pre_hook(older_names)
    return module


class _SpectralNorm(Module):
    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        super().__init__()
        n = weight.ndim
        if not -n <= dim < n:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{n}, {n - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim % n, eps
        if n > 1:
            self.n_power_iterations = n_power_iterations
            with no_grad():
                matrix = as_matrix(weight.detach(), self.dim)
                h, w = matrix.shape
                u, v = (matrix.new_empty(size).normal_(0, 1) for size in (h, w))
                self.register_buffer("_u", normalized(u, eps))
                self.register_buffer("_v", normalized(v, eps))
                self._power_method(matrix, 15)

    def _power_method(self, matrix, times):
        with no_grad():
            for _ in range(times):
                self._u.copy_(normalized(matrix @ self._v, self.eps))
                self._v.copy_(normalized(matrix.mH @ self._u, self.eps))

    def forward(self, weight):
        if weight.ndim == 1:
            return normalized(weight, self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next forward changes the buffers
        return weight / (u.conj() * (matrix @ v)).sum()

    def right_inverse(self, value):
        return value


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a weight by its largest singular value, which power iteration follows while training."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    made = _SpectralNorm(weight, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    return parametrize.register_parametrization(module, name, made)
