"""The program that gives exactly the box and the numbers that are on the page Receptive fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.code import network_line, picture_line
from app.ui.picture import ChosenPicture

if TYPE_CHECKING:
    from app.ui.field_state import Chosen, Form


@dataclass(frozen=True)
class Shown:
    """What stands on the page: layer, unit, pixel; the channel that is shown (None: all); whether there is heat."""

    at: Chosen
    channel: int | None
    heat: bool


def field_code(form: Form, chosen: ChosenPicture, shown: Shown | None) -> str:
    """Runs as it stands; for an own picture, with its file beside it."""
    lines = ["from cnnviz import analysis, image, network", ""]
    lines += [picture_line(chosen), network_line(form.choice), ""]
    lines += ["fields = analysis.receptive_fields(net)  # of every layer, from the graph of its operations"]
    if shown is None:
        lines += ["for path, field in fields.items():", "    print(path, field.size, field.stride, field.padding)"]
    else:
        lines += _box(shown)
        lines += _nudge(form, shown) if form.mode == "nudge" else _heat(form, shown)
    return "\n".join(lines) + "\n"


def _box(shown: Shown) -> list[str]:
    at = shown.at
    lines = [f"field = fields[{at.layer.path!r}]", "print(field.size, field.stride, field.padding, field.note)"]
    if at.layer.field.map_size != at.layer.map_size:
        return lines  # tokens and vectors: every unit sees the whole picture, as the note says
    return [
        *lines,
        "",
        "# Half open: rows top to bottom - 1. What is below 0 or beyond the picture lies in the padding.",
        f"box = field.region({at.unit[0]}, {at.unit[1]}, clip=False)",
        "print(box, box.height, box.width)",
    ]


def _heat(form: Form, shown: Shown) -> list[str]:
    if not shown.heat:
        return []
    from app.ui.field_numbers import AVERAGED, NOISE

    channel = "" if shown.channel is None else f", channel={shown.channel}"
    over = {
        "picture": "images=[picture]",
        "samples": f"images=[image.load_sample(name) for name in {AVERAGED!r}]",
        "noise": f"count={NOISE}",
    }[form.heat]
    return [
        "",
        "found = analysis.effective_receptive_field(",
        f"    net, field.path, {shown.at.unit!r}{channel}, {over}",
        ")",
        "print(found.mass_inside, found.radius_50, found.radius_90)  # found.heat is the map over the picture",
    ]


def _nudge(form: Form, shown: Shown) -> list[str]:
    from app.ui.field_numbers import patch_round

    patch = patch_round(shown.at.pixel or (0, 0), form.patch, shown.at.layer.field.input_size)
    return [
        "",
        f"patch = analysis.Box({patch.top}, {patch.left}, {patch.bottom}, {patch.right})",
        f"found = analysis.influence(net, field.path, picture, patch, delta={form.amount:g})",
        "print(found.changed.sum(), found.by_convention.sum(), found.escaped.sum())",
    ]
