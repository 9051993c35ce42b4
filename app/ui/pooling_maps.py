"""Which map is pooled, what comes out, and what the numbers say about it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from app.components.colour_bar import colour_bar
from app.components.pooling_view.component import MapPanel, Scene
from app.ui.network_picker import DEFAULT, NetworkChoice, obtain
from app.ui.picture import ChosenPicture
from app.ui.pooling_form import MOST_SHIFT, Form
from app.ui.theme import current_theme
from cnnviz.compute import one_thread
from cnnviz.image import Kind, Theme, limits, palette, to_tensor
from cnnviz.layer import pool, unread
from cnnviz.network import network_info

SIDE = 192  # cells: the longer side of the picture that is pooled


@dataclass(frozen=True, eq=False)
class Pooled:
    """The whole map (1, H, W), the part of it that is shown, moved as asked, and what pooling leaves of that part."""

    whole: torch.Tensor
    part: torch.Tensor
    result: torch.Tensor
    top: int
    left: int


def source_map(form: Form, chosen: ChosenPicture) -> torch.Tensor | None:
    """The picture's luma, or one channel of a real network's feature map, (1, H, W); None while there is no network."""
    if not form.features:
        return to_tensor(chosen.fitted(SIDE), "grey")
    choice = NetworkChoice(network_info(DEFAULT), "auto")
    network = obtain(choice)
    if network is None:
        return None
    from app.ui.feature_maps_layers import strip_of
    from app.ui.feature_maps_passes import layer_output

    strip = strip_of(network)
    maps = layer_output(network, choice.key, chosen, strip, strip.default).maps
    return torch.from_numpy(maps[form.channel : form.channel + 1])


@one_thread()
def pool_part(form: Form, whole: torch.Tensor) -> Pooled:
    """Cut the part out, moved as asked, and pool it. Raises SettingsError for what cannot be."""
    top, height = _place(whole.shape[1], form.part, form.down)
    left, width = _place(whole.shape[2] - spare(whole), form.part, form.across)
    left += min(form.shift, spare(whole))
    part = whole[:, top : top + height, left : left + width]
    result = pool(
        part, form.kind, form.window, form.stride, form.padding, form.ceil_mode, form.p, form.count_include_pad
    )
    return Pooled(whole, part, result, top, left)


def spare(whole: torch.Tensor) -> int:
    """Columns kept at the right, so that moving the picture brings real pixels in."""
    return min(MOST_SHIFT, whole.shape[2] // 3)


def pooling_scene(form: Form, pooled: Pooled) -> Scene:
    """Both maps with their colours: on one scale where pooling keeps the values' range."""
    theme = current_theme()
    kind = _colours(form, pooled.whole)
    low, high = (0.0, 1.0) if kind == "grey" else tuple(float(end) for end in limits(pooled.whole, kind)[0])
    size = (pooled.part.shape[1], pooled.part.shape[2])
    name = f"Feature map {form.channel}" if form.features else "Picture, grey"
    return Scene(
        kind=form.kind,
        window=size if form.whole else (form.window, form.window),
        stride=size if form.whole else (form.stride, form.stride),
        padding=0 if form.whole else form.padding,
        p=form.p,
        count_padding=form.count_include_pad,
        before=MapPanel(f"{name}: {_size(pooled.part)}", _values(pooled.part), colour_bar(kind, low, high, theme)),
        after=_after(form, pooled, kind, (low, high), theme),
        palette=palette(kind, theme),
    )


@one_thread()
def words(form: Form, pooled: Pooled) -> str:
    """The output size with its formula, how much is left, and what never got a say."""
    (rows, cols), (height, width) = pooled.part.shape[1:], pooled.result.shape[1:]
    share = 100 * height * width / (rows * cols)
    kept = (
        f"{height * width:,} {'number is' if height * width == 1 else 'numbers are'} left of {rows * cols:,}: "
        f"**{share:.3g} %**."
    )
    if form.whole:
        return f"One number for the whole map, whatever its size. {kept}"
    ends = ("⌈", "⌉") if form.ceil_mode else ("⌊", "⌋")
    formula = ", ".join(
        f"{ends[0]}({length} + 2·{form.padding} − {form.window}) / {form.stride}{ends[1]} + 1 = {places}"
        f"{_dropped(form, length, places)} {side}"
        for length, places, side in ((rows, height, "rows"), (cols, width, "columns"))
    )
    return f"{formula}. {kept} {_left_over(form, rows, cols)}{_winning(form, pooled)}".strip()


def _dropped(form: Form, length: int, places: int) -> str:
    """In ceil mode a window that would begin behind the map is not used; then the formula is one too many."""
    formula = -(-(length + 2 * form.padding - form.window) // form.stride) + 1
    return " (one fewer: the last would begin outside)" if form.ceil_mode and places < formula else ""


def _left_over(form: Form, rows: int, cols: int) -> str:
    if form.ceil_mode and form.stride <= form.window:
        return ""
    never = unread((rows, cols), form.window, form.stride, form.padding)
    count = rows * cols - int((~never.rows).sum()) * int((~never.cols).sum())
    return f"{count:,} cells are read by no window (shaded). " if count else ""


def _winning(form: Form, pooled: Pooled) -> str:
    """How many cells are the largest of some window: all that a maximum passes on, and all that gets a gradient."""
    if form.kind != "max":
        return ""
    places = torch.nn.functional.max_pool2d(
        pooled.part[None], form.window, form.stride, form.padding, ceil_mode=form.ceil_mode, return_indices=True
    )[1]
    winners = len(places.unique())
    return f"{winners:,} cells win a window; only they get a gradient."


def _after(form: Form, pooled: Pooled, kind: Kind, scale: tuple[float, float], theme: Theme) -> MapPanel:
    values = _values(pooled.result)
    title = f"{form.kind.capitalize() if form.kind != 'lp' else f'L{form.p:g} norm'}: {_size(pooled.result)}"
    if form.kind in ("sum", "lp"):
        low, high = 0.0, max(float(values.max()), 1e-6)
        if kind == "signed" and form.kind == "sum":
            low, high = -float(np.abs(values).max()), float(np.abs(values).max())
        scale = (low, high)
        title += ", own scale"
    return MapPanel(title, values, colour_bar(kind, *scale, theme))


def _colours(form: Form, whole: torch.Tensor) -> Kind:
    if not form.features:
        return "grey"
    return "signed" if float(whole.min()) < 0 else "magnitude"


def _place(length: int, part: int | None, percent: int) -> tuple[int, int]:
    """Where the part begins along one axis, and how long it is."""
    size = length if part is None else min(part, length)
    return round((length - size) * percent / 100), size


def _size(maps: torch.Tensor) -> str:
    return f"{maps.shape[1]} × {maps.shape[2]}"


def _values(maps: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(maps[0].numpy(), dtype=np.float32)
