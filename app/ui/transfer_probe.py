"""Which layer's features serve best for these classes? A small classifier on every stage, as a chart with a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.ui.charts import show_chart
from app.ui.jobs import JOBS, SLOW, show_jobs
from app.ui.network_store import NETWORKS
from app.ui.plain import plain
from app.ui.sheets import csv_of, save_csv
from app.ui.theme import chart_colours
from app.ui.transfer_shown import Shown, shown_of
from app.ui.visitor import visitor
from cnnviz.compute import Job, Task
from cnnviz.learn import Dataset, Probe, ProbedStage, few_of, probe, split
from cnnviz.learn.stages import FEATURES, PICTURE
from cnnviz.plot import probe_figure

if TYPE_CHECKING:
    from app.ui.network_picker import NetworkChoice
    from app.ui.transfer_data import TransferData
    from app.ui.transfer_run_form import AskedRuns
    from cnnviz.learn.splits import By

MOST = 300
"""Pictures that are probed with, as many of each class: every one is a pass through the network."""
SPLITS = 5
_NAMES = {PICTURE: "picture", FEATURES: "head's input"}


def probe_part(data: TransferData, choice: NetworkChoice, asked: AskedRuns) -> None:
    """What every stage of the network as it came is good for, as soon as it is measured."""
    shown, why = shown_of(data, choice, asked, None)
    if shown is None:
        st.info(plain(why, 300), icon=":material/info:")
        return
    first = asked.teachings[0] if asked.teachings else None
    seed, by = (first.seed, first.by) if first else (0, "picture")
    show_jobs(
        lambda: [_job(shown, seed, by)],
        lambda found: _show(found[0], shown),
        "tr_probe",
        lambda job: "Asks every stage about every picture.",
    )


def probe_sentence(found: Probe) -> str:
    """Where it is best, and whether the head stands on that."""
    best, last, first = found.best, found.stages[-1], found.stages[0]
    words = (
        f"On **{stage_name(best)}** a linear head is right for {_per_cent(best)} of {found.tested} test pictures; the "
        f"mean colour of the picture alone gives {_per_cent(first)}, guessing {100 * found.guess:.3g} %."
    )
    if best is last:
        return f"{words} Nothing before what goes into the head serves better."
    lead = found.lead(best, last)
    points = f"{100 * lead.mean:.2g} ± {100 * lead.standard_error:.2g} points"
    chance = "more" if lead.clear else "no more"
    return f"{words} What goes into the head gives {_per_cent(last)}: {points} apart, {chance} than chance explains."


def stage_name(one: ProbedStage) -> str:
    """What a stage is called: the picture, a block's path, what goes into the head."""
    return _NAMES.get(one.stage.path, one.stage.path)


def probe_csv(found: Probe) -> str:
    """All numbers as a table."""
    names = ("accuracy of a linear head", "standard error", "accuracy of the nearest class mean", "standard error")

    def line(one: ProbedStage) -> list[object]:
        values = (value for kind in (one.linear, one.nearest) for value in (kind.mean, kind.standard_error))
        return [stage_name(one), " × ".join(map(str, one.stage.shape)), *values, len(one.linear.values)]

    return csv_of(("stage", "shape", *names, "splits"), map(line, found.stages))


def _show(found: Probe, shown: Shown) -> None:
    st.markdown(probe_sentence(found))
    show_chart(probe_figure(found, [stage_name(one) for one in found.stages], chart_colours()), "tr_probe")
    st.caption(
        f"{shown.title}: each stage's maps averaged over their places, {SPLITS} splits of "
        f"{found.trained} pictures to learn from and {found.tested} to test with."
    )
    save_csv("Save as CSV", probe_csv(found), "stages.csv", "tr_probe_csv")


def _job(shown: Shown, seed: int, by: By) -> Job[None, Probe]:
    def work(task: Task[None]) -> Probe:
        dataset = _few(shown.dataset)
        splits = [split(dataset, seed=seed + number, by=by) for number in range(SPLITS)]
        for event in probe(NETWORKS.ask(*shown.network).result(), dataset, splits):
            if isinstance(event, Probe):
                return event
            task.tell(event.done, event.total)
        raise AssertionError("Probing ends with its result.")

    return JOBS.watch(("probe", *shown.key, *shown.network, str(seed), by), visitor(), work, SLOW)


def _few(dataset: Dataset) -> Dataset:
    """The data set with no more pictures than are probed with."""
    if len(dataset.examples) <= MOST:
        return dataset
    chosen = few_of(dataset, MOST)
    places = {number: place for place, number in enumerate(chosen)}
    published = tuple(places[number] for number in dataset.published_test if number in places)
    return Dataset(
        dataset.name, dataset.title, dataset.classes, tuple(dataset.examples[number] for number in chosen),
        dataset.credit, dataset.taken_singly, published,
    )  # fmt: skip


def _per_cent(one: ProbedStage) -> str:
    return f"{100 * one.linear.mean:.3g} ± {100 * one.linear.standard_error:.2g} %"
