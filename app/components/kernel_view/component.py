"""Classic kernels on the screen: checks and packs what the view draws; pointing is answered in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar
from cnnviz.image import CENTRE

_render = view("kernel_view")

Role = Literal["input", "middle", "paint", "result"]


@dataclass(frozen=True)
class Histogram:
    """How many values lie in each of equal ranges between `low` and `high`."""

    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Panel:
    """One picture of the view. `image` is encoded bytes; None shows the chosen picture's own pixels."""

    role: Role
    title: str
    note: str = ""
    image: bytes | None = None
    mime: str = "image/png"
    bar: ColourBar | None = None
    histogram: Histogram | None = None


@dataclass(frozen=True)
class Brush:
    """What a stroke looks like while it is painted: radius in pixels, a CSS colour."""

    radius: int = 0
    colour: str = "transparent"


@dataclass(frozen=True)
class Dial:
    """A slider of the stage in hand. `matrices` is one for each step; empty for the bias, which leaves them alone."""

    name: str
    title: str
    what: str
    minimum: float
    maximum: float
    step: float
    value: float
    matrices: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class Step:
    """One stage for the view: `kind` is kernel, relu, max_pool or average_pool; `matrix` its window's weights."""

    kind: str
    matrix: np.ndarray
    bias: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Everything the view shows. `stages` lead from the picture to the value pointed at."""

    picture: str
    channels: Literal[1, 3]
    border: str
    stages: Sequence[Step]
    panels: Sequence[Panel]
    clamped: bool
    editable: bool = True
    channel: int | None = None
    brush: Brush = Brush()
    dials: Sequence[Dial] = ()
    palette: np.ndarray | None = None


def kernel_view(
    key: str, scene: Scene, on_edit: Callable[[], None], on_stroke: Callable[[], None], on_dial: Callable[[], None]
) -> None:
    """Mount the view.

    The callbacks read `state[key].edit` = {matrix}, `.stroke` = {points} and `.dial` = {name, value}.
    """
    arrays: dict[str, bytes | np.ndarray] = {
        f"dial_{dial.name}": np.concatenate([matrix.ravel() for matrix in dial.matrices]).astype(np.float64)
        for dial in scene.dials
        if dial.matrices
    }
    if scene.palette is not None:
        arrays["palette"] = scene.palette
    panels: list[dict[str, Any]] = []
    for number, panel in enumerate(scene.panels):
        entry = {**asdict(panel), "source": "picture", "file": f"cnnviz {panel.title.lower()}.png"}
        del entry["image"]
        if panel.image is not None:
            entry["source"] = f"panel{number}"
            arrays[entry["source"]] = panel.image
        panels.append(entry)
    header = {
        "picture": scene.picture,
        "channels": scene.channels,
        "channel": scene.channel,
        "border": scene.border,
        "stages": [{"kind": step.kind, "matrix": step.matrix.tolist(), "bias": step.bias} for step in scene.stages],
        "panels": panels,
        "clamped": scene.clamped,
        "editable": scene.editable,
        "brush": asdict(scene.brush),
        "dials": [_dial(dial) for dial in scene.dials],
        "centre": CENTRE,
    }
    blob = pack(header, **arrays)
    _render(key=key, data=blob, on_edit_change=on_edit, on_stroke_change=on_stroke, on_dial_change=on_dial)


def _dial(dial: Dial) -> dict[str, Any]:
    entry = {name: value for name, value in vars(dial).items() if name != "matrices"}
    return {**entry, "shapes": [matrix.shape for matrix in dial.matrices]}
