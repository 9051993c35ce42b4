"""Two stacks of one's own beside each other: what does a unit at the top see, and what does that cost?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import streamlit as st

from app.components.colour_bar import colour_bar
from app.ui.field_stack_editor import edit_stack, layer_words, set_stack, stack_of
from app.ui.frame import foot_follows
from app.ui.sheets import csv_of, save_csv
from app.ui.theme import current_theme
from cnnviz.analysis import FieldSpec, FieldStep, grow, spell_stack
from cnnviz.image import palette

CHANNELS = "rf_channels"
DEFAULT_CHANNELS = 64
MOST_CHANNELS = 512
_SIDES = ("a", "b")


@dataclass(frozen=True)
class Preset:
    """Two stacks worth comparing, in their short form, and what to look at."""

    title: str
    stacks: tuple[str, str]
    look: str


PRESETS = (
    Preset("Two 3 × 3 or one 5 × 5", ("c3 c3", "c5"), "The same field; count the weights and the non-linearities."),
    Preset("Three 3 × 3 or one 7 × 7", ("c3 c3 c3", "c7"), "VGG's argument: the deeper stack has fewer weights."),
    Preset("Stride early or late", ("c3s2 c3 c3", "c3 c3 c3s2"), "The jump counts for the layers after it only."),
    Preset("Dilation or none", ("c3 c3d2 c3d4", "c3 c3 c3"), "The field doubles with each layer, at the same weights."),
    Preset("Dilation with holes", ("c3d3 c3d3", "c3 c3"), "A wide field, most pixels of which nobody reads."),
    Preset("Pooling between", ("c3 p2 c3 p2 c3", "c3 c3 c3"), "Pooling widens everything after it without a weight."),
)  # fmt: skip


@dataclass(frozen=True)
class Totals:
    """One stack as a whole."""

    size: int
    jump: int
    read: int
    weights: int
    non_linear: int


def draw_stacks() -> None:
    """The presets, the picture of what the top units read, the two stacks as lists to edit, and the comparison."""
    stacks = [stack_of(side) for side in _SIDES]
    _presets(stacks)
    st.markdown(stacks_sentence(*(totals(grow(stack, _channels())) for stack in stacks)))
    _picture(stacks)
    for column, side in zip(st.columns(2, gap="medium"), _SIDES, strict=True):
        with column:
            edit_stack(side)
    _comparison(stacks)


def totals(steps: Sequence[FieldStep]) -> Totals:
    """What the stack comes to; a stack without layers is one pixel."""
    if not steps:
        return Totals(1, 1, 1, 0, 0)
    last = steps[-1]
    weights, non_linear = sum(step.weights for step in steps), sum(step.non_linear for step in steps)
    return Totals(last.size, last.jump, last.read, weights, non_linear)


def stacks_sentence(a: Totals, b: Totals) -> str:
    """The comparison in words, with its numbers."""
    if a.size == b.size:
        fields = f"Both see **{a.size} × {a.size}** pixels."
    else:
        wider, size, other = ("A", a.size, b.size) if a.size > b.size else ("B", b.size, a.size)
        fields = f"**{wider}** sees more: {size} × {size} pixels against {other} × {other}."
    if a.weights == b.weights:
        costs = f"Both have {a.weights:,} weights"
    else:
        fewer, less, more = ("A", a.weights, b.weights) if a.weights < b.weights else ("B", b.weights, a.weights)
        costs = f"**{fewer}** has fewer weights, {less:,} against {more:,}"
    bends = f"{_count(a.non_linear, 'non-linearity')} in A, {b.non_linear} in B"
    holes = [
        f"In {name} a unit reads only {one.read} of every {one.size} pixels along a row: the field has holes."
        for name, one in (("A", a), ("B", b))
        if one.read < one.size
    ]
    return " ".join([fields, f"{costs}; {bends}.", *holes])


def stacks_csv(stacks: Sequence[Sequence[FieldStep]]) -> str:
    """Every layer of both stacks."""
    settings = attrgetter("spec.kind", "spec.kernel", "spec.stride", "spec.dilation")
    found = attrgetter("size", "formula", "jump", "read", "weights")
    return csv_of(
        ("stack", "layer", "kind", "kernel", "stride", "dilation", "size", "size =", "jump", "pixels read", "weights"),
        (
            (name, number, *settings(step), *found(step))
            for name, steps in zip("AB", stacks, strict=True)
            for number, step in enumerate(steps, start=1)
        ),
    )


def _presets(stacks: Sequence[Sequence[FieldSpec]]) -> None:
    now = tuple(spell_stack(stack) for stack in stacks)
    with st.container(horizontal=True, gap="small"):
        for number, preset in enumerate(PRESETS):
            st.button(
                preset.title, key=f"rf_preset_{number}", on_click=_take, args=(preset,), help=preset.look,
                type="primary" if preset.stacks == now else "secondary",
            )  # fmt: skip
    shown = [preset.look for preset in PRESETS if preset.stacks == now]
    st.caption(shown[0] if shown else "Stacks of your own. A preset starts again from its two.")


def _picture(stacks: Sequence[Sequence[FieldSpec]]) -> None:
    from app.components.stack_view.component import Stack, shares, stack_view

    most = 100 * max(float(shares(stack).max()) ** 2 for stack in stacks)  # of both, so that they share a scale
    theme = current_theme()
    drawn = [
        Stack(name, tuple(stack), tuple(layer_words(spec) for spec in stack))
        for name, stack in zip("AB", stacks, strict=True)
    ]
    stack_view("rf_stack_view", drawn, colour_bar("magnitude", 0, most, theme), palette("magnitude", theme))


def _comparison(stacks: Sequence[Sequence[FieldSpec]]) -> None:
    channels = st.slider(
        "Channels of every map", 1, MOST_CHANNELS, DEFAULT_CHANNELS, key=CHANNELS, bind="query-params",
        on_change=foot_follows, args=("receptive_fields",),
        help="For the count of weights: a convolution has channels × channels × kernel × kernel.",
    )  # fmt: skip
    grown = [grow(stack, channels) for stack in stacks]
    a, b = (totals(steps) for steps in grown)
    rows = {
        "Field, pixels": (f"{a.size} × {a.size}", f"{b.size} × {b.size}"),
        "Jump, pixels": (str(a.jump), str(b.jump)),
        "Pixels read along a row": (str(a.read), str(b.read)),
        f"Weights with {_count(channels, 'channel')}": (f"{a.weights:,}", f"{b.weights:,}"),
        "Non-linearities": (str(a.non_linear), str(b.non_linear)),
    }
    st.dataframe(
        {"": list(rows), "A": [pair[0] for pair in rows.values()], "B": [pair[1] for pair in rows.values()]},
        hide_index=True, key="rf_stacks_table",
    )  # fmt: skip
    save_csv("Save both stacks as CSV", stacks_csv(grown), "cnnviz stacks.csv", "rf_stacks_csv")


def _channels() -> int:
    """The slider's value before it is drawn: the sentence stands above it."""
    return int(st.session_state.get(CHANNELS, DEFAULT_CHANNELS))


def _take(preset: Preset) -> None:
    for side, text in zip(_SIDES, preset.stacks, strict=True):
        set_stack(side, text)
    foot_follows("receptive_fields")


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
