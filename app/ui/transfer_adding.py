"""How do many pictures come into a class while the page goes on answering? Some at a time, by a job that is watched."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, TypeVar

import streamlit as st

from app.ui.jobs import JOBS, QUICK, time_left, waits
from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.transfer_data import COLLECTIONS
from app.ui.visitor import visitor
from cnnviz.compute import Job, Task
from cnnviz.errors import CnnvizError
from cnnviz.learn import Added, zipped_files
from cnnviz.learn.datasets import Refused

T = TypeVar("T")
AT_ONCE = 128
BYTES_AT_ONCE = 16_000_000
"""So many pictures, or fewer of so many bytes, between two looks at whether to go on; what was added stays."""
PATIENCE = 2.0  # seconds that the page waits, so that a few pictures stand there at once
LOOK = 0.5
_ADDING = "transfer adding"
_SAID = "_tl_said"
_SAID_OF_EDIT = "_tl_said_of_edit"
_SENTENCES = 6  # at once; more would push the picture off the screen


@dataclass(frozen=True)
class Outcome:
    """So many pictures were added so far, these were refused, and what broke it off, if anything did."""

    kept: int = 0
    refused: tuple[Refused, ...] = field(default=())
    error: str = ""


def add_files(owner: str, into: str, files: Sequence[tuple[str, bytes]], group: str | None = None) -> None:
    """Have pictures added to the class `into`; those of a burst with their group."""
    waiting = deque(files)
    taken = (waiting.popleft() for _ in range(len(files)))  # what is taken is let go of here

    def steps() -> Iterator[Added]:
        for part in _parts(taken, lambda file: len(file[1])):
            yield COLLECTIONS.add(owner, into, part, group)

    _start(owner, steps(), len(files))


def add_zip(owner: str, into: str, archive: BinaryIO) -> None:
    """Have the folders of an archive added as classes, and what lies outside them to the class `into`."""

    def steps() -> Iterator[Added]:
        for part in _parts(zipped_files(archive), lambda file: len(file.content or b"")):
            yield COLLECTIONS.add_folders(owner, part, into)

    _start(owner, steps(), 0)


def adding_part(owner: str, else_words: str) -> None:
    """How far it is; when all is added the page is drawn anew, with a sentence for each reason to leave some out.

    `else_words` stand in its place while nothing is added.
    """
    if not _jobs(owner):
        st.caption(else_words)
        return

    @st.fragment(run_every=LOOK)
    def part() -> None:
        going = [job for job in _jobs(owner) if job.live]
        for job in going:
            JOBS.look(job.key, visitor())
            st.progress(*_how_far(job))
        if not going and not picker_is_open():
            tell_ended(owner)
            st.rerun()

    part()


def tell_ended(owner: str) -> None:
    """Note what came of the jobs that are over, for `said_part`."""
    for job in _jobs(owner):
        if not job.live:
            outcome = job.latest or Outcome()
            if job.state != "done":
                outcome = replace(outcome, error=str(job.error or "It was stopped there; add the rest again."))
            say([*st.session_state.get(_SAID, []), *sentences(outcome)])
            JOBS.forget(job.key)


def sentences(outcome: Outcome) -> list[str]:
    """What is to be said: nothing where all went well."""
    failed = [outcome.error] if outcome.error else []
    some = f"{outcome.kept:,} {'picture' if outcome.kept == 1 else 'pictures'} added."
    said = [some] if outcome.kept and (outcome.refused or failed) else []
    return [*said, *failed, *refusals(outcome.refused)]


def refusals(refused: Iterable[Refused]) -> list[str]:
    """A sentence for each reason, with the names of the files, however many."""
    names: dict[str, list[str]] = {}
    for one in refused:
        names.setdefault(one.reason, []).append(one.name)
    found = []
    for reason, files in names.items():
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3:,} more" if len(files) > 3 else "")
        found.append(f"Left out: {listed}. {reason}")
    return found


def say(words: Sequence[str], of_edit: bool = False) -> None:
    """What came of the learner's last action, which was to add something or to edit; the next one replaces it."""
    st.session_state[_SAID] = [] if of_edit else list(words)
    st.session_state[_SAID_OF_EDIT] = list(words) if of_edit else []


def said_part(of_edit: bool = False) -> None:
    """Draw that, where the learner did it."""
    words = st.session_state.get(_SAID_OF_EDIT if of_edit else _SAID, [])[:_SENTENCES]
    if words:
        st.warning("\n\n".join(plain(sentence, longest=400) for sentence in words), icon=":material/info:")


def _parts(files: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """The files, some at a time. A part costs a look at the whole collection, so small ones go together."""
    part: list[T] = []
    total = 0
    for one in files:
        part.append(one)
        total += size(one)
        if len(part) >= AT_ONCE or total >= BYTES_AT_ONCE:
            yield part
            part, total = [], 0
    if part:
        yield part


def _start(owner: str, steps: Iterator[Added], total: int) -> None:
    def work(task: Task[Outcome]) -> Outcome:
        outcome = Outcome()
        while True:
            try:
                added = next(steps, None)
            except CnnvizError as error:
                return Outcome(outcome.kept, outcome.refused, str(error))
            if added is None:
                return outcome
            outcome = Outcome(outcome.kept + len(added.kept), (*outcome.refused, *added.refused))
            task.tell(outcome.kept + len(outcome.refused), total, outcome)

    key = (_ADDING, owner, secrets.token_hex(8))
    JOBS.watch(key, visitor(), work, QUICK).wait(PATIENCE)
    tell_ended(owner)


def _jobs(owner: str) -> list[Job[Any, Any]]:
    """Those of this learner, also from before a reload."""
    return [job for job in JOBS.jobs() if isinstance(job.key, tuple) and job.key[:2] == (_ADDING, owner)]


def _how_far(job: Job[Any, Any]) -> tuple[float, str]:
    done, total = job.progress.done, job.progress.total
    of = f" of {total:,}" if total else ""
    left = time_left(job.progress)
    words = waits(job.key) or f"{done:,}{of} pictures looked at{', ' if left else ''}{left}."
    return (done / total if total else 0.0), words
