"""Only the right weights get into a network; everything else is one clear sentence."""

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision.models import get_model_builder

from cnnviz.errors import NetworkError
from cnnviz.network import NetworkInfo, load_network, network_info, stored, weights, zoo
from cnnviz.network.construction import skeleton, untrained
from cnnviz.paths import ASSETS
from tests.network.servers import serving

NAME = "shufflenet_v2_x0_5"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of weights as torchvision publishes them, on a server of this machine; torch's cache is empty."""
    folder = tmp_path / "server"
    folder.mkdir()
    torch.save(untrained(network_info(NAME)).state_dict(), folder / "made.pth")
    checksum = hashlib.sha256((folder / "made.pth").read_bytes()).hexdigest()
    file = (folder / "made.pth").rename(folder / f"shuffle-{checksum[:8]}.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with serving(functools.partial(Quiet, directory=str(folder))) as address:
        info = replace(network_info(NAME), url=f"{address}/{file.name}")
        monkeypatch.setattr(zoo, "network_info", lambda name: info)
        yield file


def cached(file: Path) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / file.name


def test_published_weights_are_downloaded_once_into_torchs_own_cache(published: Path) -> None:
    steps: list[tuple[int, int]] = []
    first = load_network(NAME, progress=lambda *step: steps.append(step))
    size = published.stat().st_size
    assert steps[-1] == (size, size)
    assert cached(published).read_bytes() == published.read_bytes()
    assert first.trained
    assert published.name in first.source
    published.unlink()  # the second time nothing is asked of the server
    again = load_network(NAME, progress=lambda *step: steps.append(("again", *step)))  # type: ignore[arg-type]
    assert steps[-1] == (size, size)
    for key, tensor in untrained(network_info(NAME)).state_dict().items():
        assert torch.equal(first.module.state_dict()[key], tensor)
        assert torch.equal(again.module.state_dict()[key], tensor)


def test_a_damaged_stored_file_is_fetched_again(published: Path) -> None:
    cached(published).parent.mkdir(parents=True)
    cached(published).write_bytes(b"half a file")
    load_network(NAME)
    assert cached(published).read_bytes() == published.read_bytes()


def test_a_damaged_stored_file_that_cannot_be_fetched_again_is_said(published: Path) -> None:
    cached(published).parent.mkdir(parents=True)
    cached(published).write_bytes(b"half a file")
    published.unlink()
    with pytest.raises(NetworkError, match=r"is damaged.*connect to the internet once.*weights=\"none\""):
        load_network(NAME)


def test_what_the_server_altered_is_refused(published: Path) -> None:
    published.write_bytes(published.read_bytes()[:-1] + b"!")
    with pytest.raises(NetworkError, match="checksum differs"):
        load_network(NAME)
    assert not cached(published).exists()


def test_offline_says_what_would_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert not stored(network_info("resnet18"))
    with pytest.raises(NetworkError, match=r"ResNet-18 cannot be had.*connect.*safetensors.*weights=\"none\""):
        load_network("resnet18")


@pytest.mark.parametrize("name", ["efficientnet_lite0.safetensors", "networks.json"])
def test_what_ships_has_the_checksum_that_its_description_gives(name: str) -> None:
    row = next(line for line in (ASSETS / "README.md").read_text("utf-8").splitlines() if f"`weights/{name}`" in line)
    assert row.endswith(f"`{hashlib.sha256((ASSETS / 'weights' / name).read_bytes()).hexdigest()}` |")


def test_the_shipped_weights_are_on_this_machine() -> None:
    assert stored(network_info("efficientnet_lite0"))
    assert weights.SHIPPED_FILE.is_file()


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mine.safetensors"
    save_file(get_model_builder(NAME)().state_dict(), path)
    return path


def test_a_learners_own_file_is_put_in(own_file: Path) -> None:
    network = load_network(NAME, weights=own_file)
    assert network.trained
    assert "mine.safetensors" in network.source
    for key, tensor in load_file(own_file).items():
        assert torch.equal(network.module.state_dict()[key], tensor)


def test_half_precision_in_a_file_becomes_float32(own_file: Path, tmp_path: Path) -> None:
    half = {key: t.half() if t.is_floating_point() else t for key, t in load_file(own_file).items()}
    save_file(half, tmp_path / "half.safetensors")
    assert next(load_network(NAME, weights=tmp_path / "half.safetensors").module.parameters()).dtype == torch.float32


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fc.weight": torch.zeros(10, 1024)}, r"its fc.weight has shape \(10, 1024\), needed is \(1000, 1024\)"),
        ({"fc.bias": None}, r"it has no tensor fc.bias of shape \(1000,\)"),
        ({"extra": torch.zeros(1)}, "has no tensor called extra"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_tensors_name(
    own_file: Path, tmp_path: Path, change: dict[str, torch.Tensor | None], says: str
) -> None:
    changed = {key: tensor for key, tensor in (load_file(own_file) | change).items() if tensor is not None}
    save_file(changed, tmp_path / "other.safetensors")
    with pytest.raises(NetworkError, match=says):
        load_network(NAME, weights=tmp_path / "other.safetensors")


def test_what_is_no_safetensors_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("not weights at all, but long enough to be read")
    with pytest.raises(NetworkError, match="not a readable safetensors file"):
        load_network(NAME, weights=tmp_path / "text.safetensors")
    with pytest.raises(NetworkError, match="There is no file"):
        load_network(NAME, weights=tmp_path / "missing.safetensors")


@pytest.mark.parametrize("name", ["densenet121", "googlenet", "mnasnet0_5"])
def test_published_files_of_older_form_are_understood(name: str) -> None:
    info: NetworkInfo = network_info(name)
    build = get_model_builder(name)
    old = (build(aux_logits=True, init_weights=False) if name == "googlenet" else build()).state_dict()
    if name == "densenet121":  # its published file says norm.1 where the modules say norm1
        for key in [key for key in old if "denselayer" in key]:
            for part in ("norm", "conv"):
                if f".{part}1." in key or f".{part}2." in key:
                    old[key.replace(f".{part}", f".{part}.")] = old.pop(key)
                    break
    filled = weights.fill(skeleton(info), old, info).state_dict()
    expected = {key: tensor for key, tensor in old.items() if not key.startswith("aux")}
    assert len(filled) == len(expected)
    assert not any(tensor.is_meta for tensor in filled.values())
