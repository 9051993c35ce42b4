"""Which places of a layer's maps spoke for an answer? Grad-CAM and the two methods grown from it.

Of the three Captum has Grad-CAM only, and it records the gradients of the whole network. Here recording starts at the
layer: what comes before it runs once without, and what comes after may work in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.analysis.attribution_layers import default_layer
from cnnviz.analysis.attribution_question import Question
from cnnviz.analysis.layers import layer_table, layout_within
from cnnviz.analysis.layouts import Layout, as_maps
from cnnviz.errors import LayerError
from cnnviz.network.recording import first_tensor

Combine = Callable[[Tensor, Tensor], Tensor]
"""Maps (C, h, w) and the score's gradients at them to one map (h, w)."""


def layer_map(question: Question, layer: str | None, combine: Combine) -> tuple[str, Tensor]:
    """The layer's path and its map (h, w); ``layer`` is :func:`cnnviz.analysis.default_layer` when None.

    Raises LayerError where the layer has no rows and columns, is unknown, or is not on the way to the score.
    """
    path = default_layer(question.original, question.shape) if layer is None else layer
    value, gradient = _at_layer(question, path)
    layout = _layout(question, path, value)
    return path, combine(as_maps(value[0], layout), as_maps(gradient[0], layout))


def grad_cam(maps: Tensor, gradients: Tensor) -> Tensor:
    """relu(Σ_k α_k A_k), with α_k the mean of ∂score/∂A_k over the map."""
    return torch.einsum("chw,c->hw", maps, gradients.mean((1, 2))).relu()


def grad_cam_plus_plus(maps: Tensor, gradients: Tensor) -> Tensor:
    """relu(Σ_k w_k A_k), w_k = Σ_ij α_ij relu(g_ij), α = g² / (2 g² + g³ Σ A), for the answer exp(score)."""
    squares = gradients.square()
    below = 2 * squares + squares * gradients * maps.sum((1, 2), keepdim=True)
    shares = torch.where(below == 0, torch.zeros_like(below), squares / torch.where(below == 0, 1, below))
    weights = (shares * gradients.relu()).sum((1, 2))
    return torch.einsum("chw,c->hw", maps, weights).relu()


def layer_cam(maps: Tensor, gradients: Tensor) -> Tensor:
    """relu(Σ_k relu(g_k) ⊙ A_k)."""
    return (gradients.relu() * maps).sum(0).relu()


def enlarged(coarse: Tensor, size: tuple[int, int]) -> Tensor:
    """A map (h, w) at another size, between its values by straight lines."""
    return F.interpolate(coarse[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]


def _at_layer(question: Question, path: str) -> tuple[Tensor, Tensor]:
    """What the last call of a layer put out, and the score's gradient there; both with a batch axis of 1."""
    score = question.score
    part = dict(score.network.named_modules(remove_duplicate=False)).get(path) if path else None
    if part is None:
        raise LayerError(f'The network has no layer "{path}"; leave it out for the last one with maps.')
    kept: list[Tensor] = []

    def start_here(module: nn.Module, inputs: Any, output: Any) -> Any:
        value = first_tensor(output)
        if value is None or not value.is_floating_point():
            raise LayerError(f"{path} puts out no maps; choose another layer.")
        kept[:] = [value.detach().requires_grad_()]
        passed_on = kept[0].clone()  # what comes next may write to it
        return passed_on if isinstance(output, Tensor) else (passed_on, *output[1:])

    hook = part.register_forward_hook(start_here)
    try:
        with torch.enable_grad():
            answer = score(question.picture)
    finally:
        hook.remove()
    if not kept:
        raise LayerError(f"The forward pass goes round {path} in evaluation mode; choose another layer.")
    if not answer.requires_grad:
        raise LayerError(f"The answer does not depend on {path}; choose another layer.")
    (gradient,) = torch.autograd.grad(answer.sum(), kept)
    return kept[0].detach(), gradient


def _layout(question: Question, path: str, value: Tensor) -> Layout:
    """How to read the output. Raises LayerError where it has no rows and columns."""
    table = layer_table(question.original, question.shape)
    layout = layout_within(table, path, tuple(value.shape[1:])) if len(value) == 1 else None
    if layout not in ("maps", "maps-last", "tokens"):
        raise LayerError(f"The output of {path} has no rows and columns; choose a layer with maps.")
    return layout
