"""Pixels taken and given: the curves of each map, and the pictures that the network was asked about on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from PIL import Image

from app.components.why_view.component import Scene, Tile
from app.ui.charts import show_chart
from app.ui.jobs import JOBS
from app.ui.sheets import save_button
from app.ui.theme import chart_colours
from app.ui.why_maps import Question, map_job
from app.ui.why_state import CURVES, CUTS, Form, point_taken
from app.ui.why_trust import Curves, cut_job, test_key
from app.ui.why_view import job_tile, plain_scene
from cnnviz.analysis import METHODS
from cnnviz.analysis.attribution_question import blurred
from cnnviz.image import encode_jpeg

if TYPE_CHECKING:
    from cnnviz.network import Network


def cut_tile(network: Network, form: Form, question: Question, method: str, watcher: str) -> Tile:
    """One method's curves as far as they are there; they begin when its map is finished."""
    made = map_job(network, form, question, method, watcher)
    tile = job_tile(made, method, METHODS[method].title, method)
    if tile.status != "done" or made.result is None:
        return replace(tile, values=None, message=tile.message or "Its map is not finished yet.")
    job = cut_job(network, form, question, method, made.result.map, watcher)
    tile = job_tile(job, method, METHODS[method].title, method)
    found = job.result
    if tile.status != "done" or found is None:
        return tile
    facts = f"area: deletion {found.deletion.area:.3g}, insertion {found.insertion.area:.3g}"
    curves = (found.deletion.fractions, found.deletion.probabilities, found.insertion.probabilities)
    return replace(tile, values=found.map.numpy(), facts=facts, curves=np.array(curves, dtype=np.float32))


def cut_scene(form: Form, network: Network, question: Question, tiles: list[Tile], scenes: str) -> Scene:
    """The pictures with the chosen share of pixels taken away, or given."""
    base, start = _emptied(network, question)
    return replace(
        plain_scene(form, network, question, tiles, scenes),
        looks=CUTS,
        look=form.cut.look,
        opacity=form.cut.opacity,
        share=form.cut.share,
        base=base,
        start=start,
    )


def show_curves(form: Form, question: Question) -> None:
    """The curves of all methods that are done; a click on a point shows the pictures at that share."""
    from cnnviz.plot import curve_figure

    done: dict[str, Curves] = {}
    for method in form.methods:
        job = JOBS.find(test_key(form, question, "cut", method))
        if job is not None and job.result is not None:
            done[METHODS[method].title] = job.result
    if not done:
        st.caption("The curves come when the first map is through.")
        return
    curves = {title: found.deletion if form.cut.look == "delete" else found.insertion for title, found in done.items()}
    show_chart(curve_figure(curves, chart_colours(), form.cut.share / 100), CURVES, point_taken)
    with st.expander("The curves as numbers"):
        table = curves_table(done)
        config = {name: st.column_config.NumberColumn(format="%.2f") for name in table}
        st.dataframe(table, hide_index=True, column_config=config, key=f"{CURVES}_table")
        save_button("Save the curves as CSV", table, "cnnviz curves.csv", f"{CURVES}_csv")


def curves_table(done: Mapping[str, Curves]) -> dict[str, list[float]]:
    """Both curves of each map, by its title: a row for each share of the pixels, everything in per cent."""
    first = next(iter(done.values())).deletion
    table = {"pixels, %": [100 * share for share in first.fractions]}
    for title, found in done.items():
        table[f"{title}: deleted, %"] = [100 * each for each in found.deletion.probabilities]
        table[f"{title}: inserted, %"] = [100 * each for each in found.insertion.probabilities]
    return table


def _emptied(network: Network, question: Question) -> tuple[bytes, bytes]:
    """JPEGs of the mean colour, which deleted pixels become, and of the blurred picture, into which others come."""
    picture = network.batch(question.chosen.picture)
    preparation: Any = network.preprocess
    shown = []
    for values in (picture * 0, blurred(picture)):
        mean, std = (np.array(numbers, np.float32) for numbers in (preparation.mean, preparation.std))
        colours = values[0].permute(1, 2, 0).cpu().numpy() * std + mean
        shown.append(encode_jpeg(Image.fromarray((colours * 255).clip(0, 255).round().astype(np.uint8))))
    return shown[0], shown[1]
