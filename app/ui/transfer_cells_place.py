"""In which cell of the notes' table do the pictures on the page belong: few or many, like the first training or not?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.network_picker import NetworkChoice
from app.ui.network_store import NETWORKS
from app.ui.transfer_asked import features_job, is_recorded, known_of, numbers_of
from app.ui.transfer_data import TransferData
from app.ui.visitor import visitor
from cnnviz.learn import measured_cells, notes_advice
from cnnviz.learn.cells import MANY_FROM

if TYPE_CHECKING:
    from cnnviz.network import Network

_TRAINING = 0.7  # of a class are learned from, the rest is for the test
LOOK = 0.5
"""Seconds between two looks at features that are being computed."""


@dataclass(frozen=True)
class Place:
    """Where some pictures belong.

    Attributes:
        few: fewer than ``MANY_FROM`` of the smallest class are learned from.
        similar: None where that is not known, or not yet.
        words: what it was judged by.
        waits: it will be known in a moment.
    """

    few: bool
    similar: bool | None
    words: str
    waits: bool = False


def place_of_pictures(data: TransferData, choice: NetworkChoice, per_class: int | None) -> Place:
    """The cell of these pictures, `per_class` or all of them; what it takes to know is begun where it is missing."""
    counts = [count for count in data.dataset.counts if count]
    if not counts:
        return Place(True, None, "Collect pictures of your own above, and their place in the table stands here.")
    learned = per_class or max(1, round(_TRAINING * min(counts)))
    few = learned < MANY_FROM
    count = f"Of the smallest class, {learned} picture{'s are' if learned > 1 else ' is'} to be learned from: "
    count += f"**few**, for fewer than {MANY_FROM}." if few else f"**many**, for {MANY_FROM} or more."
    if not is_recorded(choice):
        return Place(
            few, None, f"{count} How alike they are can be told with EfficientNet-Lite0 only; choose it to know."
        )
    if not data.own:
        return _judged(few, count, measured_cells().sureness[data.source])
    loading = NETWORKS.ask(*choice.key)
    if loading.network is None:
        words = str(loading.error) if loading.error else "How alike they are is found in a moment."
        return Place(few, None, f"{count} {words}", waits=loading.error is None)
    return _own(data, choice, loading.network, few, count)


def _own(data: TransferData, choice: NetworkChoice, network: Network, few: bool, count: str) -> Place:
    import numpy as np
    import torch

    from cnnviz.learn import sureness

    known = known_of(data, network, numbers_of(data))
    missing = known.total - len(known.numbers)
    if missing:
        job = features_job(data, network, choice, visitor(), missing)
        if job.error is not None:
            return Place(few, None, f"{count} {job.error}")
        return Place(few, None, f"{count} How alike they are is found as the network looks at them.", waits=job.live)
    return _judged(few, count, sureness(network, torch.from_numpy(np.array(known.features))))


def _judged(few: bool, count: str, sure: float) -> Place:
    found = measured_cells()
    similar = sure >= found.similar_from
    others = ", ".join(f"{_SETS[name]} {100 * value:.0f} %" for name, value in found.sureness.items())
    words = (
        f"{count} Shown them, the untouched network gives the likeliest of its thousand classes {100 * sure:.0f} % on "
        f"average ({others}): **{'similar' if similar else 'different'}**, for the line is drawn half-way, at "
        f"{100 * found.similar_from:.0f} %. The notes: {notes_advice(similar, few).sentence}"
    )
    return Place(few, similar, words)


_SETS = {"stamps": "stamps", "mnist": "digits", "fashion": "clothes"}
