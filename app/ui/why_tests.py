"""The tests of trust as they stand on the page: maps made again beside the first, or pixels taken and given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app.components.why_view.component import Scene, Tile, packed_tiles, why_view
from app.ui.jobs import JOBS
from app.ui.linked import segments
from app.ui.network_store import NETWORKS
from app.ui.scenes import offered
from app.ui.sheets import save_button
from app.ui.visitor import visitor
from app.ui.why_cuts import cut_scene, cut_tile, show_curves
from app.ui.why_maps import Question
from app.ui.why_state import (
    NOISE,
    SHIFTS,
    STAGES,
    TEST,
    TEST_VIEW,
    TESTS,
    Form,
    is_stopped,
    test_looked,
    test_stopped,
)
from app.ui.why_trust import Trials, forget_job, steady_job, test_key
from app.ui.why_view import job_tile, plain_scene, stopped_tile
from cnnviz.analysis import METHODS
from cnnviz.compute import job_name

if TYPE_CHECKING:
    from cnnviz.network import Network

_JOBS = {"forget": forget_job, "steady": steady_job}
_ABOUT = {
    "off": "A map can look right and say nothing of the network. Choose a test; it takes a while.",
    "forget": "The weights are drawn anew, from the answer down to the picture: random numbers with the old mean and "
    "deviation. A map that stays the same did not show what the network learned.",
    "cut": "The pixels of a map are taken away, highest values first, or given, onto the blurred picture. The better a "
    "map found what the answer rests on, the sooner the one curve falls and the other rises.",
    "steady": "The picture gets a little noise, or moves by some pixels (its map is moved back). A map that "
    "changes much shows chance.",
}


def show_test(form: Form, network: Network, question: Question) -> None:
    """Choose a test of trust, and what it found for the methods chosen above."""
    st.subheader("Can the maps be trusted?", anchor=False)
    segments(TEST, "Test", TESTS, form.test, label_visibility="collapsed", width="content")
    st.caption(_ABOUT[form.test])
    if form.test == "off" or not form.methods:
        return
    watcher, stopped = visitor(), _stopped(form, question)
    tiles = test_tiles(network, form, question, watcher, stopped)

    def later(ids: str) -> bytes | None:
        there = NETWORKS.ask(*question.network).network
        if there is None:
            return None
        wanted = ids.split(",")
        now = test_tiles(there, form, question, watcher, stopped)
        return packed_tiles([tile for tile in now if tile.id in wanted])

    scenes = offered(TEST_VIEW, question.chosen, later)
    if form.test == "cut":
        scene = cut_scene(form, network, question, tiles, scenes)
        show_curves(form, question)
    else:
        scene = _trial_scene(form, network, question, tiles, scenes)
    why_view(TEST_VIEW, scene, on_look=test_looked, on_stop=test_stopped, on_done=lambda: None)
    if form.test in _JOBS:
        _table(tiles)


def test_tiles(network: Network, form: Form, question: Question, watcher: str, stopped: frozenset[str]) -> list[Tile]:
    """The tiles of the open test as far as they are there; starts the jobs of those methods that are not stopped."""
    tiles: list[Tile] = []
    for method in form.methods:
        key = test_key(form, question, form.test, method)
        if method in stopped:
            tile = stopped_tile(job_name(key), f"{method}/0", METHODS[method].title, method)
            tiles += [tile] if form.test == "cut" else _row(tile, None)
        elif form.test == "cut":
            tiles.append(cut_tile(network, form, question, method, watcher))
        else:
            job = _JOBS[form.test](network, form, question, method, watcher)
            tile = job_tile(job, f"{method}/0", METHODS[method].title, method)
            tiles += _row(tile, job.latest, _conditions(form.test, job.result))
    return tiles


def _stopped(form: Form, question: Question) -> frozenset[str]:
    """The methods whose part of the test this learner has stopped; stops them."""
    keys = {method: test_key(form, question, form.test, method) for method in form.methods}
    found = frozenset(method for method, key in keys.items() if is_stopped(job_name(key)))
    for method in found:
        JOBS.leave(keys[method], visitor())
    return found


def _row(first: Tile, found: Trials | None, conditions: Sequence[str] = ()) -> list[Tile]:
    """The tiles of one method: its map as it was, then under each condition. Only the first says how far it is."""
    trials = found.trials if found else ()
    original = found.original.numpy() if found and found.original is not None else None
    tiles = [replace(first, values=original, facts="as it was")]
    for number, condition in enumerate(conditions):
        method = first.id.split("/")[0]
        tile = replace(first, id=f"{method}/{number + 1}", title=condition, values=None, facts="")
        if number < len(trials):
            trial = trials[number]
            facts = f"rank {trial.rank:.3g}, SSIM {trial.ssim:.3g}".replace("-", "−")
            tile = replace(tile, status="done", values=trial.map.numpy(), facts=facts, rank=trial.rank)
        elif first.status == "running":
            tile = replace(tile, message="…", quiet=True)
        else:
            tile = replace(tile, message="")
        tiles.append(tile)
    return tiles


def _conditions(test: str, found: Trials | None) -> list[str]:
    if test == "steady":
        noise = [f"noise {100 * share:g} %" for share in NOISE]
        return [*noise, *(f"moved by ({down}, {right})" for down, right in SHIFTS)]
    if found is None:
        return [f"stage {number} of {STAGES} random" for number in range(1, STAGES + 1)]
    return [f"random down to {paths[-1]}" for paths in found.stages]


def _trial_scene(form: Form, network: Network, question: Question, tiles: list[Tile], scenes: str) -> Scene:
    return replace(plain_scene(form, network, question, tiles, scenes), columns=len(tiles) // len(form.methods))


def _table(tiles: Sequence[Tile]) -> None:
    """The rank correlations of all trials that are there, a method a column."""
    rows: dict[str, dict[str, float]] = {}
    title = ""
    for tile in tiles:
        if tile.id.endswith("/0"):
            title = tile.title
        elif tile.status == "done" and tile.rank is not None:
            rows.setdefault(tile.title, {})[title] = tile.rank
    if rows:
        st.caption(
            "Rank correlation of the sizes of all pixels with those of the map as it was: 1 is the same order, 0 none."
        )
        names = list(dict.fromkeys(name for found in rows.values() for name in found))
        table = {"map": list(rows)} | {name: [found.get(name) for found in rows.values()] for name in names}
        config = {name: st.column_config.NumberColumn(format="%.3f") for name in names}
        st.dataframe(table, hide_index=True, column_config=config, key=f"{TEST_VIEW}_table")
        save_button("Save as CSV", table, "cnnviz trust.csv", f"{TEST_VIEW}_csv")
