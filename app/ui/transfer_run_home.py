"""How does one keep what was taught? The network, with a script that answers as it does, and the links of its run."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from app.ui.jobs import JOBS, QUICK
from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.transfer_run_answers import dataset_to_show
from app.ui.transfer_run_jobs import ArmRun, SeenRun, all_runs, networks_of
from app.ui.visitor import visitor
from cnnviz.compute import Task
from cnnviz.errors import CnnvizError, SettingsError
from cnnviz.learn import Dataset, answers_of, network_of, parcel

_CHECKS = 4
LOOK = 0.5


def home_part(one: ArmRun) -> None:
    """A button that packs the network, then one that hands it over."""
    st.markdown(
        "A zip with the weights (safetensors), classes and preprocessing (JSON), a script and a notebook. They need "
        "PyTorch, not this app, and check at every start that four test pictures get the answers they got here."
    )
    dataset, why = dataset_to_show(one)
    if dataset is None:
        st.info(plain(why, 300), icon=":material/info:")
        return
    key = parcel_key(one.id)
    if JOBS.look(key, visitor()) is None:
        st.button("Pack it", on_click=_pack, args=(one, dataset), key="tr_pack", icon=":material/inventory_2:")
        return
    waiting = JOBS.find(key)
    live = waiting is not None and waiting.live

    @st.fragment(run_every=LOOK if live else None)
    def packed() -> None:
        job = JOBS.look(key, visitor())
        if job is not None and job.live:
            st.info("Packs the network.", icon=":material/inventory_2:")
            return
        if live and not picker_is_open():
            st.rerun()
        if job is None or job.result is None:
            reason = job.error if job is not None and job.error is not None else "It was not packed to the end."
            st.error(plain(str(reason), 600), icon=":material/error:")
            st.button("Try again", on_click=_pack, args=(one, dataset), key="tr_pack_again")
            return
        st.download_button(
            f"Download the network, {len(job.result) / 1e6:.3g} MB", job.result, "taught_network.zip",
            "application/zip", on_click="ignore", key="tr_download", icon=":material/download:", type="primary",
        )  # fmt: skip

    packed()


def links_part(runs: Sequence[SeenRun], key: str) -> None:
    """The link that shows the runs to others, and what the address of their owner is good for."""
    query = urlencode({key: ".".join(one.view_link for one in runs)})
    st.markdown("**To show others:** whoever opens this link sees the curves and the answers, and can change nothing.")
    st.code(f"{st.context.url or ''}?{query}", language=None, wrap_lines=True)
    if any(one.owned for one in runs):
        st.markdown(
            "**Your own address** above also lets you pause, cancel and continue: keep it, for it finds the runs again "
            "in any browser, also after a restart of the server. Whoever has it can do the same."
        )


def parcel_key(run_id: str) -> tuple[str, str]:
    """The key of the job that packs a run's network."""
    return "parcel", run_id


def _pack(one: ArmRun, dataset: Dataset) -> None:
    def work(task: Task[None]) -> bytes:
        return packed_network(one, dataset)

    JOBS.forget(parcel_key(one.id))
    JOBS.watch(parcel_key(one.id), visitor(), work, QUICK)


def packed_network(one: ArmRun, dataset: Dataset) -> bytes:
    """The parcel of a run's network, checked by some of its test pictures."""
    with all_runs().open(one.link) as run:
        answers = answers_of(run)
        if answers is None:
            raise SettingsError("This run is not taught to the end; continue it, then pack it.")
        model = network_of(run, networks_of(run.facts.settings)[0], dataset, networks_of(run.facts.settings)[1])
    pictures = [dataset.examples[number].picture() for number in answers.test[:_CHECKS]]
    try:
        return parcel(model, pictures)
    except CnnvizError:
        raise
    except Exception as error:
        raise SettingsError(f"This network cannot be packed: {error}; choose another network.") from error
