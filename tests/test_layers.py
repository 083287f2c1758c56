"""Layers and losses from one table, beside PyTorch's: first weights, state-dict keys, printed form, values, gradients, statistics."""

import numpy as np
import pytest

import rushlight as torch

SIGNS, COUNTS = np.array([1.0, -1.0, -1.0, 1.0], np.float32), np.array([0.0, 1.0, 3.0, 2.0], np.float32)
LABELS, WORDS = np.array([2, 0, 1, 2]), np.array([[1, 4, 2], [0, 3, 3]])
SIDES = np.sign(np.random.default_rng(5).standard_normal((4, 5))).astype(np.float32)
SHARES = np.full((4, 5), 0.2, np.float32)


def numbers(seed, *shape, low=None):
    made = np.random.default_rng(seed).standard_normal(shape)
    return (made if low is None else np.abs(made) + low).astype(np.float32)


A, B, C = (numbers(i, 4, 5) for i in range(3))
IMAGE, VOLUME, LINE = numbers(3, 4, 6, 5, 5), numbers(4, 2, 6, 3, 4, 4), numbers(5, 4, 6, 7)
RATES = 1 / (1 + np.exp(-A))

#: what makes a module of a library's `nn`, and what it is called with
MODULES = {
    "LayerNorm": (lambda nn: nn.LayerNorm(5), A),
    "LayerNorm of two dims": (lambda nn: nn.LayerNorm((5, 5), eps=1e-3), IMAGE),
    "LayerNorm without bias": (lambda nn: nn.LayerNorm(5, bias=False), A),
    "LayerNorm without weights": (lambda nn: nn.LayerNorm(5, elementwise_affine=False), A),
    "RMSNorm": (lambda nn: nn.RMSNorm(5), A),
    "RMSNorm with eps": (lambda nn: nn.RMSNorm([5], eps=1e-2), A),
    "GroupNorm": (lambda nn: nn.GroupNorm(3, 6), IMAGE),
    "GroupNorm without weights": (lambda nn: nn.GroupNorm(2, 6, affine=False), LINE),
    "BatchNorm1d": (lambda nn: nn.BatchNorm1d(5), A),
    "BatchNorm1d of lines": (lambda nn: nn.BatchNorm1d(6, momentum=None), LINE),
    "BatchNorm2d": (lambda nn: nn.BatchNorm2d(6), IMAGE),
    "BatchNorm2d without weights": (lambda nn: nn.BatchNorm2d(6, affine=False), IMAGE),
    "BatchNorm2d without statistics": (lambda nn: nn.BatchNorm2d(6, track_running_stats=False), IMAGE),
    "BatchNorm3d": (lambda nn: nn.BatchNorm3d(6, eps=1e-2), VOLUME),
    "BatchNorm2d, evaluated": (lambda nn: nn.BatchNorm2d(6).eval(), IMAGE),
    "InstanceNorm1d": (lambda nn: nn.InstanceNorm1d(6), LINE),
    "InstanceNorm2d": (lambda nn: nn.InstanceNorm2d(6, affine=True), IMAGE),
    "InstanceNorm2d with statistics": (lambda nn: nn.InstanceNorm2d(6, track_running_stats=True), IMAGE),
    "InstanceNorm3d": (lambda nn: nn.InstanceNorm3d(6), VOLUME),
    "LocalResponseNorm": (lambda nn: nn.LocalResponseNorm(3), IMAGE),
    "CELU": (lambda nn: nn.CELU(1.5), A), "ELU": (lambda nn: nn.ELU(0.7), A), "GELU": (lambda nn: nn.GELU("tanh"), A),
    "GLU": (lambda nn: nn.GLU(1), LINE), "Hardshrink": (lambda nn: nn.Hardshrink(0.3), A), "Hardsigmoid": (lambda nn: nn.Hardsigmoid(), A),
    "Hardswish": (lambda nn: nn.Hardswish(), A), "Hardtanh": (lambda nn: nn.Hardtanh(-0.5, 0.7), A), "LeakyReLU": (lambda nn: nn.LeakyReLU(0.2), A),
    "LogSigmoid": (lambda nn: nn.LogSigmoid(), A), "LogSoftmax": (lambda nn: nn.LogSoftmax(1), A), "Mish": (lambda nn: nn.Mish(), A),
    "PReLU": (lambda nn: nn.PReLU(), A), "PReLU by channel": (lambda nn: nn.PReLU(6, 0.1), IMAGE), "RReLU": (lambda nn: nn.RReLU().eval(), A),
    "ReLU": (lambda nn: nn.ReLU(), A), "ReLU6": (lambda nn: nn.ReLU6(), A), "SELU": (lambda nn: nn.SELU(), A), "Sigmoid": (lambda nn: nn.Sigmoid(), A),
    "SiLU": (lambda nn: nn.SiLU(), A), "Softmax": (lambda nn: nn.Softmax(0), A), "Softmax2d": (lambda nn: nn.Softmax2d(), IMAGE),
    "Softmin": (lambda nn: nn.Softmin(1), A), "Softplus": (lambda nn: nn.Softplus(2.0, 3.0), A), "Softshrink": (lambda nn: nn.Softshrink(0.2), A),
    "Softsign": (lambda nn: nn.Softsign(), A), "Tanh": (lambda nn: nn.Tanh(), A), "Tanhshrink": (lambda nn: nn.Tanhshrink(), A),
    "Threshold": (lambda nn: nn.Threshold(0.1, -3.0), A),
    "Dropout": (lambda nn: nn.Dropout(0.3), IMAGE), "Dropout1d": (lambda nn: nn.Dropout1d(0.4), LINE), "Dropout2d": (lambda nn: nn.Dropout2d(0.4), IMAGE),
    "Dropout3d": (lambda nn: nn.Dropout3d(0.4), VOLUME), "AlphaDropout": (lambda nn: nn.AlphaDropout(0.3), IMAGE),
    "FeatureAlphaDropout": (lambda nn: nn.FeatureAlphaDropout(0.3), IMAGE),
    "Embedding": (lambda nn: nn.Embedding(5, 3), WORDS), "Embedding with padding": (lambda nn: nn.Embedding(5, 3, padding_idx=3), WORDS),
    "Embedding by frequency": (lambda nn: nn.Embedding(5, 3, scale_grad_by_freq=True), WORDS),
    "Embedding of bounded norm": (lambda nn: nn.Embedding(5, 3, max_norm=0.5), WORDS),
    "EmbeddingBag": (lambda nn: nn.EmbeddingBag(5, 3), WORDS), "EmbeddingBag, sums": (lambda nn: nn.EmbeddingBag(5, 3, mode="sum"), WORDS),
    "EmbeddingBag, largest": (lambda nn: nn.EmbeddingBag(5, 3, mode="max"), WORDS),
    "EmbeddingBag with offsets": (lambda nn: nn.EmbeddingBag(5, 3, padding_idx=3), WORDS.reshape(-1), np.array([0, 2, 2])),
    "Bilinear": (lambda nn: nn.Bilinear(5, 5, 3), A, B), "Bilinear without bias": (lambda nn: nn.Bilinear(5, 5, 3, bias=False), A, B),
    "CosineSimilarity": (lambda nn: nn.CosineSimilarity(1), A, B), "PairwiseDistance": (lambda nn: nn.PairwiseDistance(3.0, keepdim=True), A, B),
    "Unflatten": (lambda nn: nn.Unflatten(1, (2, 3)), LINE), "Identity": (lambda nn: nn.Identity(3), A),
    "L1Loss": (lambda nn: nn.L1Loss(), A, B), "MSELoss": (lambda nn: nn.MSELoss(reduction="sum"), A, B), "SmoothL1Loss": (lambda nn: nn.SmoothL1Loss(beta=0.4), A, B),
    "HuberLoss": (lambda nn: nn.HuberLoss(delta=0.6), A, B), "BCELoss": (lambda nn: nn.BCELoss(), RATES, SHARES), "BCEWithLogitsLoss": (lambda nn: nn.BCEWithLogitsLoss(), A, SHARES),
    "CrossEntropyLoss": (lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=0), A, LABELS), "CrossEntropyLoss of shares": (lambda nn: nn.CrossEntropyLoss(), A, SHARES),
    "NLLLoss": (lambda nn: nn.NLLLoss(reduction="none"), A, LABELS), "KLDivLoss": (lambda nn: nn.KLDivLoss(reduction="batchmean"), A, SHARES),
    "KLDivLoss of logarithms": (lambda nn: nn.KLDivLoss(reduction="sum", log_target=True), A, B), "PoissonNLLLoss": (lambda nn: nn.PoissonNLLLoss(full=True), A[:, 0], COUNTS),
    "PoissonNLLLoss of means": (lambda nn: nn.PoissonNLLLoss(log_input=False), numbers(7, 4, low=0.1), COUNTS), "GaussianNLLLoss": (lambda nn: nn.GaussianNLLLoss(full=True), A, B, numbers(8, 4, 5, low=0.1)),
    "SoftMarginLoss": (lambda nn: nn.SoftMarginLoss(), A, SIDES), "HingeEmbeddingLoss": (lambda nn: nn.HingeEmbeddingLoss(0.8), A, SIDES),
    "MarginRankingLoss": (lambda nn: nn.MarginRankingLoss(0.1), A[:, 0], B[:, 0], SIGNS), "CosineEmbeddingLoss": (lambda nn: nn.CosineEmbeddingLoss(0.1), A, B, SIGNS),
    "TripletMarginLoss": (lambda nn: nn.TripletMarginLoss(swap=True), A, B, C), "TripletMarginWithDistanceLoss": (lambda nn: nn.TripletMarginWithDistanceLoss(margin=0.5), A, B, C),
    "MultiMarginLoss": (lambda nn: nn.MultiMarginLoss(p=2, margin=0.5), A, LABELS), "MultiLabelMarginLoss": (lambda nn: nn.MultiLabelMarginLoss(), A, np.array([[3, 0, -1, 1, 2]] * 4)),
    "MultiLabelSoftMarginLoss": (lambda nn: nn.MultiLabelSoftMarginLoss(), A, SHARES),
    "CTCLoss": (lambda nn: nn.CTCLoss(zero_infinity=True), numbers(9, 6, 2, 4), np.array([[1, 2, 2], [3, 0, 0]]), np.array([6, 2]), np.array([3, 1])),
}  # fmt: skip


def ran(lib, make, given):
    lib.manual_seed(0)
    module = make(lib.nn)
    first = [p.detach().numpy().copy() for p in module.parameters()]
    inputs = [lib.tensor(x) for x in given]
    if "CTC" in type(module).__name__:
        inputs[0] = lib.log_softmax(inputs[0], 2)
    inputs = [x.requires_grad_(place == 0 and x.is_floating_point()) for place, x in enumerate(inputs)]
    made = module(*inputs)
    if made.requires_grad:
        (made * lib.tensor(numbers(11, *made.shape))).sum().backward()
    found = [made, *(x.grad for x in inputs), *(p.grad for p in module.parameters()), *module.buffers()]
    return module, first, [None if x is None else x.detach().numpy() for x in found]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODULES)
def test_a_layer_is_pytorchs(peer, name):
    make, *given = MODULES[name]
    theirs, first, wanted = ran(peer, make, given)
    ours, begun, found = ran(torch, make, given)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for a, b in zip(begun, first, strict=True):
        assert np.array_equal(a, b)
    for a, b in zip(found, wanted, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)


def test_every_layer_of_the_table_runs_without_pytorch():
    for make, *given in MODULES.values():
        _, _, found = ran(torch, make, given)
        assert np.isfinite(found[0]).all()


def test_layer_norm_by_the_formula():
    x = A.astype(np.float64)
    want = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(torch.nn.LayerNorm(5)(torch.tensor(A)).detach().numpy(), want, rtol=1e-5, atol=1e-6)


def test_batch_norm_learns_its_statistics():
    norm = torch.nn.BatchNorm2d(6, momentum=0.5)
    norm(torch.tensor(IMAGE))
    np.testing.assert_allclose(norm.running_mean.numpy(), IMAGE.mean((0, 2, 3)) / 2, rtol=1e-5, atol=1e-6)
    variance = IMAGE.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(norm.running_var.numpy(), 0.5 + variance / 2, rtol=1e-5)
    assert norm.num_batches_tracked.item() == 1


def test_lazy_norms_take_their_size_from_the_first_batch():
    for kind in ("LazyBatchNorm2d", "LazyInstanceNorm2d"):
        norm = getattr(torch.nn, kind)()
        norm(torch.tensor(IMAGE))
        assert type(norm).__name__ == kind.removeprefix("Lazy")
        assert norm.weight.shape == (6,) and norm.running_mean.shape == (6,)


#: functions of the flat namespace whose arguments are not those of nn.functional
FLAT = {
    "layer_norm": lambda lib, x: lib.layer_norm(x, (5,)),
    "group_norm": lambda lib, x: lib.group_norm(x, 5),
    "batch_norm": lambda lib, x: lib.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False),
    "rms_norm": lambda lib, x: lib.rms_norm(x, (5,)),
    "binary_cross_entropy_with_logits": lambda lib, x: lib.binary_cross_entropy_with_logits(x, x.sigmoid(), None, None, 2),
    "cosine_embedding_loss": lambda lib, x: lib.cosine_embedding_loss(x, x + 1, lib.tensor(SIGNS), 0.1, 0),
    "hinge_embedding_loss": lambda lib, x: lib.hinge_embedding_loss(x, lib.tensor(SIDES)),
    "kl_div": lambda lib, x: lib.kl_div(x, x.softmax(1), 2),
    "margin_ranking_loss": lambda lib, x: lib.margin_ranking_loss(x[:, 0], x[:, 1], lib.tensor(SIGNS)),
    "poisson_nll_loss": lambda lib, x: lib.poisson_nll_loss(x, x.abs(), True, False, 1e-8, 1),
    "triplet_margin_loss": lambda lib, x: lib.triplet_margin_loss(x, x + 1, x.flip(0)),
    "embedding": lambda lib, x: lib.embedding(x, lib.tensor(LABELS)),
    "embedding_bag": lambda lib, x: lib.embedding_bag(x, lib.tensor(LABELS), lib.tensor([0, 2]))[0],
    "celu": lambda lib, x: lib.celu(x, 0.7),
    "selu_": lambda lib, x: lib.selu_(x.clone()),
    "threshold": lambda lib, x: lib.threshold(x, 0.1, 3.0),
    "bilinear": lambda lib, x: lib.bilinear(x, x, lib.ones(2, 5, 5)),
    "pdist": lambda lib, x: lib.pdist(x),
    "cosine_similarity": lambda lib, x: lib.cosine_similarity(x, x + 1),
    "alpha_dropout": lambda lib, x: lib.alpha_dropout(x, 0.3, True),
    "dropout_": lambda lib, x: lib.dropout_(x.clone(), 0.3, True),
    "feature_alpha_dropout": lambda lib, x: lib.feature_alpha_dropout(x, 0.3, True),
}  # fmt: skip


@pytest.mark.parametrize("name", FLAT)
def test_the_flat_form_is_pytorchs(peer, name):
    found = []
    for lib in (torch, peer):
        lib.manual_seed(3)
        found.append(FLAT[name](lib, lib.tensor(A)).numpy())
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-6)


def test_a_norm_is_folded_into_what_stands_before_it():
    fusion, nn = torch.nn.utils, torch.nn
    cases = [
        (nn.Conv2d(6, 4, 3, bias=False), nn.BatchNorm2d(4), IMAGE, fusion.fuse_conv_bn_eval),
        (nn.Linear(5, 4), nn.BatchNorm1d(4), A, fusion.fuse_linear_bn_eval),
    ]
    for layer, norm, x, fuse in cases:
        x = torch.tensor(x)
        for _ in range(3):
            norm(layer(x + torch.randn_like(x)))
        layer.eval()
        norm.eval()
        torch.testing.assert_close(fuse(layer, norm)(x), norm(layer(x)), rtol=1e-5, atol=1e-5)


def test_update_bn_sees_every_batch_once():
    net = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.BatchNorm1d(3))
    batches = [torch.tensor(A), torch.tensor(B)]
    torch.optim.swa_utils.update_bn(batches, net)
    with torch.no_grad():
        means = torch.stack([net[0](x).mean(0) for x in batches])
    torch.testing.assert_close(net[1].running_mean, means.mean(0), rtol=1e-5, atol=1e-6)
    assert net[1].momentum == 0.1
