"""What does a network make of the shown pictures, and which of them are neighbours? Worked out by jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.ui.jobs import JOBS, QUICK, SLOW
from app.ui.network_store import NETWORKS
from app.ui.transfer_run_answers import thumbnail
from app.ui.transfer_run_jobs import all_runs, networks_of
from app.ui.transfer_run_recorded import is_recorded
from app.ui.transfer_shown import Shown
from app.ui.visitor import visitor
from cnnviz.compute import Job, Task
from cnnviz.image import encode_jpeg
from cnnviz.learn import (
    RECORDED_NETWORK,
    Example,
    NeighbourMap,
    Space,
    load_dataset,
    neighbour_map,
    network_of,
    space_of,
    taught_stem,
)
from cnnviz.learn.features import feature_stem
from cnnviz.learn.recorded_arms import RECORDED_DATA
from cnnviz.learn.recorded_spaces import CAME, RecordedSpace, recorded_spaces

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
        features: (pictures, F), or None where all of it is recorded.
        maps: those that are recorded, by their perplexity.
        sheet: the pictures themselves as JPEG, or empty.
    """

    key: tuple[Any, ...]
    space: Space
    features: npt.NDArray[np.float32] | None = None
    maps: Mapping[float, NeighbourMap] = field(default_factory=dict)
    sheet: bytes = b""


def before_job(shown: Shown) -> Job[None, Seen]:
    """The pictures as the network sees them that nobody taught."""

    def stem() -> Stem:
        return feature_stem(NETWORKS.ask(*shown.network).result())

    key = ("space", *shown.key, *shown.network, shown.roles)
    known = shown.network == (RECORDED_NETWORK, "auto")
    return _job(key, shown, stem, recorded_space(shown, CAME) if known else None, with_sheet=True)


def after_job(shown: Shown) -> Job[None, Seen]:
    """The pictures as the taught network of the chosen run sees them."""
    one = shown.run
    assert one is not None

    def stem() -> Stem:
        network, untrained = networks_of(one.facts.settings)
        with all_runs().open(one.link) as run:
            return taught_stem(network_of(run, network, shown.dataset, untrained), one.id)

    known = is_recorded(one)
    recorded = recorded_space(shown, one.teaching.settings.arm) if known else None
    return _job(("space", *shown.key, one.id, shown.roles), shown, stem, recorded, with_sheet=False)


def recorded_space(shown: Shown, name: str) -> RecordedSpace | None:
    """What is recorded of these pictures under a name of ``recorded_spaces``; None for others, or another split."""
    if shown.dataset is not load_dataset(RECORDED_DATA):
        return None
    recorded = recorded_spaces()
    same = (shown.train, shown.test) == (recorded.train, recorded.test)
    return recorded.named.get(name) if same else None


def map_jobs(jobs: Sequence[Job[None, Seen]], perplexity: float) -> list[Job[None, NeighbourMap]]:
    """What lays out the maps of those that are done, where they are not recorded."""
    seen = [job.result for job in jobs if job.result is not None]
    return [_map_job(one, perplexity) for one in seen if perplexity not in one.maps]


def maps_of(seen: Sequence[Seen], perplexity: float) -> list[NeighbourMap] | None:
    """All the maps, or None as long as one is missing."""
    maps = [one.maps.get(perplexity) or _laid_out(one, perplexity) for one in seen]
    found = [one for one in maps if one is not None]
    return found if len(found) == len(seen) else None


def is_map(job: Job[Any, Any]) -> bool:
    """Whether it is the job of a map."""
    return isinstance(job.key, tuple) and _MAP in job.key


def _job(
    key: tuple[Any, ...], shown: Shown, stem_of: Callable[[], Stem], recorded: RecordedSpace | None, with_sheet: bool
) -> Job[None, Seen]:
    examples = [shown.dataset.examples[number] for number in shown.numbers]

    def work(task: Task[None]) -> Seen:
        sheet = _sheet(examples) if with_sheet else b""
        if recorded is not None:
            return Seen(key, recorded.space, maps=recorded.maps, sheet=sheet)
        stem, wanted = stem_of(), [(example, 0) for example in examples]
        for progress in stem.filling(wanted):
            task.tell(progress.done, progress.total)
        features = stem(wanted).cpu().numpy()
        places = range(len(shown.train)) if shown.train else range(len(examples))
        return Seen(key, space_of(features, places), features, sheet=sheet)

    return JOBS.watch(key, visitor(), work, SLOW)


def _map_job(seen: Seen, perplexity: float) -> Job[None, NeighbourMap]:
    def work(task: Task[None]) -> NeighbourMap:
        assert seen.features is not None  # else the map is recorded, for each perplexity that can be asked for
        return neighbour_map(seen.features, perplexity)

    return JOBS.watch(_map_key(seen, perplexity), visitor(), work, QUICK)


def _laid_out(seen: Seen, perplexity: float) -> NeighbourMap | None:
    job = JOBS.find(_map_key(seen, perplexity))
    return None if job is None else job.result


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
