"""The program that gives exactly the result on the Classic kernels page."""

from __future__ import annotations

from app.ui.kernel_stages import Stage
from app.ui.kernel_state import Form
from app.ui.picture import ChosenPicture


def kernel_code(form: Form, chosen: ChosenPicture) -> str:
    """Runs as it stands; for an own picture, with the picture's file beside it."""
    colour = '"grey"' if form.grey else '"colour"'
    if chosen.own:
        load = f"picture = image.load_image({chosen.title!r})  # your file"
    else:
        load = f"picture = image.load_sample({chosen.key!r})"
    lines = [
        "import torch",
        "from cnnviz import image, layer",
        "",
        load,
        f"values = image.to_tensor(image.fit(picture, {form.side}), {colour})  # float32, (C, H, W), 0 to 1",
        "",
    ]
    for number, stage in enumerate(form.stages, start=1):
        lines += [*_stage_lines(number, stage, form.border), ""]
    lines += [
        'image.to_picture(values).save("result.png")  # clamped to 0–1'
        if not form.signed
        else f'signed = image.colourise(values[{form.channel or 0}], kind="signed")  # uint8, (height, width, 3)',
        "print(values.shape, values.min().item(), values.max().item())",
    ]
    return "\n".join(lines) + "\n"


_OPERATIONS = {
    "relu": "values = values.clamp(min=0)",
    "max_pool": 'values = layer.pool(values, "max", window=2)',
    "average_pool": 'values = layer.pool(values, "average", window=2)',
}


def _stage_lines(number: int, stage: Stage, border: str) -> list[str]:
    if stage.kind in _OPERATIONS:
        return [f"# {number}: {stage.title}", _OPERATIONS[stage.kind]]
    rows = ",\n    ".join(
        "[" + ", ".join(f"{value:g}" if float(f"{value:g}") == value else repr(float(value)) for value in row) + "]"
        for row in stage.matrix
    )
    bias = f", bias={stage.bias:g}" if stage.bias else ""
    mode = "" if border == "zeros" else f", padding_mode={border!r}"
    return [
        f"# {number}: {stage.title}",
        f"kernel = torch.tensor([\n    {rows},\n], dtype=torch.float64)",
        f"values = layer.convolve(values, kernel{mode}{bias})",
    ]
