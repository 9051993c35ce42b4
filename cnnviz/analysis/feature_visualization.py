"""What does a channel look for? A picture is made from noise that excites it as much as possible.

Activation maximisation: the gradient of a goal with respect to a picture says how to change the picture so that there
is more of the goal; step by step the picture follows it (Erhan, Bengio, Courville, Vincent 2009; in the form of Olah,
Mordvintsev, Schubert: "Feature Visualization", Distill 2017). The picture says what drives the channel hardest. It does
not say what else does, or how often that happens in photographs: for that see :mod:`cnnviz.analysis.top_patches`.

For a seed the result is the same each time on one machine. All runs in one thread, since sums by several threads are
rounded differently, and after some steps that is another picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from cnnviz.analysis.feature_canvas import Canvas, Recipe, Shaking
from cnnviz.analysis.feature_goals import Answer, Ask, Goal, asking
from cnnviz.analysis.layers import module_of
from cnnviz.analysis.progress import Progress, Stop, Watch
from cnnviz.compute.device import at_work, one_thread
from cnnviz.errors import LayerError, SettingsError
from cnnviz.network.recording import own_kind

if TYPE_CHECKING:
    from cnnviz.network import Network

Pixels = npt.NDArray[np.uint8]
"""(count, size, size, 3): pictures in RGB."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The pictures after ``step`` steps, 0 for the noise at the start.

    `objective` (count,): how much of the goal they held when they were last looked at, moved, turned and scaled.
    """

    step: int
    pictures: Pixels
    objective: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Visualisation:
    """Pictures made for a goal.

    Attributes:
        goal, recipe: what was asked for, and how they were made.
        pictures: (count, size, size, 3) uint8.
        start: likewise, the noise that they began with.
        objective: (steps + 1, count), how much of the goal each picture held at each step, moved as the recipe says.
        value: (count,) how much of the goal the finished pictures hold as they are, in 8 bits a colour, unmoved.
        start_value: likewise, of the noise at the start.
        similarity: between 0 and 1, how alike the finished pictures are on average in which channels of the layer go
            together (cosine of their Gram matrices); None for a single picture and for a class.
    """

    goal: Goal
    recipe: Recipe
    pictures: Pixels
    start: Pixels
    objective: npt.NDArray[np.float32]
    value: npt.NDArray[np.float32]
    start_value: npt.NDArray[np.float32]
    similarity: float | None


def visualise(
    network: Network | nn.Module,
    layer: str | None = None,
    channel: int | None = None,
    *,
    unit: tuple[int, int] | Literal["centre"] | None = None,
    direction: tuple[float, ...] | None = None,
    target: int | None = None,
    recipe: Recipe | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Visualisation:
    """Make pictures that hold as much as possible of a channel, unit, direction or class (see :class:`Goal`).

    Args:
        network: a network of the zoo, or any module that takes a batch of pictures with values 0 to 1.
        layer, channel, unit, direction, target: the goal.
        recipe: size, steps, seed and all the rest; the default one when None.
        progress: called after each step with (steps done, all steps, the latest :class:`Snapshot`).
        cancelled: asked before each step.

    Raises:
        Cancelled: as asked.
        LayerError: there is no such layer, channel or unit, or nothing of the picture reaches it.
        SettingsError: the goal or the recipe contradicts itself, or the network does not take pictures of that size.
    """
    goal = Goal(layer, channel, unit, direction, target)
    recipe = recipe or Recipe()
    watch = Watch(progress, cancelled)
    curve = []
    for snapshot in forming(network, goal, recipe):
        if snapshot.step == 0:
            start = snapshot.pictures
        curve.append(snapshot.objective)
        watch.tell(snapshot.step, recipe.steps, snapshot)
    return finished(network, goal, recipe, start, snapshot.pictures, np.stack(curve))


def forming(network: Network | nn.Module, goal: Goal, recipe: Recipe) -> Iterator[Snapshot]:
    """The pictures as they form: one snapshot for the start and one after each step, the last one finished.

    Between two snapshots nothing runs, so whoever stops asking stops the work.
    """
    if recipe.diversity and goal.layer is None:
        raise SettingsError("Diversity compares the maps of a layer, and a class has none; ask for 0.")
    ask = asking(network, goal, recipe.size)
    canvas, shaken = Canvas(recipe, own_kind(module_of(network))[0]), Shaking(recipe)
    optimiser = torch.optim.Adam([canvas.parameters], lr=recipe.rate)
    for step in range(recipe.steps + 1):
        with at_work(), one_thread(), torch.inference_mode(False), torch.set_grad_enabled(step < recipe.steps):
            pictures = canvas.pictures()
            answer = ask(shaken(pictures))
            snapshot = Snapshot(step, _pixels(pictures), _numbers(answer.values))
            if step < recipe.steps:
                canvas.parameters.grad = _downhill(answer, canvas.parameters, goal, recipe.diversity)
                optimiser.step()
        yield snapshot


def finished(
    network: Network | nn.Module,
    goal: Goal,
    recipe: Recipe,
    start: Pixels,
    pictures: Pixels,
    objective: npt.NDArray[np.float32],
) -> Visualisation:
    """The result that first, last and all that lies between amount to; looks once more at the pictures as they are."""
    ask = asking(network, goal, recipe.size)
    before, after = (_look(ask, one) for one in (start, pictures))
    alike = None
    if after.maps is not None and recipe.count > 1:
        alike = float(similarity(after.maps))
    return Visualisation(
        goal, recipe, pictures, start, objective, _numbers(after.values), _numbers(before.values), alike
    )


def similarity(maps: Tensor) -> Tensor:
    """How alike several pictures are in which channels go together: the mean cosine of their Gram matrices, by pairs.

    ``maps`` is (N, C, h, w) with N of at least 2. Products of a matrix with itself are never negative after a ReLU; so
    that 1 means the same and 0 nothing in common, the size of the cosine counts.
    """
    flat = maps.flatten(2)
    grams = torch.nn.functional.normalize((flat @ flat.mT).flatten(1), dim=1)
    cosines = (grams @ grams.T).abs()
    pairs = len(maps) * (len(maps) - 1)
    return (cosines.sum() - cosines.diagonal().sum()) / pairs


def _downhill(answer: Answer, parameters: Tensor, goal: Goal, diversity: float) -> Tensor:
    """The gradient of the loss: less of the goal, or, with ``diversity``, more likeness among the pictures."""
    if not answer.values.requires_grad:
        raise LayerError(f"Nothing of the picture reaches {goal.layer} as a gradient; choose another layer.")
    loss = -answer.values.sum()
    if diversity:
        assert answer.maps is not None
        loss = loss + diversity * answer.values.detach().abs().sum() * similarity(answer.maps)
    (gradient,) = torch.autograd.grad(loss, parameters, allow_unused=True)
    return torch.zeros_like(parameters) if gradient is None else gradient


def _look(ask: Ask, pictures: Pixels) -> Answer:
    with at_work(), one_thread(), torch.inference_mode():
        return ask(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)


def _pixels(pictures: Tensor) -> Pixels:
    return (pictures.detach().permute(0, 2, 3, 1) * 255).round().to("cpu", torch.uint8).numpy()


def _numbers(values: Tensor) -> npt.NDArray[np.float32]:
    return values.detach().to("cpu", torch.float32).numpy().copy()
