"""What do units see of the input, where a network cannot be followed? The gradient of three units of a layer tells.

An estimate, and called so (``probed``): the first, the middle and the last unit of a map are asked, the others lie
between them; pixels whose gradient is zero for this one random picture are missed; padding does not show.
"""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.analysis.fields import Intervals, ReceptiveField
from cnnviz.analysis.layers import Layer, layer_reader
from cnnviz.analysis.layouts import as_maps
from cnnviz.errors import LayerError
from cnnviz.network import evaluating
from cnnviz.network.recording import Leaf, first_tensor, is_leaf, own_kind


def probe(module: nn.Module, shape: tuple[int, ...], seed: int = 0) -> dict[str, ReceptiveField]:
    """The receptive fields of the leaf layers by path, in execution order, from one real pass and a backward pass each.

    ``shape`` is the input's (C, H, W). Layers that no gradient passes, and those without rows and columns that see
    less than everything, are left out. Parameters are read only; they get no gradient.
    """
    device, dtype = own_kind(module)
    generator = torch.Generator().manual_seed(seed)
    picture = torch.randn(1, *shape, generator=generator).to(device, dtype).requires_grad_()
    outputs = _outputs(module, picture)
    fields = {}
    for path, (layer, output) in outputs.items():
        field = _probed(path, layer, output, picture)
        if field is not None:
            fields[path] = field
    return fields


def _outputs(module: nn.Module, picture: Tensor) -> dict[str, tuple[Layer, Tensor]]:
    watched = evaluating(module)
    read, found = layer_reader(), dict[str, tuple[Layer, Tensor]]()

    def keep(leaf: Leaf, output: object) -> None:
        tensor = first_tensor(output)
        if tensor is not None and tensor.requires_grad:
            found.pop(leaf.path, None)
            found[leaf.path] = (read(leaf, 0, tensor), tensor.clone())  # a copy, since what follows may write to it

    with ExitStack() as hooks:
        for path, part in watched.named_modules():
            if path and is_leaf(part):
                leaf = Leaf(path, part, in_attention=False)
                hook = part.register_forward_hook(lambda _, __, output, leaf=leaf: keep(leaf, output))
                hooks.enter_context(hook)
        with torch.enable_grad():
            watched(picture * 1)  # the first module may write to its input
    return found


def _probed(path: str, layer: Layer, output: Tensor, picture: Tensor) -> ReceptiveField | None:
    try:
        maps = as_maps(output[0] if output.shape[0] == 1 else output, layer.layout)
    except LayerError:
        return None
    height, width = maps.shape[-2:]
    units = [(0, 0), (height // 2, width // 2), (height - 1, width - 1)]
    seen = [_extent(maps[..., row, col], picture) for row, col in units]
    if any(extent is None for extent in seen):
        return None
    known = [extent for extent in seen if extent is not None]
    rows, columns = (
        _between([(unit[axis], *extent[axis]) for unit, extent in zip(units, known, strict=True)], length)
        for axis, length in enumerate((height, width))
    )
    size = (picture.shape[-2], picture.shape[-1])
    whole = all(extent == ((0, size[0]), (0, size[1])) for extent in known)
    if layer.layout == "vector" and not whole:
        return None
    return ReceptiveField(
        path=path,
        kind=layer.kind,
        channels=layer.channels,
        map_size=None if layer.layout == "vector" else (height, width),
        input_size=size,
        size=size if whole else (_size(known[1][0]), _size(known[1][1])),
        stride=(0, 0) if whole else (_stride(rows), _stride(columns)),
        padding=(-int(rows[0, 0]), -int(columns[0, 0])),
        regular=whole,
        whole_input=whole,
        gated=False,
        holes=False,
        corners=False,
        probed=True,
        rows=rows,
        columns=columns,
        seen_rows=rows,
        seen_columns=columns,
    )


def _extent(unit: Tensor, picture: Tensor) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Rows and columns of the picture that the values of one unit hang on; None where no gradient arrives."""
    (gradient,) = torch.autograd.grad(unit.sum(), picture, retain_graph=True, allow_unused=True)
    if gradient is None or not gradient.any():
        return None
    reached = gradient[0].ne(0).any(0)
    rows, columns = (reached.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def _between(known: list[tuple[int, int, int]], length: int) -> Intervals:
    """The intervals of all units, those between the known ones by straight lines, rounded outwards."""
    places, first, end = np.array(sorted(set(known))).T
    units = np.arange(length)
    return np.stack([np.floor(np.interp(units, places, first)), np.ceil(np.interp(units, places, end))], axis=1).astype(
        np.int32
    )


def _size(extent: tuple[int, int]) -> int:
    return extent[1] - extent[0]


def _stride(intervals: Intervals) -> int:
    middle = intervals.mean(axis=1)
    return round(float(middle[-1] - middle[0]) / max(1, len(middle) - 1))
