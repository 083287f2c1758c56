"""The steps of optimisers: plain definitions in NumPy, which the tests of the optimisers share."""

import numpy as np

from .case import Bad, Case, S, args

# A rule takes a parameter, its gradient (sign and weight decay settled), its state and the options, changes the state
# and gives the new parameter.


def _mean(s, name, g, beta):
    s[name] = beta * s[name] + (1 - beta) * g
    return s[name]


def _moments(s, g, betas):
    s["step"] = s["step"] + 1
    return _mean(s, "exp_avg", g, betas[0]), _mean(s, "exp_avg_sq", g * g, betas[1])


def sgd(p, g, s, *, lr, momentum, dampening, nesterov, first=None):
    if momentum or first is not None:
        if s.get("momentum_buffer") is None or first:
            s["momentum_buffer"] = g
        else:
            s["momentum_buffer"] = momentum * s["momentum_buffer"] + (1 - dampening) * g
        g = g + momentum * s["momentum_buffer"] if nesterov else s["momentum_buffer"]
    return p - lr * g


def adam(p, g, s, *, lr, betas, eps):
    m, v = _moments(s, g, betas)
    if "max_exp_avg_sq" in s:
        v = s["max_exp_avg_sq"] = np.maximum(s["max_exp_avg_sq"], v)
    m, v = m / (1 - betas[0] ** s["step"]), v / (1 - betas[1] ** s["step"])
    return p - lr * m / (np.sqrt(v) + eps)


def nadam(p, g, s, *, lr, betas, eps, momentum_decay):
    m, v = _moments(s, g, betas)
    mu, mu_next = (betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (s["step"], s["step"] + 1))
    s["mu_product"] = s["mu_product"] * mu
    ahead = mu_next * m / (1 - s["mu_product"] * mu_next) + (1 - mu) * g / (1 - s["mu_product"])
    return p - lr * ahead / (np.sqrt(v / (1 - betas[1] ** s["step"])) + eps)


def radam(p, g, s, *, lr, betas, eps):
    m, v = _moments(s, g, betas)
    t, power = s["step"], betas[1] ** s["step"]
    longest = 2 / (1 - betas[1]) - 1
    length = longest - 2 * t * power / (1 - power)
    m = m / (1 - betas[0] ** t)
    if length <= 5:
        return p - lr * m
    rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return p - lr * m * np.sqrt((1 - power) * rectified) / (np.sqrt(v) + eps)


def adamax(p, g, s, *, lr, betas, eps):
    s["step"] = s["step"] + 1
    m = _mean(s, "exp_avg", g, betas[0])
    s["exp_inf"] = np.maximum(betas[1] * s["exp_inf"], np.abs(g) + eps)
    return p - lr / (1 - betas[0] ** s["step"]) * m / s["exp_inf"]


def adagrad(p, g, s, *, lr, lr_decay, eps):
    s["step"] = s["step"] + 1
    s["sum"] = s["sum"] + g * g
    return p - lr / (1 + (s["step"] - 1) * lr_decay) * g / (np.sqrt(s["sum"]) + eps)


def adadelta(p, g, s, *, lr, rho, eps):
    s["step"] = s["step"] + 1
    delta = np.sqrt(s["acc_delta"] + eps) / np.sqrt(_mean(s, "square_avg", g * g, rho) + eps) * g
    _mean(s, "acc_delta", delta * delta, rho)
    return p - lr * delta


def rmsprop(p, g, s, *, lr, alpha, eps, momentum):
    s["step"] = s["step"] + 1
    v = _mean(s, "square_avg", g * g, alpha)
    if "grad_avg" in s:
        v = v - _mean(s, "grad_avg", g, alpha) ** 2
    step = g / (np.sqrt(v) + eps)
    if "momentum_buffer" in s:
        step = s["momentum_buffer"] = momentum * s["momentum_buffer"] + step
    return p - lr * step


def rprop(p, g, s, *, lr, etas, step_sizes):
    s["step"] = s["step"] + 1
    turn = np.sign(g * s["prev"])
    s["step_size"] = np.clip(s["step_size"] * np.choose((turn + 1).astype(int), [etas[0], 1, etas[1]]), *step_sizes)
    s["prev"] = np.where(turn < 0, 0, g)
    return p - np.sign(s["prev"]) * s["step_size"]


def asgd(p, g, s, *, lr, lambd, alpha, t0):
    s["step"] = s["step"] + 1
    p = p * (1 - lambd * s["eta"]) - s["eta"] * g
    s["ax"] = s["ax"] + (p - s["ax"]) * s["mu"]
    s["eta"] = lr / (1 + lambd * lr * s["step"]) ** alpha
    s["mu"] = 1 / np.maximum(1, s["step"] - t0)
    return p


def decayed(rule, p, g, s, *, lr, weight_decay=0.0, maximize=False, decoupled_weight_decay=False, **options):
    """A rule with what comes before it: the gradient's sign, and weight decay."""
    g = -g if maximize else g
    p, g = (p * (1 - lr * weight_decay), g) if decoupled_weight_decay else (p, g + weight_decay * p)
    return rule(p, g, s, lr=lr, **options)


#: the fused rules: definition, states, counters, what the options are called
_ADAM = ("betas", "betas", "eps")
RULES = {
    "sgd": (sgd, (), (), ("momentum", "dampening", "nesterov", "first")),
    "sgd_momentum": (sgd, ("momentum_buffer",), (), ("momentum", "dampening", "nesterov", "first")),
    "adam": (adam, ("exp_avg", "exp_avg_sq"), ("step",), _ADAM),
    "adam_amsgrad": (adam, ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"), ("step",), _ADAM),
    "nadam": (nadam, ("exp_avg", "exp_avg_sq"), ("step", "mu_product"), (*_ADAM, "momentum_decay")),
    "radam": (radam, ("exp_avg", "exp_avg_sq"), ("step",), _ADAM),
    "adamax": (adamax, ("exp_avg", "exp_inf"), ("step",), _ADAM),
    "adagrad": (adagrad, ("sum",), ("step",), ("lr_decay", "eps")),
    "adadelta": (adadelta, ("square_avg", "acc_delta"), ("step",), ("rho", "eps")),
    "rmsprop": (rmsprop, ("square_avg",), ("step",), ("alpha", "eps", "momentum")),
    "rmsprop_momentum": (rmsprop, ("square_avg", "momentum_buffer"), ("step",), ("alpha", "eps", "momentum")),
    "rmsprop_centered": (rmsprop, ("square_avg", "grad_avg"), ("step",), ("alpha", "eps", "momentum")),
    "rmsprop_momentum_centered": (
        rmsprop, ("square_avg", "momentum_buffer", "grad_avg"), ("step",), ("alpha", "eps", "momentum")
    ),
    "rprop": (rprop, ("prev", "step_size"), ("step",), ("etas", "etas", "step_sizes", "step_sizes")),
    "asgd": (asgd, ("ax",), ("step", "eta", "mu"), ("lambd", "alpha", "t0")),
}  # fmt: skip

# ---- one call of the op -----------------------------------------------------------------------------------------------


def optimizer_step(params, rule, grads, states, counters, options):
    definition, state_names, counter_names, names = RULES[rule]
    values = dict(zip(("lr", "weight_decay", "maximize", "decoupled_weight_decay"), options))
    for name, value in zip(names, options[4:]):
        values[name] = (*values[name], value) if name in values else (value,) if names.count(name) > 1 else value
    if rule == "sgd":
        values["first"] = None
    n, made, kept = len(params), [], []
    for i in range(n):
        names = (*state_names, *counter_names)
        state = dict(zip(names, [each[k * n + i] for each in (states, counters) for k in range(len(each) // n)]))
        made.append(decayed(definition, params[i], grads[i], state, **values))
        kept.append([state[name] for name in names])
    return made + [kept[i][k] for k in range(len(kept[0])) for i in range(n)]


def stepped(lib):
    """The op as a function of what it reads to what it wrote."""

    def step(params, rule, grads, states, counters, options):
        lib._C._optimizer_step(params, rule, grads, states, counters, options)
        return params + states + counters

    return step


def numbers(*values):
    return S(values=np.array(values, np.float64), dtype="float64")


def one_step(rule, *options, counters=(3.0, 0.0), shapes=((3, 5), (7,)), dtype="float32"):
    """Arguments of a step of two parameters (as many as there are shapes)."""
    _, states, names, _ = RULES[rule]
    tensors = lambda low=-2.0, high=2.0: [S(*shape, low=low, high=high) for shape in shapes]

    def domain(name):  # what a root is taken of is positive, also after the square of a mean was subtracted
        if name in ("exp_avg", "momentum_buffer", "grad_avg", "prev", "ax"):
            return (-2.0, 2.0)
        return (5.0, 8.0) if "centered" in rule else (0.1, 2.0)

    others = {"mu_product": 0.5, "eta": 0.1, "mu": 0.25}
    return args(
        tensors(),
        rule,
        tensors(),
        [s for name in states for s in tensors(*domain(name))],
        [
            S(values=np.array(others.get(name, counters[i % 2])), dtype=dtype)
            for name in names
            for i in range(len(shapes))
        ],
        numbers(*options),
    )


BETAS = (0.9, 0.99, 1e-8)
OWN = {
    "sgd": (0, 0, 0, 0), "sgd_momentum": (0.9, 0.5, 0, 0), "adam": BETAS, "adam_amsgrad": BETAS, "nadam": (*BETAS, 0.004),
    "radam": (0.9, 0.8, 1e-8), "adamax": BETAS, "adagrad": (0.1, 1e-10), "adadelta": (0.9, 1e-6), "rmsprop": (0.99, 1e-8, 0),
    "rmsprop_momentum": (0.99, 1e-8, 0.9), "rmsprop_centered": (0.9, 0.1, 0), "rmsprop_momentum_centered": (0.9, 0.1, 0.9),
    "rprop": (0.5, 1.2, 0.3, 1.5), "asgd": (0.1, 0.75, 2),
}  # fmt: skip
SAMPLES = {
    rule: [
        one_step(rule, 0.1, 0, 0, 0, *own, dtype="float64"),
        one_step(rule, 0.1, 0.1, 1, 0, *own, dtype="float64"),
        one_step(rule, 0.1, 0.1, 0, 1, *own, dtype="float64" if rule == "nadam" else "float32"),
    ]
    for rule, own in OWN.items()
}
SAMPLES["sgd_momentum"] += [
    one_step("sgd_momentum", 0.1, 0, 0, 0, 0.9, 0, 1, 0),
    one_step("sgd_momentum", 0.1, 0, 0, 0, 0.9, 0.5, 0, 1),
]
SAMPLES["radam"].append(one_step("radam", 0.1, 0, 0, 0, 0.9, 0.99, 1e-8))  # too early to rectify
SAMPLES["asgd"].append(one_step("asgd", 0.1, 0, 0, 0, 0.1, 0.75, 1e6))
BAD = [
    Bad([S(3)], "sgdd", [S(3)], [], [], numbers(0.1, 0, 0, 0, 0, 0, 0, 0), raises=ValueError, match="no rule 'sgdd'"),
    Bad([S(3)], "sgd", [S(4)], [], [], numbers(0.1, 0, 0, 0, 0, 0, 0, 0), raises=RuntimeError, match="grads"),
    Bad([S(3)], "sgd", [S(3)], [], [], numbers(0.1), raises=RuntimeError, match="the options of sgd"),
    Bad([S(3)], "adam", [S(3)], [S(3)], [S()], numbers(0.1, 0, 0, 0, *BETAS), raises=RuntimeError, match="takes 2 states"),
    Bad([S(3)], "adam", [S(3)], [S(3), S(3)], [], numbers(0.1, 0, 0, 0, *BETAS), raises=RuntimeError, match="1 counters"),
    Bad([S(3)], "adam", [S(3)], [S(3), S(3)], [S(2)], numbers(0.1, 0, 0, 0, *BETAS), raises=RuntimeError, match="a counter"),
]  # fmt: skip

CASES = [
    Case(
        "_optimizer_step",
        optimizer_step,
        samples,
        id=f"_optimizer_step-{rule}",
        of=stepped,
        peer=False,
        rows="optimizer_step",
        bound=lambda *_: 32.0,
        ulp=4,
        steps=True,
        large=[one_step(rule, 0.1, 0.1, 0, 0, *OWN[rule], shapes=((301, 401),))],
        bad=BAD if rule == "sgd" else [],
        result=None,
    )
    for rule, samples in SAMPLES.items()
]
