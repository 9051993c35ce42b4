"""How is a network built: empty, for weights to be put in, or untrained with random ones?"""

import hashlib
from collections.abc import Callable
from inspect import isfunction, signature
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from cnnviz.network.published import SHIPPED, NetworkInfo


def skeleton(info: NetworkInfo) -> nn.Module:
    """The network with its parameters on the meta device: every name and shape, no memory, no random numbers drawn."""
    with _Weightless():
        return _build(info)


def untrained(info: NetworkInfo) -> nn.Module:
    """The network with random weights, drawn as its authors initialise it; the same name gives the same weights.

    The numbers come from a generator of this call: torch's global one is neither read nor moved, so that two learners
    do not disturb one another.
    """
    seed = int.from_bytes(hashlib.sha256(info.name.encode()).digest()[:4], "big")
    with _Seeded(torch.Generator().manual_seed(seed)):
        return _build(info)


def built(make: Callable[[], nn.Module], seed: int | None) -> nn.Module:
    """What `make` builds, with random numbers that depend on `seed` alone; for None on the meta device, without any.

    The numbers are those that torch would draw after ``torch.manual_seed(seed)``.
    """
    with _Weightless() if seed is None else _Seeded(torch.Generator().manual_seed(seed)):
        return make()


def _build(info: NetworkInfo) -> nn.Module:
    if info.name == SHIPPED:
        from timm.models.efficientnet import tf_efficientnet_lite0

        lite0: nn.Module = tf_efficientnet_lite0(pretrained=False)
        return lite0
    if not info.has_weights:
        return _build_untrained(info)
    from torchvision.models import get_model_builder

    module: nn.Module = get_model_builder(info.name)(weights=None, **builder_arguments(info))
    return module


def _build_untrained(info: NetworkInfo) -> nn.Module:
    """A network that is not torchvision's: timm's where it has it, else one of our own."""
    if info.name in TIMM:
        import timm

        module: nn.Module = timm.create_model(TIMM[info.name], pretrained=False)
        return module
    from cnnviz.network.classics import build_classic

    return build_classic(info.name)


TIMM = {
    "mobilenet_v1": "mobilenetv1_100",
    **{name: name for name in ("seresnet18", "seresnet34", "seresnet50", "seresnet101", "seresnet152")},
}
"""Networks that timm builds, with its names for them."""


def builder_arguments(info: NetworkInfo) -> dict[str, Any]:
    """The arguments with which torchvision itself builds the network for its published weights.

    An untrained network gets the same ones: it is the same network, before it learned.
    """
    if info.name == "googlenet":
        return {"transform_input": True, "aux_logits": False, "init_weights": True}
    if info.name == "inception_v3":
        return {"transform_input": True, "aux_logits": True, "init_weights": True}
    if info.family == "Vision Transformer":
        return {"image_size": info.input_size[1]}
    return {}


FILLS = frozenset(
    {torch.Tensor.normal_, torch.Tensor.uniform_, torch.Tensor.bernoulli_}
    | {made for made in vars(nn.init).values() if isfunction(made) and "generator" in signature(made).parameters}
)
"""What fills a tensor that is there with random numbers."""

DRAWS = FILLS | {torch.randn, torch.rand, torch.normal}


class _Weightless(TorchFunctionMode):
    """Tensors made to be filled are made on the meta device; tensors computed from numbers stay real.

    ``torch.device("meta")`` would send all of them there; the RegNets, which compute their widths with tensors, cannot
    be built so.
    """

    FACTORIES = frozenset((torch.empty, torch.zeros, torch.ones, torch.full))

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in FILLS:
            filled = args[0] if args else kwargs["tensor"]
            if filled.is_meta:
                return filled  # torch would take most of the building's time to put nothing into it
        if func in self.FACTORIES and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


class _Seeded(TorchFunctionMode):
    """Whatever draws random numbers without a generator draws from this one.

    Functions of ``nn.init`` come here before they draw, and inside them the mode is off: they are given it themselves.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in DRAWS and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)
