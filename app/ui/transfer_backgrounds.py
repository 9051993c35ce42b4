"""Was the object learned, or its background? Each class of the stamps before each background, and what was said."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from html import escape

import numpy as np
import streamlit as st

from app.ui.jobs import JOBS, SLOW, show_jobs
from app.ui.linked import linked_choice, segments
from app.ui.network_picker import NetworkChoice, obtain
from app.ui.sheets import csv_of, save_csv
from app.ui.transfer_asked import is_recorded
from app.ui.visitor import visitor
from cnnviz.compute import Task
from cnnviz.image import SAMPLES, encode_jpeg, fit
from cnnviz.learn.backgrounds import (
    ASKED,
    GROUNDS,
    LEARNED,
    BackgroundSwap,
    asked_pictures,
    before,
    recorded_backgrounds,
    swap_backgrounds,
)

HOW = "tr_grounds"
_HOW = {"own": "Each class before a background of its own", "all": "Every class before every background"}
_THUMBNAIL = 128  # pixels
_STYLE = """<style>
.cnnviz-grounds { display: grid; gap: 0.4rem 0.5rem; align-items: center; max-width: 46rem; }
.cnnviz-grounds img { width: 100%; display: block; border: 3px solid transparent; box-sizing: border-box; }
.cnnviz-grounds .learned img { border-color: currentColor; }
.cnnviz-grounds figure { margin: 0; } .cnnviz-grounds figcaption { font-size: 0.875rem; text-align: center; }
.cnnviz-grounds .head { font-weight: 600; overflow-wrap: anywhere; font-size: 0.875rem; }
</style>"""


def backgrounds_part(choice: NetworkChoice) -> None:
    """The table, at once where it is recorded, else as soon as the network has seen the pictures."""
    st.markdown(
        f"Stamps are cut-outs, so their background can be chosen. {LEARNED} pictures of each class are learned, and "
        f"{ASKED} others are asked about before each of {len(GROUNDS)} backgrounds, by the nearest class mean."
    )
    how = linked_choice(HOW, tuple(_HOW))
    segments(HOW, "Learned", _HOW, how)
    if is_recorded(choice):
        _show(recorded_backgrounds(), how == "all", "Recorded.")
        return
    network = obtain(choice)
    if network is None:
        return

    def work(task: Task[None]) -> BackgroundSwap:
        steps = swap_backgrounds(network)
        while True:
            try:
                task.tell(*next(steps))
            except StopIteration as end:
                found: BackgroundSwap = end.value
                return found

    key = ("transfer backgrounds", *choice.key)
    show_jobs(
        lambda: [JOBS.watch(key, visitor(), work, SLOW)],
        lambda found: _show(found[0], how == "all", ""),
        "tr_grounds",
    )


def sentence(found: BackgroundSwap, mixed: bool) -> str:
    """What the table says, in a line."""
    said = f"Before the background of their own class {_percent(found.at_home(mixed))} are recognised"
    said += f", before those of other classes {_percent(found.swapped(mixed))}."
    if mixed:
        return f"{said} A background that all classes share tells nothing, so what was learned is the object."
    return (
        f"{said} {_percent(found.fooled())} are then taken for the class whose background it is: that was learned, too."
    )


def swap_csv(found: BackgroundSwap) -> str:
    """Every count, a line for each class, background and answer."""
    learned = {"its own background": found.own_ground, "all backgrounds": found.all_grounds}
    return csv_of(
        ("learned before", "class", "background of", "said", "pictures"),
        (
            (words, *(found.classes[number] for number in place), pictures)
            for words, counts in learned.items()
            for place, pictures in np.ndenumerate(counts)
        ),
    )


def _show(found: BackgroundSwap, mixed: bool, label: str) -> None:
    st.markdown(f"{sentence(found, mixed)} {label}".strip())
    st.html(_STYLE + _table(found, mixed))
    st.caption("A frame marks what was learned. Under each picture: how many of its class are recognised there.")
    save_csv("Save as CSV", swap_csv(found), "backgrounds.csv", "tr_grounds_csv")


def _table(found: BackgroundSwap, mixed: bool) -> str:
    right = found.right(mixed)
    titles = [SAMPLES[name].title for name in GROUNDS.values()]
    cells = ["<span></span>", *(f'<span class="head">{escape(title)}</span>' for title in titles)]
    for row, name in enumerate(found.classes):
        cells.append(f'<span class="head">{escape(name)}</span>')
        for column, title in enumerate(titles):
            learned = ' class="learned"' if mixed or row == column else ""
            words = f"{name} before {title}: {_percent(right[row, column])} recognised"
            cells.append(
                f'<figure{learned}><img alt="{escape(words)}" title="{escape(words)}" src="{_thumbnail(row, column)}">'
                f"<figcaption>{_percent(right[row, column])}</figcaption></figure>"
            )
    columns = f"minmax(3rem, 5rem) repeat({len(titles)}, minmax(0, 1fr))"
    return f'<div class="cnnviz-grounds" style="grid-template-columns: {columns}">{"".join(cells)}</div>'


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


@cache
def _thumbnail(row: int, column: int) -> str:
    one = asked_pictures()[row * ASKED]
    picture = fit(before(one, tuple(GROUNDS.values())[column]), _THUMBNAIL)
    return f"data:image/jpeg;base64,{b64encode(encode_jpeg(picture, quality=85)).decode()}"
