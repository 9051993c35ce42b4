"""From a stack to what the view of Build a network draws: words, numbers and maps of every layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.components.colour_bar import colour_bar
from app.components.stack_builder.component import Fix, Maps, Row, Scene
from app.ui.build_maps import LayerMaps, input_pixels, layer_maps, too_large
from app.ui.build_program import program_of
from app.ui.build_state import parse, spell
from app.ui.build_words import layer_settings, layer_title, shape_words
from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_passes import kept
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import LayerReport, ReceptiveField, stack_report
from cnnviz.compute import one_thread
from cnnviz.image import Theme, palette
from cnnviz.network.specs import MOST_LAYERS
from cnnviz.network.specs_text import spell_specs

_SCENES: ByteCache[Scene] = ByteCache(32_000_000)
PICTURES.drop_from(_SCENES)


def build_scene(text: str, chosen: ChosenPicture, theme: Theme) -> Scene:
    """The whole list of a stack, given as its link has it; unless it is too large, the picture has run through it.

    Kept, since the view asks for it first and the page once more. Asks neither session nor link.
    """

    def make() -> tuple[Scene, int]:
        with one_thread():  # many small operations; what is large asks for more by itself
            scene = _scene(text, chosen, theme)
        return scene, sum(row.maps.index.nbytes for row in scene.rows if row.maps is not None) + 20_000

    return kept(_SCENES, (text, chosen.key, theme), chosen, make)


def _scene(text: str, chosen: ChosenPicture, theme: Theme) -> Scene:
    specs, input_shape = parse(text)
    reports = stack_report(specs, input_shape)
    unrun = too_large(reports)
    maps = () if unrun else layer_maps(reports, input_shape, chosen)
    small = [*(_maps(one, theme) for one in maps), *[None] * (len(reports) - len(maps))]
    return Scene(
        text=spell(specs, input_shape),
        input=shape_words(input_shape),
        pixels=input_pixels(chosen, input_shape),
        rows=[_row(report, one) for report, one in zip(reports, small, strict=True)],
        sentence=stack_sentence(reports),
        program=program_of(specs, input_shape),
        unrun=unrun,
        most=MOST_LAYERS,
        palettes=np.stack([palette("signed", theme), palette("magnitude", theme)]),
    )


def stack_sentence(reports: Sequence[LayerReport]) -> str:
    """The whole stack in one line, with its numbers."""
    if not reports:
        return "No layer yet: add one."
    parameters = sum(report.parameters for report in reports)
    multiply_adds = sum(report.multiply_adds for report in reports)
    memory = sum(report.activation_bytes for report in reports)
    wrong = next((number for number, report in enumerate(reports, start=1) if report.problem), None)
    if wrong is not None:
        waiting = len(reports) - wrong
        after = f"; {waiting} {'layer waits' if waiting == 1 else 'layers wait'} for it" if waiting else ""
        return f"Layer {wrong} is impossible: {reports[wrong - 1].problem.rstrip('.')}{after}."
    layers = f"{len(reports)} {'layer' if len(reports) == 1 else 'layers'}"
    return (
        f"{layers}, untrained, with random weights: {parameters:,} parameters; {multiply_adds:,} multiply-adds and "
        f"{bytes_words(memory)} of activations for one picture. Out come {_numbers(reports[-1])}."
    )


def bytes_words(count: int) -> str:
    """Bytes in kB or MB with three significant digits."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{float(f'{count / size:.3g}'):g} {unit}"
    return f"{count} bytes"


def _numbers(last: LayerReport) -> str:
    shape = last.output_shape or ()
    return f"{shape[0]:,} numbers" if len(shape) == 1 else f"maps of {shape_words(shape)}"


def _row(report: LayerReport, maps: Maps | None) -> Row:
    title, settings = layer_title(report.spec), layer_settings(report.spec)
    if report.waits:
        return Row(title, settings, "waiting")
    if report.problem:
        fixes = tuple(Fix(fix.words, spell_specs(fix.specs)) for fix in report.fixes)
        return Row(title, settings, "impossible", problem=report.problem, fixes=fixes)
    field = report.field
    size, jump = ("", "")
    if field is not None:
        size = "all" if field.whole_input else f"{field.size[0]} × {field.size[1]}"
        jump = "" if field.whole_input else f"{field.stride[0]} × {field.stride[1]}"
    return Row(
        title,
        settings,
        "fine",
        output=shape_words(report.output_shape),
        weights=report.weights,
        biases=report.biases,
        multiply_adds=report.multiply_adds,
        activation_bytes=report.activation_bytes,
        field=size,
        jump=jump,
        note="" if field is None else field.note,
        box=None if field is None else _middle_box(field),
        maps=maps,
    )


def _middle_box(field: ReceptiveField) -> tuple[int, int, int, int]:
    """What the unit in the middle sees of the picture."""
    box = field.region(len(field.rows) // 2, len(field.columns) // 2)
    return box.top, box.left, box.bottom, box.right


def _maps(found: LayerMaps, theme: Theme) -> Maps:
    bar = colour_bar(found.kind, found.low, found.high, theme)
    return Maps(found.index, found.kind == "signed", found.of, bar)
