"""At which layers can a map of an answer be made, and at which is it made unless one is named?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from cnnviz.analysis.layers import Layer, Shape, input_shape, layer_table, module_of
from cnnviz.analysis.layouts import token_grid
from cnnviz.compute.kept import Kept
from cnnviz.errors import LayerError
from cnnviz.network import evaluating
from cnnviz.network.recording import first_tensor, forward_on_meta, own_kind, without_values_if_possible

if TYPE_CHECKING:
    from cnnviz.network import Network

_joined: Kept[nn.Module, tuple[Shape, str], str] = Kept()


def map_layers(network: Network | nn.Module, shape: Shape | None = None) -> dict[str, tuple[int, int]]:
    """The layers that Grad-CAM and its kin can work at, in execution order: path to the rows and columns of its map.

    Those whose maps have more than one place; in a network that goes on with tokens, also those before its last
    attention. ``shape`` (C, H, W) is the network's own input size unless given.
    """
    table = layer_table(network, shape)
    found = {layer.path: _size(layer) for layer in table if layer.spatial and _has_places(layer)}
    for place in _tokens(table):
        grid = token_grid(table[place].shape[0])
        if grid is not None:
            found[table[place].path] = grid[1], grid[1]
    return found


def default_layer(network: Network | nn.Module, shape: Shape | None = None) -> str:
    """The last layer whose maps have rows and columns; where they are one branch of several, the block that joins them.

    In a network that goes on with tokens, the last layer before its last attention: what follows reads the class token
    only, so that the score does not react to the other tokens there. Raises LayerError where there are no maps.
    """
    module, shape = module_of(network), shape or input_shape(network)
    table = layer_table(module, shape)
    spatial = [place for place, layer in enumerate(table) if layer.spatial and _has_places(layer)]
    found = _tokens(table) or spatial
    if not found:
        raise LayerError("The network has no layer with maps; choose a method that needs no layer.")
    last = table[found[-1]]
    return _joined_after(module, shape, last.path) if last.spatial else last.path


def _tokens(table: tuple[Layer, ...]) -> list[int]:
    """Places of the layers with tokens that the score reacts to, where the network goes on with tokens; else none."""
    attention = [place for place, layer in enumerate(table) if layer.kind == nn.MultiheadAttention.__name__]
    spatial = [place for place, layer in enumerate(table) if layer.spatial and _has_places(layer)]
    if not attention or (spatial and spatial[-1] >= attention[0]):
        return []
    return [place for place in range(attention[-1]) if table[place].layout == "tokens"]


def _size(layer: Layer) -> tuple[int, int]:
    height, width = layer.shape[:2] if layer.layout == "maps-last" else layer.shape[1:]
    return height, width


def _has_places(layer: Layer) -> bool:
    height, width = _size(layer)
    return height * width > 1


def _joined_after(module: nn.Module, shape: Shape, path: str) -> str:
    """The innermost block around a layer that puts out more than the layer did, on the same rows and columns.

    So the last branch of an Inception block leads to the block, which joins all branches, and a branch beside a
    shortcut to the block that adds both. The layer itself where no block does so. Kept as long as the module lives.
    """
    return _joined.of(module, (shape, path), lambda: _follow_joined(module, shape, path))


def _follow_joined(module: nn.Module, shape: Shape, path: str) -> str:
    device, dtype = own_kind(module)
    zeros = torch.zeros(1, *shape, device=device, dtype=dtype)
    return without_values_if_possible(partial(_found_joined, module, zeros, path))


def _found_joined(module: nn.Module, batch: Tensor, path: str, on_meta: bool) -> str:
    watched = evaluating(module)
    parts = dict(watched.named_modules(remove_duplicate=False))
    names = path.split(".")
    around = [".".join(names[:length]) for length in range(len(names), 0, -1)]
    put_out: dict[str, tuple[Tensor, int]] = {}

    def keep(name: str, part: nn.Module, inputs: object, output: object) -> None:
        tensor = first_tensor(output)
        if tensor is not None:
            put_out[name] = tensor, tensor._version  # what is added in place later leaves the same tensor

    for name in around:
        parts[name].register_forward_hook(partial(keep, name))
    with torch.no_grad():
        _ = forward_on_meta(watched, batch) if on_meta else watched(batch)
    size = put_out[path][0].shape[-2:]
    alike = [name for name in around if name in put_out and put_out[name][0].shape[-2:] == size]
    last = put_out[alike[-1]]
    return next(name for name in alike if put_out[name][0] is last[0] and put_out[name][1] == last[1])
