"""The graphs of one network or of two, what they cost in all, and every layer below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from app.components.network_graph.component import network_graph_view
from app.ui.architectures_facts import Architecture, architecture
from app.ui.architectures_scene import opened, together
from app.ui.architectures_state import Form, acted, chosen_of, graph_key, open_keys
from app.ui.architectures_tables import draw_bars, draw_table
from app.ui.network_picker import millions

_HEIGHTS = {1: 600, 2: 560}


@dataclass(frozen=True)
class Totals:
    """A network's costs in words."""

    parameters: str
    multiply_adds: str
    forward: str
    training: str


def draw_graphs(form: Form) -> list[Architecture]:
    """The graphs beside each other; their bars stand for the same."""
    shown = [architecture(info.name) for info in form.networks[: len(form.sides)]]
    most = together(*(one.scene for one in shown))
    places = st.columns(len(shown), gap="medium") if len(shown) > 1 else [st.container()]
    for side, place, one in zip(form.sides, places, shown, strict=True):
        with place:
            scene = opened(one.scene, open_keys(side, one.scene), form.cost, chosen_of(side), most)
            network_graph_view(graph_key(side), scene, partial(acted, side, one.scene), _HEIGHTS[len(shown)])
    return shown


def draw_layers(form: Form, shown: list[Architecture]) -> None:
    """Bars for every layer, then the tables."""
    st.subheader("Layer by layer", anchor=False)
    draw_bars(shown)
    if len(shown) == 1:
        draw_table(shown[0], form.sides[0])
        return
    for side, one, tab in zip(form.sides, shown, st.tabs([one.info.title for one in shown]), strict=True):
        with tab:
            draw_table(one, side)


def totals_words(one: Architecture) -> Totals:
    """Of the whole network, for one picture."""
    found = one.totals()
    return Totals(
        millions(found.parameters),
        scaled(found.multiply_adds),
        f"{scaled(found.forward_bytes)}B",
        f"{scaled(found.training_bytes)}B",
    )


def scaled(number: float) -> str:
    """1.5 G, 11.7 M: three significant digits and what they count."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size:
            return f"{number / size:#.3g}".rstrip(".") + f" {letter}"
    return f"{number:.0f} "


def draw_totals(one: Architecture) -> None:
    """Four numbers."""
    totals = totals_words(one)
    st.markdown(
        f"**{totals.parameters}** parameters · **{totals.multiply_adds}** multiply-adds · memory to classify one "
        f"picture **{totals.forward}**, to train on one **{totals.training}**"
    )
