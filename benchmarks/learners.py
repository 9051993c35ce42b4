"""Does *Transfer learning* answer while ten learners' runs wait and work? Raw websocket clients on the real app.

First one learner alone asks about one picture after the other. Then ten press Start at once, two arms each, and go on
asking at the same pace while their runs stand in the queue, until all are taught. `python -m benchmarks learners`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import numpy as np

from benchmarks.client import Learner, LearnerError, open_page
from benchmarks.harness import Row
from cnnviz.compute import usable_cores
from cnnviz.learn import few_of, load_dataset
from scripts.serve import running

LEARNERS = 10
PACE = 2.0  # seconds between two questions of one learner
QUESTIONS = 15  # of the learner alone
MOST = 1.0  # seconds that an answer may take, in the median
PATIENCE = 30.0  # seconds until a question counts as failed
LONGEST = float(os.environ.get("SECONDS", "420"))  # until all runs have to be done
PAGE, QUERY = "transfer_learning", "tr_arms=frozen,last_block&tr_last_block=epochs:3"
RUNS_EACH = 2
COLLECT, START, EVENTS = "tl_collect", "tr_start", "page_events"


@dataclass
class Visit:
    """What one learner saw: seconds of each answer, when each run was seen done, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def rows() -> list[Row]:
    """One row: the median answer among ten learners with runs, beside that of one alone."""
    with running() as served:
        lone, crowd = asyncio.run(_lesson(served.address))
    return [row_of(lone, crowd)]


def row_of(lone: Visit, crowd: list[Visit]) -> Row:
    """The table's line; a run that failed, was not done in time, or was passed over makes it fail."""
    taken = [seconds for visit in crowd for seconds in visit.seconds]
    median, alone = statistics.median(taken), statistics.median(lone.seconds)
    failures = [
        *lone.failures,
        *(text for visit in crowd for text in visit.failures),
        *passed_over(crowd, usable_cores()),
    ]
    firsts = [visit.done[0] for visit in crowd if visit.done]
    lasts = [visit.done[-1] for visit in crowd if visit.done]
    note = f"p95 {np.quantile(taken, 0.95) * 1e3:.0f} ms of {len(taken)}"
    if lasts:
        note += f", first results after {min(firsts):.0f} to {max(firsts):.0f} s, all after {max(lasts):.0f} s"
    note += f"; first failure: {failures[0]}" if failures else ""
    what = f"{len(crowd)} learners with {RUNS_EACH} runs each, an answer, median"
    return Row(what, "one learner alone, median", median, alone, median / alone, None, MOST, len(failures), note=note)


def passed_over(crowd: list[Visit], places: int) -> list[str]:
    """Learners who had no result yet when others had all of theirs, by more than the looks are apart.

    As many others as there are places at work: who presses first finds them free, and begins all at once.
    """
    ended = sorted(visit.done[-1] for visit in crowd if len(visit.done) == RUNS_EACH)
    if len(ended) <= places:
        return []
    return [
        f"learner {number} had no result when {places + 1} others had all"
        for number, visit in enumerate(crowd)
        if visit.done and visit.done[0] > ended[places] + 2 * PACE
    ]


async def _lesson(address: str) -> tuple[Visit, list[Visit]]:
    stamps = load_dataset("stamps")
    numbers = few_of(stamps)
    async with AsyncExitStack() as pages:
        first = await pages.enter_async_context(open_page(address, PAGE, QUERY))
        await _arms_stand(first, numbers[-1])
        lone = Visit()
        for number in numbers[:QUESTIONS]:
            await _ask(first, number, lone)
            await asyncio.sleep(PACE / 4)
        crowd = [await pages.enter_async_context(open_page(address, PAGE, QUERY)) for _ in range(LEARNERS)]
        start = time.perf_counter()
        return lone, list(await asyncio.gather(*(_learn(one, numbers, n, start) for n, one in enumerate(crowd))))


async def _arms_stand(learner: Learner, number: int) -> None:
    """Until torch is in and the arms are on the page."""
    await learner.trigger(EVENTS, "drawn", True)  # what a browser reports; torch is loaded only then
    end = time.perf_counter() + LONGEST
    while "Start" not in learner.labels():
        if time.perf_counter() > end:
            raise LearnerError("The arms did not come onto the page.")
        await asyncio.sleep(0.5)
        await _ask(learner, number, Visit())


async def _learn(learner: Learner, numbers: tuple[int, ...], place: int, start: float) -> Visit:
    """Press Start, then ask about one picture after the other until all runs are done."""
    visit = Visit()
    await learner.set(START, True)
    turn = 0
    while len(visit.done) < RUNS_EACH and not visit.failures:
        await asyncio.sleep(max(0.0, start + (turn + place / LEARNERS) * PACE - time.perf_counter()))
        turn = max(turn + 1, int((time.perf_counter() - start) / PACE))
        await _ask(learner, numbers[(7 * place + turn) % len(numbers)], visit)
        said = _said(learner)
        now = time.perf_counter() - start
        visit.done += [now] * (sum(words == "Done." for words in said) - len(visit.done))
        visit.failures += [f"a run says {words}" for words in said if words.startswith(("Stopped", "The "))]
        if now > LONGEST:
            visit.failures.append(f"after {now:.0f} s the runs said {said}")
    return visit


async def _ask(learner: Learner, number: int, visit: Visit) -> None:
    """Click a training picture; the page answers which class it is nearest to."""
    try:
        async with asyncio.timeout(PATIENCE):
            run = await learner.trigger(COLLECT, "ask", {"id": str(number)})
        visit.seconds.append(run.seconds)
        visit.failures += learner.exceptions()
    except (LearnerError, OSError, TimeoutError) as error:
        visit.failures.append(f"{number}: {type(error).__name__} {error}")
        visit.seconds.append(PATIENCE)


def _said(learner: Learner) -> list[str]:
    """What stands beside each run: its state in words."""
    bodies = [one.element.markdown.body for one in learner.placed.values() if one.element.HasField("markdown")]
    return [body.partition("** ")[2] for body in bodies if body.startswith(":material/")]
