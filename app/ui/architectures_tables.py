"""What does every layer of a network cost? As bars, as a table, as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.architectures_facts import Architecture
from app.ui.architectures_state import chosen_of, layer_taken
from app.ui.architectures_words import shape_words
from app.ui.charts import show_chart
from app.ui.sheets import csv_of, save_csv
from app.ui.theme import chart_colours
from cnnviz import plot

if TYPE_CHECKING:
    from app.components.network_graph.component import GraphItem, GraphScene
    from cnnviz.analysis import LayerCost

EVERY = "arch_every"
_BARS = {"multiply-adds": 0, "parameters": 1, "memory, bytes": 2}
"""The rows of bars, and where their costs stand in an item."""


def layers_of(scene: GraphScene) -> list[GraphItem]:
    """The boxes that are seen when every block is open: layers, each with what belongs to it."""
    inside = {part for item in scene.items if item.kind == "layer" for part in item.parts}
    layers = [item for item in scene.items[1:] if item.item not in inside and (item.kind == "layer" or not item.parts)]
    return sorted(layers, key=lambda item: item.parts[0] if item.parts else item.item)


def draw_bars(shown: Sequence[Architecture]) -> None:
    """A chart for each network beside each other, on one scale."""
    layers = [layers_of(one.scene) for one in shown]
    most = {name: max(item.costs[at] for found in layers for item in found) for name, at in _BARS.items()}
    places = st.columns(len(shown), gap="medium")
    for number, (place, one, found) in enumerate(zip(places, shown, layers, strict=True)):
        with place:
            if len(shown) > 1:
                st.markdown(f"**{one.info.title}**")
            costs = {name: [item.costs[at] for item in found] for name, at in _BARS.items()}
            titles = [f"{item.path or 'top'}: {item.title}" for item in found]
            show_chart(plot.cost_bars(titles, costs, most, chart_colours()[number]), key=f"arch_bars_{number}")


def draw_table(one: Architecture, side: str) -> None:
    """Layer by layer; operations without weights on request."""
    everything = st.toggle("Operations without weights, too", key=f"{EVERY}_{side}", bind="query-params")
    shown = [layer for layer in one.layers if everything or layer.parameters or layer.multiply_adds]
    chosen = chosen_of(side)
    inside = {one.scene.items[part].key for item in one.scene.items if item.key == chosen for part in item.parts}
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        {
            "": ["▸" if node_key(layer) in {chosen, *inside} else "" for layer in shown],
            "Layer": [layer.path for layer in shown],
            "Kind": [layer.kind for layer in shown],
            "In": [shape_words(layer.input_shape) for layer in shown],
            "Out": [shape_words(layer.output_shape) for layer in shown],
            "Kernel": [window_words(layer) for layer in shown],
            "Parameters": [layer.parameters for layer in shown],
            "Multiply-adds": [layer.multiply_adds for layer in shown],
            "of all, %": [100 * layer.share for layer in shown],
            "Memory, bytes": [layer.activation_bytes for layer in shown],
        },
        column_config={
            "": st.column_config.TextColumn(width=30, help="The layer that is marked in the graph"),
            "Kernel": st.column_config.TextColumn(width="medium"),
            "Parameters": number,
            "Multiply-adds": number,
            "of all, %": st.column_config.ProgressColumn(format="%.2f", min_value=0, max_value=100),
            "Memory, bytes": number,
        },
        hide_index=True,
        height=420,
        key=_table_key(side),
        on_select=partial(_row_taken, side, one, shown),
        selection_mode="single-row",
    )
    st.caption("Choose a row, and the graph opens the blocks around that layer.")
    name = f"cnnviz layers of {one.info.name}.csv"
    save_csv("Save every layer as CSV", layers_csv(one.layers), name, f"arch_csv_{side}")


def node_key(layer: LayerCost) -> str:
    """The key of the box that this row belongs to."""
    return f"{layer.path}:{layer.kind}:{layer.call}"


def layers_csv(layers: Sequence[LayerCost]) -> str:
    """All rows with all that is known of them."""
    headings = (
        "layer", "call", "kind", "in", "out", "kernel", "stride", "padding", "dilation", "groups", "weights", "biases",
        "multiply-adds", "other operations", "memory, bytes", "share of multiply-adds",
    )  # fmt: skip

    def line(layer: LayerCost) -> list[object]:
        windows = (layer.kernel, layer.stride, layer.padding, layer.dilation)
        shapes = (shape_words(shape) for shape in (layer.input_shape, layer.output_shape))
        return [
            layer.path, layer.call, layer.kind, *shapes, *("x".join(map(str, one or ())) for one in windows),
            layer.groups or "", layer.weights, layer.biases, layer.multiply_adds, layer.other_operations,
            layer.activation_bytes, f"{layer.share:.6g}",
        ]  # fmt: skip

    return csv_of(headings, map(line, layers))


def window_words(layer: LayerCost) -> str:
    """3 × 3, stride 2, 32 groups: what a layer slides; empty where it slides nothing."""
    if layer.kernel is None:
        return ""
    words = shape_words(layer.kernel)
    words += f", stride {layer.stride[0]}" if layer.stride and layer.stride[0] != 1 else ""
    return words + (f", {layer.groups} groups" if layer.groups and layer.groups > 1 else "")


def _row_taken(side: str, one: Architecture, shown: Sequence[LayerCost]) -> None:
    rows = st.session_state[_table_key(side)].selection.rows
    if rows:
        layer_taken(side, one.scene, node_key(shown[rows[0]]))


def _table_key(side: str) -> str:
    return f"arch_table_{side}"
