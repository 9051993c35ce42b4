"""What does it cost to switch off every channel of a layer in turn, against a loop of full forward passes?

ResNet-50 at 224×224, all 512 channels of `layer4.0.conv1`, by CPU time in one process. The loop is what a user would
write: a hook that sets one channel to zero, and one forward pass for each. It is timed over every eighth channel, since
each costs the same, and counted eight times.
"""

from __future__ import annotations

import time

import torch
import torchvision
from torch import Tensor

from benchmarks.harness import Row, in_turns
from cnnviz.analysis import channel_effects

LAYER = "layer4.0.conv1"
CHANNELS = 512
EVERY = 8
REPEATS = 3
BOUND = 0.35


def rows() -> list[Row]:
    """One line: all channels by `channel_effects` against the loop."""
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None).eval()
    picture = torch.rand(1, 3, 224, 224)
    off = [0]

    def switch_off(module: object, inputs: object, output: Tensor) -> Tensor:
        changed = output.clone()
        changed[:, off[0]] = 0
        return changed

    def ours() -> float:
        start = time.process_time()
        channel_effects(model, picture, LAYER)
        return time.process_time() - start

    def loop() -> float:
        handle = model.get_submodule(LAYER).register_forward_hook(switch_off)
        start = time.process_time()
        with torch.no_grad():
            for channel in range(0, CHANNELS, EVERY):
                off[0] = channel
                model(picture)
        seconds = time.process_time() - start
        handle.remove()
        return seconds * EVERY

    seconds, peer = in_turns(ours, loop, REPEATS)
    what = f"every channel of ResNet-50's {LAYER} off in turn, CPU time"
    return [Row(what, "a loop of full forward passes", seconds, peer, seconds / peer, BOUND)]
