"""The optimisers, each with options that change what it computes: one table for all their tests."""

from op_cases import optim as reference

TABLE = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True},
    ],
    "Adam": [
        {},
        {"lr": 0.1, "betas": (0.4, 0.9), "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "amsgrad": True},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "AdamW": [{}, {"lr": 0.1, "weight_decay": 0.2, "amsgrad": True}],
    "NAdam": [
        {},
        {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.01},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    ],
    "RAdam": [
        {},
        {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.1},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    ],
    "Adamax": [{}, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}],
    "Adagrad": [{}, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}],
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1, "maximize": True}],
    "RMSprop": [
        {},
        {"momentum": 0.5, "weight_decay": 0.1},
        {"centered": True, "maximize": True, "eps": 1e-2},
        {"momentum": 0.5, "centered": True, "alpha": 0.8, "eps": 1e-2},
    ],
    "Rprop": [{}, {"lr": 0.1, "etas": (0.4, 1.5), "step_sizes": (1e-3, 0.3), "maximize": True}],
    "ASGD": [{}, {"lr": 0.1, "lambd": 0.1, "t0": 5, "weight_decay": 0.1}],
    "Adafactor": [
        {},
        {"lr": 0.1, "weight_decay": 0.1, "d": 1.5, "maximize": True},
        {"eps": (1e-6, 1e-2), "beta2_decay": -0.5},
    ],
    "Muon": [{}, {"lr": 0.01, "nesterov": False, "adjust_lr_fn": "match_rms_adamw"}],
}
CASES = {f"{name}-{number}": (name, options) for name, sets in TABLE.items() for number, options in enumerate(sets)}
#: those whose step is one fused rule
FUSED = {case: given for case, given in CASES.items() if given[0] not in ("Adafactor", "Muon")}
FIRST = {name: sets[0] for name, sets in TABLE.items()}

#: rule, options that are not given, first state
DEFINITIONS = {
    "SGD": (reference.sgd, dict(momentum=0, dampening=0, nesterov=False), lambda p, o: {}),
    "Adam": (reference.adam, dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8), lambda p, o: _zeros(p, o)),
    "AdamW": (
        reference.adam,
        dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, decoupled_weight_decay=True),
        lambda p, o: _zeros(p, o),
    ),
    "NAdam": (
        reference.nadam,
        dict(lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3),
        lambda p, o: {**_zeros(p, o), "mu_product": 1},
    ),
    "RAdam": (reference.radam, dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8), lambda p, o: _zeros(p, o)),
    "Adamax": (
        reference.adamax,
        dict(lr=2e-3, betas=(0.9, 0.999), eps=1e-8),
        lambda p, o: {"step": 0, "exp_avg": 0 * p, "exp_inf": 0 * p},
    ),
    "Adagrad": (
        reference.adagrad,
        dict(lr=1e-2, lr_decay=0, eps=1e-10),
        lambda p, o: {"step": 0, "sum": 0 * p + o.pop("initial_accumulator_value", 0)},
    ),
    "Adadelta": (
        reference.adadelta,
        dict(lr=1.0, rho=0.9, eps=1e-6),
        lambda p, o: {"step": 0, "square_avg": 0 * p, "acc_delta": 0 * p},
    ),
    "RMSprop": (
        reference.rmsprop,
        dict(lr=1e-2, alpha=0.99, eps=1e-8, momentum=0),
        lambda p, o: {
            "step": 0,
            "square_avg": 0 * p,
            **({"momentum_buffer": 0 * p} if "momentum" in o else {}),
            **({"grad_avg": 0 * p} if o.pop("centered", False) else {}),
        },
    ),
    "Rprop": (
        reference.rprop,
        dict(lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50)),
        lambda p, o: {"step": 0, "prev": 0 * p, "step_size": 0 * p + o.get("lr", 1e-2)},
    ),
    "ASGD": (
        reference.asgd,
        dict(lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6),
        lambda p, o: {"step": 0, "ax": 0 * p, "eta": o.get("lr", 1e-2), "mu": 1},
    ),
}


def _zeros(p, options):
    largest = {"max_exp_avg_sq": 0 * p} if options.pop("amsgrad", False) else {}
    return {"step": 0, "exp_avg": 0 * p, "exp_avg_sq": 0 * p, **largest}


def defined(name, options, p, grads):
    """Where the definition leads a parameter, in float64, and the state it leaves."""
    rule, defaults, first = DEFINITIONS[name]
    options = dict(options)
    state = first(p, options)
    for g in grads:
        p = reference.decayed(rule, p, g, state, **{**defaults, **options})
    return p, state
