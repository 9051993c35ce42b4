"""The settings beside the Classic kernels view: the chain of stages, the kernel of each, how the result is shown.

The chain lives in the link as one text; the widgets below show the stage in hand and write back into it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from app.components.kernel_view.component import Brush
from app.ui import kernel_paint as paint
from app.ui.kernel_stages import MAX_BIAS, MAX_SIZE, MAX_STAGES, Stage, format_stages, parse_stages
from app.ui.linked import hold, linked, set_linked
from app.ui.picture import ChosenPicture
from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS, Kernel, separate, two_pass_cost

VIEW = "kernel_view"
SIDE = 512  # pixels; the page works on the picture at this size
DEFAULT = "sharpen"
_CHAIN = "stages"
_AT = "stage"  # counted from 1, as the learner does
_OWN = "own"
_CHANNELS = ("Red", "Green", "Blue")
_BORDERS = {"zeros": "zeros (black)", "reflect": "mirrored", "replicate": "edge repeated", "circular": "wrapped around"}


@dataclass(frozen=True)
class Form:
    """All settings of the page. `stages` go up to the one in hand, whose result is shown."""

    stages: tuple[Stage, ...]
    count: int
    two_passes: bool
    grey: bool
    signed: bool
    channel: int | None
    border: str
    side: int = SIDE
    painting: bool = False
    fit: paint.Painted | None = None
    brush: Brush = field(default_factory=Brush)

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    @property
    def editable(self) -> bool:
        return not (self.painting or self.two_passes)

    @property
    def words(self) -> str:
        """What the stage in hand does and why."""
        if self.painting:
            return paint.sentence(self.fit)
        if self.stage.kernel is None:
            return "**Your own kernel.** Type into its cells below, or choose one of the catalogue to start from."
        kernel = KERNELS[self.stage.kernel]
        return f"**{kernel.title}.** {kernel.what} {kernel.why}"

    @property
    def facts(self) -> str:
        """What the numbers of the stage in hand say about it."""
        matrix = self.stage.matrix
        cost = two_pass_cost(matrix.shape)
        work = (
            f"{cost.two_pass} multiply-adds for each value in two passes instead of {cost.one_pass} in one"
            if self.two_passes
            else f"{cost.one_pass} multiply-adds for each value"
        )
        thin = "a column times a row (separable)" if separable(matrix) else "not separable"
        return f"{_sum_sentence(float(matrix.sum()))} · {thin} · {work}"


def kernel_form(chosen: ChosenPicture) -> Form:
    """Draw the settings and return them."""
    stages = _chain()
    painting = _tool()
    at = _choose_stage(stages)
    if painting:
        hold("colours", "Grey")
        fit, brush = paint.paint_form(chosen, stages[:at], SIDE, _border_value())
        if fit is not None:
            stages = _replaced(stages, at, fit.stage)
    else:
        fit, brush = None, Brush()
        _choose_kernel(stages, at)
    two_passes = not painting and _two_passes(stages[at])
    grey, signed, channel = _look(painting)
    border = _choose_border()
    return Form(
        stages[: at + 1],
        len(stages),
        two_passes,
        grey,
        signed,
        channel,
        border,
        painting=painting,
        fit=fit,
        brush=brush,
    )


def edited() -> None:
    """The learner typed into the kernel: the stage in hand becomes a matrix of their own."""
    stages, at = _chain(), _at()
    _replaced(stages, at, stages[at].with_matrix(st.session_state[VIEW].edit["matrix"]))


def _chain() -> tuple[Stage, ...]:
    try:
        return parse_stages(linked(_CHAIN, DEFAULT))
    except SettingsError as error:
        set_linked(_CHAIN, DEFAULT)
        st.warning(f"The link's kernels were left out. {error}", icon=":material/info:")
        return parse_stages(DEFAULT)


def _replaced(stages: tuple[Stage, ...], at: int, stage: Stage) -> tuple[Stage, ...]:
    """The chain with one stage changed, written down."""
    new = (*stages[:at], stage, *stages[at + 1 :])
    set_linked(_CHAIN, format_stages(new))
    return new


def _tool() -> bool:
    tool = st.segmented_control(
        "Tool",
        ["Apply", "Paint a kernel"],
        default="Apply",
        required=True,
        key="tool",
        bind="query-params",
        label_visibility="collapsed",
        width="stretch",
    )
    return tool == "Paint a kernel"


def _at() -> int:
    """Which stage is in hand, counted from 0."""
    text = linked(_AT, "1")
    return min(max(int(text) - 1 if text.isdecimal() else 0, 0), len(_chain()) - 1)


def _choose_stage(stages: tuple[Stage, ...]) -> int:
    at = _at()
    hold("stage_choice", at)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.segmented_control(
            "Stage",
            range(len(stages)),
            key="stage_choice",
            required=True,
            on_change=_stage_chosen,
            format_func=lambda i: str(i + 1),
            help="Kernels applied one after another. The view shows the stage in hand.",
        )
        st.button(
            ":material/add:",
            on_click=_add_stage,
            disabled=len(stages) >= MAX_STAGES,
            key="add_stage",
            help="Add a stage: apply another kernel to the result.",
        )
        st.button(
            ":material/remove:",
            on_click=_remove_stage,
            disabled=len(stages) == 1,
            key="remove_stage",
            help="Remove this stage.",
        )
    return at


def _stage_chosen() -> None:
    set_linked(_AT, str(st.session_state["stage_choice"] + 1))


def _add_stage() -> None:
    stages, at = _chain(), _at()
    set_linked(_CHAIN, format_stages((*stages[: at + 1], Stage("sobel_x"), *stages[at + 1 :])))
    set_linked(_AT, str(at + 2))


def _remove_stage() -> None:
    stages, at = _chain(), _at()
    set_linked(_CHAIN, format_stages((*stages[:at], *stages[at + 1 :])))
    set_linked(_AT, str(max(1, at)))


def _choose_kernel(stages: tuple[Stage, ...], at: int) -> None:
    stage = stages[at]
    hold("kernel", stage.kernel or _OWN)
    st.selectbox("Kernel", [*KERNELS, _OWN], key="kernel", on_change=_kernel_changed, format_func=_kernel_title)
    kernel = KERNELS.get(stage.kernel or "")
    sized = kernel is not None and any(setting.name == "size" for setting in kernel.settings)
    if kernel is not None:
        _kernel_settings(kernel, stage)
    if not sized:
        hold("kernel_size", max(stage.matrix.shape))
        st.slider(
            "Size",
            1,
            MAX_SIZE,
            key="kernel_size",
            on_change=_size_changed,
            help="Rows and columns of the matrix; new cells are zero.",
        )
    hold("kernel_bias", stage.bias)
    total = stage.matrix.sum()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            "Bias",
            -MAX_BIAS,
            MAX_BIAS,
            step=0.1,
            key="kernel_bias",
            on_change=_bias_changed,
            format="%.2f",
            width=110,
            help="Added to every sum: 0.5 lifts the zero of an edge picture to mid grey.",
        )
        st.button(
            "Normalise",
            on_click=_normalise,
            key="kernel_normalise",
            disabled=abs(total) < 1e-12 or abs(total - 1) < 1e-12,
            help="Divide by the sum of the weights, so that flat areas keep their brightness.",
        )


def _kernel_title(name: str) -> str:
    return "Your own" if name == _OWN else KERNELS[name].title


def _kernel_settings(kernel: Kernel, stage: Stage) -> None:
    for setting in kernel.settings:
        key = f"{kernel.name}_{setting.name}"
        number = int if setting.whole else float
        hold(key, number(stage.settings.get(setting.name, setting.default)))
        st.slider(
            setting.title,
            number(setting.minimum),
            number(setting.maximum),
            step=number(setting.step),
            key=key,
            on_change=_setting_changed,
            args=(setting.name, key),
            help=setting.what,
        )


def _kernel_changed() -> None:
    stages, at = _chain(), _at()
    name = st.session_state["kernel"]
    stage = Stage(None).with_matrix(stages[at].matrix) if name == _OWN else Stage(name)
    _replaced(stages, at, stage)
    _suggest_look(stage)


def _suggest_look(stage: Stage) -> None:
    """Kernels that sum to zero give maps around zero: shown in signed colours unless the learner says otherwise."""
    if abs(stage.matrix.sum()) < 1e-9:
        st.session_state["colours"], st.session_state["show"] = "Grey", "Signed"
    else:
        st.session_state["show"] = "Clamped"


def _setting_changed(name: str, key: str) -> None:
    stages, at = _chain(), _at()
    settings = {**stages[at].settings, name: st.session_state[key]}
    _replaced(stages, at, Stage(stages[at].kernel, settings, bias=stages[at].bias))


def _size_changed() -> None:
    stages, at = _chain(), _at()
    _replaced(stages, at, stages[at].resized(st.session_state["kernel_size"]))


def _bias_changed() -> None:
    stages, at = _chain(), _at()
    stage = stages[at]
    _replaced(stages, at, Stage(stage.kernel, stage.settings, stage.own, st.session_state["kernel_bias"]))


def _normalise() -> None:
    stages, at = _chain(), _at()
    _replaced(stages, at, stages[at].normalised())


def separable(matrix: np.ndarray) -> bool:
    """Whether two passes would do the same as one, and are thinner than it."""
    return min(matrix.shape) > 1 and separate(matrix) is not None


def _two_passes(stage: Stage) -> bool:
    """Offered where the kernel is separable; says what it saves."""
    possible = separable(stage.matrix)
    reason = (
        "First a column of weights, then a row of weights: the same result with fewer multiply-adds."
        if possible
        else "Not possible here: this kernel is no column times a row."
    )
    return (
        st.toggle("As two passes", key="two_passes", bind="query-params", disabled=not possible, help=reason)
        and possible
    )


def _look(painting: bool) -> tuple[bool, bool, int | None]:
    colours = st.segmented_control(
        "Work on",
        ["Colour", "Grey"],
        default="Colour",
        required=True,
        key="colours",
        bind="query-params",
        disabled=painting,
        width="stretch",
        help="Colour: red, green and blue, each filtered by itself. Grey: their luma, one channel.",
    )
    shown = st.segmented_control(
        "Show",
        ["Clamped", "Signed"],
        default="Clamped",
        required=True,
        key="show",
        bind="query-params",
        width="stretch",
        help="Clamped: a picture, values below 0 black and above 1 white. "
        "Signed: red negative, white zero, blue positive.",
    )
    grey, signed = colours == "Grey", shown == "Signed"
    channel = None
    if signed and not grey:
        channel = _CHANNELS.index(
            st.segmented_control(
                "Channel", _CHANNELS, default="Red", required=True, key="channel", bind="query-params", width="stretch"
            )
        )
    return grey, signed, channel


def _choose_border() -> str:
    return st.selectbox(
        "Outside the picture",
        list(_BORDERS),
        key="border",
        bind="query-params",
        format_func=lambda mode: _BORDERS[mode],
        help="Near the border the kernel reaches outside; this is what it reads there.",
    )


def _border_value() -> str:
    return st.session_state.get("border", "zeros")


def _sum_sentence(total: float) -> str:
    if abs(total) < 1e-9:
        return "Weights sum to 0: flat areas vanish"
    if abs(total - 1) < 1e-9:
        return "Weights sum to 1: flat areas keep their brightness"
    return f"Weights sum to {total:.3g}: flat areas become {total:.3g} times as bright"
