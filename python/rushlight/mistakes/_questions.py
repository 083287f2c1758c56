"""The questions that are put to a step. Each looks at a `Step` and gives findings, or nothing.

A question must be silent about a step that is right: what is merely unusual is no finding.
"""

import math

from rushlight import _C, nn

from ._report import Finding

__all__ = ["AFTER_LOSS", "AFTER_STEP", "BEFORE"]

#: outputs that are probabilities, and those that are their logarithms
_PROBABILITIES, _LOGARITHMS = (nn.Softmax, nn.Softmax2d), (nn.LogSoftmax,)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def _is_float(x):
    return isinstance(x, _C.TensorBase) and x.is_floating_point()


def _loss_name(step):
    """The loss, by the name of its class or function."""
    return getattr(step.loss_fn, "__name__", type(step.loss_fn).__name__)


def _is_loss(step, *names):
    return _loss_name(step) in names


def _last(step):
    """The module that made the model's output."""
    for module, call in reversed(step.calls.items()):
        if call.output is step.output and next(module.children(), None) is None:
            return module
    return None


# ---- before the step ----


def inputs(step):
    """Inputs that no net likes: NaN, whole numbers where the first layer takes floats, far from 0."""
    for x in step.input:
        if not _is_float(x) or not x.numel():
            continue
        where = "input"
        if not x.isfinite().all():
            yield Finding("input not finite", where, "it holds NaN or infinities; every gradient will be NaN")
            continue
        spread, mean = x.std(correction=0).item(), x.mean().item()
        if x.numel() > 1 and spread == 0:
            yield Finding("constant input", where, f"all of its elements are {mean:g}")
        elif abs(mean) > 20 or spread > 20:
            yield Finding(
                "input not normalised", where,
                f"its mean is {mean:.3g} and its standard deviation {spread:.3g}; subtract the mean and divide by the deviation, or "
                "divide pixels by 255",
            )  # fmt: skip


def modes(step):
    """`eval()` left on, or on for some modules alone."""
    sensitive = (nn.modules.batchnorm._NormBase, *_DROPOUTS)
    off = [m for m in step.model.modules() if isinstance(m, sensitive) and not m.training]
    if not step.model.training:
        yield Finding(
            "wrong mode", "model", "it is in eval mode while it is trained; call model.train() before each epoch"
        )
    elif off:
        names = ", ".join(step.path(m) for m in off[:3])
        yield Finding(
            "wrong mode",
            names,
            "in eval mode while the rest is trained; frozen on purpose, or model.train() forgotten?",
        )


_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


def rates(step):
    """A rate of zero, or one that no net survives."""
    for place, group in enumerate(step.optimizer.param_groups):
        rate, kind = float(group["lr"]), type(step.optimizer).__name__
        where = "optimizer" if len(step.optimizer.param_groups) == 1 else f"optimizer, group {place}"
        if rate == 0:
            yield Finding("rate of zero", where, "lr is 0: nothing will be learned. Has a scheduler run to its end?")
        elif rate >= (1 if kind.startswith(("Ada", "NAdam", "RAdam", "RMS")) else 10) and kind not in (
            "Adadelta",
            "LBFGS",
        ):
            yield Finding("rate too high", where, f"lr is {rate:g}; for {kind} 0.001 to 0.1 is usual")


def belongings(step):
    """Parameters of the model that the optimizer has not, and the other way about."""
    held = {id(p) for group in step.optimizer.param_groups for p in group["params"]}
    missing = [n for n, p in step.parameters.items() if p.requires_grad and id(p) not in held]
    own = {id(p) for p in step.parameters.values()}
    if held and not held & own:
        yield Finding(
            "another model's optimizer", "optimizer",
            "it has none of this model's parameters; make it after the model, from model.parameters()",
        )  # fmt: skip
    elif missing:
        yield Finding(
            "parameter missing from optimizer", ", ".join(missing[:4]) + (" ..." if len(missing) > 4 else ""),
            "not in the optimizer, so never changed; a layer added later, or a list that is no ModuleList?",
        )  # fmt: skip


def hidden_modules(step):
    """Modules in plain lists and dicts, whose parameters nobody finds."""
    for owner in step.model.modules():
        for name, value in vars(owner).items():
            if name.startswith("_"):
                continue
            items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
            if any(isinstance(item, nn.Module) for item in items):
                kind = "ModuleDict" if isinstance(value, dict) else "ModuleList"
                path = f"{step.paths[owner]}.{name}".lstrip(".")
                yield Finding(
                    "modules in a plain list", path,
                    f"a plain {type(value).__name__} of modules: their parameters are neither trained nor saved; use nn.{kind}",
                )  # fmt: skip


def stale_gradients(step):
    """Gradients from before: zero_grad forgotten."""
    if step.had_gradients:
        yield Finding(
            "gradients of an earlier step", "optimizer",
            ".grad is there before the step: call optimizer.zero_grad() in each, unless gradients are to add up",
        )  # fmt: skip


def stacked_layers(step):
    """Linear layers with nothing between them; a bias that a norm takes away again."""
    for owner in step.model.modules():
        if not isinstance(owner, nn.Sequential):
            continue
        layers = list(owner)
        for a, b in zip(layers, layers[1:]):
            linear = isinstance(a, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d))
            if linear and type(a) is type(b):
                yield Finding(
                    "no activation between layers", f"{step.path(a)} and {step.path(b)}",
                    f"two {type(a).__name__} layers in a row can do no more than one; put an activation between them",
                )  # fmt: skip


# ---- after the loss ----


def shapes(step):
    """An output and a target that broadcast: (n, 1) against (n,)."""
    out, target = step.output, step.target
    if not (_is_float(out) and _is_float(target)) or out.shape == target.shape:
        return
    if _is_loss(step, *_REGRESSIONS):
        help = "target.unsqueeze(1)" if out.ndim == target.ndim + 1 else "target.reshape(output.shape)"
        yield Finding(
            "output and target broadcast", "loss",
            f"the output has shape {list(out.shape)} and the target {list(target.shape)}: every output is compared with every target. "
            f"Use {help}, or output.squeeze(1)",
        )  # fmt: skip


_REGRESSIONS = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def probabilities(step):
    """A softmax before cross entropy, none before the negative log likelihood, a sigmoid twice."""
    last, out = _last(step), step.output
    if not _is_float(out) or out.ndim < 2:
        if _is_loss(step, "BCEWithLogitsLoss", "binary_cross_entropy_with_logits") and isinstance(last, nn.Sigmoid):
            yield _sigmoid_twice(step, last)
        return
    if _is_loss(step, "CrossEntropyLoss", "cross_entropy"):
        rows = out.detach().sum(1)
        if isinstance(last, _PROBABILITIES) or (
            (out >= 0).all() and (rows - 1).abs().max() < 1e-3 and out.shape[1] > 1
        ):
            yield Finding(
                "softmax before cross entropy", step.path(last) if last else "model",
                "the output is probabilities already, and cross entropy takes the softmax once more: the gradients get small. Give it "
                "the scores themselves",
            )  # fmt: skip
        elif isinstance(last, (nn.ReLU, nn.Sigmoid, nn.ReLU6)):
            yield Finding(
                "activation before cross entropy", step.path(last),
                f"{type(last).__name__} keeps scores from being negative; end with the linear layer",
            )  # fmt: skip
    if _is_loss(step, "NLLLoss", "nll_loss"):
        total = out.detach().exp().sum(1)
        if (total - 1).abs().max() > 1e-2:
            yield Finding(
                "no log-softmax before NLLLoss", step.path(last) if last else "model",
                "NLLLoss takes logarithms of probabilities, and these are none: end with LogSoftmax, or use CrossEntropyLoss",
            )  # fmt: skip
    if _is_loss(step, "BCEWithLogitsLoss", "binary_cross_entropy_with_logits") and isinstance(last, nn.Sigmoid):
        yield _sigmoid_twice(step, last)


def _sigmoid_twice(step, last):
    return Finding(
        "sigmoid before logits", step.path(last),
        "BCEWithLogitsLoss takes the sigmoid itself: leave it out, or use BCELoss",
    )  # fmt: skip


def ranges(step):
    """Targets that the last layer cannot give."""
    last, out, target = _last(step), step.output, step.target
    if not (_is_float(out) and _is_float(target)) or not target.numel() or out.shape != target.shape:
        return
    low, high = target.min().item(), target.max().item()
    reach = {
        nn.Sigmoid: (0, 1),
        nn.Tanh: (-1, 1),
        nn.ReLU: (0, math.inf),
        nn.Softplus: (0, math.inf),
        nn.Softmax: (0, 1),
    }
    bounds = reach.get(type(last))
    if bounds and (low < bounds[0] or high > bounds[1]):
        yield Finding(
            "target out of reach", step.path(last),
            f"{type(last).__name__} gives {bounds[0]} to {bounds[1]}, and the target goes from {low:.3g} to {high:.3g}",
        )  # fmt: skip


def values(step):
    """A loss or an output that is no number, outputs that do not depend on the input."""
    if not step.loss.isfinite().all():
        bad = [m for m, c in step.calls.items() if _is_float(c.output) and not c.output.isfinite().all()]
        where = step.path(bad[0]) if bad else "loss"
        yield Finding(
            "loss not finite",
            where,
            f"the loss is {step.loss.item()}; the first values that are no numbers are made here",
        )
        return
    out = step.output
    if _is_float(out) and out.ndim > 1 and len(out) > 1 and step.input and _is_float(step.input[0]):
        x = step.input[0]
        differ = len(x) == len(out) and (x != x[:1]).any()
        if differ and (out == out[:1]).all():
            yield Finding("same output for all", "model", "the output is the same for every example of the batch")


def cut_graph(step):
    """A loss that does not lead back to the parameters."""
    if not step.loss.requires_grad:
        yield Finding(
            "loss without a graph", "loss",
            "the loss does not lead back to any parameter: a detach(), .item(), .data, argmax, numpy or no_grad() is in the way, or "
            "all parameters are frozen",
        )  # fmt: skip


def single_examples(step):
    """A batch norm that sees one example."""
    for module, call in step.calls.items():
        x = call.input[0] if call.input else None
        if isinstance(module, _NORMS) and module.training and _is_float(x) and len(x) < 4:
            yield Finding(
                "small batch for a norm", step.path(module),
                f"statistics of {len(x)} examples; use larger batches, or GroupNorm",
            )  # fmt: skip


def dead_units(step):
    """ReLUs of which most never open."""
    for module, call in step.calls.items():
        out = call.output
        if not isinstance(module, nn.ReLU) or not _is_float(out) or out.ndim < 2 or len(out) < 8:
            continue
        dead = (out <= 0).flatten(1).all(0).float().mean().item()
        if dead > 0.9:
            yield Finding(
                "dead units", step.path(module),
                f"{100 * dead:.0f}% of its units are 0 for every example: they get no gradient. A smaller rate, a smaller bias, or LeakyReLU",
            )  # fmt: skip


def unused_modules(step):
    """Layers with parameters that the forward pass does not call."""
    idle = step.idle()
    if idle:
        yield Finding("unused module", ", ".join(idle[:4]), "has parameters, but the forward pass does not call it")


# ---- after the step ----


def gradients(step):
    """Parameters without a gradient, and layers whose gradients vanish or explode."""
    lost, sizes, idle = [], {}, set(step.idle())
    for name, p in step.parameters.items():
        owner = name.rpartition(".")[0]
        if not p.requires_grad or owner in idle:
            continue
        grad = step.grads[name]
        if grad is None:
            lost.append(name)
        elif not grad.isfinite().all():
            yield Finding("gradient not finite", name, "its gradient holds NaN or infinities")
            return
        elif p.ndim > 1:
            sizes[name] = grad.norm().item() / math.sqrt(max(grad.numel(), 1))
    if lost:
        yield Finding(
            "no gradient", ", ".join(lost[:4]) + (" ..." if len(lost) > 4 else ""),
            "used, but the loss does not lead back to it: look for detach(), .data, .item(), argmax or no_grad() behind it",
        )  # fmt: skip
    largest = max(sizes.values(), default=0.0)
    if largest > 1e3:
        worst = max(sizes, key=sizes.get)
        yield Finding(
            "exploding gradients",
            worst,
            f"its gradient is {largest:.3g} an element; clip_grad_norm_, or a smaller start",
        )
    zero = [n for n, s in sizes.items() if s == 0]
    small = [n for n, s in sizes.items() if 0 < s < 1e-6 * largest]
    if zero and largest > 0:
        yield Finding(
            "gradient of zero", ", ".join(zero[:4]), "its gradient is exactly 0: everything behind it is dead or masked"
        )
    elif small:
        yield Finding(
            "vanishing gradients", ", ".join(small[:4]),
            f"its gradient is less than a millionth of {max(sizes, key=sizes.get)}'s; norms, residuals or ReLU help",
        )  # fmt: skip


def updates(step):
    """A step that changes nothing, or too much."""
    moved = {n: (step.after[n] - b).abs().max().item() for n, b in step.before.items() if step.grads.get(n) is not None}
    rate = max(float(group["lr"]) for group in step.optimizer.param_groups)
    if moved and rate > 0 and not any(moved.values()) and any(g.any() for g in step.grads.values() if g is not None):
        yield Finding("nothing moved", "optimizer", "no parameter was changed by step(), though there are gradients")
    for name, after in step.after.items():
        if not after.isfinite().all() and step.before[name].isfinite().all():
            yield Finding("parameter not finite", name, "it holds NaN or infinities after the step; a smaller rate?")
            return


BEFORE = (inputs, modes, rates, belongings, hidden_modules, stale_gradients, stacked_layers)
AFTER_LOSS = (shapes, probabilities, ranges, values, cut_graph, single_examples, dead_units, unused_modules)
AFTER_STEP = (gradients, updates)
