"""What is a layer or an operation for, and which operations are no step of their own in a network's graph?"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torchvision.ops import StochasticDepth

from cnnviz.network.graph_data import Role
from cnnviz.network.operations import Operation
from cnnviz.network.recording import ATTENTION

_KINDS: tuple[tuple[type[nn.Module] | tuple[type[nn.Module], ...], Role], ...] = (
    (_ConvNd, "convolution"),
    ((nn.Linear, nn.Bilinear), "linear"),
    (tuple(ATTENTION), "attention"),
    (StochasticDepth, "dropout"),
    ((nn.Flatten, nn.Unflatten, nn.PixelShuffle, nn.ZeroPad2d), "reshape"),
)
_ROOMS: dict[str, Role] = {
    "torch.nn.modules.pooling": "pooling",
    "torch.nn.modules.batchnorm": "normalisation",
    "torch.nn.modules.instancenorm": "normalisation",
    "torch.nn.modules.normalization": "normalisation",
    "torch.nn.modules.activation": "activation",
    "torch.nn.modules.dropout": "dropout",
}
"""Of torch's own layers, by the module that they are written in."""

_ARITHMETIC = frozenset(("add", "sub", "rsub", "mul", "div"))
_OPERATIONS: dict[Role, frozenset[str]] = {
    "join": _ARITHMETIC | {"cat", "stack", "maximum", "minimum", "addcmul"},
    "convolution": frozenset(("convolution",)),
    "linear": frozenset(("addmm", "mm", "bmm", "baddbmm", "linear")),
    "normalisation": frozenset(("native_batch_norm", "native_layer_norm", "native_group_norm", "batch_norm")),
    "activation": frozenset((
        "relu", "hardtanh", "silu", "gelu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "leaky_relu", "elu", "mish",
        "softplus", "clamp", "clamp_min", "softmax", "log_softmax", "prelu",
    )),
    "pooling": frozenset((
        "mean", "sum", "avg_pool2d", "max_pool2d_with_indices", "adaptive_avg_pool2d", "adaptive_max_pool2d", "amax",
    )),
}  # fmt: skip
_MOVES = frozenset((
    "clone", "to_copy", "copy", "constant_pad_nd", "roll", "index", "index_select", "flip", "unsafe_view",
    "native_channel_shuffle", "channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "lift_fresh", "repeat", "neg",
    "reflection_pad2d", "replication_pad2d", "slice_scatter", "select_scatter",
))  # fmt: skip
"""Operations that give the same values in another order, with zeros perhaps."""


def stands_for_none(module: nn.Module) -> bool:
    """Whether a layer only fills a place: ``nn.Identity``, or a list of no layers."""
    return isinstance(module, nn.Identity) or (isinstance(module, nn.Sequential) and not len(module))


def role_of_module(module: nn.Module) -> Role:
    """What a layer is for; by its name where torch does not have it."""
    for kinds, role in _KINDS:
        if isinstance(module, kinds):
            return role
    known = next((_ROOMS[kind.__module__] for kind in type(module).__mro__ if kind.__module__ in _ROOMS), None)
    if known is not None:
        return known
    name = type(module).__name__.lower()
    return "normalisation" if "norm" in name else "dropout" if "drop" in name else "other"


def role_of_operation(name: str) -> Role:
    """What an operation is for, by its ATen name."""
    plain = name.strip("_")
    return next((role for role, names in _OPERATIONS.items() if plain in names), "other")


def folded(operation: Operation, tensors: Sequence[Tensor]) -> bool:
    """Whether an operation is no node: it moves values about, or changes their scale by a constant number."""
    name = operation.name.strip("_")
    scaled = name in _ARITHMETIC and sum(tensor.ndim > 0 for tensor in tensors) == 1
    return scaled or name in _MOVES
