"""The program that makes the network on the page Build a network, runs the picture through it and counts."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.build_state import InputShape
from app.ui.code import picture_line
from app.ui.picture import ChosenPicture
from cnnviz.network.specs import LayerSpec
from cnnviz.network.specs_text import spell_specs


def build_code(specs: Sequence[LayerSpec], input_shape: InputShape, chosen: ChosenPicture) -> str:
    """Runs as it stands; for an own picture, with its file beside it."""
    from app.ui.build_program import program_of

    program = program_of(specs, input_shape)
    if program is None:
        return (
            "# A layer is impossible as it stands; this says why.\n"
            "from cnnviz import analysis, network\n\n"
            f"specs = network.parse_specs({spell_specs(specs)!r})\n"
            f"for report in analysis.stack_report(specs, {tuple(input_shape)!r}):\n"
            "    print(report.spec, report.output_shape, report.problem)\n"
        )
    channels, height, width = input_shape
    lines = [
        program.rstrip(),
        "",
        "# The picture runs through it, as on the page.",
        "from PIL import Image, ImageOps",
        "",
        "from cnnviz import analysis, image",
        "",
        picture_line(chosen),
        f"small = ImageOps.fit(picture, ({width}, {height}), Image.Resampling.BILINEAR)",
        f'values = image.to_tensor(small, "{"grey" if channels == 1 else "colour"}")[None]  # float32, 0 to 1',
        "",
        "with torch.inference_mode():",
        "    for number, layer in enumerate(network.eval(), start=1):",
        "        values = layer(values)",
        "        ends = values.min().item(), values.max().item()",
        "        print(number, type(layer).__name__, tuple(values.shape[1:]), *ends)",
        "",
        "totals = analysis.total_costs(network, INPUT_SHAPE)",
        "print(totals.parameters, totals.multiply_adds, totals.activation_bytes)",
    ]
    return "\n".join(lines) + "\n"
