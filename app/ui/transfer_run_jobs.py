"""How is a network taught while pages come and go? Each arm is a run on disk, worked on by a job, found by its link.

The link's ``runs`` names the runs: by their owner links for who began them, by their view links for who only looks.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.ui.jobs import JOBS, TEACH, time_left, waits
from app.ui.network_store import NETWORKS
from app.ui.transfer_data import TransferData, find_data
from cnnviz.compute import Job, Run, RunFacts, Runs, Task, usable_cores
from cnnviz.errors import Cancelled, CnnvizError
from cnnviz.learn import (
    ARMS,
    CurvePoint,
    CurveTeaching,
    DatasetError,
    Step,
    Teaching,
    Written,
    curve_teaching_of,
    teach_curve,
    teach_run,
    teaching_of,
    written,
    written_curve,
)
from cnnviz.paths import home

if TYPE_CHECKING:
    from app.ui.network_picker import NetworkChoice
    from cnnviz.network import Network

State = Literal["waiting", "running", "paused", "done", "stopped", "failed"]
MOST_TOGETHER = 4  # runs that work at once, as the lane has it
_REMEMBERED = 200  # runs that were begun lately

_STAGES = {"features": "Computes features", "learning": "Learns", "testing": "Tests"}
_LEFT = {
    "new": "Not begun yet.",
    "stopped": "Stopped; it goes on from its last epoch.",
    "broken off": "The server ended in the middle of it; it goes on from its last epoch.",
}


@dataclass(frozen=True)
class SeenRun:
    """One run as it stands at this moment.

    Attributes:
        link: its owner link where `owned`, else its view link.
        view_link: the link that only shows it.
        words: what it does now, or why it does nothing.
        share: how much of the work is done, 0..1.
    """

    link: str
    view_link: str
    owned: bool
    id: str
    facts: RunFacts
    state: State
    words: str
    share: float

    @property
    def live(self) -> bool:
        """Whether there is more to come by itself."""
        return self.state in ("waiting", "running", "paused")

    @property
    def title(self) -> str:
        """What it is about."""
        return "Learning curve"


@dataclass(frozen=True)
class ArmRun(SeenRun):
    """A run that teaches one arm, with its curve and outcomes so far; `name` where it is called otherwise."""

    teaching: Teaching
    found: Written
    name: str = ""

    @property
    def title(self) -> str:
        """What it is called: by its arm, if nothing else is said."""
        return self.name or ARMS[self.teaching.settings.arm].title


@dataclass(frozen=True)
class CurveRun(SeenRun):
    """A run that teaches several arms with more and more pictures, with the points so far."""

    asked: CurveTeaching
    points: tuple[CurvePoint, ...]


def all_runs() -> Runs:
    """All runs of this server, on disk."""
    return _runs_in(home())


def begin(
    data: TransferData,
    choice: NetworkChoice,
    teachings: Sequence[Teaching | CurveTeaching],
    links: Sequence[str],
    watcher: str,
) -> list[str]:
    """The runs that teach so: those among `links` that do already, the rest begun now. Their links, in that order.

    A second press of a button finds the runs of the first. Jobs of runs that are no longer wanted are left.
    """
    known = {link: run for link in links if (run := look(link, watcher)) is not None}
    found = [_run_for(_facts(data, choice, teaching), teaching.seed, known, watcher) for teaching in teachings]
    for link, one in known.items():
        if link not in found:
            JOBS.leave(job_key(one.id), watcher)
    return found


def look(link: str, watcher: str) -> ArmRun | CurveRun | None:
    """The run of a link, its looker counting as watching; None where there is none."""
    try:
        with all_runs().open(link) as run:
            job = JOBS.look(job_key(run.id), watcher)
            owned = run.owner_link is not None
            seen = run.owner_link or run.view_link, run.view_link, owned, run.id, run.facts, *_standing(run, job)
            if "arms" in run.facts.settings:
                return CurveRun(*seen, curve_teaching_of(run.facts.settings), written_curve(run))
            return ArmRun(*seen, teaching_of(run.facts.settings), written(run))
    except CnnvizError:
        return None


def go_on(link: str, watcher: str) -> None:
    """Begin a run's work, or go on with it from where it was broken off."""
    with all_runs().open(link) as run:
        key = job_key(run.id)
    former = JOBS.find(key)
    JOBS.forget(key)

    def work(task: Task[Step]) -> None:
        def check() -> None:
            if task.unwanted():
                raise Cancelled("Stopped, because nobody wants it any more; continue it.")

        if former is not None:
            former.wait(60)  # it was stopped, and is in its last step
        with all_runs().open(link) as run:
            network, untrained = networks_of(run.facts.settings)
            dataset = pictures_of(run.facts.settings).dataset
            if "arms" in run.facts.settings:
                teach_curve(run, network, dataset, task.tell, untrained)
            else:
                teach_run(run, network, dataset, task.tell, untrained, check=check)

    JOBS.watch(key, watcher, work, TEACH)


def stop(run_id: str) -> None:
    """Have a run stopped before its next step."""
    JOBS.stop(job_key(run_id))


def pause(run_id: str, paused: bool) -> None:
    """Hold a run before its next step, or let it go on in this process."""
    (JOBS.pause if paused else JOBS.resume)(job_key(run_id))


def job_key(run_id: str) -> tuple[str, str]:
    """The key of the job that works on a run."""
    return "teach", run_id


def networks_of(settings: Any) -> tuple[Network, Network | None]:
    """A run's network, and the untrained one where its arm begins from that. Waits for them; for jobs."""
    name = settings["network"]
    arms = curve_teaching_of(settings).arms if "arms" in settings else (teaching_of(settings).settings,)
    untrained = None if all(arm.published for arm in arms) else NETWORKS.ask(name, "none").result()
    return NETWORKS.ask(name, "auto").result(), untrained


def pictures_of(settings: Any) -> TransferData:
    """The pictures a run learned from. Raises DatasetError where they are no longer the same."""
    data = find_data(settings["source"], settings["owner"])
    if data is None or data.key != settings["pictures"]:
        raise DatasetError(
            "The pictures of this run were changed or deleted since; begin a new run with those there are."
        )
    return data


def threads() -> int:
    """How many threads a run is begun with: as many run at once as there are cores, four at most."""
    allowed = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    cores = usable_cores()
    share = max(1, cores // min(MOST_TOGETHER, cores))
    return min(share, int(allowed)) if allowed.isdecimal() and int(allowed) else share


def _run_for(wanted: dict[str, Any], seed: int, known: Mapping[str, SeenRun], watcher: str) -> str:
    """The link of the run that was begun with exactly this: one of those known, one just begun, else a new one."""
    for link, one in known.items():
        if one.owned and dict(one.facts.settings) == wanted:
            return link
    key = (watcher, json.dumps(wanted, sort_keys=True))
    with _beginning:
        just = _begun.get(key)
        if just is not None and (there := look(just, watcher)) is not None and there.live:
            return just
        with all_runs().create(wanted, seed, threads()) as run:
            assert run.owner_link is not None
            link = _begun[key] = run.owner_link
        while len(_begun) > _REMEMBERED:
            _begun.popitem(last=False)
        go_on(link, watcher)
        return link


_beginning = threading.Lock()
_begun: OrderedDict[tuple[str, str], str] = OrderedDict()


def _standing(run: Run, job: Job[Step, None] | None) -> tuple[State, str, float]:
    """State, what is said of it, and how much of it is done."""
    if job is not None and job.live:
        progress = job.progress
        share = progress.done / progress.total if progress.total else 0.0
        if job.state == "paused":
            return "paused", "Paused.", share
        if job.state == "waiting":
            return "waiting", waits(job.key) or "Begins.", share
        return "running", _doing(job), share
    if job is not None and job.error is not None:
        return "failed", str(job.error), 0.0
    if job is not None and job.state == "stopped":  # perhaps in its last step yet
        return "stopped", _LEFT["stopped"], 0.0
    state = run.state
    if state == "done":
        return "done", "Done.", 1.0
    if state == "failed":
        return "failed", run.error, 0.0
    if state == "running":  # another process works on it
        return "running", "Is worked on.", 0.0
    return "stopped", _LEFT[state], 0.0


def _doing(job: Job[Step, None]) -> str:
    step, left = job.progress.so_far, time_left(job.progress)
    if step is None:  # a learning curve, or the beginning
        return f"Learns{', ' if left else ''}{left}." if job.progress.done else "Begins."
    where = f", epoch {step.epoch}" if step.epoch else f", {step.done} of {step.total} pictures" if step.total else ""
    return f"{_STAGES[step.stage]}{where}{', ' if left else ''}{left}."


def _facts(data: TransferData, choice: NetworkChoice, teaching: Teaching | CurveTeaching) -> dict[str, Any]:
    """What a run is begun with; a collection's secret stays in it, and is shown to nobody."""
    return {
        "network": choice.info.name,
        "source": data.source,
        "owner": data.owner,
        "pictures": data.key,
        "title": data.title,
        "classes": list(data.dataset.classes),
        "counts": list(data.dataset.counts),
        **teaching.as_json(),
    }


@cache
def _runs_in(folder: Path) -> Runs:
    return Runs(folder / "runs")
