"""A stack of layers as a list that is edited in the browser, with the numbers and a few maps beside each layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar
from cnnviz.network.specs import KINDS, LayerSetting, settings_of

_render = view("stack_builder")


@dataclass(frozen=True)
class Fix:
    """What would fit in place of an impossible layer: in words, and the layers in their short form."""

    words: str
    text: str


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of a layer as entries of a colour table (count, height, width); `of` how many there are in all."""

    index: npt.NDArray[np.uint8]
    signed: bool
    of: int
    bar: ColourBar


@dataclass(frozen=True, eq=False)
class Row:
    """One layer in words and numbers; `state` is "fine", "impossible" or "waiting".

    `note` is said of its receptive field; `box` (top, left, bottom, right) is that of the middle unit, half open.
    """

    title: str
    settings: str
    state: str
    output: str = ""
    weights: int = 0
    biases: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    field: str = ""
    jump: str = ""
    note: str = ""
    box: tuple[int, int, int, int] | None = None
    problem: str = ""
    fixes: tuple[Fix, ...] = ()
    maps: Maps | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """What the view shows. `text` is the stack in its short form, its input first.

    `pixels` (height, width, 3) are what goes in. `program` is the source to take home, None while a layer is
    impossible. `unrun`: why there are no maps; empty where there are. `palettes`: signed and magnitude, (2, 256, 3).
    """

    text: str
    input: str
    pixels: npt.NDArray[np.uint8]
    rows: Sequence[Row]
    sentence: str
    program: str | None
    unrun: str
    most: int
    palettes: npt.NDArray[np.uint8]


def stack_builder(key: str, blob: bytes, on_stack: Callable[[], None]) -> None:
    """Mount the view on a packed scene. `on_stack`: `state[key].stack` = {text, serial}, all of it after an edit."""
    _render(key=key, data=blob, on_stack_change=on_stack)


def packed(scene: Scene, serial: int, scenes: str) -> bytes:
    """A scene as the view takes it; `serial` numbers the report that it answers, `scenes` is the address of others."""
    arrays: dict[str, np.ndarray | bytes] = {"palettes": scene.palettes, "pixels": scene.pixels}
    header: dict[str, Any] = {
        name: getattr(scene, name) for name in ("text", "input", "sentence", "program", "unrun", "most")
    }
    header |= {"serial": serial, "scenes": scenes, "kinds": kinds()}
    header["rows"] = [
        {**{name: value for name, value in vars(row).items() if name not in ("fixes", "maps")},
         "fixes": [asdict(fix) for fix in row.fixes],
         "maps": _maps(f"maps_{number}", row.maps, arrays)}
        for number, row in enumerate(scene.rows)
    ]  # fmt: skip
    return pack(header, **arrays)


def kinds() -> list[dict[str, Any]]:
    """Every kind of layer with its settings, as the view's form draws them; `fresh` is what a new one is set to."""
    return [
        {
            "code": kind.code,
            "title": kind.title,
            "group": kind.group,
            "fresh": FRESH.get(kind.code, {}),
            "settings": [_setting(one) for one in settings_of(kind)],
        }
        for kind in KINDS.values()
    ]


FRESH = {"c": {"p": "1"}, "t": {"s": "2"}}
"""Settings of a new layer, by code and letter, where torch's defaults would rarely be wanted."""


def _setting(setting: LayerSetting) -> dict[str, Any]:
    about = {name: getattr(setting, name) for name in ("letter", "title", "kind", "low", "high", "options")}
    return {**about, "default": _plain(setting.default)}


def _plain(value: Any) -> str:
    """A default as a link would have it."""
    if isinstance(value, tuple):
        return str(value[0]) if value[0] == value[1] else f"{value[0]}x{value[1]}"
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _maps(name: str, maps: Maps | None, arrays: dict[str, np.ndarray | bytes]) -> dict[str, Any] | None:
    if maps is None:
        return None
    arrays[name] = maps.index
    return {"array": name, "signed": maps.signed, "of": maps.of, "bar": vars(maps.bar)}
