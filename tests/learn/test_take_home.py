"""What is taken home gives the same answers in a process that has never heard of cnnviz."""

from __future__ import annotations

import io
import json
import runpy
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from cnnviz.compute import Run, Runs
from cnnviz.errors import Cancelled, SettingsError
from cnnviz.learn import (
    FORMS,
    Dataset,
    FeatureCache,
    Origin,
    TaughtNetwork,
    Teaching,
    home_words,
    network_of,
    own_dataset,
    own_zip,
    parcel,
    settings_for,
    take_home,
    teach_run,
    written,
    zip_of_pictures,
)
from cnnviz.learn.learner import Learner
from cnnviz.network import load_network
from tests.app.programs import run_program
from tests.learn.pictures import blobs, png


def taught(name: str, weights: str) -> TaughtNetwork:
    """A network with a head of arbitrary numbers: where they come from does not matter here."""
    learner = Learner(load_network(name, weights), 3, settings_for("frozen"), FeatureCache())
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in learner.head.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) - 0.3)
    return TaughtNetwork(learner.network, ("cup", "Gänseblümchen", "none"), learner.body, learner.head)


def unpacked(model: TaughtNetwork, folder: Path, *forms: str) -> dict[str, float]:
    """Unpack the parcel; the answers for a picture that is not in it."""
    pictures, content = [blobs(n, side=150 + 60 * n) for n in range(6)], io.BytesIO()
    parcel(model, pictures, content, forms)
    with zipfile.ZipFile(content) as file:
        file.extractall(folder)
    pictures[5].save(folder / "new.png")
    return {answer.label: answer.probability for answer in model.predict(pictures[5])}


def asked(model: str, *without: str) -> str:
    """A program that asks one of the files about the new picture, none of these packages at hand, then checks it."""
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in ("cnnviz", *without))
    return (
        f"import sys, runpy; {hidden}sys.argv = ['predict.py', '--model', {model!r}, 'new.png'];"
        f"runpy.run_path('predict.py', run_name='__main__')['check']({model!r})"
    )


def shown(expected: dict[str, float]) -> list[str]:
    """What the program prints of the new picture."""
    pairs = sorted(expected.items(), key=lambda pair: -pair[1])
    return [f"new.png: {name} {share:.4f}" for name, share in pairs]


def test_the_script_gives_the_same_answers_in_a_process_of_its_own(tmp_path: Path) -> None:
    expected = unpacked(taught("efficientnet_lite0", "auto"), tmp_path)
    assert run_program(asked("model.safetensors"), tmp_path).splitlines() == [
        *shown(expected),
        "model.safetensors: 4 pictures get the answers they got before.",
    ]
    readme = (tmp_path / "README.txt").read_text(encoding="utf-8")
    files = {path.name for path in tmp_path.iterdir()} - {"README.txt", "new.png", "program.py", "printed.txt"}
    assert {name for name in files if not name.startswith("check_")} == {
        name for name in home_words._FILES if f"\n{name}\n" in readme and not name.startswith("check_")
    }
    assert "Apache-2.0" in readme and (tmp_path / "licences" / "Apache-2.0.txt").exists()


def test_each_further_form_gives_the_same_answers_without_the_networks_own_code(tmp_path: Path) -> None:
    files = [form.file for form in FORMS.values() if not form.missing]
    assert "model.pt2" in files
    expected = unpacked(taught("squeezenet1_1", "none"), tmp_path)
    export = f"import runpy, sys; sys.argv[1:] = {files}; runpy.run_path('export.py', None, '__main__')"
    same = {file: f"{file}: 4 pictures get the answers they got before." for file in files}
    assert [line for line in run_program(export, tmp_path).splitlines() if "pictures" in line] == list(same.values())
    for file in files:
        told = run_program(asked(file, "torchvision.models", "timm", "safetensors"), tmp_path)
        assert told.splitlines() == [*shown(expected), same[file]]
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    facts["checks"][0]["answers"]["cup"] += 2e-4  # two of the last digit shown
    (tmp_path / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    not_again = "import torch; torch.export.export = torch.export.save = lambda *values, **named: None;"
    with pytest.raises(AssertionError, match=r"model\.pt2', 'check_0"):  # the export itself asserts
        run_program(not_again + export, tmp_path)


def test_further_forms_are_written_by_a_process_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = (
        "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(' '.join(sorted({'cnnviz'} & sys.modules.keys())))"
    )
    monkeypatch.setattr(take_home, "EXPORT", write)
    unpacked(taught("squeezenet1_1", "none"), tmp_path, "program")
    assert (tmp_path / "model.pt2").read_text() == ""
    assert "\nmodel.pt2\n" in (tmp_path / "README.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("ends", ["raise SystemExit('Other answers.')", "import os; os.abort()"])
def test_a_form_that_fails_says_so_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    monkeypatch.setattr(take_home, "EXPORT", ends)
    with pytest.raises(SettingsError, match=r"cannot go home as exported program: .+; take it home without that form"):
        unpacked(taught("squeezenet1_1", "none"), tmp_path, "program")


def test_packing_is_broken_off_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_home, "EXPORT", "import time; time.sleep(60)")
    begun = time.monotonic()

    def check() -> None:
        if time.monotonic() > begun + 0.3:
            raise Cancelled("Enough.")

    content = io.BytesIO()
    with pytest.raises(Cancelled):
        parcel(taught("squeezenet1_1", "none"), [blobs(1)], content, ["program"], check=check)
    assert time.monotonic() - begun < 30 and not content.getvalue()


def test_a_form_whose_packages_are_missing_says_what_would_work() -> None:
    assert FORMS["program"].missing == ""
    missing = replace(FORMS["onnx"], needs=("torch", "no_such_package")).missing
    assert "no_such_package is not installed" in missing and "pip install" in missing and "torch" not in missing


@pytest.fixture(scope="module")
def run_of_own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Dataset, TaughtNetwork]:
    """A run on nine files of one's own, whose pictures lie in memory as they do on the disk."""
    files = [(png(blobs(n, side=60)), "abc"[n // 3], f"burst {n}") for n in range(9)]
    dataset, network = own_dataset(files).dataset, load_network("efficientnet_lite0")
    teaching = Teaching(
        settings_for("last_block", batch_size=3, epochs=2, augmentation="flip", views=2), seed=4, by="group"
    )
    facts = {"network": network.name, "source": "own", "owner": "secret", "pictures": "own key", "title": "Own",
             "classes": list(dataset.classes), "counts": list(dataset.counts), **teaching.as_json()}  # fmt: skip
    run = Runs(tmp_path_factory.mktemp("runs")).create(facts, teaching.seed, threads=1)
    teach_run(run, network, dataset, lambda done, total, step: None, cache=FeatureCache())
    return run, dataset, network_of(run, network, dataset)


def test_the_program_that_goes_home_gives_the_same_curve(
    run_of_own: tuple[Run, Dataset, TaughtNetwork], tmp_path: Path
) -> None:
    run, dataset, model = run_of_own
    content, found = io.BytesIO(), written(run)
    parcel(model, [], content, (), Origin(run.facts, dataset, found.epochs, found.outcomes[0]))
    with zipfile.ZipFile(content) as file:
        file.extractall(tmp_path)
    (tmp_path / own_zip.ZIP_NAME).write_bytes(b"".join(zip_of_pictures(dataset)))
    kept = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert "secret" not in kept and "own key" not in kept
    teach = "import runpy; runpy.run_path('teach.py', None, '__main__')"
    said = run_program(teach, tmp_path).splitlines()
    assert said[-1] == "The curve is the same." and len(said) == 1 + len(found.epochs) == 3
    assert f"test accuracy {found.epochs[-1].test_accuracy:.4f}" in said[-2]
    rows = (tmp_path / "curve.csv").read_text().splitlines()
    assert len(rows) == 3 and rows[2].split(",")[5] == str(found.epochs[1].test_loss)
    (tmp_path / "run.json").write_text(kept.replace('"head_rate": 0.003', '"head_rate": 0.004'), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"1, 'test_loss'|1, 'train_loss'|2, 'train_loss'"):
        run_program(teach, tmp_path)


def test_a_network_whose_head_is_a_convolution_goes_home_too(tmp_path: Path) -> None:
    expected = unpacked(taught("squeezenet1_1", "none"), tmp_path)
    script = runpy.run_path(str(tmp_path / "predict.py"))
    assert script["predict"](tmp_path / "new.png") == pytest.approx(expected, abs=1e-4)


def test_the_answers_that_go_home_are_those_of_the_processor_wherever_the_network_is(tmp_path: Path) -> None:
    model = taught("squeezenet1_1", "none")
    (tmp_path / "here").mkdir()
    expected = unpacked(model, tmp_path / "here")
    elsewhere = replace(
        model, network=replace(model.network, device=torch.device("meta"))
    )  # no answer comes from there
    content = io.BytesIO()
    parcel(elsewhere, [Image.open(tmp_path / "here" / "new.png")], content)
    with zipfile.ZipFile(content) as file:
        (check,) = json.loads(file.read("model.json"))["checks"]
    assert check["answers"] == pytest.approx(expected, abs=1e-4)


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
