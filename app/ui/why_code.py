"""The program that gives exactly the numbers that are on the page Why this answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.ui.code import network_line, picture_line
from app.ui.picture import ChosenPicture
from app.ui.why_state import NOISE, SHIFTS, STAGES, STEPS, Form
from cnnviz.analysis import METHODS


@dataclass(frozen=True)
class Shown:
    """What stands on the page: the class asked about, the methods whose maps are there, their layer if one is set."""

    target: int
    methods: tuple[str, ...]
    layer: str | None = None

    def layer_of(self, method: str) -> str:
        """As an argument of a call, with a comma before it."""
        return f", layer={self.layer!r}" if self.layer and METHODS[method].needs_layer else ""


def why_code(form: Form, chosen: ChosenPicture, shown: Shown | None) -> str:
    """Runs as it stands; for an own picture, with its file beside it. Where nothing is shown: the answers alone."""
    lines = ["from cnnviz import analysis, image, network", ""]
    lines += [picture_line(chosen), network_line(form.choice), ""]
    lines += ["for answer in network.predict(net, picture):"]
    lines += ['    print(f"{answer.index:4}  {answer.probability:.3g}  {answer.label}")']
    if shown and shown.methods:
        lines += _maps(form, shown)
        lines += _test(form, shown)
    return "\n".join(lines) + "\n"


def _maps(form: Form, shown: Shown) -> list[str]:
    against = "" if form.against is None else f", against={form.against}"
    lines = ["", f"target = {shown.target}  # {'the most probable class' if form.target is None else 'as chosen'}"]
    lines += ["found = {"]
    for method in shown.methods:
        settings = shown.layer_of(method) + _settings(form.settings[method])
        lines += [f"    {method!r}: analysis.attribute(net, picture, target, {method!r}{against}{settings}),"]
    lines += [
        "}",
        "for name, one in found.items():",
        "    # one.map: float32, (height, width) over net.crop(picture), what the network saw",
        '    print(f"{name}  {one.map.min():.6g}  {one.map.max():.6g}  {one.map.sum():.6g}")',
        '    kind = "signed" if one.signed else "magnitude"',
    ]
    return [*lines, *_overlay(form)]


def _overlay(form: Form) -> list[str]:
    if form.look.look != "overlay":
        return []
    lines = []
    if form.scale == "own":
        lines += ["    least, reach = float(one.map.min()), float(one.map.abs().max())"]
    else:
        from app.components.why_view.component import REACH

        lines += [f"    least, reach = 0.0, {REACH:g} * float(one.map.abs().mean())  # so many equal shares"]
    return [
        *lines,
        "    limits = (-reach if one.signed else least, reach)",
        f"    over = image.overlay(net.crop(picture), one.map, kind, {form.look.opacity / 100:g}, limits=limits)",
        '    over.save(f"{name}.png")',
    ]


def _test(form: Form, shown: Shown) -> list[str]:
    """The open test, for the methods whose maps are there."""
    if form.test == "cut":
        against = "" if form.against is None else f", against={form.against}"
        call = f"(net, picture, target, one.map{against}, steps={STEPS})"
        return [
            "",
            "for name, one in found.items():",
            f"    deletion = analysis.deletion_curve{call}",
            f"    insertion = analysis.insertion_curve{call}",
            '    print(f"{name}  deletion {deletion.area:.3g}, insertion {insertion.area:.3g}")',
        ]
    if form.test not in ("forget", "steady"):
        return []
    lines = [""]
    for method in shown.methods:
        against = "" if form.against is None else f", against={form.against}"
        settings = against + shown.layer_of(method) + _settings(form.settings[method])
        if form.test == "forget":
            lines += [
                f"trials = analysis.randomised_attributions(net, picture, target, [{method!r}], {STAGES}{settings})"
            ]
            lines += [f"ranks = [trial.rank for trial in trials.trials[{method!r}]]"]
        else:
            tried = f"noise={NOISE!r}, shifts={SHIFTS!r}"
            lines += [f"trials = analysis.stability(net, picture, target, {method!r}, {tried}{settings})"]
            lines += ["ranks = [trial.rank for trial in trials.noise + trials.shifts]"]
        lines += [f'print({method!r}, [f"{{rank:.3g}}" for rank in ranks])']
    return lines


def _settings(settings: Any) -> str:
    return "".join(f", {name}={value!r}" for name, value in settings.items())
