"""The program that gives exactly the result on the Classic kernels page."""

from __future__ import annotations

from app.ui.code import picture_line
from app.ui.kernel_stages import Stage
from app.ui.kernel_state import Form
from app.ui.picture import ChosenPicture

_WRITTEN_OUT = 25  # weights: more than that nobody reads


def kernel_code(form: Form, chosen: ChosenPicture, theme: str) -> str:
    """Runs as it stands; for an own picture, with the picture's file beside it."""
    colour = '"grey"' if form.grey else '"colour"'
    load = picture_line(chosen)
    lines = [
        "import torch",
        *(["from PIL import Image"] if form.signed else []),
        "",
        "from cnnviz import image, layer",
        "",
        load,
        f"values = image.to_tensor(image.fit(picture, {form.side}), {colour})  # float32, (C, H, W), 0 to 1",
        "",
    ]
    for number, stage in enumerate(form.stages, start=1):
        in_two = form.two_passes and number == len(form.stages)
        lines += [f"# {number}: {stage.title}", *_stage_lines(stage, form.border, in_two), ""]
    return "\n".join([*lines, *_result_lines(form, theme)]) + "\n"


def _result_lines(form: Form, theme: str) -> list[str]:
    if form.signed:
        channel = form.channel or 0
        saved = [
            f'signed = image.colourise(values[{channel}], kind="signed", theme={theme!r})  # uint8, (H, W, 3)',
            'Image.fromarray(signed).save("result.png")',
        ]
    else:
        saved = ['image.to_picture(values).save("result.png")  # clamped to 0–1']
    return [*saved, "print(values.shape, values.min().item(), values.max().item())"]


_OPERATIONS = {
    "relu": "values = values.clamp(min=0)",
    "max_pool": 'values = layer.pool(values, "max", window=2)',
    "average_pool": 'values = layer.pool(values, "average", window=2)',
}


def _stage_lines(stage: Stage, border: str, in_two: bool) -> list[str]:
    if stage.kind in _OPERATIONS:
        return [_OPERATIONS[stage.kind]]
    bias = f", bias={stage.bias!r}" if stage.bias else ""
    mode = "" if border == "zeros" else f", padding_mode={border!r}"
    if not in_two:
        return [_kernel_line(stage), f"values = layer.convolve(values, kernel{mode}{bias})"]
    return [
        _kernel_line(stage),
        "column, row = layer.separate(kernel)",
        f"values = layer.convolve(values, column[:, None]{mode})",
        f"values = layer.convolve(values, row[None, :]{mode}{bias})",
    ]


def _kernel_line(stage: Stage) -> str:
    """A small matrix written out, a large one of the catalogue by its name and settings."""
    if stage.kernel and stage.matrix.size > _WRITTEN_OUT:
        settings = ", ".join(f"{name}={value!r}" for name, value in stage.settings.items())
        return f"kernel = layer.KERNELS[{stage.kernel!r}].build({settings})"
    rows = ",\n    ".join("[" + ", ".join(_number(value) for value in row) + "]" for row in stage.matrix)
    return f"kernel = torch.tensor([\n    {rows},\n], dtype=torch.float64)"


def _number(value: float) -> str:
    return f"{value:g}" if float(f"{value:g}") == value else repr(float(value))
