"""Which maps stand on the page Why this answer, and which come later? Quick ones are waited for, but not for long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

from app.components.why_view.component import Tile, packed_tiles
from app.ui.jobs import JOBS
from app.ui.network_store import NETWORKS
from app.ui.picture import ChosenPicture
from app.ui.plain import plain
from app.ui.scenes import offered
from app.ui.visitor import visitor
from app.ui.why_maps import CANDIDATES, Question, answer_logits, answers_at, map_job, map_key
from app.ui.why_state import AGAINST, LAYER, NOTICE, PAGE, TARGET, Form, is_stopped
from app.ui.why_view import map_tile, stopped_tile
from cnnviz.analysis import METHODS, default_layer, map_layers
from cnnviz.compute import job_name

if TYPE_CHECKING:
    from cnnviz.network import Network

PATIENCE = 0.8  # seconds that the page waits for its quick maps, so that they stand there at once


def asked(network: Network, form: Form, chosen: ChosenPicture) -> tuple[Question, torch.Tensor]:
    """The question as the network can be asked it, and its logits; what it does not have gives way, in words."""
    values = answer_logits(network, form.choice, chosen)
    top = answers_at(values, network, form.temperature, CANDIDATES)[0].index
    target, against, layer = top if form.target is None else form.target, form.against, form.layer
    if target >= len(values):
        wrong = f"There is no class {target}; the network has {len(values):,}, counted from 0."
        NOTICE.replace(TARGET, f"{wrong} Here is the most probable one.")
        target = top
    if against is not None and (against >= len(values) or against == target):
        label = plain(network.categories[target])
        NOTICE.replace(AGAINST, f"{label} cannot be asked against class {against}; here is the answer alone.")
        against = None
    if layer and layer not in map_layers(network):
        NOTICE.replace(LAYER, f"This network has no layer “{plain(layer, 60)}” with maps; here is the last that has.")
        layer = ""
    return Question(form.choice.key, chosen, target, against, layer or None), values


def layer_words(network: Network) -> dict[str, str]:
    """The layers that methods can work at, by path, in words; first the network's last with maps, by the name ""."""
    sizes = map_layers(network)
    if not sizes:
        return {}
    last = {"": f"Last: {default_layer(network)}"}
    return last | {path: f"{path} · {height} × {width}" for path, (height, width) in sizes.items()}


def done_before_long(network: Network, form: Form, question: Question) -> list[Tile]:
    """A tile for each chosen method; starts all jobs, then waits a little for the quick ones."""
    jobs = [
        map_job(network, form, question, method, visitor())
        for method in form.methods
        if not is_stopped(job_name(map_key(form, question, method)))
    ]
    end = time.monotonic() + PATIENCE
    for job in jobs:
        job.wait(max(0.0, end - time.monotonic()))
    return [_tile(network, form, question, method, visitor(), stopped_now(form, question)) for method in form.methods]


def maps_offered(form: Form, question: Question) -> str:
    """The address at which the view asks for maps that are on their way; those stopped are left alone."""
    watcher, stopped = visitor(), stopped_now(form, question)

    def later(ids: str) -> bytes | None:
        network = NETWORKS.ask(*question.network).network
        if network is None:
            return None
        wanted = [method for method in form.methods if method in ids.split(",")]
        return packed_tiles([_tile(network, form, question, method, watcher, stopped) for method in wanted])

    return offered(PAGE, question.chosen, later)


def stopped_now(form: Form, question: Question) -> frozenset[str]:
    """The chosen methods whose jobs this learner has stopped; stops them."""
    found = frozenset(method for method in form.methods if is_stopped(job_name(map_key(form, question, method))))
    for method in found:
        JOBS.leave(map_key(form, question, method), visitor())
    return found


def _tile(network: Network, form: Form, question: Question, method: str, watcher: str, stopped: frozenset[str]) -> Tile:
    if method in stopped:
        return stopped_tile(job_name(map_key(form, question, method)), method, METHODS[method].title, method)
    return map_tile(network, form, question, method, watcher)
