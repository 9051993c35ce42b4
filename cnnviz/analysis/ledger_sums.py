"""Which terms does an operation add up, or choose among, for one value of its output?

One rule for each operation: convolutions, matrix products, attention, means and maxima. Each takes the terms from
torch's own float32 inputs and adds them up in float64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.analysis.ledger_data import Kind, Step, Terms, ranked
from cnnviz.analysis.ledger_moves import Places, source
from cnnviz.analysis.ledger_pass import Operation, Pass, Ref
from cnnviz.analysis.ledger_pointwise import Rule
from cnnviz.analysis.ledger_units import number_at, numbers_of, origins, tensor_of
from cnnviz.analysis.ledger_windows import convolution_window


def convolution(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """Channel by channel the pixels under the window times the kernel; groups, dilation, padding, transposed."""
    weights = tensor_of(recorded, operation.args[1])
    if weights.ndim != 4:
        return None
    seen = convolution_window(recorded, operation, value, place)
    ranks = np.abs(seen.pixels * seen.kernel)
    ranks[:, seen.window.outside] = -1.0
    strongest = ranks.reshape(len(ranks), -1).argmax(axis=1)
    places = seen.places.reshape(len(ranks), -1)[np.arange(len(ranks)), strongest]
    units, indices = origins(recorded, seen.value, places)
    bias = None if operation.args[2] is None else float(tensor_of(recorded, operation.args[2])[seen.channel])
    terms = ranked(units, indices, seen.pixels, seen.kernel, bias, seen.window)
    size = f"{seen.kernel.shape[1]}×{seen.kernel.shape[2]}"
    kind = "transposed convolution" if operation.args[6] else "convolution"
    count = len(terms)
    label = f"{kind} {size} over {count} channel{'s' if count > 1 else ''}"
    return summed(recorded, operation, value, place, "convolution", label, terms)


def linear(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``addmm`` and ``mm``: a row of the input times a column of the weights, and the bias."""
    *first, rows, columns = operation.args
    if operation.kwargs or len(first) > 1:
        return None
    left, right = tensor_of(recorded, rows), tensor_of(recorded, columns)
    row, column = divmod(place, right.shape[1])
    places = row * left.shape[1] + np.arange(left.shape[1])
    units, indices = origins(recorded, rows.id, places)
    bias = None
    if first:
        bias = float(tensor_of(recorded, first[0]).expand(left.shape[0], right.shape[1])[row, column])
    terms = ranked(units, indices, numbers_of(left[row]), numbers_of(right[:, column]), bias)
    return summed(recorded, operation, value, place, "linear", f"weighted sum of {len(terms)} values", terms)


def product(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``bmm``: a row of one computed matrix times a column of another; attention's weights times its values."""
    left, right = (tensor_of(recorded, argument) for argument in operation.args[:2])
    batch, row, column = np.unravel_index(place, recorded.values[value].shape)
    inner = np.arange(left.shape[2])
    left_places = (batch * left.shape[1] + row) * left.shape[2] + inner
    right_places = (batch * right.shape[1] + inner) * right.shape[2] + column
    a, b = numbers_of(left[batch, row]), numbers_of(right[batch, :, column])
    weighing = source(recorded, operation.args[0].id, left_places)
    producer = recorded.producers[weighing.value]
    if producer is not None and producer.name == "_softmax":
        units, indices = origins(recorded, operation.args[1].id, right_places)
        label = f"attention over {len(inner)} places"
        return summed(recorded, operation, value, place, "attention", label, ranked(units, indices, b, a))
    units, indices = origins(recorded, operation.args[0].id, left_places)
    label = f"products of {len(inner)} pairs"
    return summed(recorded, operation, value, place, "product", label, ranked(units, indices, a, b))


def attention(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """Scaled dot-product attention: softmax(q·k / √d) over the tokens, as weights of their values."""
    query, key, values = (tensor_of(recorded, argument) for argument in operation.args[:3])
    extra = [
        item for item in (*operation.args[3:], *operation.kwargs.values()) if isinstance(item, Ref) or item is True
    ]
    if extra or query.ndim != 4 or query.shape[1] != key.shape[1]:
        return None
    batch, head, token, feature = np.unravel_index(place, (*query.shape[:3], values.shape[3]))
    scale = operation.kwargs.get("scale") or 1.0 / math.sqrt(query.shape[3])
    scores = numbers_of(key[batch, head]) @ numbers_of(query[batch, head, token]) * scale
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    places = ((batch * values.shape[1] + head) * values.shape[2] + np.arange(len(weights))) * values.shape[3] + feature
    units, indices = origins(recorded, operation.args[2].id, places)
    terms = ranked(units, indices, numbers_of(values[batch, head, :, feature]), weights)
    label = f"attention over {len(weights)} tokens, head {head + 1} of {query.shape[1]}"
    return summed(recorded, operation, value, place, "attention", label, terms)


def mean(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``mean`` and ``sum`` over some axes."""
    pixels = tensor_of(recorded, operation.args[0])
    axes = operation.args[1] if len(operation.args) > 1 and operation.args[1] else range(pixels.ndim)
    gone = sorted(axis % pixels.ndim for axis in axes)
    left = [axis for axis in range(pixels.ndim) if axis not in gone]
    numbered = np.arange(pixels.numel()).reshape(tuple(pixels.shape)).transpose(*left, *gone)
    count = math.prod(pixels.shape[axis] for axis in gone)
    places = numbered.reshape(-1, count)[place]
    return _averaged(recorded, operation, value, place, places, count if operation.name == "mean" else 1)


def average_pool(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``avg_pool2d``, with or without its padding counted."""
    _, kernel, stride, padding, _, counted, divisor = _padded(operation.args, (0, 0, [], 0, False, True, None))
    kernel, padding = _pair(kernel), _pair(padding)
    stride = _pair(stride) if stride else kernel
    shape = tuple(recorded.values[operation.args[0].id].shape)
    starts = [at * step - pad for at, step, pad in zip(_spot(recorded, value, place), stride, padding, strict=True)]
    places = _inside(shape, _plane(recorded, value, place), starts, kernel, (1, 1))
    if divisor is None:
        ends = [
            min(start + taps, size + pad)
            for start, taps, size, pad in zip(starts, kernel, shape[-2:], padding, strict=True)
        ]
        whole = math.prod(end - start for start, end in zip(starts, ends, strict=True))
        divisor = whole if counted else places.size
    return _averaged(recorded, operation, value, place, places.reshape(-1), divisor)


def adaptive_average_pool(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``adaptive_avg_pool2d``: windows from ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉."""
    shape = tuple(recorded.values[operation.args[0].id].shape)
    outputs = recorded.values[value].shape[-2:]
    spots = _spot(recorded, value, place)
    starts = [at * size // count for at, size, count in zip(spots, shape[-2:], outputs, strict=True)]
    ends = [-(-(at + 1) * size // count) for at, size, count in zip(spots, shape[-2:], outputs, strict=True)]
    taps = [end - start for start, end in zip(starts, ends, strict=True)]
    places = _inside(shape, _plane(recorded, value, place), starts, taps, (1, 1)).reshape(-1)
    return _averaged(recorded, operation, value, place, places, places.size)


def max_pool(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``max_pool2d``: the window's values, the winner first; it alone contributes."""
    if value != operation.outputs[0]:
        return None
    _, kernel, stride, padding, dilation, _ = _padded(operation.args, (0, 0, [], 0, 1, False))
    kernel, padding, dilation = _pair(kernel), _pair(padding), _pair(dilation)
    stride = _pair(stride) if stride else kernel
    shape = tuple(recorded.values[operation.args[0].id].shape)
    starts = [at * step - pad for at, step, pad in zip(_spot(recorded, value, place), stride, padding, strict=True)]
    places = _inside(shape, _plane(recorded, value, place), starts, kernel, dilation).reshape(-1)
    pixels = numbers_of(recorded.values[operation.args[0].id].reshape(-1)[torch.from_numpy(places)])
    order = np.argsort(-pixels, kind="stable")
    units, indices = origins(recorded, operation.args[0].id, places[order])
    chosen = np.zeros(len(order))
    chosen[0] = 1.0
    units = tuple(units[place] for place in order) if len(units) > 1 else units
    kept = pixels[order] * chosen
    terms = Terms(units, indices, pixels[order], chosen, kept, kept.cumsum())
    return summed(recorded, operation, value, place, "maximum", f"largest of {len(order)} values", terms)


SUMS: dict[str, Rule] = {
    "convolution": convolution,
    "addmm": linear,
    "mm": linear,
    "bmm": product,
    "mean": mean,
    "sum": mean,
    "avg_pool2d": average_pool,
    "_adaptive_avg_pool2d": adaptive_average_pool,
    "max_pool2d_with_indices": max_pool,
    "_scaled_dot_product_flash_attention_for_cpu": attention,
    "_scaled_dot_product_flash_attention": attention,
    "_scaled_dot_product_efficient_attention": attention,
    "_scaled_dot_product_cudnn_attention": attention,
    "_scaled_dot_product_attention_math": attention,
}
"""The rule of each operation that ends a ledger's way back, by torch's name."""


def summed(recorded: Pass, operation: Operation, value: int, place: int, kind: Kind, label: str, terms: Terms) -> Step:
    """The step of a sum: its total is the terms' and the bias."""
    total = float(terms.contributions.sum()) + (terms.bias or 0.0)
    after = number_at(recorded, value, place)
    return Step(kind, label, operation.path, None, total, after, {}, terms=terms)


def _averaged(recorded: Pass, operation: Operation, value: int, place: int, places: Places, divisor: int) -> Step:
    pixels = numbers_of(recorded.values[operation.args[0].id].reshape(-1)[torch.from_numpy(places)])
    units, indices = origins(recorded, operation.args[0].id, places)
    terms = ranked(units, indices, pixels, np.full(len(pixels), 1.0 / divisor))
    label = f"mean of {len(pixels)} values" if divisor == len(pixels) else f"sum of {len(pixels)} values / {divisor}"
    return summed(recorded, operation, value, place, "mean", label, terms)


def _padded(args: tuple[Any, ...], defaults: tuple[Any, ...]) -> tuple[Any, ...]:
    """Positional arguments with the defaults of those that were not given."""
    return (*args, *defaults[len(args) :])


def _pair(setting: Any) -> tuple[int, int]:
    both = list(setting) if isinstance(setting, list | tuple) else [setting]
    return (both[0], both[-1])


def _spot(recorded: Pass, value: int, place: int) -> tuple[int, int]:
    """Row and column of a place in maps."""
    height, width = recorded.values[value].shape[-2:]
    row, col = divmod(place % (height * width), width)
    return row, col


def _plane(recorded: Pass, value: int, place: int) -> int:
    """Which map, counted over batch and channels, a place lies in."""
    height, width = recorded.values[value].shape[-2:]
    return int(place // (height * width))


def _inside(
    shape: tuple[int, ...], plane: int, starts: list[int], taps: Any, dilation: tuple[int, int]
) -> NDArray[np.int64]:
    """Places of those pixels of a window that lie in the map, (rows, columns)."""
    axes = []
    for start, count, step, size in zip(starts, taps, dilation, shape[-2:], strict=True):
        at = start + np.arange(count, dtype=np.int64) * step
        axes.append(at[(at >= 0) & (at < size)])
    return plane * shape[-2] * shape[-1] + axes[0][:, None] * shape[-1] + axes[1][None, :]
