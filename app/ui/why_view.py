"""From the jobs to what the views draw: one tile a map, with what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor

from app.components.why_view.component import Scene, Tile
from app.ui.feature_maps_passes import seen_by
from app.ui.jobs import time_left, waits
from app.ui.theme import current_theme
from app.ui.why_maps import Question, map_job
from app.ui.why_state import LOOKS, Form
from cnnviz.analysis import METHODS
from cnnviz.compute import job_name

if TYPE_CHECKING:
    from cnnviz.analysis import Attribution
    from cnnviz.compute import Job
    from cnnviz.network import Network, Prediction


def map_tile(network: Network, form: Form, question: Question, method: str, watcher: str) -> Tile:
    """One method's map as far as it is there; starts its job where there is none."""
    job = map_job(network, form, question, method, watcher)
    tile = job_tile(job, method, METHODS[method].title, method)
    if tile.status != "done" or job.result is None:
        return tile
    return replace(tile, values=job.result.map.numpy(), facts=_facts(job.result))


def job_tile(job: Job[Any, Any], id: str, title: str, method: str) -> Tile:
    """What a job of a method says of itself: done, failed and why, or how far it is and what is there so far."""
    record = METHODS[method]
    about, name = f"{record.sentence} {record.paper}.", job_name(job.key)
    if job.error:
        return Tile(id, name, title, about, record.signed, "failed", message=str(job.error))
    if job.result is not None:
        return Tile(id, name, title, about, record.signed, "done")
    told = job.progress
    so_far = told.so_far.numpy() if isinstance(told.so_far, Tensor) else None
    message, (done, total) = waits(job.key), (told.done, told.total)
    left = time_left(told)
    return Tile(
        id, name, title, about, record.signed, "running", so_far, message=message, done=done, total=total, left=left
    )


def stopped_tile(name: str, id: str, title: str, method: str) -> Tile:
    """The place of a map whose making the learner stopped."""
    record = METHODS[method]
    return Tile(id, name, title, record.sentence, record.signed, "stopped", message="Stopped.")


def maps_scene(
    form: Form, network: Network, question: Question, tiles: list[Tile], answers: Sequence[Prediction], scenes: str
) -> Scene:
    """All maps of the chosen methods beside the picture and what the network says of it."""
    shown = next((answer for answer in answers if answer.index == question.target), None)
    warm = f" at temperature {form.temperature:g}" if form.temperature != 1 else ""
    others = [f"{one.label} {100 * one.probability:.3g} %" for one in answers[:4] if one is not shown]
    return replace(
        plain_scene(form, network, question, tiles, scenes),
        answer=f"{100 * shown.probability:.3g} %{warm}" if shown else "",
        others=f"Others: {', '.join(others[:3])}",
    )


def plain_scene(form: Form, network: Network, question: Question, tiles: list[Tile], scenes: str) -> Scene:
    """The tiles beside the picture, laid over it as the maps are; nothing is said of the answer."""
    seen = seen_by(network, form.choice.key, question.chosen)
    return Scene(
        title=form.choice.title,
        trained=network.trained,
        question=asked_words(network, question),
        answer="",
        others="",
        picture=seen.jpeg,
        side=seen.side,
        tiles=tiles,
        own=form.scale == "own",
        looks=LOOKS,
        look=form.look.look,
        opacity=form.look.opacity,
        share=form.look.share,
        theme=current_theme(),
        scenes=scenes,
    )


def asked_words(network: Network, question: Question) -> str:
    """The question in words: the class, and against which."""
    asked = network.categories[question.target]
    return asked if question.against is None else f"{asked} rather than {network.categories[question.against]}"


def _facts(found: Attribution) -> str:
    """How the map was made, in a line."""
    settings: dict[str, Any] = dict(found.settings)
    made = []
    if found.layer is not None and found.layer_map is not None:
        height, width = found.layer_map.shape
        made.append(f"made at {found.layer}, {height} × {width}")
    if found.method == "integrated_gradients":
        made.append(f"{settings['steps']} steps; all pixels together {found.map.sum():.3g} logits")
    elif found.method == "occlusion":
        made.append(f"window {settings['window']}, stride {settings['stride']}")
    elif found.method == "rise":
        made.append(f"{settings['masks']} masks")
    if not bool(found.map.any()):
        made.insert(0, "0 at every pixel: by this method none counts for the answer")
    return "; ".join([*made, _passes(found.evaluations)])


def _passes(count: int) -> str:
    return "1 picture through the network" if count == 1 else f"{count:,} pictures through the network"
