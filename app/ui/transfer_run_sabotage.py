"""Which mistake is hidden in this run? Two runs of the frozen arm, one of them spoiled: compare, guess, see."""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

from app.ui.linked import follows, hold, linked, set_linked, widget_key
from app.ui.network_picker import NetworkChoice
from app.ui.transfer_data import TransferData
from app.ui.transfer_run_form import AskedRuns
from app.ui.transfer_run_jobs import ArmRun, begin, look
from app.ui.visitor import visitor
from cnnviz.learn import SABOTAGES, Teaching, settings_for

HIDDEN, GUESS, SHOWN = "hidden", "tr_guess", "tr_reveal"
_START = "_tr_hide"
# In batches, so that a batch norm that moves is met by as many pictures as in any loop of one's own.
_SETTINGS = settings_for("frozen", optimiser="adamw", batch_size=16, epochs=8)


def hidden_links() -> tuple[str, ...]:
    """The links of the two runs: as it should be, and with a mistake; none before they are begun."""
    return tuple(filter(None, linked(HIDDEN, "").split(".")))


def hidden_teachings(asked: AskedRuns, sabotage: str) -> list[Teaching]:
    """The frozen arm on the split of the form, without and with the mistake."""
    first = asked.teachings[0] if asked.teachings else Teaching(_SETTINGS)
    return [Teaching(_SETTINGS, first.seed, first.by, 1, name) for name in (None, sabotage)]


def hidden_runs() -> list[ArmRun]:
    """Both runs, by names that tell no more than which of them is spoiled."""
    found = []
    for link in hidden_links():
        one = look(link, visitor())
        if isinstance(one, ArmRun):
            found.append(replace(one, name=_NAMES[one.teaching.sabotage is not None]))
    return found


def sabotage_part(data: TransferData, choice: NetworkChoice, asked: AskedRuns) -> None:
    """Hide a mistake, look at both runs above, guess, and have it shown."""
    if hidden := st.session_state.get(_START):
        begun = begin(data, choice, hidden_teachings(asked, hidden), hidden_links(), visitor())
        set_linked(HIDDEN, ".".join(begun))
        set_linked(GUESS, "")
        set_linked(SHOWN, "")
        st.session_state[_START] = ""
    st.markdown(
        "One of five classic mistakes is hidden in the second of two runs of the frozen arm. Both stand among the "
        "arms: compare their curves, their confusion and their mistakes, and say which one it is."
    )
    names = [name for name in SABOTAGES if _shows(name, data)]
    st.button(
        "Hide a mistake", on_click=_hide, args=(names,), disabled=not choice.trained, key="tr_hide",
        icon=":material/visibility_off:",
    )  # fmt: skip
    for one in hidden_runs():
        if one.teaching.sabotage is not None:
            _guessing(one.teaching.sabotage)


def answer_to(guess: str, hidden: str) -> str:
    """What is said of a guess: only whether it is right."""
    if guess == hidden:
        return f"Found: {SABOTAGES[hidden].sentence} {SABOTAGES[hidden].clue}"
    return f"Not that one: {SABOTAGES[guess].clue} Look again."


def _guessing(hidden: str) -> None:
    guess = linked(GUESS, "")
    names = tuple(SABOTAGES)
    hold(widget_key(GUESS), guess if guess in names else None)
    st.radio("What was done?", names, format_func=lambda name: SABOTAGES[name].title, **follows(GUESS))
    if guess in names:
        right = guess == hidden
        (st.success if right else st.warning)(answer_to(guess, hidden), icon=_ICONS[right])
    if linked(SHOWN, ""):
        st.info(f"{SABOTAGES[hidden].title}. {answer_to(hidden, hidden)}", icon=":material/visibility:")
    elif guess != hidden:
        st.button("Show it", on_click=set_linked, args=(SHOWN, "yes"), key="tr_show_it")


_NAMES = {False: "Frozen, sound", True: "Frozen, with a mistake"}
_ICONS = {True: ":material/check:", False: ":material/close:"}


def _shows(name: str, data: TransferData) -> bool:
    """Whether the mistake can show at all: a leak needs bursts, or copies of pictures."""
    return name != "leak" or data.has_bursts


def _hide(names: list[str]) -> None:
    st.session_state[_START] = secrets.choice(names)
