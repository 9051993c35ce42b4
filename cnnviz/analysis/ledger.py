"""How did one unit of a network come by its value, sum by sum and number by number?

A ledger starts from the operation that added the value up (a convolution, a linear layer, a pooling, an addition of two
branches) and goes on through the normalisation and activation that belong to it. Its totals are float64 sums of
torch's own float32 numbers; each step holds torch's value beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.ledger_data import Ledger, Step, Terms, Unit, ranked
from cnnviz.analysis.ledger_moves import QUIET, destination, origin
from cnnviz.analysis.ledger_pass import PICTURE, Operation, Pass
from cnnviz.analysis.ledger_pointwise import POINTWISE, carried
from cnnviz.analysis.ledger_sums import SUMS
from cnnviz.analysis.ledger_units import entries, number_at, numbers_of, own_shape, unit_at
from cnnviz.errors import LayerError, SettingsError

ENDS = frozenset(("addition", "gate"))


def unit_ledger(recorded: Pass, layer: str, index: tuple[int, ...], call: int = -1) -> Ledger:
    """The sum that made one unit's value, and what normalisation and activation make of it.

    Args:
        recorded: a pass of the network, from :func:`cnnviz.analysis.record_pass`.
        layer: the path of any module, a block's too; its ledger is that of what it puts out. "" is the network.
        index: the unit, as in ``recorded.output_of(layer)``: (channel, row, col) in maps, (token, feature), (class,).
        call: which of the module's calls, from 0; -1 is the last.

    Raises:
        LayerError: there is no such module, call or unit.
    """
    value, call = recorded.value_of(layer, call)
    return _ledger(recorded, value, Unit(layer, tuple(index), layer, call, value))


def value_ledger(recorded: Pass, value: int, index: tuple[int, ...]) -> Ledger:
    """The same for any value of the pass by its number, as :class:`Unit` has it: also what no module put out.

    Attention's values between modules are such, and the sums of two branches.

    Raises:
        LayerError: the pass has no such value or unit.
    """
    if not 0 <= value < len(recorded.values):
        raise LayerError(f"The pass has no value {value}; use one from 0 to {len(recorded.values) - 1}.")
    path, call = recorded.home(value) or (None, 0)
    return _ledger(recorded, value, Unit(recorded.name(value), tuple(index), path, call, value))


def _ledger(recorded: Pass, value: int, unit: Unit) -> Ledger:
    place = _place(recorded, value, unit.name, unit.index)
    steps = _back(recorded, value, place)
    asked = len(steps) - 1
    steps += _onward(recorded, value, place)
    return Ledger(unit, number_at(recorded, value, place), tuple(steps), asked)


@dataclass(frozen=True)
class LogitDifference:
    """Why one class is ahead of another: their logits, and the terms in which they differ.

    ``step`` ends with ``first``'s logit less ``second``'s; its terms are sorted by how much they make the difference.
    """

    first: int
    second: int
    logits: tuple[float, float]
    step: Step


def logit_difference(recorded: Pass, first: int, second: int) -> LogitDifference:
    """The last layer's terms for one class less those for another: with linear weights, x · (w_first − w_second).

    Raises LayerError for a class that the network does not have, or an answer that is no sum over the same inputs for
    every class.
    """
    ledgers = [class_ledger(recorded, index) for index in (first, second)]
    ends = [next((step for step in ledger.steps if step.terms is not None), None) for ledger in ledgers]
    terms = [step.terms for step in ends if step is not None and step.terms is not None]
    if len(terms) != 2 or len(terms[0]) != len(terms[1]) or ends[0] is None:
        raise LayerError("This network's answer is no sum over the same inputs for both classes; ask for each ledger.")
    logits = (ledgers[0].value, ledgers[1].value)
    joined = _difference(*terms)
    total = float(joined.contributions.sum()) + (joined.bias or 0.0)
    label = f"{ends[0].label}, class {first} less class {second}"
    step = Step(ends[0].kind, label, ends[0].path, None, total, logits[0] - logits[1], {}, terms=joined)
    return LogitDifference(first, second, logits, step)


def class_ledger(recorded: Pass, index: int, temperature: float = 1.0) -> Ledger:
    """The ledger of one class's logit, with the softmax that makes its probability of it as the last step.

    ``temperature`` divides all logits before the softmax. The softmax's terms are e^logit of every class, as shares.

    Raises:
        LayerError: there is no such class.
        SettingsError: the temperature is no number above 0.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise SettingsError(f"The temperature is {temperature}; use a number above 0.")
    value = recorded.output
    place = _place(recorded, value, "the answer", (index,))
    steps = _back(recorded, value, place)
    logits = recorded.values[value].reshape(-1)
    spread = numbers_of(logits) / temperature
    shares = np.exp(spread - spread.max())
    whole = float(shares.sum())
    source = unit_at(recorded, value, place)
    terms = ranked((source,), np.arange(len(shares))[:, None], shares, np.full(len(shares), 1.0 / whole))
    after = float((logits / temperature).softmax(0)[index])
    numbers = {"temperature": temperature, "largest": float(spread.max()), "sum": whole}
    label = f"softmax over {len(shares)} classes"
    before = float(logits[index])
    softmax = Step("softmax", label, "", before, float(shares[index]) / whole, after, numbers, terms=terms)
    return Ledger(source, before, (*steps, softmax), len(steps) - 1)


def _place(recorded: Pass, value: int, layer: str, index: tuple[int, ...]) -> int:
    shape = own_shape(recorded, value)
    inside = len(index) == len(shape) and all(0 <= at < length for at, length in zip(index, shape, strict=True))
    if not inside:
        raise LayerError(f'"{layer}" put out {shape} and has no unit {tuple(index)}; count each axis from 0.')
    return int(np.ravel_multi_index(index, shape)) if shape else 0


def _back(recorded: Pass, value: int, place: int) -> list[Step]:
    """The steps from the sum to this value, in the network's order."""
    steps: list[Step] = []
    while True:
        operation = recorded.producers[value]
        if operation is None:
            return [_given(recorded, value, place), *steps[::-1]]
        moved = origin(recorded, value, np.array([place]))
        if moved is not None and moved.places[0] >= 0:
            before = int(moved.places[0])
            if operation.name not in QUIET:
                steps.append(_part(recorded, operation, value, place, moved.value, before))
            value, place = moved.value, before
            continue
        step = _made(recorded, operation, value, place)
        steps.append(step)
        if step.kind not in ("norm", "activation", "scale", "softmax"):
            return steps[::-1]
        value = carried(recorded, operation)


def _onward(recorded: Pass, value: int, place: int) -> list[Step]:
    """The normalisations and activations that alone read this value, one after the other."""
    steps: list[Step] = []
    while len(readers := recorded.readers[value]) == 1:
        operation = readers[0]
        after = destination(recorded, operation, place)
        if after is not None:
            value, place = after.value, int(after.places[0])
            continue
        rule = POINTWISE.get(operation.name)
        if rule is None or operation.name == "_softmax" or carried(recorded, operation) != value:
            return steps
        step = rule(recorded, operation, operation.outputs[0], place)
        if step is None or step.kind in ENDS:
            return steps
        steps.append(step)
        value = operation.outputs[0]
    return steps


def _made(recorded: Pass, operation: Operation, value: int, place: int) -> Step:
    """The step of an operation that computes, by its rule; without one its value alone."""
    rule = SUMS.get(operation.name) or POINTWISE.get(operation.name)
    step = rule(recorded, operation, value, place) if rule is not None else None
    if step is not None:
        return step
    after = number_at(recorded, value, place)
    return Step("other", f"{operation.name}, not taken apart", operation.path, None, after, after, {})


def _part(recorded: Pass, operation: Operation, value: int, place: int, before: int, at: int) -> Step:
    """A value taken out of a part of a concatenation, or from another place."""
    after = number_at(recorded, value, place)
    came = tuple(entries(recorded, before, np.array([at]))[0].tolist())
    label = f"{operation.name}: entry {came} of {recorded.name(before)}"
    if operation.name == "cat":
        parts = operation.inputs()
        label = f"part {parts.index(before) + 1} of {len(parts)} of a concatenation, {recorded.name(before)} {came}"
    return Step("part", label, operation.path, after, after, after, {})


def _given(recorded: Pass, value: int, place: int) -> Step:
    number = number_at(recorded, value, place)
    name = recorded.name(value)
    label = "the picture's number, as the network is given it" if name == PICTURE else f"the number in {name}"
    return Step("input", label, "", None, number, number, {})


def _difference(first: Terms, second: Terms) -> Terms:
    """The terms of one sum less those of another over the same inputs, sorted anew."""
    here, there = (np.lexsort(terms.indices.T[::-1]) for terms in (first, second))
    inputs, other = first.inputs[here], second.inputs[there]
    alike = np.array_equal(inputs, other)
    weights = first.weights[here] - second.weights[there]
    bias = None if first.bias is None else first.bias - (second.bias or 0.0)
    if alike:
        return ranked(first.units, first.indices[here], inputs, weights, bias)
    # means of each class's own map: the terms at one place differ in what is read, not in the weight
    return ranked(first.units, first.indices[here], inputs - other, first.weights[here], bias)
