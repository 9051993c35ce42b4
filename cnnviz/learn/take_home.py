"""How does one take a taught network home, so that it gives the same answers without cnnviz?

The parcel is a zip: weights (safetensors), facts (JSON: network, classes, preprocessing), a plain script, a notebook
with the same lines, and a few pictures with the answers they got here. The script asserts these answers each time it is
run without a picture. It needs torch, torchvision, safetensors and Pillow, and timm for EfficientNet-Lite0.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from cnnviz.learn.learner import Head
from cnnviz.learn.outcome import TaughtNetwork
from cnnviz.learn.parts import find_parts
from cnnviz.network.construction import builder_arguments
from cnnviz.network.published import SHIPPED

DIGITS = 4
"""Decimals of a probability that are shown, and that the script asserts."""
MOST_CHECKS = 4


def parcel(model: TaughtNetwork, checks: Sequence[Image.Image]) -> bytes:
    """The zip file; the first of `checks` go with it, with their answers."""
    from safetensors.torch import save

    chosen = [picture.convert("RGB") for picture in checks[:MOST_CHECKS]]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.safetensors", save(_weights(model)))
        file.writestr("model.json", json.dumps(_facts(model, chosen), indent=1, ensure_ascii=False))
        file.writestr("predict.py", SCRIPT)
        file.writestr("predict.ipynb", json.dumps(_notebook(), indent=1))
        for number, picture in enumerate(chosen):
            file.writestr(f"check_{number}.png", _png(picture))
    return content.getvalue()


def _weights(model: TaughtNetwork) -> dict[str, Tensor]:
    """Body and head; of the head, mean and spread are worked into its one linear layer."""
    assert isinstance(model.head, Head)
    linear = model.head.linear
    with torch.no_grad():
        weight = linear.weight * model.head.scale
        found = {"head.weight": weight, "head.bias": linear.bias - weight @ model.head.mean}
    found |= {f"body.{name}": tensor for name, tensor in model.body.state_dict().items()}
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in found.items()}


def _facts(model: TaughtNetwork, pictures: Sequence[Image.Image]) -> dict[str, Any]:
    preprocess = model.network.preprocess
    answers = [
        {answer.label: round(answer.probability, DIGITS) for answer in model.predict(picture, len(model.classes))}
        for picture in pictures
    ]
    return {
        "network": model.network.info.name,
        "library": "timm" if model.network.info.name == SHIPPED else "torchvision",
        "arguments": builder_arguments(model.network.info),
        "head": find_parts(model.network).head,
        "classes": model.classes,
        "resize": preprocess.resize,
        "crop": preprocess.side,
        "interpolation": preprocess.interpolation,
        "mean": preprocess.mean,
        "std": preprocess.std,
        "checks": [{"picture": f"check_{number}.png", "answers": one} for number, one in enumerate(answers)],
    }


def _notebook() -> dict[str, Any]:
    about = "Put your own picture's name into the last line. The other files of the zip lie beside this notebook."
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": about},
        {"cell_type": "code", "metadata": {}, "source": SCRIPT.partition("if __name__")[0].rstrip(), **_UNRUN},
        {"cell_type": "code", "metadata": {}, "source": "check()\npredict(HERE / 'check_0.png')", **_UNRUN},
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


_UNRUN: dict[str, Any] = {"execution_count": None, "outputs": []}


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


SCRIPT = '''"""Ask a taught network what pictures show: python predict.py PICTURE ...; without one it checks itself."""

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.transforms import InterpolationMode, v2

HERE = Path(globals().get("__file__", ".")).parent
FACTS = json.loads((HERE / "model.json").read_text(encoding="utf-8"))


def build():
    """The network without its own head, and the head that was taught."""
    if FACTS["library"] == "timm":
        from timm.models.efficientnet import tf_efficientnet_lite0

        body = tf_efficientnet_lite0(pretrained=False)
    else:
        from torchvision.models import get_model

        body = get_model(FACTS["network"], weights=None, **FACTS["arguments"])
    parent, _, name = FACTS["head"].rpartition(".")
    setattr(body.get_submodule(parent), name, torch.nn.Identity())
    state = load_file(HERE / "model.safetensors")
    head = torch.nn.Linear(*reversed(state["head.weight"].shape))
    for part, start in ((body, "body."), (head, "head.")):
        part.load_state_dict({key[len(start):]: value for key, value in state.items() if key.startswith(start)})
    return torch.nn.Sequential(body, head).eval()


MODEL = build()
PREPARE = v2.Compose([
    v2.Resize(FACTS["resize"], InterpolationMode(FACTS["interpolation"])),
    v2.CenterCrop(FACTS["crop"]),
    v2.PILToTensor(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize(FACTS["mean"], FACTS["std"]),
])


def predict(path):
    """The probability of each class, the most probable first."""
    with torch.no_grad():
        shares = MODEL(PREPARE(Image.open(path).convert("RGB"))[None])[0].softmax(0).tolist()
    return dict(sorted(zip(FACTS["classes"], shares), key=lambda pair: -pair[1]))


def check():
    """Assert that the pictures beside this file get the answers that they got when it was made."""
    for one in FACTS["checks"]:
        found = predict(HERE / one["picture"])
        for name, share in one["answers"].items():
            assert abs(found[name] - share) < 6e-5, (one["picture"], name, found[name], share)
    print(f"{len(FACTS['checks'])} pictures get the answers they got before.")


if __name__ == "__main__":
    if not sys.argv[1:]:
        check()
    for path in sys.argv[1:]:
        for name, share in predict(path).items():
            print(f"{path}: {name} {share:.4f}")
'''
