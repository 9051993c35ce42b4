"""The figures of the notes about single layers: sizes, weights, kernels, fields, and small examples."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
from torch import nn

from cnnviz.analysis.costs import LayerCost
from cnnviz.analysis.field_growth import grow, parse_stack
from cnnviz.analysis.lecture.entries import Entry, Found
from cnnviz.analysis.lecture.sources import (
    convolution,
    linear,
    parameters,
    plain,
    pooling,
    ratio,
    shape_as,
    total,
    weights,
)  # fmt: skip
from cnnviz.layer import KERNELS, convolve, output_size

SLIDES = 2
_EFFICIENT = "LeCun, Bottou, Orr, Müller: Efficient BackProp, 1998, section 4.6"


def entries() -> tuple[Entry, ...]:
    """In the order of the notes."""
    return (*_formulas(), *_slides_sizes(), *_slides_weights(), *_kernels(), *_stacks())


def _formulas() -> tuple[Entry, ...]:
    said = "3 3x3 filters is equivalent to 7x7 filter"
    return (
        Entry(
            1, "Formulas", "Number of parameters = (F × F × D1) × D2",
            "parameters of ten 5×5 kernels on three channels by this formula", "750",
            lambda: parameters(convolution(3, 10, 5, 32)),
            "The formula counts weights only: every kernel has a bias too, D2 more. The slides count it in their "
            "example (5·5·3 + 1 = 76 a kernel).",
        ),
        Entry(
            1, "Formulas", "W2 = (W1 − F + 2P) / S + 1",
            "width by this formula of AlexNet's first map: 227, F = 11, S = 4, P = 0",
            "55", lambda: _side(convolution(3, 96, 11, 227, stride=4)),
            "Where the division leaves a rest, the result is rounded down.",
        ),
        Entry(
            1, "VGG Net", f"Stack of {said}.", "pixels that three 3×3 convolutions see", "7x7",
            partial(_field, "c3 c3 c3"),
        ),
        Entry(
            1, "VGG Net", "1 * 7 * 7 * 3 = 147", "weights of a 7×7 layer on three channels", "147",
            lambda: weights(convolution(3, 3, 7, 56)),
            "A factor is missing: a layer with C channels in and C out has 7·7·C·C weights, here with C = 3. The "
            "product of the notes is one kernel, not a layer.",
            "Simonyan and Zisserman 2014, section 2.3",
        ),
        Entry(
            1, "VGG Net", "3 * 3 * 3 * 3 = 81", "weights of three 3×3 layers on three channels", "81",
            lambda: total([weights(convolution(3, 3, 3, 56))] * 3),
            "A factor is missing: three layers with C channels have 3·(3·3·C·C) weights, here with C = 3. The "
            "saving is the same 45 %.",
            "Simonyan and Zisserman 2014, section 2.3",
        ),
    )  # fmt: skip


def _slides_sizes() -> tuple[Entry, ...]:
    return (
        *_different_maps(),
        *(
            Entry(
                SLIDES, "Padding", "(32 → 28 → 24 ...)", f"side after {times} 5×5 filters without padding", f"{given}",
                partial(_side, convolution(3, 3, 5, before)),
            )
            for times, before, given in ((1, 32, 28), (2, 28, 24))
        ),
        Entry(
            SLIDES, "Padding", "7x7 output!", "output of 3×3, stride 1, padding 1 on 7×7", "7x7",
            lambda: _pair(convolution(1, 1, 3, 7, padding=1)),
        ),
        *(
            Entry(
                SLIDES, "Padding", f"F = {size} => zero pad with {padding}",
                f"padding that keeps the size with F = {size}", f"{padding}", partial(_same_padding, size),
            )
            for size, padding in ((3, 1), (5, 2), (7, 3))
        ),
        Entry(
            SLIDES, "Stride", "=> 3x3 output!", "output of 3×3, stride 2 on 7×7", "3x3",
            lambda: _pair(convolution(1, 1, 3, 7, stride=2)),
        ),
        *(
            Entry(
                SLIDES, "Common settings", f"K = {k}, P = {p}, S = {s}",
                f"output of these settings on 32×32, {means}", given, partial(_pair_of, k, s, p),
            )
            for k, p, s, means, given in (
                (3, 1, 1, "same size", "32x32"), (5, 2, 1, "same size", "32x32"), (1, 0, 1, "same size", "32x32"),
                (3, 1, 2, "half", "16x16"),
            )
        ),
        Entry(
            SLIDES, "Common settings", "H' = (H - K + 2P) / S + 1",
            "height by this formula of K = 3, P = 1, S = 2 on 32, the notes' own setting to halve", "16.5",
            lambda: _side(convolution(1, 1, 3, 32, stride=2, padding=1)),
            "Rounding down is missing in the formula: a window that does not fit any more is not taken, so 16.5 is 16.",
            "torch, documentation of nn.Conv2d",
        ),
        Entry(
            SLIDES, "Common settings", 'P = (K - 1) / 2 ("Same" padding)', "padding by this formula for K = 5", "2",
            partial(_same_padding, 5),
        ),
        Entry(
            SLIDES, "Pooling Layer", "filters of size 2x2 applied with a stride of 2 ... discarding 75%",
            "activations that 2×2 pooling with stride 2 discards", "75%", _discarded,
        ),
    )  # fmt: skip


def _different_maps() -> tuple[Entry, ...]:
    topic = "Different activation maps"
    return (
        Entry(
            SLIDES, topic, "28x28 grid, at each point a 6-dim vector", "height and width after 5×5 filters on 32×32",
            "28x28", lambda: _pair(convolution(3, 6, 5, 32)),
        ),
        Entry(
            SLIDES, topic, "6x28x28 output image!", "output of six 3×5×5 filters on 3×32×32", "6x28x28",
            lambda: _as_torch(convolution(3, 6, 5, 32)),
        ),
    )  # fmt: skip


def _slides_weights() -> tuple[Entry, ...]:
    example = "each filter has 5*5*3 + 1 = 76 params"
    return (
        Entry(
            SLIDES, "Images as vectors", "200x200 image, 40K hidden units, ~2B parameters!",
            "weights from every pixel to 40,000 units", "~2B", lambda: weights(linear(200 * 200, 40_000)),
            "1.6 billion for a grey picture; with three colours 4.8 billion.",
        ),
        Entry(
            SLIDES, "Images as vectors", "40K hidden units", "units as many as pixels of a 200×200 picture", "40K",
            lambda: plain(200 * 200, "200 × 200 = 40,000", "the picture's sides"), step=1.0,
        ),
        Entry(
            SLIDES, "Locally connected", "3×3 receptive field", "what one locally connected unit reads", "3x3",
            partial(_field, "c3"),
        ),
        *(
            Entry(
                SLIDES, topic, "Image ... 4 ... Convolved Feature", "first value of the convolved feature", "4",
                _first_value,
            )
            for topic in ("Implementation: the convolution operation", "Convolution operation")
        ),
        Entry(
            SLIDES, "Convolutional Layer", "a typical filter on a first layer of a ConvNet might have size 5x5x3",
            "size of one 5×5 filter on a colour picture", "5x5x3", _filter_size,
        ),
        Entry(
            SLIDES, "Convolutional Layer", "uniform distribution [-1/fan-in, 1/fan-in]",
            "bound of a 5×5×3 kernel's random weights by this rule", "0.0133", _fan_in_bound,
            "A root is missing: torch draws within ±1/√fan-in. Values keep about their size from layer to layer where "
            "the spread of the weights goes with 1/√fan-in; by ±1/fan-in (1/75 = 0.0133) they would die away in a few "
            "layers.", _EFFICIENT,
        ),
        Entry(
            SLIDES, "Examples time", example, "parameters of one 5×5 filter on three channels, with its bias", "76",
            lambda: parameters(convolution(3, 1, 5, 32, padding=2)),
        ),
        Entry(
            SLIDES, "Examples time", "=> 76*10 = 760", "parameters of ten such filters", "760",
            lambda: parameters(convolution(3, 10, 5, 32, padding=2)),
        ),
        Entry(
            SLIDES, "Another way to think about Conv layers", "a filter that is 4 channels deep",
            "channels of a filter on a picture with an alpha channel", "4",
            lambda: plain(convolution(4, 1, 3, 8).weights / 9, "36 / 9 = 4", "layer_costs of nn.Conv2d(4, 1, 3)"),
            "The figure holds; alpha is opacity, not brightness.",
        ),
    )  # fmt: skip


_MATRICES = {
    "identity": ("Identity", "[0, 0, 0, 0, 1, 0, 0, 0, 0]"),
    "edge_corner": ("Edge detection", "[1, 0, -1, 0, 0, 0, -1, 0, 1]"),
    "laplacian_4": ("Edge detection", "[0, 1, 0, 1, -4, 1, 0, 1, 0]"),
    "laplacian_8": ("Edge detection", "[-1, -1, -1, -1, 8, -1, -1, -1, -1]"),
    "sharpen": ("Sharpen", "[0, -1, 0, -1, 5, -1, 0, -1, 0]"),
}


def _kernels() -> tuple[Entry, ...]:
    topic = "Filters"
    return (
        *(
            Entry(
                SLIDES, topic, f"{title} ... {_rows(given)}", "weights of the kernel, row by row", given,
                partial(_kernel, name),
            )
            for name, (title, given) in _MATRICES.items()
        ),
        *(
            Entry(
                SLIDES, topic, quote, "what the matrix is divided by, so that brightness stays", given,
                partial(_divisor, name),
            )
            for name, quote, given in (
                ("box_blur", "Box blur (normalized) ... 1/9 ... 1 & 1 & 1", "9"),
                ("gaussian_blur", "Gaussian blur (approximation) ... 1/16 ... 1 & 2 & 1 ... 2 & 4 & 2", "16"),
            )
        ),
    )  # fmt: skip


def _rows(given: str) -> str:
    """Nine numbers as the notes' matrix of three rows."""
    numbers = given.strip("[]").split(", ")
    return " & ".join(numbers[:3]) + " ... " + " & ".join(numbers[3:6]) + " ... " + " & ".join(numbers[6:])


def _stacks() -> tuple[Entry, ...]:
    topic = "Receptive Fields"
    return (
        Entry(
            SLIDES, topic, "two successive 3x3 convolutions ... 5x5 convolution",
            "pixels that two 3×3 convolutions see", "5x5", partial(_field, "c3 c3"),
        ),
        *(
            Entry(
                SLIDES, topic, "With L layers the receptive field size is 1 + L * (K - 1)",
                f"field by this formula of L = {layers} with K = {kernel}", f"{1 + layers * (kernel - 1)}",
                partial(_along, " ".join([f"c{kernel}"] * layers)),
            )
            for layers, kernel in ((1, 3), (2, 3), (3, 3), (4, 5))
        ),
        Entry(
            SLIDES, topic, "2 3×3 convolutions has less parameters",
            "weights of two 3×3 layers as a part of those of one 5×5, with 64 channels; less than", "1",
            lambda: ratio(total([weights(convolution(64, 64, 3, 56))] * 2), weights(convolution(64, 64, 5, 56))),
            "72 %, whatever the number of channels.", step=1.0,
        ),
        Entry(
            4, "VGGNet", "Stack of three 3x3 conv (stride 1) layers has same effective receptive field as one 7x7",
            "pixels that three 3×3 convolutions see", "7x7", partial(_field, "c3 c3 c3"),
        ),
        Entry(
            4, "VGGNet", "But deeper, more non-linearities. And fewer parameters.",
            "weights of three 3×3 layers as a part of those of one 7×7, with 64 channels; less than", "1",
            lambda: ratio(total([weights(convolution(64, 64, 3, 56))] * 3), weights(convolution(64, 64, 7, 56))),
            "55 %, whatever the number of channels.", step=1.0,
        ),
    )  # fmt: skip


def _field(stack: str) -> Found:
    """The field of a stack, both sides."""
    size = _along(stack)
    return Found(size.values * 2, size.working, size.source)


def _along(stack: str) -> Found:
    step = grow(parse_stack(stack))[-1]
    return plain(step.size, step.formula, "receptive field of the stack")


def _side(layer: LayerCost) -> Found:
    return shape_as(layer, layer.output_shape[1:2])


def _pair(layer: LayerCost) -> Found:
    return shape_as(layer, layer.output_shape[1:])


def _as_torch(layer: LayerCost) -> Found:
    return shape_as(layer, layer.output_shape)


def _pair_of(kernel: int, stride: int, padding: int) -> Found:
    return _pair(convolution(1, 1, kernel, 32, stride=stride, padding=padding))


def _same_padding(kernel: int) -> Found:
    fitting = next(pad for pad in range(kernel) if output_size((32, 32), kernel, padding=pad) == (32, 32))
    return plain(fitting, f"({kernel} − 1) / 2 = {fitting}", "output_size with every padding in turn")


def _discarded() -> Found:
    layer = pooling(64, 2, 2, 56)
    before, after = math.prod(layer.input_shape), math.prod(layer.output_shape)
    share = 100 * (1 - after / before)
    return plain(share, f"100 · (1 − {after:,} / {before:,}) = {share:g}", "nn.MaxPool2d(2, 2)")


def _first_value() -> Found:
    picture = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    kernel = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=np.float32)
    tensor = torch.tensor(picture, dtype=torch.float32)[None]
    found = convolve(tensor, torch.from_numpy(kernel), padding=0).flatten()[0].item()
    terms = " + ".join(f"{picture[r][c]} · {kernel[r, c]:g}" for r in range(3) for c in range(3))
    return plain(found, f"{terms} = {found:g}", "layer.convolve on the picture and kernel of the slide")


def _filter_size() -> Found:
    with torch.device("meta"):
        outs, ins, height, width = nn.Conv2d(3, 1, 5).weight.shape
    return Found(
        (height, width, ins), f"{height} × {width} × {ins} = {outs * ins * height * width}", "nn.Conv2d(3, 1, 5)"
    )


def _fan_in_bound() -> Found:
    fan_in = convolution(3, 1, 5, 32, padding=2).weights
    generator = torch.Generator().manual_seed(0)
    drawn = nn.init.kaiming_uniform_(torch.empty(20_000, 3, 5, 5), a=math.sqrt(5), generator=generator)
    bound = drawn.abs().max().item()
    return plain(
        bound, f"1 / √{fan_in} = {1 / math.sqrt(fan_in):.4f}", "the largest of 1.5 million weights drawn as torch does"
    )


def _kernel(name: str) -> Found:
    matrix = KERNELS[name].matrix
    values = tuple(float(value) for value in matrix.flat)
    left = " + ".join(f"({value:g})" if value < 0 else f"{value:g}" for value in values)
    return Found(values, f"sum of the weights: {left} = {sum(values):g}", f"layer.KERNELS[{name!r}]")


def _divisor(name: str) -> Found:
    whole = KERNELS[name].integers
    assert whole is not None
    left = " + ".join(str(value) for value in whole.flat)
    return plain(float(whole.sum()), f"{left} = {whole.sum()}", f"layer.KERNELS[{name!r}]")
