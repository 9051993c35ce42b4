"""How did the picture form? A film of a few frames with the curve: recorded ones that ship, and those made here.

The recorded films (``assets/channels``, made by ``make assets``) can be shown before torch is loaded; nothing here
imports it until a film is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.ui.channel_state import Asked, recipe_settings
from cnnviz.image import encode_png
from cnnviz.paths import ASSETS

if TYPE_CHECKING:
    from cnnviz.analysis import Goal, Recipe, Visualisation
    from cnnviz.network import Network

RECORDED = ASSETS / "channels"
_INDEX = "recorded.json"
_ATLAS = "atlas.webp"
_QUALITY = 80


@dataclass(frozen=True, eq=False)
class Reel:
    """A film in the making: frames (count, size, size, 3) of some `steps`, and the goal's amount (count,) at each."""

    steps: tuple[int, ...]
    frames: tuple[npt.NDArray[np.uint8], ...]
    curve: tuple[npt.NDArray[np.float32], ...]
    result: Visualisation | None = None


@dataclass(frozen=True, eq=False)
class Film:
    """What a view needs of a film. `strip`: the frames one below the other, `side` pixels (height, width) each.

    `curve` (steps done + 1,) is the mean over the pictures made at once; so are `value` and `start_value`.
    """

    strip: bytes
    mime: str
    side: tuple[int, int]
    steps: tuple[int, ...]
    curve: npt.NDArray[np.float32]
    value: float | None
    start_value: float | None
    similarity: float | None


@dataclass(frozen=True)
class Atlas:
    """The recorded films by depth: what was recorded of which network, and which one the page opens with."""

    network: tuple[str, str]
    title: str
    layers: tuple[str, ...]
    channels: tuple[tuple[int, ...], ...]
    opening: tuple[str, int]
    recipe: dict[str, Any]
    films: dict[str, dict[str, Any]]


def filming(network: Network, goal: Goal, recipe: Recipe) -> Iterator[Reel]:
    """The film as it grows, after each step; kept are the start, the steps that are powers of two, and the last."""
    from cnnviz.analysis import finished, forming

    steps: list[int] = []
    frames: list[npt.NDArray[np.uint8]] = []
    curve: list[npt.NDArray[np.float32]] = []
    for snapshot in forming(network, goal, recipe):
        curve.append(snapshot.objective)
        if steps and not _kept(steps[-1]):  # the one before was the latest, no more
            steps.pop()
            frames.pop()
        steps.append(snapshot.step)
        frames.append(snapshot.pictures)
        yield Reel(tuple(steps), tuple(frames), tuple(curve))
    result = finished(network, goal, recipe, frames[0], frames[-1], np.stack(curve))
    yield Reel(tuple(steps), tuple(frames), tuple(curve), result)


def film_of(reel: Reel) -> Film:
    """All frames where the film is finished; while it grows the noise and the latest, so that little travels."""
    all_of_it = reel.result is not None or len(reel.frames) == 1
    shown = range(len(reel.frames)) if all_of_it else (0, len(reel.frames) - 1)
    steps, frames = tuple(reel.steps[i] for i in shown), [reel.frames[i] for i in shown]
    sheet = np.concatenate([_side_by_side(frame) for frame in frames])
    side = (sheet.shape[0] // len(frames), sheet.shape[1])
    curve = np.array([values.mean() for values in reel.curve], np.float32)
    if reel.result is None:
        return Film(encode_png(sheet), "image/png", side, steps, curve, None, None, None)
    value, start = float(reel.result.value.mean()), float(reel.result.start_value.mean())
    return Film(encode_png(sheet), "image/png", side, steps, curve, value, start, reel.result.similarity)


@lru_cache(maxsize=1)
def atlas(folder: Path = RECORDED) -> Atlas:
    """What is recorded."""
    facts = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    return Atlas(
        tuple(facts["network"]), facts["title"], tuple(facts["layers"]), tuple(map(tuple, facts["channels"])),
        (facts["opening"][0], facts["opening"][1]), facts["recipe"], facts["films"],
    )  # fmt: skip


def atlas_sheet(folder: Path = RECORDED) -> bytes:
    """The last frames of all recorded films, one column a layer, as WebP."""
    return (folder / _ATLAS).read_bytes()


def recorded_film(asked: Asked, folder: Path = RECORDED) -> Film | None:
    """The film that ships for exactly this; None where there is none."""
    known = atlas(folder)
    facts = known.films.get(_name(asked.layer, asked.channel))
    if facts is None or asked.network != known.network or asked.goal != "channel":
        return None
    if recipe_settings(asked) != known.recipe:
        return None
    side = known.recipe["size"]
    strip = (folder / f"{_name(asked.layer, asked.channel)}.webp").read_bytes()
    curve = np.array(facts["curve"], np.float32)
    return Film(
        strip, "image/webp", (side, side), tuple(facts["steps"]), curve, facts["value"], facts["start_value"], None
    )


def record(
    network: Network, layers: Mapping[str, tuple[int, ...]], opening: tuple[str, int], folder: Path = RECORDED
) -> None:
    """Make the films of these channels with the page's own settings and write them as `atlas` and its kin read them."""
    from cnnviz.analysis import Goal, Recipe

    folder.mkdir(parents=True, exist_ok=True)
    recipe = Recipe()
    films: dict[str, Any] = {}
    columns = []
    for layer, channels in layers.items():
        column = []
        for channel in channels:
            *_, reel = filming(network, Goal(layer, channel), recipe)
            assert reel.result is not None
            _save(np.concatenate([frame[0] for frame in reel.frames]), folder / f"{_name(layer, channel)}.webp")
            films[_name(layer, channel)] = {
                "steps": reel.steps,
                "curve": [_rounded(values[0]) for values in reel.curve],
                "value": _rounded(reel.result.value[0]),
                "start_value": _rounded(reel.result.start_value[0]),
            }
            column.append(reel.frames[-1][0])
        columns.append(np.concatenate(column))
    _save(np.concatenate(columns, axis=1), folder / _ATLAS)
    facts = {
        "network": [network.name, "auto"],
        "title": network.info.title,
        "layers": list(layers),
        "channels": list(layers.values()),
        "opening": opening,
        "recipe": {"steps": recipe.steps, "size": recipe.size, "seed": recipe.seed},
        "films": films,
    }
    (folder / _INDEX).write_text(json.dumps(facts, separators=(",", ":")) + "\n", encoding="utf-8")


def _kept(step: int) -> bool:
    return step & (step - 1) == 0


def _side_by_side(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """One picture as it is; four as two rows of two."""
    if len(frame) == 1:
        return frame[0]
    rows = [np.concatenate(list(frame[start : start + 2]), axis=1) for start in range(0, len(frame), 2)]
    return np.concatenate(rows)


def _save(pixels: npt.NDArray[np.uint8], path: Path) -> None:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=_QUALITY, method=6)
    path.write_bytes(buffer.getvalue())


def _name(layer: str, channel: int) -> str:
    return f"{layer}_{channel}"


def _rounded(value: Any) -> float:
    """Six significant digits: more differ from one processor to the next."""
    return float(f"{float(value):.6g}")
