"""How does one keep what was taught? The network, with programs that answer as it does, and the links of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from app.ui.downloads import PackedFile, download_link
from app.ui.jobs import JOBS, QUICK, SLOW, waits
from app.ui.linked import hold, linked, set_linked
from app.ui.picture_picker import picker_is_open
from app.ui.plain import plain
from app.ui.transfer_run_answers import dataset_to_show
from app.ui.transfer_run_jobs import ArmRun, SeenRun, all_runs, networks_of
from app.ui.visitor import visitor
from cnnviz.compute import Task
from cnnviz.errors import Cancelled, CnnvizError, SettingsError
from cnnviz.learn import FORMS, Dataset, Origin, answers_of, network_of, parcel, written

ALSO = "tr_also"
_CHECKS = 4
LOOK = 0.5


def home_part(one: ArmRun) -> None:
    """In which forms the network goes home, a button that packs it, then a link that hands it over."""
    st.markdown(
        "A zip with the weights (safetensors), classes and preprocessing (JSON), a program and a notebook that ask the "
        "network. They need PyTorch, not this app, and check at every start that four test pictures get the answers "
        "they got here. A further program teaches it again, and checks that its curve is the same."
    )
    dataset, why = dataset_to_show(one)
    if dataset is None:
        st.info(plain(why, 300), icon=":material/info:")
        return
    forms = _forms()
    key = parcel_key(one, forms)
    if JOBS.look(key, visitor()) is None:
        st.button("Pack it", on_click=_pack, args=(one, dataset, forms), key="tr_pack", icon=":material/inventory_2:")
        return
    waiting = JOBS.find(key)
    live = waiting is not None and waiting.live

    @st.fragment(run_every=LOOK if live else None)
    def packed() -> None:
        job = JOBS.look(key, visitor())
        if job is not None and job.live:
            st.info(waits(key) or _packing(forms), icon=":material/inventory_2:")
            return
        if live and not picker_is_open():
            st.rerun()
        if job is None or job.result is None:
            reason = job.error if job is not None and job.error is not None else "It was not packed to the end."
            st.error(plain(str(reason), 600), icon=":material/error:")
            st.button("Try again", on_click=_pack, args=(one, dataset, forms), key="tr_pack_again")
            return
        size = f"{job.result.size / 1e6:.3g} MB"
        download_link(f"Download the network, {size}", "taught_network.zip", partial(_pieces, key), "tr_download")

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


def parcel_key(one: ArmRun, forms: Sequence[str]) -> tuple[str, ...]:
    """The key of the job that packs a run's network in these forms; it goes when the run's pictures are deleted."""
    return "parcel", one.id, one.facts.settings["pictures"], *forms


def packed_network(
    one: ArmRun, dataset: Dataset, forms: Sequence[str] = (), check: Callable[[], None] = lambda: None
) -> PackedFile:
    """The parcel of a run's network, checked by some of its test pictures."""
    with all_runs().open(one.link) as run:
        answers = answers_of(run)
        if answers is None:
            raise SettingsError("This run is not taught to the end; continue it, then pack it.")
        model = network_of(run, networks_of(run.facts.settings)[0], dataset, networks_of(run.facts.settings)[1])
        found = written(run)
        origin = Origin(run.facts, dataset, found.epochs, next(iter(found.outcomes), None))
    pictures = [dataset.examples[number].picture() for number in answers.test[:_CHECKS]]
    packed = PackedFile()
    try:
        parcel(model, pictures, packed.file, forms, origin, check)
    except CnnvizError:
        raise
    except Exception as error:
        raise SettingsError(f"This network cannot be packed: {error}; choose another network.") from error
    return packed


def _forms() -> tuple[str, ...]:
    """A box for each further form; the link has the chosen ones with commas between. Those that cannot be say why."""
    possible = [name for name, form in FORMS.items() if not form.missing]
    named = linked(ALSO, ",".join(possible)).split(",")
    for name, form in FORMS.items():
        hold(_box(name), name in named and name in possible)
        st.checkbox(
            f"Also as {form.title} ({form.file})", key=_box(name), on_change=_keep_forms, disabled=name not in possible
        )
        if form.missing:
            st.caption(plain(form.missing, 300))
    return tuple(name for name in possible if name in named)


def _keep_forms() -> None:
    set_linked(ALSO, ",".join(name for name in FORMS if st.session_state[_box(name)]) or "none")


def _box(form: str) -> str:
    return f"tr_also_{form}"


def _packing(forms: Sequence[str]) -> str:
    if not forms:
        return "Packs the network."
    titles = " and ".join(FORMS[name].title for name in forms)
    return f"Packs the network, writes it as {titles}, and asks that about the test pictures: some seconds."


def _pieces(key: tuple[str, ...]) -> Iterator[bytes]:
    """Of what is packed at the moment it is asked for: the link itself keeps nothing."""
    job = JOBS.find(key)
    if job is None or job.result is None:
        raise SettingsError("This parcel is no longer here; pack the network again.")
    packed: PackedFile = job.result
    return packed.pieces()


def _pack(one: ArmRun, dataset: Dataset, forms: Sequence[str]) -> None:
    def check(task: Task[None]) -> None:
        if task.unwanted():
            raise Cancelled("Stopped, because nobody wants it any more; pack it again.")

    def work(task: Task[None]) -> PackedFile:
        return packed_network(one, dataset, forms, partial(check, task))

    key = parcel_key(one, forms)
    JOBS.forget(key)
    JOBS.watch(key, visitor(), work, SLOW if forms else QUICK)
