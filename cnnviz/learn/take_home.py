"""How does one take a taught network home, so that it gives the same answers without cnnviz?

The parcel is a zip: weights (safetensors), facts (JSON: network, classes, preprocessing), a program that asks it, the
same lines as a notebook, and a few pictures with the answers they got here. The program asserts these answers each time
it is run without a picture. It needs torch, torchvision, safetensors and Pillow, and timm for EfficientNet-Lite0.

The network goes home in other forms as well: as an exported program, and as ONNX where its exporter is installed. A
process of its own writes them by the parcel's own ``export.py``, since tracing changes torch for a whole process, and
ends with an error where a form does not answer as the network did.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, BinaryIO

import torch
from PIL import Image
from torch import Tensor

from cnnviz.errors import SettingsError
from cnnviz.learn.home_scripts import EXPORT, PREDICT, TEACH
from cnnviz.learn.home_words import licence_files, notebook, readme
from cnnviz.learn.learner import Head
from cnnviz.learn.origin import Origin
from cnnviz.learn.outcome import TaughtNetwork
from cnnviz.learn.parts import find_parts
from cnnviz.network.construction import builder_arguments
from cnnviz.network.published import SHIPPED

DIGITS = 4
"""Decimals of a probability that are shown, and that the programs assert."""
MOST_CHECKS = 4
_MOST_SECONDS = 600.0  # that writing a form may take
_LOOK = 0.1


@dataclass(frozen=True)
class Form:
    """A further form in which a network goes home: its file, and the packages without which it cannot be written."""

    name: str
    title: str
    file: str
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Why it cannot be written here, in a sentence with what would work; empty where it can."""
        absent = [package for package in self.needs if find_spec(package) is None]
        if not absent:
            return ""
        listed = " and ".join(filter(None, (", ".join(absent[:-1]), absent[-1])))
        return (
            f"{self.title} cannot be written here, because {listed} {'is' if len(absent) == 1 else 'are'} not "
            "installed; pip install -e '.[onnx]' in this app's folder brings that, or export.py in the zip writes it "
            "at home."
        )


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("program", "exported program", "model.pt2"),
        Form("onnx", "ONNX", "model.onnx", ("onnx", "onnxscript", "onnxruntime")),
    )
}


def parcel(
    model: TaughtNetwork,
    checks: Sequence[Image.Image],
    into: BinaryIO,
    forms: Sequence[str] = (),
    origin: Origin | None = None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the zip into an open file; the first of `checks` go with it, with their answers.

    `forms` are names in ``FORMS`` of what is written beside the weights. With its `origin` the network can be taught
    again. `check` is called a few times a second while forms are written; what it raises breaks it off.

    Raises:
        SettingsError: a form cannot be written, or does not answer as the network does.
    """
    for name in forms:
        if FORMS[name].missing:
            raise SettingsError(FORMS[name].missing)
    with TemporaryDirectory(prefix="cnnviz-") as place:
        folder = Path(place)
        _fill(folder, model, [picture.convert("RGB") for picture in checks[:MOST_CHECKS]], origin)
        for name in forms:
            _write_form(folder, FORMS[name], check)
        present = [path.name for path in folder.iterdir()]
        (folder / "README.txt").write_text(readme(present, model, origin), encoding="utf-8")
        with zipfile.ZipFile(into, "w") as file:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                dense = path.suffix in (".safetensors", ".pt2", ".onnx", ".png")  # deflating gains nothing
                file.write(path, path.relative_to(folder), zipfile.ZIP_STORED if dense else zipfile.ZIP_DEFLATED)


def _fill(folder: Path, model: TaughtNetwork, pictures: Sequence[Image.Image], origin: Origin | None) -> None:
    """Everything but further forms, and what is said of the files."""
    from safetensors.torch import save_file

    save_file(_weights(model), folder / "model.safetensors")
    _write_json(folder / "model.json", _facts(model, pictures))
    (folder / "predict.py").write_text(PREDICT, encoding="utf-8")
    (folder / "export.py").write_text(EXPORT, encoding="utf-8")
    _write_json(folder / "predict.ipynb", notebook())
    for number, picture in enumerate(pictures):
        picture.save(folder / f"check_{number}.png")
    if origin is not None:
        _write_json(folder / "run.json", origin.as_json())
        (folder / "teach.py").write_text(TEACH, encoding="utf-8")
        (folder / "curve.csv").write_text(origin.curve_csv(), encoding="utf-8")
    licences = folder / "licences"
    licences.mkdir()
    for path in licence_files(model, origin):
        (licences / path.name).write_bytes(path.read_bytes())


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _write_form(folder: Path, form: Form, check: Callable[[], None]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-B", "export.py", form.file],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        end = time.monotonic() + _MOST_SECONDS
        try:
            while process.poll() is None and time.monotonic() < end:
                check()
                time.sleep(_LOOK)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            raise SettingsError(
                f"This network cannot go home as {form.title}: {_last_line(said)}; take it home without that form."
            )


def _last_line(said: BinaryIO) -> str:
    """What the process ended with."""
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".")[:200] if lines else "it took too long"


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
    preprocess, on_cpu = model.network.preprocess, _on_cpu(model)
    answers = [
        {answer.label: round(answer.probability, DIGITS) for answer in on_cpu.predict(picture, len(model.classes))}
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


def _on_cpu(model: TaughtNetwork) -> TaughtNetwork:
    """The network as the programs ask it at home: an accelerator's answers differ in the last digits shown."""
    if model.network.device.type == "cpu":
        return model
    body, head = (copy.deepcopy(part).cpu() for part in (model.body, model.head))
    return replace(model, network=replace(model.network, device=torch.device("cpu")), body=body, head=head)
