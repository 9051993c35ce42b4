"""Which network is in use? A list by family, where the weights come from, and what to do when there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app.ui.linked import hold, linked, linked_choice, set_linked
from app.ui.network_store import MOST_LOADING, NETWORKS, Loading
from app.ui.plain import plain
from cnnviz.errors import NetworkError
from cnnviz.network import NetworkInfo, list_networks, network_info, stored

if TYPE_CHECKING:
    from cnnviz.network import Network

DEFAULT = "efficientnet_lite0"
NETWORK = "network"
WEIGHTS = "weights"
_CHOICE = "network_choice"
_NOTICE = "_network_notice"
_POLL = 0.05  # seconds between two looks at a network on its way
# Families in the order in which they were published.
_FAMILIES = (
    "LeNet", "AlexNet", "ZFNet", "VGG", "GoogLeNet", "Inception", "Plain", "ResNet", "SqueezeNet", "DenseNet", "SENet",
    "MobileNet", "ShuffleNet", "MnasNet", "EfficientNet", "RegNet", "Vision Transformer", "Swin Transformer",
    "ConvNeXt", "MaxViT",
)  # fmt: skip


@dataclass(frozen=True)
class NetworkChoice:
    """What the learner asked for: a network by name, with its published weights or with random ones."""

    info: NetworkInfo
    weights: Literal["auto", "none"]

    @property
    def key(self) -> tuple[str, str]:
        return self.info.name, self.weights

    @property
    def trained(self) -> bool:
        return self.weights == "auto"

    @property
    def title(self) -> str:
        """The network's name; says *untrained* where it is."""
        return self.info.title if self.trained else f"{self.info.title}, untrained"


def read_network() -> NetworkChoice:
    """The network of the link or of the learner's choice; draws nothing and needs no torch."""
    name = linked(NETWORK, DEFAULT)
    try:
        info = network_info(name)
    except NetworkError as error:
        wrong, _, hint = str(error).rpartition("; ")
        known = hint if "did you mean" in hint else "the list shows those there are."
        st.session_state[_NOTICE] = f"{plain(wrong, 200)}; {known} Here is {network_info(DEFAULT).title}."
        set_linked(NETWORK, DEFAULT)
        info = network_info(linked(NETWORK, DEFAULT))
    untrained = linked_choice(WEIGHTS, ("auto", "none")) == "none" or not info.has_weights
    return NetworkChoice(info, "none" if untrained else "auto")


def network_picker(choice: NetworkChoice, on_change: Callable[[], None]) -> None:
    """Draw the list; `on_change` is called when another network is taken."""
    hold(_CHOICE, choice.info.name)
    st.selectbox(
        "Network",
        [info.name for info in by_family()],
        key=_CHOICE,
        on_change=_chosen,
        args=(on_change,),
        format_func=lambda name: _label(network_info(name)),
        help="By family, smallest first. Type to search. M: million parameters.",
    )
    st.caption(_facts(choice))
    if not choice.trained and choice.info.has_weights:
        st.button("Use the published weights", on_click=_use, args=("auto",), key="use_published", width="stretch")
    if notice := st.session_state.get(_NOTICE):
        st.warning(notice, icon=":material/info:")


def obtain(choice: NetworkChoice) -> Network | None:
    """The network, once it is here; until then the page says how far it is. None: it says why not, and what works."""
    loading = NETWORKS.ask(*choice.key)
    if not loading.finished.is_set():
        _wait(choice, loading)
    try:
        return loading.result()
    except NetworkError as error:
        st.warning(plain(_refusal(choice, error), 400), icon=":material/cloud_off:")
        if choice.trained:
            st.markdown(
                "Random weights show the network's shape and how numbers flow through it, not what it learned. "
                "Everything from them is labelled *untrained*."
            )
        with st.container(horizontal=True):
            if choice.trained:
                st.button(
                    "Use random weights (untrained)", on_click=_use, args=("none",), key="use_random", type="primary"
                )
            st.button("Try again", on_click=NETWORKS.forget, args=choice.key, key="try_network_again")
        return None


def _refusal(choice: NetworkChoice, error: NetworkError) -> str:
    """What is wrong, as the library says it, and what would work on a page; the library speaks of arguments there."""
    wrong, _, remedy = str(error).partition("; ")
    if not choice.trained or "connect to the internet" not in remedy:
        return str(error)
    return f"{wrong}. Connect to the internet once and try again, or use random weights."


def by_family() -> list[NetworkInfo]:
    """Every network: the one that ships first, then by family, smallest first."""
    return sorted(list_networks(), key=_place)


def millions(parameters: int) -> str:
    """A count of parameters in millions, three significant digits: 11.7 M; a small one in thousands."""
    if parameters < 100_000:
        return f"{parameters / 1e3:#.3g} k"
    return f"{parameters / 1e6:#.3g}".rstrip(".") + " M"


def _chosen(on_change: Callable[[], None]) -> None:
    st.session_state.pop(_NOTICE, None)
    on_change()
    set_linked(NETWORK, st.session_state[_CHOICE])
    set_linked(WEIGHTS, "auto")


def _use(weights: str) -> None:
    set_linked(WEIGHTS, weights)


def _place(info: NetworkInfo) -> tuple[int, int]:
    """The network that ships first, then by family, smallest first."""
    if info.name == DEFAULT:
        return -1, 0
    return _FAMILIES.index(info.family) if info.family in _FAMILIES else len(_FAMILIES), info.parameters


def _label(info: NetworkInfo) -> str:
    short = {"Vision Transformer": "ViT", "Swin Transformer": "Swin"}.get(info.family, info.family)
    named = info.title if info.title.lower().startswith(short.lower()) else f"{short}: {info.title}"
    if info.offline:
        return f"{named} · built in"
    if not info.has_weights:
        return f"{named} · {millions(info.parameters)} · untrained"
    return f"{named} · {millions(info.parameters)} · {info.megabytes:.0f} MB"


def _facts(choice: NetworkChoice) -> str:
    info = choice.info
    side = f"{info.input_size[1]} × {info.input_size[2]}"
    accuracy = f" Published top-1 accuracy {info.top1:.1f} %." if info.top1 is not None and choice.trained else ""
    if not choice.trained:
        where = "**Untrained: its weights are random numbers.** What it shows and answers means nothing."
        where += "" if info.has_weights else " There are no published weights of it here."
    elif info.offline:
        where = "Trained on ImageNet; its weights ship with cnnviz."
    elif stored(info):
        where = f"Trained on ImageNet; published by torchvision, on this machine.{accuracy}"
    else:
        where = f"Its weights, trained on ImageNet, are {info.megabytes:.0f} MB to download from torchvision.{accuracy}"
    return f"{info.parameters:,} parameters, sees {side} pixels. {where}"


def _wait(choice: NetworkChoice, loading: Loading) -> None:
    """Say what is going on until the network is here. Only this learner waits."""
    place = st.empty()
    while not loading.finished.wait(_POLL):
        if not loading.started.is_set():
            place.info(
                f"{choice.title} waits: {MOST_LOADING} other networks are being loaded first.",
                icon=":material/hourglass_top:",
            )
        elif loading.total_bytes:
            done, total = loading.done_bytes, loading.total_bytes
            place.progress(
                min(1.0, done / total), f"Downloading {choice.info.title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB"
            )
        elif loading.done_bytes:
            place.info(
                f"Downloading {choice.info.title}: {loading.done_bytes / 1e6:.0f} MB so far", icon=":material/download:"
            )
        else:
            place.info(
                f"Loading {choice.title}: the first network of a session takes a few seconds.",
                icon=":material/hourglass_top:",
            )
    place.empty()
