"""Which arms are taught, and how? All of it in the link: what is common to them, and of each arm what was changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import streamlit as st

from app.ui.linked import follows, forget, hold, is_count, linked, linked_choice, set_linked, widget_key
from app.ui.transfer_data import TransferData
from cnnviz.errors import CnnvizError
from cnnviz.learn import ARMS, AUGMENTATIONS, Teaching, TransferSettings, settings_for

CHOSEN, PER_CLASS, BY, SEED, SPLITS, OPENED = "tr_arms", "tr_per_class", "tr_by", "tr_seed", "tr_splits", "tr_arm"
OPENING = ("random_features", "frozen", "last_block", "everything")
_NUMBERS = (1, 2, 3, 5, 10, 20, 50, 100)
_BY = {"picture": "By chance", "group": "By burst", "published": "As published"}
_RATES = (0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
_OPTIMISERS = {"lbfgs": "L-BFGS, all pictures at once", "adamw": "AdamW, in batches", "sgd": "SGD, in batches"}
_NORMS = {
    "frozen": "Statistics of the first training",
    "updated": "By batch in what learns",
    "everywhere": "By batch everywhere",
}
_BATCH = 16
_TRAINING = 0.65  # of a class, at least, are learned from; the rest is for the test
_NEVER = 0  # patience that never ends


@dataclass(frozen=True)
class AskedRuns:
    """What Start would begin: a run for each teaching."""

    teachings: tuple[Teaching, ...]


def read_runs_form(data: TransferData) -> AskedRuns:
    """What is asked, by the link and the form; what cannot be gives way to what serves well."""
    named = linked(CHOSEN, ",".join(OPENING)).split(",")
    number = linked_choice(PER_CLASS, numbers_of(data))
    by = cast(Literal["picture", "group", "published"], linked_choice(BY, splits_of(data)))
    seed, splits = linked(SEED, "0"), int(linked_choice(SPLITS, ("1", "3", "5")))
    if not is_count(seed):
        set_linked(SEED, "0")
        seed = linked(SEED, "0")
    per_class = None if number == "all" else int(number)
    return AskedRuns(
        tuple(
            Teaching(_with_number(arm_settings(arm), int(seed), per_class), int(seed), by, splits)
            for arm in ARMS
            if arm in named
        )
    )


def splits_of(data: TransferData) -> tuple[str, ...]:
    """The ways in which these pictures can be split."""
    further = ("group",) if data.has_bursts else ()
    return ("picture", *further, *(("published",) if data.dataset.published_test else ()))


def numbers_of(data: TransferData) -> tuple[str, ...]:
    """How many pictures of each class can be learned from: as many as the smallest leaves beside the test, or all."""
    most = _TRAINING * min(data.dataset.counts, default=0)
    return ("all", *(str(number) for number in _NUMBERS if number <= most))


def arm_settings(arm: str) -> TransferSettings:
    """The settings of an arm with what the link changes of them; a change that cannot be is dropped."""
    try:
        return settings_for(arm, **_changes(arm))
    except (CnnvizError, ValueError, TypeError):
        forget(_link_key(arm))
        return settings_for(arm)


def arms_form() -> None:
    """A box for each arm; the link has the chosen ones with commas between."""
    named = linked(CHOSEN, ",".join(OPENING)).split(",")
    for arm in ARMS.values():
        hold(_box(arm.name), arm.name in named)
        st.checkbox(arm.title, help=arm.sentence, key=_box(arm.name), on_change=_keep_arms)


def runs_form(data: TransferData) -> None:
    """Draw what is common to all arms, and behind a door the settings of each."""
    if len(numbers_of(data)) > 1:
        _choose_one("Pictures of each class to learn from", PER_CLASS, numbers_of(data), str.capitalize)
    if len(splits_of(data)) > 1:
        _choose_one("Split", BY, splits_of(data), lambda by: _BY[by])
    hold(widget_key(SEED), int(linked(SEED, "0")))
    st.number_input("Seed of the split and of chance", 0, 999_999, step=1, **follows(SEED))
    _choose_one("Splits to test on", SPLITS, ("1", "3", "5"), str)
    with st.popover("Settings by arm", icon=":material/tune:", width="stretch"):
        _choose_one("Arm", OPENED, ("frozen", *(arm for arm in ARMS if arm != "frozen")), lambda arm: ARMS[arm].title)
        arm = linked(OPENED, "frozen")
        st.caption(ARMS[arm].sentence)
        _arm_form(arm, arm_settings(arm))


def _arm_form(arm: str, now: TransferSettings) -> None:
    if now.learns == "head":
        _menu(arm, "optimiser", "Optimiser of the head", tuple(_OPTIMISERS), lambda name: _OPTIMISERS[name], now)
    _number(arm, "epochs", "Epochs" + (", of 20 iterations each" if now.optimiser == "lbfgs" else ""), 1, 100, now)
    if now.optimiser != "lbfgs":
        _slider(arm, "head_rate", "Learning rate of the head", now)
    if now.learns != "head":
        _slider(arm, "block_rate", "Learning rate of the last block", now)
    if now.learns == "everything":
        _slider(arm, "rest_rate", "Learning rate of all before it", now)
    _slider(arm, "weight_decay", "Weight decay", now)
    _menu(
        arm, "augmentation", "Other views of each picture", tuple(AUGMENTATIONS), lambda n: AUGMENTATIONS[n].title, now
    )
    if now.augmentation != "none":
        _number(arm, "views", "Views of each picture", 1, 32, now)
    _number(arm, "patience", "End after so many epochs without gain; 0: go through all", 0, 50, now)
    _menu(arm, "batch_norm", "Batch norm", tuple(_NORMS), lambda name: _NORMS[name], now)


def _choose_one(label: str, key: str, options: tuple[str, ...], words: Callable[[str], str]) -> None:
    hold(widget_key(key), linked_choice(key, options))
    if key == PER_CLASS:
        st.select_slider(label, (*options[1:], options[0]), format_func=words, **follows(key))
    elif key == OPENED:
        st.selectbox(label, options, format_func=words, **follows(key))
    else:
        st.segmented_control(label, options, format_func=words, required=True, **follows(key))


def _keep_arms() -> None:
    set_linked(CHOSEN, ",".join(arm for arm in ARMS if st.session_state[_box(arm)]) or "none")


def _box(arm: str) -> str:
    return f"tr_box_{arm}"


def _menu(arm: str, name: str, label: str, options: tuple[str, ...], words: Callable[[str], str], now: Any) -> None:
    hold(_widget(arm, name), getattr(now, name))
    st.selectbox(label, options, format_func=words, **_writes(arm, name))


def _number(arm: str, name: str, label: str, least: int, most: int, now: Any) -> None:
    hold(_widget(arm, name), min(most, getattr(now, name) or _NEVER))
    st.number_input(label, least, most, step=1, **_writes(arm, name))


def _slider(arm: str, name: str, label: str, now: Any) -> None:
    value = getattr(now, name)
    hold(_widget(arm, name), value)
    st.select_slider(label, sorted({*_RATES, value}), format_func=lambda rate: f"{rate:g}", **_writes(arm, name))


def _writes(arm: str, name: str) -> dict[str, Any]:
    return {"key": _widget(arm, name), "on_change": _written, "args": (arm, name)}


def _written(arm: str, name: str) -> None:
    """Keep in the link what differs from the settings that serve the arm well."""
    value = st.session_state[_widget(arm, name)]
    changes = _changes(arm) | {name: None if name == "patience" and value == _NEVER else value}
    changes.pop("batch_size", None)
    if name == "augmentation":
        changes["views"] = 8 if value != "none" else 1
    first = settings_for(arm)
    texts = [f"{key}:{_text(value)}" for key, value in changes.items() if value != getattr(first, key)]
    set_linked(_link_key(arm), ",".join(texts))


def _changes(arm: str) -> dict[str, Any]:
    """What the link changes of an arm's settings; raises ValueError for what is none."""
    found: dict[str, Any] = {}
    for part in filter(None, linked(_link_key(arm), "").split(",")):
        name, _, text = part.partition(":")
        if name not in _READ:
            raise ValueError(name)
        found[name] = _READ[name](text)
    if found.get("optimiser", settings_for(arm).optimiser) != "lbfgs":
        found["batch_size"] = _BATCH
    return found


def _count(text: str) -> int:
    if not is_count(text):
        raise ValueError(text)
    return int(text)


_READ: dict[str, Callable[[str], Any]] = {
    "optimiser": str, "augmentation": str, "batch_norm": str, "epochs": _count, "views": _count,
    "patience": lambda text: None if text == "none" else _count(text),
    "head_rate": float, "block_rate": float, "rest_rate": float, "weight_decay": float,
}  # fmt: skip


def _with_number(settings: TransferSettings, seed: int, per_class: int | None) -> TransferSettings:
    return replace(settings, seed=seed, per_class=per_class)


def _text(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _widget(arm: str, name: str) -> str:
    return f"tr_{arm}_{name}"


def _link_key(arm: str) -> str:
    return f"tr_{arm}"
