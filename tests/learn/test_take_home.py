"""What is taken home gives the same answers in a process that has never heard of cnnviz."""

from __future__ import annotations

import io
import json
import runpy
import zipfile
from pathlib import Path

import pytest
import torch

from cnnviz.learn import FeatureCache, TaughtNetwork, parcel, settings_for
from cnnviz.learn.learner import Learner
from cnnviz.network import load_network
from tests.app.programs import run_program
from tests.learn.pictures import blobs


def taught(name: str, weights: str) -> TaughtNetwork:
    """A network with a head of arbitrary numbers: where they come from does not matter here."""
    learner = Learner(load_network(name, weights), 3, settings_for("frozen"), FeatureCache())
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in learner.head.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) - 0.3)
    return TaughtNetwork(learner.network, ("cup", "Gänseblümchen", "none"), learner.body, learner.head)


def unpacked(model: TaughtNetwork, folder: Path) -> dict[str, float]:
    """Unpack the parcel; the answers for a picture that is not in it."""
    pictures = [blobs(n, side=150 + 60 * n) for n in range(6)]
    with zipfile.ZipFile(io.BytesIO(parcel(model, pictures))) as file:
        file.extractall(folder)
    pictures[5].save(folder / "new.png")
    return {answer.label: answer.probability for answer in model.predict(pictures[5])}


def test_the_script_gives_the_same_answers_in_a_process_of_its_own(tmp_path: Path) -> None:
    expected = unpacked(taught("efficientnet_lite0", "auto"), tmp_path)
    script = (
        "import sys, runpy; sys.modules['cnnviz'] = None; sys.argv = ['predict.py', 'new.png'];"
        "runpy.run_path('predict.py', run_name='__main__')['check']()"
    )
    assert run_program(script, tmp_path).splitlines() == [
        *(f"new.png: {name} {share:.4f}" for name, share in sorted(expected.items(), key=lambda pair: -pair[1])),
        "4 pictures get the answers they got before.",
    ]


def test_a_network_whose_head_is_a_convolution_goes_home_too(tmp_path: Path) -> None:
    expected = unpacked(taught("squeezenet1_1", "none"), tmp_path)
    script = runpy.run_path(str(tmp_path / "predict.py"))
    assert script["predict"](tmp_path / "new.png") == pytest.approx(expected, abs=1e-4)


def test_the_script_notices_when_answers_have_changed(tmp_path: Path) -> None:
    unpacked(taught("squeezenet1_1", "none"), tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    assert len(facts["checks"]) == 4
    facts["mean"] = [0.1, 0.1, 0.1]  # wrong normalisation
    (tmp_path / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(AssertionError, match="check_0"):
        runpy.run_path(str(tmp_path / "predict.py"))["check"]()


def test_the_notebook_holds_the_lines_of_the_script(tmp_path: Path) -> None:
    unpacked(taught("squeezenet1_1", "none"), tmp_path)
    notebook = json.loads((tmp_path / "predict.ipynb").read_text(encoding="utf-8"))
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert (tmp_path / "predict.py").read_text(encoding="utf-8").startswith(code[0])
    assert "check()" in code[1]
