"""The program that gives exactly the pooled map and the shift test of the Pooling page."""

from __future__ import annotations

from app.ui.code import picture_line
from app.ui.picture import ChosenPicture
from app.ui.pooling_form import Form
from app.ui.pooling_maps import SIDE, Pooled, spare


def pooling_code(form: Form, chosen: ChosenPicture, pooled: Pooled | None) -> str:
    """Runs as it stands; for an own picture, with the picture's file beside it."""
    rest = [] if pooled is None else _pooling(form, pooled)
    rooms = "analysis, image, layer, network" if form.features else "image, layer"
    return "\n".join([f"from cnnviz import {rooms}", "", picture_line(chosen), *_source(form), *rest]) + "\n"


def _source(form: Form) -> list[str]:
    if not form.features:
        return [f'maps = image.to_tensor(image.fit(picture, {SIDE}), "grey")  # float32, (1, H, W), 0 to 1']
    return [
        'net = network.load_network("efficientnet_lite0")',
        'activations = analysis.capture(net, picture, layers=["bn1.act"])',
        f'maps = activations["bn1.act"][{form.channel}:{form.channel + 1}]  # one channel, (1, H, W)',
    ]


def _pooling(form: Form, pooled: Pooled) -> list[str]:
    (rows, cols), most = pooled.part.shape[1:], spare(pooled.whole)
    how = f'"{form.kind}"'
    if not form.whole:
        how += f", window={form.window}, stride={form.stride}, padding={form.padding}, ceil_mode={form.ceil_mode}"
    if form.kind == "lp":
        how += f", p={form.p:g}"
    if form.kind == "average":
        how += f", count_include_pad={form.count_include_pad}"
    return [
        f"part = maps[:, {pooled.top}:{pooled.top + rows}, {pooled.left}:{pooled.left + cols}]",
        f"pooled = layer.pool(part, {how})",
        "print(tuple(part.shape), tuple(pooled.shape), pooled.mean().item())",
        f"row, col = {pooled.result.shape[1] // 2}, {pooled.result.shape[2] // 2}",
        f"found = layer.pool_trace(part, row, col, kind={how})",
        "print(found.value, found.winners)",
        "",
        "# Moved by 0, 1, … pixels: the difference from the pooled map moved along, in its standard deviations.",
        f"curve = layer.shift_curve(maps, lambda m: layer.pool(m, 'max', {form.window}, {form.stride}), "
        f"stride={form.stride}, most={most})",
        "print(curve.against_moved)",
    ]
