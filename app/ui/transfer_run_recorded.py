"""What stands on the page before anything is begun? The arms as they were recorded on the stamps, labelled so."""

from __future__ import annotations

from app.ui.network_picker import NetworkChoice
from app.ui.transfer_data import TransferData
from app.ui.transfer_run_jobs import ArmRun
from cnnviz.compute import RunFacts
from cnnviz.learn import Answers
from cnnviz.learn.recorded import RECORDED_NETWORK
from cnnviz.learn.recorded_arms import RECORDED_DATA, RecordedArm, recorded_arms

_WORDS = "Recorded. Start teaches it here and now."


def recorded_runs(data: TransferData, choice: NetworkChoice) -> list[ArmRun]:
    """The recorded arms as runs without a link; none for other pictures or another network."""
    if data.source != RECORDED_DATA or choice.key != (RECORDED_NETWORK, "auto"):
        return []
    return [_run(data, name, one) for name, one in recorded_arms().items()]


def recorded_answers(one: ArmRun) -> Answers:
    """What a recorded arm said of the test pictures."""
    return recorded_arms()[one.teaching.settings.arm].answers


def is_recorded(one: ArmRun) -> bool:
    """Whether this is no run, but what was recorded of one."""
    return not one.link


def _run(data: TransferData, name: str, one: RecordedArm) -> ArmRun:
    settings = {
        "network": RECORDED_NETWORK, "source": data.source, "owner": None, "pictures": data.key, "title": data.title,
        "classes": list(data.dataset.classes), "counts": list(data.dataset.counts), **one.teaching.as_json(),
    }  # fmt: skip
    facts = RunFacts(settings, one.teaching.seed, 1, {}, 0.0)
    return ArmRun("", "", False, f"recorded_{name}", facts, "done", _WORDS, 1.0, one.teaching, one.found)
