"""How does a value of a recorded pass change with the values that it was made from? One walk back over the record.

Every number of the forward pass is known, so none of it is run again: where torch has the backward of an operation as a
function of its inputs and outputs, that is called; any other operation alone is run once more, and torch asked for its
slope. This is reverse-mode differentiation as in Linnainmaa (1970), on the tape that `record_pass` wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from cnnviz.analysis.ledger_pass import OVERWRITTEN, Operation, Pass, Ref, written_places

_NATIVE = torch.ops.aten


def slopes(recorded: Pass, value: int, seed: Tensor, starts: Iterable[int]) -> Iterator[tuple[int, Tensor]]:
    """Yield each value on the ways from ``starts`` to ``value`` with its slope, the last values first.

    The slope of a value is the derivative of ``(seed * values[value]).sum()`` by it, in its shape. Ways end at a start:
    what lies before one counts only where another way leads there. A value that no way leads through is not yielded.
    Parameters, and what another view of a tensor wrote over, count as constants.

    Args:
        recorded: the pass.
        value: the number of the value that changes.
        seed: in the shape of that value.
        starts: numbers of values.
    """
    ends = frozenset(starts) - {value}
    leading = _leading_from(recorded, starts)
    found = {value: seed}
    for operation in reversed(recorded.operations):
        made = {output: found.pop(output) for output in operation.outputs if output in found and output not in ends}
        yield from made.items()
        wanted = [source for source in dict.fromkeys(operation.inputs()) if source in leading]
        if not made or not wanted or operation.name == OVERWRITTEN:
            continue
        for source, slope in zip(wanted, _back_through(recorded, operation, made, wanted), strict=True):
            if slope is not None:
                found[source] = found[source] + slope if source in found else slope
    yield from found.items()


def _leading_from(recorded: Pass, starts: Iterable[int]) -> set[int]:
    """The starts and every value that depends on one of them."""
    leading = set(starts)
    for operation in recorded.operations:
        if operation.name != OVERWRITTEN and not leading.isdisjoint(operation.inputs()):
            leading.update(operation.outputs)
    return leading


@torch.no_grad()  # here and not around the walk, whose caller goes on between its steps
def _back_through(
    recorded: Pass, operation: Operation, made: dict[int, Tensor], wanted: Sequence[int]
) -> Sequence[Tensor | None]:
    """The slopes of some inputs of an operation, from those of its outputs."""
    rule, first = _RULES.get(operation.name), operation.args[0] if operation.args else None
    if rule is not None and isinstance(first, Ref) and wanted == [first.id] and list(made) == [operation.outputs[0]]:
        slope = rule(recorded, operation, made[operation.outputs[0]], recorded.values[first.id])
        if slope is not None:
            return [slope]
    return _by_running_again(recorded, operation, made, wanted)


def _by_running_again(
    recorded: Pass, operation: Operation, made: dict[int, Tensor], wanted: Sequence[int]
) -> Sequence[Tensor | None]:
    leaves = {source: recorded.values[source].detach() for source in wanted}
    leaves = {source: leaf.requires_grad_() for source, leaf in leaves.items() if leaf.is_floating_point()}

    def filled(item: object) -> object:
        return leaves.get(item.id, recorded.values[item.id].detach()) if isinstance(item, Ref) else item

    def own(item: object) -> object:
        return item.clone() if isinstance(item, Tensor) else item

    with torch.enable_grad():
        written = set(written_places(operation.function))
        args = [
            tree_map(lambda item: own(filled(item)), one) if place in written else tree_map(filled, one)
            for place, one in enumerate(operation.args)
        ]
        answer = operation.function(*args, **tree_map(filled, operation.kwargs))
        outputs = [one for one in tree_leaves(answer) if isinstance(one, Tensor) and one.numel()]
        pairs = [
            (output, made[number])
            for number, output in zip(operation.outputs, outputs, strict=True)
            if number in made and output.requires_grad
        ]
        if not pairs:
            return [None] * len(wanted)
        given, pulled = zip(*pairs, strict=True)
        slope_of = iter(torch.autograd.grad(given, list(leaves.values()), pulled, allow_unused=True))
    return [next(slope_of) if source in leaves else None for source in wanted]


def _convolution(recorded: Pass, operation: Operation, slope: Tensor, image: Tensor) -> Tensor:
    kernel, settings = recorded.values[operation.args[1].id].detach(), operation.args[3:9]
    back: Tensor = _NATIVE.convolution_backward(slope, image, kernel, None, *settings, [True, False, False])[0]
    return back


def _batch_norm(recorded: Pass, operation: Operation, slope: Tensor, image: Tensor) -> Tensor | None:
    """With fixed statistics it is a product with one number for each channel."""
    _, weight, _, mean, variance, training, _, epsilon = operation.args
    if training or mean is None:
        return None
    factor = (recorded.values[variance.id].detach() + epsilon).rsqrt()
    if weight is not None:
        factor = factor * recorded.values[weight.id].detach()
    return slope * factor.view(1, -1, *[1] * (image.ndim - 2))


def _relu(recorded: Pass, operation: Operation, slope: Tensor, image: Tensor) -> Tensor:
    back: Tensor = _NATIVE.threshold_backward(slope, image, 0)
    return back


def _hardtanh(recorded: Pass, operation: Operation, slope: Tensor, image: Tensor) -> Tensor:
    limits = [*operation.args[1:], *(-1.0, 1.0)[len(operation.args) - 1 :]]
    back: Tensor = _NATIVE.hardtanh_backward(slope, image, *limits)
    return back


# By the name of an operation: its slope at its first argument, where no other depends on the starts; None where it does
# not apply. They make up nearly all of the time of a backward pass.
_RULES: dict[str, Callable[[Pass, Operation, Tensor, Tensor], Tensor | None]] = {
    "convolution": _convolution,
    "native_batch_norm": _batch_norm,
    "relu": _relu,
    "hardtanh": _hardtanh,
}
