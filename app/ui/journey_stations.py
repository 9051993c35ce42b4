"""What does each station of *Home* show and say? The journey's numbers as pictures and sentences."""

from __future__ import annotations

from urllib.parse import urlencode

from PIL import Image

from app.components.journey.component import Scale, Station
from app.ui.journey import KERNEL, LAYER, Journey, Sheet, seen
from app.ui.pages import CLASSIC_KERNELS, FEATURE_MAPS, PageEntry
from app.ui.picture import ChosenPicture
from cnnviz.image import encode_jpeg
from cnnviz.layer.kernels import KERNELS

PICK = "picture"  # what the first station's link reports: no page, the picture picker
_WAITING = "Loading the libraries: this takes a few seconds, once."


def stations(chosen: ChosenPicture, journey: Journey | None) -> tuple[Station, ...]:
    """The four stations; without a journey, the picture and three places that say what they wait for."""
    return _picture(seen(chosen.picture)), _kernel(chosen, journey), _layer(chosen, journey), _answer(chosen, journey)


def _picture(square: Image.Image) -> Station:
    size = f"{square.height} × {square.width}"
    count = square.height * square.width * 3
    return Station(
        kind="picture",
        title="The picture",
        note="its middle square",
        sentence=f"{size} pixels in red, green and blue: {count:,} numbers.",
        alt="The middle square of the picture in use.",
        link="Another picture",
        target=PICK,
        image=encode_jpeg(square, quality=95),
        mime="image/jpeg",
    )


def _kernel(chosen: ChosenPicture, journey: Journey | None) -> Station:
    kernel = KERNELS[KERNEL]
    weights = kernel.matrix.size
    sheet = journey.kernel if journey else None
    words = f"{_maps(sheet)} from {weights} weights. Blue: brighter to the right; red: darker." if sheet else ""
    return _map_station("One kernel", kernel.title, words, chosen, CLASSIC_KERNELS, sheet)


def _layer(chosen: ChosenPicture, journey: Journey | None) -> Station:
    if journey is None:
        return _map_station("One layer", LAYER, "", chosen, FEATURE_MAPS, None)
    words = f"{_maps(journey.layer)}, each mixed from {journey.inputs} earlier ones, in {journey.network}."
    return _map_station("One layer", LAYER, words, chosen, FEATURE_MAPS, journey.layer)


def _answer(chosen: ChosenPicture, journey: Journey | None) -> Station:
    if journey is None:
        words = ""
    else:
        best = journey.answers[0]
        words = f"{best.label}, {100 * best.probability:.1f} %: the most probable of {journey.classes:,} classes."
    return Station(
        kind="answers",
        title="The answer",
        note="of a whole network",
        sentence=words,
        alt="The five most probable classes.",
        link=FEATURE_MAPS.title,
        target=FEATURE_MAPS.file,
        href=_address(FEATURE_MAPS, chosen),
        answers=tuple((answer.label, answer.probability) for answer in journey.answers) if journey else (),
        waiting=_WAITING,
    )


def _map_station(
    title: str, note: str, words: str, chosen: ChosenPicture, page: PageEntry, sheet: Sheet | None
) -> Station:
    return Station(
        kind="maps",
        title=title,
        note=note,
        sentence=words,
        alt=f"{title}: {words} From {sheet.low:.3g}, red, over 0 to {sheet.high:.3g}, blue." if sheet else "",
        link=page.title,
        target=page.file,
        href=_address(page, chosen),
        image=sheet.png if sheet else None,
        scale=Scale(sheet.low, sheet.high) if sheet else None,
        waiting=_WAITING,
    )


def _maps(sheet: Sheet) -> str:
    height, width = sheet.size
    return f"{sheet.count} map{'s' if sheet.count > 1 else ''} of {height} × {width}"


def _address(page: PageEntry, chosen: ChosenPicture) -> str:
    """Where the page is, with the sample picture in the link; an own picture is found by the visitor's cookie."""
    return page.address + ("" if chosen.own else "?" + urlencode({"picture": chosen.key}))
