"""How do many pictures come into a class while the page goes on answering? Some at a time, by a job that is watched."""

from __future__ import annotations

import itertools
import secrets
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

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

AT_ONCE = 16
"""Pictures between two looks at whether to go on; what was added stays, whatever comes after."""
PATIENCE = 2.0  # seconds that the page waits, so that a few pictures stand there at once
LOOK = 0.5
_ADDING = "transfer adding"
_SAID = "_tl_said"
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

    def steps() -> Iterator[Added]:
        while waiting:  # what is taken is let go of here
            part = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
            yield COLLECTIONS.add(owner, into, part, group)

    _start(owner, steps(), len(files))


def add_zip(owner: str, into: str, archive: BinaryIO) -> None:
    """Have the folders of an archive added as classes, and what lies outside them to the class `into`."""

    def steps() -> Iterator[Added]:
        files = zipped_files(archive)
        while part := list(itertools.islice(files, AT_ONCE)):
            yield COLLECTIONS.add_folders(owner, part, into)

    _start(owner, steps(), 0)


def adding_part(owner: str) -> None:
    """How far it is; when all is added the page is drawn anew, with a sentence for each reason to leave some out."""
    if not _jobs(owner):
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


def say(words: Sequence[str]) -> None:
    """What came of the learner's last action; the next one replaces it."""
    st.session_state[_SAID] = list(words)


def said_part() -> None:
    """Draw that."""
    for sentence in st.session_state.get(_SAID, [])[:_SENTENCES]:
        st.warning(plain(sentence, longest=400), icon=":material/info:")


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
