"""What does each layer of a stack cost and see, and which layer is impossible, and why?

The layers before an impossible one have their numbers; those after it wait. No number is drawn and no value computed:
the network is built on the meta device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from cnnviz.analysis.costs import LayerCost, layer_costs
from cnnviz.analysis.fields import ReceptiveField
from cnnviz.analysis.receptive_field import receptive_fields
from cnnviz.errors import SettingsError
from cnnviz.network.builder import build
from cnnviz.network.specs import LayerSpec
from cnnviz.network.specs_sizes import Fix, Shape, fixes, output_shape


@dataclass(frozen=True)
class LayerReport:
    """One layer of a stack; shapes are without the batch axis.

    Attributes:
        input_shape: what arrives; None while an earlier layer is impossible.
        output_shape: what comes out; None where the layer is impossible or waits.
        problem: why it is impossible; empty where it is not.
        fixes: what would fit instead.
        weights, biases, multiply_adds, activation_bytes: see :class:`cnnviz.analysis.LayerCost`; of a block, of all
            its layers together.
        field: the receptive field of its units, in pixels, whose `channels` mean nothing here; None where it waits.
    """

    spec: LayerSpec
    input_shape: Shape | None
    output_shape: Shape | None
    problem: str = ""
    fixes: tuple[Fix, ...] = ()
    weights: int = 0
    biases: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    field: ReceptiveField | None = None

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def waits(self) -> bool:
        """Whether an earlier layer has to become possible first."""
        return self.input_shape is None


def stack_report(
    specs: Sequence[LayerSpec], input_shape: tuple[int, int, int] = (3, 32, 32)
) -> tuple[LayerReport, ...]:
    """A report of every layer, for one picture of `input_shape` (channels, height, width), in evaluation mode."""
    arrives: list[Shape] = [tuple(input_shape)]
    wrong: LayerReport | None = None
    for spec in specs:
        try:
            arrives.append(output_shape(spec, arrives[-1]))
        except SettingsError as error:
            wrong = LayerReport(spec, arrives[-1], None, str(error), fixes(spec, arrives[-1]))
            break
    possible = specs[: len(arrives) - 1]
    reports = _possible(possible, arrives)
    if wrong is not None:
        reports += [wrong, *(LayerReport(spec, None, None) for spec in specs[len(possible) + 1 :])]
    return tuple(reports)


def _possible(specs: Sequence[LayerSpec], shapes: Sequence[Shape]) -> list[LayerReport]:
    """The reports of layers all of which are possible; `shapes` is what arrives at each, and what comes out last."""
    if not specs:
        return []
    network = build(specs, shapes[0], seed=None)
    parts: list[list[LayerCost]] = [[] for _ in specs]
    for cost in layer_costs(network, shapes[0]):
        parts[_place(cost.path)].append(cost)
    seen = _fields(tuple(map(_slim, specs)), shapes[0])
    return [
        LayerReport(
            spec,
            shapes[number],
            shapes[number + 1],
            weights=sum(cost.weights for cost in parts[number]),
            biases=sum(cost.biases for cost in parts[number]),
            multiply_adds=sum(cost.multiply_adds for cost in parts[number]),
            activation_bytes=sum(cost.activation_bytes for cost in parts[number]),
            field=seen.get(number),
        )
        for number, spec in enumerate(specs)
    ]


_SLIM = {
    "out_channels": 4, "out_features": 1, "groups": 1, "reduction": 1, "growth": 1, "ones": 1, "reduce_threes": 1,
    "threes": 1, "reduce_fives": 1, "fives": 1, "pooled": 1, "function": "relu", "slope": 0.5, "p": 0.5,
}  # fmt: skip
"""Settings that no receptive field depends on, and what they are set to so that equal fields are found again."""


def _slim(spec: LayerSpec) -> LayerSpec:
    """The layer with as few channels as can be."""
    return replace(spec, **{one.name: _SLIM[one.name] for one in fields(spec) if one.name in _SLIM})


@lru_cache(maxsize=64)
def _fields(slim: tuple[LayerSpec, ...], input_shape: Shape) -> dict[int, ReceptiveField]:
    """The receptive field of each layer by its place. Kept: most edits leave them as they are."""
    network = build(slim, input_shape, seed=None)
    # What a block puts out stands under its own path or under that of its last layer: the last of both.
    return {_place(path): found for path, found in receptive_fields(network, input_shape).items()}


def _place(path: str) -> int:
    """Which layer of the stack a part of the network belongs to."""
    return int(path.partition(".")[0])
