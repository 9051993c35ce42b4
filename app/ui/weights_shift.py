"""What does the shift test show? The picture, its move, and the answers of a full unit and a convolution to both."""

from __future__ import annotations

import numpy as np
import torch

from app.components.colour_bar import colour_bar
from app.components.weights_shift.component import Panel
from app.ui.picture import ChosenPicture
from app.ui.theme import current_theme
from app.ui.weights_form import SHIFT_SIDE, Form
from cnnviz.compute import one_thread
from cnnviz.image import encode_png, limits, mosaic, to_picture, to_tensor
from cnnviz.layer import KERNELS, ShiftAnswer, shift_answer


@one_thread()
def answer(chosen: ChosenPicture, form: Form) -> ShiftAnswer:
    """Move the picture, at most SHIFT_SIDE pixels long, and ask both."""
    picture = to_tensor(chosen.fitted(SHIFT_SIDE), "grey" if form.grey else "colour")
    return shift_answer(picture, KERNELS[form.detector].matrix, form.down, form.right)


@one_thread()
def panels(chosen: ChosenPicture, form: Form, found: ShiftAnswer) -> list[Panel]:
    """Six panels: picture, moved picture, the full unit's weights; map, map of the moved picture, their difference."""
    picture = to_tensor(chosen.fitted(SHIFT_SIDE), "grey" if form.grey else "colour")
    vertical, horizontal = "down" if form.down >= 0 else "up", "right" if form.right >= 0 else "left"
    move = f"{abs(form.down)} {vertical}, {abs(form.right)} {horizontal}"
    scale = limits(torch.stack([found.before, found.after]).numpy(), "signed", "layer")[0]
    difference = found.after - found.moved  # not a number where something new came in: nothing to compare with
    weights = found.template.mean(dim=0)
    return [
        _plain("picture", "Picture", f"{picture.shape[1]} × {picture.shape[2]}", picture, along=False),
        _plain("shifted", "Moved picture", move, found.shifted, along=True),
        _map("template", "Weights of the full unit", weights, _own(weights), along=False),
        _map("before", "Convolution before", found.before, scale, along=False),
        _map("after", "Convolution after", found.after, scale, along=True),
        _map("difference", "After − before moved along", difference, scale, along=True),
    ]


def sentence(found: ShiftAnswer) -> str:
    """Both answers in numbers."""
    share = float(found.comparable.float().mean())
    kept = "less than 10⁻¹²" if found.difference < 1e-12 else f"{found.difference:.3g}"
    return (
        f"**The fully connected unit** answered **{found.full_before:.3g}** where the picture stood and answers "
        f"**{found.full_after:.3g}** now. **The convolution** gives the same map, moved along: where its window saw "
        f"only what moved ({share:.0%} of the places) it differs by {kept}. Compared without moving along it differs "
        f"by up to {found.changed:.3g}."
    )


def _plain(role: str, title: str, note: str, values: torch.Tensor, along: bool) -> Panel:
    return Panel(role, title, note, encode_png(to_picture(values.float())), _floats(values.mean(dim=0)), along)


def _map(role: str, title: str, values: torch.Tensor, scale: np.ndarray, along: bool) -> Panel:
    theme = current_theme()
    there = values.nan_to_num(0.0).numpy()  # the view hatches what is not a number
    sheet = mosaic(there[None], "signed", limits=scale[None], columns=1, theme=theme)
    bar = colour_bar("signed", float(scale[0]), float(scale[1]), theme)
    return Panel(role, title, "", encode_png(sheet), _floats(values), along, bar)


def _own(values: torch.Tensor) -> np.ndarray:
    return limits(values.numpy()[None], "signed", "layer")[0]


def _floats(values: torch.Tensor) -> np.ndarray:
    return values.numpy().astype(np.float32)
