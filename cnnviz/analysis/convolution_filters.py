"""What are the weights of a convolution, filter by filter, and what does each slice of a filter add for a picture?

A filter has one slice for each input channel that it reads: with three input channels it can be shown as a picture in
colour, with one as a picture of its own, and with more as its slices side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.batches import prepared_one
from cnnviz.analysis.layers import leaves, module_of, nearby
from cnnviz.compute.device import at_work
from cnnviz.errors import LayerError
from cnnviz.network import evaluating

if TYPE_CHECKING:
    from cnnviz.network import Network

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of one convolution.

    Attributes:
        layer: its path.
        weights: (O, n, kh, kw) float32; filter o makes output channel o from n input channels.
        bias: (O,) float32, or None.
        groups: into how many parts input and output channels are divided; a filter reads its own part only.
    """

    layer: str
    weights: Numbers
    bias: Numbers | None
    groups: int

    def inputs(self, channel: int) -> npt.NDArray[np.int32]:
        """(n,): which input channel each slice of a filter reads. Raises LayerError where there is no such filter."""
        self._check(channel)
        first = self._group(channel) * self.weights.shape[1]
        return np.arange(first, first + self.weights.shape[1], dtype=np.int32)

    def norms(self, channel: int) -> Numbers:
        """(n,): the root of the sum of squares of each slice. Raises LayerError where there is no such filter."""
        self._check(channel)
        return np.sqrt(np.square(self.weights[channel]).sum((1, 2)))

    def contributions(self, channel: int, patches: Numbers) -> Numbers:
        """(n,): what each slice adds to the filter's map on average; with the bias they make up the map's mean.

        ``patches`` come from :func:`mean_patches`. Raises LayerError where there is no such filter.
        """
        self._check(channel)
        added: Numbers = (self.weights[channel] * patches[self._group(channel)]).sum((1, 2))
        return added

    def _group(self, channel: int) -> int:
        return channel * self.groups // len(self.weights)

    def _check(self, channel: int) -> None:
        if not 0 <= channel < len(self.weights):
            raise LayerError(f"{self.layer} has {len(self.weights)} filters, counted from 0; there is no {channel}.")


def filters(network: Network | nn.Module, layer: str) -> Filters:
    """The filters of the convolution at a path; also of a vision transformer's patch embedding, which is one.

    Raises LayerError for a layer that is none, in words that say what it has instead.
    """
    part = _convolution(module_of(network), layer)
    bias = None if part.bias is None else _numbers(part.bias)
    return Filters(layer, _numbers(part.weight), bias, part.groups)


def mean_patches(network: Network | nn.Module, image: Image.Image | Tensor, layer: str) -> Numbers:
    """(groups, n, kh, kw): what stands under each weight on average, while the filter goes over its input.

    The mean of a filter's map is linear in its weights, and this is its slope; so it is exact for every stride,
    dilation and padding. Of a convolution that is called several times the last call counts.

    Raises LayerError as :func:`filters` does, and where the forward pass goes round the layer.
    """
    batch = prepared_one(network, image)
    with at_work():
        watched = evaluating(module_of(network))
        part = _convolution(watched, layer)
        seen: list[Tensor] = []
        hook = part.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
        with torch.no_grad():
            watched(batch)
        hook.remove()
        if not seen:
            raise LayerError(f"The forward pass goes round {layer} in evaluation mode; choose another layer.")
        weights = nn.Parameter(part.weight.detach().clone())
        part._parameters["weight"] = weights  # the replica's own; all others stay shared
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(part(seen[-1]).mean((2, 3)).sum(), weights)
    # All filters of a group read the same.
    return _numbers(slope[:: len(slope) // part.groups])


def _convolution(module: nn.Module, layer: str) -> nn.Conv2d:
    part = dict(module.named_modules(remove_duplicate=False)).get(layer) if layer else None
    if part is None:
        raise LayerError(f'The network has no layer "{layer}"; {nearby(layer, leaves(module))}')
    if isinstance(part, nn.Conv2d):
        return part
    if isinstance(part, nn.Linear):
        raise LayerError(
            f"{layer} is fully connected: each of its {part.out_features:,} units weighs all {part.in_features:,} "
            "inputs at once, so its weights have no rows and columns to be drawn in."
        )
    if isinstance(part, nn.MultiheadAttention):
        raise LayerError(f"{layer} is attention: it makes its weights anew for each picture and has no filters.")
    if next(part.parameters(recurse=False), None) is not None:
        raise LayerError(f"{layer} ({type(part).__name__}) has weights, but none that lie in rows and columns.")
    raise LayerError(f"{layer} ({type(part).__name__}) has no weights of its own.")


def _numbers(tensor: Tensor) -> Numbers:
    found: Numbers = np.array(tensor.detach().float().cpu().numpy(), dtype=np.float32, order="C")
    return found
