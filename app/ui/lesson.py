"""What does a page say, and what does it ask? A Markdown text and a table of questions for each page.

A question stands in ``app/lessons/NAME.toml``: the prompt, the options, which one is right, why, and ``setup``: the
page's settings that show it. The learner commits to an answer first; then the page sets itself up.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.ui.picture import ask_whole_page, choose

TO_TOP = "_to_top"  # how often the page was set up for a question; the browser scrolls there when it grows
TO_PLACE = "_to_place"  # where to: the key of a part of the page, or nothing for its top
_FOLDER = Path(__file__).parent.parent / "lessons"


@dataclass(frozen=True)
class Question:
    """One misconception, made visible: `setup` holds the page's settings by key (``picture`` is a sample's name).

    `at` is the key of the widget or container at which there is something to see; empty for the top of the page.
    """

    prompt: str
    options: tuple[str, ...]
    answer: int
    why: str
    look: str
    setup: dict[str, Any] = field(default_factory=dict)
    at: str = ""


@lru_cache
def lesson_text(name: str) -> str:
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


@lru_cache
def questions(name: str) -> tuple[Question, ...]:
    """The questions of a page, in order."""
    table = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return tuple(Question(**{**entry, "options": tuple(entry["options"])}) for entry in table["question"])


def show_lesson(name: str) -> None:
    st.markdown(lesson_text(name))


def show_questions(name: str) -> None:
    """Each question with its options; the verdict and the reason only after the learner has committed."""
    for number, question in enumerate(questions(name), start=1):
        key = f"{name}_question_{number}"
        committed = st.session_state.get(f"{key}_committed")
        st.markdown(f"**{number}. {question.prompt}**")
        chosen = st.radio(
            question.prompt,
            range(len(question.options)),
            index=None,
            key=key,
            label_visibility="collapsed",
            format_func=question.options.__getitem__,
            disabled=committed is not None,
            persist_state="session",
        )
        if committed is None:
            st.button(
                "Commit and look",
                key=f"{key}_commit",
                disabled=chosen is None,
                on_click=_commit,
                args=(key, question, chosen),
            )
        else:
            _show_verdict(key, question, committed)


def _commit(key: str, question: Question, chosen: int) -> None:
    st.session_state[f"{key}_committed"] = chosen
    _show(question)


def _show(question: Question) -> None:
    """Set the page up to show the answer, and bring the view before the learner's eyes."""
    for setting, value in question.setup.items():
        if setting == "picture":
            choose(value)
        else:
            st.session_state[setting] = value
    ask_whole_page()
    st.session_state[TO_TOP] = st.session_state.get(TO_TOP, 0) + 1
    st.session_state[TO_PLACE] = question.at


def _ask_again(key: str) -> None:
    st.session_state.pop(f"{key}_committed", None)
    st.session_state.pop(key, None)


def _show_verdict(key: str, question: Question, committed: int) -> None:
    if committed == question.answer:
        st.success(f"Right. {question.why}", icon=":material/check:")
    else:
        st.info(
            f"You said “{question.options[committed]}”. It is “{question.options[question.answer]}”. {question.why}",
            icon=":material/search:",
        )
    st.caption(f"Look above: {question.look}")
    with st.container(horizontal=True, gap="small"):
        st.button("Show again", key=f"{key}_show", on_click=_show, args=(question,))
        st.button("Answer again", key=f"{key}_again", on_click=_ask_again, args=(key,))
