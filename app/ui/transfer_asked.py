"""Which class is a picture nearest to, and because of which? Features that are recorded, kept, or computed by a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.components.nearest_view.component import ClassRow, Near, Scene
from app.ui.byte_cache import ByteCache
from app.ui.jobs import JOBS, QUICK, SLOW
from app.ui.network_picker import NetworkChoice
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from app.ui.transfer_data import TransferData
from cnnviz.compute import Job, Task
from cnnviz.image import SAMPLES, encode_jpeg, fit
from cnnviz.learn import (
    RECORDED_NETWORK,
    ClassMeans,
    Example,
    NearestAnswer,
    class_means,
    few_of,
    recorded_features,
)
from cnnviz.network.preprocessing import preprocessing

if TYPE_CHECKING:
    from cnnviz.network import Network

Array = npt.NDArray[np.float32]

MOST_OWN = 400
"""Own pictures that a first answer is drawn from, as many of each class."""
PATIENCE = 0.8  # seconds that the page waits for features, so that an answer stands there at once
REASONS = 5
_QUICK = 60  # pictures; more wait with the slow jobs for their turn
_THUMBNAIL = 160  # pixels
_ASKED: ByteCache[Array] = ByteCache(16_000_000)
PICTURES.drop_from(_ASKED)


@dataclass(frozen=True, eq=False)
class Asked:
    """The picture that is asked about.

    `key` is None for one that is gone the next moment, such as a webcam's. `number` is that of a training picture: it
    is asked about by the others alone.
    """

    picture: Image.Image
    title: str
    key: str | None
    number: int | None = None

    @property
    def recorded(self) -> bool:
        """Whether this is one of the pictures that ship."""
        return self.key in SAMPLES


@dataclass(frozen=True, eq=False)
class Known:
    """Training pictures whose features are there: their numbers, the features (pictures, F); of so many in all."""

    numbers: tuple[int, ...]
    features: Array
    total: int
    recorded: bool = False


def asked_of(chosen: ChosenPicture, data: TransferData, number: int | None = None) -> Asked:
    """The picture in use, or the training picture of this number, as it is asked about."""
    if number is None:
        return Asked(chosen.picture, chosen.title, chosen.key)
    example = data.dataset.examples[number]
    title = f"{title_of(example)} ({data.dataset.classes[example.label]})"
    return Asked(example.picture(), title, None if data.own else f"{data.source} {number}", number)


def is_recorded(choice: NetworkChoice) -> bool:
    """Whether what this network says of pictures that ship is recorded."""
    return choice.key == (RECORDED_NETWORK, "auto")


def recorded_of(data: TransferData) -> Known:
    """What is recorded of a set that ships."""
    numbers = few_of(data.dataset)
    return Known(numbers, recorded_features().datasets[data.source], len(numbers), recorded=True)


def without(known: Known, asked: Asked) -> tuple[Known, Array | None]:
    """What is known of all but the asked picture, and its own features, if it is among them."""
    if asked.number not in known.numbers:
        return known, None
    place = known.numbers.index(asked.number)
    numbers = (*known.numbers[:place], *known.numbers[place + 1 :])
    others = Known(numbers, np.delete(known.features, place, axis=0), known.total - 1, known.recorded)
    return others, known.features[place]


def known_of(data: TransferData, network: Network, numbers: Sequence[int]) -> Known:
    """The features of those pictures that are there by now."""
    from cnnviz.learn import known_features

    found = known_features(network, [data.dataset.examples[number] for number in numbers])
    there = [(number, row.numpy()) for number, row in zip(numbers, found, strict=True) if row is not None]
    features = np.stack([row for _, row in there]) if there else np.empty((0, 0), dtype=np.float32)
    return Known(tuple(number for number, _ in there), features, len(numbers))


def numbers_of(data: TransferData) -> tuple[int, ...]:
    """The pictures that the answer is drawn from."""
    return few_of(data.dataset, MOST_OWN) if data.own else few_of(data.dataset)


def by_turns(numbers: Sequence[int], labels: Sequence[int]) -> list[int]:
    """The same pictures, one of each class first, then the second of each: an answer needs one of each."""
    before: Counter[int] = Counter()
    turns: dict[int, int] = {}
    for number in numbers:
        turns[number] = before[labels[number]]
        before[labels[number]] += 1
    return sorted(numbers, key=turns.__getitem__)


def features_job(
    data: TransferData, network: Network, choice: NetworkChoice, watcher: str, missing: int
) -> Job[Any, None]:
    """The job that computes what is missing; begun anew where it had ended before more came, or some was let go."""
    from cnnviz.learn import feature_steps

    examples = [data.dataset.examples[number] for number in by_turns(numbers_of(data), data.dataset.labels.tolist())]

    def work(task: Task[Any]) -> None:
        for progress in feature_steps(network, examples):
            task.tell(progress.done, progress.total)

    key = features_key(data, choice)
    job = JOBS.find(key)
    if missing and job is not None and job.state == "done":
        JOBS.forget(key)
    return JOBS.watch(key, watcher, work, QUICK if missing <= _QUICK else SLOW)


def features_key(data: TransferData, choice: NetworkChoice) -> tuple[str, ...]:
    """The key of that job."""
    return ("transfer features", data.key, *choice.key)


def asked_features(asked: Asked, choice: NetworkChoice, network: Network | None) -> Array:
    """What the network says of the asked picture, (F,); `network` may be None only where that is recorded."""
    if asked.key is not None and asked.recorded and is_recorded(choice):
        return recorded_features().samples[asked.key]
    assert network is not None
    from cnnviz.learn import FeatureCache, picture_features

    def make() -> tuple[Array, int]:
        found: Array = picture_features(network, [Example(asked.picture, 0)], FeatureCache(0)).cpu().numpy()[0]
        return found, found.nbytes

    return make()[0] if asked.key is None else _ASKED.get((*choice.key, asked.key), make)


def means_of(data: TransferData, known: Known) -> ClassMeans:
    """The means of all classes of which a picture is known. Raises DatasetError where these are fewer than two."""
    labels = data.dataset.labels[list(known.numbers)] if known.numbers else data.dataset.labels[:0]
    filled = sorted(set(labels.tolist()))
    places = {label: place for place, label in enumerate(filled)}
    return class_means(
        known.features, [places[label] for label in labels.tolist()], [data.dataset.classes[label] for label in filled]
    )


def too_few(data: TransferData) -> str:
    """What is missing for an answer; empty where nothing is."""
    filled = [name for name, count in zip(data.dataset.classes, data.dataset.counts, strict=True) if count]
    if not filled:
        return (
            "Name two classes, such as cup and mug, and give each one picture, by upload or webcam: the answer comes "
            "at once, without any training."
        )
    if len(filled) == 1:
        return f"Give a second class a picture, too: one class alone, {filled[0]}, cannot be told from anything."
    return ""


def answer_scene(data: TransferData, known: Known, choice: NetworkChoice, asked: Asked, features: Array) -> Scene:
    """The answer with its reasons, as the view draws it."""
    means = means_of(data, known)
    answer = means.ask(features, reasons=len(known.numbers))
    recorded = known.recorded and (asked.recorded or asked.number is not None)
    return Scene(
        asked=asked.title,
        picture=encode_jpeg(preprocessing(choice.info).crop(asked.picture)),
        network=choice.title,
        trained=choice.trained,
        answer=answer.class_name,
        rows=_rows(means, answer),
        limit=answer.limit,
        nearest=tuple(_near(data, known, reason.picture, reason.distance) for reason in answer.reasons[:REASONS]),
        known=len(known.numbers),
        total=known.total,
        recorded="recorded" if recorded else "training pictures recorded" if known.recorded else "",
    )


def _rows(means: ClassMeans, answer: NearestAnswer) -> tuple[ClassRow, ...]:
    nearest = {reason.class_name: reason.distance for reason in reversed(answer.reasons)}
    counts = np.bincount(means.labels, minlength=len(means.classes)).tolist()
    return tuple(
        ClassRow(name, distance, nearest[name], count)
        for name, distance, count in zip(means.classes, answer.distances, counts, strict=True)
    )


def _near(data: TransferData, known: Known, place: int, distance: float) -> Near:
    example = data.dataset.examples[known.numbers[place]]
    return Near(
        title_of(example),
        data.dataset.classes[example.label],
        distance,
        encode_jpeg(fit(example.picture(), _THUMBNAIL)),
    )


def title_of(example: Example) -> str:
    """What to call a training picture: its file's name without ending and underscores."""
    return example.name.rsplit(".", 1)[0].replace("_", " ").replace("-", " ").strip() or "a picture"
