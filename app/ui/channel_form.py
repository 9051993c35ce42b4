"""The settings of What a channel looks for. Every widget shows what `channel_state` has read and writes it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.channel_state import (
    ALL_STEPS,
    BASE,
    BASES,
    CHANNEL,
    GOAL,
    GOALS,
    LABEL,
    LAYER,
    MANIES,
    MANY,
    MOST_SEED,
    NOTICE,
    OTHER,
    SEED,
    SHAKE,
    SHAKES,
    SIZE,
    SIZES,
    STEPS,
    Asked,
    Form,
    leave_layer,
)
from app.ui.linked import follows, hold, segments, widget_key
from app.ui.network_picker import network_picker

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer


def channel_form(
    form: Form, layers: tuple[FieldLayer, ...], asked: Asked | None, layer: FieldLayer | None, labels: Sequence[str]
) -> None:
    """Draw the network's list; what to look for and how once the network is there."""
    network_picker(form.choice, on_change=leave_layer)
    NOTICE.show()
    if asked is None or layer is None:
        return
    hold(widget_key(GOAL), form.goal)
    st.selectbox(
        "Look for",
        list(GOALS),
        format_func=GOALS.__getitem__,
        help="What the picture is made for: the mean of a channel's map, its unit in the middle alone, the direction "
        "between two channels, or a class of the answer.",
        **follows(GOAL),
    )
    if form.goal == "class":
        _class_setting(asked, labels)
    else:
        _layer_settings(form, layers, asked, layer)
    _seed_and_steps(form)
    with st.expander("How it is made"):
        _making(form)


def _class_setting(asked: Asked, labels: Sequence[str]) -> None:
    classes = [str(index) for index in range(len(labels))]
    hold(widget_key(LABEL), str(asked.label))
    st.selectbox(
        "Class",
        classes,
        format_func=lambda text: f"{labels[int(text)]} ({text})",
        help="Type to search. Its logit, before the softmax, is maximised.",
        **follows(LABEL, classes),
    )


def _layer_settings(form: Form, layers: tuple[FieldLayer, ...], asked: Asked, layer: FieldLayer) -> None:
    kinds = {one.path: one.entry.kind if one.entry else one.field.kind for one in layers}
    hold(widget_key(LAYER), layer.path)
    st.selectbox(
        "Layer",
        list(kinds),
        format_func=lambda path: f"{path} · {kinds[path]}",
        help="All layers with a map, first to last.",
        **follows(LAYER, list(kinds)),
    )
    rows, columns = layer.map_size
    st.caption(f"{kinds[layer.path]}: {layer.channels:,} maps of {rows} × {columns}.")
    both = form.goal == "pair"
    for key, label, value in ((CHANNEL, "Channel", asked.channel), (OTHER, "And channel", asked.other)):
        if key == OTHER and not both:
            continue
        hold(widget_key(key), value)
        st.number_input(
            f"{label} (0 to {layer.channels - 1})", min_value=0, max_value=layer.channels - 1, step=1, **follows(key)
        )


def _seed_and_steps(form: Form) -> None:
    seed, steps = st.columns(2)
    hold(widget_key(SEED), form.seed)
    seed.number_input(
        "Seed", min_value=0, max_value=MOST_SEED, step=1, help="Another seed begins with other noise.", **follows(SEED)
    )
    hold(widget_key(STEPS), str(form.steps))
    steps.selectbox("Steps", sorted(ALL_STEPS, key=int), help="Of the optimiser, Adam.", **follows(STEPS))
    segments(
        MANY,
        "Pictures at once",
        MANIES,
        form.many,
        help="Four that differ: being alike in which of the layer's channels go together costs part of what they gain.",
    )


def _making(form: Form) -> None:
    hold(widget_key(SHAKE), form.shake)
    st.selectbox(
        "Before each step, at random",
        list(SHAKES),
        format_func=SHAKES.__getitem__,
        help="By up to 6 pixels, 8 degrees and 8 %: only what survives this is kept.",
        **follows(SHAKE),
    )
    segments(
        BASE,
        "What is learned",
        BASES,
        form.base,
        help="Waves: amplitudes of slow and fast waves on colour axes of natural pictures. Pixels: red, green and blue "
        "of every pixel.",
    )
    hold(widget_key(SIZE), str(form.size))
    st.selectbox("Pixels a side", sorted(SIZES, key=int), help="A larger picture takes longer.", **follows(SIZE))
