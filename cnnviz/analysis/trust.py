"""Can a heat map be trusted: does it change when the network forgets, and stay when the picture hardly changes?

A map that stays the same when the network's weights are drawn anew does not show what the network learned (Adebayo,
Gilmer, Muelly, Goodfellow, Hardt, Kim, "Sanity Checks for Saliency Maps", NeurIPS 2018). One that changes with a little
noise, or does not move along with the picture, shows chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.attribution import Attribution, attribute
from cnnviz.analysis.attribution_methods import method as method_named
from cnnviz.analysis.attribution_question import Question, ask
from cnnviz.analysis.layers import layer_table
from cnnviz.analysis.progress import Progress, Stop, Watch
from cnnviz.analysis.similarity import rank_correlation, structural_similarity
from cnnviz.errors import SettingsError
from cnnviz.network import replica

if TYPE_CHECKING:
    from cnnviz.network import Network


@dataclass(frozen=True, eq=False)
class Trial:
    """A map made under another condition, beside the original.

    Attributes:
        method: the method's name.
        condition: what was different, in words.
        map: (H, W), the map under that condition. Of a shifted picture it is shifted back; what has no counterpart in
            the original is 0.
        rank: Spearman's correlation of the sizes |value| of both maps, −1 to 1.
        ssim: structural similarity of both maps, −1 to 1.
    """

    method: str
    condition: str
    map: Tensor
    rank: float
    ssim: float


@dataclass(frozen=True, eq=False)
class Randomisation:
    """The maps of several methods while a network's weights are drawn anew, from the top down.

    Attributes:
        target: the class asked about, the same throughout.
        originals: the map of each method by the weights as they were.
        stages: the paths whose weights were drawn anew at each stage, in addition to those before.
        trials: by method, one trial for each stage.
    """

    target: int
    originals: dict[str, Attribution]
    stages: tuple[tuple[str, ...], ...]
    trials: dict[str, tuple[Trial, ...]]


@dataclass(frozen=True, eq=False)
class Stability:
    """The map of one picture, and of the picture with noise on it or shifted."""

    original: Attribution
    noise: tuple[Trial, ...]
    shifts: tuple[Trial, ...]


def randomised_attributions(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    target: int | None,
    methods: Sequence[str],
    stages: int | Sequence[Sequence[str]] = 5,
    *,
    against: int | None = None,
    layer: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    **settings: Any,
) -> Randomisation:
    """Draw the weights anew, stage by stage from the answer down to the picture, and make each map again.

    Each parameter is drawn from a normal distribution with the mean and the standard deviation that its values had, so
    that signals keep their size; batch normalisation keeps its statistics. The network itself is not changed.

    Args:
        network, image, target, against: as for :func:`cnnviz.analysis.attribute`; the classes stay the same throughout.
        methods: names in :data:`METHODS`.
        stages: how many stages to cut the network into, the first of the last layer alone and the others of about as
            many layers each; or the paths of each stage.
        layer: for those methods that need one.
        seed: of the new weights, and of random masks.
        progress: called with (done, total, trial) after each map, trial None for the original ones.
        cancelled: an event or a function; the next map is not begun once it is set or returns True.
        settings: given to each method that has a setting of that name.

    Raises:
        SettingsError: there is no such method or class, or the stages do not fit the network's layers with weights.
        LayerError, NetworkError, Cancelled: as for :func:`cnnviz.analysis.attribute`.
    """
    watch = Watch(progress, cancelled)
    asked = ask(network, image, target, against)
    cut = _stages(asked, stages)
    chosen = {name: _own(name, layer, settings) for name in methods}
    total = len(chosen) * (1 + len(cut))
    done = 0

    def made(module: nn.Module, name: str) -> Attribution:
        watch.check()
        asking, own = _with(network, module), {"against": against, "seed": seed, **chosen[name]}
        return attribute(asking, asked.picture, asked.score.target, name, cancelled=cancelled, **own)

    originals: dict[str, Attribution] = {}
    for name in chosen:
        originals[name] = made(asked.original, name)
        watch.tell(done := done + 1, total)
    trials: dict[str, list[Trial]] = {name: [] for name in chosen}
    forgetting = replica(asked.original)
    generator = torch.Generator().manual_seed(seed)
    for number, paths in enumerate(cut, 1):
        draw_anew(forgetting, paths, generator)
        for name, original in originals.items():
            again = made(forgetting, name)
            trials[name].append(_trial(name, f"stage {number} of {len(cut)}: down to {paths[-1]}", original, again.map))
            watch.tell(done := done + 1, total, trials[name][-1])
    return Randomisation(asked.score.target, originals, cut, {name: tuple(made) for name, made in trials.items()})


def stability(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    target: int | None,
    method: str,
    *,
    noise: Sequence[float] = (0.05, 0.1, 0.2),
    shifts: Sequence[tuple[int, int]] = ((0, 1), (4, 4), (0, 16)),
    against: int | None = None,
    layer: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    **settings: Any,
) -> Stability:
    """Make the map again for the picture with noise on it, and for the picture shifted.

    Args:
        network, image, target, against, layer, settings: as for :func:`cnnviz.analysis.attribute`.
        noise: standard deviations of normal noise, as shares of the picture's range of values.
        shifts: (rows, columns) in pixels, down and right positive; edge pixels are repeated into what gets free. Maps
            are shifted back and compared where both pictures show the same.
        seed: of the noise, and of random masks.
        progress: called with (done, total, trial) after each map, trial None for the original one.
        cancelled: an event or a function; the next map is not begun once it is set or returns True.

    Raises:
        SettingsError: a shift moves all of the picture out.
        LayerError, NetworkError, Cancelled: as for :func:`cnnviz.analysis.attribute`.
    """
    watch = Watch(progress, cancelled)
    asked = ask(network, image, target, against)
    picture, wanted = asked.picture, asked.score.target
    for down, right in shifts:
        if abs(down) >= asked.size[0] or abs(right) >= asked.size[1]:
            raise SettingsError(f"A shift by {(down, right)} moves all of a picture of {asked.size} out; shift less.")
    total = 1 + len(noise) + len(shifts)

    def made(changed: Tensor) -> Attribution:
        watch.check()
        own = {"against": against, "seed": seed, **settings}
        return attribute(network, changed, wanted, method, layer, cancelled=cancelled, **own)

    original = made(picture)
    watch.tell(1, total)
    generator = torch.Generator().manual_seed(seed)
    noisy, shifted = [], []
    for share in noise:
        grain = torch.randn(picture.shape, generator=generator).to(picture)
        again = made(picture + share * (picture.max() - picture.min()) * grain)
        noisy.append(_trial(method, f"noise of {share:.3g} of the range", original, again.map))
        watch.tell(1 + len(noisy), total, noisy[-1])
    for down, right in shifts:
        again = made(shift(picture, down, right))
        words = f"shifted by {down} rows and {right} columns"
        shifted.append(_trial(method, words, original, shift(again.map, -down, -right), (down, right)))
        watch.tell(1 + len(noise) + len(shifted), total, shifted[-1])
    return Stability(original, tuple(noisy), tuple(shifted))


def draw_anew(module: nn.Module, paths: Iterable[str], generator: torch.Generator) -> None:
    """Give the modules at ``paths`` new parameters with the mean and the deviation of the old ones.

    The old tensors stay as they are, so that a replica can forget while the original remembers.
    """
    parts = dict(module.named_modules(remove_duplicate=False))
    for path in paths:
        for part in parts[path].modules():
            for name, parameter in part._parameters.items():
                if parameter is not None:
                    part._parameters[name] = nn.Parameter(_drawn_like(parameter, generator), requires_grad=False)


def shift(values: Tensor, down: int, right: int) -> Tensor:
    """(…, H, W) moved by so many rows and columns, edge values repeated."""
    height, width = values.shape[-2:]
    rows = (torch.arange(height, device=values.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=values.device) - right).clamp(0, width - 1)
    return values[..., rows, :][..., columns]


def _drawn_like(parameter: Tensor, generator: torch.Generator) -> Tensor:
    values = parameter.detach()
    spread = values.std() if values.numel() > 1 else values.abs().max()
    return (torch.randn(values.shape, generator=generator).to(values) * spread + values.mean()).to(values)


def _stages(question: Question, stages: int | Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The paths of each stage, from the answer down."""
    parts = dict(question.original.named_modules(remove_duplicate=False))
    if not isinstance(stages, int):
        for path in (path for paths in stages for path in paths):
            if path not in parts:
                raise SettingsError(f'The network has no layer "{path}" to draw anew; layer_table lists them.')
        return tuple(tuple(paths) for paths in stages if paths)
    table = layer_table(question.original, question.shape)
    called = dict.fromkeys(layer.path for layer in table if any(True for _ in parts[layer.path].parameters()))
    downward = list(called)[::-1]
    if not 1 <= stages <= len(downward):
        raise SettingsError(
            f"{stages} stages do not fit {len(downward)} layers with weights; give 1 to {len(downward)}."
        )
    if stages == 1:
        return (tuple(downward),)
    rest = downward[1:]
    cuts = [round(place * len(rest) / (stages - 1)) for place in range(stages)]
    return (downward[0],), *(tuple(rest[start:stop]) for start, stop in pairwise(cuts))


def _with(network: Network | nn.Module, module: nn.Module) -> Network | nn.Module:
    """The same network, its module another one."""
    return module if isinstance(network, nn.Module) else replace(network, module=module)


def _own(name: str, layer: str | None, settings: dict[str, Any]) -> dict[str, Any]:
    """Of all settings and the layer, what one method takes."""
    record = method_named(name)
    own = {setting.name: settings[setting.name] for setting in record.settings if setting.name in settings}
    return own | ({"layer": layer} if record.needs_layer and layer is not None else {})


def _trial(name: str, condition: str, original: Attribution, again: Tensor, shifted: tuple[int, int] = (0, 0)) -> Trial:
    """Compare a map with the original where both show the same part of the picture."""
    height, width = again.shape
    down, right = shifted
    common = (slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0)))
    first, second = original.map[common], again[common]
    kept = torch.zeros_like(again)
    kept[common] = second
    return Trial(
        name, condition, kept, rank_correlation(first.abs(), second.abs()), structural_similarity(first, second)
    )
