"""Which functions let a gradient through 20 layers? The flows of all of them, kept, and the table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from app.ui.activation_form import DEPTH, Form, StackForm
from cnnviz.compute import at_work, one_thread
from cnnviz.layer import ACTIVATIONS, GradientFlow, gradient_flow


@dataclass(frozen=True)
class FlowRow:
    """One function in the table: what reaches layer 1, and of it what the derivatives alone would leave."""

    title: str
    through: float
    slopes: float
    top: float


def flows(form: Form, stack: StackForm) -> dict[str, GradientFlow]:
    """The flow of each function shown, by its title."""
    return {form.title_of(name): _flow(form, stack, name) for name in form.shown}


def flow_rows(form: Form, stack: StackForm) -> list[FlowRow]:
    """All functions, the one that loses or swells the gradient least first."""
    rows = []
    for name in ACTIVATIONS:
        flow = _flow(form, stack, name)
        rows.append(FlowRow(form.title_of(name), flow.through, math.prod(flow.slopes), flow.activations[-1]))
    return sorted(rows, key=lambda row: abs(math.log(row.through)) if row.through > 0 else math.inf)


def flow_sentence(form: Form, stack: StackForm) -> str:
    """What the stack does with the function in hand, in numbers."""
    flow = _flow(form, stack, form.name)
    return (
        f"**{form.title_of(form.name)}:** of a gradient of norm 1 at the top, **{flow.through:.3g}** reaches the first "
        f"of {DEPTH} layers. In each layer its derivative has a root mean square between {min(flow.slopes):.3g} and "
        f"{max(flow.slopes):.3g}."
    )


def _flow(form: Form, stack: StackForm, name: str) -> GradientFlow:
    return _kept(name, tuple(form.settings_of(name).items()), stack.initialisation, stack.seed)


@lru_cache(maxsize=2048)
def _kept(name: str, settings: tuple[tuple[str, float], ...], initialisation: str, seed: int) -> GradientFlow:
    with at_work(), one_thread():
        return gradient_flow(name, DEPTH, initialisation, seed, dict(settings))
