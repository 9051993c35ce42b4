"""Where did a taught network look when it was sure, and wrong? Grad-CAM for what it said and what it should have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from PIL import Image

from app.components.colour_bar import colour_bar
from app.components.mistakes_view.component import Mistake, Scene, mistakes_view
from app.ui.jobs import JOBS, SLOW, show_jobs
from app.ui.plain import plain
from app.ui.theme import current_theme
from app.ui.transfer_run_answers import dataset_to_show
from app.ui.transfer_run_jobs import ArmRun, all_runs, networks_of
from app.ui.visitor import visitor
from cnnviz.analysis import attribute
from cnnviz.compute import Job, Task
from cnnviz.image import Theme, encode_jpeg, overlay
from cnnviz.learn import Answers, Dataset, TaughtNetwork, network_of

VIEW = "tr_mistakes"
MOST = 6
_SIDE = 224  # pixels of a panel


@dataclass(frozen=True, eq=False)
class Looked:
    """One mistake: its place among the test pictures, the picture as the network sees it, the maps (2, h, w) at its
    last layer with places: for what was said, for what it is."""

    place: int
    seen: Image.Image
    maps: npt.NDArray[np.float32]


def mistakes_part(one: ArmRun, answers: Answers) -> None:
    """The surest mistakes of an arm, as soon as their maps are made."""
    if not answers.mistakes():
        st.success("Every test picture was recognised: there is no mistake to look at.", icon=":material/check:")
        return
    dataset, why = dataset_to_show(one)
    if dataset is None:
        st.info(plain(why, 300), icon=":material/info:")
        return
    show_jobs(
        lambda: [_job(one, answers, dataset)],
        lambda found: mistakes_view(VIEW, _scene(one, answers, dataset, found[0], current_theme())),
        "tr_mistakes",
        lambda job: "Looks where the network looked.",
    )


def looking(model: TaughtNetwork, answers: Answers, dataset: Dataset) -> Iterator[tuple[Looked, ...]]:
    """The surest mistakes one after the other: all so far."""
    asked = _Asked(model)
    found: tuple[Looked, ...] = ()
    for place in answers.mistakes()[:MOST]:
        picture = dataset.examples[answers.test[place]].picture()
        batch = model.network.batch(picture)
        targets = (int(answers.said[place]), int(answers.labels[place]))
        maps = [attribute(asked, batch, target, "grad_cam").layer_map for target in targets]
        values = np.stack([one.numpy() for one in maps if one is not None]).astype(np.float32)
        seen = model.network.preprocess.crop(picture)
        found = (*found, Looked(place, seen, values / max(float(values.max()), 1e-12)))
        yield found


class _Asked(torch.nn.Module):
    """A taught network as one module, so that it can be asked as any other."""

    def __init__(self, model: TaughtNetwork) -> None:
        super().__init__()
        self.body, self.head = model.body, model.head

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes)."""
        from cnnviz.network import logits

        answer: torch.Tensor = self.head(logits(self.body(batch)))
        return answer


def _job(one: ArmRun, answers: Answers, dataset: Dataset) -> Job[tuple[Looked, ...], tuple[Looked, ...]]:
    def work(task: Task[tuple[Looked, ...]]) -> tuple[Looked, ...]:
        network, untrained = networks_of(one.facts.settings)
        with all_runs().open(one.link) as run:
            model = network_of(run, network, dataset, untrained)
        return task.follow(looking(model, answers, dataset), min(MOST, len(answers.mistakes())))

    return JOBS.watch(("mistakes", one.id), visitor(), work, SLOW)


def _scene(one: ArmRun, answers: Answers, dataset: Dataset, found: tuple[Looked, ...], theme: Theme) -> Scene:
    classes = one.facts.settings["classes"]
    mistakes = []
    for looked in found:
        said, own = int(answers.said[looked.place]), int(answers.labels[looked.place])
        shares = answers.probabilities[looked.place]
        name = dataset.examples[answers.test[looked.place]].name
        mistakes.append(Mistake(name, classes[own], classes[said], float(shares[said]), float(shares[own])))
    return Scene(
        title=one.title,
        mistakes=tuple(mistakes),
        total=len(answers.mistakes()),
        sheet=_sheet(found, theme),
        side=_SIDE,
        maps=np.stack([looked.maps for looked in found]),
        bar=colour_bar("magnitude", 0, 1, theme),
    )


def _sheet(found: tuple[Looked, ...], theme: Theme) -> bytes:
    sheet = Image.new("RGB", (3 * _SIDE, len(found) * _SIDE))
    for row, looked in enumerate(found):
        seen = looked.seen.resize((_SIDE, _SIDE))
        covered = [overlay(seen, values, "magnitude", 0.55, limits=(0, 1), theme=theme) for values in looked.maps]
        for column, panel in enumerate((seen, *covered)):
            sheet.paste(panel, (column * _SIDE, row * _SIDE))
    return encode_jpeg(sheet)
