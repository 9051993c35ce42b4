"""The program that gives exactly the output maps on the Convolution page."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.code import picture_line
from app.ui.convolution_input import given_input, middle
from app.ui.convolution_state import Layer, write_number
from app.ui.picture import ChosenPicture
from cnnviz.errors import SettingsError
from cnnviz.layer.windows import check_padding_mode, placed, window

_WIDTH = 100


def convolution_code(layer: Layer, chosen: ChosenPicture) -> str:
    """Runs as it stands; for an own picture, with the picture's file beside it. A layer that cannot be says so."""
    try:
        _check(layer, chosen)
    except SettingsError as error:
        return f"# There is no output with these settings. {error}\n"
    lines = ["import torch", "import torch.nn.functional as F", "from cnnviz import image, layer", ""]
    lines += [*_input_lines(layer, chosen), "", *_weight_lines(layer), ""]
    lines += _transposed_lines(layer) if layer.transposed else _forward_lines(layer)
    return "\n".join((*lines, "print(tuple(result.shape), result.min().item(), result.max().item())")) + "\n"


def _check(layer: Layer, chosen: ChosenPicture) -> None:
    """Raise SettingsError where the settings, each in its range, leave no output together."""
    if layer.channels % layer.groups or layer.maps % layer.groups:
        raise SettingsError(f"{layer.groups} groups have to divide {layer.channels} channels and {layer.maps} kernels.")
    height, width = given_input(layer, chosen).values.shape[1:]
    if not layer.transposed:
        view = window(layer.kernel, layer.stride, layer.padding, layer.dilation)
        check_padding_mode((height, width), view, layer.mode)
        placed((height, width), view)
        return
    if layer.mode != "zeros":
        raise SettingsError("A transposed convolution pads with zeros alone.")
    for axis, size in enumerate((height, width)):
        uncut = (size - 1) * layer.stride[axis] + layer.dilation[axis] * (layer.kernel[axis] - 1) + 1
        if uncut <= 2 * layer.padding[axis]:
            raise SettingsError(f"Padding {layer.padding[axis]} cuts off all of an output of {uncut}: use less.")


def _input_lines(layer: Layer, chosen: ChosenPicture) -> list[str]:
    if layer.input in ("numbers", "point"):
        rows = ", ".join(f"[{_numbers(row)}]" for row in given_input(layer, chosen).values[0].tolist())
        return [*_wrapped("values = torch.tensor([[", rows, "]], dtype=torch.float64)")]
    colours = layer.input
    crop = middle(chosen.picture, layer.side)
    rows, cols = f"{crop.top}:{crop.top + crop.height}", f"{crop.left}:{crop.left + crop.width}"
    return [
        picture_line(chosen),
        f'values = image.to_tensor(image.fit(picture, {crop.side}), "{colours}")[:, {rows}, {cols}].double()',
    ]


def _weight_lines(layer: Layer) -> list[str]:
    shape = (layer.maps, layer.channels // layer.groups, *layer.kernel)
    lines = [
        *_wrapped("weights = torch.tensor([", _numbers(layer.weights), "], dtype=torch.float64)"),
        f"weights = weights.reshape{shape}  # (maps, channels, height, width)",
    ]
    if layer.flip:
        lines.append("weights = weights.flip(-2, -1)")
    return [*lines, f"bias = torch.tensor([{_numbers(layer.bias)}], dtype=torch.float64)"]


def _forward_lines(layer: Layer) -> list[str]:
    rest = f"stride={layer.stride}, padding={layer.padding}, dilation={layer.dilation}"
    lines = [f"result = F.conv2d(values[None], weights, bias, {rest}, groups={layer.groups})[0]"]
    if layer.mode != "zeros":
        (top, left), inner = layer.padding, f"stride={layer.stride}, dilation={layer.dilation}"
        lines = [
            f'padded = F.pad(values[None], ({left}, {left}, {top}, {top}), mode="{layer.mode}")',
            f"result = F.conv2d(padded, weights, bias, {inner}, groups={layer.groups})[0]",
        ]
    if layer.groups == 1:
        mode = "" if layer.mode == "zeros" else f', padding_mode="{layer.mode}"'
        lines.append(f"the_same = layer.convolve(values, weights, bias=bias, {rest}{mode})")
    return lines


def _transposed_lines(layer: Layer) -> list[str]:
    rest = f"stride={layer.stride}, padding={layer.padding}, groups={layer.groups}, dilation={layer.dilation}"
    grouped = (layer.groups, layer.maps // layer.groups, layer.channels // layer.groups, *layer.kernel)
    return [
        "# torch keeps these weights as (channels, maps of a group, height, width)",
        f"weights = weights.reshape{grouped}.transpose(1, 2).flatten(0, 1)",
        f"result = F.conv_transpose2d(values[None], weights, bias, {rest})[0]",
    ]


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(map(write_number, values))


def _wrapped(begin: str, items: str, end: str) -> list[str]:
    """On one line, or one line after another where that is too long."""
    if len(begin) + len(items) + len(end) <= _WIDTH:
        return [begin + items + end]
    lines, line = [begin], "    "
    for part in items.split(", "):
        if len(line) + len(part) + 2 > _WIDTH:
            lines.append(line.rstrip())
            line = "    "
        line += f"{part}, "
    return [*lines, line.rstrip().removesuffix(","), end]
