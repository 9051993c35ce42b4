"""A stack as a list that one edits: pick a layer, change it, add, copy, move or remove it. The link holds the stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from app.ui.frame import foot_follows
from app.ui.linked import hold, linked, set_linked
from app.ui.plain import plain
from cnnviz.analysis import FieldSpec, FieldStep, grow, parse_stack, spell_stack
from cnnviz.analysis.field_growth import LIMITS, MOST_LAYERS
from cnnviz.errors import SettingsError

DEFAULTS = {"a": "c3 c3", "b": "c5"}
_KINDS = {"conv": "Convolution", "pool": "Pooling"}
_NEW = FieldSpec("conv", 3)

Edit = Callable[[list[FieldSpec], int], int]
"""Changes the list; gets the picked place and returns the place to pick next."""


def stack_of(side: str) -> tuple[FieldSpec, ...]:
    """The stack of this side as the link has it; the default where the link's cannot be."""
    try:
        return parse_stack(linked(_key(side), DEFAULTS[side]))
    except SettingsError as error:
        st.session_state[_notice(side)] = str(error)
        set_stack(side, DEFAULTS[side])
        return parse_stack(linked(_key(side), DEFAULTS[side]))


def set_stack(side: str, text: str) -> None:
    """Put another stack, in its short form, in place; its last layer is picked."""
    set_linked(_key(side), text)
    st.session_state[_pick(side)] = max(0, len(text.split()) - 1)


def edit_stack(side: str) -> None:
    """Draw the picked layer's settings, the buttons, and the list; what is done there changes the link's stack."""
    stack = stack_of(side)
    st.markdown(f"**Stack {side.upper()}**")
    if notice := st.session_state.pop(_notice(side), ""):
        st.warning(plain(notice, 200), icon=":material/info:")
    picked = min(st.session_state.get(_pick(side), len(stack) - 1), len(stack) - 1)
    _settings(side, stack[picked] if stack else None)
    _buttons(side, len(stack), picked)
    _list(side, grow(stack), picked)


def layer_words(spec: FieldSpec) -> str:
    """One layer in words: Convolution 3 × 3, stride 2."""
    words = f"{_KINDS[spec.kind]} {spec.kernel} × {spec.kernel}"
    words += f", stride {spec.stride}" if spec.stride != 1 else ""
    return words + (f", dilation {spec.dilation}" if spec.dilation != 1 else "")


def step_words(step: FieldStep) -> str:
    """What the layer makes of the field, with the formula's numbers."""
    jump = f", jump {step.jump_formula}" if step.spec.stride != 1 else ""
    return f"field {step.formula}{jump}"


def _settings(side: str, spec: FieldSpec | None) -> None:
    """The picked layer's settings; without a layer they are there, but asleep."""
    shown = spec or _NEW
    hold(f"rf_kind_{side}", shown.kind)
    st.segmented_control(
        "Kind", list(_KINDS), key=f"rf_kind_{side}", format_func=_KINDS.__getitem__, required=True,
        label_visibility="collapsed", on_change=_changed, args=(side, "kind"), disabled=spec is None,
    )  # fmt: skip
    for column, (name, most) in zip(st.columns(3, gap="small"), LIMITS.items(), strict=True):
        key = f"rf_{name}_{side}"
        hold(key, getattr(shown, name))
        column.number_input(
            name.capitalize(), 1, most, key=key, on_change=_changed, args=(side, name), disabled=spec is None
        )


def _buttons(side: str, layers: int, picked: int) -> None:
    actions: tuple[tuple[str, str, str, Edit, bool], ...] = (
        ("add", "Add", ":material/add:", _add, layers < MOST_LAYERS),
        ("copy", "Duplicate", ":material/content_copy:", _copy, 0 < layers < MOST_LAYERS),
        ("earlier", "Earlier", ":material/arrow_upward:", _earlier, picked > 0),
        ("later", "Later", ":material/arrow_downward:", _later, picked < layers - 1),
        ("remove", "Remove", ":material/delete:", _remove, layers > 0),
    )
    with st.container(horizontal=True, gap="small"):
        for name, title, icon, edit, possible in actions:
            st.button(
                title, key=f"rf_{name}_{side}", icon=icon, disabled=not possible, on_click=_edit, args=(side, edit)
            )


def _list(side: str, steps: tuple[FieldStep, ...], picked: int) -> None:
    """The layers, one of them picked, from the picture upwards."""
    if not steps:
        st.caption("No layer yet: a unit is a pixel. Add one.")
        return
    hold(_pick(side), picked)
    st.radio(
        f"Layers of stack {side.upper()}, from the picture upwards",
        range(len(steps)),
        key=_pick(side),
        format_func=lambda n: f"{n + 1}. {layer_words(steps[n].spec)}",
        captions=[step_words(step) for step in steps],
    )


def _changed(side: str, name: str) -> None:
    value: Any = st.session_state[f"rf_{name}_{side}"]

    def change(stack: list[FieldSpec], at: int) -> int:
        stack[at] = replace(stack[at], **{name: value})
        return at

    _edit(side, change)


def _edit(side: str, edit: Edit) -> None:
    """Change the stack; what cannot be (a field too large) is said, and the stack stays."""
    stack = list(stack_of(side))
    at = edit(stack, min(st.session_state.get(_pick(side), 0), max(0, len(stack) - 1)))
    text = spell_stack(stack)
    try:
        parse_stack(text)
    except SettingsError as error:
        st.session_state[_notice(side)] = str(error)
        return
    set_linked(_key(side), text)
    st.session_state[_pick(side)] = at
    foot_follows("receptive_fields")


def _add(stack: list[FieldSpec], at: int) -> int:
    stack.insert(at + 1, _NEW)
    return min(at + 1, len(stack) - 1)


def _copy(stack: list[FieldSpec], at: int) -> int:
    stack.insert(at + 1, stack[at])
    return at + 1


def _earlier(stack: list[FieldSpec], at: int) -> int:
    stack[at - 1], stack[at] = stack[at], stack[at - 1]
    return at - 1


def _later(stack: list[FieldSpec], at: int) -> int:
    stack[at + 1], stack[at] = stack[at], stack[at + 1]
    return at + 1


def _remove(stack: list[FieldSpec], at: int) -> int:
    del stack[at]
    return max(0, min(at, len(stack) - 1))


def _key(side: str) -> str:
    return f"rf_stack_{side}"


def _pick(side: str) -> str:
    return f"rf_pick_{side}"


def _notice(side: str) -> str:
    return f"_rf_notice_{side}"
