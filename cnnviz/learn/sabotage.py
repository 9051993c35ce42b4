"""What goes wrong in a run without any error: five classic mistakes, each of which can be hidden in one.

A saboteur changes network, split or settings before the run and touches nothing of what others share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from PIL import Image

from cnnviz.learn.arms import TransferSettings
from cnnviz.learn.datasets import Dataset
from cnnviz.learn.splits import Split, split
from cnnviz.network import Network, Preprocessing
from cnnviz.network.preprocessing import FILTERS


@dataclass(frozen=True)
class Plan:
    """What a run is begun with."""

    network: Network
    dataset: Dataset
    parts: Split
    settings: TransferSettings


@dataclass(frozen=True)
class Sabotage:
    """One mistake: what it is called, what was done, and by what it can be told."""

    name: str
    title: str
    sentence: str
    clue: str
    apply: Callable[[Plan], Plan]


class Swapped(Preprocessing):
    """Reads blue where the network expects red, as pictures read by OpenCV do."""

    def crop(self, picture: Image.Image) -> Image.Image:
        """The picture with its first and last channel exchanged."""
        red, green, blue = super().crop(picture).split()
        return Image.merge("RGB", (blue, green, red))


class Squeezed(Preprocessing):
    """Makes every picture square by squeezing it, in place of resizing and cutting out the middle."""

    def crop(self, picture: Image.Image) -> Image.Image:
        """All of the picture, squeezed into the network's square."""
        return picture.convert("RGB").resize((self.side, self.side), FILTERS[self.interpolation])


def _with(plan: Plan, kind: type[Preprocessing]) -> Plan:
    former = plan.network.preprocess
    prepare = kind(**{field.name: getattr(former, field.name) for field in fields(Preprocessing)})
    return replace(plan, network=replace(plan.network, preprocess=prepare))


def _unnormalised(plan: Plan) -> Plan:
    prepare = replace(plan.network.preprocess, mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255))
    return replace(plan, network=replace(plan.network, preprocess=prepare))


def _leaked(plan: Plan) -> Plan:
    """Test pictures by chance from all, however near their training pictures; as many as before."""
    share = len(plan.parts.test) / len(plan.dataset.examples)
    return replace(plan, parts=split(plan.dataset, share, plan.parts.seed, leaky=True))


def _moving(plan: Plan) -> Plan:
    return replace(plan, settings=replace(plan.settings, batch_norm="everywhere"))


SABOTAGES: dict[str, Sabotage] = {
    one.name: one
    for one in (
        Sabotage("normalisation", "Wrong normalisation", "Pictures came in 0 to 255, as files hold them.",
                 "On the stamps a tenth fewer are right, and the loss is several times as high.",
                 _unnormalised),
        Sabotage("bgr", "Blue for red", "Red and blue were exchanged.",
                 "A little worse: only what is told by its colour is taken for something else.",
                 lambda plan: _with(plan, Swapped)),
        Sabotage("squeezed", "No resize and crop", "Pictures were squeezed into a square.",
                 "Square pictures even gain, since their rims are seen; those far from square suffer.",
                 lambda plan: _with(plan, Squeezed)),
        Sabotage("leak", "Leaked split", "Copies and neighbours of training pictures are in the test.",
                 "Accuracy falls on new pictures; without copies or bursts nothing shows.", _leaked),
        Sabotage("batch norm", "Batch norm in training mode", "The statistics of a frozen network went on moving.",
                 "No weight of the backbone changes, and yet training goes worse, and the test worse still.", _moving),
    )
}  # fmt: skip
