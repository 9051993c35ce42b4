"""What is set on the page Architectures. All of it lives in the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.network_graph.component import COSTS
from app.ui.frame import foot_follows
from app.ui.link_notice import LinkNotice
from app.ui.linked import linked, linked_choice, set_linked, widget_key
from app.ui.plain import plain
from cnnviz.errors import NetworkError
from cnnviz.network import NetworkInfo, network_info

if TYPE_CHECKING:
    from app.components.network_graph.component import GraphScene

PAGE = "architectures"
VIEW = "arch_view"
VIEWS = {
    "one": "One network",
    "two": "Two side by side",
    "all": "All networks",
    "blocks": "Building blocks",
}
SIDES = ("a", "b")
DEFAULTS = {"a": "googlenet", "b": "resnet18"}
COST = "arch_cost"
ALL = "all"
"""Stands in a link for every block of a network."""
_BETWEEN = ","  # in no key


@dataclass(frozen=True)
class Form:
    """What the learner set: what is shown, the networks of both sides, what the bars stand for."""

    view: str
    networks: tuple[NetworkInfo, NetworkInfo]
    cost: str

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that are shown."""
        return SIDES if self.view == "two" else SIDES[:1]


def read_form() -> Form:
    """All settings, without drawing anything."""
    for side in SIDES:
        linked(open_key(side), "")
        linked(chosen_key(side), "")
    first, second = (_network(side) for side in SIDES)
    return Form(linked_choice(VIEW, tuple(VIEWS)), (first, second), linked_choice(COST, COSTS))


def open_keys(side: str, scene: GraphScene) -> Sequence[str]:
    """The keys of the groups that stand open on this side."""
    from app.ui.architectures_scene import every_block

    text = linked(open_key(side), "")
    return every_block(scene) if text == ALL else [key for key in text.split(_BETWEEN) if key]


def chosen_of(side: str) -> str:
    """The key of the box that the learner chose on this side; "" for none."""
    return linked(chosen_key(side), "")


def acted(side: str, scene: GraphScene) -> None:
    """The learner opened or closed blocks, chose one, or chose what the bars stand for."""
    act: Mapping[str, Any] = st.session_state[graph_key(side)].act
    _set_open(side, scene, [str(key) for key in act["open"]])
    set_linked(chosen_key(side), str(act["chosen"]))
    set_linked(COST, str(act["cost"]))
    foot_follows(PAGE)


def layer_taken(side: str, scene: GraphScene, key: str) -> None:
    """The learner chose a layer in the table: the graph opens the blocks around it."""
    from app.ui.architectures_scene import around

    wanted = {*open_keys(side, scene), *around(scene, key)}
    _set_open(side, scene, [item.key for item in scene.items if item.key in wanted])
    set_linked(chosen_key(side), key)
    foot_follows(PAGE)


def network_taken(side: str) -> None:
    """Another network opens closed."""
    take_network(side, str(st.session_state[widget_key(network_key(side))]))


def take_network(side: str, name: str) -> None:
    """Put this network on this side."""
    notice(side).drop()
    set_linked(network_key(side), name)
    set_linked(open_key(side), "")
    set_linked(chosen_key(side), "")


def notice(side: str) -> LinkNotice:
    """What is said of a link that names a network which is not there."""
    return LinkNotice(f"_arch_notice_{side}", (network_key(side),), {network_key(side): DEFAULTS[side]})


def network_key(side: str) -> str:
    return f"arch_network_{side}"


def open_key(side: str) -> str:
    return f"arch_open_{side}"


def chosen_key(side: str) -> str:
    return f"arch_chosen_{side}"


def graph_key(side: str) -> str:
    return f"arch_graph_{side}"


def _set_open(side: str, scene: GraphScene, keys: list[str]) -> None:
    from app.ui.architectures_scene import every_block

    set_linked(open_key(side), ALL if keys and keys == every_block(scene) else _BETWEEN.join(keys))


def _network(side: str) -> NetworkInfo:
    name = linked(network_key(side), DEFAULTS[side])
    try:
        return network_info(name)
    except NetworkError as error:
        instead = network_info(DEFAULTS[side])
        notice(side).replace(network_key(side), f"{plain(str(error), 200)} Here is {instead.title}.")
        return instead
