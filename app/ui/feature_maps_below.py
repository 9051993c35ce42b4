"""What stands under the maps: the ledger of a unit, and what switching channels off does to the answer."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING
from zlib import crc32

import streamlit as st

from app.components.ledger_view.component import LedgerScene, ledger_view, packed
from app.components.switch_view.component import switch_view
from app.ui.feature_maps_layers import Strip, StripLayer, strip_of
from app.ui.feature_maps_passes import layer_output
from app.ui.feature_maps_state import (
    LEDGER,
    SWITCH,
    Switched,
    close_unit,
    less_class,
    open_unit,
    rank_asked,
    ranked,
    switched_below,
    unit_opened,
)
from app.ui.feature_maps_switch import LOOKED_AT, effects_job, look_at, ranking, switch_scene
from app.ui.jobs import JOBS, time_left, waits
from app.ui.ledger_passes import ledger_of, recorded_pass
from app.ui.ledger_units import UnitName
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture
from app.ui.scenes import offered
from app.ui.theme import current_theme
from app.ui.visitor import visitor
from cnnviz.errors import CnnvizError, LayerError

if TYPE_CHECKING:
    from cnnviz.analysis import Ablation
    from cnnviz.network import Network


def ledger_part(
    network: Network, key: tuple[str, str], chosen: ChosenPicture, strip: Strip, near: bool
) -> UnitName | None:
    """Draw the ledger of the open unit, if there is one; returns the unit.

    `near`: values stand open to be clicked on, so that the pass they come from is recorded ahead.
    """
    address = offered("feature_maps_ledger", chosen, lambda name: _ahead(key, chosen, address, name))
    subject = f"{' '.join(key)} {crc32(chosen.key.encode())}"
    scene = LedgerScene(address, warm=subject if near else "")
    unit = open_unit(strip)
    wrong = None
    if unit is not None:
        try:
            scene = ledger_of(network, key, chosen, strip, unit.text, less_class(), address)
        except CnnvizError as error:  # the view is drawn all the same: the next click needs it
            unit, wrong = None, error
            close_unit()
    ledger_view(LEDGER, packed(scene), on_unit=unit_opened)
    if wrong is not None:
        raise wrong
    return unit


def _ahead(key: tuple[str, str], chosen: ChosenPicture, address: str, name: str) -> bytes | None:
    """A ledger for the view that does not wait for the page; what is held with it is neither network nor pass."""
    network = NETWORKS.ask(*key).network
    if network is None:
        return None
    if name == "ready":
        recorded_pass(network, key, chosen)
        return None
    unit, _, less = name.partition("~")
    other = int(less) if less.isdecimal() and len(less) < 7 else None
    return packed(ledger_of(network, key, chosen, strip_of(network), unit, other, address))


def switch_part(
    network: Network,
    key: tuple[str, str],
    chosen: ChosenPicture,
    strip: Strip,
    layer: StripLayer,
    switched: Switched,
    found: Ablation | None,
) -> None:
    """Draw how the answer moves, and on request the channels that move it most beside the brightest maps.

    Raises LayerError where they cannot be found.
    """
    maps = layer_output(network, key, chosen, strip, layer).maps
    job = effects_job(network, key, chosen, layer, visitor()) if rank_asked() else None
    if look_at(None if job is None else job.key, visitor()):
        st.rerun()  # the whole page: what looks at a job by the clock would outlive this part of it
    lists = None
    if job is not None and job.result is not None:
        lists = ranking(network, job.result, maps, current_theme())
    waiting = job is not None and job.live
    scene = switch_scene(network, layer, len(maps), switched, found, lists, waiting)
    switch_view(SWITCH, scene, on_set=switched_below, on_rank=ranked)
    if job is not None and waiting:
        _watch(job.key)
    elif job is not None and job.error:
        raise LayerError(str(job.error))


@st.fragment(run_every=0.5)
def _watch(key: Hashable) -> None:
    """How far the job is; when it ends, the page is drawn anew, without this."""
    if st.session_state.get(LOOKED_AT) != key:
        return
    job = JOBS.look(key, visitor())
    if job is None or not job.live:
        st.rerun()
    told = job.progress
    far = [f"{told.done} of {told.total or 'all'} channels switched off in turn", time_left(told)]
    st.progress(told.done / max(1, told.total), waits(key) or ", ".join(filter(None, far)))


def moved_words(found: Ablation | None) -> str:
    """What the answer makes of it, in one line under the maps."""
    if found is None:
        return ""
    before, after = found.answers
    was, now = (f"{100 * float(side[before]):.3g} %" for side in found.probabilities)
    count = len(found.channels)
    off = f"{count} channel{'' if count == 1 else 's'} off"
    said = f"{off}: {found.labels[before]} {f'stays at {now}' if was == now else f'goes from {was} to {now}'}"
    return f"{said}; the answer is now {found.labels[after]}." if after != before else f"{said}."
