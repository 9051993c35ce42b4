"""Do our counts agree with the published ones, network by network?

Published are the numbers that torchvision gives with its weights: parameters, and billions of multiply-adds to three
digits after the point. Auxiliary heads are the one thing in which they are not counted alike; both totals are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from cnnviz.analysis.costs import layer_costs
from cnnviz.network.construction import skeleton
from cnnviz.network.published import NetworkInfo, network_info

WITHIN = 0.01
"""Multiply-adds agree within this part of the published ones, or within the rounding of those."""

ROUNDING = 0.0005e9

HEADS = {
    "googlenet": "The published count leaves out the two auxiliary heads, which only training uses.",
    "inception_v3": "The published count includes the auxiliary head, which only training uses.",
}
"""Networks with auxiliary heads, and how torchvision counts them."""


@dataclass(frozen=True, slots=True)
class PublishedCost:
    """The published counts of one network beside ours, for one picture of the size that belongs to the weights.

    Attributes:
        network: the network's name in the zoo.
        input_size: (C, H, W).
        published_parameters, parameters: of the network as its weights are published.
        used_parameters: what a pass in evaluation mode uses: no auxiliary head.
        all_parameters: with all auxiliary heads.
        published_multiply_adds: rounded to a million; None where none are published.
        multiply_adds: ours.
        explanation: what is counted differently; empty where nothing is.
    """

    network: str
    input_size: tuple[int, int, int]
    published_parameters: int
    parameters: int
    used_parameters: int
    all_parameters: int
    published_multiply_adds: float | None
    multiply_adds: int
    explanation: str

    @property
    def parameters_agree(self) -> bool:
        """Whether the parameters are the same number."""
        return self.parameters == self.published_parameters

    @property
    def multiply_adds_agree(self) -> bool:
        """Whether the multiply-adds are within 1 %, or within the published rounding. True where none are published."""
        if self.published_multiply_adds is None:
            return True
        allowed = max(WITHIN * self.published_multiply_adds, ROUNDING)
        return abs(self.multiply_adds - self.published_multiply_adds) <= allowed


@cache
def published_cost(name: str) -> PublishedCost:
    """The published counts of a network of the zoo beside ours; NetworkError where there is none of that name."""
    info = network_info(name)
    module = skeleton(info)
    facts = _facts(info)
    layers = layer_costs(module, info.input_size)
    own = sum(parameter.numel() for parameter in module.parameters())
    return PublishedCost(
        network=name,
        input_size=info.input_size,
        published_parameters=facts.get("num_params", info.parameters),
        parameters=own,
        used_parameters=sum(layer.parameters for layer in layers),
        all_parameters=_with_heads(name) if name in HEADS else own,
        published_multiply_adds=published_multiply_adds(info),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        explanation=HEADS.get(name, ""),
    )


def published_multiply_adds(info: NetworkInfo) -> float | None:
    """What torchvision gives with the weights, rounded to a million; None where none are published. Builds nothing."""
    facts = _facts(info)
    return facts["_ops"] * 1e9 if "_ops" in facts else None


def _facts(info: NetworkInfo) -> dict[str, Any]:
    """What torchvision says of the very weights that the zoo has; nothing of a network that is not torchvision's."""
    from torchvision.models import get_model_weights, list_models

    if info.name not in list_models():
        return {}
    return next((entry.meta for entry in get_model_weights(info.name) if entry.url == info.url), {})


def _with_heads(name: str) -> int:
    from torchvision.models import get_model_builder

    with torch.device("meta"):
        module = get_model_builder(name)(weights=None, aux_logits=True, init_weights=False)
    return sum(parameter.numel() for parameter in module.parameters())
