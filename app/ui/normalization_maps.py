"""Which real activations are normalized, and by what?

The learner's picture and samples beside it, as the first convolution of EfficientNet-Lite0 puts them out, before that
network's own batch normalization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_layers import strip_of
from app.ui.feature_maps_passes import layer_output
from app.ui.normalization_form import SHOWN, Form
from app.ui.picture import ChosenPicture, sample_picture
from app.ui.shelf import PICTURES
from cnnviz.compute import at_work
from cnnviz.layer import Normalized, normalize
from cnnviz.network import Prediction, predictions_from_logits
from cnnviz.network.prediction import logits
from cnnviz.network.replicas import replica

if TYPE_CHECKING:
    from cnnviz.network import Network

KEY = ("efficientnet_lite0", "auto")
CONVOLUTION, NORM = "conv_stem", "bn1"
_ANSWERS: ByteCache[Prediction] = ByteCache(1_000_000)
PICTURES.drop_from(_ANSWERS)


def batch(network: Network, pictures: tuple[ChosenPicture, ...], first: int) -> torch.Tensor:
    """The tensor (N, 8, H, W) of these pictures: channels `first` on of the first convolution."""
    strip = strip_of(network)
    layer = strip.find(CONVOLUTION)
    maps = [layer_output(network, KEY, one, strip, layer).maps[first : first + SHOWN] for one in pictures]
    return torch.stack([torch.from_numpy(one) for one in maps])


def activated(network: Network, chosen: ChosenPicture) -> torch.Tensor:
    """What stands after the first activation, (32, H, W): where AlexNet had its local response normalization."""
    strip = strip_of(network)
    return torch.from_numpy(layer_output(network, KEY, chosen, strip, strip.default).maps)


def running(network: Network, first: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The running mean and variance (8,) that training left in the layer behind the first convolution."""
    norm = network.module.get_submodule(NORM)
    mean, variance = norm.running_mean, norm.running_var
    assert isinstance(mean, torch.Tensor)
    assert isinstance(variance, torch.Tensor)
    return mean[first : first + SHOWN].cpu(), variance[first : first + SHOWN].cpu()


def epsilon(network: Network) -> float:
    """The epsilon of that layer."""
    return float(network.module.get_submodule(NORM).eps)  # type: ignore[arg-type]


def in_company(network: Network, chosen: ChosenPicture, names: tuple[str, ...], form: Form) -> Normalized:
    """The learner's picture (1, 8, H, W), normalized in a batch with the samples `names`, in train or eval mode."""
    pictures = (chosen, *(sample_picture(name) for name in names))
    own = running(network, form.first) if not form.training else None
    done = normalize(batch(network, pictures, form.first), "batch", eps=epsilon(network), running=own)
    return Normalized(done.values[:1], done.mean[:1], done.variance[:1])


def answer_in_company(network: Network, chosen: ChosenPicture, names: tuple[str, ...], training: bool) -> Prediction:
    """What the whole network says of the learner's picture in this company, every batch normalization in that mode."""
    pictures = (chosen, *(sample_picture(name) for name in names))

    def make() -> tuple[Prediction, int]:
        module = replica(network.module)
        if training:
            _forget_running(module)
        inputs = torch.cat([network.batch(one.picture) for one in pictures])
        with at_work(), torch.inference_mode():
            output = logits(module(inputs))[0]
        return predictions_from_logits(output, network.categories, 1)[0], 500

    # In eval mode nobody's company counts, and it is computed in company all the same: that is what is to be shown.
    return _ANSWERS.get((training, *(one.key for one in pictures)), make)


def _forget_running(module: torch.nn.Module) -> None:
    """Without running statistics, batch normalization takes the batch's own, and the network stays as it was."""
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part._buffers["running_mean"] = part._buffers["running_var"] = None
