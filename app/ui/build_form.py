"""What stands beside the list of layers? Presets, the input, a text to paste or a program to open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.build_state import CHANNELS, SIDES, InputShape, notice, read_stack, refuse, show_refusal, take
from app.ui.linked import hold
from cnnviz.errors import SettingsError
from cnnviz.network.builder_presets import PRESETS

if TYPE_CHECKING:
    from cnnviz.network import Parsed

_SIDE, _CHANNELS, _PASTED, _FILE, _TURN = "bn_side", "bn_channels", "bn_pasted", "bn_file", "_bn_turn"
_WIDE = 420  # pixels of what the popover holds, whatever it says
_COLOURS = {1: "Grey", 3: "Colour"}


def build_form(input_shape: InputShape) -> None:
    """Nothing here depends on the layers, so that an edit of them leaves it as it stands."""
    st.markdown("**Start from**")
    for preset in PRESETS.values():
        st.button(
            preset.title, key=f"bn_preset_{preset.name}", on_click=take, args=(preset.specs, preset.input_shape),
            help=preset.sentence, width="stretch",
        )  # fmt: skip
    st.button("Nothing", key="bn_nothing", on_click=take, args=((), input_shape), width="stretch")
    _input(input_shape)
    with st.popover("Paste or open", icon=":material/content_paste:", width="stretch"), st.container(width=_WIDE):
        _paste()


def _input(input_shape: InputShape) -> None:
    channels, height, _ = input_shape
    sides = sorted({*SIDES, height})
    hold(_SIDE, height)
    hold(_CHANNELS, channels)
    st.select_slider("Input, pixels", sides, key=_SIDE, on_change=_input_changed)
    st.segmented_control(
        "Channels", CHANNELS, key=_CHANNELS, format_func=_COLOURS.__getitem__, required=True,
        label_visibility="collapsed", on_change=_input_changed,
    )  # fmt: skip


def _paste() -> None:
    show_refusal()  # at the top: further down it would be under the edge of what opens
    st.text_area(
        "A list of layers in PyTorch", key=_PASTED, height=130,
        placeholder="nn.Sequential(\n    nn.Conv2d(3, 16, 3, padding=1),\n    nn.ReLU(),\n)",
        help="As you write it, or as print(network) shows it.",
    )  # fmt: skip
    st.button("Take these layers", key="bn_take", on_click=_take_pasted)
    field = f"{_FILE}_{st.session_state.setdefault(_TURN, 0)}"
    st.file_uploader(
        "Or a program that was taken home here (.py)", type="py", key=field, on_change=_open_file, args=(field,)
    )
    st.caption("Both are read, never run.")


def _input_changed() -> None:
    specs, _ = read_stack()
    side = int(st.session_state[_SIDE])
    take(specs, (int(st.session_state[_CHANNELS]), side, side))


def _take_pasted() -> None:
    from cnnviz.network import parse_layers

    _read(parse_layers, str(st.session_state.get(_PASTED) or ""))


def _open_file(field: str) -> None:
    from cnnviz.network import parse_source

    upload = st.session_state.get(field)
    if upload is not None:
        st.session_state[_TURN] += 1  # the next field is empty, so that the same file can be opened again
        _read(parse_source, upload.getvalue().decode("utf-8", "replace"))


def _read(parse: Callable[[str], Parsed], text: str) -> None:
    """Take the layers of a text; what it says of the input, and what does not fit it, is said."""
    try:
        parsed = parse(text)
    except SettingsError as error:
        refuse(str(error))
        return
    _, now = read_stack()
    shape = parsed.input_shape or _with_channels(now, parsed)
    if shape[0] not in CHANNELS or max(shape[1:]) > 256:
        refuse(
            f"The program's input is {shape}; here it is a picture of 1 or 3 channels and at most 256 pixels a side."
        )
        return
    take(parsed.specs, shape)
    if said := _differences(parsed, shape):
        notice(said)


def _with_channels(now: InputShape, parsed: Parsed) -> InputShape:
    """The input in hand, grey or colour as the text's first layer wants it."""
    first = parsed.stated[0] if parsed.stated else None
    return (first, now[1], now[2]) if type(first) is int and first in CHANNELS else now


def _differences(parsed: Parsed, shape: InputShape) -> str:
    """Where the text says that something else arrives than does with this input."""
    from cnnviz.network.specs_sizes import output_shape

    arrives: tuple[int, ...] = shape
    for number, (spec, stated) in enumerate(zip(parsed.specs, parsed.stated, strict=True), start=1):
        if type(stated) is int and stated != arrives[0]:
            return (
                f"Layer {number}, {spec.title.lower()}, was written for {stated:,} at its input; with this picture "
                f"{arrives[0]:,} arrive, and it was built for those."
            )
        try:
            arrives = output_shape(spec, arrives)
        except SettingsError:
            return ""
    return ""
