"""What channels look for, from the first layers to the last, side by side: checks and packs what the view draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.components import view
from app.components.blob import pack

_render = view("channel_atlas")


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows: a sheet of pictures, `side` pixels each, one column a layer, first to last.

    `channels` has for each of `layers` the channels of its column, downwards. `chosen` is (layer, channel) of the one
    that the page shows large, None where it is not here.
    """

    network: str
    sheet: bytes
    mime: str
    side: int
    layers: tuple[str, ...]
    channels: tuple[tuple[int, ...], ...]
    chosen: tuple[str, int] | None


def channel_atlas(key: str, scene: Scene, on_choose: Callable[[], None]) -> None:
    """Mount the view. `on_choose`: `state[key].choose` = {layer, channel}."""
    header = {name: getattr(scene, name) for name in ("network", "mime", "side", "layers", "channels", "chosen")}
    _render(key=key, data=pack(header, sheet=scene.sheet), on_choose_change=on_choose)
