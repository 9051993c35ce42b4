"""The settings of Activation functions: the function in hand, those beside it, the map it is applied to, the stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.linked import hold, linked, set_linked
from cnnviz.layer import ACTIVATIONS, INITIALISATIONS, Activation

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import StripLayer

NETWORK = "efficientnet_lite0"
DEPTH = 20  # layers of the stack
MOST_COMPARED = 4
_COMPARED = ("sigmoid", "gelu")
_CHANNEL = "map_channel"
_CHANNEL_SLIDER = "channel_choice"
_INITIALISATIONS = {"he": "He", "glorot": "Glorot", "small": "0.01"}


@dataclass(frozen=True)
class Form:
    """The function in hand with its settings by name, and the names of those compared with it with theirs."""

    name: str
    settings: Mapping[str, float] = field(default_factory=dict)
    compared: tuple[str, ...] = ()
    others: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def activation(self) -> Activation:
        return ACTIVATIONS[self.name]

    @property
    def shown(self) -> tuple[str, ...]:
        """The function in hand first, then the others, none twice."""
        return (self.name, *(name for name in self.compared if name != self.name))

    def settings_of(self, name: str) -> dict[str, float]:
        """The settings of the function `name`: the learner's for those shown, the defaults for all others."""
        return ACTIVATIONS[name].checked(self.settings if name == self.name else self.others.get(name, {}))

    def title_of(self, name: str) -> str:
        """The title with the settings, where there are any."""
        values = ", ".join(f"{key} {value:g}" for key, value in self.settings_of(name).items())
        return f"{ACTIVATIONS[name].title} ({values})" if values else ACTIVATIONS[name].title


@dataclass(frozen=True)
class StackForm:
    """How the weights of the stack are drawn, and which draw."""

    initialisation: str
    seed: int


def activation_form() -> Form:
    """Draw the settings of the functions and return them."""
    name = st.selectbox("Function", list(ACTIVATIONS), key="function", bind="query-params", format_func=_title)
    settings = _settings(name)
    compared = st.multiselect(
        "Compare with",
        list(ACTIVATIONS),
        default=list(_COMPARED),
        max_selections=MOST_COMPARED,
        key="compare",
        bind="query-params",
        format_func=_title,
        help="Drawn in the same axes. Those that have a setting get a slider below.",
    )
    others = {other: _settings(other, named=True) for other in compared if other != name}
    return Form(name, settings, tuple(compared), others)


def choose_layer(layers: Sequence[tuple[StripLayer, str]]) -> StripLayer:
    """Which layer's output goes in; `layers` come with what one calls them."""
    words = {layer.id: name for layer, name in layers}
    id = st.selectbox(
        "Feature map, before its activation",
        list(words),
        key="map_layer",
        bind="query-params",
        format_func=words.__getitem__,
        help="What batch normalization puts out in EfficientNet-Lite0, before the network's own ReLU6.",
    )
    return next(layer for layer, _ in layers if layer.id == id)


def choose_channel(count: int, default: int) -> int:
    """Which channel of the layer, from 0; `default` where the link names none that exists."""
    text = linked(_CHANNEL, "")
    channel = int(text) if text.isdecimal() and int(text) < count else default
    hold(_CHANNEL_SLIDER, channel)
    st.slider("Channel", 0, count - 1, key=_CHANNEL_SLIDER, on_change=_channel_chosen)
    return channel


def stack_form() -> StackForm:
    """Draw the settings of the stack of 20 layers and return them."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    initialisation = left.segmented_control(
        "Weights drawn with standard deviation",
        list(_INITIALISATIONS),
        default="he",
        required=True,
        key="initialisation",
        bind="query-params",
        format_func=_INITIALISATIONS.__getitem__,
        help=" ".join(f"{line}." for line in INITIALISATIONS.values()),
    )
    seed = right.number_input("Seed", 0, 999, 0, key="seed", bind="query-params", help="Another draw of the weights.")
    return StackForm(initialisation, int(seed))


def _settings(name: str, named: bool = False) -> dict[str, float]:
    """A slider for each setting of the function `name`, under its own name or, `named`, under the function's too."""
    entry = ACTIVATIONS[name]
    return {
        setting.name: st.slider(
            f"{entry.title}: {setting.title.lower()}" if named else setting.title,
            float(setting.minimum),
            float(setting.maximum),
            float(setting.default),
            float(setting.step),
            key=f"{name}_{setting.name}",
            bind="query-params",
            help=setting.what,
        )
        for setting in entry.settings
    }


def _title(name: str) -> str:
    return ACTIVATIONS[name].title


def _channel_chosen() -> None:
    set_linked(_CHANNEL, str(st.session_state[_CHANNEL_SLIDER]))
