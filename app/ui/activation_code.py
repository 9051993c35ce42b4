"""The program that gives exactly the numbers on the Activation functions page."""

from __future__ import annotations

from dataclasses import dataclass

from app.ui.activation_form import DEPTH, NETWORK, Form, StackForm
from app.ui.code import picture_line
from app.ui.picture import ChosenPicture


@dataclass(frozen=True)
class Shown:
    """Which map stands on the page: the layer whose output goes in, its call, the channel."""

    path: str
    call: int
    channel: int


def activation_code(form: Form, chosen: ChosenPicture, stack: StackForm, shown: Shown | None) -> str:
    """Runs as it stands; for an own picture, with its file beside it. Where no map is shown: the function alone."""
    settings = "".join(f", {name}={value:g}" for name, value in form.settings.items())
    lines = ["import torch", "", "from cnnviz import analysis, image, layer, network", ""]
    lines += [f"function = layer.ACTIVATIONS[{form.name!r}]"]
    if shown is None:
        lines += ["values = torch.linspace(-8, 8, 1601)"]
    else:
        lines += [
            picture_line(chosen),
            f"net = network.load_network({NETWORK!r})",
            f"activations = analysis.capture(net, picture, layers=[{shown.path!r}])",
            f"values = activations.call({shown.path!r}, {shown.call})[{shown.channel}]  # before the activation",
        ]
    in_torch = form.activation.torch_name.format(**{name: f"{value:g}" for name, value in form.settings.items()})
    lines += [
        "",
        f"after = function(values{settings})",
        f"slope = function.slope(values{settings})",
        "x = values",
        f"torch.testing.assert_close(after, torch.nn.functional.{in_torch})",
        'print("zero after:", (after == 0).float().mean().item())',
        'print("negative before:", (values < 0).float().mean().item())',
        'print("mean derivative:", slope.abs().mean().item())',
    ]
    given = f", settings={dict(form.settings)!r}" if form.settings else ""
    arguments = f"{form.name!r}, {DEPTH}, {stack.initialisation!r}, seed={stack.seed}{given}"
    lines += ["", f"flow = layer.gradient_flow({arguments})", 'print("gradient at layer 1:", flow.through)']
    return "\n".join(lines) + "\n"
