"""The program that gives exactly what is on the Feature maps page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.code import network_line, picture_line
from app.ui.feature_maps_numbers import stride_for
from app.ui.feature_maps_state import ALL_ON, Form, Switched
from app.ui.picture import ChosenPicture
from app.ui.theme import current_theme

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import StripLayer
    from app.ui.ledger_units import UnitName

_ORDER = {
    "mean": "maps.mean(dim=(1, 2))",
    "maximum": "maps.amax(dim=(1, 2))",
    "magnitude": "maps.abs().mean(dim=(1, 2))",
}


@dataclass(frozen=True)
class Shown:
    """What stands on the page.

    A layer, its maps' shape (C, H, W), the channel of the large view; the unit of the ledger, the class that it is
    compared with, the channels switched off; the convolution whose filter of that channel is shown.
    """

    layer: StripLayer
    shape: tuple[int, ...]
    channel: int | None
    unit: UnitName | None = None
    less: int | None = None
    switched: Switched = ALL_ON
    filters: str | None = None


def feature_maps_code(form: Form, chosen: ChosenPicture, shown: Shown | None) -> str:
    """Runs as it stands; for an own picture, with its file beside it. Where nothing is shown: the answers alone."""
    load = network_line(form.choice)
    if shown is None:
        lines = ["from cnnviz import image, network", "", picture_line(chosen), load, ""]
        lines += ["answers = network.predict(net, picture)"]
    else:
        lines = [
            "from pathlib import Path",
            "",
            "from cnnviz import analysis, image, network",
            "",
            picture_line(chosen),
            load,
        ]
        lines += [
            "",
            *_maps(shown),
            "",
            *_mosaic(form, shown),
            *_large(shown.channel, _theme()),
            *_filter(shown),
            *_ledger(shown),
            *_switched(shown),
            "",
        ]
        lines += ["answers = network.predictions_from_logits(activations.output, net.categories)"]
    lines += ["for answer in answers:", '    print(f"{answer.probability:.3g}  {answer.label}")']
    return "\n".join(lines) + "\n"


def _maps(shown: Shown) -> list[str]:
    call = shown.layer.layer
    output = f"activations.call({call.path!r}, {call.call})"
    if call.layout != "maps":
        output = f"analysis.as_maps({output}, {call.layout!r})"
    return [
        f"activations = analysis.capture(net, picture, layers=[{call.path!r}])",
        f"maps = {output}  # float32, (channels, height, width)",
        "print(tuple(maps.shape), maps.min().item(), maps.max().item())",
    ]


def _mosaic(form: Form, shown: Shown) -> list[str]:
    stride = stride_for(shown.shape)
    lines = [
        'kind = "signed" if maps.min() < 0 else "magnitude"',
        f"limits = image.limits(maps, kind, per={form.per!r})",
    ]
    tiles, scales = "maps", "limits"
    if form.order in _ORDER:
        lines += [f"order = {_ORDER[form.order]}.argsort(descending=True, stable=True)"]
        tiles, scales = "maps[order]", "limits[order]"
    if stride > 1:
        tiles += f"[:, ::{stride}, ::{stride}]"
    return [
        *lines,
        f"sheet = image.mosaic({tiles}, kind, limits={scales}{_theme()})",
        'Path("feature_maps.png").write_bytes(image.encode_png(sheet))',
    ]


def _theme() -> str:
    return ', theme="dark"' if current_theme() == "dark" else ""


def _large(channel: int | None, theme: str) -> list[str]:
    if channel is None:
        return []
    return [
        "",
        f"print(maps[{channel}])  # the map of the large view",
        "opacity = 1  # less lets the part of the picture that the network saw shine through",
        f"scale = tuple(limits[{channel}].tolist())",
        f"over = image.overlay(net.crop(picture), maps[{channel}], kind, opacity, limits=scale{theme})",
        f'over.save("map_{channel}.png")',
    ]


def _filter(shown: Shown) -> list[str]:
    """The slices of the filter that makes the open map, and what each adds to it."""
    if shown.filters is None:
        return []
    return [
        "",
        f"kernels = analysis.filters(net, {shown.filters!r})",
        f"added = kernels.contributions({shown.channel}, analysis.mean_patches(net, picture, {shown.filters!r}))",
        f"for read, weights, share in zip(kernels.inputs({shown.channel}), kernels.weights[{shown.channel}], added):",
        '    print(f"input channel {read}: {weights.tolist()}, adds {share:.3g} on average")',
    ]


def _ledger(shown: Shown) -> list[str]:
    """The ledger of the open unit, or two classes' difference, with torch's own values beside its totals."""
    unit = shown.unit
    if unit is None:
        return []
    lines = ["", "recorded = analysis.record_pass(net, picture)"]
    if shown.less is not None:
        lines += [f"difference = analysis.logit_difference(recorded, {unit.index[0]}, {shown.less})"]
        lines += ["steps = [difference.step]"]
    else:
        lines += [f"steps = analysis.unit_ledger(recorded, {unit.path!r}, {unit.index}, {unit.call}).steps"]
    return [
        *lines,
        "for step in steps:",
        '    print(step.label, "adds up to", step.total, "and torch has", step.after)',
        "    if step.terms is not None:",
        "        for term in range(min(8, len(step.terms))):",
        "            print(step.terms.unit(term).index, step.terms.contributions[term], step.terms.running[term])",
    ]


def _switched(shown: Shown) -> list[str]:
    """The answer without some channels."""
    if not shown.switched.channels:
        return []
    call = shown.layer.layer
    channels = list(shown.switched.channels)
    keep = ", keep=True" if shown.switched.keep else ""
    return [
        "",
        f"off = analysis.ablate(net, picture, {call.path!r}, {channels}{keep}, call={call.call})",
        "for move in off.top():",
        '    print(f"{move.before:.3g} -> {move.after:.3g}  {move.label}")',
    ]
