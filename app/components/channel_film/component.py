"""A picture as it formed, from noise to the last step: checks and packs what the view draws.

The curve is the scrubber: pointing at a step shows the picture as it was then, in the browser.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack

_render = view("channel_film")


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows.

    `strip` holds a picture for each of `frames` (steps, ascending), one below the other, each `side` = (height, width)
    pixels, in the format `mime`. `curve` (steps done + 1,) float32 is the goal's amount at each step, of several
    pictures the mean. `steps` is how many there will be. `value` and `start_value` are those of the finished picture
    and of the noise as they are, None until it is finished. `goal` names what is maximised, as in "the mean of channel
    9"; `quantity` is short for the axis. `state` says where the pictures come from: "recorded", "made" or "forming" and
    "stopped".
    `similarity`: how alike several pictures are, 0 to 1.
    """

    title: str
    goal: str
    quantity: str
    trained: bool
    state: str
    strip: bytes
    mime: str
    side: tuple[int, int]
    frames: tuple[int, ...]
    steps: int
    count: int
    curve: npt.NDArray[np.float32]
    value: float | None = None
    start_value: float | None = None
    similarity: float | None = None


def channel_film(key: str, scene: Scene) -> None:
    """Mount the view."""
    plain = (
        "title", "goal", "quantity", "trained", "state", "mime", "side", "frames", "steps", "count", "value",
        "start_value", "similarity",
    )  # fmt: skip
    header = {name: getattr(scene, name) for name in plain}
    _render(key=key, data=pack(header, strip=scene.strip, curve=scene.curve))
