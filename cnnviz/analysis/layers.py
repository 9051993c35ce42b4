"""Which layers does a network run, in what order, and what is the shape of what each puts out?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from cnnviz.analysis.layouts import Layout, LayoutReader
from cnnviz.compute.kept import Kept
from cnnviz.network.recording import ATTENTION, Leaf, is_leaf, own_kind, watched_forward, without_values_if_possible

if TYPE_CHECKING:
    from cnnviz.network import Network

Shape = tuple[int, int, int]

PICTURE: Shape = (3, 224, 224)
"""The shape (C, H, W) that a plain module is asked about when none is given."""

_tables: Kept[nn.Module, Shape, tuple[Layer, ...]] = Kept()


@dataclass(frozen=True)
class Layer:
    """One call of one leaf module.

    Attributes:
        path: the module's dotted path in the network.
        call: which call of this module it is, from 0.
        kind: the module's class name.
        shape: the shape of what it put out, without the batch axis.
        layout: how to read the shape, see :data:`cnnviz.analysis.layouts.Layout`.
    """

    path: str
    call: int
    kind: str
    shape: tuple[int, ...]
    layout: Layout

    @property
    def spatial(self) -> bool:
        """Whether the output keeps rows and columns of its own: "maps" or "maps-last"."""
        return self.layout in ("maps", "maps-last")

    @property
    def channels(self) -> int:
        """How many numbers stand at one place: of maps, tokens and windows their features, of a list all of them."""
        return self.shape[0] if self.layout in ("maps", "vector") else self.shape[-1]


def leaves(module: nn.Module) -> tuple[str, ...]:
    """The paths whose calls are recorded, in the order of definition.

    These are the modules without children, and attention; of attention's children those are left out that only store
    weights for it. A path listed here is not called when the forward pass goes round it, as it does round an auxiliary
    head in evaluation mode. A module that stands in several places has the path of the first.
    """
    stores = {
        id(getattr(parent, child))
        for parent in module.modules()
        for attention, children in ATTENTION.items()
        if isinstance(parent, attention)
        for child in children
    }
    return tuple(path for path, part in module.named_modules() if is_leaf(part) and id(part) not in stores)


def layer_table(network: Network | nn.Module, shape: Shape | None = None) -> tuple[Layer, ...]:
    """Every call of every leaf in execution order, for a picture of ``shape`` (C, H, W), without computing any value.

    ``shape`` is the network's own input size unless given, and (3, 224, 224) for a plain module. Shapes come from a
    pass on the meta device; a network that cannot do that gets one real pass on zeros. The table is kept as long as
    the module lives, so the module must not be rebuilt meanwhile.
    """
    module, shape = module_of(network), shape or input_shape(network)
    return _tables.of(module, shape, lambda: _trace(module, shape))


def layer_reader() -> Callable[[Leaf, int, Tensor], Layer]:
    """A function that turns the calls of one pass, told in execution order, into their records."""
    layouts = LayoutReader()

    def read(leaf: Leaf, call: int, output: Tensor) -> Layer:
        shape = tuple(output.shape)
        batched = len(shape) > 1 and shape[0] == 1
        shape = shape[1:] if batched else shape
        return Layer(leaf.path, call, type(leaf.module).__name__, shape, layouts.read(leaf, shape, batched))

    return read


def without_batch(output: Tensor) -> Tensor:
    """The output without its batch axis of size 1; windows folded into that axis stay as they are."""
    return output[0] if output.ndim > 1 and output.shape[0] == 1 else output


def layout_within(table: Iterable[Layer], path: str, shape: tuple[int, ...]) -> Layout | None:
    """How to read what the module at ``path`` put out, a block's output as that of the last leaf in it of this shape.

    Where a block joins branches, as that of the last leaf of these rows and columns. ``shape`` is without the batch
    axis. None where no leaf in it puts out such a shape.
    """
    inside = f"{path}." if path else ""
    leaves_inside = [entry for entry in table if f"{entry.path}.".startswith(inside) and len(entry.shape) == len(shape)]
    found = [entry.layout for entry in leaves_inside if entry.shape == shape]
    joined = [entry.layout for entry in leaves_inside if entry.spatial and _places(entry) == _places(entry, shape)]
    known = found or joined
    return known[-1] if known else None


def nearby(path: str, known: Iterable[str], listed: str = "cnnviz.analysis.leaves(module)") -> str:
    """The end of a sentence about an unknown path: which known ones are like it, or else where they are listed."""
    near = get_close_matches(path, list(known), n=3, cutoff=0.5)
    return f"near it: {', '.join(near)}." if near else f"the paths are listed by {listed}."


def module_of(network: Network | nn.Module) -> nn.Module:
    """The module of a network of the zoo; a plain module is its own."""
    return network if isinstance(network, nn.Module) else network.module


def input_shape(network: Network | nn.Module) -> Shape:
    """The shape (C, H, W) of a network's own input; :data:`PICTURE` of a plain module, which does not tell."""
    return PICTURE if isinstance(network, nn.Module) else network.input_size


def _places(layer: Layer, shape: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Rows and columns of a layer's output, or of another shape read in the same way."""
    shape = layer.shape if shape is None else shape
    return shape[1:] if layer.layout == "maps" else shape[:-1]


def _trace(module: nn.Module, shape: Shape) -> tuple[Layer, ...]:
    device, dtype = own_kind(module)
    zeros = torch.zeros(1, *shape, device=device, dtype=dtype)
    return without_values_if_possible(partial(_layers, module, zeros))


def _layers(module: nn.Module, batch: Tensor, on_meta: bool) -> tuple[Layer, ...]:
    read = layer_reader()
    found: list[Layer] = []
    watched_forward(module, batch, lambda *called: found.append(read(*called)), on_meta)
    return tuple(found)
