"""What does an operation make of one value: a normalisation, an activation, a gate, an addition of two branches?

One rule for each operation. All but additions and gates change one value into one, so that a ledger can go through them
in both directions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map

from cnnviz.analysis.ledger_data import BATCH_NORM, Step, Unit, ranked
from cnnviz.analysis.ledger_pass import Operation, Pass, Ref
from cnnviz.analysis.ledger_units import entries, number_at, numbers_of, origins, tensor_of

Rule = Callable[[Pass, Operation, int, int], Step | None]
"""Called with the pass, the operation, the value it made and the place in it; None where it cannot tell."""

ACTIVATIONS = frozenset((
    "relu", "hardtanh", "silu", "gelu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "leaky_relu", "elu",
    "selu", "celu", "softplus", "mish", "log_sigmoid", "hardshrink", "softshrink", "threshold", "clamp",
    "clamp_min", "clamp_max", "relu6", "rrelu_with_noise", "_prelu_kernel", "exp", "neg", "abs", "sqrt", "rsqrt", "pow",
    "reciprocal", "log", "square",
))  # fmt: skip
"""Functions of one number, which are run again on that number alone."""

SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "/"}


def activation(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """A function of one number: run again in float64 on that number."""
    live = [entry for entry in operation.inputs() if recorded.live[entry]]
    shape = recorded.values[value].shape
    if len(live) != 1 or recorded.values[live[0]].shape != shape:
        return None
    before = number_at(recorded, live[0], place)
    total = _again(recorded, operation, live[0], place, shape)
    after = number_at(recorded, value, place)
    text = f"{operation.name}({_show(before)}) = {_show(after)}"
    return Step("activation", operation.name, operation.path, before, total, after, {}, text, largest=abs(before))


def arithmetic(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """``add``, ``sub``, ``mul``, ``div``: with a number or parameter a change of scale, else two branches meeting."""
    operands = list(operation.args[:2])
    if len(operands) != 2 or any(key != "alpha" for key in operation.kwargs):
        return None
    if operation.kwargs.get("alpha", 1) != 1 or not any(isinstance(item, Ref) for item in operands):
        return None
    live = [isinstance(item, Ref) and recorded.live[item.id] for item in operands]
    if all(live) or (operation.name == "add" and all(isinstance(item, Ref) for item in operands)):
        return _meeting(recorded, operation, value, place)
    return _scaled(recorded, operation, value, place, live.index(True) if True in live else 0)


def batch_norm(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """(x − mean) / √(variance + ε) · γ + β with the channel's stored numbers, or those of its own plane."""
    image, weight, bias, mean, variance, training, _, epsilon = operation.args[:8]
    channel = int(entries(recorded, value, np.array([place]))[0][0])
    if training:
        plane = numbers_of(tensor_of(recorded, image))[0, channel]
        middle, spread = float(plane.mean()), float(plane.var())
    else:
        middle, spread = (float(tensor_of(recorded, stored)[channel]) for stored in (mean, variance))
    gains = _gains(recorded, weight, bias, channel)
    label = "instance normalisation" if training else BATCH_NORM
    return _normalised(recorded, operation, value, place, label, (middle, spread, *gains, float(epsilon)))


def layer_norm(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """The same with mean and variance of the unit's own row of values."""
    image, shape, weight, bias, epsilon = operation.args[:5]
    length = math.prod(shape)
    at = place % length
    row = numbers_of(tensor_of(recorded, image).reshape(-1)[place - at : place - at + length])
    gains = _gains(recorded, weight, bias, at)
    found = (float(row.mean()), float(row.var()), *gains, float(epsilon))
    return _normalised(recorded, operation, value, place, f"layer normalisation over {length} values", found)


def group_norm(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """The same with mean and variance of the unit's group of channels."""
    image, weight, bias, _, channels, _, groups, epsilon = operation.args[:8]
    maps = numbers_of(tensor_of(recorded, image))[0].reshape(groups, -1)
    channel = int(entries(recorded, value, np.array([place]))[0][0])
    group = maps[channel * groups // channels]
    gains = _gains(recorded, weight, bias, channel)
    found = (float(group.mean()), float(group.var()), *gains, float(epsilon))
    return _normalised(recorded, operation, value, place, f"group normalisation over {group.size} values", found)


def softmax(recorded: Pass, operation: Operation, value: int, place: int) -> Step | None:
    """exp(x) over the sum of all exp along the axis."""
    argument, axis = operation.args[:2]
    image = numbers_of(tensor_of(recorded, argument))
    index = np.unravel_index(place, image.shape)
    before = float(image[index])
    row = np.moveaxis(image, axis, -1)[tuple(np.delete(index, axis))]
    top = float(row.max())
    whole = float(np.exp(row - top).sum())
    total, after = math.exp(before - top) / whole, number_at(recorded, value, place)
    numbers = {"largest": top, "sum": whole}
    text = f"exp({_show(before)} − {_show(top)}) / {_show(whole)} = {_show(after)}"
    label = f"softmax over {len(row)} values"
    return Step("softmax", label, operation.path, before, total, after, numbers, text)


POINTWISE: dict[str, Rule] = {
    "native_batch_norm": batch_norm,
    "cudnn_batch_norm": batch_norm,
    "miopen_batch_norm": batch_norm,
    "native_layer_norm": layer_norm,
    "native_group_norm": group_norm,
    **dict.fromkeys(ACTIVATIONS, activation),
    **dict.fromkeys(SIGNS, arithmetic),
    "_softmax": softmax,
}
"""The rule of each operation that works value by value, by torch's name."""


def carried(recorded: Pass, operation: Operation) -> int:
    """The value whose entry an operation of one value changes: the live one, else the first."""
    inputs = operation.inputs()
    return next((entry for entry in inputs if recorded.live[entry]), inputs[0])


def _meeting(recorded: Pass, operation: Operation, value: int, place: int) -> Step:
    """Two branches added, subtracted, multiplied or divided, each with its own source."""
    units: list[Unit] = []
    indices, inputs = [], []
    for operand in operation.args[:2]:
        at = _spread(recorded, operand.id, value, place)
        (unit,), entry = origins(recorded, operand.id, np.array([at]))
        units.append(unit)
        indices.append(entry[0])
        inputs.append(number_at(recorded, operand.id, at))
    after = number_at(recorded, value, place)
    sign = SIGNS[operation.name]
    text = f"{_show(inputs[0])} {sign} {_show(inputs[1])} = {_show(after)}"
    if operation.name in ("add", "sub"):
        weights = np.array([1.0, 1.0 if operation.name == "add" else -1.0])
        terms = ranked(tuple(units), _aligned(indices), np.array(inputs), weights)
        label = f"{'addition' if operation.name == 'add' else 'difference'} of two branches"
        return Step("addition", label, operation.path, None, float(terms.contributions.sum()), after, {}, text, terms)
    factors = [inputs[1], inputs[0]] if operation.name == "mul" else [1.0 / inputs[1] if inputs[1] else math.inf, 0.0]
    total = inputs[0] * factors[0]
    # Both sources are shown as terms, each beside what it meets; nothing is added up.
    shown = ranked(tuple(units), _aligned(indices), np.array(inputs), np.array(factors))
    label = "gate: one value times another" if operation.name == "mul" else "one value divided by another"
    largest = max(abs(number) for number in inputs)
    return Step(
        "gate", label, operation.path, inputs[0], total, after, {"factor": factors[0]}, text, shown, largest=largest
    )


def _scaled(recorded: Pass, operation: Operation, value: int, place: int, live: int) -> Step | None:
    """A computed value and a number or parameter."""
    carrier, other = operation.args[live], operation.args[1 - live]
    if recorded.values[carrier.id].shape != recorded.values[value].shape:
        return None
    before = number_at(recorded, carrier.id, place)
    number = (
        number_at(recorded, other.id, _spread(recorded, other.id, value, place)) if isinstance(other, Ref) else other
    )
    pair = (before, float(number)) if live == 0 else (float(number), before)
    total = _calculated(operation.name, *pair)
    after = number_at(recorded, value, place)
    text = f"{_show(pair[0])} {SIGNS[operation.name]} {_show(pair[1])} = {_show(after)}"
    label = f"{SIGNS[operation.name]} {recorded.name(other.id) if isinstance(other, Ref) else _show(float(number))}"
    largest = max(abs(before), abs(pair[0] + pair[1]) if operation.name in ("add", "sub") else 0.0)
    return Step("scale", label, operation.path, before, total, after, {"number": float(number)}, text, largest=largest)


def _calculated(name: str, left: float, right: float) -> float:
    if name == "mul":
        return left * right
    if name == "div":
        return left / right if right else math.nan
    return left + right if name == "add" else left - right


def _normalised(
    recorded: Pass, operation: Operation, value: int, place: int, label: str, found: tuple[float, ...]
) -> Step:
    middle, spread, weight, bias, epsilon = found
    before, after = number_at(recorded, operation.args[0].id, place), number_at(recorded, value, place)
    scale = weight / math.sqrt(spread + epsilon)
    total = (before - middle) * scale + bias
    names = ("mean", "variance", "weight", "bias", "epsilon")
    text = (
        f"({_show(before)} − {_show(middle)}) / √({_show(spread)} + {_show(epsilon)}) × {_show(weight)} + {_show(bias)}"
        f" = {_show(after)}"
    )
    largest = max(abs(before * scale), abs(middle * scale), abs(bias))
    numbers = dict(zip(names, found, strict=True))
    return Step("norm", label, operation.path, before, total, after, numbers, text, largest=largest)


def _gains(recorded: Pass, weight: Any, bias: Any, entry: int) -> tuple[float, float]:
    """γ and β of a channel; 1 and 0 where the layer has none."""
    gain = 1.0 if weight is None else float(tensor_of(recorded, weight).reshape(-1)[entry])
    shift = 0.0 if bias is None else float(tensor_of(recorded, bias).reshape(-1)[entry])
    return gain, shift


def _again(recorded: Pass, operation: Operation, carrier: int, place: int, shape: Any) -> float:
    """The operation run again on one number in float64; parameters of the same shape follow to their own entry."""

    def alone(item: Any) -> Any:
        if not isinstance(item, Ref):
            return item
        tensor = recorded.values[item.id]
        if tensor.numel() > 1:
            at = place if tensor.shape == shape else _spread(recorded, item.id, -1, place, shape)
            return torch.tensor([number_at(recorded, item.id, at)], dtype=torch.float64)
        return tensor.detach().to("cpu", torch.float64, copy=True).reshape(1)

    args, kwargs = tree_map(alone, (operation.args, operation.kwargs))
    return float(operation.function(*args, **kwargs))


def _spread(recorded: Pass, operand: int, value: int, place: int, shape: Any = None) -> int:
    """The place in an operand that broadcasting lays under a place of the result."""
    own = tuple(recorded.values[operand].shape)
    whole = tuple(recorded.values[value].shape if shape is None else shape)
    index = np.unravel_index(place, whole)[len(whole) - len(own) :]
    kept = tuple(0 if length == 1 else int(at) for at, length in zip(index, own, strict=True))
    return int(np.ravel_multi_index(kept, own)) if own else 0


def _aligned(rows: list[Any]) -> Any:
    """Indices of unlike lengths in one array, the short ones filled with −1 in front."""
    length = max(len(row) for row in rows)
    return np.stack([np.concatenate([np.full(length - len(row), -1), row]) for row in rows]).astype(np.int64)


def _show(number: float) -> str:
    return f"{number:.6g}".replace("-", "−")
