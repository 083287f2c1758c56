"""A weight divided by its largest singular value (Miyato et al., 2018), which power iteration follows."""

from rushlight import _C
from rushlight.autograd import no_grad

from ..parameter import Parameter, is_lazy

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


def normalized(x, eps):
    """x with the norm 1, or divided by eps where it is shorter."""
    return x / _C.norm(x, 2).clamp(min=eps)


def as_matrix(weight, dim):
    """The weight as a matrix whose rows are those of one dim."""
    if dim != 0:
        weight = weight.permute(dim, *[d for d in range(weight.ndim) if d != dim])
    return _C.reshape(weight, (weight.shape[0], -1))


def output_dim(module):
    """The dim of a weight that its layer's outputs lie along."""
    from ..modules import conv

    transposed = tuple(getattr(conv, f"ConvTranspose{n}d") for n in (1, 2, 3))
    return 1 if isinstance(module, transposed) else 0


class SpectralNorm:
    """The hook that makes the weight anew before every forward."""

    def __init__(self, name="weight", n_power_iterations=1, dim=0, eps=1e-12):
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def compute_weight(self, module, do_power_iteration):
        """The weight divided by the singular value that the vectors find."""
        weight, u, v = (getattr(module, self.name + end) for end in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalized(matrix.t() @ u, self.eps))
                    u.copy_(normalized(matrix @ v, self.eps))
                u, v = u.clone(), v.clone()  # the next forward changes the buffers, and this one's backward reads them
        return weight / (u * (matrix @ v)).sum()

    def remove(self, module):
        """One parameter in place of what belongs to it."""
        with no_grad():
            weight = self.compute_weight(module, False)
        for end in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + end)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module, inputs):
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a parameter by its largest singular value before every forward."""
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    hook = SpectralNorm(name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    if is_lazy(weight):
        raise ValueError(
            "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy forward "
            "before applying spectral normalization"
        )
    with no_grad():
        h, w = as_matrix(weight, hook.dim).shape
        u = normalized(weight.new_empty(h).normal_(0, 1), eps)
        v = normalized(weight.new_empty(w).normal_(0, 1), eps)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module, name="weight"):
    """Undo spectral_norm: one parameter again, with the value it has now."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
