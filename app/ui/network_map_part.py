"""The map of the network on the page: the view, and the settings below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from app.components.network_map.component import MapScene, network_map_view, packed
from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_layers import strip_of
from app.ui.feature_maps_passes import seen_by
from app.ui.linked import is_count
from app.ui.network_map_form import second_picture
from app.ui.network_map_passes import side_of
from app.ui.network_map_scene import feeds_scene, map_scene
from app.ui.network_map_state import (
    CLASS,
    MAP,
    NOTICE,
    PIN,
    MapForm,
    channel_pinned,
    class_asked,
    layer_asked,
    read_map_form,
    stages_opened,
    temperature_set,
)
from app.ui.network_picker import NetworkChoice
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture, picture_of
from app.ui.scenes import offered
from app.ui.shelf import PICTURES
from app.ui.theme import current_theme
from app.ui.visitor import visitor

if TYPE_CHECKING:
    from cnnviz.network import Network

_FEEDS: ByteCache[bytes] = ByteCache(32_000_000)
PICTURES.drop_from(_FEEDS)


def map_part(choice: NetworkChoice, network: Network, chosen: ChosenPicture) -> None:
    """Draw the map; what the learner opens or points at on it the view fetches by itself."""
    form, theme, second = read_map_form(), current_theme(), second_picture(read_map_form())
    scenes = ""

    def ahead(name: str) -> bytes | None:
        return _ahead(choice, form, pictures_again, theme, scenes, name)

    pictures_again = _again(chosen, "" if second is None else second.key)
    scenes = offered("network_map", chosen, ahead)
    pictures = [chosen] if second is None else [chosen, second]
    scene = _scene(network, choice, pictures, form, theme, scenes)
    _say_what_is_not_there(form, scene)
    network_map_view(MAP, packed(scene), stages_opened, class_asked, temperature_set, layer_asked, channel_pinned)


def _say_what_is_not_there(form: MapForm, scene: MapScene) -> None:
    """What the link asks of the map and the network does not have gives way, in words."""
    classes = scene.logits.shape[1]
    if form.target is not None and form.target >= classes:
        NOTICE.replace(
            CLASS, f"There is no class {form.target}; the network has {classes:,}, counted from 0. "
            "The channels are asked about the most probable one.",
        )  # fmt: skip
    if form.pinned is None:
        return
    column, channel, _ = form.pinned
    box = next((box for box in scene.boxes if box.column == column), None)
    if column >= scene.answer or (box is not None and channel >= box.channels):
        NOTICE.replace(PIN, f"The network has no channel {channel} in column {column}, so none is pinned.")


def _again(chosen: ChosenPicture, second: str) -> Callable[[], list[ChosenPicture] | None]:
    """The pictures of the map for a thread that serves it; None once the second is gone, which is not held here."""
    who = visitor()

    def pictures() -> list[ChosenPicture] | None:
        if not second:
            return [chosen]
        other = picture_of(who, second)
        return None if other is None else [chosen, other]

    return pictures


def _ahead(
    choice: NetworkChoice,
    form: MapForm,
    pictures_again: Callable[[], list[ChosenPicture] | None],
    theme: Literal["light", "dark"],
    scenes: str,
    name: str,
) -> bytes | None:
    """The map with other stages open, "map~1.3", or what feeds a column of it in a picture, "feeds~1.3~7~0"."""
    network, pictures = NETWORKS.ask(*choice.key).network, pictures_again()
    what, _, rest = name.partition("~")
    stages, column, side = (*rest.split("~"), "", "")[:3]
    if network is None or pictures is None:
        return None
    opened = tuple(int(one) for one in stages.split(".") if is_count(one))
    wanted = replace(form, opened=opened)
    if what == "map":
        return packed(_scene(network, choice, pictures, wanted, theme, scenes))
    if what == "feeds" and is_count(column) and is_count(side) and int(side) < len(pictures):
        return _feeds(network, choice, pictures, wanted, int(column), int(side))
    return None


def _feeds(
    network: Network, choice: NetworkChoice, pictures: Sequence[ChosenPicture], form: MapForm, column: int, side: int
) -> bytes:
    def make() -> tuple[bytes, int]:
        sides = [side_of(network, choice.key, picture) for picture in pictures]
        blob = feeds_scene(network, choice.key, sides, form, column, side)
        return blob, len(blob)

    keys = [picture.key for picture in pictures]
    settings = f"{form.opened} {form.by} {form.per} {form.compare} {form.target} {form.pinned} {column} {side}"
    blob = _FEEDS.get((*choice.key, *keys, settings), make)
    if any(picture.own and not PICTURES.holds(picture.key) for picture in pictures):
        _FEEDS.drop(lambda key: isinstance(key, tuple) and not set(keys).isdisjoint(key))
    return blob


def _scene(
    network: Network,
    choice: NetworkChoice,
    pictures: Sequence[ChosenPicture],
    form: MapForm,
    theme: Literal["light", "dark"],
    scenes: str,
) -> MapScene:
    sides = [side_of(network, choice.key, picture) for picture in pictures]
    seen = [seen_by(network, choice.key, picture) for picture in pictures]
    return map_scene(choice, network, strip_of(network), sides, seen, form, theme, scenes)
