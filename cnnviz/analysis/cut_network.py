"""What does one layer put out for a batch, without running what comes after it?

The pass ends as soon as the layer is done. That saves the rest of the work, and no later in-place operation can
overwrite what the layer put out. Gradients flow through it where the caller has them on.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.convnext import LayerNorm2d

from cnnviz.analysis.fields import ReceptiveField
from cnnviz.analysis.layers import layer_table, layout_within, nearby
from cnnviz.analysis.layouts import Layout, as_maps
from cnnviz.analysis.receptive_field import receptive_fields
from cnnviz.errors import LayerError
from cnnviz.network import evaluating
from cnnviz.network.recording import first_tensor, forward_on_meta, own_kind, without_values_if_possible

LISTED = "cnnviz.analysis.receptive_fields"


class CutNetwork:
    """A module cut off after one of its layers; call it with a batch (N, C, H, W) to get maps (N, channels, h, w).

    It runs in evaluation mode on a replica, so the module itself is neither hooked nor changed. Of a layer that is
    called several times the last call counts.

    Raises:
        LayerError: there is no such layer, it was not reached, or it has no rows and columns.
    """

    def __init__(self, module: nn.Module, path: str, input_size: tuple[int, int, int]) -> None:
        self._twin = evaluating(module)
        parts = dict(self._twin.named_modules(remove_duplicate=False))
        if path not in parts:
            raise LayerError(f'The network has no layer "{path}"; {nearby(path, parts, LISTED)}')
        self.path = path
        self.part = parts[path]
        self._table = layer_table(module, input_size)
        self._last_call = self._calls(input_size) - 1

    def __call__(self, batch: Tensor) -> Tensor:
        output = self._output(batch)
        if len(output) % len(batch) == 0 and len(output) != len(batch):
            raise LayerError(f"{self.path} works on windows cut out of the map; choose a layer with a whole map.")
        shape = tuple(output.shape[1:])
        layout = layout_within(self._table, self.path, shape) or _by_rank(shape)
        return torch.stack([as_maps(one, layout) for one in output])

    def _calls(self, input_size: tuple[int, int, int]) -> int:
        """How often a pass calls the part. The table tells it of leaves, and of blocks in which one is called once."""
        called = Counter(layer.path for layer in self._table if f"{layer.path}.".startswith(f"{self.path}."))
        if self.path in called:
            return called[self.path]
        if 1 in called.values():
            return 1
        device, dtype = own_kind(self._twin)
        return without_values_if_possible(
            partial(self._counted, torch.zeros(1, *input_size, device=device, dtype=dtype))
        )

    def _counted(self, batch: Tensor, on_meta: bool) -> int:
        """How often a pass calls the part, by a pass."""
        calls: list[None] = []
        hook = self.part.register_forward_hook(lambda *_: calls.append(None))
        try:
            with torch.no_grad():
                forward_on_meta(self._twin, batch) if on_meta else self._twin(batch)
        finally:
            hook.remove()
        return len(calls)

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
        raise LayerError(f'The network has no layer "{layer}"; {nearby(layer, fields, LISTED)}')
    return fields[layer]


def centre_unit(height: int, width: int) -> tuple[int, int]:
    """Row and column of the unit in the middle; of an even number the second one of the two."""
    return height // 2, width // 2


def sums_to_constant(part: nn.Module) -> bool:
    """Whether a unit's channels always have the same sum, as after LayerNorm: their sum says nothing of the picture."""
    return isinstance(part, nn.LayerNorm | LayerNorm2d | nn.Softmax)


def _by_rank(shape: tuple[int, ...]) -> Layout:
    by_rank: dict[int, Layout] = {1: "vector", 2: "tokens", 3: "maps"}
    return by_rank.get(len(shape), "other")
