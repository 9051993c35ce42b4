"""The program that gives what is on the map of the network: each column's channels, what feeds one, the answer."""

from __future__ import annotations

from app.ui.code import network_line, picture_line
from app.ui.network_map_state import MapForm
from app.ui.network_picker import NetworkChoice
from app.ui.picture import ChosenPicture

_SCORES = {"mean": "maps.mean(dim=(1, 2))", "maximum": "maps.amax(dim=(1, 2))"}


def network_map_code(choice: NetworkChoice, form: MapForm, chosen: ChosenPicture, second: ChosenPicture | None) -> str:
    """Runs as it stands; for own pictures, with their files beside it."""
    lines = ["import torch", "", "from cnnviz import analysis, image, network", "", picture_line(chosen)]
    if second is not None:
        lines.append(picture_line(second, "second"))
    pictures = "[picture]" if second is None else "[picture, second]"
    lines += [
        network_line(choice),
        f"passes = [analysis.record_pass(net, one) for one in {pictures}]",
        "chart = analysis.network_map(passes[0], analysis.layer_table(net))",
        "logits = [one.values[one.output].flatten().detach() for one in passes]",
        f"target = {'int(logits[0].argmax())' if form.target is None else form.target}",
        f"shown = chart.shown({list(form.opened)})  # the stages that are open; of the others the last column",
        "",
        *_columns(form, second is not None),
        "",
        *_feeding(form, second is not None),
        'print(f"{feeding.name}: {fed.total:.4g} = shares + {fed.rest:.4g}", fed.strongest(8))',
        "",
        "for one in logits:",
        f"    probabilities = (one / {form.temperature:g}).softmax(0)",
        "    for index in one.argsort(descending=True)[:5].tolist():",
        '        print(f"{probabilities[index]:.3g}  {net.categories[index]}")',
    ]
    return "\n".join(lines) + "\n"


def _feeding(form: MapForm, two: bool) -> list[str]:
    """What feeds the pinned channel; where none is pinned, the first one of the first column."""
    column, channel, side = form.pinned or (None, 0, 0)
    index = "shown[1]" if column is None else column
    about = f"what feeds its channel {channel}: values times slope, summed over the map"
    asked = f"chart, feeding.index, [{channel}], shown)"
    lines = [f"feeding = chart.columns[{index}]  # {about}"]
    if two and form.compare == "difference":
        return [
            *lines,
            f"(first,), (other,) = (analysis.feeds(one, {asked} for one in passes)",
            "fed = first.less(other)  # how the two pictures differ",
        ]
    return [*lines, f"(fed,) = analysis.feeds(passes[{side if two else 0}], {asked}"]


def _columns(form: MapForm, two: bool) -> list[str]:
    """Every column's strongest channels, as on the map: where branches stand one over the other, it shows fewer."""
    rank = "scores[0]"
    if two:
        rank = "(scores[0] - scores[1]).abs()" if form.compare == "difference" else "torch.maximum(*scores)"
    lines = []
    if form.by == "answer":
        lines = ["shares = [analysis.contributions(one, chart, target) for one in passes]"]
    lines += [
        "for index in shown[1:-1]:",
        "    column, scores = chart.columns[index], []",
        '    if column.layout in ("windows", "other"):',
        "        continue  # no rows and columns",
    ]
    if form.by == "answer":
        lines += [
            "    for share in shares:",
            "        scores.append(torch.from_numpy(share[index]).float().abs())",
        ]
    else:
        lines += [
            "    for one in passes:",
            "        maps = analysis.column_maps(one, column)",
            f"        scores.append({_SCORES[form.by]})",
        ]
    return [
        *lines,
        f"    best = {rank}.argsort(descending=True, stable=True)[:8]",
        "    print(column.name or column.kind, best.tolist())",
    ]
