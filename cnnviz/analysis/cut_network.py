"""What does one layer put out for a batch, without running what comes after it?

The pass ends as soon as the layer is done. That saves the rest of the work, and no later in-place operation can
overwrite what the layer put out. Gradients flow through it where the caller has them on.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models.convnext import LayerNorm2d

from cnnviz.analysis.fields import ReceptiveField
from cnnviz.analysis.layers import layer_table, own_kind
from cnnviz.analysis.layouts import Layout, as_maps
from cnnviz.analysis.receptive_field import receptive_fields
from cnnviz.analysis.recording import first_tensor
from cnnviz.errors import LayerError, SettingsError
from cnnviz.network import replica

if TYPE_CHECKING:
    from cnnviz.network import Network


class CutNetwork:
    """A module cut off after one of its layers; call it with a batch (N, C, H, W) to get maps (N, channels, h, w).

    It runs in evaluation mode on a replica, so the module itself is neither hooked nor changed. Of a leaf that is
    called several times the last call counts, of a block with parts of its own the first.

    Raises:
        LayerError: there is no such layer, it was not reached, or it has no rows and columns.
    """

    def __init__(self, module: nn.Module, path: str, input_size: tuple[int, int, int]) -> None:
        self._twin = replica(module)
        parts = dict(self._twin.named_modules(remove_duplicate=False))
        if path not in parts:
            raise LayerError(f'The network has no layer "{path}"; cnnviz.analysis.receptive_fields lists those it has.')
        for part in self._twin.modules():
            part.training = False
        self.path = path
        self.part = parts[path]
        table = layer_table(module, input_size)
        self._last_call = max((layer.call for layer in table if layer.path == path), default=0)
        self._layouts = {layer.shape: layer.layout for layer in table if f"{layer.path}.".startswith(f"{path}.")}

    def __call__(self, batch: Tensor) -> Tensor:
        output = self._output(batch)
        if len(output) % len(batch) == 0 and len(output) != len(batch):
            raise LayerError(f"{self.path} works on windows cut out of the map; choose a layer with a whole map.")
        shape = tuple(output.shape[1:])
        layout = self._layouts.get(shape) or _by_rank(shape)
        return torch.stack([as_maps(one, layout) for one in output])

    def _output(self, batch: Tensor) -> Tensor:
        calls = 0

        def stop(module: nn.Module, inputs: Any, output: Any) -> None:
            nonlocal calls
            if calls == self._last_call:
                raise _Reached(output)
            calls += 1

        hook = self.part.register_forward_hook(stop)
        try:
            self._twin(batch)
        except _Reached as reached:
            output = first_tensor(reached.output)
        else:
            raise LayerError(f"The forward pass goes round {self.path} in evaluation mode; choose another layer.")
        finally:
            hook.remove()
        if output is None:
            raise LayerError(f"{self.path} puts out no tensor; choose another layer.")
        return output


class _Reached(BaseException):
    """Not an error: it carries the layer's output out of the pass, past whatever a module may catch."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output


def field_of(module: nn.Module, layer: str, input_size: tuple[int, int, int]) -> ReceptiveField:
    """The theoretical field of one layer. Raises LayerError, with the nearest names, where there is no such layer."""
    fields = receptive_fields(module, input_size)
    if layer not in fields:
        near = get_close_matches(layer, list(fields), n=3, cutoff=0.5)
        known = f"near it: {', '.join(near)}." if near else "cnnviz.analysis.receptive_fields lists those it has."
        raise LayerError(f'The network has no layer "{layer}"; {known}')
    return fields[layer]


def prepared(network: Network | nn.Module, images: Any) -> Tensor:
    """Pictures as a batch (N, C, H, W) on the module's device, in its floating type.

    ``images`` is a picture, a tensor (C, H, W) or (N, C, H, W) that is ready for the network, or a sequence of those. A
    plain module takes tensors only.
    """
    prepare: Callable[[Image.Image], Tensor] | None = None if isinstance(network, nn.Module) else network.preprocess
    one_or_more = [images] if isinstance(images, Tensor | Image.Image) else list(images)
    batches = [_batch(image, prepare) for image in one_or_more]
    if not batches or len({one.shape[1:] for one in batches}) > 1:
        raise SettingsError("Give at least one picture, and several only of one size.")
    module = network if isinstance(network, nn.Module) else network.module
    device, dtype = own_kind(module)
    return torch.cat(batches).to(device, dtype)


def centre_unit(height: int, width: int) -> tuple[int, int]:
    """Row and column of the unit in the middle; of an even number the second one of the two."""
    return height // 2, width // 2


def sums_to_constant(part: nn.Module) -> bool:
    """Whether a unit's channels always have the same sum, as after LayerNorm: their sum says nothing of the picture."""
    return isinstance(part, nn.LayerNorm | LayerNorm2d | nn.Softmax)


def _batch(image: Image.Image | Tensor, prepare: Callable[[Image.Image], Tensor] | None) -> Tensor:
    if isinstance(image, Image.Image):
        if prepare is None:
            raise SettingsError("A plain module cannot prepare a picture; give it a tensor (C, H, W).")
        image = prepare(image)
    batch = image[None] if image.ndim == 3 else image
    if batch.ndim != 4:
        raise SettingsError(f"A picture is (C, H, W), several are (N, C, H, W), not {tuple(image.shape)}.")
    return batch


def _by_rank(shape: tuple[int, ...]) -> Layout:
    by_rank: dict[int, Layout] = {1: "vector", 2: "tokens", 3: "maps"}
    return by_rank.get(len(shape), "other")
