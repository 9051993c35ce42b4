"""How do the maps of a chain of kernels look on the screen? Each is one panel: clamped picture or signed colours."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from app.components.colour_bar import colour_bar
from app.components.kernel_view.component import Histogram, Panel, Role
from app.ui.kernel_stages import Stage, run_stage
from app.ui.kernel_state import Form
from app.ui.picture import ChosenPicture
from app.ui.theme import current_theme
from cnnviz.compute import at_work
from cnnviz.image import Theme, encode_jpeg, encode_png, mosaic, to_picture, to_tensor
from cnnviz.layer import separate

BINS = 64
_GAP = 1e-3  # values this far outside 0..1 make an intermediate map worth showing in signed colours


@dataclass(frozen=True)
class Panels:
    """What the view shows: `stages` up to the value pointed at, two thin ones for two passes."""

    stages: tuple[Stage, ...]
    panels: tuple[Panel, ...]
    clamped: bool


def compute_panels(form: Form, chosen: ChosenPicture) -> Panels:
    """Run the chain on the picture and draw what goes into the stage in hand, what comes out, and what lies between."""
    with at_work():
        return _computed(form, chosen)


def _computed(form: Form, chosen: ChosenPicture) -> Panels:
    theme = current_theme()
    picture = chosen.fitted(form.side)
    image = to_tensor(picture, "grey" if form.grey else "colour")
    stages = _passes(form)
    maps = [image]
    for stage in stages:
        maps.append(run_stage(stage, maps[-1], form.border))
    first = len(form.stages) - 1  # the map that goes into the stage in hand
    size = f"{picture.height} × {picture.width}"
    if first == 0 and not form.grey:
        panels = [Panel("input", "Picture", size)]
    else:
        title = "Picture, grey" if first == 0 else f"After stage {first}"
        panels = [map_panel("input", title, maps[first], theme)]
    if form.two_passes:
        panels.append(map_panel("middle", "After the column pass", maps[-2], theme))
    if form.painting:
        panels.append(_painted_panel(form, maps[first]))
    title = "Result" if form.count == 1 else f"After stage {len(form.stages)} of {form.count}"
    if form.signed:
        result = signed_panel("result", title, maps[-1][form.channel or 0], theme)
    else:
        result = clamped_panel("result", title, maps[-1])
    result = replace(result, histogram=histogram(maps[-1]))
    return Panels(tuple(stages), (*panels, result), clamped=not form.signed)


def histogram(values: torch.Tensor) -> Histogram | None:
    """How often each of BINS equal ranges between the least and the greatest value occurs; all channels together.

    None where numbers have grown beyond float32.
    """
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(high - low):
        return None
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = torch.histc(values.float(), BINS, low, high)
    return Histogram(low, high, tuple(int(count) for count in counts))


def _passes(form: Form) -> list[Stage]:
    """The chain; the last stage as a column and a row where the learner asked for two passes."""
    stages = list(form.stages)
    factors = separate(form.stage.matrix) if form.two_passes else None
    if factors is not None:
        column, row = Stage(None).with_matrix(factors.column[:, None]), Stage(None).with_matrix(factors.row[None, :])
        stages[-1:] = [column, replace(row, bias=form.stage.bias)]
    return stages


def _painted_panel(form: Form, image: torch.Tensor) -> Panel:
    """The picture faded, and on it in full contrast what was painted."""
    shown = 0.35 + 0.3 * image[0].clamp(0, 1)
    if form.fit is not None:
        shown = torch.where(form.fit.mask, form.fit.targets, shown)
    return Panel(
        "paint",
        "Paint here",
        "what the result should be",
        encode_jpeg(to_picture(shown[None]), quality=95),
        "image/jpeg",
    )


def clamped_panel(role: Role, title: str, values: torch.Tensor) -> Panel:
    """The map as a picture: what lies outside 0..1 is clamped, and the share of it is said."""
    outside = float(((values - 0.5).abs_() > 0.5).count_nonzero()) / values.numel()
    note = f"{100 * outside:.3g} % of the values clamped to 0–1" if outside else "0 black, 1 white"
    return Panel(role, title, note, encode_jpeg(to_picture(values), quality=95), "image/jpeg")


def signed_panel(role: Role, title: str, values: torch.Tensor, theme: Theme) -> Panel:
    """One channel (H, W) in signed colours: the page's ground is zero, red negative, blue positive."""
    sheet = mosaic(values[None], "signed", columns=1, theme=theme)
    low, high = sheet.limits[0]
    note = f"values {float(values.min()):.3g} … {float(values.max()):.3g}"
    return Panel(role, title, note, encode_png(sheet), "image/png", colour_bar("signed", low, high, theme))


def map_panel(role: Role, title: str, values: torch.Tensor, theme: Theme) -> Panel:
    """A map on its way: as a picture where it still is one, else in signed colours (grey only)."""
    is_picture = float(values.min()) >= -_GAP and float(values.max()) <= 1 + _GAP
    if is_picture or values.shape[0] > 1:
        return clamped_panel(role, title, values)
    return signed_panel(role, title, values[0], theme)
