"""Which pixels spoke for an answer?

One door for all methods of :data:`METHODS`. Captum does the work where it does it well; where a figure or a method asks
for more, the module beside this says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis import attribution_gradients as by_gradient
from cnnviz.analysis import attribution_maps as at_layer
from cnnviz.analysis import attribution_rules as by_rule
from cnnviz.analysis import attribution_sampling as by_sampling
from cnnviz.analysis.attribution_methods import method as method_named
from cnnviz.analysis.attribution_question import Question, ask
from cnnviz.analysis.progress import Progress, Stop, Watch
from cnnviz.compute.device import at_work
from cnnviz.errors import SettingsError

if TYPE_CHECKING:
    from cnnviz.network import Network


@dataclass(frozen=True, eq=False)
class Attribution:
    """What one method says about one answer to one picture. Tensors are float32, on the CPU.

    Attributes:
        method: its name in :data:`METHODS`.
        target: the class asked about.
        against: the class it was asked against, or None.
        map: (H, W) over the network's input: positive speaks for the answer. Of methods with colour channels their sum
            where they are signed, else their largest.
        signed: whether a pixel can speak against the answer; if not, no value is below 0.
        channels: (C, H, W), the same before the colours were put together; None where the method does not tell them
            apart.
        layer: the layer at which the map was made; None where none was needed.
        layer_map: (h, w), the map at that layer; ``map`` is it, enlarged between its values by straight lines.
        settings: every setting of the method as it was used.
        seed: of the random masks.
        evaluations: pictures that went through the network.
    """

    method: str
    target: int
    against: int | None
    map: Tensor
    signed: bool
    channels: Tensor | None
    layer: str | None
    layer_map: Tensor | None
    settings: Mapping[str, Any]
    seed: int
    evaluations: int


def attribute(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    target: int | None,
    method: str,
    layer: str | None = None,
    *,
    against: int | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    seed: int = 0,
    **settings: Any,
) -> Attribution:
    """Ask which pixels spoke for an answer. Runs in evaluation mode, on a replica; no parameter gets a gradient.

    Args:
        network: a network of the zoo, or any module that takes a batch of pictures and returns logits.
        image: a picture; or a tensor (C, H, W) or (1, C, H, W) that is ready for the network. A plain module takes a
            tensor only.
        target: the class, counted from 0; the most probable one when None.
        method: a name in :data:`METHODS`.
        layer: for methods that need one, its path; the last layer with maps when None.
        against: another class: asks about the difference of the two logits.
        progress: called with (done, total, so_far): pictures done, of how many, and the map as far as it is there, or
            None. It ends with (total, total, map).
        cancelled: an event or a function; once it is set or returns True, the next step is not begun.
        seed: of random masks.
        settings: of the method, see ``METHODS[method].settings``.

    Raises:
        SettingsError: the method, a class or a setting is unknown or out of range.
        LayerError: the layer is unknown or has no maps.
        NetworkError: the method cannot be applied to this network.
        Cancelled: it was stopped.
    """
    record = method_named(method)
    used = record.filled(settings)
    if layer is not None and not record.needs_layer:
        raise SettingsError(f"{record.title} works on pixels and takes no layer; leave it out.")
    watch = Watch(progress, cancelled)
    watch.check()
    question = ask(network, image, target, against)
    found = _found(question, method, layer, watch, seed, used)
    watch.finish(found.map)
    return Attribution(
        method, question.score.target, against, found.map, record.signed, found.channels, found.layer,
        found.layer_map, used, seed, question.score.evaluations,
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    map: Tensor
    channels: Tensor | None = None
    layer: str | None = None
    layer_map: Tensor | None = None


_AT_LAYER = {
    "grad_cam": at_layer.grad_cam,
    "grad_cam_plus_plus": at_layer.grad_cam_plus_plus,
    "layer_cam": at_layer.layer_cam,
}


def _found(
    question: Question, method: str, layer: str | None, watch: Watch, seed: int, settings: dict[str, Any]
) -> _Found:
    if method == "occlusion":
        return _Found(by_sampling.occlusion(question, watch, **settings).float().cpu())
    if method == "rise":
        return _Found(by_sampling.rise(question, watch, seed, **settings).float().cpu())
    with at_work():
        if method in _AT_LAYER:
            path, coarse = at_layer.layer_map(question, layer, _AT_LAYER[method])
            coarse = coarse.float().cpu()
            return _Found(at_layer.enlarged(coarse, question.size), None, path, coarse)
        channels = _channels(question, method, watch, settings).float().cpu()
    return _Found(channels.amax(0) if method == "saliency" else channels.sum(0), channels)


def _channels(question: Question, method: str, watch: Watch, settings: dict[str, Any]) -> Tensor:
    if method == "saliency":
        return by_gradient.saliency(question)
    if method == "input_x_gradient":
        return by_gradient.input_x_gradient(question)
    if method == "integrated_gradients":
        return by_gradient.integrated_gradients(question, watch, **settings)
    if method == "guided_backprop":
        return by_rule.guided_backprop(question)
    return by_rule.deeplift(question, **settings)
