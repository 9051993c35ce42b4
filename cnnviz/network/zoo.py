"""How does one get a network by its name, ready to look at pictures?"""

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike

import torch
from PIL import Image
from torch import nn

from cnnviz.compute.device import device
from cnnviz.network import construction
from cnnviz.network import weights as files
from cnnviz.network.preprocessing import Preprocessing, preprocessing
from cnnviz.network.published import NetworkInfo, categories, network_info


@dataclass(frozen=True)
class Network:
    """A network in eval mode with all that is needed to ask it; parameters are frozen and shared, so only read them.

    Hooks belong on a ``replica`` of ``module``, never on ``module`` itself: two learners may hold it at once.
    """

    name: str
    module: nn.Module
    preprocess: Preprocessing
    """PIL picture → float32 (channels, height, width), on the CPU."""
    categories: tuple[str, ...]
    """What each output stands for."""
    input_size: tuple[int, int, int]
    """(channels, height, width)."""
    source: str
    """A sentence: where the weights come from."""
    trained: bool
    """False: the weights are random, and everything from them is to be labelled untrained."""
    device: torch.device
    info: NetworkInfo

    def crop(self, picture: Image.Image) -> Image.Image:
        """Exactly the picture the network sees, RGB, before it becomes numbers: lay maps over this."""
        return self.preprocess.crop(picture)

    def batch(self, picture: Image.Image) -> torch.Tensor:
        """The network's input for one picture: float32 (1, channels, height, width), on the network's device."""
        return self.preprocess(picture).unsqueeze(0).to(self.device)


def load_network(
    name: str, weights: str | PathLike[str] = "auto", progress: Callable[[int, int], None] | None = None
) -> Network:
    """Load a network by name with its published weights, with those of a file, or without.

    ``weights`` is ``"auto"`` (published: shipped, stored by an earlier download, or downloaded now), ``"none"``
    (random, the same each time) or the path of a safetensors file. ``progress(done_bytes, total_bytes)`` is called
    while downloading, in the calling thread; total is 0 where the server does not say.

    Raises NetworkError when the name is unknown, when the weights cannot be had (offline within 5 seconds), or when a
    file does not fit the network.
    """
    info = network_info(name)
    if weights == "none":
        module = construction.untrained(info)
        source = f"No weights: {info.title} is untrained, its parameters are random numbers."
    elif weights == "auto":
        state, source = files.published_state(info, progress)
        module = files.fill(construction.skeleton(info), state, info)
    else:
        module = files.fill(construction.skeleton(info), files.read_safetensors(weights), info, files.name_of(weights))
        source = f"Your file {files.name_of(weights)}."
    where = device()
    return Network(
        name=name,
        module=module.eval().requires_grad_(False).to(where),
        preprocess=preprocessing(info),
        categories=categories(info.classes),
        input_size=info.input_size,
        source=source,
        trained=weights != "none",
        device=where,
        info=info,
    )
