"""What is a layer, a block, a shape called on the page Architectures?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnviz.analysis import LayerCost
    from cnnviz.network import GraphNode

_SHORT = {
    "batchnorm": "BN", "layernorm": "LN", "localresponsenorm": "LRN", "groupnorm": "GN", "native_batch_norm": "BN",
    "native_layer_norm": "LN", "native_group_norm": "GN", "batch_norm": "BN", "relu": "ReLU", "hardtanh": "ReLU6",
    "gelu": "GELU", "silu": "SiLU", "sigmoid": "sigmoid", "hardswish": "hard swish", "hardsigmoid": "hard sigmoid",
    "softmax": "softmax", "tanh": "tanh", "dropout": "dropout", "stochasticdepth": "stochastic depth",
}  # fmt: skip
_TERMS = 4  # that a sum says; of a longer one, the middle is left out
_JOINS = {"add": "add", "cat": "concatenate", "stack": "stack", "mul": "multiply", "sub": "subtract", "div": "divide"}


@dataclass(frozen=True)
class Named:
    """`title` in bold, `note` in small type, `detail` for the sentence."""

    title: str
    note: str
    detail: str


def shape_short(shape: Sequence[int]) -> str:
    """64×56² for maps, 197×768 for tokens, 1000 for a list."""
    if len(shape) == 3 and shape[1] == shape[2]:
        return f"{shape[0]}×{shape[1]}²" if shape[1] > 1 else f"{shape[0]}"
    return "×".join(map(str, shape))


def shape_words(shape: Sequence[int]) -> str:
    """64 × 56 × 56."""
    return " × ".join(map(str, shape)) or "nothing"


def inputs_words(shapes: Sequence[Sequence[int]]) -> str:
    """What a block reads: 64 × 56 × 56; of several maps of one size all their channels, 64 + 32 channels of 56 × 56."""
    if len(shapes) < 2 or len({tuple(shape[1:]) for shape in shapes}) > 1 or len(shapes[0]) != 3:
        return shape_words(shapes[0]) if shapes else "nothing"
    counts = [shape[0] for shape in shapes]
    terms = list(map(str, counts if len(counts) <= _TERMS else [*counts[:2], "…", counts[-1]]))
    return f"{' + '.join(terms)} = {sum(counts)} channels of {shape_words(shapes[0][1:])}"


def node_words(node: GraphNode, cost: LayerCost | None) -> Named:
    """One layer, or one operation."""
    if node.role == "picture":
        return Named("input", shape_short(node.shape), f"The input, {shape_words(node.shape)}")
    if cost is None:
        return Named(node.kind, "", f"{node.kind}, {shape_words(node.shape)} out")
    going = f"{shape_words(cost.input_shape)} in, {shape_words(cost.output_shape)} out"
    if node.role == "convolution":
        return _convolution(node, cost, going)
    if node.role == "linear":
        values = f"; {cost.input_shape[-1]} products for each value" if cost.input_shape and node.kind != "bmm" else ""
        return Named(f"linear, {node.shape[-1]}", "", f"Linear: {going}{values}")
    if node.role == "pooling":
        return _pooling(node, cost, going)
    if node.role == "join":
        word = _JOINS.get(node.kind, node.kind)
        result = f"{shape_words(cost.output_shape)} out"
        return Named(word, "", f"{word.capitalize()}: {result}")
    if node.role == "attention":
        return Named("attention", node.kind, f"{node.kind}: {going}")
    if node.role == "dropout":
        return Named(
            short_kind(node.kind), "", f"{short_kind(node.kind).capitalize()}, which does nothing here: {going}"
        )
    return Named(short_kind(node.kind), "", f"{short_kind(node.kind)}: {going}")


def layer_words(nodes: Sequence[GraphNode], named: Sequence[Named]) -> Named:
    """A layer with what belongs to it: 3×3 conv, 64, BN, ReLU."""
    following = nodes[1:]
    more = ", ".join(short_kind(node.kind) for node in following)
    return Named(named[0].title, f"+ {more}", f"{named[0].detail}; then {more}")


def short_kind(kind: str) -> str:
    """BN for BatchNorm2d; the kind itself where it has no short name."""
    plain = kind.lower().removesuffix("1d").removesuffix("2d").removesuffix("3d")
    return _SHORT.get(plain, kind)


def _convolution(node: GraphNode, cost: LayerCost, going: str) -> Named:
    kernel = cost.kernel or ()
    size, stride = "×".join(map(str, kernel)), _each(cost.stride)
    groups = cost.groups or 1
    inputs = cost.input_shape[0] if cost.input_shape else 1
    depthwise = groups > 1 and groups == inputs
    kind = "depthwise" if depthwise else "conv"
    title = f"{size} {kind}, {node.shape[0]}" + (f" /{stride}" if stride != "1" else "")
    apart = f", in {groups} groups" if groups > 1 and not depthwise else ""
    dilation = f", dilation {_each(cost.dilation)}" if _each(cost.dilation) != "1" else ""
    settings = f"stride {stride}, padding {_each(cost.padding)}{dilation}{apart}"
    # A transposed convolution takes its products the other way round.
    products = (
        "" if "Transpose" in node.kind else f"; {'·'.join(map(str, (*kernel, inputs // groups)))} products a value"
    )
    what = "Depthwise convolution" if depthwise else "Convolution"
    return Named(
        title, apart.removeprefix(", "), f"{what} {' × '.join(map(str, kernel))}, {settings}: {going}{products}"
    )


def _pooling(node: GraphNode, cost: LayerCost, going: str) -> Named:
    kind = "max" if "max" in node.kind.lower() else "average"
    places = node.shape[1:] if len(node.shape) == 3 else ()
    everything = all(length == 1 for length in places)
    if everything or cost.kernel is None:
        title = f"global {kind} pool" if everything else f"adaptive {kind} pool"
        return Named(title, "", f"{title.capitalize()}: {going}")
    stride = _each(cost.stride)
    title = f"{'×'.join(map(str, cost.kernel))} {kind} pool" + (f" /{stride}" if stride != "1" else "")
    return Named(
        title, "", f"{kind.capitalize()} pooling {' × '.join(map(str, cost.kernel))}, stride {stride}: {going}"
    )


def _each(setting: Sequence[int] | None) -> str:
    """One number for both axes where they are alike."""
    if not setting:
        return "1"
    return str(setting[0]) if len(set(setting)) == 1 else "×".join(map(str, setting))
