"""What does a network cost, layer by layer and in all: parameters, multiply-adds, memory?

Counted in one pass without values, so that even the largest network takes no more than a moment. The conventions of
counting stand in :mod:`cnnviz.analysis.cost_rules`, those of memory at :class:`TotalCosts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from torch import nn

from cnnviz.analysis.cost_memory import kept_for_backward
from cnnviz.analysis.cost_pass import CostPass, Row, Window
from cnnviz.analysis.layers import input_shape, module_of
from cnnviz.compute.kept import Kept
from cnnviz.network.modes import follow
from cnnviz.network.recording import without_values_if_possible

if TYPE_CHECKING:
    from cnnviz.network import Network

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One call of one layer, or one operation that stands outside of all layers in a module's own code.

    Attributes:
        path: the layer's dotted path; of an operation, that of the module in whose code it stands.
        call: which call of this layer it is, or which operation of this kind in this module, from 0.
        kind: the layer's class name; of an operation its name in torch ("add", "cat").
        input_shape, output_shape: without the batch axis; of several tensors the first.
        kernel, stride, padding, dilation: one number for each axis, where the layer slides a window; else None.
        groups: of a convolution, and 1 of pooling; else None.
        weights, biases: how many parameters it is the first to use. Those that it shares with an earlier layer, or with
            an earlier call, count there. Biases are those whose name says so.
        multiply_adds: of convolutions, linear layers, attention and other matrix products, for one picture.
        other_operations: of everything else, counted singly.
        activation_bytes: memory that it fills anew, values inside attention included; 0 for what works in place.
        share: of all the network's multiply-adds, in 0..1.
    """

    path: str
    call: int
    kind: str
    input_shape: Shape
    output_shape: Shape
    kernel: Shape | None
    stride: Shape | None
    padding: Shape | None
    dilation: Shape | None
    groups: int | None
    weights: int
    biases: int
    multiply_adds: int
    other_operations: int
    activation_bytes: int
    share: float

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


@dataclass(frozen=True, slots=True)
class TotalCosts:
    """What a whole network costs, for one picture.

    Memory is that of the tensors which the operations write. The weights of attention are written down as the formula
    has them; a device that never does (flash attention) takes less. Scratch memory inside one operation is not in it.

    Attributes:
        parameters: of the whole network, those of parts that only training uses included (auxiliary heads).
        used_parameters: of those, what a pass in evaluation mode uses.
        multiply_adds, other_operations, activation_bytes: sums over all layers.
        parameter_bytes, buffer_bytes: memory of the parameters, and of stored numbers that are not learned.
        peak_bytes: the most that input and activations take at one time of a pass in evaluation mode, when each tensor
            is given back as soon as nothing needs it any more, as torch does.
        kept_bytes: what a pass in training mode keeps for the backward pass, as torch's autograd keeps it, the picture
            included. Taken from a batch of two, halved, since batch normalization trains on no single value.
    """

    parameters: int
    used_parameters: int
    multiply_adds: int
    other_operations: int
    activation_bytes: int
    parameter_bytes: int
    buffer_bytes: int
    peak_bytes: int
    kept_bytes: int

    @property
    def forward_bytes(self) -> int:
        """Memory to classify one picture: parameters, buffers, and the peak of the activations."""
        return self.parameter_bytes + self.buffer_bytes + self.peak_bytes

    @property
    def training_bytes(self) -> int:
        """Memory to train on one picture by gradient descent with momentum.

        Three numbers a parameter (itself, its gradient, its momentum), buffers, and what is kept for the backward pass.
        Of a batch, all but the last stands once.
        """
        return 3 * self.parameter_bytes + self.buffer_bytes + self.kept_bytes


@dataclass(frozen=True, slots=True)
class _Pass:
    layers: tuple[LayerCost, ...]
    peak_bytes: int


_passes: Kept[nn.Module, Shape, _Pass] = Kept()
_totals: Kept[nn.Module, Shape, TotalCosts] = Kept()


def layer_costs(network: Network | nn.Module, input_size: Shape | None = None) -> list[LayerCost]:
    """The cost of every layer in execution order, for one picture, in evaluation mode.

    No value is computed; a network that cannot do without gets one real pass on zeros. The answer is kept as long as
    the module lives, so the module must not be rebuilt meanwhile.

    Args:
        network: a network of the zoo, or any module that takes one batch.
        input_size: the input's shape without the batch axis, (C, H, W) or (features,). Of a network of the zoo its own
            by default, (3, 224, 224) for a plain module.

    Raises SettingsError where the module cannot take such an input; the sentence says which layer refuses it.
    """
    return list(_passed(network, input_size).layers)


def total_costs(network: Network | nn.Module, input_size: Shape | None = None) -> TotalCosts:
    """What the whole network costs for one picture; arguments and errors are those of :func:`layer_costs`."""
    module, shape = module_of(network), tuple(input_size or input_shape(network))
    return _totals.of(module, shape, lambda: _total(module, shape, _passed(module, shape)))


def _total(module: nn.Module, shape: Shape, found: _Pass) -> TotalCosts:
    parameters, buffers = list(module.parameters()), list(module.buffers())
    return TotalCosts(
        parameters=sum(tensor.numel() for tensor in parameters),
        used_parameters=sum(layer.parameters for layer in found.layers),
        multiply_adds=sum(layer.multiply_adds for layer in found.layers),
        other_operations=sum(layer.other_operations for layer in found.layers),
        activation_bytes=sum(layer.activation_bytes for layer in found.layers),
        parameter_bytes=sum(tensor.nbytes for tensor in parameters),
        buffer_bytes=sum(tensor.nbytes for tensor in buffers),
        peak_bytes=found.peak_bytes,
        kept_bytes=kept_for_backward(module, shape),
    )


def _passed(network: Network | nn.Module, input_size: Shape | None) -> _Pass:
    module, shape = module_of(network), tuple(input_size or input_shape(network))
    return _passes.of(module, shape, lambda: without_values_if_possible(partial(_pass, module, shape)))


def _pass(module: nn.Module, shape: Shape, on_meta: bool) -> _Pass:
    counted, _ = follow(CostPass, module, shape, on_meta)
    every = sum(row.multiply_adds for row in counted.rows)
    return _Pass(tuple(_finished(row, every) for row in counted.rows), counted.peak_bytes)


def _finished(row: Row, every: int) -> LayerCost:
    window = row.window
    return LayerCost(
        path=row.path,
        call=row.call,
        kind=row.kind,
        input_shape=row.input_shape,
        output_shape=row.output_shape,
        kernel=_of(window, "kernel"),
        stride=_of(window, "stride"),
        padding=_of(window, "padding"),
        dilation=_of(window, "dilation"),
        groups=window.groups if window else None,
        weights=row.weights,
        biases=row.biases,
        multiply_adds=row.multiply_adds,
        other_operations=row.other_operations,
        activation_bytes=row.activation_bytes,
        share=row.multiply_adds / every if every else 0.0,
    )


def _of(window: Window | None, setting: str) -> Shape | None:
    return getattr(window, setting) if window else None
