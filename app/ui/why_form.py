"""The settings beside the maps. Every widget shows what `why_state` has read and writes it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui.linked import follows, hold, segments, set_linked, widget_key
from app.ui.network_picker import network_picker
from app.ui.why_state import (
    AGAINST,
    CHOSEN,
    LAYER,
    NOTICE,
    SCALE,
    SCALES,
    TARGET,
    TEMPERATURE,
    TEMPERATURES,
    Form,
    leave_network,
    methods_taken,
    setting_key,
)
from cnnviz.analysis import METHODS

if TYPE_CHECKING:
    from cnnviz.analysis.attribution_methods import Setting
    from cnnviz.network import Prediction


def why_form(form: Form, answers: Sequence[Prediction], categories: Sequence[str], layers: Mapping[str, str]) -> None:
    """Draw network, question, methods and scale; the question only where the network has answered.

    `layers` are those that methods can work at, by path, in words; "" stands for the last with maps.
    """
    network_picker(form.choice, on_change=leave_network)
    NOTICE.show()
    if answers:
        _question(form, answers, categories)
    hold(widget_key(CHOSEN), list(form.methods))
    st.multiselect(
        "Methods",
        list(METHODS),
        format_func=lambda name: METHODS[name].title,
        key=widget_key(CHOSEN),
        on_change=methods_taken,
        help="Each says in its own way which pixels spoke for the answer. Occlusion, RISE and integrated gradients "
        "need many passes: their maps come bit by bit and can be stopped.",
    )
    segments(
        SCALE,
        "Colour scale",
        SCALES,
        form.scale,
        help="Shared: how many times an equal share of its map a pixel has, one scale for all methods, whatever their "
        "units. Own: each map's own values, from its own least to its own greatest.",
    )
    hold(widget_key(TEMPERATURE), f"{form.temperature:g}")
    st.select_slider(
        "Temperature of the softmax",
        sorted(TEMPERATURES, key=float),
        help="All logits are divided by it before they become probabilities. Most methods ask about the logit itself.",
        **follows(TEMPERATURE),
    )
    with st.expander("Settings of the methods"):
        _method_settings(form, layers)


def _question(form: Form, answers: Sequence[Prediction], categories: Sequence[str]) -> None:
    """The class asked about, and the one against which it is asked.

    The words of an entry say nothing of picture and temperature: the browser names an entry by its words, and would go
    on with those it knows.
    """
    said = {str(answer.index): answer.label for answer in answers}
    for asked in (form.target, form.against):
        if asked is not None and asked < len(categories):
            said.setdefault(str(asked), categories[asked])
    targets = ["", *said]
    hold(widget_key(TARGET), "" if form.target is None else str(form.target))
    st.selectbox(
        "Why this answer",
        targets,
        format_func=lambda index: said.get(index, "The most probable"),
        help="The likeliest classes, first to last.",
        **follows(TARGET, targets),
    )
    target = answers[0].index if form.target is None else form.target
    others = ["", *(index for index in said if index != str(target))]
    hold(widget_key(AGAINST), "" if form.against is None else str(form.against))
    st.selectbox(
        "Rather than",
        others,
        format_func=lambda index: said.get(index, "No other: the answer alone"),
        help="With another class the methods ask about the difference of the two logits.",
        **follows(AGAINST, others),
    )


def _method_settings(form: Form, layers: Mapping[str, str]) -> None:
    """The settings that the chosen methods have, as the table of methods describes them."""
    drawn = bool(layers) and any(METHODS[name].needs_layer for name in form.methods)
    if drawn:
        named = [METHODS[name].title for name in form.methods if METHODS[name].needs_layer]
        hold(widget_key(LAYER), form.layer if form.layer in layers else "")
        st.selectbox(
            f"Layer of {', '.join(named)}",
            list(layers),
            format_func=layers.__getitem__,
            help="Whose maps are added up: early ones say where an edge is, late ones where the object is.",
            **follows(LAYER, list(layers)),
        )
    for name in form.methods:
        for setting in METHODS[name].settings:
            _setting(name, setting, form.settings[name][setting.name])
            drawn = True
    if not drawn:
        st.caption("The chosen methods have nothing to set.")


def _setting(method: str, setting: Setting, value: Any) -> None:
    key = setting_key(method, setting.name)
    label = f"{METHODS[method].title}: {setting.title.lower()}"
    hold(widget_key(key), value)
    if setting.choices:
        st.selectbox(label, list(setting.choices), help=setting.sentence, **follows(key))
        return
    step = 1 if isinstance(setting.default, int) else 0.05
    st.number_input(
        label, setting.low, setting.high, step=step, help=setting.sentence, key=widget_key(key),
        on_change=_number_taken, args=(key,),
    )  # fmt: skip


def _number_taken(key: str) -> None:
    set_linked(key, f"{st.session_state[widget_key(key)]:g}")
