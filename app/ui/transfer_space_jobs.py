"""What does a network make of the shown pictures, and which of them are neighbours? Worked out by jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.ui.jobs import JOBS, QUICK, SLOW
from app.ui.network_store import NETWORKS
from app.ui.transfer_run_answers import thumbnail
from app.ui.transfer_run_jobs import all_runs, networks_of
from app.ui.transfer_shown import Shown
from app.ui.visitor import visitor
from cnnviz.compute import Job, Task
from cnnviz.image import encode_jpeg
from cnnviz.learn import Example, NeighbourMap, Space, neighbour_map, network_of, space_of, taught_stem
from cnnviz.learn.features import feature_stem

if TYPE_CHECKING:
    from cnnviz.learn.features import Stem

SIDE = 80
"""Pixels of a picture on the sheet."""
COLUMNS = 16
"""Pictures in a row of it."""
_MAP = "map"


@dataclass(frozen=True, eq=False)
class Seen:
    """What one network makes of the shown pictures.

    Attributes:
        key: of the job that found it.
        space: their plane and their neighbours.
        features: (pictures, F).
        sheet: the pictures themselves as JPEG, or empty.
    """

    key: tuple[Any, ...]
    space: Space
    features: npt.NDArray[np.float32]
    sheet: bytes = b""


def before_job(shown: Shown) -> Job[None, Seen]:
    """The pictures as the network sees them that nobody taught."""

    def stem() -> Stem:
        return feature_stem(NETWORKS.ask(*shown.network).result())

    return _job(("space", *shown.key, *shown.network, shown.roles), shown, stem, with_sheet=True)


def after_job(shown: Shown) -> Job[None, Seen]:
    """The pictures as the taught network of the chosen run sees them."""
    one = shown.run
    assert one is not None

    def stem() -> Stem:
        network, untrained = networks_of(one.facts.settings)
        with all_runs().open(one.link) as run:
            return taught_stem(network_of(run, network, shown.dataset, untrained), one.id)

    return _job(("space", *shown.key, one.id, shown.roles), shown, stem, with_sheet=False)


def map_jobs(jobs: Sequence[Job[None, Seen]], perplexity: float) -> list[Job[None, NeighbourMap]]:
    """The maps of those that are done."""
    return [_map_job(job.result, perplexity) for job in jobs if job.result is not None]


def maps_of(seen: Sequence[Seen], perplexity: float) -> list[NeighbourMap] | None:
    """All the maps, or None as long as one is missing."""
    jobs = [JOBS.find(_map_key(one, perplexity)) for one in seen]
    maps = [job.result for job in jobs if job is not None and job.result is not None]
    return maps if len(maps) == len(seen) else None


def is_map(job: Job[Any, Any]) -> bool:
    """Whether it is the job of a map."""
    return isinstance(job.key, tuple) and _MAP in job.key


def _job(key: tuple[Any, ...], shown: Shown, stem_of: Callable[[], Stem], with_sheet: bool) -> Job[None, Seen]:
    examples = [shown.dataset.examples[number] for number in shown.numbers]

    def work(task: Task[None]) -> Seen:
        stem, wanted = stem_of(), [(example, 0) for example in examples]
        for progress in stem.filling(wanted):
            task.tell(progress.done, progress.total)
        features = stem(wanted).cpu().numpy()
        places = range(len(shown.train)) if shown.train else range(len(examples))
        return Seen(key, space_of(features, places), features, _sheet(examples) if with_sheet else b"")

    return JOBS.watch(key, visitor(), work, SLOW)


def _map_job(seen: Seen, perplexity: float) -> Job[None, NeighbourMap]:
    def work(task: Task[None]) -> NeighbourMap:
        return neighbour_map(seen.features, perplexity)

    return JOBS.watch(_map_key(seen, perplexity), visitor(), work, QUICK)


def _map_key(seen: Seen, perplexity: float) -> tuple[Any, ...]:
    return (*seen.key, _MAP, perplexity)


def _sheet(examples: list[Example]) -> bytes:
    rows = -(-len(examples) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIDE, rows * SIDE))
    for place, example in enumerate(examples):
        row, column = divmod(place, COLUMNS)
        small = thumbnail(example.picture(), SIDE)
        sheet.paste(small.resize((SIDE, SIDE)), (column * SIDE, row * SIDE))
    pixels: npt.NDArray[np.uint8] = np.asarray(sheet)
    return encode_jpeg(pixels, quality=85)
