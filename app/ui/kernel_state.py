"""What is set on the Classic kernels page? Read from the link and the session before anything is drawn.

The view is computed and sent first; the widgets beside it come after and only write into this state. So a learner sees
the new picture before Streamlit has gone through the form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import streamlit as st

from app.components.kernel_view.component import Brush
from app.ui import kernel_paint as paint
from app.ui.kernel_dials import dialled
from app.ui.kernel_stages import OPERATIONS, Stage, format_stages, parse_stages
from app.ui.link_notice import LinkNotice
from app.ui.linked import linked, linked_choice, set_linked
from app.ui.picture import ChosenPicture
from app.ui.plain import plain
from cnnviz.errors import SettingsError
from cnnviz.layer import KERNELS, separate, two_pass_cost

VIEW = "kernel_view"
SIDE = 512  # pixels; the page works on the picture at this size
DEFAULT = "sharpen"
TOOLS = ("apply", "paint")
COLOURS = ("colour", "grey")
SHOWS = ("clamped", "signed")
CHANNELS = ("red", "green", "blue")
# Of the first one no border shows; it is what one wants for photos, and it works for every size.
BORDERS = {"replicate": "edge repeated", "zeros": "zeros (black)", "reflect": "mirrored", "circular": "wrapped around"}
_CHAIN = "stages"
NOTICE = LinkNotice("_kernels_notice", (_CHAIN,), {_CHAIN: DEFAULT})
_AT = "stage"  # counted from 1, as the learner does


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
    problem: str | None = None
    brush: Brush = field(default_factory=Brush)

    @property
    def stage(self) -> Stage:
        return self.stages[-1]

    @property
    def editable(self) -> bool:
        return not (self.painting or self.two_passes) and self.stage.kind == "kernel"

    @property
    def words(self) -> str:
        """What the stage in hand does and why."""
        if self.painting:
            return paint.sentence(self.fit)
        if self.stage.kernel in OPERATIONS:
            operation = OPERATIONS[self.stage.kernel]
            return f"**{operation.title}.** {operation.what} {operation.why}"
        if self.stage.kernel is None:
            return "**Your own kernel.** Type into its cells below, or choose one of the catalogue to start from."
        kernel = KERNELS[self.stage.kernel]
        return f"**{kernel.title}.** {kernel.what} {kernel.why}"

    @property
    def facts(self) -> str:
        """What the numbers of the stage in hand say about it."""
        if self.stage.kind != "kernel":
            return "No weights: there is nothing to learn in it"
        matrix = self.stage.matrix
        cost = two_pass_cost(matrix.shape)
        work = (
            f"{cost.two_pass} multiply-adds for each value in two passes instead of {cost.one_pass} in one"
            if self.two_passes
            else f"{cost.one_pass} multiply-adds for each value"
        )
        thin = "a column times a row (separable)" if separable(matrix) else "not separable"
        return f"{_sum_sentence(float(matrix.sum()))} · {thin} · {work}"


def read_form(chosen: ChosenPicture) -> Form:
    """All settings as the link and the session have them."""
    stages, at = chain(), stage_in_hand()
    painting = linked_choice("tool", TOOLS) == "paint"
    border = linked_choice("border", tuple(BORDERS))
    fit, problem = _fitted(chosen, stages[:at], border) if painting else (None, None)
    if fit is not None:
        stages = replace_stage(fit.stage)
    grey = painting or linked_choice("colours", COLOURS) == "grey"
    signed = linked_choice("show", SHOWS) == "signed"
    channel = CHANNELS.index(linked_choice("channel", CHANNELS)) if signed and not grey else None
    two_passes = (
        not painting
        and linked_choice("two_passes", ("False", "True")) == "True"
        and stages[at].kind == "kernel"
        and separable(stages[at].matrix)
    )
    return Form(
        stages=stages[: at + 1],
        count=len(stages),
        two_passes=two_passes,
        grey=grey,
        signed=signed,
        channel=channel,
        border=border,
        painting=painting,
        fit=fit,
        problem=problem,
        brush=paint.brush() if painting else Brush(),
    )


def _fitted(chosen: ChosenPicture, before: tuple[Stage, ...], border: str) -> tuple[paint.Painted | None, str | None]:
    """The kernel that fits what is painted, or why there is none."""
    try:
        return paint.fitted(chosen, before, SIDE, border), None
    except SettingsError as error:
        return None, str(error)


def chain() -> tuple[Stage, ...]:
    """All stages; those of a broken link are left out with a word."""
    try:
        return parse_stages(linked(_CHAIN, DEFAULT))
    except SettingsError as error:
        NOTICE.replace(_CHAIN, f"The link's kernels were left out. {plain(str(error), longest=300)}")
        return parse_stages(DEFAULT)


def set_chain(stages: tuple[Stage, ...]) -> None:
    """Write the chain down."""
    set_linked(_CHAIN, format_stages(stages))


def stage_in_hand() -> int:
    """Which stage the learner works on, counted from 0."""
    text = linked(_AT, "1")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 2 else 1
    return min(max(number - 1, 0), len(chain()) - 1)


def set_stage_in_hand(at: int) -> None:
    set_linked(_AT, str(at + 1))


def replace_stage(stage: Stage) -> tuple[Stage, ...]:
    """The chain with the stage in hand changed, written down."""
    stages, at = chain(), stage_in_hand()
    new = (*stages[:at], stage, *stages[at + 1 :])
    set_chain(new)
    return new


def edited() -> None:
    """The learner typed into the kernel: the stage in hand becomes a matrix of their own."""
    replace_stage(chain()[stage_in_hand()].with_matrix(st.session_state[VIEW].edit["matrix"]))


def dial_turned() -> None:
    """A slider of the view came to rest."""
    turned = st.session_state[VIEW].dial
    replace_stage(dialled(chain()[stage_in_hand()], turned["name"], turned["value"]))


def separable(matrix: np.ndarray) -> bool:
    """Whether two passes would do the same as one, and are thinner than it."""
    return min(matrix.shape) > 1 and _has_factors(matrix.tobytes(), matrix.shape)


@lru_cache(maxsize=256)
def _has_factors(content: bytes, shape: tuple[int, ...]) -> bool:
    return separate(np.frombuffer(content).reshape(shape)) is not None


def _sum_sentence(total: float) -> str:
    if abs(total) < 1e-9:
        return "Weights sum to 0: flat areas vanish"
    if abs(total - 1) < 1e-9:
        return "Weights sum to 1: flat areas keep their brightness"
    return f"Weights sum to {total:.3g}: flat areas become {total:.3g} times as bright"
