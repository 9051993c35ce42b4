"""The settings beside the Classic kernels view: the chain of stages, the kernel of each, how the result is shown.

Every widget shows what `kernel_state` has read and writes back into it.
"""

from __future__ import annotations

import streamlit as st

from app.ui import kernel_paint as paint
from app.ui.kernel_stages import MAX_STAGES, OPERATIONS, Stage
from app.ui.kernel_state import (
    BORDERS,
    CHANNELS,
    COLOURS,
    SHOWS,
    Form,
    chain,
    replace_stage,
    separable,
    set_chain,
    set_stage_in_hand,
    stage_in_hand,
)
from app.ui.linked import follows, hold, segments, set_linked, widget_key
from cnnviz.layer import KERNELS

_OWN = "own"
_TOOL_TITLES = {"apply": "Apply", "paint": "Paint a kernel"}


def kernel_form(form: Form) -> None:
    """Draw all settings."""
    segments(
        "tool",
        "Tool",
        _TOOL_TITLES,
        "paint" if form.painting else "apply",
        label_visibility="collapsed",
    )
    _choose_stage(form)
    if form.painting:
        paint.paint_form()
    else:
        _choose_kernel(form.stage)
        if form.stage.kind == "kernel":
            _choose_passes(form)
    _choose_look(form)
    hold(widget_key("border"), form.border)
    st.selectbox(
        "Outside the picture",
        list(BORDERS),
        format_func=BORDERS.__getitem__,
        **follows("border"),
        help="Near the border the kernel reaches outside; this is what it reads there.",
    )


def _choose_stage(form: Form) -> None:
    hold("stage_choice", len(form.stages) - 1)
    st.segmented_control(
        "Stage",
        range(form.count),
        key="stage_choice",
        required=True,
        on_change=_stage_chosen,
        format_func=lambda i: str(i + 1),
        help="Kernels, ReLU and pooling, one after another. The view shows the stage in hand.",
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Add",
            icon=":material/add:",
            on_click=_add_stage,
            disabled=form.count >= MAX_STAGES,
            key="add_stage",
            help="Add a stage: do something more with the result.",
        )
        st.button(
            "Remove",
            icon=":material/remove:",
            on_click=_remove_stage,
            disabled=form.count == 1,
            key="remove_stage",
            help="Remove this stage.",
        )


def _stage_chosen() -> None:
    set_stage_in_hand(st.session_state["stage_choice"])


def _add_stage() -> None:
    stages, at = chain(), stage_in_hand()
    set_chain((*stages[: at + 1], Stage("sobel_x"), *stages[at + 1 :]))
    set_stage_in_hand(at + 1)


def _remove_stage() -> None:
    stages, at = chain(), stage_in_hand()
    set_chain((*stages[:at], *stages[at + 1 :]))
    set_stage_in_hand(max(0, at - 1))


def _choose_kernel(stage: Stage) -> None:
    hold("kernel", stage.kernel or _OWN)
    options = [*KERNELS, _OWN, *OPERATIONS]
    st.selectbox("Kernel or operation", options, key="kernel", on_change=_kernel_changed, format_func=_kernel_title)
    if stage.kind != "kernel":
        return
    total = stage.matrix.sum()
    st.button(
        "Normalise",
        on_click=_normalise,
        key="kernel_normalise",
        width="stretch",
        disabled=abs(total) < 1e-12 or abs(total - 1) < 1e-12,
        help="Divide by the sum of the weights, so that flat areas keep their brightness.",
    )


def _kernel_title(name: str) -> str:
    return "Your own" if name == _OWN else Stage(name).title


def _kernel_changed() -> None:
    name = st.session_state["kernel"]
    stage = Stage(None).with_matrix(_stage().matrix) if name == _OWN else Stage(name)
    replace_stage(stage)
    _suggest_look(stage)


def _suggest_look(stage: Stage) -> None:
    """Kernels that sum to zero give maps around zero: shown in signed colours unless the learner says otherwise."""
    if stage.kind != "kernel":
        return
    if abs(stage.matrix.sum()) < 1e-9:
        set_linked("colours", "grey")
        set_linked("show", "signed")
    else:
        set_linked("show", "clamped")


def _stage() -> Stage:
    return chain()[stage_in_hand()]


def _normalise() -> None:
    replace_stage(_stage().normalised())


def _choose_passes(form: Form) -> None:
    """Offered where the kernel is separable."""
    possible = separable(form.stage.matrix)
    reason = (
        "First a column of weights, then a row of weights: the same result with fewer multiply-adds."
        if possible
        else "Not possible here: this kernel is no column times a row."
    )
    hold(widget_key("two_passes"), form.two_passes)
    st.toggle("As two passes", disabled=not possible, help=reason, **follows("two_passes"))


def _choose_look(form: Form) -> None:
    segments(
        "colours",
        "Work on",
        _capitalised(COLOURS),
        "grey" if form.grey else "colour",
        disabled=form.painting,
        help="Colour: red, green and blue, each filtered by itself. Grey: their luma, one channel.",
    )
    segments(
        "show",
        "Show",
        _capitalised(SHOWS),
        "signed" if form.signed else "clamped",
        help="Clamped: a picture, values below 0 black and above 1 white. "
        "Signed: red negative, blue positive, zero in the page's own colour.",
    )
    if form.channel is not None:
        segments("channel", "Channel", _capitalised(CHANNELS), CHANNELS[form.channel])


def _capitalised(options: tuple[str, ...]) -> dict[str, str]:
    return {option: option.capitalize() for option in options}
