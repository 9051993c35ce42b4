"""How do pictures become the batch that a network takes, on its device and in its numbers?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.layers import module_of
from cnnviz.errors import SettingsError
from cnnviz.network.recording import own_kind

if TYPE_CHECKING:
    from cnnviz.network import Network


def prepared(network: Network | nn.Module, images: Any) -> Tensor:
    """Pictures as a batch (N, C, H, W) in memory of its own, on the network's device and in its floating type.

    ``images`` is a picture, a tensor (C, H, W) or (N, C, H, W) that is ready for the network, or a sequence of those. A
    plain module takes tensors only.

    Raises:
        SettingsError: there is no picture, pictures differ in size, or one comes with a plain module.
    """
    prepare: Callable[[Image.Image], Tensor] | None = None if isinstance(network, nn.Module) else network.preprocess
    one_or_more = [images] if isinstance(images, Tensor | Image.Image) else list(images)
    batches = [_batch(image, prepare) for image in one_or_more]
    if not batches or len({one.shape[1:] for one in batches}) > 1:
        raise SettingsError("Give at least one picture, and several only of one size.")
    device, dtype = own_kind(module_of(network))
    # cat copies a single one, too: the network's first module may write to its input
    return torch.cat(batches).to(device, dtype)


def prepared_one(network: Network | nn.Module, image: Image.Image | Tensor) -> Tensor:
    """One picture likewise, (1, C, H, W). Raises SettingsError for several, too."""
    batch = prepared(network, image)
    if len(batch) != 1:
        raise SettingsError(f"One picture is taken at a time, (C, H, W) or (1, C, H, W), not {len(batch)}.")
    return batch


def normalisation(network: Network | nn.Module) -> tuple[Tensor, Tensor] | None:
    """Mean and standard deviation, (C, 1, 1) each, by which a network turns brightness 0 to 1 into its own numbers.

    On its device and in its floating type; None for a plain module, whose colours nobody knows.
    """
    if isinstance(network, nn.Module):
        return None
    device, dtype = own_kind(network.module)
    mean, std = (
        torch.tensor(values, device=device, dtype=dtype).view(-1, 1, 1)
        for values in (network.preprocess.mean, network.preprocess.std)
    )
    return mean, std


def _batch(image: Image.Image | Tensor, prepare: Callable[[Image.Image], Tensor] | None) -> Tensor:
    if isinstance(image, Image.Image):
        if prepare is None:
            raise SettingsError("A plain module cannot prepare a picture; give it a tensor (C, H, W).")
        image = prepare(image)
    batch = image.detach()[None] if image.ndim == 3 else image.detach()
    if batch.ndim != 4:
        raise SettingsError(f"A picture is (C, H, W), several are (N, C, H, W), not {tuple(image.shape)}.")
    return batch
