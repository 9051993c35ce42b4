"""What is set on the page Why this answer: the question, the methods, how they look. All of it lives in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from app.components import told
from app.ui.frame import foot_follows
from app.ui.link_notice import LinkNotice
from app.ui.linked import is_count, linked, linked_choice, set_linked, widget_key
from app.ui.network_picker import NetworkChoice, read_network
from app.ui.plain import plain
from cnnviz.analysis import METHODS
from cnnviz.errors import SettingsError

PAGE = "why_this_answer"
VIEW = "why_view"
TEST_VIEW = "why_test_view"
TARGET = "why_target"
AGAINST = "why_against"
CURVES = "why_curves"
CHOSEN = "why_methods"
SCALE = "why_scale"
TEMPERATURE = "why_temperature"
LAYER = "why_layer"
TEST = "why_test"
OPENING = ("saliency", "integrated_gradients", "grad_cam")
SCALES = {"shared": "Shared", "own": "Own"}
TEMPERATURES = ("1", "0.25", "0.5", "2", "4")
TESTS = {"off": "None", "forget": "Forget", "cut": "Delete, insert", "steady": "Noise, shift"}
LOOKS = {"overlay": "Overlay", "mask": "Mask", "contour": "Contour"}
CUTS = {"delete": "Delete", "insert": "Insert"}
STAGES = 5
"""In which the weights are drawn anew."""
NOISE = (0.05, 0.1, 0.2)
SHIFTS = ((0, 1), (4, 4), (0, 16))
STEPS = 28
"""Points of a deletion or insertion curve after its first."""
STOPPED = "_why_stopped"
NOTICE = LinkNotice("_why_notice", (TARGET, AGAINST, LAYER, CHOSEN), {CHOSEN: ",".join(OPENING)})
_QUICKER: dict[tuple[str, str], Any] = {("integrated_gradients", "steps"): 10, ("rise", "masks"): 500}
"""Where the page opens with less than the library's default, so that one does not wait."""


@dataclass(frozen=True)
class Look:
    """How maps are laid over the picture: one of the looks, opacity and share in per cent."""

    look: str
    opacity: int
    share: int


@dataclass(frozen=True)
class Form:
    """What the learner set. `target` None: the most probable class; `layer` "": the last with maps.

    `settings` are by method, complete.
    """

    choice: NetworkChoice
    target: int | None
    against: int | None
    methods: tuple[str, ...]
    settings: Mapping[str, Mapping[str, Any]]
    scale: Literal["shared", "own"]
    temperature: float
    look: Look
    test: str
    cut: Look
    layer: str = ""


def read_form() -> Form:
    """All settings, without drawing anything."""
    methods = _methods()
    return Form(
        read_network(),
        _number(TARGET),
        _number(AGAINST),
        methods,
        {name: _settings(name) for name in METHODS},
        "own" if linked_choice(SCALE, tuple(SCALES)) == "own" else "shared",
        float(linked_choice(TEMPERATURE, TEMPERATURES)),
        _look(VIEW, tuple(LOOKS), "overlay", 20),
        linked_choice(TEST, tuple(TESTS)),
        _look(TEST_VIEW, tuple(CUTS), "delete", 20),
        linked(LAYER, ""),
    )


def setting_key(method: str, setting: str) -> str:
    """The linked text of one setting of a method."""
    return f"why_{method}_{setting}"


def looked() -> None:
    """The learner laid the maps over the picture in another way."""
    _keep_look(VIEW)


def test_looked() -> None:
    """The same, in the view of a test."""
    _keep_look(TEST_VIEW)


def stopped() -> None:
    """The learner stopped the work on one of the maps, or started it again."""
    _note_stopped(VIEW)


def test_stopped() -> None:
    """The same, in the view of a test."""
    _note_stopped(TEST_VIEW)


def is_stopped(job: str) -> bool:
    """Whether the learner stopped the job of this name."""
    return job in st.session_state.get(STOPPED, ())


def methods_taken() -> None:
    """The learner chose other methods; they stand in the order of the table."""
    taken = st.session_state[widget_key(CHOSEN)]
    set_linked(CHOSEN, ",".join(name for name in METHODS if name in taken))


def point_taken() -> None:
    """The learner clicked a point of a curve: the pictures follow to its share."""
    points = st.session_state[CURVES].selection.points
    if points:
        set_linked(f"{TEST_VIEW}_share", str(round(float(points[0]["x"]))))


def leave_network() -> None:
    """Another network may have other classes, and has other layers."""
    NOTICE.drop()
    for key in (TARGET, AGAINST, LAYER):
        set_linked(key, "")


def _methods() -> tuple[str, ...]:
    named = [name for name in linked(CHOSEN, ",".join(OPENING)).split(",") if name]
    known = tuple(name for name in METHODS if name in named)
    strange = [name for name in named if name not in METHODS]
    if not strange:
        return known
    instead = "the others that the link names" if known else "those with which this page opens"
    NOTICE.replace(
        CHOSEN, f"There is no method “{plain(strange[0], 40)}”; here are {instead}.", ",".join(known) or None
    )
    return known or OPENING


def _settings(method: str) -> dict[str, Any]:
    """Each setting of a method: what the link says where that can be, else what the page opens with."""
    found = {}
    for setting in METHODS[method].settings:
        key, default = setting_key(method, setting.name), _QUICKER.get((method, setting.name), setting.default)
        text = linked(key, str(default))
        try:
            found[setting.name] = setting.checked(text if setting.choices else float(text))
        except (ValueError, OverflowError, SettingsError):
            set_linked(key, str(default))
            linked(key, str(default))
            found[setting.name] = default
    return found


def _number(key: str) -> int | None:
    text = linked(key, "")
    if is_count(text):
        return int(text)
    if text:
        NOTICE.replace(key, f"“{plain(text, 40)}” is no number of a class; classes are counted from 0.")
    return None


def _look(view: str, looks: tuple[str, ...], first: str, share: int) -> Look:
    name = linked(f"{view}_look", first)
    look = name if name in looks else first
    return Look(look, _per_cent(f"{view}_opacity", 75), _per_cent(f"{view}_share", share))


def _per_cent(key: str, default: int) -> int:
    text = linked(key, str(default))
    known = is_count(text) and int(text) <= 100
    return int(text) if known else default


def _keep_look(view: str) -> None:
    if state := told(view, "look"):
        for name in ("look", "opacity", "share"):
            set_linked(f"{view}_{name}", str(state[name]))
        foot_follows(PAGE)


def _note_stopped(view: str) -> None:
    if state := told(view, "stop"):
        before = st.session_state.setdefault(STOPPED, set())
        (before.add if state["stop"] else before.discard)(str(state["job"]))
