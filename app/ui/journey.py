"""What does one picture become on its way through a kernel, a layer and a network to an answer?

``travel`` computes it. For the sample picture the results ship with the app (``assets/home``, made by ``make assets``),
so that they can be drawn before torch is loaded: nothing here imports it until ``travel`` runs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.ui.network_store import NETWORKS
from cnnviz.compute import at_work
from cnnviz.image import load_sample
from cnnviz.network.preprocessing import preprocessing
from cnnviz.network.published import network_info
from cnnviz.paths import ASSETS

if TYPE_CHECKING:
    from cnnviz.network import Network

NETWORK = "efficientnet_lite0"
LAYER = "blocks.0.0.conv_pw"  # a convolution early enough that one still recognises the picture
KERNEL = "sobel_x"
RECORDED_PICTURE = "chelsea"
RECORDED = ASSETS / "home"
_GAP = 3  # pixels between the maps


@dataclass(frozen=True)
class Sheet:
    """Maps side by side on one scale: a grey PNG whose values are entries of the signed palette of `cnnviz.image`.

    `low` and `high` are the values of its first and last colour; `size` is (height, width) of one map.
    """

    png: bytes
    low: float
    high: float
    count: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Answer:
    """One class of the network and its probability in 0..1."""

    label: str
    probability: float


@dataclass(frozen=True)
class Journey:
    """What the stations after the picture show. `inputs` counts the maps that each map of `layer` weighs."""

    kernel: Sheet
    layer: Sheet
    inputs: int
    answers: tuple[Answer, ...]
    classes: int
    network: str


def seen(picture: Image.Image) -> Image.Image:
    """The middle square of the picture, RGB, at the size that the network reads."""
    return preprocessing(network_info(NETWORK)).crop(picture)


def travel(picture: Image.Image, network: Network) -> Journey:
    """Send the picture through the kernel, the layer and the network; a fraction of a second on a CPU."""
    from cnnviz.analysis import capture
    from cnnviz.image import to_tensor
    from cnnviz.layer import KERNELS, convolve
    from cnnviz.network import predictions_from_logits

    square = network.crop(picture)
    with at_work():
        # The edge pixels are repeated: zeros around the picture would draw a frame that is not in it.
        edges = convolve(to_tensor(square, "grey"), KERNELS[KERNEL].matrix, padding_mode="replicate")
        passed = capture(network, picture, layers=[LAYER])
    best = predictions_from_logits(passed.output, network.categories, k=5)
    return Journey(
        kernel=_sheet(edges),
        layer=_sheet(passed[LAYER]),
        inputs=network.module.get_parameter(f"{LAYER}.weight").shape[1],
        answers=tuple(Answer(answer.label, answer.probability) for answer in best),
        classes=len(network.categories),
        network=network.info.title,
    )


@lru_cache(maxsize=32)
def travel_of_sample(name: str) -> Journey:
    """The journey of a sample picture, computed once. An own picture's is never kept: it can be deleted."""
    return travel(load_sample(name), shared_network())


def shared_network() -> Network:
    """The network of this page, one copy for all; waits for it. Raises NetworkError when it cannot be had."""
    return NETWORKS.ask(NETWORK, "auto").result()


def network_is_in() -> bool:
    """Whether `shared_network` would answer at once; has it loaded if nobody did."""
    return NETWORKS.ask(NETWORK, "auto").finished.is_set()


@lru_cache(maxsize=1)
def recorded(folder: Path = RECORDED) -> Journey:
    """The journey of RECORDED_PICTURE as it ships."""
    facts: dict[str, Any] = json.loads((folder / "journey.json").read_text(encoding="utf-8"))
    for name in ("kernel", "layer"):
        facts[name] = _read_sheet(folder, name, facts[name])
    facts["answers"] = tuple(Answer(**answer) for answer in facts["answers"])
    return Journey(**facts)


def record(journey: Journey, folder: Path = RECORDED) -> None:
    """Write a journey as `recorded` reads it: two PNG files and a JSON file, the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = asdict(journey)
    for name in ("kernel", "layer"):
        with Image.open(BytesIO(facts[name].pop("png"))) as sheet:
            sheet.save(folder / f"{name}.png", optimize=True)
    (folder / "journey.json").write_text(json.dumps(_rounded(facts), indent=1) + "\n", encoding="utf-8")


def _sheet(maps: Any) -> Sheet:
    """Maps (C, H, W) on one signed scale, as their places in the palette: the browser knows the page's ground."""
    from cnnviz.image import encode_png, limits, mosaic

    scale = limits(maps, "signed", per="layer")
    sheet = mosaic(maps, "signed", limits=scale, aspect=1.0, gap=_GAP)
    low, high = (float(bound) for bound in scale[0])
    return Sheet(encode_png(np.asarray(sheet.index)), low, high, sheet.count, sheet.tile)


def _read_sheet(folder: Path, name: str, facts: dict[str, Any]) -> Sheet:
    return Sheet(png=(folder / f"{name}.png").read_bytes(), **{**facts, "size": tuple(facts["size"])})


def _rounded(value: Any) -> Any:
    """Six significant digits: more differ from one processor to the next."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
