"""What did each layer put out for a picture?

Networks overwrite their tensors: ``ReLU(inplace=True)`` after a convolution, ``out += identity`` at the end of a block.
Whoever keeps a reference to a layer's output therefore finds another layer's values in it. Here each output is copied
the moment it is there. Measured, copying what is overwritten only (torch's copy-on-write clones) is no faster.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.batches import prepared_one
from cnnviz.analysis.layers import Layer, layer_reader, leaves, module_of, nearby, without_batch
from cnnviz.errors import LayerError
from cnnviz.network.recording import Leaf, watched_forward

if TYPE_CHECKING:
    from cnnviz.network import Network


def capture(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    layers: Iterable[str] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Activations:
    """What every leaf module of a network puts out for a picture, in evaluation mode and without gradients.

    Args:
        network: a network of the zoo, or any module that takes a batch of pictures.
        image: a picture, prepared by the network's own ``preprocess``; or a tensor (C, H, W) or (1, C, H, W) that is
            ready for the network. A plain module takes a tensor only.
        layers: the paths to keep, out of :func:`cnnviz.analysis.leaves`; all when None. The rest takes no memory.
        dtype: the floating type in which outputs are kept. ``torch.float16`` halves the memory; it is exact to three
            digits and ends at 65504.

    Returns:
        The outputs by path, each in memory of its own.

    Raises:
        LayerError: ``layers`` names a path that is no leaf.
        SettingsError: the image is no single picture, or a picture comes with a plain module.
    """
    module, batch = module_of(network), prepared_one(network, image)
    recorder = _Recorder(_wanted(module, layers), dtype)
    output = watched_forward(module, batch, recorder)
    return Activations(recorder.kept, without_batch(output))


class Activations(Mapping[str, Tensor]):
    """The outputs of a network's leaf modules for one picture, by dotted path, in execution order.

    ``activations[path]`` is the output of that module's last call, ``activations.call(path, n)`` that of call n from
    0. Tensors come without the batch axis: maps are (C, H, W). Of a module with several outputs the first is kept.

    Attributes:
        layers: one record for each kept call, in execution order.
        output: what the network itself put out, of several tensors the first, without the batch axis.
    """

    def __init__(self, outputs: Iterable[tuple[Layer, Tensor]], output: Tensor) -> None:
        self._calls: dict[str, list[Tensor]] = defaultdict(list)
        layers = []
        for layer, tensor in outputs:
            self._calls[layer.path].append(tensor)
            layers.append(layer)
        self._calls.default_factory = None
        self.layers: tuple[Layer, ...] = tuple(layers)
        self.output = output

    def __getitem__(self, path: str) -> Tensor:
        return self.calls(path)[-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def calls(self, path: str) -> tuple[Tensor, ...]:
        """The outputs of all calls of a module, first call first. Raises LayerError for a path that is not kept."""
        if path not in self._calls:
            raise LayerError(f'No output of "{path}" was kept; {nearby(path, self._calls)}')
        return tuple(self._calls[path])

    def call(self, path: str, n: int) -> Tensor:
        """The output of call ``n`` of a module, from 0. Raises LayerError where there was no such call."""
        calls = self.calls(path)
        if not 0 <= n < len(calls):
            raise LayerError(f'"{path}" has no call {n}; it was called {len(calls)} times, counted from 0.')
        return calls[n]

    def __repr__(self) -> str:
        return f"Activations({len(self.layers)} outputs of {len(self)} layers)"


class _Recorder:
    """Keeps the outputs of one pass, each as it is at the moment of its call."""

    def __init__(self, wanted: frozenset[str] | None, dtype: torch.dtype) -> None:
        self._read = layer_reader()
        self._wanted = wanted
        self._dtype = dtype
        self.kept: list[tuple[Layer, Tensor]] = []

    def __call__(self, leaf: Leaf, call: int, output: Tensor) -> None:
        layer = self._read(leaf, call, output)
        if self._wanted is None or leaf.path in self._wanted:
            self.kept.append((layer, without_batch(self._keep(output.detach()))))

    def _keep(self, output: Tensor) -> Tensor:
        """A copy: what the network writes to the output later, or lies around a view of it, stays out of it."""
        if output.is_floating_point() and output.dtype != self._dtype:
            return output.to(self._dtype)
        return output.clone()


def _wanted(module: nn.Module, layers: Iterable[str] | None) -> frozenset[str] | None:
    if layers is None:
        return None
    wanted, known = frozenset(layers), leaves(module)
    for path in sorted(wanted.difference(known)):
        raise LayerError(f'The network has no leaf "{path}"; {nearby(path, known)}')
    return wanted
